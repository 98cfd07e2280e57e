//! What must never be in the tables of a tenant, looked for. Reads everything that the tenant has:
//! for tests, and for an operator in doubt. It is no single snapshot, so that a directory that
//! changes meanwhile can seem to contradict itself.

use serde_json::json;

use super::d1::{Database, Row, Statement};
use super::document::{parse, prepare};
use super::error::StoreError;
use super::tenants::TenantContext;

/// Findings of one kind that are told apart; one is enough to act on.
const SHOWN: usize = 20;

/// Documents that one round trip reads.
const PAGE: i64 = 500;

/// Each statement finds contradictions; its sentence says of what, and `what` names the place.
/// Parameter ?1 is the tenant.
const CHECKS: &[(&str, &str)] = &[
    (
        "A group has a member that does not exist, or that is another tenant's",
        "SELECT g.id || ', member ' || m.member AS what FROM resources g \
         CROSS JOIN members m ON m.\"group\" = g.seq LEFT JOIN resources r ON r.seq = m.member \
         WHERE g.tenant = ?1 AND (r.seq IS NULL OR r.tenant <> ?1)",
    ),
    (
        "A resource is in a group that does not exist, or that is another tenant's",
        "SELECT r.id || ', group ' || m.\"group\" AS what FROM resources r \
         CROSS JOIN members m ON m.member = r.seq LEFT JOIN resources g ON g.seq = m.\"group\" \
         WHERE r.tenant = ?1 AND (g.seq IS NULL OR g.tenant <> ?1 OR g.type <> 'Group')",
    ),
    (
        // It is nobody's: every tenant is told.
        "Neither the group nor the member of a membership exists",
        "SELECT m.\"group\" || ', ' || m.member AS what FROM members m \
         LEFT JOIN resources g ON g.seq = m.\"group\" LEFT JOIN resources r ON r.seq = m.member \
         WHERE g.seq IS NULL AND r.seq IS NULL AND ?1 IS NOT NULL",
    ),
    (
        "A group is inside itself",
        "WITH RECURSIVE above (root, seq) AS (SELECT g.seq, m.\"group\" FROM resources g \
         CROSS JOIN members m ON m.member = g.seq WHERE g.tenant = ?1 AND g.type = 'Group' \
         UNION SELECT a.root, m.\"group\" FROM above a CROSS JOIN members m ON m.member = a.seq) \
         SELECT r.id AS what FROM above a CROSS JOIN resources r ON r.seq = a.root \
         WHERE a.root = a.seq",
    ),
    (
        "An index entry's resource does not exist, or is another's",
        "SELECT i.type || ' ' || i.path || ', resource ' || i.resource AS what \
         FROM attribute_index i LEFT JOIN resources r ON r.seq = i.resource \
         WHERE i.tenant = ?1 AND (r.seq IS NULL OR r.tenant <> ?1 OR r.type <> i.type)",
    ),
    (
        "A resource's times or version cannot be",
        "SELECT r.id AS what FROM resources r \
         WHERE r.tenant = ?1 AND (r.version < 1 OR r.modified < r.created)",
    ),
    (
        "What was deleted exists",
        "SELECT d.id AS what FROM tombstones d CROSS JOIN resources r ON r.seq = d.seq \
         WHERE d.tenant = ?1",
    ),
    (
        "A tombstone's times or version cannot be",
        "SELECT d.id AS what FROM tombstones d WHERE d.tenant = ?1 \
         AND (d.version < 1 OR d.modified < d.created OR d.purge < d.deleted)",
    ),
    (
        // It is nobody's: every tenant is told.
        "A membership is kept of no tombstone",
        "SELECT m.\"group\" || ', ' || m.member AS what FROM tombstone_members m \
         LEFT JOIN tombstones g ON g.seq = m.\"group\" LEFT JOIN tombstones d ON d.seq = m.member \
         WHERE g.seq IS NULL AND d.seq IS NULL AND ?1 IS NOT NULL",
    ),
    (
        "A quota differs from the settings",
        "SELECT type AS what FROM \
         (SELECT type, quota FROM counters WHERE tenant = ?1 AND quota IS NOT NULL \
         UNION ALL SELECT key, value FROM tenants t, json_each(t.settings, '$.quotas') WHERE t.id = ?1) \
         GROUP BY type, quota HAVING count(*) <> 2",
    ),
    (
        "A counter differs from a count",
        "SELECT type || ', counted ' || sum(counted) || ', there ' || sum(there) AS what FROM \
         (SELECT type, resources AS counted, 0 AS there FROM counters WHERE tenant = ?1 \
         UNION ALL SELECT type, 0, 1 FROM resources WHERE tenant = ?1) \
         GROUP BY type HAVING sum(counted) <> sum(there)",
    ),
];

/// Sentences; none in a sound database.
pub async fn findings(
    database: &Database,
    context: &TenantContext,
) -> Result<Vec<String>, StoreError> {
    let statement = |(_, sql): &(&str, &str)| {
        Statement::new(format!("{sql} LIMIT {SHOWN}"), [context.id.into()])
    };
    let statements: Vec<Statement> = CHECKS.iter().map(statement).collect();
    let rows = database.batch(&statements).await?;
    let mut findings = Vec::new();
    for ((sentence, _), rows) in CHECKS.iter().zip(&rows) {
        let told = rows.iter().filter_map(|row| row.text("what"));
        findings.extend(told.map(|what| format!("{sentence}: {what}.")));
    }
    findings.extend(index_findings(database, context).await?);
    Ok(findings)
}

/// The index has exactly the entries that the documents have by today's settings.
async fn index_findings(
    database: &Database,
    context: &TenantContext,
) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    let mut expected = 0;
    let mut after = (String::new(), String::new());
    loop {
        let page = Statement::new(
            "SELECT seq, type, id, document FROM resources \
             WHERE tenant = ?1 AND (type, id) > (?2, ?3) ORDER BY type, id LIMIT ?4",
            [
                context.id.into(),
                after.0.as_str().into(),
                after.1.as_str().into(),
                PAGE.into(),
            ],
        );
        let rows = database.query(page).await?;
        let mut entries = Vec::new();
        for row in rows.iter() {
            after = (
                row.text("type").unwrap_or_default(),
                row.text("id").unwrap_or_default(),
            );
            match entries_of(&row, context) {
                Some(found) => entries.extend(found),
                None => findings.push(format!("{} {} cannot be read.", after.0, after.1)),
            }
        }
        if rows.is_empty() {
            break;
        }
        expected += entries.len() as i64;
        let missing = Statement::new(
            format!(
                "SELECT (e.value ->> 5) || ', ' || (e.value ->> 1) AS what FROM json_each(?2) e \
                 LEFT JOIN attribute_index i ON i.tenant = ?1 AND i.type = e.value ->> 0 \
                 AND i.path = e.value ->> 1 AND i.value = e.value ->> 2 AND i.slot = e.value ->> 3 \
                 WHERE i.resource IS NOT e.value ->> 4 LIMIT {SHOWN}"
            ),
            [
                context.id.into(),
                serde_json::Value::from(entries).to_string().into(),
            ],
        );
        let rows = database.query(missing).await?;
        let told = rows.iter().filter_map(|row| row.text("what"));
        findings.extend(told.map(|what| format!("An index entry is missing: {what}.")));
    }
    let count = Statement::new(
        "SELECT count(*) AS entries FROM attribute_index WHERE tenant = ?1",
        [context.id.into()],
    );
    let rows = database.query(count).await?;
    let there = rows.first().and_then(|row| row.integer("entries"));
    if there != Some(expected) {
        findings.push(format!(
            "The documents have {expected} indexed values, the index has {}.",
            there.unwrap_or_default()
        ));
    }
    Ok(findings)
}

/// `[type, path, value, slot, seq, id]` of each.
fn entries_of(row: &Row, context: &TenantContext) -> Option<Vec<serde_json::Value>> {
    let (name, id, seq) = (row.text("type")?, row.text("id")?, row.integer("seq")?);
    let definition = context.registry.definition(&name)?;
    let document = parse(&row.text("document")?).ok()?;
    let index = prepare(definition, &document, context.index.of(definition)).index;
    let entry = |entry: crate::scim::resource::index::IndexEntry| {
        let slot = if entry.unique { "" } else { &id };
        json!([name, entry.path, entry.value, slot, seq, id])
    };
    Some(index.into_iter().map(entry).collect())
}
