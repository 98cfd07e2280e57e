//! What identity providers authenticate with, by its hashes.

use super::audit::Entry;
use super::d1::{Columns, Database, Row, Statement};
use super::error::StoreError;
use super::scopes::Scopes;
use super::tenants;
use crate::scim::datetime::DAY_MS;

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
    /// The id of the token that it took the place of.
    pub replaces: Option<String>,
}

/// One token in place of another.
pub struct Rotation<'a> {
    pub old: &'a str,
    pub id: &'a str,
    /// SHA-256, hex.
    pub hash: &'a str,
    /// When it happens, and when the old one ends at the latest.
    pub now: i64,
    pub ends: i64,
    /// When the new one ends; `None`: it lives as long as the old one was made to.
    pub expires: Option<i64>,
}

/// A token that was live when it was read. An isolate keeps it with the tenant's context; nothing
/// of it changes without a new revision of the tenant.
#[derive(Debug)]
pub struct LiveToken {
    pub id: String,
    /// Whose requests count together: its own id, or an access token's secret's or client's.
    pub sender: String,
    pub scopes: Scopes,
    /// Unix milliseconds.
    pub expires: Option<i64>,
}

impl LiveToken {
    /// The columns that [`LiveToken::read`] wants, of a `tokens k`.
    pub const COLUMNS: &str =
        "k.id AS token, iif(k.kind = 'access', k.parent, k.id) AS sender, k.scopes, k.expires";

    pub fn read(row: &impl Columns) -> Option<Self> {
        Some(Self {
            id: row.text("token")?,
            sender: row.text("sender")?,
            scopes: Scopes::read(&row.text("scopes")?),
            expires: row.integer("expires"),
        })
    }
}

/// Days before its end at which a token is pointed out.
const SOON_DAYS: [i64; 3] = [1, 7, 30];

/// The fewest of [`SOON_DAYS`] within which it ends; `None` when that is farther off, or past.
pub fn expires_within_days(expires: i64, now: i64) -> Option<i64> {
    let left = expires - now;
    let within = |days: &i64| left <= days * DAY_MS;
    SOON_DAYS.into_iter().find(within).filter(|_| left > 0)
}

/// `false` when there is no such tenant, or when it is being deleted.
pub async fn create(
    database: &Database,
    tenant: &str,
    token: &NewToken<'_>,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let rows = entry
        .query(
            database,
            Statement::new(
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
            ),
        )
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
            tenants::by_slug(tenant),
            Statement::new(
                "SELECT k.id, k.label, k.scopes, k.created, k.expires, k.revoked, k.last_used, \
                 k.parent FROM tokens k WHERE k.tenant = (SELECT id FROM tenants WHERE slug = ?1) \
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
            replaces: row.text("parent"),
        })
    }
}

/// The new token; `None` when the tenant has no such live one, or when another took its place
/// already. The tenant's revision grows: isolates keep a token's end.
pub async fn rotate(
    database: &Database,
    tenant: &str,
    rotation: &Rotation<'_>,
    entry: &Entry,
) -> Result<Option<Token>, StoreError> {
    let batch = [
        Statement::new(
            "INSERT INTO tokens (hash, tenant, id, label, parent, scopes, created, expires) \
             SELECT ?3, k.tenant, ?4, k.label, k.id, k.scopes, ?5, \
             coalesce(?6, k.expires - k.created + ?5) \
             FROM tenants t CROSS JOIN tokens k ON k.tenant = t.id AND k.id = ?2 \
             WHERE t.slug = ?1 AND t.deleting IS NULL AND k.kind = 'bearer' \
             AND k.revoked IS NULL AND (k.expires IS NULL OR k.expires > ?5) \
             AND NOT EXISTS (SELECT 1 FROM tokens s \
             WHERE s.tenant = k.tenant AND s.parent = k.id AND s.revoked IS NULL) \
             RETURNING id, label, scopes, created, expires, revoked, last_used, parent",
            [
                tenant.into(),
                rotation.old.into(),
                rotation.hash.into(),
                rotation.id.into(),
                rotation.now.into(),
                rotation.expires.into(),
            ],
        ),
        Statement::new(
            "UPDATE tokens SET expires = min(coalesce(expires, ?3), ?3) WHERE id = ?2 \
             AND tenant = (SELECT tenant FROM tokens WHERE hash = ?1)",
            [
                rotation.hash.into(),
                rotation.old.into(),
                rotation.ends.into(),
            ],
        ),
        Statement::new(
            "UPDATE tenants SET revision = revision + 1 \
             WHERE id = (SELECT tenant FROM tokens WHERE hash = ?1)",
            [rotation.hash.into()],
        ),
        entry.when_changed(),
    ];
    let rows = database.batch(&batch).await?;
    Ok(rows[0].first().and_then(|row| Token::read(&row)))
}

/// `false` when the tenant has no such live token.
pub async fn revoke(
    database: &Database,
    tenant: &str,
    id: &str,
    now: i64,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let rows = entry
        .query(database, Statement::new(
            "UPDATE tokens SET revoked = ?3 WHERE id = ?2 AND kind = 'bearer' AND revoked IS NULL \
             AND tenant = (SELECT id FROM tenants WHERE slug = ?1) RETURNING id",
            [tenant.into(), id.into(), now.into()],
        ))
        .await?;
    Ok(!rows.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soon_is_a_month_a_week_and_a_day() {
        const DAY: i64 = 24 * 3600 * 1000;
        let check = |left: i64, expected: Option<i64>| {
            assert_eq!(expires_within_days(1000 + left, 1000), expected, "{left}");
        };
        check(30 * DAY + 1, None);
        check(30 * DAY, Some(30));
        check(7 * DAY + 1, Some(30));
        check(7 * DAY, Some(7));
        check(DAY + 1, Some(7));
        check(DAY, Some(1));
        check(1, Some(1));
        check(0, None);
        check(-1, None);
    }
}
