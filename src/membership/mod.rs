//! Group membership, serialised per tenant.
//!
//! Every change that can touch membership (group create, replace, patch; the deletion of whatever
//! can be a member) goes through the tenant's Durable Object, [`object::Membership`]. It takes the
//! changes that wait, reads what they stand on in one D1 round trip, plans them in memory
//! ([`plan`], pure) and writes them all in one transaction: group commit.
//!
//! What it relies on, and what it does not:
//! - D1 is the truth. The object keeps nothing that D1 does not have.
//! - The object alone is no fence: a superseded instance can go on for a while. Every write asserts
//!   the versions that the plan read, and is planned anew when they moved.
//! - Bulks that nobody waits for lie in D1 until they are done ([`accepted`]): the object is only told
//!   that there are some.
//! - A change that is refused, or that breaks its batch, is refused alone.

mod accepted;
mod bulk;
pub mod bulk_answer;
mod bulk_plan;
pub mod client;
mod commit;
pub mod message;
pub mod object;
pub mod plan;
pub mod question;
mod queue;
mod reactivation;
pub mod roll;
pub mod steps;
pub mod target;
mod unique;
