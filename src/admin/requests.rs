//! `/admin/v1/tenants/{slug}/requests`: what the tenant's identity providers asked and were told,
//! as [`crate::log`] keeps it.

use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::{Call, no_tenant, page, time};
use crate::log::curl::curl;
use crate::scim::datetime::DateTime;
use crate::scim::fold::fold;
use crate::store::requests::{self, Logged, Wanted, time_of};
use crate::wire::reply::Reply;

/// GET …/requests: newest first, `?limit=` of them behind the id `?after=`, without bodies.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let parts = call.parts;
    let (after, limit) = page(parts)?;
    let wanted = Wanted {
        since: moment(call, "since")?,
        until: moment(call, "until")?,
        status: parts.query("status").map(status).transpose()?,
        method: parts.query("method"),
        resource: parts.query("resource"),
        user_name: parts.query("userName").map(|name| fold(name).into_owned()),
        after,
        limit,
    };
    let Some(page) = requests::list(call.database, slug, &wanted).await? else {
        return no_tenant(slug);
    };
    let all: Vec<Value> = page
        .entries
        .into_iter()
        .map(|one| shown(one, false))
        .collect();
    let mut body = json!({ "requests": all });
    if let Some(next) = page.next {
        body["next"] = next.into();
    }
    Ok(Reply::json(200, body.to_string()))
}

/// GET …/requests/{id}: with its bodies.
pub async fn get(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    let body = shown(existing(call, slug, id).await?, true);
    Ok(Reply::json(200, body.to_string()))
}

/// GET …/requests/{id}/curl: the same request as a command line, with `$TOKEN` for the token.
pub async fn replay(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    let entry = existing(call, slug, id).await?;
    let line = curl(&entry.document, &call.parts.origin);
    Ok(Reply::json(200, line).with("Content-Type", "text/plain; charset=utf-8"))
}

async fn existing(call: &Call<'_>, slug: &str, id: &str) -> Result<Logged> {
    match requests::get(call.database, slug, id).await? {
        Some(entry) => Ok(entry),
        None => problem(
            404,
            "The tenant's log has no such request: entries appear after a moment and go after log_retention_days.",
        ),
    }
}

fn shown(entry: Logged, with_bodies: bool) -> Value {
    let mut shown = json!({
        "id": entry.id,
        "time": time_of(&entry.id).map(time),
        "token": entry.token,
    });
    if let Value::Object(document) = entry.document {
        for (name, value) in document {
            if with_bodies || !matches!(name.as_str(), "request" | "response") {
                shown[name] = value;
            }
        }
    }
    shown
}

fn moment(call: &Call<'_>, name: &str) -> Result<Option<i64>> {
    let Some(text) = call.parts.query(name) else {
        return Ok(None);
    };
    match DateTime::parse(text) {
        Some(time) => Ok(Some(
            time.seconds * 1000 + i64::from(time.nanos) / 1_000_000,
        )),
        None => problem(
            400,
            format!("{name} is a time as 2030-01-31T12:00:00Z is one."),
        ),
    }
}

/// "409", or "4xx" for all that begin so.
fn status(text: &str) -> Result<(u16, u16)> {
    let class = text.strip_suffix("xx").and_then(|class| class.parse().ok());
    match (class, text.parse()) {
        (Some(class @ 1..=5), _) => Ok((class * 100, class * 100 + 99)),
        (_, Ok(status @ 100..=599)) => Ok((status, status)),
        _ => problem(400, "status is a number as 409, or a class as 4xx."),
    }
}
