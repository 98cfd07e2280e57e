//! Tenants: what the admin API makes and shows, and the context that isolates cache.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::Value;

use super::audit::Entry;
use super::d1::{Database, Parameter, Row, Rows, Statement};
use super::document::IndexPaths;
use super::error::StoreError;
use super::parties::Kind;
use super::reindex::Reindex;
use super::settings::Settings;
use super::streams;
use super::tenant_schemas;
use super::tokens::LiveToken;
use crate::mapping::Rules;
use crate::scim::schema::{Declared, Registry};

/// What requests need to know of a tenant: cached in the isolate, true as long as `revision` is.
#[derive(Debug)]
pub struct TenantContext {
    pub id: i64,
    pub slug: String,
    pub revision: i64,
    pub settings: Settings,
    pub secret: String,
    pub registry: Registry,
    pub index: IndexPaths,
    /// Whether there are OAuth clients, and issuers whose tokens are taken: discovery tells.
    pub has_clients: bool,
    pub has_issuers: bool,
    /// Whether somebody gets its events as Security Event Tokens: discovery tells that too.
    pub has_sets: bool,
    /// The ids of the webhooks that its events wake.
    pub webhooks: Vec<String>,
    mapping: Value,
    rules: OnceCell<Rules>,
}

impl TenantContext {
    /// What pushed groups become: compiled when first asked for, since SCIM itself never asks. Rules
    /// that an older version took and this one does not map nothing; the administrator sees why.
    pub fn rules(&self) -> &Rules {
        self.rules
            .get_or_init(|| Rules::parse(&self.mapping).unwrap_or_default())
    }
}

pub enum Loaded {
    Live(Rc<TenantContext>, Rc<LiveToken>),
    Revoked,
    Expired,
    Suspended,
    Unknown,
}

/// A tenant as its administrator sees it.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub settings: Settings,
    /// See [`Rules::parse`].
    pub mapping: Value,
    pub revision: i64,
    /// Unix milliseconds, as the next two.
    pub created: i64,
    pub suspended: Option<i64>,
    pub deleting: Option<i64>,
    pub reindex: Option<Reindex>,
    pub declared: Declared,
    /// How many resources of each type there are.
    pub resources: Vec<(String, i64)>,
}

const COLUMNS: &str = "t.id, t.slug, t.name, t.settings, t.mapping, t.secret, t.revision, t.created, \
    t.suspended, t.deleting, t.reindex";

/// The context behind a token: one round trip.
pub async fn load(database: &Database, token_hash: &str, now: i64) -> Result<Loaded, StoreError> {
    let rows = database
        .batch(&[
            Statement::new(
                format!(
                    "SELECT {}, {}, k.revoked \
                     FROM tokens k JOIN tenants t ON t.id = k.tenant WHERE k.hash = ?1",
                    context_columns(),
                    LiveToken::COLUMNS
                ),
                [token_hash.into()],
            ),
            Statement::new(
                "SELECT s.kind, s.document FROM tokens k JOIN tenant_schemas s \
                 ON s.tenant = k.tenant WHERE k.hash = ?1 ORDER BY s.kind, s.name",
                [token_hash.into()],
            ),
        ])
        .await?;
    let Some(row) = rows[0].first() else {
        return Ok(Loaded::Unknown);
    };
    if row.integer("revoked").is_some() {
        return Ok(Loaded::Revoked);
    }
    let token = LiveToken::read(&row).ok_or_else(|| corrupt("token"))?;
    if token.expires.is_some_and(|expires| expires <= now) {
        return Ok(Loaded::Expired);
    }
    if row.integer("suspended").is_some() {
        return Ok(Loaded::Suspended);
    }
    Ok(Loaded::Live(read_context(&row, &rows[1])?, Rc::new(token)))
}

/// The statements of a tenant's context by its slug; [`read_context`] reads their rows.
pub(super) fn context_by_slug(slug: &str) -> [Statement; 2] {
    [
        Statement::new(
            format!(
                "SELECT {} FROM tenants t WHERE t.slug = ?1",
                context_columns()
            ),
            [slug.into()],
        ),
        Statement::new(
            "SELECT s.kind, s.document FROM tenants t JOIN tenant_schemas s ON s.tenant = t.id \
             WHERE t.slug = ?1 ORDER BY s.kind, s.name",
            [slug.into()],
        ),
    ]
}

pub(super) fn read_context(row: &Row, schemas: &Rows) -> Result<Rc<TenantContext>, StoreError> {
    let secret = row.text("secret").ok_or_else(|| corrupt("secret"))?;
    let mut context = read(row, Some(schemas), None)?.context(secret)?;
    context.has_clients = row.integer("has_clients") == Some(1);
    context.has_issuers = row.integer("has_issuers") == Some(1);
    context.has_sets = row.integer("has_sets") == Some(1);
    let webhooks = row.text("webhooks").unwrap_or_default();
    context.webhooks = crate::scim::json::read(&webhooks).unwrap_or_default();
    Ok(Rc::new(context))
}

fn context_columns() -> String {
    let (clients, issuers) = (Kind::Client.exists(), Kind::Issuer.exists());
    let webhooks = super::webhooks::OF_TENANT;
    let sets = format!("{} OR {}", streams::OF_TENANT, super::webhooks::HAS_SETS);
    format!(
        "{COLUMNS}, {clients} AS has_clients, {issuers} AS has_issuers, {sets} AS has_sets, \
         {webhooks} AS webhooks"
    )
}

/// What a new tenant is made of.
pub struct NewTenant<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub settings: &'a Settings,
    /// Random, hex.
    pub secret: &'a str,
    pub created: i64,
}

/// `false` when the slug is taken.
pub async fn create(
    database: &Database,
    new: &NewTenant<'_>,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let statement = Statement::new(
        "INSERT INTO tenants (slug, name, settings, secret, created) VALUES (?1, ?2, ?3, ?4, ?5)",
        [
            new.slug.into(),
            new.name.into(),
            json(new.settings)?.into(),
            new.secret.into(),
            new.created.into(),
        ],
    );
    match entry.query(database, statement).await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// In the order of their slugs, those behind `after`.
pub async fn list(database: &Database, after: &str, limit: u32) -> Result<Vec<Tenant>, StoreError> {
    let statement = Statement::new(
        format!("SELECT {COLUMNS} FROM tenants t WHERE t.slug > ?1 ORDER BY t.slug LIMIT ?2"),
        [after.into(), i64::from(limit).into()],
    );
    let rows = database.query(statement).await?;
    rows.iter().map(|row| read(&row, None, None)).collect()
}

/// What [`get`] spends of an invocation's statements.
pub const STATEMENTS_OF_GET: u32 = 3;

/// All of one tenant, in one round trip.
pub async fn get(database: &Database, slug: &str) -> Result<Option<Tenant>, StoreError> {
    let of_tenant = "(SELECT id FROM tenants WHERE slug = ?1)";
    let rows = database
        .batch(&[
            Statement::new(
                format!("SELECT {COLUMNS} FROM tenants t WHERE t.slug = ?1"),
                [slug.into()],
            ),
            Statement::new(
                format!(
                    "SELECT kind, document FROM tenant_schemas WHERE tenant = {of_tenant} \
                     ORDER BY kind, name"
                ),
                [slug.into()],
            ),
            Statement::new(
                format!("SELECT type, resources FROM counters WHERE tenant = {of_tenant}"),
                [slug.into()],
            ),
        ])
        .await?;
    let tenant = rows[0].first();
    tenant
        .map(|row| read(&row, Some(&rows[1]), Some(&rows[2])))
        .transpose()
}

/// A row, where there is such a tenant: for the batch of what is asked of it.
pub(super) fn by_slug(slug: &str) -> Statement {
    Statement::new("SELECT id FROM tenants WHERE slug = ?1", [slug.into()])
}

/// What is to change of a tenant; `None` leaves it as it is.
#[derive(Debug, Default)]
pub struct Change<'a> {
    pub name: Option<&'a str>,
    pub settings: Option<&'a Settings>,
    pub mapping: Option<&'a Value>,
    pub reindex: Option<&'a Reindex>,
    pub suspended: Option<bool>,
}

/// `false` when the tenant is no longer as `tenant` says: nothing was written. The revision grows,
/// so that every isolate hears of it with its next request.
pub async fn update(
    database: &Database,
    tenant: &Tenant,
    change: &Change<'_>,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let settings = change.settings.map(json).transpose()?;
    let reindex = change.reindex.map(Reindex::to_json).transpose()?;
    let suspended = change.suspended.map(i64::from);
    let statement = Statement::new(
        "UPDATE tenants SET revision = revision + 1, name = coalesce(?3, name), \
         settings = coalesce(?4, settings), reindex = coalesce(?5, reindex), \
         suspended = CASE ?6 WHEN 1 THEN coalesce(suspended, ?7) WHEN 0 THEN NULL ELSE suspended END, \
         mapping = coalesce(?8, mapping), told = CASE WHEN ?8 IS NULL THEN told ELSE \
         json_object('walk', '', 'position', coalesce(told ->> 'position', \
         (SELECT max(position) FROM events), 0)) END \
         WHERE id = ?1 AND revision = ?2 AND deleting IS NULL RETURNING id",
        [
            tenant.id.into(),
            tenant.revision.into(),
            change.name.into(),
            settings.into(),
            reindex.into(),
            Parameter::from(suspended),
            entry.at.into(),
            change.mapping.map(Value::to_string).into(),
        ],
    );
    Ok(!entry.query(database, statement).await?.is_empty())
}

impl Tenant {
    /// The standard schemas and resource types and the tenant's own.
    /// What requests need to know. `secret` seals cursors.
    pub fn context(self, secret: String) -> Result<TenantContext, StoreError> {
        let registry = self.registry()?;
        let incomplete = self.reindex.as_ref().map_or(&[][..], |work| &work.fill);
        let index = IndexPaths::new(&registry, &self.settings.indexed).without(incomplete);
        Ok(TenantContext {
            id: self.id,
            slug: self.slug,
            revision: self.revision,
            settings: self.settings,
            secret,
            registry,
            index,
            has_clients: false,
            has_issuers: false,
            has_sets: false,
            webhooks: Vec::new(),
            mapping: self.mapping,
            rules: OnceCell::new(),
        })
    }

    pub fn registry(&self) -> Result<Registry, StoreError> {
        if self.declared.schemas.is_empty() && self.declared.types.is_empty() {
            return Ok(Registry::builtin().clone());
        }
        Registry::with_own(&self.declared)
            .map_err(|error| StoreError::Failed(format!("tenant {}: {error}", self.id)))
    }
}

fn read(row: &Row, declared: Option<&Rows>, counters: Option<&Rows>) -> Result<Tenant, StoreError> {
    let text = |column: &str| row.text(column).ok_or_else(|| corrupt(column));
    let integer = |column: &str| row.integer(column).ok_or_else(|| corrupt(column));
    let settings = Settings::read(&text("settings")?).ok_or_else(|| corrupt("settings"))?;
    let reindex = row.text("reindex");
    let count = |row: Row| Some((row.text("type")?, row.integer("resources")?));
    Ok(Tenant {
        id: integer("id")?,
        slug: text("slug")?,
        name: text("name")?,
        settings,
        mapping: crate::scim::json::read(&text("mapping")?).map_err(|_| corrupt("mapping"))?,
        revision: integer("revision")?,
        created: integer("created")?,
        suspended: row.integer("suspended"),
        deleting: row.integer("deleting"),
        reindex: reindex
            .map(|text| crate::scim::json::read(&text).map_err(|_| corrupt("reindex")))
            .transpose()?,
        declared: declared.map_or_else(|| Ok(Declared::default()), tenant_schemas::read)?,
        resources: counters.map_or_else(Vec::new, |rows| rows.iter().filter_map(count).collect()),
    })
}

fn json(settings: &Settings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|error| StoreError::Failed(error.to_string()))
}

fn corrupt(column: &str) -> StoreError {
    StoreError::Failed(format!("tenants.{column} cannot be read"))
}
