//! The statements of a list: which rows, in which order, read through which index.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::d1::{Parameter, Row, Statement};
use crate::store::derive::{Derive, Found};
use crate::store::fill;
use crate::store::filter_sql::{Clause, Columns, Reads, Span, scoped};
use crate::store::literals::Literals;

/// A page of the resources of some types.
pub struct Query<'a> {
    /// Those that may have matches; none means an empty list.
    pub types: Vec<Listed<'a>>,
    /// Holds the filters' values and the order's.
    pub literals: Literals,
    pub order: Order,
    pub descending: bool,
    /// The end of the page before.
    pub after: Option<Position>,
    /// Resources passed over; each is read.
    pub offset: u64,
    pub limit: u32,
    /// Where it was counted before.
    pub total: Option<u64>,
    pub base: &'a str,
}

/// A resource type's part of a [`Query`].
pub struct Listed<'a> {
    pub columns: Columns<'a>,
    /// The filter.
    pub clause: Option<Clause>,
    pub derive: Derive,
}

/// What a list is sorted by. Each order is total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// By resource type and id: the order of creation.
    Id,
    /// By `modified` and `seq`, as `resources_by_modified` is.
    Modified,
    /// By an attribute's path in `attribute_index` and the id: one that every resource of the one
    /// type has, once. A page then reads its own rows.
    Indexed(String),
    /// By a [`super::filter_sql::sort_key`] and `seq`.
    Key(String),
}

/// Where in its order a resource stands: the values of what it is sorted by. `null` stands for a
/// resource without the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position(Value, Value);

impl Order {
    /// Where nothing is asked for: by creation, or as the filter finds its rows.
    pub fn natural(types: &[Listed<'_>]) -> Self {
        match common_reads(types) {
            Some(Reads::Modified(_)) => Self::Modified,
            _ => Self::Id,
        }
    }
}

impl Query<'_> {
    /// Parameters: ?1 tenant, ?2 literals, ?3 base URL. One row more than the page has, as a sign.
    ///
    /// What is derived, `per_row` elements of each, is computed for the page's rows only: where the order is not an index's, the
    /// page is chosen first.
    pub(super) fn page(&self, tenant: i64, per_row: u32) -> Statement {
        let mut literals = self.literals.clone();
        let rows = self.limit + 1;
        let mut columns = fill::columns(rows);
        if self.types.len() > 1 {
            columns += ", r.type";
        }
        if self.derives() {
            columns += &format!(", {} AS derived", self.derived(&mut literals, per_row));
        }
        let (first, second) = self.keys();
        let direction = if self.descending { "DESC" } else { "ASC" };
        let mut scope = self.source(&mut literals, true);
        if let Some(Position(key, last)) = &self.after {
            let beyond = if self.descending { "<" } else { ">" };
            let [key, last] = [key, last].map(|value| literals.add(value.clone()));
            scope += &match self.order {
                Order::Id if self.types.len() == 1 => format!(" AND r.id {beyond} {last}"),
                Order::Id | Order::Modified | Order::Indexed(_) => {
                    format!(" AND ({first}, {second}) {beyond} ({key}, {last})")
                }
                Order::Key(_) => {
                    format!(" AND ({first}, {second}) {beyond} (ifnull({key}, x''), {last})")
                }
            };
        }
        let limit = format!("LIMIT {rows} OFFSET {}", self.offset);
        let sql = if self.is_ordered() {
            if let Order::Indexed(_) = self.order {
                columns += &format!(", json_array({first}, {second}) AS key");
            }
            format!(
                "SELECT {columns} {scope} \
                 ORDER BY {first} {direction}, {second} {direction} {limit}"
            )
        } else {
            format!(
                "SELECT {columns}, \
                 iif(typeof(p.key) = 'real', p.key, json_array(nullif(p.key, x''))) AS key FROM \
                 (SELECT r.seq, {first} AS key, {second} AS last {scope} \
                 ORDER BY 2 {direction}, 3 {direction} {limit}) p \
                 CROSS JOIN resources r ON r.seq = p.seq \
                 ORDER BY p.key {direction}, p.last {direction}"
            )
        };
        let mut parameters = parameters(tenant, &literals);
        if self.derives() {
            parameters.push(self.base.into());
        }
        Statement::new(sql, parameters)
    }

    /// How many there are: counted as they are written where nothing is filtered.
    pub(super) fn count(&self, tenant: i64) -> Statement {
        let mut literals = self.literals.clone();
        let sql = if self.types.iter().all(|one| one.clause.is_none()) {
            let names = self.names(&mut literals);
            format!(
                "SELECT sum(resources) AS total FROM counters \
                 WHERE tenant = ?1 AND type IN ({names})"
            )
        } else {
            let source = self.source(&mut literals, false);
            format!("SELECT count(*) AS total {source}")
        };
        Statement::new(sql, parameters(tenant, &literals))
    }

    /// SQL for what the order compares.
    fn keys(&self) -> (&str, &'static str) {
        match &self.order {
            Order::Id => ("r.type", "r.id"),
            Order::Modified => ("r.modified", "r.seq"),
            Order::Indexed(_) => ("i.value", "i.slot"),
            Order::Key(key) => (key, "r.seq"),
        }
    }

    /// Rows come out of an index in the order that is asked for, or they are few.
    fn is_ordered(&self) -> bool {
        match self.order {
            Order::Key(_) => false,
            Order::Indexed(_) => true,
            _ if self.is_few() => true,
            _ if self.all_named() => false,
            Order::Id => !matches!(self.reads(), Some(Reads::Modified(_))),
            Order::Modified => self.types.len() == 1,
        }
    }

    fn reads(&self) -> Option<&Reads> {
        common_reads(&self.types)
    }

    /// The FROM with its index, and the WHERE. A page that goes on behind another one does not begin at the span's
    /// end again: its own beginning would then be looked for row by row.
    fn source(&self, literals: &mut Literals, of_page: bool) -> String {
        let types = self.types.iter();
        let types: Vec<_> = types
            .map(|one| (one.columns, one.clause.as_ref()))
            .collect();
        let scope = scoped(&types, literals);
        let goes_on = of_page && self.after.is_some() && self.order == Order::Modified;
        if let (Order::Indexed(path), true) = (&self.order, of_page) {
            let (path, names) = (literals.add(path.as_str()), self.names(literals));
            return format!(
                "FROM attribute_index i CROSS JOIN resources r ON r.seq = i.resource \
                 WHERE i.tenant = ?1 AND i.type = {names} AND i.path = {path} AND {scope}"
            );
        }
        let found = match self.reads() {
            Some(Reads::Modified(Span { from, to })) => {
                let from = from.as_ref().filter(|_| !goes_on || self.descending);
                let to = to.as_ref().filter(|_| !goes_on || !self.descending);
                let span = [from, to].into_iter().flatten();
                let span: String = span.map(|bound| format!(" AND {bound}")).collect();
                let each = match self.types.len() {
                    1 => String::new(),
                    _ => format!(" AND r.type IN ({})", self.names(literals)),
                };
                format!("INDEXED BY resources_by_modified WHERE {scope}{each}{span}")
            }
            Some(Reads::Named { .. }) => format!("WHERE {scope}"),
            _ if self.all_named() => format!("WHERE {scope}"),
            _ if of_page && self.order == Order::Modified && self.types.len() == 1 => {
                format!("INDEXED BY resources_by_modified WHERE {scope}")
            }
            _ => format!("INDEXED BY resources_by_id WHERE {scope}"),
        };
        format!("FROM resources r {found}")
    }

    /// SQL for the types, with commas between them.
    fn names(&self, literals: &mut Literals) -> String {
        let names = self.types.iter().map(|one| {
            let resource_type = &one.columns.definition.resource_type;
            literals.add(resource_type.name.as_str())
        });
        names.collect::<Vec<_>>().join(", ")
    }

    fn all_named(&self) -> bool {
        self.types.iter().all(|one| {
            let reads = one.clause.as_ref().map(|clause| &clause.reads);
            matches!(reads, Some(Reads::Named { .. }))
        })
    }

    /// The filters are look-ups of single values: what they find mostly fits on a page, and is then
    /// counted by having been read.
    pub(super) fn is_few(&self) -> bool {
        self.types.iter().all(|one| {
            let reads = one.clause.as_ref().map(|clause| &clause.reads);
            reads == Some(&Reads::Named { few: true })
        })
    }

    fn derives(&self) -> bool {
        self.types.iter().any(|one| one.derive != Derive::Nothing)
    }

    fn derived(&self, literals: &mut Literals, members: u32) -> String {
        match self.types.as_slice() {
            [one] => one.derive.sql("?3", members),
            types => {
                let cases = types.iter().map(|one| {
                    let resource_type = &one.columns.definition.resource_type;
                    let name = literals.add(resource_type.name.as_str());
                    format!(" WHEN {name} THEN {}", one.derive.sql("?3", members))
                });
                format!("CASE r.type{} END", cases.collect::<String>())
            }
        }
    }

    /// What a resource of this type shows that its document does not hold.
    pub(super) fn derive(&self, resource_type: &str) -> Derive {
        let is_it = |one: &&Listed| one.columns.definition.resource_type.name == resource_type;
        let listed = self.types.iter().find(is_it);
        listed.map_or(Derive::Nothing, |one| one.derive)
    }

    /// Of a row of [`Query::page`].
    pub(super) fn resource_type(&self, row: &Row) -> Option<String> {
        match self.types.as_slice() {
            [one] => Some(one.columns.definition.resource_type.name.clone()),
            _ => row.text("type"),
        }
    }

    pub(super) fn position(
        &self,
        row: &Row,
        resource_type: &str,
        found: &Found,
    ) -> Option<Position> {
        let last = match self.order {
            Order::Id => found.stored.id.as_str().into(),
            Order::Modified | Order::Key(_) => found.stored.seq.into(),
            Order::Indexed(_) => {
                let (key, slot) = crate::scim::json::read(&row.text("key")?).ok()?;
                return Some(Position(key, slot));
            }
        };
        if self.is_ordered() {
            let key = match self.order {
                Order::Id => resource_type.into(),
                _ => found.stored.modified.into(),
            };
            return Some(Position(key, last));
        }
        // A real number comes as such: SQLite's JSON would round it.
        let key = match row.text("key") {
            Some(text) => crate::scim::json::read::<(Value,)>(&text).ok()?.0,
            None => row.real("key")?.into(),
        };
        Some(Position(key, last))
    }
}

/// How the filters find their rows, where all of them find them alike.
fn common_reads<'q>(types: &'q [Listed<'_>]) -> Option<&'q Reads> {
    let mut all = types.iter().map(|one| Some(&one.clause.as_ref()?.reads));
    let first = all.next()??;
    all.all(|reads| reads == Some(first)).then_some(first)
}

fn parameters(tenant: i64, literals: &Literals) -> Vec<Parameter> {
    vec![tenant.into(), literals.to_json().into()]
}
