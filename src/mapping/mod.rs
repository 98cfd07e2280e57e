//! From the groups an identity provider pushes to what the product calls them: departments, teams,
//! roles. Pure: rules in, targets out.
//!
//! Refused: rules that the product could not tell apart or that cost without bound; the error names
//! the rule.

mod belonging;
mod overview;
mod pattern;
mod rules;
mod told;

pub use belonging::{Belonging, Membership, belongings};
pub use overview::{NamedGroup, changes, overview};
pub use rules::{DEPARTMENT, Group, Rules, Target};
pub use told::{Named, Progress, Touched, difference};
