//! A checked filter → SQL over `resources r`, with the same answers as `scim::filter::matches`.
//!
//! How values are reached:
//! - Attributes lie in `r.document`. Where case counts, or the value is no text, it is read there.
//! - SQLite's `lower()` knows ASCII only. Where the document holds text that folds otherwise, or a
//!   dateTime in another form than the sortable one, `r.folded` is the document with these values
//!   replaced ([`super::folded::folded_document`]); NULL for most rows. So text is compared as
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

pub use drive::Span;
pub use sort::{sort_key, sort_keys};

use self::balance::{Sql, join};
use self::condition::Compiler;
use super::literals::Literals;
use crate::scim::filter::Checked;
use crate::scim::filter::check::Node;
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
    /// One of these holds: the parts of an `or` that names its rows, or else the one condition.
    either: Vec<Sql>,
    pub reads: Reads,
}

/// How a clause finds its rows, which the statement around it has to see to: without statistics
/// SQLite takes the rows of one tenant for few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reads {
    /// By look-ups in an index that begin the condition. The statement then reads no other index:
    /// [`Clause::scoped`] keeps it from walking all of a tenant's rows with unary pluses. `few`
    /// says that the look-ups are for single values, which few resources share.
    Named { few: bool },
    /// By a span of `resources_by_modified`, as long as the statement says that it reads it.
    Modified(Span),
    /// By looking at every resource of the type.
    All,
}

pub fn compile(checked: &Checked, columns: &Columns, literals: &mut Literals) -> Clause {
    let mut compiler = Compiler::new(columns, literals);
    let rank = compiler.rank(&checked.root);
    let span = compiler.span(&checked.root);
    let spanned = span.from.is_some() || span.to.is_some();
    let by_span = spanned && (rank.is_none() || span.from.is_some() && rank >= Some(drive::PREFIX));
    let driven = match by_span {
        true => None,
        false => compiler.driven_parts(&checked.root),
    };
    let few = rank < Some(drive::RELATED);
    let (mut either, mut reads) = match driven {
        Some(either) => (either, Reads::Named { few }),
        None => (vec![compiler.resource_condition(&checked.root)], Reads::All),
    };
    if has_late_recursion(&either) {
        either = vec![compiler.with_shared_groups(&checked.root)];
        reads = Reads::All;
    }
    if by_span {
        reads = Reads::Modified(span);
    }
    Clause { either, reads }
}

/// SQLite from 3.54 on resolves no recursion behind a hundred tables, and so many comparisons of
/// groups would each walk through them.
fn has_late_recursion(conditions: &[Sql]) -> bool {
    const MAX_TABLES: usize = 85;
    // Only our own words stand there: values are bound.
    let count = |words: &str| -> usize {
        let of = |one: &Sql| one.text.matches(words).count();
        conditions.iter().map(of).sum()
    };
    count("RECURSIVE") > 0 && count("FROM ") + count("JOIN ") > MAX_TABLES
}

/// A condition on one member of a group: `members m` with its resource `o`. `None` where D1 would
/// refuse it.
pub fn member_condition(
    node: &Node,
    definition: &Definition,
    literals: &mut Literals,
) -> Option<String> {
    let columns = Columns {
        definition,
        tenant: "",
        indexed: &[],
        base_url: "",
    };
    let condition = Compiler::new(&columns, literals).member_condition(node);
    (condition.height <= MAX_HEIGHT && condition.text.len() <= MAX_LENGTH).then_some(condition.text)
}

impl Clause {
    /// The whole WHERE of one resource type: tenant, type and filter.
    pub fn scoped(&self, columns: &Columns, literals: &mut Literals) -> String {
        scoped(&[(*columns, Some(self))], literals)
    }
}

/// Levels that a condition may have: SQLite's parser takes a hundred, comparisons and the statement
/// around them included.
const MAX_HEIGHT: usize = 80;
/// Bytes of conditions: D1 takes statements of 100 KB.
const MAX_LENGTH: usize = 80_000;

/// Whether D1 would refuse a search with these filters. `and` and `or` by turns make two levels for
/// each pair of brackets, and each resource type repeats the filter.
pub fn is_too_large<'c>(clauses: impl Iterator<Item = &'c Clause>) -> bool {
    let conditions: Vec<&Sql> = clauses.flat_map(|clause| &clause.either).collect();
    let highest = conditions.iter().map(|condition| condition.height).max();
    let joined = conditions.len().next_power_of_two().ilog2() as usize;
    let length: usize = conditions.iter().map(|one| one.text.len()).sum();
    highest.unwrap_or_default() + joined > MAX_HEIGHT || length > MAX_LENGTH
}

/// The whole WHERE of a search over some resource types: tenant, types and, where there is one,
/// each type's filter.
pub fn scoped(types: &[(Columns, Option<&Clause>)], literals: &mut Literals) -> String {
    let Some((columns, _)) = types.first() else {
        return "0".to_owned();
    };
    let named = |(_, clause): &(Columns, Option<&Clause>)| {
        clause.is_some_and(|clause| matches!(clause.reads, Reads::Named { .. }))
    };
    let plus = if types.iter().all(named) { "+" } else { "" };
    let tenant = format!("{plus}r.tenant = {}", columns.tenant);
    if let [(columns, clause)] = types {
        let resource_type = literals.add(columns.definition.resource_type.name.as_str());
        let filter = clause.map(|clause| join("OR", clause.either.clone()).text);
        let filter = filter
            .map(|filter| format!(" AND {filter}"))
            .unwrap_or_default();
        return format!("{tenant} AND {plus}r.type = {resource_type}{filter}");
    }
    // With a plus in every case, so that SQLite makes no list of the types: it would then walk
    // through each from its beginning.
    let mut either = Vec::new();
    for (columns, clause) in types {
        let resource_type = literals.add(columns.definition.resource_type.name.as_str());
        match clause {
            Some(clause) => either.extend(clause.either.iter().map(|condition| Sql {
                height: condition.height + 1,
                text: format!("(+r.type = {resource_type} AND {})", condition.text),
            })),
            None => either.push(Sql::leaf(format!("(+r.type = {resource_type})"))),
        }
    }
    format!("{tenant} AND {}", join("OR", either).text)
}
