//! Who calls: the holder of the secret ADMIN_TOKEN, which needs no database; of a credential, which D1
//! is asked for with each call; or, where there is no Authorization header, somebody whom Cloudflare
//! Access let in.

use worker::Env;

use super::problem::{Problem, Result, problem};
use super::same_origin::{self, Sent};
use super::scope::{SCOPES, given, needed, permit};
use crate::auth::access::{self, Application};
use crate::auth::jwt::keys::{Failure, Moment};
use crate::auth::{self, token};
use crate::limits::SignIns;
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
    /// How to get a scope that is missing.
    remedy: &'static str,
}

const OF_CREDENTIAL: &str = "A credential keeps its scopes, so make another one.";
const OF_ACCESS: &str = "ACCESS_SCOPES in wrangler.toml says who has it.";

/// Of credentials that are no good only so many are looked at from one address.
pub async fn authorize(parts: &Parts, env: &Env, database: &Database) -> Result<Actor> {
    let sign_ins = SignIns::new(parts, env);
    sign_ins.begin().await?;
    match identify(parts, env, database).await? {
        Ok(actor) => Ok(actor),
        Err(why) => {
            sign_ins.fail().await?;
            Err(invalid(why).into())
        }
    }
}

/// Who it is, or why the token that was sent is nobody's.
async fn identify(
    parts: &Parts,
    env: &Env,
    database: &Database,
) -> Result<std::result::Result<Actor, &'static str>> {
    let authorization = parts.header("authorization");
    let secret = env.secret("ADMIN_TOKEN").ok();
    let Ok(sent) = auth::bearer(authorization.as_deref()) else {
        if authorization.is_none()
            && let Some(identified) = through_access(parts, env).await?
        {
            return Ok(identified);
        }
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
            return Ok(Ok(Actor {
                name: "ADMIN_TOKEN".to_owned(),
                scopes: "admin".to_owned(),
                tenant: None,
                remedy: OF_CREDENTIAL,
            }));
        }
        _ => {}
    }
    if !token::ADMIN.is_well_formed(sent) {
        return match secret {
            Some(_) => Ok(Err(
                "The bearer token is not an admin token: copy it again, whole.",
            )),
            None => problem(503, UNSET),
        };
    }
    let Some(found) = credentials::find(database, &token::hash(sent)).await? else {
        return Ok(Err("The admin credential is unknown."));
    };
    if found.revoked.is_some() {
        return Ok(Err("The admin credential was revoked."));
    }
    if found.expires.is_some_and(|expires| expires <= parts.now) {
        return Ok(Err("The admin credential has expired."));
    }
    Ok(Ok(Actor {
        name: format!("credential:{}", found.id),
        scopes: found.scopes,
        tenant: found.tenant,
        remedy: OF_CREDENTIAL,
    }))
}

/// As [`identify`]; `None` where nobody comes through Access, or it is not set up.
async fn through_access(
    parts: &Parts,
    env: &Env,
) -> Result<Option<std::result::Result<Actor, &'static str>>> {
    let Some(assertion) = parts.header(access::ASSERTION) else {
        return Ok(None);
    };
    let application = match Application::of(env) {
        Ok(Some(application)) => application,
        Ok(None) => return Ok(None),
        Err(why) => return problem(503, why),
    };
    let identified = application
        .identify(&assertion, Moment::new(parts, env))
        .await;
    let name = match identified {
        Ok(name) => name,
        Err(Failure::Invalid(why)) => return Ok(Some(Err(why.0))),
        Err(Failure::Unavailable) => {
            let why = "The keys of Cloudflare Access cannot be fetched right now: send the request again.";
            return Err(Problem::new(503, why).with("Retry-After", "10").into());
        }
    };
    let [origin, site, content_type] =
        ["origin", "sec-fetch-site", "content-type"].map(|name| parts.header(name));
    let sent = Sent {
        method: &parts.method,
        own: &parts.origin,
        origin: origin.as_deref(),
        site: site.as_deref(),
        content_type: content_type.as_deref(),
    };
    if let Err((status, why)) = same_origin::check(&sent) {
        return problem(status, why);
    }
    let setting = env.var("ACCESS_SCOPES").map(|value| value.to_string());
    let scopes = match given(setting.as_deref().unwrap_or("admin"), &name) {
        Ok(scopes) => scopes,
        Err(unknown) => {
            return problem(
                503,
                format!(
                    "ACCESS_SCOPES has {unknown:?}, which is no scope; there are {}.",
                    SCOPES.join(", ")
                ),
            );
        }
    };
    Ok(Some(Ok(Actor {
        name: format!("access:{name}"),
        scopes,
        tenant: None,
        remedy: OF_ACCESS,
    })))
}

const UNSET: &str = "The secret ADMIN_TOKEN is not set: run `npx wrangler secret put ADMIN_TOKEN`, or `npm start` for a local one.";

fn invalid(why: &str) -> Problem {
    Problem::new(401, why).challenge("invalid_token", "error_description", why)
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
            let detail = format!("This takes the scope {needed}. {}", self.remedy);
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
