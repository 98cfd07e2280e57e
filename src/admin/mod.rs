//! The admin API: `/admin/v1`, JSON in and out, problem details (RFC 9457) for errors.

mod consistency;

use serde::Deserialize;
use serde_json::{Value, json};
use worker::Env;

use crate::auth::{self, token};
use crate::http::Failure;
use crate::http::reply::Reply;
use crate::http::request::{Parts, new_id};
use crate::scim::error::ScimError;
use crate::store::d1::Database;
use crate::store::tokens::NewToken;
use crate::store::{tenants, tokens};

pub const CONTENT_TYPE: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";

/// Longest tenant name and token label, in characters.
const MAX_LABEL: usize = 200;

/// A refusal of the admin API (RFC 9457 §3).
struct Problem {
    status: u16,
    detail: String,
}

type Result<T> = std::result::Result<T, Failed>;

enum Failed {
    Problem(Problem),
    Other(Failure),
}

impl<E: Into<Failure>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    segments: &[String],
) -> std::result::Result<Reply, Failure> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let failed = match endpoint(parts, env, database, &segments).await {
        Ok(reply) => return Ok(reply),
        Err(failed) => failed,
    };
    let (status, detail) = match failed {
        Failed::Problem(Problem { status, detail }) => (status, detail),
        Failed::Other(Failure::Scim(error)) => (error.status, error.detail),
        Failed::Other(failure) => return Err(failure),
    };
    let body = json!({ "type": "about:blank", "title": title(status), "status": status, "detail": detail });
    let reply = Reply::json(status, body.to_string()).with("Content-Type", PROBLEM_JSON);
    Ok(if status == 401 {
        reply.with("WWW-Authenticate", "Bearer realm=\"scim-edge admin\"")
    } else {
        reply
    })
}

async fn endpoint(
    parts: &Parts,
    env: &Env,
    database: &Database,
    segments: &[&str],
) -> Result<Reply> {
    authorize(parts, env)?;
    match (parts.method.as_str(), segments) {
        ("POST", ["tenants"]) => create_tenant(parts, database).await,
        ("POST", ["tenants", slug, "tokens"]) => create_token(parts, database, slug).await,
        ("DELETE", ["tenants", slug, "tokens", id]) => {
            revoke_token(parts, database, slug, id).await
        }
        ("GET", ["tenants", slug, "consistency"]) => {
            match consistency::check(database, slug).await? {
                Some(reply) => Ok(reply),
                None => problem(404, format!("The tenant {slug:?} does not exist.")),
            }
        }
        (_, ["tenants"] | ["tenants", _, "tokens"]) => not_allowed("POST"),
        (_, ["tenants", _, "consistency"]) => not_allowed("GET"),
        (_, ["tenants", _, "tokens", _]) => not_allowed("DELETE"),
        _ => problem(404, "There is no such endpoint."),
    }
}

fn authorize(parts: &Parts, env: &Env) -> Result<()> {
    let Ok(expected) = env.secret("ADMIN_TOKEN") else {
        return problem(
            503,
            "The secret ADMIN_TOKEN is not set: run `npx wrangler secret put ADMIN_TOKEN`, or `npm start` for a local one.",
        );
    };
    let authorization = parts.header("authorization");
    match auth::bearer(authorization.as_deref()) {
        Ok(sent) if token::is_same_secret(sent, &expected.to_string()) => Ok(()),
        _ => problem(
            401,
            "Send the admin token as the header Authorization: Bearer <token>.",
        ),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    slug: String,
    name: String,
}

/// POST /admin/v1/tenants
async fn create_tenant(parts: &Parts, database: &Database) -> Result<Reply> {
    let new: NewTenant = read(parts)?;
    check_slug(&new.slug)?;
    check_label("name", &new.name)?;
    let mut secret = [0; 32];
    random(&mut secret)?;
    if !tenants::create(
        database,
        &new.slug,
        &new.name,
        &token::hex(&secret),
        parts.now,
    )
    .await?
    {
        return problem(409, format!("The tenant {:?} exists already.", new.slug));
    }
    let body = json!({
        "slug": new.slug,
        "name": new.name,
        "base_url": format!("{}/t/{}/scim/v2", parts.origin, new.slug),
    });
    Ok(Reply::json(201, body.to_string()).with(
        "Location",
        format!("{}/admin/v1/tenants/{}", parts.origin, new.slug),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    label: String,
}

/// POST /admin/v1/tenants/{slug}/tokens: the only time that the token is shown.
async fn create_token(parts: &Parts, database: &Database, slug: &str) -> Result<Reply> {
    let request: TokenRequest = read(parts)?;
    check_label("label", &request.label)?;
    let mut bytes = [0; 64];
    random(&mut bytes)?;
    let Some(secret) = token::from_random(&bytes) else {
        return problem(500, "The machine gave no usable randomness.");
    };
    let id = new_id(parts.now).or_else(|_| problem(500, "The machine gave no randomness."))?;
    let new = NewToken {
        id: &id,
        hash: &token::hash(&secret),
        label: &request.label,
        created: parts.now,
        expires: None,
    };
    if !tokens::create(database, slug, &new).await? {
        return problem(404, format!("The tenant {slug:?} does not exist."));
    }
    let body = json!({ "id": id, "label": request.label, "token": secret });
    Ok(Reply::json(201, body.to_string()))
}

/// DELETE /admin/v1/tenants/{slug}/tokens/{id}: the token's next request is refused.
async fn revoke_token(parts: &Parts, database: &Database, slug: &str, id: &str) -> Result<Reply> {
    if tokens::revoke(database, slug, id, parts.now).await? {
        Ok(Reply::empty(204))
    } else {
        problem(404, "The tenant has no such live token.")
    }
}

fn read<T: serde::de::DeserializeOwned>(parts: &Parts) -> Result<T> {
    match serde_json::from_slice::<Value>(&parts.body).and_then(serde_json::from_value) {
        Ok(value) => Ok(value),
        Err(error) => problem(
            400,
            format!("The body is not what this call takes: {error}."),
        ),
    }
}

/// Slugs stand in URLs that Okta takes only without an underscore.
fn check_slug(slug: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=63).contains(&slug.len()) && slug.chars().all(fits) && !slug.starts_with('-') {
        Ok(())
    } else {
        problem(
            400,
            "A slug has 1 to 63 of a-z, 0-9 and '-', and does not start with '-'.",
        )
    }
}

fn check_label(what: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() || text.chars().count() > MAX_LABEL {
        return problem(400, format!("{what} has 1 to {MAX_LABEL} characters."));
    }
    Ok(())
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).or_else(|_| problem(500, "The machine gave no randomness."))
}

fn not_allowed(allow: &'static str) -> Result<Reply> {
    problem(405, format!("Only {allow} is possible here."))
}

fn problem<T>(status: u16, detail: impl Into<String>) -> Result<T> {
    Err(Failed::Problem(Problem {
        status,
        detail: detail.into(),
    }))
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

impl From<Problem> for ScimError {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status, problem.detail)
    }
}
