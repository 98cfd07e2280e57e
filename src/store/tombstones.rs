//! Deleted resources that can come back, where a tenant's `delete_policy` is "tombstone".
//!
//! The transaction of the deletion moves the resource here, and its memberships beside it: to SCIM
//! it is gone, and its names are free. A restoration moves both back, under the same `seq`, which
//! nobody else ever got. A membership comes back when both of its ends are there again, whichever
//! of them returns last. What its own transaction changed of a resource before it deleted it is not
//! kept: the tombstone has what was there before.

use super::audit::Entry;
use super::d1::{Database, Parameter, Row, Rows, Statement};
use super::document::{parse, prepare};
use super::error::{self, StoreError};
use super::events::{self, NewEvent};
use super::index::Owner;
use super::members::write::acyclic;
use super::tenants::{self, TenantContext};
use super::unique::{self, Unique};
use super::{COMMITTED, MODIFIED, assertion};
use crate::scim::datetime::DAY_MS;
use crate::scim::resource::Map;
use crate::scim::schema::Definition;

/// Memberships that one statement of the maintenance run deletes, and tombstones that it takes on.
const CHUNK: u32 = 10_000;
const TOMBSTONES: u32 = 500;

/// Statements of one run.
const STATEMENTS_PER_RUN: u32 = 12;

/// A deleted resource as it is shown.
pub struct Tombstone {
    pub id: String,
    pub resource_type: String,
    /// What member lists showed of it.
    pub display: Option<String>,
    /// Unix milliseconds, as the next.
    pub deleted: i64,
    /// When it goes for good.
    pub purge: i64,
}

const COLUMNS: &str = "d.id, d.type, d.display, d.deleted, d.purge";

/// A row of `members`, whole: it goes and comes back as it is.
const MEMBERSHIP: &str = "\"group\", member, display, folded";

/// Before the statements that delete: keeps the resources whose `seq` is `found`, a condition over
/// the parameter ?1. PURE.
pub fn bury(found: &str, seqs: &Parameter, now: i64, days: u32) -> Vec<Statement> {
    let purge = now + i64::from(days) * DAY_MS;
    let members = |end: &str| {
        let sql = format!(
            "INSERT OR IGNORE INTO tombstone_members ({MEMBERSHIP}) \
             SELECT {MEMBERSHIP} FROM members WHERE {end} {found}"
        );
        Statement::new(sql, [seqs.clone()])
    };
    let resources = format!(
        "INSERT INTO tombstones (seq, tenant, type, id, version, created, modified, display, \
         document, folded, deleted, purge) SELECT seq, tenant, type, id, version, created, \
         modified, display, document, folded, ?2, ?3 FROM resources WHERE seq {found}"
    );
    vec![
        Statement::new(resources, [seqs.clone(), now.into(), purge.into()]),
        members("\"group\""),
        members("member"),
    ]
}

/// In the order of their ids, those behind `after`; `None` when there is no such tenant.
pub async fn list(
    database: &Database,
    tenant: &str,
    after: &str,
    limit: u32,
) -> Result<Option<Vec<Tombstone>>, StoreError> {
    let rows = database
        .batch(&[
            tenants::by_slug(tenant),
            Statement::new(
                format!(
                    "SELECT {COLUMNS} FROM tombstones d \
                     WHERE d.tenant = (SELECT id FROM tenants WHERE slug = ?1) AND d.id > ?2 \
                     ORDER BY d.id LIMIT ?3"
                ),
                [tenant.into(), after.into(), i64::from(limit).into()],
            ),
        ])
        .await?;
    if rows[0].is_empty() {
        return Ok(None);
    }
    Ok(Some(rows[1].iter().filter_map(|row| shown(&row)).collect()))
}

/// What became of a restoration.
pub enum Restored {
    /// It is there again.
    Done(Tombstone),
    /// There is no such tombstone.
    Unknown,
    /// The tenant no longer has such resources.
    NoType(String),
    /// Another has this value by now.
    Taken(Unique),
    /// A resource with the same id was brought in by an import.
    Exists,
    /// The group would be inside itself by now.
    Circle,
    /// There are as many resources of this type as the tenant may have.
    Full(String),
}

/// Two round trips; `told` makes the event of a document and its version. `Stale` when the tenant changed meanwhile: nothing was written.
pub async fn restore(
    database: &Database,
    context: &TenantContext,
    id: &str,
    told: impl Fn(&Definition, &Map, i64) -> NewEvent,
    entry: &Entry,
) -> Result<Restored, StoreError> {
    let tenant = context.id;
    let found = Statement::new(
        format!(
            "SELECT {COLUMNS}, d.seq, d.version, d.document FROM tombstones d \
             WHERE d.tenant = ?1 AND d.id = ?2"
        ),
        [tenant.into(), id.into()],
    );
    let rows = database.query(found).await?;
    let row = rows.first();
    let seq = row.as_ref().and_then(|row| row.integer("seq"));
    let version = row.as_ref().and_then(|row| row.integer("version"));
    let document = row.as_ref().and_then(|row| row.text("document"));
    let (Some(tombstone), Some(seq), Some(version), Some(document)) =
        (row.as_ref().and_then(shown), seq, version, document)
    else {
        return Ok(Restored::Unknown);
    };
    let resource_type = &tombstone.resource_type;
    let Some(definition) = context.registry.definition(resource_type) else {
        return Ok(Restored::NoType(tombstone.resource_type));
    };
    let document = parse(&document).map_err(|error| StoreError::Failed(error.detail))?;
    let index = prepare(definition, &document, context.index.of(definition)).index;
    let owner = Owner {
        tenant,
        resource_type,
        id,
        seq: Some(seq),
    };
    let mut batch = vec![
        assertion(
            "EXISTS (SELECT 1 FROM tenants WHERE id = ?1 AND revision = ?2 AND deleting IS NULL)",
            error::GUARD,
            [tenant.into(), context.revision.into()],
        ),
        Statement::new(
            format!(
                "INSERT INTO resources (seq, tenant, type, id, version, created, modified, display, \
                 document, folded) SELECT seq, tenant, type, id, version + 1, created, \
                 max(modified, {COMMITTED}), display, document, folded FROM tombstones \
                 WHERE tenant = ?1 AND seq = ?2"
            ),
            [tenant.into(), seq.into()],
        ),
        assertion("changes() = 1", error::VERSION, []),
    ];
    batch.extend(owner.added(&index));
    let event = told(definition, &document, version + 1);
    batch.extend(events::write::statements(tenant, &[event]));
    batch.extend(memberships(tenant, seq));
    let is_group = definition.members().is_some();
    batch.extend(acyclic(tenant, &[id.to_owned()]).filter(|_| is_group));
    batch.push(Statement::new(
        "DELETE FROM tombstones WHERE seq = ?1",
        [seq.into()],
    ));
    batch.push(entry.when_changed());
    match database.batch(&batch).await {
        Ok(_) => Ok(Restored::Done(tombstone)),
        // Another call restored it, or its time came.
        Err(StoreError::Version) => Ok(Restored::Unknown),
        Err(StoreError::Cycle) => Ok(Restored::Circle),
        Err(StoreError::Quota) => Ok(Restored::Full(tombstone.resource_type)),
        Err(StoreError::Conflict { table }) if table == "attribute_index" => {
            let unique = index.into_iter().filter(|entry| entry.unique);
            let unique: Vec<Unique> = unique
                .map(|entry| Unique {
                    resource_type: resource_type.clone(),
                    path: entry.path,
                    value: entry.value,
                })
                .collect();
            taken(database, tenant, unique).await
        }
        Err(StoreError::Conflict { .. }) => Ok(Restored::Exists),
        Err(error) => Err(error),
    }
}

/// Which of the values another has; `Stale` when whoever had it is gone again.
async fn taken(
    database: &Database,
    tenant: i64,
    unique: Vec<Unique>,
) -> Result<Restored, StoreError> {
    let rows = database.query(unique::statement(tenant, &unique)).await?;
    let first = rows.first();
    let held = |one: &Unique| {
        first.as_ref().is_some_and(|row| {
            row.text("path").as_ref() == Some(&one.path)
                && row.text("value").as_ref() == Some(&one.value)
        })
    };
    let found = unique.into_iter().find(held);
    found.map(Restored::Taken).ok_or(StoreError::Stale)
}

/// The memberships whose other end is there come back, and with them a new version of each group.
/// Those whose other end is a tombstone wait for it.
fn memberships(tenant: i64, seq: i64) -> Vec<Statement> {
    let [group, member] = ["\"group\"", "member"];
    let back = |this: &str, other: &str| {
        let sql = format!(
            "INSERT OR IGNORE INTO members ({MEMBERSHIP}) SELECT {MEMBERSHIP} FROM tombstone_members \
             WHERE {this} = ?1 AND {other} IN (SELECT seq FROM resources WHERE seq = {other})"
        );
        Statement::new(sql, [seq.into()])
    };
    let gone = |this: &str, other: &str| {
        let sql = format!(
            "DELETE FROM tombstone_members WHERE {this} = ?1 \
             AND NOT EXISTS (SELECT 1 FROM tombstones WHERE seq = {other})"
        );
        Statement::new(sql, [seq.into()])
    };
    // Whose other end is not there is left out by the join with both.
    let found = "SELECT member AS place, \"group\", member, display FROM tombstone_members \
         WHERE \"group\" = ?2 OR member = ?2";
    vec![
        Statement::new(
            format!(
                "UPDATE resources SET version = version + 1, {MODIFIED} \
                 WHERE seq IN (SELECT \"group\" FROM tombstone_members WHERE member = ?1)"
            ),
            [seq.into()],
        ),
        events::write::newcomers(tenant, found, seq.into()),
        back(group, member),
        back(member, group),
        gone(group, member),
        gone(member, group),
    ]
}

/// Deletes what had its time, for the maintenance run. Returns how many statements that took.
pub async fn purge(database: &Database, now: i64, statements: u32) -> Result<u32, StoreError> {
    let due = format!(
        "SELECT seq FROM tombstones WHERE purge <= ?1 ORDER BY purge, seq LIMIT {TOMBSTONES}"
    );
    let members = |end: &str| {
        let sql = format!(
            "DELETE FROM tombstone_members WHERE (\"group\", member) IN (\
             SELECT m.\"group\", m.member FROM ({due}) d CROSS JOIN tombstone_members m \
             ON m.{end} = d.seq LIMIT {CHUNK})"
        );
        Statement::new(sql, [now.into()])
    };
    let step = [
        members("\"group\""),
        members("member"),
        Statement::new(
            format!(
                "DELETE FROM tombstones WHERE seq IN ({due}) AND NOT EXISTS (\
                 SELECT 1 FROM tombstone_members m WHERE m.\"group\" = seq) AND NOT EXISTS (\
                 SELECT 1 FROM tombstone_members m WHERE m.member = seq)"
            ),
            [now.into()],
        ),
        Statement::new(format!("SELECT EXISTS ({due}) AS more"), [now.into()]),
    ];
    let mut spent = 0;
    while spent + 4 <= statements.min(STATEMENTS_PER_RUN) {
        spent += 4;
        let rows = database.batch(&step).await?;
        let more = rows.last().and_then(Rows::first);
        if more.and_then(|row| row.integer("more")) != Some(1) {
            break;
        }
    }
    Ok(spent)
}

fn shown(row: &Row) -> Option<Tombstone> {
    Some(Tombstone {
        id: row.text("id")?,
        resource_type: row.text("type")?,
        display: row.text("display"),
        deleted: row.integer("deleted")?,
        purge: row.integer("purge")?,
    })
}
