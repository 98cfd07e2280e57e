//! `/admin/v1/tenants/{slug}/tokens`: what identity providers authenticate with. A tenant has as
//! many as it likes, so that one can take another's place without a gap.

use serde_json::{Value, json};

use super::expiry::expiry;
use super::problem::{Result, problem};
use super::{Body, Call, check_label, fresh_id, listed, new_token, no_tenant, page, time};
use crate::auth::token;
use crate::store::scopes::{self, Scopes};
use crate::store::tokens::{self, NewToken, Rotation, Token, expires_within_days};
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

struct Request {
    label: String,
    /// Everything, unless named. They are the token's for good.
    scopes: Option<Vec<String>>,
    /// RFC 3339.
    expires: Option<String>,
    expires_in_s: Option<i64>,
}

impl Request {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            label: body.need("label")?,
            scopes: body.take("scopes")?,
            expires: body.take("expires")?,
            expires_in_s: body.take("expires_in_s")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST …/tokens: the only time that the token is shown.
pub async fn create(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let now = call.parts.now;
    let request = Request::read(call.parts)?;
    check_label("label", &request.label)?;
    let scopes = request
        .scopes
        .as_deref()
        .map_or(Ok(Scopes::ALL), scopes_named)?;
    let expires = expiry(request.expires.as_deref(), request.expires_in_s, now)?;
    let secret = new_token(&token::TENANT)?;
    let id = fresh_id(call)?;
    let new = NewToken {
        id: &id,
        hash: &token::hash(&secret),
        label: &request.label,
        scopes,
        created: now,
        expires,
    };
    let detail = json!({ "label": new.label, "scopes": scopes.to_string() });
    let entry = call.entry(Some(&id), Some(detail));
    if !tokens::create(call.database, slug, &new, &entry).await? {
        return no_tenant(slug);
    }
    let mut body = shown(
        &Token {
            id,
            label: request.label,
            scopes,
            created: now,
            expires,
            revoked: None,
            last_used: None,
            replaces: None,
        },
        now,
    );
    body["token"] = secret.into();
    Ok(Reply::json(201, body.to_string()))
}

/// How long a token can be made to work on beside its successor: thirty days, by default one.
const MAX_OVERLAP_S: i64 = 30 * 24 * 3600;
const DEFAULT_OVERLAP_S: i64 = 24 * 3600;

struct RotationRequest {
    overlap_s: Option<i64>,
    expires: Option<String>,
    expires_in_s: Option<i64>,
}

impl RotationRequest {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            overlap_s: body.take("overlap_s")?,
            expires: body.take("expires")?,
            expires_in_s: body.take("expires_in_s")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST …/tokens/{id}/rotate: a token with the same label and scopes, shown this once. The old one
/// ends with the overlap.
pub async fn rotate(call: &Call<'_>, slug: &str, old: &str) -> Result<Reply> {
    let now = call.parts.now;
    let request = RotationRequest::read(call.parts)?;
    let overlap = overlap(request.overlap_s)?;
    let expires = expiry(request.expires.as_deref(), request.expires_in_s, now)?;
    let secret = new_token(&token::TENANT)?;
    let id = fresh_id(call)?;
    let rotation = Rotation {
        old,
        id: &id,
        hash: &token::hash(&secret),
        now,
        ends: now + overlap * 1000,
        expires,
    };
    let entry = call.entry(Some(old), Some(json!({ "new": id, "overlap_s": overlap })));
    let Some(new) = tokens::rotate(call.database, slug, &rotation, &entry).await? else {
        return problem(
            404,
            "The tenant has no such live token, or another took its place already.",
        );
    };
    let mut body = shown(&new, now);
    body["token"] = secret.into();
    Ok(Reply::json(201, body.to_string()))
}

/// Seconds that a predecessor counts on.
pub(super) fn overlap(asked: Option<i64>) -> Result<i64> {
    match asked.unwrap_or(DEFAULT_OVERLAP_S) {
        overlap if (0..=MAX_OVERLAP_S).contains(&overlap) => Ok(overlap),
        _ => problem(
            400,
            format!("overlap_s is 0 to {MAX_OVERLAP_S} seconds; left out, a day."),
        ),
    }
}

/// GET …/tokens: `?limit=` of them behind the id `?after=`, oldest first.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let Some(found) = tokens::list(call.database, slug, after, limit).await? else {
        return no_tenant(slug);
    };
    Ok(listed(
        "tokens",
        &found,
        limit,
        |one| shown(one, call.parts.now),
        |one| one.id.clone(),
    ))
}

/// DELETE …/tokens/{id}: the token's next request is refused.
pub async fn delete(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(id), None);
    if tokens::revoke(call.database, slug, id, call.parts.now, &entry).await? {
        Ok(Reply::empty(204))
    } else {
        problem(404, "The tenant has no such live token.")
    }
}

pub fn scopes_named(names: &[String]) -> Result<Scopes> {
    let known = || scopes::known().collect::<Vec<_>>().join(", ");
    match Scopes::from_names(names.iter().map(String::as_str)) {
        Ok(scopes) if scopes.is_empty() => problem(
            400,
            format!(
                "scopes has at least one of {}; left out, it is scim.",
                known()
            ),
        ),
        Ok(scopes) => Ok(scopes),
        Err(name) => problem(
            400,
            format!("There is no scope {name:?}; there are {}.", known()),
        ),
    }
}

fn shown(token: &Token, now: i64) -> Value {
    let mut shown = json!({
        "id": token.id,
        "label": token.label,
        "scopes": token.scopes.names().collect::<Vec<_>>(),
        "created": time(token.created),
    });
    if let Some(replaces) = &token.replaces {
        shown["replaces"] = replaces.as_str().into();
    }
    let live = token.expires.filter(|_| token.revoked.is_none());
    if let Some(days) = live.and_then(|expires| expires_within_days(expires, now)) {
        shown["expires_soon"] = days.into();
    }
    for (name, millis) in [
        ("expires", token.expires),
        ("revoked", token.revoked),
        ("last_used", token.last_used),
    ] {
        if let Some(millis) = millis {
            shown[name] = time(millis).into();
        }
    }
    shown
}
