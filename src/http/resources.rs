//! One resource, of any type: RFC 7644 §3.3 to §3.6. What touches membership goes through the
//! tenant's object, everything else straight to D1.

use super::reactivate;
use super::scim::Exchange;
use crate::events::describe;
use crate::events::kinds::Verb;
use crate::membership::client;
use crate::membership::message::{Change, Done};
use crate::scim::error::{Result, ScimError};
use crate::scim::patch::{self, PatchRequest};
use crate::scim::resource::index::{self, IndexEntry};
use crate::scim::resource::project::Projection;
use crate::scim::resource::version::{Condition, etag};
use crate::scim::resource::{MAX_DEPTH, Map, parse_body, validate};
use crate::scim::schema::Definition;
use crate::store::derive::{Derive, Found};
use crate::store::document::{parse, prepare};
use crate::store::error::StoreError;
use crate::store::resources::{Stored, Taken};
use crate::store::settings::GroupPatchReturns;
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

/// GET /{endpoint}/{id} (RFC 7644 §3.4.1)
pub async fn get(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let projection = exchange.projection(definition)?;
    // A condition that cannot be read is none: the client gets what it asked for.
    let condition = exchange.parts.header("if-none-match");
    let condition = condition.and_then(|header| Condition::parse(&header).ok());
    let mut derive = exchange.derive(definition, &projection);
    let mut known = None;
    // A group's tag does not depend on its members: they are read only where they are sent.
    if definition.members().is_some() {
        known = condition.as_ref().and_then(Condition::version);
        if exchange.parts.method == "HEAD" {
            derive = Derive::Nothing;
        }
    }
    let found = find(exchange, definition, id, derive, known).await?;
    let etag = exchange.etag(definition, &found);
    if condition.is_some_and(|condition| condition.names(&etag)) {
        return Ok(Reply::empty(304).with("ETag", etag));
    }
    answer(exchange, definition, &found, &projection)
}

/// PUT /{endpoint}/{id} (RFC 7644 §3.5.1)
pub async fn replace(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let projection = exchange.projection(definition)?;
    let body = body(exchange, MAX_DEPTH)?;
    let found = if definition.members().is_some() {
        let resource_type = definition.resource_type.name.clone();
        let change = Change::Replace {
            resource_type,
            id: id.to_owned(),
            body,
        };
        let stored = membership(exchange, change).await?.stored;
        shown_after_change(exchange, definition, stored, &projection).await
    } else {
        let replaced = |old: &Map| validate::replace(definition, old, &body, exchange.mode());
        change(exchange, definition, id, &projection, replaced).await?
    };
    let reply = answer(exchange, definition, &found, &projection)?;
    Ok(preferred(exchange, reply))
}

/// PATCH /{endpoint}/{id} (RFC 7644 §3.5.2). A group answers 204 unless the client asks to see it or
/// the tenant's settings show it: rendering a large one costs more than changing it.
pub async fn patch(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    let projection = exchange.projection(definition)?;
    let body = body(exchange, MAX_DEPTH)?;
    let found = if definition.members().is_some() {
        let resource_type = definition.resource_type.name.clone();
        let change = Change::Patch {
            resource_type,
            id: id.to_owned(),
            body,
        };
        let stored = membership(exchange, change).await?.stored;
        let settings = &exchange.access().tenant.settings;
        if settings.group_patch_returns == GroupPatchReturns::None
            && !exchange.wants_representation()
        {
            return Ok(Reply::empty(204).with("ETag", etag(stored.version)));
        }
        shown_after_change(exchange, definition, stored, &projection).await
    } else {
        let request = PatchRequest::parse(&body, exchange.mode())?;
        let patched = |old: &Map| patch::apply(definition, old, &request, exchange.mode());
        change(exchange, definition, id, &projection, patched).await?
    };
    let reply = answer(exchange, definition, &found, &projection)?;
    Ok(preferred(exchange, reply))
}

/// DELETE /{endpoint}/{id} (RFC 7644 §3.6)
pub async fn delete(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
) -> Result<Reply, Failure> {
    if definition.members().is_some() || definition.groups().is_some() {
        let resource_type = definition.resource_type.name.clone();
        membership(
            exchange,
            Change::Delete {
                resource_type,
                id: id.to_owned(),
            },
        )
        .await?;
        return Ok(Reply::empty(204));
    }
    let found = find(exchange, definition, id, Derive::Nothing, None).await?;
    exchange.conditions().check(Some(found.stored.version))?;
    let document = parse(&found.stored.document)?;
    let prepared = prepare(definition, &document, exchange.index(definition));
    let name = &definition.resource_type.name;
    let event = describe::deleted(definition, &document, found.stored.version);
    exchange
        .store
        .delete(name, &found.stored, &prepared.index, event)
        .await?;
    Ok(Reply::empty(204))
}

/// Reads, changes and writes one resource: two round trips, one when nothing changes.
async fn change(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
    projection: &Projection,
    change: impl FnOnce(&Map) -> Result<Map>,
) -> Result<Found, Failure> {
    let derive = exchange.derive(definition, projection);
    let mut found = find(exchange, definition, id, derive, None).await?;
    let stored = &mut found.stored;
    exchange.conditions().check(Some(stored.version))?;
    let old = parse(&stored.document)?;
    let new = change(&old)?;
    if new == old {
        return Ok(found);
    }
    rewrite(exchange, definition, stored, &old, &new).await?;
    Ok(found)
}

/// Writes a resource's next document: one round trip.
pub async fn rewrite(
    exchange: &Exchange<'_>,
    definition: &Definition,
    stored: &mut Stored,
    old: &Map,
    new: &Map,
) -> Result<(), Failure> {
    let before = index::indexed_values(old, exchange.index(definition));
    let after = prepare(definition, new, exchange.index(definition));
    let (removed, added) = index::difference(&before, &after.index);
    let name = &definition.resource_type.name;
    let event = describe::changed(definition, old, new, stored.version + 1);
    let replaced = exchange
        .store
        .replace(name, stored, &after.new, &removed, &added, event)
        .await;
    stored.modified = match replaced {
        Ok(modified) => modified,
        Err(error) => {
            let id = &stored.id;
            let taken = taken(exchange, definition, id, &added, Derive::Nothing, error).await?;
            return Err(refusal(definition, &taken));
        }
    };
    stored.version += 1;
    stored.document = after.new.document;
    Ok(())
}

async fn membership(exchange: &Exchange<'_>, change: Change) -> Result<Done, Failure> {
    let done = client::send(
        exchange.env,
        &exchange.store,
        exchange.conditions(),
        change,
        exchange.is_to_panic("object"),
    )
    .await??;
    if !done.left_out.is_empty() {
        worker::console_log!(
            "{} left out {} members that do not exist",
            exchange.parts.request_id,
            done.left_out.len()
        );
    }
    Ok(done)
}

async fn find(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
    derive: Derive,
    known: Option<i64>,
) -> Result<Found, Failure> {
    let name = &definition.resource_type.name;
    let base = &exchange.base;
    let found = exchange.store.get(name, id, derive, base, known).await?;
    Ok(found.ok_or_else(|| ScimError::not_found(&format!("{name} {id}")))?)
}

/// What a change left behind, with the derived attributes that the answer shows: read together, as
/// others may have changed it again. A resource that was just made is in no group; any other costs a round trip more where groups or members show.
async fn shown_after_change(
    exchange: &Exchange<'_>,
    definition: &Definition,
    stored: Stored,
    projection: &Projection,
) -> Found {
    let derive = exchange.derive(definition, projection);
    if derive == Derive::Nothing || (derive == Derive::Groups && stored.version == 1) {
        return Found::new(stored, None);
    }
    let found = exchange.store.derived(&stored, derive, &exchange.base);
    found.await.unwrap_or_else(|| Found::new(stored, None))
}

fn answer(
    exchange: &Exchange<'_>,
    definition: &Definition,
    found: &Found,
    projection: &Projection,
) -> Result<Reply, Failure> {
    let body = exchange.body(definition, found, projection)?;
    let location = exchange.location(definition, &found.stored.id);
    Ok(Reply::json(200, body)
        .with("Content-Location", location)
        .with("ETag", exchange.etag(definition, found)))
}

/// Says that the client sees what it changed because it asked to (RFC 7240 §3).
fn preferred(exchange: &Exchange<'_>, reply: Reply) -> Reply {
    if exchange.prefers_representation() {
        reply.with("Preference-Applied", "return=representation")
    } else {
        reply
    }
}

/// The body as an object. Any JSON type will do: many clients send `application/json`, some none.
pub fn body(exchange: &Exchange<'_>, max_depth: usize) -> Result<Map> {
    let sent = exchange.parts.header("content-type").unwrap_or_default();
    let media_type = sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if !matches!(
        media_type.as_str(),
        "application/scim+json" | "application/json" | ""
    ) {
        return Err(ScimError::new(
            415,
            format!("{media_type} is not understood here: send application/scim+json."),
        ));
    }
    parse_body(&exchange.parts.body, max_depth)
}

/// Of a conflict, which value is taken and whose it is: one more round trip. A tenant with no room
/// left says so only of what it does not have: identity providers link what they hear of as taken.
async fn taken(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
    index: &[IndexEntry],
    derive: Derive,
    error: StoreError,
) -> Result<Taken, Failure> {
    let name = &definition.resource_type.name;
    // Whoever held it is gone again.
    let mut otherwise: Failure = StoreError::Version.into();
    match error {
        StoreError::Conflict { .. } => {}
        StoreError::Quota => {
            let quotas = &exchange.access().tenant.settings.quotas;
            if let Some(quota) = quotas.get(name) {
                otherwise = ScimError::quota(name, *quota).into();
            }
        }
        error => return Err(error.into()),
    }
    let taken = exchange
        .store
        .taken(name, id, index, derive, &exchange.base)
        .await?;
    taken.ok_or(otherwise)
}

fn refusal(definition: &Definition, taken: &Taken) -> Failure {
    let name = &definition.resource_type.name;
    ScimError::uniqueness(format!(
        "Another {name} has the {} {:?} already.",
        taken.entry.path, taken.entry.value
    ))
    .into()
}
