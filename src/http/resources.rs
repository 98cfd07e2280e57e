//! One resource, of any type that is not a group: RFC 7644 §3.3 to §3.6.

use serde_json::{Map, Value};

use super::Failure;
use super::reply::Reply;
use super::request::new_id;
use super::scim::Exchange;
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::fold::folded_document;
use crate::scim::patch;
use crate::scim::resource::index::{self, IndexPath};
use crate::scim::resource::project::Projection;
use crate::scim::resource::render::{self, Meta};
use crate::scim::resource::{validate, version};
use crate::scim::schema::Definition;
use crate::store::error::StoreError;
use crate::store::resources::{IndexEntry, NewDocument, Stored};

/// POST /{endpoint} (RFC 7644 §3.3)
pub async fn create(exchange: &Exchange<'_>, definition: &Definition) -> Result<Reply, Failure> {
    let projection = projection(exchange, definition)?;
    let mut document = validate::create(definition, &body(exchange)?, exchange.mode())?;
    let id = new_id(exchange.parts.now).map_err(|error| StoreError::Failed(error.to_string()))?;
    document.insert("id".to_owned(), id.as_str().into());
    let prepared = Prepared::new(exchange, definition, &document);
    let name = &definition.resource_type.name;
    match exchange.store.create(name, &id, &prepared.new, &prepared.index).await {
        Ok(()) => {}
        Err(StoreError::Conflict { .. }) => {
            return Err(taken(exchange, definition, &id, &prepared.index).await);
        }
        Err(error) => return Err(error.into()),
    }
    let now = exchange.parts.now;
    let created =
        Stored { seq: 0, id, version: 1, created: now, modified: now, document: prepared.new.document };
    Ok(answer(exchange, definition, 201, &created, &projection)
        .with("Location", exchange.location(definition, &created.id)))
}

/// GET /{endpoint}/{id} (RFC 7644 §3.4.1)
pub async fn get(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let projection = projection(exchange, definition)?;
    let stored = find(exchange, definition, id).await?;
    if exchange.if_none_match()?.is_some_and(|condition| condition.holds_for(stored.version)) {
        return Ok(Reply::empty(304).with("ETag", version::etag(stored.version)));
    }
    Ok(answer(exchange, definition, 200, &stored, &projection))
}

/// PUT /{endpoint}/{id} (RFC 7644 §3.5.1)
pub async fn replace(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let body = body(exchange)?;
    change(exchange, definition, id, |old| {
        validate::replace(definition, old, &body, exchange.mode())
    })
    .await
}

/// PATCH /{endpoint}/{id} (RFC 7644 §3.5.2)
pub async fn patch(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let request = patch::PatchRequest::parse(&body(exchange)?, exchange.mode())?;
    change(exchange, definition, id, |old| {
        patch::apply(definition, old, &request, exchange.mode())
    })
    .await
}

/// DELETE /{endpoint}/{id} (RFC 7644 §3.6)
pub async fn delete(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let stored = find(exchange, definition, id).await?;
    exchange.check_if_match(stored.version)?;
    let prepared = Prepared::new(exchange, definition, &parse(&stored)?);
    exchange.store.delete(&definition.resource_type.name, &stored, &prepared.index).await?;
    Ok(Reply::empty(204))
}

/// Reads, changes and writes one resource: two round trips, one when nothing changes.
async fn change(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
    change: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>>,
) -> Result<Reply, Failure> {
    let projection = projection(exchange, definition)?;
    let mut stored = find(exchange, definition, id).await?;
    exchange.check_if_match(stored.version)?;
    let old = parse(&stored)?;
    let new = change(&old)?;
    if new != old {
        let before = Prepared::new(exchange, definition, &old);
        let after = Prepared::new(exchange, definition, &new);
        let (removed, added) = index::difference(&before.index, &after.index);
        let name = &definition.resource_type.name;
        match exchange.store.replace(name, &stored, &after.new, &removed, &added).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => {
                return Err(taken(exchange, definition, id, &added).await);
            }
            Err(error) => return Err(error.into()),
        }
        stored.version += 1;
        stored.modified = exchange.parts.now;
        stored.document = after.new.document;
    }
    Ok(answer(exchange, definition, 200, &stored, &projection))
}
