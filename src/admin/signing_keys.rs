//! `/admin/v1/signing-keys`: what Security Event Tokens are signed with.

use serde_json::{Value, json};

use super::problem::Result;
use super::tokens::overlap;
use super::{Body, Call, time};
use crate::auth::signing;
use crate::store::signing_keys::{self, PublicKey};
use crate::wire::reply::Reply;

/// GET /signing-keys: those that count, the newest first. The first one signs; there is none before
/// there is a use for it.
pub async fn list(call: &Call<'_>) -> Result<Reply> {
    let keys = signing_keys::published(call.database, call.parts.now).await?;
    let keys: Vec<Value> = keys.iter().map(shown).collect();
    Ok(Reply::json(
        200,
        json!({ "signing_keys": keys }).to_string(),
    ))
}

/// POST /signing-keys/rotate: a new one signs. Until the overlap ends, receivers get the old one too.
pub async fn rotate(call: &Call<'_>) -> Result<Reply> {
    let mut body = Body::read(call.parts)?;
    let overlap = overlap(body.take("overlap_s")?)?;
    body.end()?;
    let now = call.parts.now;
    let new = signing::new_key(now).await?;
    let entry = call.entry(Some(&new.kid), Some(json!({ "overlap_s": overlap })));
    signing_keys::rotate(call.database, &new, now + overlap * 1000, &entry).await?;
    signing::forget();
    let new = PublicKey {
        kid: new.kid,
        jwk: new.public,
        created: now,
        until: None,
    };
    Ok(Reply::json(201, shown(&new).to_string()))
}

fn shown(key: &PublicKey) -> Value {
    let mut shown = json!({ "kid": key.kid, "created": time(key.created) });
    if let Some(until) = key.until {
        shown["until"] = time(until).into();
    }
    shown
}
