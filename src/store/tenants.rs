//! Tenants: what the admin API makes, and the context that isolates cache.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::d1::{Database, Row, Statement};
use super::document::IndexPaths;
use super::error::StoreError;
use crate::scim::mode::Mode;
use crate::scim::schema::Registry;

/// What an administrator chooses per tenant; what is left out has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub mode: Mode,
    /// How long an RFC 9865 cursor lives after it was given out, in seconds.
    pub cursor_timeout_s: u32,
    /// Attribute paths whose values are indexed besides the standard ones.
    pub indexed: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            cursor_timeout_s: 3600,
            indexed: Vec::new(),
        }
    }
}

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
}

/// A tenant as the admin API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Tenant {
    pub slug: String,
    pub name: String,
    pub settings: Value,
    pub created: i64,
}

pub enum Loaded {
    Live(TenantContext),
    Revoked,
    Expired,
    Suspended,
    Unknown,
}

/// The context behind a token: one round trip.
pub async fn load(database: &Database, token_hash: &str, now: i64) -> Result<Loaded, StoreError> {
    let rows = database
        .batch(&[
            Statement::new(
                "SELECT t.id, t.slug, t.revision, t.settings, t.secret, t.suspended, \
                 k.expires, k.revoked FROM tokens k JOIN tenants t ON t.id = k.tenant \
                 WHERE k.hash = ?1",
                [token_hash.into()],
            ),
            Statement::new(
                "SELECT s.kind, s.document FROM tokens k JOIN tenant_schemas s \
                 ON s.tenant = k.tenant WHERE k.hash = ?1",
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
    if row.integer("expires").is_some_and(|expires| expires <= now) {
        return Ok(Loaded::Expired);
    }
    if row.integer("suspended").is_some() {
        return Ok(Loaded::Suspended);
    }
    Ok(Loaded::Live(context(&row)?))
}

/// The context of a tenant by its slug, suspended or not: for the admin API.
pub async fn find(database: &Database, slug: &str) -> Result<Option<TenantContext>, StoreError> {
    let statement = Statement::new(
        "SELECT t.id, t.slug, t.revision, t.settings, t.secret FROM tenants t WHERE t.slug = ?1",
        [slug.into()],
    );
    let rows = database.query(statement).await?;
    rows.first().map(|row| context(&row)).transpose()
}

fn context(row: &Row) -> Result<TenantContext, StoreError> {
    let corrupt = |what: &str| StoreError::Failed(format!("tenants.{what} cannot be read"));
    let settings = row.text("settings").ok_or_else(|| corrupt("settings"))?;
    let settings: Settings = serde_json::from_str(&settings).map_err(|_| corrupt("settings"))?;
    let registry = Registry::builtin().clone();
    Ok(TenantContext {
        id: row.integer("id").ok_or_else(|| corrupt("id"))?,
        slug: row.text("slug").ok_or_else(|| corrupt("slug"))?,
        revision: row.integer("revision").ok_or_else(|| corrupt("revision"))?,
        secret: row.text("secret").ok_or_else(|| corrupt("secret"))?,
        index: IndexPaths::new(&registry, &settings.indexed, settings.mode),
        settings,
        registry,
    })
}

/// `false` when the slug is taken.
pub async fn create(
    database: &Database,
    slug: &str,
    name: &str,
    secret: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let statement = Statement::new(
        "INSERT INTO tenants (slug, name, secret, created) VALUES (?1, ?2, ?3, ?4)",
        [slug.into(), name.into(), secret.into(), now.into()],
    );
    match database.query(statement).await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
