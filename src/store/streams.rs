//! Receivers that ask for a tenant's SETs: the rows of `streams`, and how far each came.
//!
//! A stream is dealt with up to its position, and behind it are single events that the receiver
//! acknowledged before those in front of them. Both move in the transaction of the poll.

use super::Store;
use super::audit::Entry;
use super::d1::{Database, Parameter, Row, Statement};
use super::error::StoreError;
use super::events::{Page, read};
use super::parties::Made;
use super::tenants;
use crate::scim::datetime::DAY_MS;
use crate::scim::json;

/// A tenant has so many at the most.
pub const MAX_STREAMS: usize = 20;

/// Events behind the position that a poll looks at. Who leaves the first of them unacknowledged gets
/// no others behind them.
const WINDOW: u32 = 200;

/// Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    pub id: String,
    pub label: String,
    /// `events::set::Format` by its name.
    pub format: String,
    /// `None`: the stream's own address.
    pub audience: Option<String>,
    /// None: all.
    pub types: Vec<String>,
    /// Up to here everything is dealt with.
    pub position: i64,
    /// What behind it is, too.
    pub taken: Vec<i64>,
    /// When it was last written how far the receiver came.
    pub polled: Option<i64>,
    /// JSON: the SET that was of no use to the receiver last.
    pub refused: Option<String>,
    /// Up to here events grew old before they were asked for.
    pub missed: Option<i64>,
    pub created: i64,
}

const COLUMNS: &str = "x.id, x.label, x.format, x.audience, x.types, x.position, x.taken, x.polled, \
    x.refused, x.missed, x.created";

/// SQL: whether a tenant `t` has one.
pub(super) const OF_TENANT: &str = "EXISTS (SELECT 1 FROM streams x WHERE x.tenant = t.id)";

/// `after` is the position behind which it begins; the end of the outbox, if `None`. Tells `new` its
/// position. The tenant's revision grows: discovery tells of SETs.
pub async fn create(
    database: &Database,
    slug: &str,
    new: &mut Stream,
    after: Option<i64>,
    entry: &Entry,
) -> Result<Made, StoreError> {
    let insert = format!(
        "INSERT INTO streams (tenant, id, label, format, audience, types, position, created) \
         SELECT t.id, ?2, ?3, ?4, ?5, ?6, coalesce(max(?7, coalesce((SELECT pruned FROM outbox), 0)), \
         (SELECT max(position) FROM events), 0), ?8 FROM tenants t \
         WHERE t.slug = ?1 AND t.deleting IS NULL AND (SELECT count(*) FROM streams x \
         WHERE x.tenant = t.id) < {MAX_STREAMS} RETURNING position"
    );
    let types = serde_json::Value::from(new.types.clone());
    let parameters: [Parameter; 8] = [
        slug.into(),
        new.id.as_str().into(),
        new.label.as_str().into(),
        new.format.as_str().into(),
        new.audience.clone().into(),
        types.to_string().into(),
        after.into(),
        new.created.into(),
    ];
    let batch = [
        Statement::new(insert, parameters),
        entry.when_changed(),
        revise(slug),
    ];
    let rows = database.batch(&batch).await?;
    if let Some(row) = rows[0].first() {
        new.position = row.integer("position").unwrap_or_default();
    }
    Ok(Made::from_rows(rows[2].is_empty(), rows[0].is_empty()))
}

/// In the order in which they were made, those behind the id `after`; `None` when there is no such
/// tenant.
pub async fn list(
    database: &Database,
    slug: &str,
    after: &str,
    limit: u32,
) -> Result<Option<Vec<Stream>>, StoreError> {
    let listed = format!(
        "SELECT {COLUMNS} FROM streams x WHERE x.tenant = (SELECT id FROM tenants WHERE slug = ?1) \
         AND x.id > ?2 ORDER BY x.id LIMIT ?3"
    );
    let listed = Statement::new(listed, [slug.into(), after.into(), i64::from(limit).into()]);
    let rows = database.batch(&[tenants::by_slug(slug), listed]).await?;
    let streams = rows[1].iter().filter_map(|row| self::read(&row));
    Ok((!rows[0].is_empty()).then(|| streams.collect()))
}

/// `false` when the tenant has no such one.
pub async fn delete(
    database: &Database,
    slug: &str,
    id: &str,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let batch = [
        Statement::new(
            "DELETE FROM streams WHERE tenant = (SELECT id FROM tenants WHERE slug = ?1) \
             AND id = ?2 RETURNING id",
            [slug.into(), id.into()],
        ),
        entry.when_changed(),
        revise(slug),
    ];
    Ok(!database.batch(&batch).await?[0].is_empty())
}

fn revise(slug: &str) -> Statement {
    Statement::new(
        "UPDATE tenants SET revision = revision + 1 WHERE slug = ?1 AND deleting IS NULL \
         RETURNING id",
        [slug.into()],
    )
}

/// What a poll leaves behind.
#[derive(Debug, Default)]
pub struct Progress {
    /// Positions of events that are done with.
    pub taken: Vec<i64>,
    /// JSON: one of them that was of no use to the receiver.
    pub refused: Option<String>,
}

impl Stream {
    /// Whether it is time to write how far it came though nobody acknowledged anything: so that a
    /// position that lies before what grew old means that something was missed.
    pub fn is_due(&self, now: i64) -> bool {
        self.polled.is_none_or(|polled| now - polled > DAY_MS)
    }
}

impl Store {
    /// A stream of the tenant's, and what is behind its position, once `progress` is written. `kinds`
    /// are those that are told as SETs at all. `None` when there is no such one. One round trip,
    /// under the guard.
    pub async fn poll(
        &self,
        id: &str,
        kinds: &[&str],
        progress: Option<&Progress>,
    ) -> Result<Option<(Stream, Page)>, StoreError> {
        let tenant: Parameter = self.tenant().into();
        let state = format!(
            "SELECT {COLUMNS}, (SELECT pruned FROM outbox) AS pruned, \
             (SELECT max(position) FROM events) AS head, x.tenant FROM streams x \
             WHERE x.tenant = ?1 AND x.id = ?2"
        );
        let behind = read::listed(
            "e.tenant = ?1 AND position > (SELECT position FROM streams WHERE tenant = ?1 AND id = ?2) \
             ORDER BY position LIMIT ?3",
        );
        let mut statements = vec![
            Statement::new(state, [tenant.clone(), id.into()]),
            Statement::new(
                behind,
                [tenant.clone(), id.into(), i64::from(WINDOW).into()],
            ),
        ];
        let rows = match progress {
            None => self.read(&statements).await?,
            Some(progress) => {
                statements.insert(0, advance(tenant, id, kinds, progress, self.now));
                let mut rows = self.write(statements).await?;
                rows.remove(0);
                rows
            }
        };
        Ok(rows[0]
            .first()
            .and_then(|row| self::read(&row))
            .map(|stream| {
                let page = read::read_page(&rows[0], &rows[1], stream.position, WINDOW);
                (stream, page)
            }))
    }
}

/// The position goes up to the first event that is still to be dealt with; what is behind that and
/// taken is noted beside it.
fn advance(
    tenant: Parameter,
    id: &str,
    kinds: &[&str],
    progress: &Progress,
    now: i64,
) -> Statement {
    let sql = format!(
        "WITH x AS (SELECT * FROM streams WHERE tenant = ?1 AND id = ?2), \
         behind AS (SELECT e.position, e.type FROM events e WHERE e.tenant = ?1 \
         AND e.position > (SELECT position FROM x) ORDER BY e.position LIMIT {WINDOW}), \
         done AS (SELECT t.value FROM x, json_each(x.taken) t UNION SELECT value FROM json_each(?3)), \
         first AS (SELECT min(b.position) AS open FROM behind b, x WHERE b.position NOT IN done \
         AND b.type IN (SELECT value FROM json_each(?4)) AND (x.types = '[]' \
         OR EXISTS (SELECT 1 FROM json_each(x.types) k WHERE b.type GLOB k.value))), \
         place AS (SELECT CASE WHEN first.open IS NOT NULL THEN first.open - 1 \
         WHEN (SELECT count(*) FROM behind) = {WINDOW} THEN (SELECT max(position) FROM behind) \
         ELSE max(x.position, coalesce((SELECT max(position) FROM events), 0)) END AS position \
         FROM x, first) \
         UPDATE streams SET position = (SELECT position FROM place), \
         taken = (SELECT json_group_array(b.position) FROM behind b \
         WHERE b.position IN done AND b.position > (SELECT position FROM place)), \
         polled = ?5, refused = coalesce(?6, refused), \
         missed = iif(position < (SELECT pruned FROM outbox), (SELECT pruned FROM outbox), missed) \
         WHERE tenant = ?1 AND id = ?2"
    );
    Statement::new(
        sql,
        [
            tenant,
            id.into(),
            serde_json::Value::from(progress.taken.clone())
                .to_string()
                .into(),
            serde_json::Value::from(kinds.to_vec()).to_string().into(),
            now.into(),
            progress.refused.clone().into(),
        ],
    )
}

fn read(row: &Row) -> Option<Stream> {
    Some(Stream {
        id: row.text("id")?,
        label: row.text("label")?,
        format: row.text("format")?,
        audience: row.text("audience"),
        types: json::read(row.text("types")?).ok()?,
        position: row.integer("position")?,
        taken: json::read(row.text("taken")?).ok()?,
        polled: row.integer("polled"),
        refused: row.text("refused"),
        missed: row.integer("missed"),
        created: row.integer("created")?,
    })
}

#[cfg(test)]
mod tests;
