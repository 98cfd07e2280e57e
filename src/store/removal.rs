//! Taking a tenant away with everything in it, in chunks, so that no statement holds D1 for long and
//! no call needs more of them than D1 gives it. The tenant is suspended for good first: every write
//! stands on that, so nothing comes after the chunk that would have taken it. Whoever calls next
//! goes on where a call ended.

use super::d1::{Database, Statement};
use super::error::StoreError;

/// Rows that one statement deletes.
const CHUNK: u32 = 10_000;

/// Chunks that one call deletes: D1 gives an invocation on the free plan 50 statements.
const CHUNKS_PER_CALL: u32 = 20;

/// One table after the other, those first whose rows are found through others. Each condition is
/// over the tenant ?1 and finds the rows by a key.
const TABLES: [(&str, &str, &str); 6] = [
    (
        "members",
        "\"group\", member",
        "SELECT m.\"group\", m.member FROM resources r CROSS JOIN members m ON m.\"group\" = r.seq \
         WHERE r.tenant = ?1 AND r.type = 'Group'",
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
        "tenant_schemas",
        "tenant, kind, name",
        "SELECT tenant, kind, name FROM tenant_schemas WHERE tenant = ?1",
    ),
    (
        "tokens",
        "hash",
        "SELECT hash FROM tokens WHERE tenant = ?1",
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    Unknown,
    /// Some of it is left for the next call.
    Partly,
    Wholly,
}

pub async fn remove(database: &Database, slug: &str, now: i64) -> Result<Removed, StoreError> {
    let rows = database
        .query(Statement::new(
            "UPDATE tenants SET revision = revision + 1, suspended = coalesce(suspended, ?2), \
             deleting = coalesce(deleting, ?2) WHERE slug = ?1 RETURNING id",
            [slug.into(), now.into()],
        ))
        .await?;
    let Some(tenant) = rows.first().and_then(|row| row.integer("id")) else {
        return Ok(Removed::Unknown);
    };
    let mut chunks = 0;
    for (table, key, rows) in TABLES {
        loop {
            if chunks == CHUNKS_PER_CALL {
                return Ok(Removed::Partly);
            }
            chunks += 1;
            let batch = [
                Statement::new(
                    format!("DELETE FROM {table} WHERE ({key}) IN ({rows} LIMIT {CHUNK})"),
                    [tenant.into()],
                ),
                Statement::new(format!("SELECT EXISTS ({rows}) AS more"), [tenant.into()]),
            ];
            let more = database.batch(&batch).await?[1]
                .first()
                .and_then(|row| row.integer("more"));
            if more == Some(0) {
                break;
            }
        }
    }
    database
        .query(Statement::new(
            "DELETE FROM tenants WHERE id = ?1",
            [tenant.into()],
        ))
        .await?;
    Ok(Removed::Wholly)
}
