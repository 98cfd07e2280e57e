//! From a change to what the product hears of it. PURE.
//!
//! An event says what happened ([`kinds`]), to which resource, and how that resource is now; of a
//! change it also names the attributes, each with its value before and after ([`changes`]). What is
//! never kept is never told: passwords, and whatever else is `writeOnly` or `returned: never`.
//!
//! Events are idempotent: whoever takes them in order, some of them twice, ends where the directory
//! is. They lie in the outbox, [`crate::store::events`], in the transaction of their change.
//!
//! Besides as they are, receivers get them as Security Event Tokens: [`set`], and [`poll`] for those
//! who ask for them.

pub mod changes;
pub mod describe;
pub mod kinds;
pub mod poll;
pub mod set;
