//! `GET /admin/v1/events`: the outbox, for a product that mirrors the directory.

use std::time::Duration;

use worker::Delay;

use super::problem::{Result, problem};
use super::{Call, no_tenant, page};
use crate::events::describe;
use crate::events::kinds::Kinds;
use crate::store::events::{self, Page, Scope};
use crate::wire::reply::Reply;

/// Longest that a call waits for an event, in seconds: a client's own time limit is longer, and D1
/// gives an invocation on the free plan 50 statements.
const MAX_WAIT_S: u32 = 20;

/// JSON and D1 have no greater numbers that are exact.
const MAX_POSITION: i64 = (1 << 53) - 1;

/// What `after` says for the end of the outbox: where a snapshot begins.
const LATEST: &str = "latest";

/// GET /events, with `?tenant=` or all of them, and /tenants/{slug}/events: those behind the
/// position `?after=`, `?limit=` of them, of some `?types=` or all. With `?wait=` seconds it waits for one where there is none.
pub async fn list(call: &Call<'_>, slug: Option<&str>) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let types = call.parts.query("types").filter(|types| !types.is_empty());
    let kinds = Kinds::parse(types.into_iter().flat_map(|types| types.split(',')))
        .or_else(|error| problem(400, error))?;
    let mut wait = wait(call.parts.query("wait"))?;
    let scope = slug.map_or(Scope::All, Scope::Slug);
    let mut after = position(after)?;
    loop {
        // Nothing lies behind the greatest of all positions: the page tells the end.
        let start = after.unwrap_or(MAX_POSITION);
        let page = events::page(call.database, scope, start, limit).await?;
        if let (Scope::Slug(slug), true) = (scope, page.is_unknown) {
            return no_tenant(slug);
        }
        let Some(at) = after else {
            return Ok(shown(&page, &kinds, page.head));
        };
        if at < page.pruned || at > page.head {
            return gone(at, &page);
        }
        let has_any = page.events.iter().any(|event| kinds.has(&event.kind));
        if has_any || page.more || wait == 0 {
            return Ok(shown(&page, &kinds, page.next));
        }
        after = Some(page.next);
        wait -= 1;
        Delay::from(Duration::from_secs(1)).await;
    }
}

/// `None` for the end.
fn position(after: &str) -> Result<Option<i64>> {
    match (after, after.parse()) {
        ("", _) => Ok(Some(0)),
        (LATEST, _) => Ok(None),
        (_, Ok(position)) if (0..=MAX_POSITION).contains(&position) => Ok(Some(position)),
        _ => problem(
            400,
            format!("after is the `next` of a page before, 0 or {LATEST}."),
        ),
    }
}

fn wait(seconds: Option<&str>) -> Result<u32> {
    match seconds.map(str::parse) {
        None => Ok(0),
        Some(Ok(seconds)) if seconds <= MAX_WAIT_S => Ok(seconds),
        Some(_) => problem(
            400,
            format!("wait is a number of seconds, at most {MAX_WAIT_S}."),
        ),
    }
}

fn gone(at: i64, page: &Page) -> Result<Reply> {
    let why = if at < page.pruned {
        format!(
            "Events up to position {} grew old and were deleted",
            page.pruned
        )
    } else {
        "The outbox ends before this position, as it does when a database was restored".to_owned()
    };
    problem(
        410,
        format!("{why}: read the directory anew, as docs/events.md says, and go on from there."),
    )
}

fn shown(page: &Page, kinds: &Kinds, next: i64) -> Reply {
    let wanted = page.events.iter().filter(|event| kinds.has(&event.kind));
    let events: Vec<String> = wanted.map(describe::to_json).collect();
    let body = format!(
        "{{\"events\":[{}],\"next\":{next},\"more\":{}}}",
        events.join(","),
        page.more
    );
    Reply::json(200, body)
}
