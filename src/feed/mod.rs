//! The outbox as products read it: `GET /admin/v1/events`, of one tenant or all, and
//! `GET /directory/v1/{tenant}/events`.
//!
//! Refused: positions before the oldest event that is kept, and past the newest. Who reads from there
//! would miss something without a word.

use std::time::Duration;

use worker::Delay;

use crate::events::describe;
use crate::events::kinds::Kinds;
use crate::scim::error::ScimError;
use crate::store::events::Page;
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

/// Longest that a call waits for an event, in seconds: a client's own time limit is longer, and D1
/// gives an invocation on the free plan 50 statements.
const MAX_WAIT_S: u32 = 20;

/// Events of a page.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// JSON and D1 have no greater numbers that are exact.
const MAX_POSITION: i64 = (1 << 53) - 1;

/// What `after` says for the end of the outbox: where a snapshot begins.
const LATEST: &str = "latest";

/// The page behind the position `?after=`, `?limit=` events of it, of some `?types=` or all. With
/// `?wait=` seconds it waits for one where there is none. `read` reads behind a position, so many.
pub async fn answer(
    parts: &Parts,
    read: impl AsyncFn(i64, u32) -> Result<Page, Failure>,
) -> Result<Reply, Failure> {
    let types = parts.query("types").filter(|types| !types.is_empty());
    let kinds = Kinds::parse(types.into_iter().flat_map(|types| types.split(',')))
        .map_err(|error| ScimError::new(400, error))?;
    let limit = parts
        .number("limit", 1..=MAX_LIMIT)?
        .unwrap_or(DEFAULT_LIMIT);
    let mut wait = parts.number("wait", 0..=MAX_WAIT_S)?.unwrap_or(0);
    let mut after = position(parts.query("after").unwrap_or_default())?;
    loop {
        // Nothing lies behind the greatest of all positions: the page tells the end.
        let page = read(after.unwrap_or(MAX_POSITION), limit).await?;
        let Some(at) = after else {
            return Ok(shown(&page, &kinds, page.head));
        };
        check_position(at, &page)?;
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
fn position(after: &str) -> Result<Option<i64>, ScimError> {
    match (after, after.parse()) {
        ("", _) => Ok(Some(0)),
        (LATEST, _) => Ok(None),
        (_, Ok(position)) if (0..=MAX_POSITION).contains(&position) => Ok(Some(position)),
        _ => {
            let detail = format!("after is the `next` of a page before, 0 or {LATEST}.");
            Err(ScimError::new(400, detail))
        }
    }
}

/// Whether the outbox goes on behind a position without a gap.
pub fn check_position(at: i64, page: &Page) -> Result<(), ScimError> {
    if (page.pruned..=page.head).contains(&at) {
        return Ok(());
    }
    let why = if at < page.pruned {
        format!(
            "Events up to position {} grew old and were deleted",
            page.pruned
        )
    } else {
        "The outbox ends before this position, as it does when a database was restored".to_owned()
    };
    let detail =
        format!("{why}: read the directory anew, as docs/events.md says, and go on from there.");
    Err(ScimError::new(410, detail))
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
