//! Whom a tenant trusts to prove who they are: OAuth clients, and issuers whose JWTs are bearer
//! tokens. Each is a row of `tokens` that is nobody's token, so that it can be revoked as one can.

use super::audit::Entry;
use super::d1::{Database, Row, Statement};
use super::error::StoreError;
use super::scopes::Scopes;
use super::secrets::{self, Secret};
use super::tenants;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Client,
    Issuer,
}

/// A client or an issuer as its administrator sees it. Times are Unix milliseconds.
pub struct Party {
    pub id: String,
    pub label: String,
    pub scopes: Scopes,
    /// JSON, `src/auth/trust.rs`: whose signatures count.
    pub trust: String,
    pub created: i64,
    pub revoked: Option<i64>,
}

/// What came of making something below a tenant.
#[derive(Debug, PartialEq, Eq)]
pub enum Made {
    Yes,
    /// There is nothing to make it below.
    Missing,
    /// There are as many as there may be.
    Full,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Issuer => "issuer",
        }
    }

    /// How many live ones a tenant may have. Each request with a JWT looks through the issuers.
    pub fn limit(self) -> usize {
        match self {
            Self::Client => 100,
            Self::Issuer => 20,
        }
    }

    /// SQL: what stands before the id in the hash column, of a tenant `t`. It is no hash, so that
    /// no token can be taken for one, and a tenant's stand together.
    pub(super) fn key(self) -> String {
        format!("'{}:' || t.id || ':'", self.name())
    }

    /// SQL: the same tenant's last possible key.
    pub(super) fn end(self) -> String {
        format!("'{}:' || t.id || ';'", self.name())
    }

    /// SQL: whether a tenant `t` has a live one.
    pub(super) fn exists(self) -> String {
        format!(
            "EXISTS (SELECT 1 FROM tokens p WHERE p.hash > {} AND p.hash < {} AND p.revoked IS NULL)",
            self.key(),
            self.end()
        )
    }
}

/// With a first secret, where it is to have one. The tenant's revision grows, so that every isolate
/// hears of it with its next request.
pub async fn create(
    database: &Database,
    slug: &str,
    kind: Kind,
    party: &Party,
    secret: Option<&Secret>,
    entry: &Entry,
) -> Result<Made, StoreError> {
    let (key, end, limit) = (kind.key(), kind.end(), kind.limit());
    let insert = Statement::new(
        format!(
            "INSERT INTO tokens (hash, tenant, id, label, kind, scopes, trust, created) \
             SELECT {key} || ?2, t.id, ?2, ?3, '{}', ?4, ?5, ?6 FROM tenants t \
             WHERE t.slug = ?1 AND t.deleting IS NULL AND (SELECT count(*) FROM tokens p \
             WHERE p.hash > {key} AND p.hash < {end} AND p.revoked IS NULL) < {limit} \
             RETURNING id",
            kind.name()
        ),
        [
            slug.into(),
            party.id.as_str().into(),
            party.label.as_str().into(),
            party.scopes.to_string().into(),
            party.trust.as_str().into(),
            party.created.into(),
        ],
    );
    let mut batch = vec![revise(slug), insert, entry.when_changed()];
    batch.extend(secret.map(|secret| secrets::insert(slug, &party.id, secret)));
    let rows = database.batch(&batch).await?;
    Ok(Made::from_rows(rows[0].is_empty(), rows[1].is_empty()))
}

/// In the order in which they were made, those behind the id `after`; `None` when there is no such
/// tenant.
pub async fn list(
    database: &Database,
    slug: &str,
    kind: Kind,
    after: &str,
    limit: u32,
) -> Result<Option<Vec<Party>>, StoreError> {
    let rows = database
        .batch(&[
            tenants::by_slug(slug),
            Statement::new(
                format!(
                    "SELECT k.id, k.label, k.scopes, k.trust, k.created, k.revoked \
                     FROM tenants t JOIN tokens k ON k.hash > {} || ?2 AND k.hash < {} \
                     WHERE t.slug = ?1 ORDER BY k.hash LIMIT ?3",
                    kind.key(),
                    kind.end()
                ),
                [slug.into(), after.into(), i64::from(limit).into()],
            ),
        ])
        .await?;
    let parties = rows[1].iter().filter_map(|row| Party::read(&row));
    Ok((!rows[0].is_empty()).then(|| parties.collect()))
}

/// Ends a client or an issuer, a client's secrets, and every token that came from them. `false`
/// when the tenant has no such live one.
pub async fn revoke(
    database: &Database,
    slug: &str,
    kind: Kind,
    id: &str,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let rows = database
        .batch(&[
            Statement::new(
                format!(
                    "UPDATE tokens SET revoked = ?3 WHERE revoked IS NULL AND hash = \
                     (SELECT {} || ?2 FROM tenants t WHERE t.slug = ?1) RETURNING id",
                    kind.key()
                ),
                [slug.into(), id.into(), entry.at.into()],
            ),
            entry.when_changed(),
            Statement::new(
                "UPDATE tokens SET revoked = ?3 WHERE revoked IS NULL \
                 AND tenant = (SELECT id FROM tenants WHERE slug = ?1) AND parent IN \
                 (SELECT ?2 UNION ALL SELECT s.id FROM tokens s WHERE s.parent = ?2 \
                 AND s.kind = 'secret' AND s.tenant = (SELECT id FROM tenants WHERE slug = ?1))",
                [slug.into(), id.into(), entry.at.into()],
            ),
            revise(slug),
        ])
        .await?;
    Ok(!rows[0].is_empty())
}

impl Party {
    pub(super) fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.text("id")?,
            label: row.text("label")?,
            scopes: Scopes::read(&row.text("scopes")?),
            trust: row.text("trust")?,
            created: row.integer("created")?,
            revoked: row.integer("revoked"),
        })
    }
}

impl Made {
    pub(super) fn from_rows(no_place: bool, not_made: bool) -> Self {
        match (no_place, not_made) {
            (true, _) => Self::Missing,
            (false, true) => Self::Full,
            (false, false) => Self::Yes,
        }
    }
}

fn revise(slug: &str) -> Statement {
    Statement::new(
        "UPDATE tenants SET revision = revision + 1 WHERE slug = ?1 AND deleting IS NULL \
         RETURNING id",
        [slug.into()],
    )
}
