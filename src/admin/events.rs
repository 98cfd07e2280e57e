//! `GET /admin/v1/events` and `…/tenants/{slug}/events`: the outbox, for a product that mirrors the
//! directory.

use super::problem::Result;
use super::{Call, no_such_tenant};
use crate::feed;
use crate::scim::error::ScimError;
use crate::store::events::{self, Scope};
use crate::wire::reply::Reply;

/// GET, of one tenant or all: see [`feed::answer`].
pub async fn list(call: &Call<'_>, slug: Option<&str>) -> Result<Reply> {
    let scope = slug.map_or(Scope::All, Scope::Slug);
    let read = async |after, limit| {
        let page = events::page(call.database, scope, after, limit).await?;
        match slug.filter(|_| page.is_unknown) {
            Some(slug) => Err(ScimError::new(404, no_such_tenant(slug)).into()),
            None => Ok(page),
        }
    };
    Ok(feed::answer(call.parts, read).await?)
}
