//! `/admin/v1/tenants/{slug}/tokens`: what identity providers authenticate with. A tenant has as
//! many as it likes, so that one can take another's place without a gap.

use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::{Call, check_label, no_tenant, page, random, read, time};
use crate::auth::token;
use crate::scim::datetime::DateTime;
use crate::store::scopes::{self, Scopes};
use crate::store::tokens::{self, NewToken, Token};
use crate::wire::reply::Reply;
use crate::wire::request::new_id;

/// How long a token can be made to live: ten years.
const MAX_LIFE_S: i64 = 10 * 366 * 24 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    label: String,
    /// Everything, unless named. They are the token's for good.
    scopes: Option<Vec<String>>,
    /// RFC 3339.
    expires: Option<String>,
    expires_in_s: Option<i64>,
}

/// POST …/tokens: the only time that the token is shown.
pub async fn create(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let now = call.parts.now;
    let request: Request = read(call.parts)?;
    check_label("label", &request.label)?;
    let scopes = request
        .scopes
        .as_deref()
        .map_or(Ok(Scopes::ALL), scopes_named)?;
    let expires = expiry(request.expires.as_deref(), request.expires_in_s, now)?;
    let mut bytes = [0; 64];
    random(&mut bytes)?;
    let Some(secret) = token::from_random(&bytes) else {
        return problem(500, "The machine gave no usable randomness.");
    };
    let id = new_id(now).or_else(|_| problem(500, "The machine gave no randomness."))?;
    let new = NewToken {
        id: &id,
        hash: &token::hash(&secret),
        label: &request.label,
        scopes,
        created: now,
        expires,
    };
    if !tokens::create(call.database, slug, &new).await? {
        return no_tenant(slug);
    }
    let mut body = shown(&Token {
        id,
        label: request.label,
        scopes,
        created: now,
        expires,
        revoked: None,
        last_used: None,
    });
    body["token"] = secret.into();
    Ok(Reply::json(201, body.to_string()))
}

/// GET …/tokens: `?limit=` of them behind the id `?after=`, oldest first.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let Some(found) = tokens::list(call.database, slug, after, limit).await? else {
        return no_tenant(slug);
    };
    let mut body = json!({ "tokens": found.iter().map(shown).collect::<Vec<_>>() });
    if let Some(last) = found.last().filter(|_| found.len() == limit as usize) {
        body["next"] = last.id.as_str().into();
    }
    Ok(Reply::json(200, body.to_string()))
}

/// DELETE …/tokens/{id}: the token's next request is refused.
pub async fn delete(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    if tokens::revoke(call.database, slug, id, call.parts.now).await? {
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

/// When a token or a secret ends, in Unix milliseconds.
pub fn expiry(expires: Option<&str>, expires_in_s: Option<i64>, now: i64) -> Result<Option<i64>> {
    let expires = match (expires, expires_in_s) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return problem(
                400,
                "expires and expires_in_s exclude each other: send one.",
            );
        }
        (None, Some(seconds)) => seconds
            .checked_mul(1000)
            .and_then(|life| now.checked_add(life)),
        (Some(text), None) => DateTime::parse(text).map(|time| time.seconds * 1000),
    };
    match expires {
        Some(expires) if expires > now && expires - now <= MAX_LIFE_S * 1000 => Ok(Some(expires)),
        _ => problem(
            400,
            "expires must be a time to come, as 2030-01-31T12:00:00Z, and expires_in_s a number of seconds: at most ten years from now.",
        ),
    }
}

fn shown(token: &Token) -> Value {
    let mut shown = json!({
        "id": token.id,
        "label": token.label,
        "scopes": token.scopes.names().collect::<Vec<_>>(),
        "created": time(token.created),
    });
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
