//! What a JWT is held against: a tenant with the issuers that it trusts.

use std::rc::Rc;

use super::d1::{Database, Row, Statement};
use super::error::StoreError;
use super::parties::Kind;
use super::tenants::{self, TenantContext};
use super::tokens::LiveToken;

/// A tenant with the issuers that it trusts or once did.
pub struct Trusting {
    pub context: Rc<TenantContext>,
    pub is_suspended: bool,
    pub issuers: Vec<Trusted>,
}

pub struct Trusted {
    /// What the guard finds it by.
    pub hash: String,
    pub token: Rc<LiveToken>,
    /// JSON, `src/auth/trust.rs`.
    pub trust: String,
    pub is_revoked: bool,
}

/// All that a JWT is held against: one round trip. `None` when there is no such tenant.
pub async fn load(database: &Database, slug: &str) -> Result<Option<Trusting>, StoreError> {
    let [tenant, schemas] = tenants::context_by_slug(slug);
    let issuers = Statement::new(
        format!(
            "SELECT k.hash, {}, k.trust, k.revoked FROM tenants t JOIN tokens k \
             ON k.hash > {} AND k.hash < {} WHERE t.slug = ?1 \
             ORDER BY k.revoked IS NOT NULL, k.hash DESC LIMIT {}",
            LiveToken::COLUMNS,
            Kind::Issuer.key(),
            Kind::Issuer.end(),
            2 * Kind::Issuer.limit()
        ),
        [slug.into()],
    );
    let rows = database.batch(&[tenant, schemas, issuers]).await?;
    let Some(row) = rows[0].first() else {
        return Ok(None);
    };
    Ok(Some(Trusting {
        context: tenants::read_context(&row, &rows[1])?,
        is_suspended: row.integer("suspended").is_some(),
        issuers: rows[2]
            .iter()
            .filter_map(|row| Trusted::read(&row))
            .collect(),
    }))
}

impl Trusted {
    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            hash: row.text("hash")?,
            token: Rc::new(LiveToken::read(row)?),
            trust: row.text("trust")?,
            is_revoked: row.integer("revoked").is_some(),
        })
    }
}
