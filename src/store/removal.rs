//! Taking a tenant away with everything in it, in chunks, so that no statement holds D1 for long and
//! no call needs more of them than D1 gives it. The tenant is suspended for good first: every write
//! stands on that, so nothing comes after the chunk that would have taken it. Whoever calls next, or
//! the maintenance run, goes on where a call ended.

use super::COMMITTED;
use super::audit::Entry;
use super::d1::{Database, Statement};
use super::error::StoreError;
use super::events::{TENANT_DELETED, write::INSERT};
use super::webhooks;

/// Rows that one statement deletes.
const CHUNK: u32 = 10_000;

/// Statements that one call of the admin API spends: D1 gives an invocation on the free plan 50.
const STATEMENTS_PER_CALL: u32 = 45;

/// Tenants that one maintenance run goes on with.
const TENANTS_PER_RUN: i64 = 10;

/// One table after the other, those first whose rows are found through others. Each condition is
/// over the tenant ?1 and finds the rows by a key.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "members",
        "\"group\", member",
        "SELECT m.\"group\", m.member FROM resources r CROSS JOIN members m ON m.\"group\" = r.seq \
         WHERE r.tenant = ?1 AND r.type = 'Group'",
    ),
    (
        "tombstone_members",
        "\"group\", member",
        "SELECT m.\"group\", m.member FROM tombstones d CROSS JOIN tombstone_members m \
         ON m.\"group\" = d.seq OR m.member = d.seq WHERE d.tenant = ?1",
    ),
    (
        "tombstones",
        "seq",
        "SELECT seq FROM tombstones WHERE tenant = ?1",
    ),
    (
        "attribute_index",
        "tenant, type, path, value, slot",
        "SELECT tenant, type, path, value, slot FROM attribute_index WHERE tenant = ?1",
    ),
    (
        "counters",
        "tenant, type",
        "SELECT tenant, type FROM counters WHERE tenant = ?1",
    ),
    (
        "resources",
        "seq",
        "SELECT seq FROM resources WHERE tenant = ?1",
    ),
    (
        "belongings",
        "tenant, user, kind, name, \"group\"",
        "SELECT tenant, user, kind, name, \"group\" FROM belongings WHERE tenant = ?1",
    ),
    (
        "accepted_bulks",
        "tenant, id",
        "SELECT tenant, id FROM accepted_bulks WHERE tenant = ?1",
    ),
    (
        "events",
        "position",
        "SELECT position FROM events WHERE tenant = ?1",
    ),
    (
        "streams",
        "tenant, id",
        "SELECT tenant, id FROM streams WHERE tenant = ?1",
    ),
    (
        "tenant_schemas",
        "tenant, kind, name",
        "SELECT tenant, kind, name FROM tenant_schemas WHERE tenant = ?1",
    ),
    (
        "used_assertions",
        "tenant, expires, digest",
        "SELECT tenant, expires, digest FROM used_assertions WHERE tenant = ?1",
    ),
    (
        "requests",
        "tenant, id",
        "SELECT tenant, id FROM requests WHERE tenant = ?1",
    ),
    (
        "tokens",
        "hash",
        "SELECT hash FROM tokens WHERE tenant = ?1",
    ),
    (
        "credentials",
        "hash",
        "SELECT hash FROM credentials WHERE tenant = ?1",
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    Unknown,
    /// Some of it is left for the next call.
    Partly,
    Wholly,
}

/// `entry` is recorded by the call that begins.
pub async fn remove(database: &Database, slug: &str, entry: &Entry) -> Result<Removed, StoreError> {
    // The one event that stays, and it is newer than all that go: see schema.sql.
    let told = format!(
        "{INSERT} SELECT 0, {COMMITTED}, '{TENANT_DELETED}', json_object('slug', slug, 'name', name) \
         FROM tenants WHERE slug = ?1 AND deleting IS NULL"
    );
    let refused = "UPDATE tenants SET revision = revision + 1, \
         suspended = coalesce(suspended, ?2), deleting = coalesce(deleting, ?2) \
         WHERE slug = ?1 RETURNING id";
    let begin = [
        entry.when("EXISTS (SELECT 1 FROM tenants WHERE slug = ?4 AND deleting IS NULL)"),
        Statement::new(told, [slug.into()]),
        webhooks::delete_all(slug, entry.at),
        Statement::new(refused, [slug.into(), entry.at.into()]),
    ];
    let rows = database.batch(&begin).await?;
    let Some(tenant) = rows[3].first().and_then(|row| row.integer("id")) else {
        return Ok(Removed::Unknown);
    };
    let (removed, _) = advance(database, tenant, STATEMENTS_PER_CALL).await?;
    Ok(removed)
}

/// Goes on with tenants that are being deleted. Returns how many statements that took.
pub async fn go_on(database: &Database, statements: u32) -> Result<u32, StoreError> {
    let deleting = Statement::new(
        "SELECT id FROM tenants WHERE deleting IS NOT NULL ORDER BY id LIMIT ?1",
        [TENANTS_PER_RUN.into()],
    );
    let rows = database.query(deleting).await?;
    let mut spent = 1;
    for tenant in rows.iter().filter_map(|row| row.integer("id")) {
        let left = statements.saturating_sub(spent);
        spent += advance(database, tenant, left).await?.1;
    }
    Ok(spent)
}

/// Deletes chunks of a tenant within a number of statements, and says how many it took.
async fn advance(
    database: &Database,
    tenant: i64,
    statements: u32,
) -> Result<(Removed, u32), StoreError> {
    let mut batch = vec![first_with_rows(tenant)];
    let mut spent = 0;
    // The tenant itself takes one in the end.
    while spent + (batch.len() as u32) < statements {
        spent += batch.len() as u32;
        let rows = database.batch(&batch).await?;
        let next = rows.last().and_then(super::d1::Rows::first);
        let Some(place) = next.and_then(|row| row.integer("place")) else {
            database
                .query(Statement::new(
                    "DELETE FROM tenants WHERE id = ?1",
                    [tenant.into()],
                ))
                .await?;
            return Ok((Removed::Wholly, spent + 1));
        };
        let (table, key, rows) = TABLES[place as usize];
        let chunk = format!("DELETE FROM {table} WHERE ({key}) IN ({rows} LIMIT {CHUNK})");
        batch = vec![
            Statement::new(chunk, [tenant.into()]),
            first_with_rows(tenant),
        ];
    }
    Ok((Removed::Partly, spent))
}

/// The place in [`TABLES`] of the first that still has rows of the tenant; NULL when none has.
fn first_with_rows(tenant: i64) -> Statement {
    let mut sql = "SELECT CASE".to_owned();
    for (place, (_, _, rows)) in TABLES.iter().enumerate() {
        sql.push_str(&format!(" WHEN EXISTS ({rows}) THEN {place}"));
    }
    Statement::new(sql + " END AS place", [tenant.into()])
}
