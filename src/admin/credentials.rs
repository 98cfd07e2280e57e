//! `/admin/v1/credentials`: what administrators authenticate with besides the secret ADMIN_TOKEN.

use serde_json::{Value, json};

use super::expiry::expiry;
use super::problem::{Result, problem};
use super::scope::SCOPES;
use super::{Body, Call, check_label, fresh_id, listed, new_token, no_tenant, page, time};
use crate::auth::token;
use crate::store::credentials::{self, Credential};
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

struct Request {
    name: String,
    scopes: Vec<String>,
    /// The slug of the one tenant that it is for; left out, all.
    tenant: Option<String>,
    expires: Option<String>,
    expires_in_s: Option<i64>,
}

impl Request {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            name: body.need("name")?,
            scopes: body.need("scopes")?,
            tenant: body.take("tenant")?,
            expires: body.take("expires")?,
            expires_in_s: body.take("expires_in_s")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST /credentials: the only time that the token is shown.
pub async fn create(call: &Call<'_>) -> Result<Reply> {
    let now = call.parts.now;
    let request = Request::read(call.parts)?;
    check_label("name", &request.name)?;
    let scopes = known(&request.scopes)?;
    let secret = new_token(&token::ADMIN)?;
    let id = fresh_id(call)?;
    let expires = expiry(request.expires.as_deref(), request.expires_in_s, now)?;
    let new = Credential {
        id,
        name: request.name,
        scopes,
        tenant: request.tenant,
        created: now,
        expires,
        revoked: None,
    };
    let detail = json!({ "name": new.name, "scopes": new.scopes });
    let mut entry = call.entry(Some(&new.id), Some(detail));
    entry.tenant = new.tenant.clone();
    if !credentials::create(call.database, &token::hash(&secret), &new, &entry).await? {
        return no_tenant(new.tenant.as_deref().unwrap_or_default());
    }
    let mut body = shown(&new);
    body["token"] = secret.into();
    Ok(Reply::json(201, body.to_string()))
}

/// GET /credentials: `?limit=` of them behind the id `?after=`, oldest first.
pub async fn list(call: &Call<'_>) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let found = credentials::list(call.database, after, limit).await?;
    Ok(listed("credentials", &found, limit, shown, |one| {
        one.id.clone()
    }))
}

/// DELETE /credentials/{id}: its next call is refused.
pub async fn delete(call: &Call<'_>, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(id), None);
    if credentials::revoke(call.database, id, call.parts.now, &entry).await? {
        Ok(Reply::empty(204))
    } else {
        problem(404, "There is no such live credential.")
    }
}

/// With spaces between them, each once.
fn known(scopes: &[String]) -> Result<String> {
    let unknown = scopes.iter().find(|one| !SCOPES.contains(&one.as_str()));
    if let Some(unknown) = unknown {
        return problem(
            400,
            format!(
                "There is no scope {unknown:?}; there are {}.",
                SCOPES.join(", ")
            ),
        );
    }
    if scopes.is_empty() {
        return problem(
            400,
            format!("scopes has at least one of {}.", SCOPES.join(", ")),
        );
    }
    let named = |scope: &&&str| scopes.iter().any(|one| one == **scope);
    let names: Vec<_> = SCOPES.iter().filter(named).copied().collect();
    Ok(names.join(" "))
}

fn shown(credential: &Credential) -> Value {
    let mut shown = json!({
        "id": credential.id,
        "name": credential.name,
        "scopes": credential.scopes.split(' ').collect::<Vec<_>>(),
        "created": time(credential.created),
    });
    if let Some(tenant) = &credential.tenant {
        shown["tenant"] = tenant.as_str().into();
    }
    for (name, millis) in [
        ("expires", credential.expires),
        ("revoked", credential.revoked),
    ] {
        if let Some(millis) = millis {
            shown[name] = time(millis).into();
        }
    }
    shown
}
