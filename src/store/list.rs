//! Lists: a page and its total, in one round trip.

use super::d1::{Parameter, Statement};
use super::filter_sql::{Clause, Columns};
use super::literals::Literals;
use super::resources::{Derive, Found, Stored};
use crate::scim::schema::Definition;

/// What of one resource type is listed.
pub struct Query<'a> {
    pub definition: &'a Definition,
    /// The filter, compiled with `literals`.
    pub clause: Option<Clause>,
    pub literals: Literals,
    pub columns: Columns<'a>,
    /// Resources passed over; each is read.
    pub offset: u64,
    pub limit: u32,
    pub derive: Derive,
    pub base: &'a str,
}

pub struct Listed {
    pub found: Vec<Found>,
    pub total: u64,
}
