//! `/admin/v1/audit`: what administrators did. It can only be read.

use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::{Call, listed, page, time};
use crate::store::audit::{self, Entry, Order};
use crate::wire::reply::Reply;

/// GET /audit: `?limit=` of the entries behind the number `?after=`, of one tenant with `?tenant=`,
/// oldest first or as `?order=` says.
pub async fn list(call: &Call<'_>) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let is_number = after.len() <= 15 && after.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return problem(400, "after is the number of an entry.");
    }
    let order = match call.parts.query("order") {
        None | Some("oldest") => Order::Oldest,
        Some("newest") => Order::Newest,
        Some(_) => return problem(400, "order is oldest or newest: which of them are first."),
    };
    let tenant = call.parts.query("tenant");
    let found = audit::list(call.database, tenant, order, after.parse().ok(), limit).await?;
    Ok(listed("entries", &found, limit, shown, |(number, _)| {
        number.to_string()
    }))
}

fn shown((seq, entry): &(i64, Entry)) -> Value {
    let mut shown = json!({
        "id": seq,
        "at": time(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "outcome": entry.outcome.as_str(),
    });
    for (name, text) in [
        ("tenant", &entry.tenant),
        ("target", &entry.target),
        ("ip", &entry.ip),
    ] {
        if let Some(text) = text {
            shown[name] = text.as_str().into();
        }
    }
    if let Some(detail) = &entry.detail {
        shown["detail"] = detail.clone();
    }
    shown
}
