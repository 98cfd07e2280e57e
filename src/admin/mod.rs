//! The admin API: `/admin/v1`, JSON in and out, problem details (RFC 9457) for errors.
//!
//! Refused: every request without the secret ADMIN_TOKEN, a credential or a login at Cloudflare
//! Access that has the endpoint's scope, methods that an address does not have, and members of a body
//! that the call does not know, by their names. Recorded in the audit log: whatever changes something, in its own transaction.

mod audit;
mod authorize;
mod body;
mod clients;
mod consistency;
mod credentials;
mod deliveries;
mod endpoints;
mod events;
mod expiry;
mod export;
mod import;
mod issuers;
mod mapping;
mod parties;
pub mod problem;
mod requests;
mod same_origin;
mod schemas;
mod scope;
mod signing_keys;
mod streams;
mod tenants;
mod tokens;
mod tombstones;
mod webhooks;

use std::cell::Cell;

use serde_json::{Value, json};
use worker::Env;

use crate::auth::jwt::keys::Moment;
use crate::auth::token::Kind as TokenKind;
use crate::scim::datetime::DateTime;
use crate::store::audit::{Entry, Outcome};
use crate::store::d1::Database;
use crate::store::tenant_schemas::Kind;
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::{Parts, new_id};
use authorize::{Actor, authorize};
use body::Body;
use endpoints::Endpoint;
use problem::{Failed, Problem, Result, problem};

pub const CONTENT_TYPE: &str = "application/json";

/// Longest tenant name and token label, in characters.
const MAX_LABEL: usize = 200;

/// Entries of a list when the client does not say, and at the most.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// How often a call runs anew because another changed the tenant meanwhile.
const ATTEMPTS: usize = 8;

/// One call.
struct Call<'a> {
    parts: &'a Parts,
    env: &'a Env,
    database: &'a Database,
    /// Whether keys may come from this very machine: [`Moment::local`].
    local: bool,
    actor: Actor,
    endpoint: Endpoint,
    /// The slug in the address.
    tenant: Option<&'a str>,
    /// The audit log needs nothing more of this call.
    is_recorded: Cell<bool>,
}

impl Call<'_> {
    /// What the audit log is to say of this call, in the transaction that makes the change.
    fn entry(&self, target: Option<&str>, detail: Option<Value>) -> Entry {
        self.is_recorded.set(true);
        Entry {
            at: self.parts.now,
            actor: self.actor.name.clone(),
            action: format!("{} {}", self.parts.method, self.endpoint.pattern),
            tenant: self.tenant.map(str::to_owned),
            target: target.map(str::to_owned),
            outcome: Outcome::Done,
            ip: self.parts.header("cf-connecting-ip"),
            detail,
        }
    }
}

/// The slug of the tenant that a call is about.
pub fn tenant<S: AsRef<str>>(segments: &[S]) -> Option<&str> {
    match segments {
        [first, slug, ..] if first.as_ref() == "tenants" => Some(slug.as_ref()),
        _ => None,
    }
}

pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    segments: &[String],
) -> std::result::Result<Reply, Failure> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match permitted(parts, env, database, &segments).await {
        Ok(reply) => Ok(reply),
        Err(Failed::Problem(problem)) => Ok(problem.into()),
        Err(Failed::Store(error)) => Err(error.into()),
    }
}

/// Answers whoever may ask this.
async fn permitted(
    parts: &Parts,
    env: &Env,
    database: &Database,
    segments: &[&str],
) -> Result<Reply> {
    let actor = authorize(parts, env, database).await?;
    let Some(endpoint) = endpoints::endpoint(segments) else {
        return problem(404, "There is no such endpoint.");
    };
    let method = parts.method.as_str();
    if method == "OPTIONS" {
        return Ok(Reply::empty(204).with("Allow", endpoint.allow));
    }
    let call = Call {
        parts,
        env,
        database,
        actor,
        local: Moment::new(parts, env).local,
        endpoint,
        tenant: tenant(segments),
        is_recorded: Cell::new(false),
    };
    if !endpoint.allow.split(", ").any(|allowed| allowed == method) {
        return not_allowed(&call, endpoint.allow);
    }
    if let Err(problem) = call.actor.check(endpoint.family, method, segments) {
        let entry = Entry {
            outcome: Outcome::Denied,
            ..call.entry(segments.get(3).copied(), None)
        };
        entry.record(database).await?;
        return Err(problem.into());
    }
    let reply = answered(&call, segments, endpoint.allow).await?;
    // Whatever did not see to it itself is recorded behind what it changed.
    if !matches!(method, "GET" | "HEAD") && reply.status < 300 && !call.is_recorded.get() {
        let entry = call.entry(segments.get(3).copied(), None);
        entry.record(database).await?;
    }
    Ok(reply)
}

async fn answered(call: &Call<'_>, segments: &[&str], allow: &'static str) -> Result<Reply> {
    let method = call.parts.method.as_str();
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, segments) {
        ("GET", ["events"]) => events::list(call, call.parts.query("tenant")).await,
        ("GET", ["tenants"]) => tenants::list(call).await,
        ("POST", ["tenants"]) => tenants::create(call).await,
        ("GET", ["tenants", slug]) => tenants::get(call, slug).await,
        ("PATCH", ["tenants", slug]) => tenants::patch(call, slug).await,
        ("DELETE", ["tenants", slug]) => tenants::delete(call, slug).await,
        ("GET", ["tenants", slug, "tokens"]) => tokens::list(call, slug).await,
        ("POST", ["tenants", slug, "tokens"]) => tokens::create(call, slug).await,
        ("DELETE", ["tenants", slug, "tokens", id]) => tokens::delete(call, slug, id).await,
        ("GET", ["tenants", slug, "clients"]) => clients::list(call, slug).await,
        ("POST", ["tenants", slug, "clients"]) => clients::create(call, slug).await,
        ("DELETE", ["tenants", slug, "clients", id]) => clients::delete(call, slug, id).await,
        ("GET", ["tenants", slug, "clients", id, "secrets"]) => {
            clients::list_secrets(call, slug, id).await
        }
        ("POST", ["tenants", slug, "clients", id, "secrets"]) => {
            clients::create_secret(call, slug, id).await
        }
        ("DELETE", ["tenants", slug, "clients", id, "secrets", secret]) => {
            clients::delete_secret(call, slug, id, secret).await
        }
        ("GET", ["tenants", slug, "issuers"]) => issuers::list(call, slug).await,
        ("POST", ["tenants", slug, "issuers"]) => issuers::create(call, slug).await,
        ("DELETE", ["tenants", slug, "issuers", id]) => issuers::delete(call, slug, id).await,
        ("POST", ["tenants", slug, "tokens", id, "rotate"]) => tokens::rotate(call, slug, id).await,
        ("GET", ["tenants", slug, "events"]) => events::list(call, Some(slug)).await,
        ("GET", ["tenants", slug, "streams"]) => streams::list(call, slug).await,
        ("POST", ["tenants", slug, "streams"]) => streams::create(call, slug).await,
        ("DELETE", ["tenants", slug, "streams", id]) => streams::delete(call, slug, id).await,
        ("GET", ["signing-keys"]) => signing_keys::list(call).await,
        ("POST", ["signing-keys", "rotate"]) => signing_keys::rotate(call).await,
        ("GET", ["tenants", slug, "mapping"]) => mapping::get(call, slug).await,
        ("PUT", ["tenants", slug, "mapping"]) => mapping::put(call, slug).await,
        ("GET", ["tenants", slug, "tombstones"]) => tombstones::list(call, slug).await,
        ("POST", ["tenants", slug, "tombstones", id, "restore"]) => {
            tombstones::restore(call, slug, id).await
        }
        ("GET", ["tenants", slug, "requests"]) => requests::list(call, slug).await,
        ("GET", ["tenants", slug, "requests", id]) => requests::get(call, slug, id).await,
        ("GET", ["tenants", slug, "requests", id, "curl"]) => {
            requests::replay(call, slug, id).await
        }
        ("GET", ["tenants", slug, "export"]) => export::export(call, slug).await,
        ("POST", ["tenants", slug, "import"]) => import::import(call, slug).await,
        ("GET", ["credentials"]) => credentials::list(call).await,
        ("POST", ["credentials"]) => credentials::create(call).await,
        ("DELETE", ["credentials", id]) => credentials::delete(call, id).await,
        ("GET", ["audit"]) => audit::list(call).await,
        (_, ["webhooks", rest @ ..]) => webhooks::answered(call, None, method, rest, allow).await,
        (_, ["tenants", slug, "webhooks", rest @ ..]) => {
            webhooks::answered(call, Some(slug), method, rest, allow).await
        }
        ("GET", ["tenants", slug, "consistency"]) => consistency::check(call, slug).await,
        (_, ["tenants", slug, family, rest @ ..]) if let Some(kind) = kind(family) => {
            match (method, rest) {
                ("GET", []) => schemas::list(call, slug, kind).await,
                ("GET", [name]) => schemas::get(call, slug, kind, name).await,
                ("PUT", [name]) => schemas::put(call, slug, kind, name).await,
                ("DELETE", [name]) => schemas::delete(call, slug, kind, name).await,
                _ => not_allowed(call, allow),
            }
        }
        _ => not_allowed(call, allow),
    }
}

fn kind(family: &str) -> Option<Kind> {
    match family {
        "schemas" => Some(Kind::Schema),
        "resource-types" => Some(Kind::ResourceType),
        _ => None,
    }
}

fn not_allowed(call: &Call<'_>, allow: &'static str) -> Result<Reply> {
    let detail = format!("{} is not possible here: {allow} are.", call.parts.method);
    Err(Problem::new(405, detail).with("Allow", allow).into())
}

/// A page: those behind `after`, `limit` of them.
fn page(parts: &Parts) -> Result<(&str, u32)> {
    let after = parts.query("after").unwrap_or_default();
    let limit = parts.number("limit", 1..=MAX_LIMIT)?;
    Ok((after, limit.unwrap_or(DEFAULT_LIMIT)))
}

/// The page as it is shown. A full one says behind what the next begins.
fn listed<T>(
    name: &str,
    found: &[T],
    limit: u32,
    shown: impl Fn(&T) -> Value,
    place: impl Fn(&T) -> String,
) -> Reply {
    let last = found.last().filter(|_| found.len() == limit as usize);
    list(name, found.iter().map(shown).collect(), last.map(place))
}

fn list(name: &str, shown: Vec<Value>, next: Option<String>) -> Reply {
    let mut body = json!({ name: shown });
    if let Some(next) = next {
        body["next"] = next.into();
    }
    Reply::json(200, body.to_string())
}

fn check_label(what: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() || text.chars().count() > MAX_LABEL {
        return problem(400, format!("{what} has 1 to {MAX_LABEL} characters."));
    }
    Ok(())
}

fn new_token(kind: &TokenKind) -> Result<String> {
    let mut bytes = [0; 64];
    random(&mut bytes)?;
    let token = kind.from_random(&bytes);
    token.map_or_else(
        || problem(500, "The machine gave no usable randomness."),
        Ok,
    )
}

/// The id of what is made now.
fn fresh_id(call: &Call<'_>) -> Result<String> {
    new_id(call.parts.now).or_else(no_randomness)
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).or_else(no_randomness)
}

fn no_randomness<T>(_: getrandom::Error) -> Result<T> {
    problem(500, "The machine gave no randomness.")
}

fn no_tenant<T>(slug: &str) -> Result<T> {
    problem(404, no_such_tenant(slug))
}

fn no_such_tenant(slug: &str) -> String {
    format!("The tenant {slug:?} does not exist.")
}

fn busy<T>() -> Result<T> {
    let busy = Problem::new(503, "Others change this tenant: send the request again.");
    Err(busy.with("Retry-After", "1").into())
}

fn time(millis: i64) -> String {
    DateTime::from_millis(millis).to_rfc3339()
}
