//! A checked filter → SQL over `resources r`, with the same answers as `scim::filter::matches`.
//!
//! How values are reached:
//! - Attributes lie in `r.document`. Where case counts, or the value is no text, it is read there.
//! - SQLite's `lower()` knows ASCII only. Where the document holds text that folds otherwise, or a
//!   dateTime in another form than the sortable one, `r.folded` is the document with these values
//!   replaced ([`super::derived::folded_document`]); NULL for most rows. So text is compared as
//!   `lower(json_extract(coalesce(r.folded, r.document), …))`.
//! - `id` and `meta` are columns, `groups` and `members` are rows of another table: [`layout`].
//!
//! `LIKE` and `GLOB` are not used (D1 bounds their patterns). No condition is ever NULL, so that
//! `NOT` means what it says.

mod balance;
mod comparison;
mod condition;
mod drive;
mod layout;
mod sort;

pub use sort::sort_key;

use self::condition::Compiler;
use super::literals::Literals;
use crate::scim::filter::Checked;
use crate::scim::schema::Definition;

/// What the statement around the clause knows.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub definition: &'a Definition,
    /// SQL for the tenant's number: "?1".
    pub tenant: &'a str,
    /// The paths kept in `attribute_index`, in the schema's spelling: "emails.value".
    pub indexed: &'a [String],
    /// Without a slash at its end; `meta.location` and `$ref` begin with it.
    pub base_url: &'a str,
}

/// A condition on `resources r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    pub sql: String,
    /// The condition begins with look-ups in an index that name the rows. The statement should
    /// then read no other index: see [`Clause::scoped`].
    pub drives: bool,
}

pub fn compile(checked: &Checked, columns: &Columns, literals: &mut Literals) -> Clause {
    let mut compiler = Compiler::new(columns, literals);
    let driven = compiler.driven(&checked.root);
    let drives = driven.is_some();
    let sql = driven.unwrap_or_else(|| compiler.resource_condition(&checked.root));
    Clause {
        sql: sql.text,
        drives,
    }
}

impl Clause {
    /// The whole WHERE: tenant, type and filter. Without statistics SQLite takes the rows of one
    /// tenant for few; a unary plus keeps it from walking them all where the filter drives.
    pub fn scoped(&self, columns: &Columns, literals: &mut Literals) -> String {
        let plus = if self.drives { "+" } else { "" };
        let resource_type = literals.add(columns.definition.resource_type.name.as_str());
        format!(
            "{plus}r.tenant = {} AND {plus}r.type = {resource_type} AND {}",
            columns.tenant, self.sql
        )
    }
}
