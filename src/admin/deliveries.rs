//! What was sent to a webhook and what could not be: `…/webhooks/{id}/deliveries`, `/dead-letters`,
//! `/redeliver` and `/test`.

use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::webhooks::existing;
use super::{Body, Call, fresh_id, page, time};
use crate::delivery::body::Bodies;
use crate::delivery::settle::Outcome;
use crate::delivery::wake::{self, Call as Ask};
use crate::delivery::{is_local, plan, send};
use crate::feed;
use crate::scim::json;
use crate::store::events;
use crate::store::ledger::LOGGED;
use crate::store::webhooks;
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

/// What a test is, to the receiver.
const TEST: &str = "webhook.test";

/// POST …/test: an event of a type of its own, sent now, once. The answer says what came of it.
pub async fn test(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let webhook = existing(call, slug, id).await?;
    let event = format!("evt_test_{}", fresh_id(call)?);
    let mut body = json!({
        "id": event,
        "type": TEST,
        "timestamp": time(call.parts.now),
        "data": { "webhook": id },
    });
    if let Some(slug) = slug {
        body["tenant"] = slug.into();
    }
    let bodies = Bodies::of(&webhook, call.database, call.parts.now).await?;
    let body = bodies.of_test(&event, &body, call.parts.now).await;
    let sent = send::send(&webhook, &event, body.map(Some), is_local(call.env)).await;
    let mut shown = json!({ "event": event, "duration_ms": sent.millis });
    if let Some(status) = sent.outcome.status() {
        shown["status"] = status.into();
    }
    shown["delivered"] = matches!(sent.outcome, Outcome::Delivered { .. }).into();
    if let Outcome::Failed { error, .. } = &sent.outcome {
        shown["error"] = error.as_str().into();
    }
    call.entry(Some(id), None).record(call.database).await?;
    Ok(Reply::json(200, shown.to_string()))
}

struct Redelivery {
    event: Option<String>,
    dead_letters: Option<bool>,
    after: Option<i64>,
}

impl Redelivery {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            event: body.take("event")?,
            dead_letters: body.take("dead_letters")?,
            after: body.take("after")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST …/redeliver: one event, all dead letters, or everything behind a position, once more.
pub async fn redeliver(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let request = Redelivery::read(call.parts)?;
    let webhook = existing(call, slug, id).await?;
    let origin = (&webhook).into();
    let ask = match request {
        Redelivery {
            event: Some(event),
            dead_letters: None,
            after: None,
        } => {
            let found = match events::position(&event) {
                Some(position) => webhooks::event(call.database, &webhook, position).await?,
                None => None,
            };
            let Some(found) = found else {
                return problem(
                    404,
                    "There is no such event here, or it grew old and was deleted.",
                );
            };
            let waiting = plan::item(&found, 0).waiting;
            Ask::Redeliver {
                origin,
                position: waiting.position,
                lane: waiting.lane,
                kind: waiting.kind,
            }
        }
        Redelivery {
            event: None,
            dead_letters: Some(true),
            after: None,
        } => Ask::Revive(origin),
        Redelivery {
            event: None,
            dead_letters: None,
            after: Some(position),
        } => {
            let found = events::page(call.database, events::Scope::All, position, 1).await?;
            feed::check_position(position, &found)?;
            Ask::Rewind { origin, position }
        }
        _ => {
            return problem(
                400,
                "Send one of event (an id), dead_letters (true) and after (a position).",
            );
        }
    };
    let answer = wake::call(call.env, id, &ask).await?;
    let detail = match &ask {
        Ask::Redeliver { position, .. } => json!({ "event": format!("evt_{position}") }),
        Ask::Rewind { position, .. } => json!({ "after": position }),
        _ => json!({ "dead_letters": true }),
    };
    let entry = call.entry(Some(id), Some(detail));
    entry.record(call.database).await?;
    Ok(Reply::json(200, answer))
}

/// GET …/deliveries: the last attempts, newest first.
pub async fn list(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let (_, limit) = page(call.parts)?;
    existing(call, slug, id).await?;
    let limit = i64::from(limit).min(LOGGED);
    let attempts = wake::call(call.env, id, &Ask::Attempts { limit }).await?;
    Ok(Reply::json(200, format!("{{\"deliveries\":{attempts}}}")))
}

/// GET …/dead-letters: `?limit=` of them behind the position `?after=`, in order.
pub async fn dead_letters(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let after = match after {
        "" => 0,
        after => after
            .parse()
            .or_else(|_| problem(400, "after is the `next` of a page before."))?,
    };
    existing(call, slug, id).await?;
    let limit = i64::from(limit);
    let dead = wake::call(call.env, id, &Ask::DeadLetters { after, limit }).await?;
    let dead: Vec<Value> = json::read(&dead).unwrap_or_default();
    let mut body = json!({});
    if let Some(last) = dead.last().filter(|_| dead.len() as i64 == limit) {
        body["next"] = last["position"].to_string().into();
    }
    body["dead_letters"] = dead.into();
    Ok(Reply::json(200, body.to_string()))
}
