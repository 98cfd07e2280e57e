//! Resources and memberships that an import brings into a suspended tenant. No SCIM request writes
//! there meanwhile: every transaction asserts that the tenant is suspended and as it was read.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::assertion;
use super::audit::Entry;
use super::bulk::{chunks, nesting};
use super::d1::{Database, Parameter, Row, Statement};
use super::error::{self, StoreError};
use super::events::{self, NewEvent};
use super::folded::folded_text;
use super::members::nesting::Nesting;
use super::members::write::{acyclic, groups, index};
use super::members::{Indexed, NewGroup};
use super::quotas::{self, Room};
use super::tenants::Tenant;
use super::unique::{self, Holders, Unique};

/// What tells two states of a resource apart: every change counts the version up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub version: i64,
    /// Unix milliseconds.
    pub modified: i64,
}

/// What is there of what an import brings.
#[derive(Debug, Default)]
pub struct Present {
    /// By resource type and id.
    pub resources: HashMap<(String, String), (i64, State)>,
    pub holders: Holders,
    pub room: Room,
}

/// One round trip: which of these ids there are, in any of these types, who holds the values, and
/// how many more there may be.
pub async fn present(
    database: &Database,
    tenant: i64,
    types: &[&str],
    ids: &[&str],
    unique: &[Unique],
) -> Result<Present, StoreError> {
    let resources = Statement::new(
        "SELECT r.type, r.id, r.seq, r.version, r.modified FROM json_each(?2) t \
         CROSS JOIN json_each(?3) e CROSS JOIN resources r \
         ON r.tenant = ?1 AND r.type = t.value AND r.id = e.value",
        [tenant.into(), text(types), text(ids)],
    );
    let rows = database
        .batch(&[
            resources,
            unique::statement(tenant, unique),
            quotas::statement(tenant),
        ])
        .await?;
    let state = |row: Row| {
        let state = State {
            version: row.integer("version")?,
            modified: row.integer("modified")?,
        };
        Some((
            (row.text("type")?, row.text("id")?),
            (row.integer("seq")?, state),
        ))
    };
    let mut holders = Holders::default();
    holders.learn(unique, &rows[1].iter().collect::<Vec<Row>>());
    Ok(Present {
        resources: rows[0].iter().filter_map(state).collect(),
        holders,
        room: quotas::room(&rows[2].iter().collect::<Vec<Row>>()),
    })
}

/// What is to be made, with what is told of it.
#[derive(Debug, Default)]
pub struct New {
    pub resources: Vec<NewGroup>,
    pub entries: Vec<Indexed>,
    pub events: Vec<NewEvent>,
}

/// One transaction. [`StoreError::Stale`] when the tenant serves again or is another.
pub async fn create(
    database: &Database,
    tenant: &Tenant,
    new: &New,
    entry: Option<&Entry>,
) -> Result<(), StoreError> {
    let mut batch = begun(tenant, entry);
    batch.extend(groups::created(tenant.id, &new.resources));
    batch.extend(index::added(tenant.id, &new.entries));
    batch.extend(events::write::statements(tenant.id, &new.events));
    database.batch(&batch).await.map(|_| ())
}

/// What these groups are inside of.
pub async fn nested(
    database: &Database,
    tenant: i64,
    groups: &[String],
) -> Result<Nesting, StoreError> {
    let rows = database.query(nesting(tenant, groups)).await?;
    let pair = |row: Row| Some((row.text("child")?, row.text("parent")?));
    Ok(Nesting::new(rows.iter().filter_map(pair).collect()))
}

/// A membership, by `resources.seq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMembership {
    pub group: i64,
    pub member: i64,
    pub display: Option<String>,
}

/// One transaction, as [`create`]; what is there stays as it is. `nested` are the ids of groups
/// that get groups as members.
pub async fn add_members(
    database: &Database,
    tenant: &Tenant,
    members: &[NewMembership],
    nested: &[String],
    entry: Option<&Entry>,
) -> Result<(), StoreError> {
    let show = |one: &NewMembership| {
        let folded = one.display.as_deref().and_then(folded_text);
        json!([one.group, one.member, one.display, folded])
    };
    let mut batch = begun(tenant, entry);
    batch.extend(chunks(members, show).into_iter().flat_map(|part| {
        let told = events::write::newcomers(tenant.id, events::write::LISTED, part.clone());
        let added = Statement::new(
            "INSERT INTO members (\"group\", member, display, folded) \
             SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3 \
             FROM json_each(?1) e WHERE true \
             ON CONFLICT DO NOTHING",
            [part],
        );
        [told, added]
    }));
    batch.extend(acyclic(tenant.id, nested));
    database.batch(&batch).await.map(|_| ())
}

/// What stands before each step. The first that is made is recorded, and with it the call.
fn begun(tenant: &Tenant, entry: Option<&Entry>) -> Vec<Statement> {
    let still = assertion(
        "EXISTS (SELECT 1 FROM tenants WHERE id = ?1 AND revision = ?2 \
         AND suspended IS NOT NULL AND deleting IS NULL)",
        error::GUARD,
        [tenant.id.into(), tenant.revision.into()],
    );
    let recorded = entry.map(|entry| entry.when("true"));
    [still].into_iter().chain(recorded).collect()
}

fn text(texts: &[&str]) -> Parameter {
    Value::from(texts).to_string().into()
}
