//! The request log: see [`crate::log`]. Its key is the tenant and the request's UUIDv7, so that
//! entries lie in the order of time, and a time is a place among them.

use serde_json::{Value, json};

use super::bulk::chunks;
use super::d1::{Database, Parameter, Row, Statement};
use super::error::StoreError;
use super::settings::Settings;
use super::tenants;
use crate::scim::datetime::DAY_MS;

/// How often the use of a token is noted.
pub const USED_EVERY_MS: i64 = 3_600_000;

/// Entries that one page may read for each that it shows, where no index has what is asked for.
const READ_PER_SHOWN: i64 = 10;

/// Tenants that one maintenance run looks at, and entries that one statement deletes.
const TENANTS_PER_RUN: i64 = 500;
const CHUNK: i64 = 2000;

/// Statements of one run.
const STATEMENTS_PER_RUN: u32 = 10;

/// The task's name among those that remember their place, and that place.
const TASK: &str = "requests";
const SEEN: &str = "coalesce((SELECT place FROM progress WHERE task = 'requests'), 0)";

/// From this status on a request is a failure: see `requests_failed` in schema.sql.
const FAILED: u16 = 400;

/// What is written of a request.
pub struct Entry {
    pub id: String,
    pub token_hash: String,
    pub method: String,
    pub status: u16,
    /// The resource's id.
    pub resource: Option<String>,
    /// Folded.
    pub user_name: Option<String>,
    /// All of it, JSON text.
    pub document: String,
}

/// A token was used.
pub struct Used {
    pub token_hash: String,
    /// Unix milliseconds.
    pub at: i64,
}

/// All of it in one round trip. The credential says whose an entry is; that of one that is unknown
/// is nobody's, and a tenant that is being deleted gets no more of them.
pub async fn write(
    database: &Database,
    entries: &[Entry],
    used: &[Used],
) -> Result<(), StoreError> {
    let default_days = Settings::default().log_retention_days;
    let insert = format!(
        "INSERT OR IGNORE INTO requests \
         (tenant, id, token, method, status, resource, user_name, document) \
         SELECT k.tenant, e.value ->> 1, k.id, e.value ->> 2, e.value ->> 3, e.value ->> 4, \
         e.value ->> 5, e.value ->> 6 FROM json_each(?1) e \
         CROSS JOIN tokens k ON k.hash = e.value ->> 0 CROSS JOIN tenants t ON t.id = k.tenant \
         WHERE t.deleting IS NULL \
         AND coalesce(t.settings ->> 'log_retention_days', {default_days}) > 0"
    );
    let show = |entry: &Entry| {
        json!([
            entry.token_hash,
            entry.id,
            entry.method,
            entry.status,
            entry.resource,
            entry.user_name,
            entry.document
        ])
    };
    let mut batch: Vec<Statement> = chunks(entries, show)
        .into_iter()
        .map(|part| Statement::new(insert.clone(), [part]))
        .collect();
    for one in used {
        batch.push(Statement::new(
            "UPDATE tokens SET last_used = ?2 \
             WHERE hash = ?1 AND (last_used IS NULL OR last_used <= ?2 - ?3)",
            [
                one.token_hash.as_str().into(),
                one.at.into(),
                USED_EVERY_MS.into(),
            ],
        ));
    }
    if batch.is_empty() {
        return Ok(());
    }
    database.batch(&batch).await.map(|_| ())
}

/// Which entries are asked for; `None` and the empty ones do not restrict.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// Unix milliseconds; the first and one past the last.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// The first and the last status.
    pub status: Option<(u16, u16)>,
    pub method: Option<&'a str>,
    pub resource: Option<&'a str>,
    /// Folded.
    pub user_name: Option<String>,
    /// The id of the entry behind which the page begins; they come newest first.
    pub after: &'a str,
    pub limit: u32,
}

/// A logged request as it is shown.
pub struct Logged {
    pub id: String,
    /// The credential's id.
    pub token: Option<String>,
    pub document: Value,
}

pub struct Page {
    pub entries: Vec<Logged>,
    /// Where the next page begins; `None` on the last one. A page may be short, or empty, and have
    /// a next one: it reads only so many entries.
    pub next: Option<String>,
}

/// `None` when there is no such tenant. Reads entries in proportion to the page.
pub async fn list(
    database: &Database,
    tenant: &str,
    wanted: &Wanted<'_>,
) -> Result<Option<Page>, StoreError> {
    let limit = i64::from(wanted.limit);
    // UUIDs of that time or later, of an earlier time, and before the page's end.
    let first = wanted.since.map_or_else(String::new, uuid_prefix);
    let bounds = [wanted.until.map(uuid_prefix), not_empty(wanted.after)];
    let before = bounds.into_iter().flatten().min();
    let before = before.unwrap_or_else(|| "g".to_owned());
    let mut parameters: Vec<Parameter> = vec![
        tenant.into(),
        first.into(),
        before.into(),
        (limit * READ_PER_SHOWN + 1).into(),
    ];
    let has_failed = wanted.status.is_some_and(|(from, _)| from >= FAILED);
    // SQLite would take the primary key for all of them: it finds the times, too.
    let index = match (wanted.resource, &wanted.user_name) {
        (Some(_), _) => " INDEXED BY requests_by_resource",
        (None, Some(_)) => " INDEXED BY requests_by_user_name",
        (None, None) if has_failed => " INDEXED BY requests_failed",
        (None, None) => "",
    };
    // What an index finds stands inside, what has to be looked for outside.
    let mut found = String::new();
    let mut shown = String::new();
    let mut condition = |place: &mut String, sql: &str, value: Parameter| {
        parameters.push(value);
        let number = parameters.len();
        place.push_str(&format!(" AND {sql} ?{number}"));
    };
    if let Some(resource) = wanted.resource {
        condition(&mut found, "r.resource =", resource.into());
    }
    if let Some(user_name) = &wanted.user_name {
        let place = match wanted.resource {
            Some(_) => &mut shown,
            None => &mut found,
        };
        condition(place, "r.user_name =", user_name.as_str().into());
    }
    let indexed = usize::from(wanted.resource.is_some() || wanted.user_name.is_some());
    if let Some((from, to)) = wanted.status {
        if index.ends_with("requests_failed") {
            found.push_str(&format!(" AND r.status >= {FAILED}"));
        }
        condition(&mut shown, "r.status >=", i64::from(from).into());
        condition(&mut shown, "r.status <=", i64::from(to).into());
    }
    if let Some(method) = wanted.method {
        condition(&mut shown, "r.method =", method.into());
    }
    let looked_at = format!(
        "FROM tenants t CROSS JOIN requests r{index} ON r.tenant = t.id WHERE t.slug = ?1 \
         AND r.id >= ?2 AND r.id < ?3{found} ORDER BY r.id DESC"
    );
    let far = parameters.clone();
    // The outer query keeps the inner one's order, and stops when the page is full.
    let batch = [
        tenants::by_slug(tenant),
        Statement::new(
            format!(
                "SELECT r.id, r.token, r.document FROM \
                 (SELECT r.id, r.token, r.method, r.status, r.user_name, r.document {looked_at} LIMIT ?4) r \
                 WHERE TRUE{shown} LIMIT {}",
                limit + 1
            ),
            parameters,
        ),
        // The last entry that a page with nothing but misses would read.
        match shown.is_empty() {
            true => Statement::new("SELECT NULL AS id", []),
            false => Statement::new(
                format!("SELECT r.id {looked_at} LIMIT 1 OFFSET ?4 - 1"),
                far.into_iter().take(4 + indexed),
            ),
        },
    ];
    let rows = database.batch(&batch).await?;
    if rows[0].is_empty() {
        return Ok(None);
    }
    let mut entries: Vec<Logged> = rows[1].iter().filter_map(|row| read(&row)).collect();
    let next = if entries.len() > limit as usize {
        entries.truncate(limit as usize);
        entries.last().map(|last| last.id.clone())
    } else {
        rows[2].first().and_then(|row| row.text("id"))
    };
    Ok(Some(Page { entries, next }))
}

/// One entry, whole.
pub async fn get(
    database: &Database,
    tenant: &str,
    id: &str,
) -> Result<Option<Logged>, StoreError> {
    let statement = Statement::new(
        "SELECT r.id, r.token, r.document FROM tenants t \
         CROSS JOIN requests r ON r.tenant = t.id AND r.id = ?2 WHERE t.slug = ?1",
        [tenant.into(), id.into()],
    );
    let rows = database.query(statement).await?;
    Ok(rows.first().and_then(|row| read(&row)))
}

/// Deletes entries that are older than their tenant keeps them. Each run looks at the tenants behind
/// those that the last one looked at. Returns how many statements that took.
pub async fn prune(database: &Database, now: i64, statements: u32) -> Result<u32, StoreError> {
    let days = Settings::default().log_retention_days;
    let step = [
        Statement::new(
            format!(
                "DELETE FROM requests WHERE (tenant, id) IN (SELECT r.tenant, r.id FROM \
                 (SELECT t.id, ?1 - {DAY_MS} * coalesce(t.settings ->> 'log_retention_days', {days}) \
                 AS oldest FROM tenants t WHERE t.id > {SEEN} ORDER BY t.id LIMIT {TENANTS_PER_RUN}) t \
                 CROSS JOIN requests r ON r.tenant = t.id AND r.id < format('%08x-%04x', \
                 t.oldest >> 16, t.oldest & 65535) LIMIT {CHUNK})"
            ),
            [now.into()],
        ),
        // Stays where it is as long as there is more to delete there; behind the last tenant it
        // starts again.
        Statement::new(
            format!(
                "INSERT INTO progress (task, place) SELECT '{TASK}', (SELECT \
                 iif(count(*) < {TENANTS_PER_RUN}, 0, max(id)) FROM \
                 (SELECT id FROM tenants WHERE id > {SEEN} ORDER BY id LIMIT {TENANTS_PER_RUN})) \
                 WHERE changes() < {CHUNK} ON CONFLICT (task) DO UPDATE SET place = excluded.place \
                 RETURNING place"
            ),
            [],
        ),
    ];
    let mut spent = 0;
    while spent + 2 <= statements.min(STATEMENTS_PER_RUN) {
        spent += 2;
        // A place was written: these tenants are done.
        if !database.batch(&step).await?[1].is_empty() {
            break;
        }
    }
    Ok(spent)
}

fn read(row: &Row) -> Option<Logged> {
    Some(Logged {
        id: row.text("id")?,
        token: row.text("token"),
        document: crate::scim::json::read(row.text("document")?).ok()?,
    })
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// How UUIDv7s of a millisecond begin; also an id that sorts before all of them.
fn uuid_prefix(millis: i64) -> String {
    let millis = millis.max(0);
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

/// When a UUIDv7 was made, Unix milliseconds.
pub fn time_of(id: &str) -> Option<i64> {
    let (high, rest) = id.split_once('-')?;
    i64::from_str_radix(&format!("{high}{}", rest.get(..4)?), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_ids() {
        let check = |millis: i64| {
            let id = format!("{}-7abc-8def-0123456789ab", uuid_prefix(millis));
            assert_eq!(time_of(&id), Some(millis));
        };
        check(0);
        check(1_795_500_000_123);
        assert!(uuid_prefix(1_795_500_000_123) < uuid_prefix(1_795_500_000_124));
        assert_eq!(time_of("not an id"), None);
    }
}
