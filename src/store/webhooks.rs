//! Where events are sent to: the rows of `webhooks`. What has been sent is in each one's own object,
//! [`super::ledger`].
//!
//! Whatever changes who is to be woken also makes the tenants' revisions grow, so that isolates hear
//! of it with their next request.

use serde_json::json;

use super::audit::{self, Entry, Outcome};
use super::d1::{Database, Parameter, Row, Rows, Statement};
use super::error::StoreError;
use super::events::{Event, Page, Scope, read};
use super::parties::Made;
use super::tenants;

/// Live ones that a tenant may have, and those of all tenants: each is woken with every change.
pub const MAX_WEBHOOKS: usize = 20;

/// Objects that one maintenance run wakes.
pub const WOKEN_AT_ONCE: usize = 500;

/// The deployment's own: it hears of every tenant.
pub const ALL: i64 = 0;

/// The format of a webhook that gets events as the feed has them.
pub const AS_EVENT: &str = "event";

/// Why one disabled itself: its receiver wants no more; it has failed for too long.
pub const GONE: &str = "gone";
pub const FAILING: &str = "failing";

/// Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub id: String,
    /// [`ALL`], or one.
    pub tenant: i64,
    pub label: String,
    pub url: String,
    /// With spaces between them; none are all.
    pub types: String,
    /// `events::set::Format` by its name, or [`AS_EVENT`].
    pub format: String,
    /// Whom its SETs are for; `None`: its url.
    pub audience: Option<String>,
    /// "https://host", below which their issuers are.
    pub origin: String,
    pub secret: String,
    pub old_secret: Option<(String, i64)>,
    pub timeout_s: i64,
    pub retry_s: i64,
    pub give_up_s: i64,
    pub disable_s: i64,
    /// Events behind this position are its own.
    pub start: i64,
    pub created: i64,
    pub disabled: Option<i64>,
    /// [`GONE`], [`FAILING`] or, where an administrator did it, nothing.
    pub reason: Option<String>,
    pub deleted: Option<i64>,
}

const COLUMNS: &str = "w.id, w.tenant, w.label, w.url, w.types, w.format, w.audience, w.origin, \
    w.secret, w.old_secret, \
    w.old_secret_until, w.timeout_s, w.retry_s, w.give_up_s, w.disable_s, w.start, w.created, \
    w.disabled, w.reason, w.deleted";

/// SQL: those that an event of a tenant `t` wakes, as a JSON array of ids.
pub(super) const OF_TENANT: &str = "(SELECT json_group_array(w.id) FROM webhooks w \
    WHERE w.tenant IN (0, t.id) AND w.disabled IS NULL AND w.deleted IS NULL)";

/// SQL: whether one gets a tenant `t`'s events as SETs.
pub(super) const HAS_SETS: &str = "EXISTS (SELECT 1 FROM webhooks w \
    WHERE w.tenant IN (0, t.id) AND w.format <> 'event' AND w.deleted IS NULL)";

/// `after` is the position behind which it begins; the end of the outbox, if `None`. Tells `new` its
/// tenant and its start.
pub async fn create(
    database: &Database,
    slug: Option<&str>,
    new: &mut Webhook,
    after: Option<i64>,
    entry: &Entry,
) -> Result<Made, StoreError> {
    let whose = whose(slug);
    let insert = format!(
        "INSERT INTO webhooks (id, tenant, label, url, types, secret, timeout_s, retry_s, \
         give_up_s, start, created, disabled, format, audience, origin, disable_s) \
         SELECT ?2, {whose}, ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
         coalesce(max(?10, coalesce((SELECT pruned FROM outbox), 0)), \
         (SELECT max(position) FROM events), 0), ?11, ?12, ?13, ?14, ?15, ?16 \
         WHERE {whose} IS NOT NULL AND (SELECT count(*) FROM webhooks \
         WHERE tenant = {whose} AND deleted IS NULL) < {MAX_WEBHOOKS} RETURNING tenant, start"
    );
    let parameters: [Parameter; 16] = [
        slug.into(),
        new.id.as_str().into(),
        new.label.as_str().into(),
        new.url.as_str().into(),
        new.types.as_str().into(),
        new.secret.as_str().into(),
        new.timeout_s.into(),
        new.retry_s.into(),
        new.give_up_s.into(),
        after.into(),
        new.created.into(),
        new.disabled.into(),
        new.format.as_str().into(),
        new.audience.clone().into(),
        new.origin.as_str().into(),
        new.disable_s.into(),
    ];
    let mut batch = vec![
        Statement::new(insert, parameters),
        entry.when_changed(),
        revise(slug),
    ];
    batch.extend(slug.map(tenants::by_slug));
    let rows = database.batch(&batch).await?;
    if let Some(row) = rows[0].first() {
        new.tenant = row.integer("tenant").unwrap_or_default();
        new.start = row.integer("start").unwrap_or_default();
    }
    let is_missing = rows.get(3).is_some_and(Rows::is_empty);
    Ok(Made::from_rows(is_missing, rows[0].is_empty()))
}

/// In the order in which they were made, those behind the id `after`; `None` when there is no such
/// tenant.
pub async fn list(
    database: &Database,
    slug: Option<&str>,
    after: &str,
    limit: u32,
) -> Result<Option<Vec<Webhook>>, StoreError> {
    let listed = format!(
        "SELECT {COLUMNS} FROM webhooks w WHERE w.tenant = {} AND w.id > ?2 \
         AND w.deleted IS NULL ORDER BY w.id LIMIT ?3",
        whose(slug)
    );
    let listed = Statement::new(listed, [slug.into(), after.into(), i64::from(limit).into()]);
    let rows = match slug {
        None => vec![database.query(listed).await?],
        Some(slug) => {
            let mut rows = database.batch(&[tenants::by_slug(slug), listed]).await?;
            if rows.remove(0).is_empty() {
                return Ok(None);
            }
            rows
        }
    };
    Ok(Some(rows[0].iter().filter_map(|row| read(&row)).collect()))
}

pub async fn get(
    database: &Database,
    slug: Option<&str>,
    id: &str,
) -> Result<Option<Webhook>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM webhooks w WHERE {}", is_this(slug));
    let rows = database
        .query(Statement::new(sql, [slug.into(), id.into()]))
        .await?;
    Ok(rows.first().and_then(|row| read(&row)))
}

/// Everything of `changed` that an administrator chooses. `false` when there is no such one.
pub async fn update(
    database: &Database,
    slug: Option<&str>,
    changed: &Webhook,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE webhooks AS w SET label = ?3, url = ?4, types = ?5, secret = ?6, old_secret = ?7, \
         old_secret_until = ?8, timeout_s = ?9, retry_s = ?10, give_up_s = ?11, disabled = ?12, \
         reason = ?13, format = ?14, audience = ?15, disable_s = ?16 WHERE {} RETURNING id",
        is_this(slug)
    );
    let (old, until) = changed.old_secret.clone().unzip();
    let parameters: [Parameter; 16] = [
        slug.into(),
        changed.id.as_str().into(),
        changed.label.as_str().into(),
        changed.url.as_str().into(),
        changed.types.as_str().into(),
        changed.secret.as_str().into(),
        old.into(),
        until.into(),
        changed.timeout_s.into(),
        changed.retry_s.into(),
        changed.give_up_s.into(),
        changed.disabled.into(),
        changed.reason.clone().into(),
        changed.format.as_str().into(),
        changed.audience.clone().into(),
        changed.disable_s.into(),
    ];
    let batch = [
        Statement::new(sql, parameters),
        entry.when_changed(),
        revise(slug),
    ];
    Ok(!database.batch(&batch).await?[0].is_empty())
}

/// What is secret of it goes at once, the rest when its object is empty. `false` when there is no
/// such one.
pub async fn delete(
    database: &Database,
    slug: Option<&str>,
    id: &str,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE webhooks AS w SET {DELETED}, deleted = ?3 WHERE {} RETURNING id",
        is_this(slug)
    );
    let batch = [
        Statement::new(sql, [slug.into(), id.into(), entry.at.into()]),
        entry.when_changed(),
        revise(slug),
    ];
    Ok(!database.batch(&batch).await?[0].is_empty())
}

const DELETED: &str = "url = '', secret = '', old_secret = NULL";

/// A tenant's own, in the transaction that begins to delete it.
pub(super) fn delete_all(slug: &str, now: i64) -> Statement {
    let sql = format!(
        "UPDATE webhooks SET {DELETED}, deleted = ?2 \
         WHERE tenant = (SELECT id FROM tenants WHERE slug = ?1) AND deleted IS NULL"
    );
    Statement::new(sql, [slug.into(), now.into()])
}

/// What nobody asked for: `reason` is [`GONE`] or [`FAILING`]. The audit log says so.
pub async fn disable(
    database: &Database,
    webhook: &Webhook,
    reason: &'static str,
    now: i64,
) -> Result<(), StoreError> {
    let slug = match webhook.tenant {
        ALL => None,
        tenant => {
            let sql = "SELECT slug FROM tenants WHERE id = ?1";
            let found = database.query(Statement::new(sql, [tenant.into()])).await?;
            let Some(slug) = found.first().and_then(|row| row.text("slug")) else {
                return Ok(());
            };
            Some(slug)
        }
    };
    let family = if slug.is_some() { "tenants/{}/" } else { "" };
    let entry = Entry {
        at: now,
        actor: audit::ITSELF.to_owned(),
        action: format!("PATCH {family}webhooks/{{}}"),
        tenant: slug.clone(),
        target: Some(webhook.id.clone()),
        outcome: Outcome::Done,
        ip: None,
        detail: Some(json!({ "label": webhook.label, "enabled": false, "reason": reason })),
    };
    let disable = Statement::new(
        "UPDATE webhooks SET disabled = ?2, reason = ?3 WHERE id = ?1 AND disabled IS NULL \
         AND deleted IS NULL",
        [webhook.id.as_str().into(), now.into(), reason.into()],
    );
    let batch = [disable, entry.when_changed(), revise(slug.as_deref())];
    database.batch(&batch).await.map(|_| ())
}

/// Ends a deletion: the object is empty.
pub async fn forget(database: &Database, id: &str) -> Result<(), StoreError> {
    let statement = Statement::new(
        "DELETE FROM webhooks WHERE id = ?1 AND deleted IS NOT NULL",
        [id.into()],
    );
    database.query(statement).await.map(|_| ())
}

/// One by its id alone, as its object asks.
pub async fn find(database: &Database, id: &str) -> Result<Option<Webhook>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM webhooks w WHERE w.id = ?1");
    let rows = database.query(Statement::new(sql, [id.into()])).await?;
    Ok(rows.first().and_then(|row| read(&row)))
}

/// What an object works with in one round.
pub struct Work {
    /// `None` when there is no such one any more.
    pub webhook: Option<Webhook>,
    /// What happened since.
    pub page: Page,
    /// What waits, as far as it is still kept.
    pub waiting: Vec<Event>,
    /// Where the bytes that are read at once ended: those from here on were not looked for.
    pub cut: Option<i64>,
}

/// The webhook, events behind `after`, `limit` of them, and those at `positions`: one round trip.
pub async fn work(
    database: &Database,
    (id, tenant): (&str, i64),
    after: i64,
    limit: u32,
    positions: &[i64],
) -> Result<Work, StoreError> {
    let scope = scope(tenant);
    let [state, page] = read::statements(scope, after, limit);
    let batch = [
        Statement::new(
            format!("SELECT {COLUMNS} FROM webhooks w WHERE w.id = ?1"),
            [id.into()],
        ),
        read::at(scope, positions),
        state,
        page,
    ];
    let rows = database.batch(&batch).await?;
    let (waiting, cut) = read::read_part(&rows[1]);
    Ok(Work {
        webhook: rows[0].first().and_then(|row| self::read(&row)),
        page: read::read_page(&rows[2], &rows[3], after, limit),
        waiting,
        cut,
    })
}

/// An event that the webhook may be sent.
pub async fn event(
    database: &Database,
    webhook: &Webhook,
    position: i64,
) -> Result<Option<Event>, StoreError> {
    let statement = read::at(scope(webhook.tenant), &[position]);
    let rows = database.query(statement).await?;
    Ok(read::read_part(&rows).0.pop())
}

/// Those that the events of a tenant wake, and of the deployment.
pub async fn awake(database: &Database, slug: &str) -> Result<Vec<String>, StoreError> {
    let statement = Statement::new(
        "SELECT id FROM webhooks WHERE tenant IN (0, (SELECT id FROM tenants WHERE slug = ?1)) \
         AND disabled IS NULL AND deleted IS NULL",
        [slug.into()],
    );
    let rows = database.query(statement).await?;
    Ok(rows.iter().filter_map(|row| row.text("id")).collect())
}

/// Which ones may not have been woken, with the newest position of all: there are events of theirs
/// behind where the run before saw to it, or they are deleted and not yet empty. In no order, so that
/// none is always the last.
pub async fn behind(database: &Database) -> Result<(Vec<String>, i64), StoreError> {
    let statement = format!(
        "SELECT id, (SELECT max(position) FROM events) AS head FROM webhooks w \
         WHERE deleted IS NOT NULL OR (disabled IS NULL AND \
         coalesce((SELECT place FROM progress WHERE task = 'webhooks'), 0) < \
         CASE tenant WHEN 0 THEN (SELECT max(position) FROM events) \
         ELSE (SELECT max(position) FROM events e WHERE e.tenant = w.tenant) END) \
         ORDER BY random() LIMIT {WOKEN_AT_ONCE}"
    );
    let rows = database.query(Statement::new(statement, [])).await?;
    let head = rows.first().and_then(|row| row.integer("head"));
    let ids = rows.iter().filter_map(|row| row.text("id"));
    Ok((ids.collect(), head.unwrap_or_default()))
}

/// Everybody who has events up to this position is awake.
pub async fn caught_up(database: &Database, head: i64) -> Result<(), StoreError> {
    let statement = Statement::new(
        "INSERT INTO progress (task, place) VALUES ('webhooks', ?1) \
         ON CONFLICT (task) DO UPDATE SET place = excluded.place",
        [head.into()],
    );
    database.query(statement).await.map(|_| ())
}

fn scope(tenant: i64) -> Scope<'static> {
    match tenant {
        ALL => Scope::All,
        tenant => Scope::Tenant(tenant),
    }
}

/// SQL: the tenant's id, of the slug ?1.
fn whose(slug: Option<&str>) -> &'static str {
    match slug {
        None => "0",
        Some(_) => "(SELECT id FROM tenants WHERE slug = ?1 AND deleting IS NULL)",
    }
}

/// SQL: a live webhook `w` with the id ?2.
fn is_this(slug: Option<&str>) -> String {
    let whose = whose(slug);
    format!("w.id = ?2 AND w.tenant = {whose} AND w.deleted IS NULL")
}

fn revise(slug: Option<&str>) -> Statement {
    let sql = "UPDATE tenants SET revision = revision + 1";
    match slug {
        None => Statement::new(sql, []),
        Some(slug) => Statement::new(format!("{sql} WHERE slug = ?1"), [slug.into()]),
    }
}

fn read(row: &Row) -> Option<Webhook> {
    let old = row.text("old_secret").zip(row.integer("old_secret_until"));
    Some(Webhook {
        id: row.text("id")?,
        tenant: row.integer("tenant")?,
        label: row.text("label")?,
        url: row.text("url")?,
        types: row.text("types")?,
        format: row.text("format")?,
        audience: row.text("audience"),
        origin: row.text("origin")?,
        secret: row.text("secret")?,
        old_secret: old,
        timeout_s: row.integer("timeout_s")?,
        retry_s: row.integer("retry_s")?,
        give_up_s: row.integer("give_up_s")?,
        disable_s: row.integer("disable_s")?,
        start: row.integer("start")?,
        created: row.integer("created")?,
        disabled: row.integer("disabled"),
        reason: row.text("reason"),
        deleted: row.integer("deleted"),
    })
}
