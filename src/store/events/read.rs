//! Reading the outbox, from a position on.

use serde_json::Value;

use crate::store::Store;
use crate::store::d1::{Columns, Database, Parameter, Rows, Statement};
use crate::store::error::StoreError;

/// Bytes that a page has at the most, unless one event alone has more.
const MAX_BYTES: u32 = 2 << 20;

const ID_PREFIX: &str = "evt_";

/// Whose events.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Every tenant's, and the deployment's own.
    All,
    Slug(&'a str),
    Tenant(i64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub position: i64,
    /// Unix milliseconds.
    pub created: i64,
    pub kind: String,
    /// The tenant's slug; `None` once it is deleted.
    pub tenant: Option<String>,
    /// Where resources of a type of the tenant's own are, below the SCIM base: of a `resource.*`.
    /// `None` once the type is gone.
    pub endpoint: Option<String>,
    /// JSON text of an object.
    pub data: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub events: Vec<Event>,
    /// Up to here everything in the scope is read: what the next page is read from.
    pub next: i64,
    /// Whether there are further events already.
    pub more: bool,
    /// The newest position of all.
    pub head: i64,
    /// Up to here events may be gone, because they grew old.
    pub pruned: i64,
    /// Whether the scope is nobody's.
    pub is_unknown: bool,
}

impl Event {
    /// What deliveries of one event have in common, and no other event has.
    pub fn id(&self) -> String {
        format!("{ID_PREFIX}{}", self.position)
    }
}

/// Of the event with this id.
pub fn position(id: &str) -> Option<i64> {
    id.strip_prefix(ID_PREFIX)?.parse().ok()
}

/// Events behind `after`, in order, so many at the most. One round trip.
pub async fn page(
    database: &Database,
    scope: Scope<'_>,
    after: i64,
    limit: u32,
) -> Result<Page, StoreError> {
    let rows = database.batch(&statements(scope, after, limit)).await?;
    Ok(read_page(&rows[0], &rows[1], after, limit))
}

/// What the two [`statements`] found.
pub(in crate::store) fn read_page(state: &Rows, found: &Rows, after: i64, limit: u32) -> Page {
    let state = state.first();
    let state = |column: &str| state.as_ref().and_then(|row| row.integer(column));
    let (events, cut) = read_part(found);
    let more = cut.is_some() || found.len() == limit as usize;
    let last = events.last().map_or(after, |event| event.position);
    let head = state("head").unwrap_or_default();
    Page {
        events,
        next: if more { last } else { head },
        more,
        head,
        pruned: state("pruned").unwrap_or_default(),
        is_unknown: state("tenant").is_none(),
    }
}

impl Store {
    /// The tenant's own, under the guard.
    pub async fn events(&self, after: i64, limit: u32) -> Result<Page, StoreError> {
        let statements = statements(Scope::Tenant(self.tenant()), after, limit);
        let rows = self.read(&statements).await?;
        Ok(read_page(&rows[0], &rows[1], after, limit))
    }
}

pub(in crate::store) fn statements(scope: Scope, after: i64, limit: u32) -> [Statement; 2] {
    let (tenant, parameter) = whose(scope);
    let state = format!(
        "SELECT (SELECT pruned FROM outbox) AS pruned, \
         (SELECT max(position) FROM events) AS head, {tenant} AS tenant"
    );
    let page = listed(&format!(
        "{}position > ?2 ORDER BY position LIMIT ?3",
        condition(scope)
    ));
    let whose: Parameter = parameter.clone().into();
    [
        Statement::new(state, parameter),
        Statement::new(page, [whose, after.into(), i64::from(limit).into()]),
    ]
}

/// Those at some positions, as far as they are there and in the scope: [`read_part`] reads them.
pub(in crate::store) fn at(scope: Scope<'_>, positions: &[i64]) -> Statement {
    let found = format!(
        "{}position IN (SELECT value FROM json_each(?2))",
        condition(scope)
    );
    let positions = Value::from(positions.to_vec()).to_string();
    Statement::new(listed(&found), [whose(scope).1.into(), positions.into()])
}

/// Events up to the bytes that a page has, and the position of the first that is not among them.
pub(in crate::store) fn read_part(found: &Rows) -> (Vec<Event>, Option<i64>) {
    let mut events = Vec::new();
    for row in found.iter() {
        match event(&row) {
            Some(event) => events.push(event),
            None => return (events, row.integer("position")),
        }
    }
    (events, None)
}

/// SQL: the events that are `found`, in order, past a page's bytes without their data.
pub(in crate::store) fn listed(found: &str) -> String {
    format!(
        "SELECT e.position, e.created, e.type, iif(e.before < {MAX_BYTES}, e.data, NULL) AS data, \
         coalesce(t.slug, e.data ->> 'slug') AS tenant, \
         CASE WHEN e.type GLOB 'resource.*' THEN (SELECT s.document ->> 'endpoint' \
         FROM tenant_schemas s WHERE s.tenant = e.tenant AND s.kind = 'ResourceType' \
         AND s.document ->> 'name' = e.data ->> '$.resource.meta.resourceType') END AS endpoint FROM \
         (SELECT *, sum(length(data)) OVER (ORDER BY position) - length(data) AS before FROM \
         (SELECT position, tenant, created, type, data FROM events e WHERE {found})) e \
         LEFT JOIN tenants t ON t.id = e.tenant ORDER BY e.position"
    )
}

/// SQL: the tenant's id, with its parameter ?1.
fn whose(scope: Scope<'_>) -> (&'static str, Option<Parameter>) {
    match scope {
        Scope::All => ("0", None),
        Scope::Slug(slug) => (
            "(SELECT id FROM tenants WHERE slug = ?1)",
            Some(slug.into()),
        ),
        Scope::Tenant(id) => ("(SELECT id FROM tenants WHERE id = ?1)", Some(id.into())),
    }
}

/// SQL: what an event of the scope has, and more behind it.
fn condition(scope: Scope<'_>) -> String {
    match scope {
        Scope::All => String::new(),
        _ => format!("e.tenant = {} AND ", whose(scope).0),
    }
}

fn event(row: &impl Columns) -> Option<Event> {
    Some(Event {
        position: row.integer("position")?,
        created: row.integer("created")?,
        kind: row.text("type")?,
        tenant: row.text("tenant"),
        endpoint: row.text("endpoint"),
        data: row.text("data")?,
    })
}
