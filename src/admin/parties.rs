//! What `…/clients` and `…/issuers` have in common: a label, scopes, and whose signatures count.

use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::tokens::scopes_named;
use super::{Body, Call, check_label, fresh_id, listed, no_tenant, page, time};
use crate::scim::resource::Map;
use crate::store::parties::{self, Kind, Made, Party};
use crate::store::scopes::Scopes;
use crate::store::secrets::Secret;
use crate::wire::reply::Reply;

/// A new one from the body's common members, without its trust, and the members that are left.
pub fn new(call: &Call<'_>) -> Result<(Party, Body)> {
    let now = call.parts.now;
    let mut body = Body::read(call.parts)?;
    let label: String = body.need("label")?;
    check_label("label", &label)?;
    // Everything, unless named.
    let scopes: Option<Vec<String>> = body.take("scopes")?;
    let party = Party {
        id: fresh_id(call)?,
        label,
        scopes: scopes.as_deref().map_or(Ok(Scopes::ALL), scopes_named)?,
        trust: String::new(),
        created: now,
        revoked: None,
    };
    Ok((party, body))
}

pub async fn create(
    call: &Call<'_>,
    slug: &str,
    kind: Kind,
    party: &Party,
    secret: Option<&Secret>,
) -> Result<()> {
    let detail = json!({ "label": party.label, "scopes": party.scopes.to_string() });
    let entry = call.entry(Some(&party.id), Some(detail));
    match parties::create(call.database, slug, kind, party, secret, &entry).await? {
        Made::Yes => Ok(()),
        Made::Missing => no_tenant(slug),
        Made::Full => problem(
            409,
            format!(
                "A tenant has at most {} live {}s: revoke one first.",
                kind.limit(),
                kind.name()
            ),
        ),
    }
}

/// `?limit=` of them behind the id `?after=`, oldest first.
pub async fn list(call: &Call<'_>, slug: &str, kind: Kind, id_name: &str) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let Some(found) = parties::list(call.database, slug, kind, after, limit).await? else {
        return no_tenant(slug);
    };
    let name = format!("{}s", kind.name());
    let shown = |party: &Party| shown(party, id_name);
    Ok(listed(&name, &found, limit, shown, |party| {
        party.id.clone()
    }))
}

/// Ends one, with what came of it.
pub async fn delete(call: &Call<'_>, slug: &str, kind: Kind, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(id), None);
    if parties::revoke(call.database, slug, kind, id, &entry).await? {
        Ok(Reply::empty(204))
    } else {
        problem(404, format!("The tenant has no such live {}.", kind.name()))
    }
}

pub fn shown(party: &Party, id_name: &str) -> Value {
    let mut shown = json!({
        id_name: party.id,
        "label": party.label,
        "scopes": party.scopes.names().collect::<Vec<_>>(),
    });
    let trust: Map = crate::scim::json::read(&party.trust).unwrap_or_default();
    for (name, value) in trust {
        shown[name] = value;
    }
    shown["created"] = time(party.created).into();
    if let Some(revoked) = party.revoked {
        shown["revoked"] = time(revoked).into();
    }
    shown
}
