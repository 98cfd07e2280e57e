//! Bearer tokens, by their hashes.

use super::d1::{Database, Statement};
use super::error::StoreError;

pub struct NewToken<'a> {
    pub id: &'a str,
    /// SHA-256, hex.
    pub hash: &'a str,
    pub label: &'a str,
    pub created: i64,
    pub expires: Option<i64>,
}

/// `false` when there is no such tenant.
pub async fn create(
    database: &Database,
    tenant: &str,
    token: &NewToken<'_>,
) -> Result<bool, StoreError> {
    let rows = database
        .query(Statement::new(
            "INSERT INTO tokens (hash, tenant, id, label, created, expires) \
             SELECT ?2, id, ?3, ?4, ?5, ?6 FROM tenants WHERE slug = ?1 RETURNING id",
            [
                tenant.into(),
                token.hash.into(),
                token.id.into(),
                token.label.into(),
                token.created.into(),
                token.expires.into(),
            ],
        ))
        .await?;
    Ok(!rows.is_empty())
}

/// `false` when the tenant has no such live token.
pub async fn revoke(
    database: &Database,
    tenant: &str,
    id: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let rows = database
        .query(Statement::new(
            "UPDATE tokens SET revoked = ?3 WHERE id = ?2 AND revoked IS NULL \
             AND tenant = (SELECT id FROM tenants WHERE slug = ?1) RETURNING id",
            [tenant.into(), id.into(), now.into()],
        ))
        .await?;
    Ok(!rows.is_empty())
}
