//! POST /t/{tenant}/sets/{stream}: a tenant's events as Security Event Tokens, to receivers that ask
//! for them (RFC 8936). GET /t/{tenant}/jwks.json: the keys that verify them.
//!
//! A SET comes again with every poll until it is acknowledged, or refused by `setErrs`.
//!
//! Refused: tokens without the scope `sets`.

use std::time::Duration;

use serde_json::{Value, json};
use worker::{Delay, Env};

use super::exchange::Exchange;
use super::permission;
use super::scim::{self, Asked};
use crate::auth::signing;
use crate::events::kinds::Kinds;
use crate::events::poll::PollRequest;
use crate::events::set::{self, Audience, Format};
use crate::limits;
use crate::scim::datetime::DateTime;
use crate::scim::error::ScimError;
use crate::scim::json as text;
use crate::scim::resource::Map;
use crate::store::d1::Database;
use crate::store::events::Page;
use crate::store::signing_keys;
use crate::store::streams::{Progress, Stream};
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

pub const CONTENT_TYPE: &str = "application/json";

const ALLOW: &str = "OPTIONS, POST";

/// How often a poll looks again for an event, a second between: D1 gives an invocation on the free
/// plan 50 statements.
const LOOKS: u32 = 15;

/// How often it goes on past events that are not for the receiver.
const SKIPS: u32 = 5;

/// Seconds for which receivers need not ask for the keys anew. One that meets a key it does not know
/// does so anyway.
const KEYS_FRESH_S: u32 = 300;

pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    tenant: &str,
    stream: &str,
) -> Result<Reply, Failure> {
    let base_path = format!("/t/{tenant}/scim/v2");
    let asked = Asked::Sets(stream);
    scim::answer(parts, env, database, Some(tenant), &base_path, asked, None).await
}

pub async fn endpoint(exchange: &Exchange<'_>, stream: &str) -> Result<Reply, Failure> {
    permission::sets(exchange.access().token.scopes).map_err(scim::denied)?;
    match exchange.parts.method.as_str() {
        "POST" => {}
        "OPTIONS" => return Ok(Reply::empty(204).with("Allow", ALLOW)),
        _ => {
            let error = ScimError::new(405, "SETs are asked for by POST.");
            return Ok(reply(&error).with("Allow", ALLOW));
        }
    }
    let request = PollRequest::read(&exchange.parts.body);
    let request = request.map_err(|why| ScimError::new(400, why))?;
    poll(exchange, stream, request).await
}

async fn poll(exchange: &Exchange<'_>, id: &str, request: PollRequest) -> Result<Reply, Failure> {
    let now = exchange.parts.now;
    let kinds: Vec<&str> = set::told(&Kinds::default()).collect();
    let refused = request.refused.map(|(jti, err)| {
        let time = DateTime::from_millis(now).to_rfc3339();
        json!({ "jti": jti, "err": err, "time": time }).to_string()
    });
    let mut progress = (!request.taken.is_empty()).then_some(Progress {
        taken: request.taken,
        refused,
    });
    let mut looks = if request.return_immediately { 0 } else { LOOKS };
    let mut skips = SKIPS;
    loop {
        let found = exchange.store.poll(id, &kinds, progress.as_ref()).await?;
        let Some((stream, page)) = found else {
            return Err(ScimError::new(404, "There is no such stream here.").into());
        };
        let open = Open::of(exchange, &stream, &page);
        if request.max_events == 0 || !open.claims.is_empty() {
            return answered(exchange, &open.claims, request.max_events, page.more).await;
        }
        // Nothing here is for the receiver: the position goes past it, as it does now and then
        // where nothing happens.
        if skips > 0 && (!page.events.is_empty() || stream.is_due(now)) {
            skips -= 1;
            progress = Some(Progress {
                taken: open.unsayable,
                refused: None,
            });
            continue;
        }
        if looks == 0 || page.more {
            return answered(exchange, &[], 0, page.more).await;
        }
        looks -= 1;
        progress = None;
        Delay::from(Duration::from_secs(1)).await;
    }
}

/// What of a page the receiver has not dealt with.
struct Open {
    claims: Vec<Value>,
    /// Positions of events that nothing can be said of, because their type is gone.
    unsayable: Vec<i64>,
}

impl Open {
    fn of(exchange: &Exchange<'_>, stream: &Stream, page: &Page) -> Self {
        let origin = &exchange.parts.origin;
        let issuer = set::issuer(origin, &exchange.access().tenant.slug);
        let address = set::address(&issuer, &stream.id);
        let audience = Audience {
            origin,
            name: stream.audience.as_ref().unwrap_or(&address),
            format: Format::named(&stream.format).unwrap_or(Format::Notice),
        };
        let kinds = Kinds::parse(stream.types.iter().map(String::as_str)).unwrap_or_default();
        let mut open = Self {
            claims: Vec::new(),
            unsayable: Vec::new(),
        };
        for event in &page.events {
            let is_wanted = set::is_told(&event.kind) && kinds.has(&event.kind);
            if !is_wanted || stream.taken.contains(&event.position) {
                continue;
            }
            match set::claims(event, audience) {
                Some(claims) => open.claims.push(claims),
                None => open.unsayable.push(event.position),
            }
        }
        open
    }
}

/// RFC 8936 §2.3
async fn answered(
    exchange: &Exchange<'_>,
    claims: &[Value],
    limit: usize,
    more: bool,
) -> Result<Reply, Failure> {
    let mut sets = Map::new();
    if limit > 0 && !claims.is_empty() {
        let signer = signing::current(&exchange.store.database, exchange.parts.now).await?;
        for claims in claims.iter().take(limit) {
            let token = signer.sign(set::TYPE, claims).await?;
            let id = claims["jti"].as_str().unwrap_or_default();
            sets.insert(id.to_owned(), token.into());
        }
    }
    let body = json!({ "sets": sets, "moreAvailable": more || claims.len() > limit });
    let reply = Reply::json(200, body.to_string()).with("Cache-Control", "no-store");
    Ok(reply.with("Content-Type", CONTENT_TYPE))
}

/// GET /t/{tenant}/jwks.json (RFC 7517 §5): one deployment has the same keys for all tenants, those
/// that there are not among them.
pub async fn keys(parts: &Parts, env: &Env, database: &Database) -> Result<Reply, Failure> {
    const ALLOW: &str = "GET, HEAD, OPTIONS";
    match parts.method.as_str() {
        "GET" | "HEAD" => {}
        "OPTIONS" => return Ok(Reply::empty(204).with("Allow", ALLOW)),
        _ => {
            let error = ScimError::new(405, "Keys can be read: GET and HEAD are possible here.");
            return Ok(reply(&error).with("Allow", ALLOW));
        }
    }
    limits::open(parts, env).await?;
    let keys = signing_keys::published(database, parts.now).await?;
    let keys: Vec<Value> = keys
        .iter()
        .filter_map(|key| text::read(&key.jwk).ok())
        .collect();
    let reply = Reply::json(200, json!({ "keys": keys }).to_string());
    Ok(reply.with("Cache-Control", format!("public, max-age={KEYS_FRESH_S}")))
}

/// Errors as RFC 8935 §2.3 has them.
pub fn reply(error: &ScimError) -> Reply {
    let code = match error.status {
        401 => "authentication_failed",
        403 => "access_denied",
        _ => "invalid_request",
    };
    let body = json!({ "err": code, "description": error.detail });
    Reply::json(error.status, body.to_string()).with("Content-Type", CONTENT_TYPE)
}
