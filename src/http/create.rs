//! POST: a resource that is new, or a user who is active again.

use super::conflict::{refusal, taken};
use super::exchange::Exchange;
use super::reactivate;
use super::resources::{body, membership, preferred, shown_after_change};
use crate::events::describe;
use crate::events::kinds::Verb;
use crate::membership::message::Change;
use crate::scim::error::Result;
use crate::scim::resource::{MAX_DEPTH, validate};
use crate::scim::schema::Definition;
use crate::store::derive::Derive;
use crate::store::document::prepare;
use crate::store::error::StoreError;
use crate::store::resources::Stored;
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::new_id;

/// POST /{endpoint} (RFC 7644 §3.3)
pub async fn create(exchange: &Exchange<'_>, definition: &Definition) -> Result<Reply, Failure> {
    let projection = exchange.projection(definition)?;
    exchange.conditions().check(None)?;
    let body = body(exchange, MAX_DEPTH)?;
    let id = new_id(exchange.parts.now).map_err(|error| StoreError::Failed(error.to_string()))?;
    let resource_type = definition.resource_type.name.clone();
    let found = if definition.members().is_some() {
        let change = Change::Create {
            resource_type,
            id: id.clone(),
            body,
        };
        let stored = membership(exchange, change).await?.stored;
        shown_after_change(exchange, definition, stored, &projection).await
    } else {
        let mut document = validate::create(definition, &body, exchange.mode())?;
        document.insert("id".to_owned(), id.as_str().into());
        let prepared = prepare(definition, &document, exchange.index(definition));
        let event = describe::appeared(definition, Verb::Created, &document, 1);
        let (new, index) = (&prepared.new, &prepared.index);
        let created = exchange
            .store
            .create(&resource_type, &id, new, index, event);
        match created.await {
            Ok(now) => {
                let stored = Stored {
                    seq: 0,
                    id,
                    version: 1,
                    created: now,
                    modified: now,
                    document: prepared.new.document,
                };
                shown_after_change(exchange, definition, stored, &projection).await
            }
            Err(error) => {
                let derive = match reactivate::is_meant(exchange, definition) {
                    true => exchange.derive(definition, &projection),
                    false => Derive::Nothing,
                };
                let taken = taken(exchange, definition, &id, index, derive, error).await?;
                let refusal = refusal(definition, &taken);
                if !reactivate::is_meant(exchange, definition) {
                    return Err(refusal);
                }
                reactivate::reactivated(exchange, definition, &body, taken)
                    .await?
                    .ok_or(refusal)?
            }
        }
    };
    let location = exchange.location(definition, &found.stored.id);
    let body = exchange.body(definition, &found, &projection)?;
    let reply = Reply::json(201, body)
        .with("Location", location)
        .with("ETag", exchange.etag(definition, &found));
    Ok(preferred(exchange, reply))
}
