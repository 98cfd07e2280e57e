//! `/admin/v1/tenants/{slug}/streams`: receivers that ask for a tenant's Security Event Tokens.

use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::{Body, Call, check_label, fresh_id, listed, no_tenant, page, time};
use crate::auth::signing;
use crate::events::kinds::Kinds;
use crate::events::set::{self, Format};
use crate::scim::json;
use crate::store::parties::Made;
use crate::store::streams::{self, MAX_STREAMS, Stream};
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

struct Request {
    label: String,
    /// `full`, unless named.
    format: Option<String>,
    /// Its own address, unless named.
    audience: Option<String>,
    /// All, unless named.
    types: Option<Vec<String>>,
    /// The position behind which it begins; the end, unless named.
    after: Option<i64>,
}

impl Request {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            label: body.need("label")?,
            format: body.take("format")?,
            audience: body.take("audience")?,
            types: body.take("types")?,
            after: body.take("after")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST …/streams
pub async fn create(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let request = Request::read(call.parts)?;
    check_label("label", &request.label)?;
    if let Some(audience) = &request.audience {
        check_label("audience", audience)?;
    }
    if request.after.is_some_and(|after| after < 0) {
        return problem(400, "after is the position of an event, or 0.");
    }
    let format = request
        .format
        .as_deref()
        .map_or(Some(Format::Full), Format::named);
    let Some(format) = format else {
        return problem(400, "format is full or notice.");
    };
    let types = request.types.unwrap_or_default();
    let kinds = Kinds::parse(types.iter().map(String::as_str));
    let kinds = kinds.or_else(|error| problem(400, error))?;
    check_told(&kinds)?;
    let mut new = Stream {
        id: fresh_id(call)?,
        label: request.label,
        format: format.name().to_owned(),
        audience: request.audience,
        types: kinds.names().to_vec(),
        position: 0,
        taken: Vec::new(),
        polled: None,
        refused: None,
        missed: None,
        created: call.parts.now,
    };
    // So that receivers find a key before the first SET.
    signing::current(call.database, call.parts.now).await?;
    let entry = call.entry(Some(&new.id), Some(json!({ "label": new.label })));
    match streams::create(call.database, slug, &mut new, request.after, &entry).await? {
        Made::Yes => Ok(Reply::json(201, shown(call, slug, &new).to_string())),
        Made::Missing => no_tenant(slug),
        Made::Full => problem(
            409,
            format!("A tenant has at most {MAX_STREAMS} streams: delete one first."),
        ),
    }
}

/// Refuses types that never become a SET.
pub fn check_told(kinds: &Kinds) -> Result<()> {
    for name in kinds.names() {
        if !Kinds::parse([name.as_str()]).is_ok_and(|kind| set::told(&kind).next().is_some()) {
            return problem(
                400,
                format!("No Security Event Token tells of {name}: leave it out of types."),
            );
        }
    }
    Ok(())
}

/// GET …/streams: `?limit=` of them behind the id `?after=`, oldest first.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let Some(found) = streams::list(call.database, slug, after, limit).await? else {
        return no_tenant(slug);
    };
    Ok(listed(
        "streams",
        &found,
        limit,
        |one| shown(call, slug, one),
        |one| one.id.clone(),
    ))
}

/// DELETE …/streams/{id}: its next poll finds nothing.
pub async fn delete(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(id), None);
    match streams::delete(call.database, slug, id, &entry).await? {
        true => Ok(Reply::empty(204)),
        false => problem(404, "The tenant has no such stream."),
    }
}

fn shown(call: &Call<'_>, slug: &str, stream: &Stream) -> Value {
    let issuer = set::issuer(&call.parts.origin, slug);
    let address = set::address(&issuer, &stream.id);
    let mut shown = json!({
        "id": stream.id,
        "label": stream.label,
        "format": stream.format,
        "types": stream.types,
        "audience": stream.audience.as_ref().unwrap_or(&address),
        "address": address,
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks.json"),
        "position": stream.position,
        "created": time(stream.created),
    });
    if let Some(polled) = stream.polled {
        shown["polled"] = time(polled).into();
    }
    if let Some(missed) = stream.missed {
        shown["missed_up_to"] = missed.into();
    }
    let refused = stream.refused.as_ref();
    if let Some(refused) = refused.and_then(|refused| json::read(refused).ok()) {
        shown["refused"] = refused;
    }
    shown
}
