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

/// What may be shown of a token. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub label: String,
    pub created: i64,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
}

/// `false` when there is no such tenant, or when it is being deleted.
pub async fn create(
    database: &Database,
    tenant: &str,
    token: &NewToken<'_>,
) -> Result<bool, StoreError> {
    let rows = database
        .query(Statement::new(
            "INSERT INTO tokens (hash, tenant, id, label, created, expires) \
             SELECT ?2, id, ?3, ?4, ?5, ?6 FROM tenants WHERE slug = ?1 AND deleting IS NULL \
             RETURNING id",
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

/// In the order in which they were made, those behind the id `after`; `None` when there is no such
/// tenant.
pub async fn list(
    database: &Database,
    tenant: &str,
    after: &str,
    limit: u32,
) -> Result<Option<Vec<Token>>, StoreError> {
    let rows = database
        .batch(&[
            Statement::new("SELECT id FROM tenants WHERE slug = ?1", [tenant.into()]),
            Statement::new(
                "SELECT k.id, k.label, k.created, k.expires, k.revoked FROM tokens k \
                 WHERE k.tenant = (SELECT id FROM tenants WHERE slug = ?1) AND k.id > ?2 \
                 ORDER BY k.id LIMIT ?3",
                [tenant.into(), after.into(), i64::from(limit).into()],
            ),
        ])
        .await?;
    if rows[0].is_empty() {
        return Ok(None);
    }
    let tokens = rows[1].iter().filter_map(|row| {
        Some(Token {
            id: row.text("id")?,
            label: row.text("label")?,
            created: row.integer("created")?,
            expires: row.integer("expires"),
            revoked: row.integer("revoked"),
        })
    });
    Ok(Some(tokens.collect()))
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
