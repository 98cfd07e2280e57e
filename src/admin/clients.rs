//! `/admin/v1/tenants/{slug}/clients`: OAuth clients, which get short-lived access tokens at
//! `/t/{slug}/oauth/token`, and their secrets.

use serde_json::{Value, json};

use super::expiry::expiry;
use super::problem::{Result, problem};
use super::{Body, Call, check_label, fresh_id, new_token, parties, time};
use crate::auth::client_keys::ClientKeys;
use crate::auth::token;
use crate::store::parties::{Kind, Made};
use crate::store::secrets::{self, MAX_SECRETS, Secret};
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

/// What a client is called where it is shown.
const ID: &str = "client_id";

/// POST …/clients: one that nothing can sign for gets a secret at once, shown this once.
pub async fn create(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let (mut client, mut body) = parties::new(call)?;
    let (jwks, jwks_uri) = (body.take("jwks")?, body.take("jwks_uri")?);
    let federated = body.or_default("federated")?;
    body.end()?;
    let keys =
        ClientKeys::read(jwks, jwks_uri, federated, call.local).or_else(|why| problem(400, why))?;
    client.trust = keys.to_json().to_string();
    let first = match keys.is_empty() {
        true => Some(new_secret(call, "first".to_owned(), None)?),
        false => None,
    };
    let secret = first.as_ref().map(|(secret, _)| secret);
    parties::create(call, slug, Kind::Client, &client, secret).await?;
    let mut body = parties::shown(&client, ID);
    if let Some((_, text)) = first {
        body["client_secret"] = text.into();
    }
    body["token_url"] = format!("{}/t/{slug}/oauth/token", call.parts.origin).into();
    Ok(Reply::json(201, body.to_string()))
}

/// GET …/clients: those that were revoked as well.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    parties::list(call, slug, Kind::Client, ID).await
}

/// DELETE …/clients/{client_id}: its secrets and its access tokens end with it.
pub async fn delete(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    parties::delete(call, slug, Kind::Client, id).await
}

struct SecretRequest {
    label: String,
    expires: Option<String>,
    expires_in_s: Option<i64>,
}

impl SecretRequest {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            label: body.need("label")?,
            expires: body.take("expires")?,
            expires_in_s: body.take("expires_in_s")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST …/clients/{client_id}/secrets: the only time that the secret is shown.
pub async fn create_secret(call: &Call<'_>, slug: &str, client: &str) -> Result<Reply> {
    let request = SecretRequest::read(call.parts)?;
    check_label("label", &request.label)?;
    let SecretRequest {
        label,
        expires,
        expires_in_s,
    } = request;
    let expires = expiry(expires.as_deref(), expires_in_s, call.parts.now)?;
    let (secret, text) = new_secret(call, label, expires)?;
    let detail = json!({ "secret": secret.id, "label": secret.label });
    let entry = call.entry(Some(client), Some(detail));
    match secrets::create(call.database, slug, client, &secret, &entry).await? {
        Made::Yes => {}
        Made::Missing => return no_client(),
        Made::Full => {
            return problem(
                409,
                format!("A client has at most {MAX_SECRETS} live secrets: revoke one first."),
            );
        }
    }
    let mut body = shown(&secret);
    body["client_secret"] = text.into();
    Ok(Reply::json(201, body.to_string()))
}

/// GET …/clients/{client_id}/secrets: never the secrets themselves.
pub async fn list_secrets(call: &Call<'_>, slug: &str, client: &str) -> Result<Reply> {
    match secrets::list(call.database, slug, client).await? {
        Some(found) => {
            let list: Vec<Value> = found.iter().map(shown).collect();
            Ok(Reply::json(200, json!({ "secrets": list }).to_string()))
        }
        None => no_client(),
    }
}

/// DELETE …/clients/{client_id}/secrets/{id}: the access tokens given out for it end with it.
pub async fn delete_secret(call: &Call<'_>, slug: &str, client: &str, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(client), Some(json!({ "secret": id })));
    if secrets::revoke(call.database, slug, client, id, &entry).await? {
        Ok(Reply::empty(204))
    } else {
        problem(404, "The client has no such live secret.")
    }
}

/// As it is kept, and its text.
fn new_secret(call: &Call<'_>, label: String, expires: Option<i64>) -> Result<(Secret, String)> {
    let text = new_token(&token::SECRET)?;
    let now = call.parts.now;
    let secret = Secret {
        id: fresh_id(call)?,
        hash: token::hash(&text),
        label,
        created: now,
        expires,
        revoked: None,
    };
    Ok((secret, text))
}

fn no_client<T>() -> Result<T> {
    problem(404, "The tenant has no such live client.")
}

fn shown(secret: &Secret) -> Value {
    let mut shown = json!({
        "id": secret.id,
        "label": secret.label,
        "created": time(secret.created),
    });
    for (name, millis) in [("expires", secret.expires), ("revoked", secret.revoked)] {
        if let Some(millis) = millis {
            shown[name] = time(millis).into();
        }
    }
    shown
}
