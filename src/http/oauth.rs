//! POST /t/{tenant}/oauth/token: an access token for an OAuth client (RFC 6749 §4.4).

use serde_json::json;
use worker::Env;

use crate::auth::grant::{INVALID_CLIENT, Refusal, TokenRequest};
use crate::auth::jwt::keys::Moment;
use crate::auth::oauth::{self, Endpoint, Failure as Refused};
use crate::limits::SignIns;
use crate::scim::error::ScimError;
use crate::store::d1::Database;
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

pub const CONTENT_TYPE: &str = "application/json";

pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    tenant: &str,
) -> Result<Reply, Failure> {
    match parts.method.as_str() {
        "POST" => {}
        "OPTIONS" => return Ok(Reply::empty(204).with("Allow", ALLOW)),
        _ => {
            let error = ScimError::new(405, "A token is asked for by POST.");
            return Ok(reply(&error).with("Allow", ALLOW));
        }
    }
    let address = format!("{}{}", parts.origin, parts.path);
    let endpoint = Endpoint {
        slug: tenant,
        audiences: [&address, address.trim_end_matches("/oauth/token")],
    };
    let moment = Moment::new(parts, env);
    let content_type = parts.header("content-type").unwrap_or_default();
    let authorization = parts.header("authorization");
    let sign_ins = SignIns::new(parts, env);
    sign_ins.begin().await?;
    let issued = match TokenRequest::read(&content_type, authorization.as_deref(), &parts.body) {
        Ok(request) => oauth::issue(env, database, &endpoint, &request, moment).await,
        Err(refusal) => Err(refusal.into()),
    };
    match issued {
        Ok(issued) => {
            let body = json!({
                "access_token": issued.token,
                "token_type": "Bearer",
                "expires_in": issued.expires_in_s,
                "scope": issued.scopes.to_string(),
            });
            Ok(not_stored(Reply::json(200, body.to_string())))
        }
        Err(Refused::Refused(refusal)) => {
            if refusal.error == INVALID_CLIENT {
                sign_ins.fail().await?;
            }
            Ok(refuse(&refusal))
        }
        Err(Refused::TooMany(refusal)) => Err(refusal.into()),
        Err(Refused::NoKeys) => {
            let why = "The keys that the assertion was signed with cannot be fetched right now: send the request again.";
            Ok(reply(&ScimError::new(503, why)).with("Retry-After", "10"))
        }
        Err(Refused::Store(error)) => Err(error.into()),
    }
}

const ALLOW: &str = "OPTIONS, POST";

/// What is refused before a request is looked at, or fails behind it.
pub fn reply(error: &ScimError) -> Reply {
    let code = match error.status {
        429 | 503 => "temporarily_unavailable",
        500.. => "server_error",
        _ => "invalid_request",
    };
    said(error.status, &Refusal::new(code, error.detail.as_str()))
}

fn refuse(refusal: &Refusal) -> Reply {
    let reply = said(refusal.status(), refusal);
    match refusal.status() {
        401 => reply.with("WWW-Authenticate", "Basic realm=\"scim-edge\""),
        _ => reply,
    }
}

fn said(status: u16, refusal: &Refusal) -> Reply {
    let body = json!({ "error": refusal.error, "error_description": refusal.description });
    not_stored(Reply::json(status, body.to_string()))
}

/// RFC 6749 §5.1.
fn not_stored(reply: Reply) -> Reply {
    reply
        .with("Cache-Control", "no-store")
        .with("Pragma", "no-cache")
}
