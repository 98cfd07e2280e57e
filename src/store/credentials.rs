//! Admin credentials besides the secret ADMIN_TOKEN, by their hashes.

use super::audit::Entry;
use super::d1::{Database, Row, Statement};
use super::error::StoreError;

/// Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub id: String,
    pub name: String,
    /// With spaces between them.
    pub scopes: String,
    /// The slug of the one tenant that it is for.
    pub tenant: Option<String>,
    pub created: i64,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
}

const COLUMNS: &str = "c.id, c.name, c.scopes, c.tenant IS NULL AS any_tenant, t.slug, c.created, \
    c.expires, c.revoked FROM credentials c LEFT JOIN tenants t ON t.id = c.tenant";

/// Whose secret has this hash.
pub async fn find(database: &Database, hash: &str) -> Result<Option<Credential>, StoreError> {
    let statement = Statement::new(format!("SELECT {COLUMNS} WHERE c.hash = ?1"), [hash.into()]);
    let rows = database.query(statement).await?;
    Ok(rows.first().and_then(|row| read(&row)))
}

/// `false` when the tenant that it is for does not exist.
pub async fn create(
    database: &Database,
    hash: &str,
    new: &Credential,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let statement = Statement::new(
        "INSERT INTO credentials (hash, id, name, scopes, tenant, created, expires) \
         SELECT ?1, ?2, ?3, ?4, (SELECT id FROM tenants WHERE slug = ?5), ?6, ?7 \
         WHERE ?5 IS NULL OR EXISTS (SELECT 1 FROM tenants WHERE slug = ?5 AND deleting IS NULL) \
         RETURNING id",
        [
            hash.into(),
            new.id.as_str().into(),
            new.name.as_str().into(),
            new.scopes.as_str().into(),
            new.tenant.clone().into(),
            new.created.into(),
            new.expires.into(),
        ],
    );
    Ok(!entry.query(database, statement).await?.is_empty())
}

/// In the order in which they were made, those behind the id `after`.
pub async fn list(
    database: &Database,
    after: &str,
    limit: u32,
) -> Result<Vec<Credential>, StoreError> {
    let statement = Statement::new(
        format!("SELECT {COLUMNS} WHERE c.id > ?1 ORDER BY c.id LIMIT ?2"),
        [after.into(), i64::from(limit).into()],
    );
    let rows = database.query(statement).await?;
    Ok(rows.iter().filter_map(|row| read(&row)).collect())
}

/// `false` when there is no such live one.
pub async fn revoke(
    database: &Database,
    id: &str,
    now: i64,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let statement = Statement::new(
        "UPDATE credentials SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL RETURNING id",
        [id.into(), now.into()],
    );
    Ok(!entry.query(database, statement).await?.is_empty())
}

/// One for a tenant that is gone is for nothing any more.
fn read(row: &Row) -> Option<Credential> {
    let tenant = match row.integer("any_tenant")? {
        0 => Some(row.text("slug").unwrap_or_default()),
        _ => None,
    };
    Some(Credential {
        id: row.text("id")?,
        name: row.text("name")?,
        scopes: row.text("scopes")?,
        tenant,
        created: row.integer("created")?,
        expires: row.integer("expires"),
        revoked: row.integer("revoked"),
    })
}
