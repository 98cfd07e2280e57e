//! Who calls: the holder of the secret ADMIN_TOKEN, which needs no database, or of a credential,
//! which D1 is asked for with each call.

use worker::Env;

use super::problem::{Problem, Result, problem};
use super::scope::{needed, permit};
use crate::auth::{self, token};
use crate::store::credentials;
use crate::store::d1::Database;
use crate::wire::request::Parts;

/// Somebody who may do something here.
pub struct Actor {
    /// As the audit log has it.
    pub name: String,
    /// With spaces between them.
    scopes: String,
    /// The slug of the one tenant that the credential is for.
    tenant: Option<String>,
}

pub async fn authorize(parts: &Parts, env: &Env, database: &Database) -> Result<Actor> {
    let authorization = parts.header("authorization");
    let secret = env.secret("ADMIN_TOKEN").ok();
    let Ok(sent) = auth::bearer(authorization.as_deref()) else {
        return match secret {
            Some(_) => problem(
                401,
                "Send the admin token as the header Authorization: Bearer <token>.",
            ),
            None => problem(503, UNSET),
        };
    };
    match secret {
        Some(secret) if token::is_same_secret(sent, &secret.to_string()) => {
            return Ok(Actor {
                name: "ADMIN_TOKEN".to_owned(),
                scopes: "admin".to_owned(),
                tenant: None,
            });
        }
        _ => {}
    }
    if !token::ADMIN.is_well_formed(sent) {
        return match secret {
            Some(_) => invalid("The bearer token is not an admin token: copy it again, whole."),
            None => problem(503, UNSET),
        };
    }
    let Some(found) = credentials::find(database, &token::hash(sent)).await? else {
        return invalid("The admin credential is unknown.");
    };
    if found.revoked.is_some() {
        return invalid("The admin credential was revoked.");
    }
    if found.expires.is_some_and(|expires| expires <= parts.now) {
        return invalid("The admin credential has expired.");
    }
    Ok(Actor {
        name: format!("credential:{}", found.id),
        scopes: found.scopes,
        tenant: found.tenant,
    })
}

const UNSET: &str = "The secret ADMIN_TOKEN is not set: run `npx wrangler secret put ADMIN_TOKEN`, or `npm start` for a local one.";

fn invalid<T>(why: &str) -> Result<T> {
    Err(Problem::new(401, why)
        .challenge("invalid_token", "error_description", why)
        .into())
}

impl Actor {
    /// Whether it may do this to an endpoint of this family; the problem says what it takes.
    pub fn check(
        &self,
        family: &str,
        method: &str,
        segments: &[&str],
    ) -> std::result::Result<(), Problem> {
        let needed = needed(family, method);
        if !permit(&self.scopes, &needed) {
            let detail = format!(
                "This credential has not the scope {needed}. A credential keeps its scopes, so \
                 make another one."
            );
            return Err(Problem::new(403, detail).challenge(
                "insufficient_scope",
                "scope",
                &needed,
            ));
        }
        match &self.tenant {
            Some(own) if !matches!(segments, ["tenants", slug, ..] if slug == own) => {
                let detail = format!("This credential is for the tenant {own:?} alone.");
                Err(Problem::new(403, detail).challenge("insufficient_scope", "scope", &needed))
            }
            _ => Ok(()),
        }
    }
}
