//! POST /admin/v1/tenants/{slug}/import: lines of an export, or of another system's data in its form,
//! into a suspended tenant. docs/transfer.md has the format.
//!
//! What is there already stays as it is, so that the same lines can be sent again: an import that
//! broke off goes on by beginning anew. What cannot be taken is told line by line, and hinders no
//! other line.

mod line;
mod members;
mod resources;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::export::VERSION;
use super::problem::{Result, problem};
use super::tenants::living;
use super::{ATTEMPTS, Call, busy};
use crate::store::audit::Entry;
use crate::store::error::StoreError;
use crate::store::tenants::Tenant;
use crate::wire::reply::Reply;
use line::Line;

/// Lines of one call: what D1 and the isolate's time allow.
const MAX_LINES: usize = 5000;

/// What became of the lines.
#[derive(Debug, Default)]
struct Outcome {
    created: usize,
    /// Resources that are there already, in the state that the line has.
    present: usize,
    /// Members that are in their group now.
    members: usize,
    /// By the number of the line, from 1.
    refused: BTreeMap<usize, String>,
}

/// A line that was read, with its number.
type Numbered<T> = (usize, T);

pub async fn import(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let lines: Vec<Numbered<&[u8]>> = call
        .parts
        .body
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    if lines.is_empty() || lines.len() > MAX_LINES {
        return problem(
            400,
            format!(
                "The body has 1 to {MAX_LINES} lines of JSON, not {}.",
                lines.len()
            ),
        );
    }
    let mut entry = Some(call.entry(None, None));
    for _ in 0..ATTEMPTS {
        let tenant = living(call, slug).await?;
        if tenant.suspended.is_none() {
            return problem(
                409,
                "The tenant serves: suspend it with PATCH {\"suspended\": true} first, so that nobody sees half an import.",
            );
        }
        match attempt(call, &tenant, &lines, &mut entry).await {
            // Another import was faster, or the tenant changed: nothing of this step was written.
            Err(super::Failed::Store(
                StoreError::Stale
                | StoreError::Conflict { .. }
                | StoreError::Cycle
                | StoreError::Quota,
            )) => {}
            Err(error) => return Err(error),
            Ok(outcome) => return Ok(Reply::json(200, shown(&outcome).to_string())),
        }
    }
    busy()
}

/// `entry` is gone when it is recorded.
async fn attempt(
    call: &Call<'_>,
    tenant: &Tenant,
    lines: &[Numbered<&[u8]>],
    entry: &mut Option<Entry>,
) -> Result<Outcome> {
    let context = tenant.clone().context(String::new())?;
    let mut outcome = Outcome::default();
    let (mut new, mut memberships) = (Vec::new(), Vec::new());
    for (number, text) in lines {
        match line::read(text, &context.registry, context.settings.mode) {
            Ok(Line::Resource(resource)) => new.push((*number, resource)),
            Ok(Line::Members(members)) => memberships.push((*number, members)),
            Ok(Line::Header(VERSION) | Line::End) => {}
            Ok(Line::Header(version)) => {
                let detail = format!("This server reads version {VERSION}, not {version}.");
                return problem(400, detail);
            }
            Err(why) => outcome.refuse(*number, why),
        }
    }
    resources::import(call.database, tenant, &context, new, &mut outcome, entry).await?;
    members::import(call.database, tenant, memberships, &mut outcome, entry).await?;
    Ok(outcome)
}

impl Outcome {
    /// The first reason stays.
    fn refuse(&mut self, number: usize, why: String) {
        self.refused.entry(number).or_insert(why);
    }
}

fn shown(outcome: &Outcome) -> Value {
    let refused = outcome.refused.iter();
    let refused: Vec<Value> = refused
        .map(|(number, why)| json!({ "line": number, "detail": why }))
        .collect();
    json!({
        "created": outcome.created,
        "present": outcome.present,
        "members": outcome.members,
        "refused": refused,
    })
}
