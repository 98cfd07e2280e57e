//! What is under a SCIM base URL: authentication, then the endpoint.

use std::cell::RefCell;
use std::slice::from_ref as one;

use worker::Env;

use super::allow::methods;
use super::exchange::Exchange;
use super::permission::{self, Denied};
use super::{bulk, create, directory, discovery, lists, resources, sets};
use crate::auth::jwt::keys::Moment;
use crate::auth::{self, Refusal, expiring};
use crate::limits::{self, SignIns};
use crate::membership::message::PANIC_HEADER;
use crate::scim::bulk::payload_too_large;
use crate::scim::error::ScimError;
use crate::scim::mode::Mode;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::scopes::Scopes;
use crate::store::settings::RateLimit;
use crate::store::{Access, Store};
use crate::wire::Failure;
use crate::wire::reply::{Reply, SCIM_JSON};
use crate::wire::request::{Parts, too_large};

/// How often a handler runs anew because what it stood on changed under it.
const ATTEMPTS: usize = 8;

/// `application/json` for a client that asks for it and not for SCIM's own type (RFC 7644 §3.1,
/// OneLogin).
pub fn content_type(parts: &Parts) -> &'static str {
    let accept = parts.header("accept").unwrap_or_default();
    if accept.contains("application/json") && !accept.contains(SCIM_JSON) {
        "application/json"
    } else {
        SCIM_JSON
    }
}

/// What is asked for within a tenant. One function answers all of it, where one generic over its
/// endpoint would be in the program once for each.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    Scim(&'a [&'a str]),
    Directory(&'a [&'a str]),
    /// Of a stream.
    Sets(&'a str),
}

/// Authenticates, and runs the endpoint until it stands on present ground: the store says when
/// the context was stale or the resource changed in between, and nothing was written then. `sender`
/// says afterwards who was let in; `None` stands for the product, whose requests nobody counts.
pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    tenant: Option<&str>,
    base_path: &str,
    asked: Asked<'_>,
    sender: Option<&RefCell<Option<Access>>>,
) -> Result<Reply, Failure> {
    let authorization = parts.header("authorization");
    let moment = Moment::new(parts, env);
    let sign_ins = SignIns::new(parts, env);
    let mut attempt = 1;
    loop {
        let trips = database.cost().trips;
        let authorization = authorization.as_deref();
        let access = auth::authenticate(database, authorization, tenant, moment, &sign_ins)
            .await
            .map_err(refused)?;
        if let Some(sender) = sender {
            sender.replace(Some(access.clone()));
        }
        let is_product = sender.is_none() && access.token.scopes.contain(Scopes::DIRECTORY_READ);
        let is_counted = !is_product && access.tenant.settings.rate_limit == RateLimit::Standard;
        // Before any round trip, and once: the isolate's memory is good enough to say so.
        if is_counted && attempt == 1 {
            limits::requests(env, access.tenant.id, &access.token.sender).await?;
        }
        let exchange = Exchange {
            parts,
            env,
            store: Store {
                database: database.clone(),
                access,
                now: parts.now,
            },
            base: format!("{}{base_path}", parts.origin),
        };
        let mut answer = match asked {
            Asked::Scim(segments) => endpoint(&exchange, segments).await,
            Asked::Directory(segments) => directory::endpoint(&exchange, segments).await,
            Asked::Sets(stream) => sets::endpoint(&exchange, stream).await,
        };
        // What needed nothing of D1, a refusal more often than not, rests on the isolate's memory
        // alone: whether that is still true is asked before it is said.
        if database.cost().trips == trips
            && let Err(error) = exchange.store.verify().await
        {
            answer = Err(error.into());
        }
        if !matches!(answer, Err(Failure::Store(_))) {
            expiring::warn(exchange.access(), parts.now);
        }
        match answer {
            Err(Failure::Store(StoreError::Stale)) if attempt < ATTEMPTS => {
                auth::forget(exchange.access());
            }
            Err(Failure::Store(StoreError::Version)) if attempt < ATTEMPTS => {}
            Ok(reply) if exchange.mode() == Mode::Interop => {
                // The interoperability profile knows no other.
                return Ok(reply.with("Content-Type", SCIM_JSON));
            }
            done => return done,
        }
        attempt += 1;
    }
}

/// RFC 7644 §3.2, table 2.
pub async fn endpoint(exchange: &Exchange<'_>, segments: &[&str]) -> Result<Reply, Failure> {
    let method = exchange.parts.method.as_str();
    exchange.parts.check_query()?;
    assert!(!exchange.is_to_panic("1"), "asked for by {PANIC_HEADER}");
    let registry = &exchange.access().tenant.registry;
    let Some(allow) = methods(registry, segments) else {
        return unknown();
    };
    if method == "OPTIONS" {
        return Ok(Reply::empty(204).with("Allow", allow));
    }
    if !allow.split(", ").any(|allowed| allowed == method) {
        return Ok(not_allowed(exchange, allow));
    }
    let method = if method == "HEAD" { "GET" } else { method };
    let scopes = exchange.access().token.scopes;
    permission::check(scopes, registry, segments, method).map_err(denied)?;
    check_size(exchange, segments)?;
    match segments {
        ["ServiceProviderConfig" | "Schemas" | "ResourceTypes", ..] => {
            discovery::answer(exchange, segments)
        }
        ["Bulk"] => bulk::bulk(exchange).await,
        ["Bulk", id] => bulk::response(exchange, id).await,
        ["Me", ..] => me(),
        [] => lists::list(exchange, &permission::readable(scopes, registry)).await,
        [".search"] => lists::search(exchange, &permission::readable(scopes, registry)).await,
        [endpoint] => match (registry.at(endpoint), method) {
            (Some(definition), "GET") => lists::list(exchange, one(definition)).await,
            (Some(definition), "POST") => create::create(exchange, definition).await,
            _ => unknown(),
        },
        [endpoint, ".search"] => match registry.at(endpoint) {
            Some(definition) => lists::search(exchange, one(definition)).await,
            None => unknown(),
        },
        [endpoint, id] => match (registry.at(endpoint), method) {
            (Some(definition), "GET") => resources::get(exchange, definition, id).await,
            (Some(definition), "PUT") => resources::replace(exchange, definition, id).await,
            (Some(definition), "PATCH") => resources::patch(exchange, definition, id).await,
            (Some(definition), "DELETE") => resources::delete(exchange, definition, id).await,
            _ => unknown(),
        },
        _ => unknown(),
    }
}

/// A bulk has a limit of its own, by a name of its own (RFC 7644 §3.7.4).
fn check_size(exchange: &Exchange<'_>, segments: &[&str]) -> Result<(), ScimError> {
    let settings = &exchange.access().tenant.settings;
    let (limit, refusal): (u32, fn(usize) -> ScimError) = match segments {
        ["Bulk"] => (settings.bulk_max_payload_size, payload_too_large),
        _ => (settings.max_body_bytes, too_large),
    };
    match exchange.parts.body_bytes > limit as usize {
        true => Err(refusal(limit as usize)),
        false => Ok(()),
    }
}

fn unknown() -> Result<Reply, Failure> {
    Err(ScimError::new(
        404,
        "There is no such endpoint: /ResourceTypes lists those there are.",
    )
    .into())
}

/// RFC 7644 §3.11: a token stands for an identity provider, and for no user.
fn me() -> Result<Reply, Failure> {
    let detail = "/Me is not supported: a token of this service stands for no user. Find the user by a filter on /Users.";
    Err(ScimError::new(501, detail).into())
}

fn not_allowed(exchange: &Exchange<'_>, allow: &'static str) -> Reply {
    let error = ScimError::new(
        405,
        format!(
            "{} is not possible here: {allow} are.",
            exchange.parts.method
        ),
    );
    Reply::from(&error).with("Allow", allow)
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Missing(why) => Failure::Unauthorized {
            error: ScimError::new(401, why),
            challenge: CHALLENGE.to_owned(),
        },
        Refusal::Invalid(why) => invalid_token(why),
        Refusal::OtherTenant => invalid_token(
            "This token does not open this URL: check that both belong to the same tenant.",
        ),
        Refusal::Suspended => ScimError::new(
            403,
            "The tenant is suspended: its administrator can make it serve again.",
        )
        .into(),
        Refusal::TooMany(refusal) => refusal.into(),
        Refusal::NoKeys => ScimError::new(
            503,
            "The keys of the JWT's issuer cannot be fetched right now: send the request again.",
        )
        .into(),
        Refusal::Store(error) => error.into(),
    }
}

/// RFC 6750 §3: without an error code where no token was sent.
const CHALLENGE: &str = "Bearer realm=\"scim-edge\"";

fn invalid_token(why: &str) -> Failure {
    Failure::Unauthorized {
        error: ScimError::new(401, why),
        challenge: format!("{CHALLENGE}, error=\"invalid_token\", error_description=\"{why}\""),
    }
}

pub fn denied(denied: Denied) -> Failure {
    let Denied { error, scope } = denied;
    Failure::Unauthorized {
        error,
        challenge: format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{scope}\""),
    }
}
