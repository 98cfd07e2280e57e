//! Secrets of OAuth clients, by their hashes: rows of `tokens` whose parent is the client.

use super::audit::Entry;
use super::d1::{Database, Row, Statement};
use super::error::StoreError;
use super::parties::{Kind, Made};

/// Live secrets a client may have: the old one and the new one, and some to spare.
pub const MAX_SECRETS: usize = 10;

/// Times are Unix milliseconds.
pub struct Secret {
    pub id: String,
    /// SHA-256, hex.
    pub hash: String,
    pub label: String,
    pub created: i64,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
}

pub async fn create(
    database: &Database,
    slug: &str,
    client: &str,
    secret: &Secret,
    entry: &Entry,
) -> Result<Made, StoreError> {
    let rows = database
        .batch(&[
            live_client(slug, client),
            insert(slug, client, secret),
            entry.when_changed(),
        ])
        .await?;
    Ok(Made::from_rows(rows[0].is_empty(), rows[1].is_empty()))
}

/// `None` when the tenant has no such client.
pub async fn list(
    database: &Database,
    slug: &str,
    client: &str,
) -> Result<Option<Vec<Secret>>, StoreError> {
    let rows = database
        .batch(&[of_client(slug, client, "c.id"), all(slug, client)])
        .await?;
    let secrets = rows[1].iter().filter_map(|row| Secret::read(&row));
    Ok((!rows[0].is_empty()).then(|| secrets.collect()))
}

/// Ends a secret and every token that was given out for it. `false` when there is no such live one.
pub async fn revoke(
    database: &Database,
    slug: &str,
    client: &str,
    id: &str,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let rows = database
        .batch(&[
            Statement::new(
                "UPDATE tokens SET revoked = ?4 WHERE id = ?3 AND kind = 'secret' AND parent = ?2 \
                 AND revoked IS NULL AND tenant = (SELECT id FROM tenants WHERE slug = ?1) \
                 RETURNING id",
                [slug.into(), client.into(), id.into(), entry.at.into()],
            ),
            entry.when_changed(),
            Statement::new(
                "UPDATE tokens SET revoked = ?4 WHERE parent = ?3 AND revoked IS NULL \
                 AND tenant = (SELECT id FROM tenants WHERE slug = ?1) AND EXISTS \
                 (SELECT 1 FROM tokens s WHERE s.tenant = tokens.tenant AND s.id = ?3 AND s.parent = ?2)",
                [slug.into(), client.into(), id.into(), entry.at.into()],
            ),
        ])
        .await?;
    Ok(!rows[0].is_empty())
}

impl Secret {
    pub(super) fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.text("id")?,
            hash: row.text("hash")?,
            label: row.text("label")?,
            created: row.integer("created")?,
            expires: row.integer("expires"),
            revoked: row.integer("revoked"),
        })
    }
}

/// Columns of a tenant `t` and of its client `c`.
pub(super) fn of_client(slug: &str, client: &str, columns: &str) -> Statement {
    Statement::new(
        format!("SELECT {columns} {} WHERE t.slug = ?1", tenant_and_client()),
        [slug.into(), client.into()],
    )
}

fn live_client(slug: &str, client: &str) -> Statement {
    Statement::new(
        format!(
            "SELECT c.id {} WHERE t.slug = ?1 AND t.deleting IS NULL AND c.revoked IS NULL",
            tenant_and_client()
        ),
        [slug.into(), client.into()],
    )
}

/// SQL: a tenant `t` and its client `c`, whose id is ?2.
fn tenant_and_client() -> String {
    format!(
        "FROM tenants t JOIN tokens c ON c.hash = {} || ?2",
        Kind::Client.key()
    )
}

/// `+id`, or else SQLite takes the index in this order and reads every token of the tenant.
pub(super) fn all(slug: &str, client: &str) -> Statement {
    Statement::new(
        "SELECT id, hash, label, created, expires, revoked FROM tokens WHERE parent = ?2 \
         AND tenant = (SELECT id FROM tenants WHERE slug = ?1) AND kind = 'secret' ORDER BY +id",
        [slug.into(), client.into()],
    )
}

/// Nothing, unless the client lives and has room for one more.
pub(super) fn insert(slug: &str, client: &str, secret: &Secret) -> Statement {
    Statement::new(
        format!(
            "INSERT INTO tokens (hash, tenant, id, label, kind, parent, scopes, created, expires) \
             SELECT ?3, t.id, ?4, ?5, 'secret', ?2, '', ?6, ?7 \
             {} WHERE t.slug = ?1 AND c.revoked IS NULL AND (SELECT count(*) FROM tokens s \
             WHERE s.tenant = t.id AND s.parent = ?2 AND s.kind = 'secret' AND s.revoked IS NULL \
             AND (s.expires IS NULL OR s.expires > ?6)) < {MAX_SECRETS} RETURNING id",
            tenant_and_client()
        ),
        [
            slug.into(),
            client.into(),
            secret.hash.as_str().into(),
            secret.id.as_str().into(),
            secret.label.as_str().into(),
            secret.created.into(),
            secret.expires.into(),
        ],
    )
}
