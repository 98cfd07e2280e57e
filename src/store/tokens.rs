//! What identity providers authenticate with, by its hashes.

use super::d1::{Columns, Database, Row, Statement};
use super::error::StoreError;
use super::scopes::Scopes;

/// A bearer token to be, made by an administrator.
pub struct NewToken<'a> {
    pub id: &'a str,
    /// SHA-256, hex.
    pub hash: &'a str,
    pub label: &'a str,
    pub scopes: Scopes,
    pub created: i64,
    pub expires: Option<i64>,
}

/// What may be shown of a token. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub label: String,
    pub scopes: Scopes,
    pub created: i64,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
    pub last_used: Option<i64>,
}

/// A token that was live when it was read. An isolate keeps it with the tenant's context; nothing
/// of it changes without a new revision of the tenant.
#[derive(Debug)]
pub struct LiveToken {
    pub id: String,
    pub scopes: Scopes,
    /// Unix milliseconds.
    pub expires: Option<i64>,
}

impl LiveToken {
    /// The columns that [`LiveToken::read`] wants, of a `tokens k`.
    pub const COLUMNS: &str = "k.id AS token, k.scopes, k.expires";

    pub fn read(row: &impl Columns) -> Option<Self> {
        Some(Self {
            id: row.text("token")?,
            scopes: Scopes::read(&row.text("scopes")?),
            expires: row.integer("expires"),
        })
    }
}

/// `false` when there is no such tenant, or when it is being deleted.
pub async fn create(
    database: &Database,
    tenant: &str,
    token: &NewToken<'_>,
) -> Result<bool, StoreError> {
    let rows = database
        .query(Statement::new(
            "INSERT INTO tokens (hash, tenant, id, label, scopes, created, expires) \
             SELECT ?2, id, ?3, ?4, ?5, ?6, ?7 FROM tenants WHERE slug = ?1 AND deleting IS NULL \
             RETURNING id",
            [
                tenant.into(),
                token.hash.into(),
                token.id.into(),
                token.label.into(),
                token.scopes.to_string().into(),
                token.created.into(),
                token.expires.into(),
            ],
        ))
        .await?;
    Ok(!rows.is_empty())
}

/// Those an administrator made, in that order, behind the id `after`; `None` when there is no such
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
                "SELECT k.id, k.label, k.scopes, k.created, k.expires, k.revoked, k.last_used \
                 FROM tokens k WHERE k.tenant = (SELECT id FROM tenants WHERE slug = ?1) \
                 AND k.id > ?2 AND k.kind = 'bearer' ORDER BY k.id LIMIT ?3",
                [tenant.into(), after.into(), i64::from(limit).into()],
            ),
        ])
        .await?;
    if rows[0].is_empty() {
        return Ok(None);
    }
    Ok(Some(
        rows[1].iter().filter_map(|row| Token::read(&row)).collect(),
    ))
}

impl Token {
    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.text("id")?,
            label: row.text("label")?,
            scopes: Scopes::read(&row.text("scopes")?),
            created: row.integer("created")?,
            expires: row.integer("expires"),
            revoked: row.integer("revoked"),
            last_used: row.integer("last_used"),
        })
    }
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
            "UPDATE tokens SET revoked = ?3 WHERE id = ?2 AND kind = 'bearer' AND revoked IS NULL \
             AND tenant = (SELECT id FROM tenants WHERE slug = ?1) RETURNING id",
            [tenant.into(), id.into(), now.into()],
        ))
        .await?;
    Ok(!rows.is_empty())
}
