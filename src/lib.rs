//! scim-edge: a multi-tenant SCIM 2.0 service provider on Cloudflare Workers.
//!
//! # The map
//!
//! | module | what it is | may import |
//! | --- | --- | --- |
//! | [`scim`] | the protocol, pure: schemas as data, filters, PATCH, resources as documents | nothing of ours |
//! | [`mapping`] | pushed groups as the product's departments, teams, roles, pure | `scim` |
//! | [`store`] | everything in D1 and in webhooks' objects, and the only SQL | `scim`, `mapping` |
//! | [`events`] | from a change to what the product hears of it, also as Security Event Tokens | `scim`, `store` |
//! | [`feed`] | the outbox as products read it | `scim`, `store`, `events`, `wire` |
//! | [`limits`] | how much a credential, a tenant, an address may ask of us | `wire` |
//! | [`auth`] | from a bearer token to a tenant: our own, an OAuth client's, a JWT; what we sign | `scim`, `store`, `wire`, `limits` |
//! | [`membership`] | the Durable Object that orders what touches group membership | `scim`, `store`, `events`, `delivery`, `wire` |
//! | [`delivery`] | webhooks: a Durable Object for each, which sends it the events | `scim`, `store`, `events`, `auth`, `wire` |
//! | [`wire`] | a request read whole, an answer not yet the platform's | `scim`, `store` |
//! | [`maintenance`] | what runs by itself every few minutes | `scim`, `store`, `membership`, `delivery` |
//! | [`log`] | the request log: what is kept of a request, and when it is written | `scim`, `store` |
//! | [`admin`] | `/admin/v1`: tenants, settings, tokens, schemas | the ones above |
//! | [`http`] | a request's life, and a file per family of endpoints | all |
//!
//! `tests/layers.rs` holds these directions, and that pure files know no platform.
//!
//! # A PATCH of a user
//!
//! 1. [`http::respond`] reads the request whole and routes it; `http::scim` authenticates: the
//!    token's hash finds the tenant's context in the isolate's memory.
//! 2. `http::resources::patch` parses the message ([`scim::patch::PatchRequest`]) and reads the
//!    user: the first round trip, whose statement joins the live token, so that it is also the
//!    authentication.
//! 3. [`scim::patch::apply`] makes the new document, on a copy, all operations or none. If it
//!    equals the old one, that is the answer.
//! 4. [`store::Store::replace`] writes in the second round trip: document, version, the difference
//!    of index entries and the event ([`events::describe`]), under the condition that the version
//!    read is still there. If not, the handler runs again from 2.
//!
//! # A PATCH of a group
//!
//! 1. As above up to the handler, which reads nothing: it sends the message to the tenant's object
//!    ([`membership::client`]).
//! 2. The object takes every change that waits, reads what they name in one round trip
//!    ([`store::members::read`]), and plans them in order in memory ([`membership::plan`]).
//! 3. It writes all of them in one transaction that asserts the versions it read
//!    ([`store::members::write`]), and tells each its own outcome. When the ground moved, it plans
//!    again; when one change breaks the batch, each runs alone.

pub mod admin;
pub mod auth;
pub mod delivery;
pub mod events;
pub mod feed;
pub mod http;
pub mod limits;
pub mod log;
pub mod maintenance;
pub mod mapping;
pub mod membership;
pub mod scim;
pub mod store;
pub mod wire;

use worker::{Context, Env, Response, Result, ScheduleContext, ScheduledEvent, event, web_sys};

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<Response> {
    http::respond(request, env, context).await
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    maintenance::run(&env, event.schedule() as i64).await;
}
