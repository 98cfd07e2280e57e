//! `/admin/v1/tenants/{slug}/mapping`: what pushed groups become in the product.

use serde_json::Value;
use worker::console_error;

use super::problem::{Problem, Result, problem};
use super::tenants::{existing, living};
use super::{ATTEMPTS, Body, Call, busy};
use crate::mapping::{NamedGroup, Rules, changes, overview};
use crate::store::belongings;
use crate::store::mapping::{MAX_GROUPS, groups};
use crate::store::tenants::{self, Change};
use crate::wire::reply::Reply;

/// Steps of what the product is told within a call: up to three thousand users.
const STEPS: u32 = 4;

/// GET: the rules, what they make of the present groups, and the groups that they leave out.
pub async fn get(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let tenant = existing(call, slug).await?;
    let rules = Rules::parse(&tenant.mapping).or_else(|why| {
        problem(
            500,
            format!("The stored rules are not for this version: {why}. Put them again."),
        )
    })?;
    let groups = groups(call.database, tenant.id).await?;
    Ok(answer(&tenant.mapping, &rules, &groups, None))
}

/// PUT: other rules, all of them. Answers what GET does, and the groups that become something else;
/// with `?dry_run=true` nothing is stored.
pub async fn put(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let dry_run = match call.parts.query("dry_run") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return problem(400, "dry_run is true or false."),
    };
    let mut body = Body::read(call.parts)?;
    let sent: Value = body.need("rules")?;
    body.end()?;
    let rules = Rules::parse(&sent).map_err(|why| Problem::new(400, format!("{why}.")))?;
    let entry = call.entry(None, None);
    for _ in 0..ATTEMPTS {
        let tenant = living(call, slug).await?;
        let change = Change {
            mapping: Some(&sent),
            ..Change::default()
        };
        if !dry_run && !tenants::update(call.database, &tenant, &change, &entry).await? {
            continue;
        }
        if !dry_run {
            // The maintenance run does what is left, and all of it where this fails.
            if let Err(error) = belongings::tell(call.database, tenant.id, STEPS).await {
                console_error!("mapping: users hear of the new rules later: {error:?}");
            }
        }
        let before = Rules::parse(&tenant.mapping).unwrap_or_default();
        let groups = groups(call.database, tenant.id).await?;
        return Ok(answer(&sent, &rules, &groups, Some(&before)));
    }
    busy()
}

fn answer(sent: &Value, rules: &Rules, groups: &[NamedGroup], before: Option<&Rules>) -> Reply {
    let mut body = overview(rules, groups);
    body["rules"] = sent.clone();
    body["complete"] = (groups.len() < MAX_GROUPS).into();
    if let Some(before) = before {
        body["changes"] = changes(before, rules, groups).into();
    }
    Reply::json(200, body.to_string())
}
