//! `/admin/v1/tenants/{slug}/issuers`: whose JWTs a tenant takes for bearer tokens.

use super::problem::{Result, problem};
use super::{Call, parties};
use crate::auth::trust::Trust;
use crate::store::parties::Kind;
use crate::wire::reply::Reply;

/// POST …/issuers: `label`, `scopes` and the members of [`Trust`].
pub async fn create(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let (mut issuer, body) = parties::new(call)?;
    let trust = Trust::read(&body.rest(), call.local).or_else(|why| problem(400, why))?;
    issuer.trust = trust.to_json().to_string();
    parties::create(call, slug, Kind::Issuer, &issuer, None).await?;
    Ok(Reply::json(201, parties::shown(&issuer, "id").to_string()))
}

/// GET …/issuers: those that were revoked as well.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    parties::list(call, slug, Kind::Issuer, "id").await
}

/// DELETE …/issuers/{id}: the next request with one of its tokens is refused.
pub async fn delete(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    parties::delete(call, slug, Kind::Issuer, id).await
}
