//! Events for what identity providers authenticate with and that will expire soon: within 30 days,
//! within 7, and within 1, each told once.

use super::COMMITTED;
use super::d1::{Database, Statement};
use super::error::StoreError;
use super::events::{CREDENTIAL_EXPIRING, write::INSERT};
use crate::scim::datetime::DAY_MS;

const STATEMENTS: u32 = 2;

/// Tells, for the maintenance run. Returns how many statements that took.
pub async fn tell(database: &Database, now: i64, statements: u32) -> Result<u32, StoreError> {
    if statements < STATEMENTS {
        return Ok(0);
    }
    // One whose place another took is meant to end. ?1 is the time.
    let day = DAY_MS;
    let days = format!(
        "CASE WHEN k.expires <= ?1 + {day} THEN 1 WHEN k.expires <= ?1 + 7 * {day} THEN 7 ELSE 30 END"
    );
    let due = format!(
        "k.kind IN ('bearer', 'secret') AND k.revoked IS NULL AND k.expires > ?1 \
         AND k.expires <= ?1 + 30 * {day} AND (k.told IS NULL OR k.told > {days}) \
         AND NOT EXISTS (SELECT 1 FROM tokens s WHERE s.tenant = k.tenant AND s.parent = k.id \
         AND s.kind = 'bearer' AND s.revoked IS NULL)"
    );
    let told = format!(
        "{INSERT} SELECT k.tenant, {COMMITTED}, '{CREDENTIAL_EXPIRING}', json_object(\
         'credential', json_patch('{{}}', json_object('id', k.id, 'kind', k.kind, 'label', k.label, \
         'client_id', iif(k.kind = 'secret', k.parent, NULL), 'expires', \
         strftime('%Y-%m-%dT%H:%M:%fZ', k.expires / 1000.0, 'unixepoch'))), 'days', {days}) \
         FROM tokens k WHERE {due} ORDER BY k.expires"
    );
    let noted = format!("UPDATE tokens AS k SET told = {days} WHERE {due}");
    let batch = [told, noted].map(|sql| Statement::new(sql, [now.into()]));
    database.batch(&batch).await?;
    Ok(STATEMENTS)
}
