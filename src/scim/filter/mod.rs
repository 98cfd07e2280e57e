//! Filters (RFC 7644 §3.4.2.2), in four types so that a later stage cannot meet an earlier one's
//! mistake: text → [`Filter`] ([`parse`]) →
//! [`Checked`] against a schema ([`check`]) → `bool` for one
//! JSON resource ([`matches`]), or SQL (`store::filter_sql`).
//!
//! Refused before any work: more than [`MAX_BYTES`] of text, [`MAX_TERMS`] comparisons,
//! [`MAX_LEVELS`] levels of brackets. An attribute that the schema does not know is an error and
//! never dropped: a dropped term would widen the result.

pub mod check;
pub mod matches;
pub mod parse;
pub mod patch_path;

pub use check::Checked;
pub use patch_path::PatchPath;

use super::path::AttrPath;

pub const MAX_BYTES: usize = 8 * 1024;
pub const MAX_TERMS: usize = 100;
pub const MAX_LEVELS: usize = 50;

/// A filter as the client wrote it. `and` binds tighter than `or`; grouping is in the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Two or more.
    And(Vec<Filter>),
    /// Two or more.
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Term(Term),
    /// `emails[type eq "work"]`: one element satisfies the whole filter in the brackets.
    ///
    /// `emails[type eq "work"].value eq "x"` is read as `emails[type eq "work" and value eq "x"]`.
    /// RFC 7644's grammar has the form for PATCH only, but Entra ID sends it in filters.
    ValuePath {
        path: Located,
        filter: Box<Filter>,
    },
}

impl Filter {
    /// How many comparisons it has.
    pub fn terms(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::terms).sum(),
            Self::Not(filter) | Self::ValuePath { filter, .. } => filter.terms(),
            Self::Term(_) => 1,
        }
    }
}

/// `path pr`, or `path operator value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub path: Located,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Present,
    Compare(Operator, Literal),
}

/// An attribute path and the character it begins at, counted from 1, for what `check` has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    pub path: AttrPath,
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub value: serde_json::Value,
    /// As written, for the tenants where `externalId eq 007` means a string.
    pub text: String,
    pub at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Lt,
    Ge,
    Le,
}

impl Operator {
    pub const ALL: [Self; 9] = [
        Self::Eq,
        Self::Ne,
        Self::Co,
        Self::Sw,
        Self::Ew,
        Self::Gt,
        Self::Lt,
        Self::Ge,
        Self::Le,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Ge => "ge",
            Self::Le => "le",
        }
    }
}
