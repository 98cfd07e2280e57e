//! One resource that is there, of any type: RFC 7644 §3.4.1, §3.5 and §3.6. What touches membership goes through the
//! tenant's object, everything else straight to D1.

use super::conflict::{refusal, taken};
use super::exchange::Exchange;
use crate::events::describe;
use crate::membership::client;
use crate::membership::message::{Change, Done};
use crate::scim::error::{Result, ScimError};
use crate::scim::patch::{self, PatchRequest};
use crate::scim::resource::index::{self};
use crate::scim::resource::project::Projection;
use crate::scim::resource::version::{Condition, etag};
use crate::scim::resource::{MAX_DEPTH, Map, parse_body, validate};
use crate::scim::schema::Definition;
use crate::store::derive::{Derive, Found};
use crate::store::document::{parse, prepare};
use crate::store::resources::Stored;
use crate::store::settings::GroupPatchReturns;
use crate::wire::Failure;
use crate::wire::reply::Reply;

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

pub async fn membership(exchange: &Exchange<'_>, change: Change) -> Result<Done, Failure> {
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
pub async fn shown_after_change(
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
pub fn preferred(exchange: &Exchange<'_>, reply: Reply) -> Reply {
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
