//! What is under a SCIM base URL: authentication, then the endpoint.

use worker::Env;

use super::Failure;
use super::reply::{Reply, SCIM_JSON};
use super::request::Parts;
use crate::auth::{self, Refusal};
use crate::scim::error::ScimError;
use crate::scim::mode::Mode;
use crate::scim::schema::Definition;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::{Access, Store};

/// How often a handler runs anew because what it stood on changed under it.
const ATTEMPTS: usize = 8;

/// A request inside its tenant.
pub struct Exchange<'a> {
    pub parts: &'a Parts,
    pub env: &'a Env,
    pub store: Store,
    /// The absolute SCIM base URL, without a slash at its end.
    pub base: String,
}

impl Exchange<'_> {
    pub fn access(&self) -> &Access {
        &self.store.access
    }

    pub fn mode(&self) -> Mode {
        self.access().tenant.settings.mode
    }

    pub fn location(&self, definition: &Definition, id: &str) -> String {
        format!("{}{}/{id}", self.base, definition.resource_type.endpoint)
    }
}

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

/// Authenticates, and runs the endpoint until it stands on present ground: the store says when
/// the context was stale or the resource changed in between, and nothing was written then.
pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    tenant: Option<&str>,
    base_path: &str,
    segments: &[String],
) -> Result<Reply, Failure> {
    let authorization = parts.header("authorization");
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut attempt = 1;
    loop {
        let access = auth::authenticate(database, authorization.as_deref(), tenant, parts.now)
            .await
            .map_err(refused)?;
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
        match endpoint(&exchange, &segments).await {
            Err(Failure::Store(StoreError::Stale)) if attempt < ATTEMPTS => {
                auth::forget(exchange.access());
            }
            Err(Failure::Store(StoreError::Version)) if attempt < ATTEMPTS => {}
            done => return done,
        }
        attempt += 1;
    }
}

/// RFC 7644 §3.2, table 2.
async fn endpoint(exchange: &Exchange<'_>, segments: &[&str]) -> Result<Reply, Failure> {
    let method = exchange.parts.method.as_str();
    panic_on_request(exchange);
    let registry = &exchange.access().tenant.registry;
    let _ = (method, registry);
    match segments {
        _ => unknown(exchange).await,
    }
}

/// Refusals below the base are for those with a live token only.
async fn unknown(exchange: &Exchange<'_>) -> Result<Reply, Failure> {
    exchange.store.verify().await?;
    Err(ScimError::new(
        404,
        "There is no such endpoint: /ResourceTypes lists those there are.",
    )
    .into())
}

pub async fn not_allowed(exchange: &Exchange<'_>, allow: &'static str) -> Result<Reply, Failure> {
    exchange.store.verify().await?;
    let error = ScimError::new(
        405,
        format!(
            "{} is not possible here: {allow} are.",
            exchange.parts.method
        ),
    );
    Ok(Reply::from(&error).with("Allow", allow))
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Unauthorized(why) => ScimError::new(401, why).into(),
        Refusal::OtherTenant => ScimError::new(
            401,
            "This token does not open this URL: check that both belong to the same tenant.",
        )
        .into(),
        Refusal::Store(error) => error.into(),
    }
}

/// Tests see to it that a panic harms nobody else; a deployment never sets PANIC_ROUTE.
fn panic_on_request(exchange: &Exchange<'_>) {
    if exchange.parts.header("x-scim-edge-panic").is_some()
        && exchange
            .env
            .var("PANIC_ROUTE")
            .is_ok_and(|value| value.to_string() == "on")
    {
        panic!("asked for by x-scim-edge-panic");
    }
}
