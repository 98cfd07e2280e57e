//! The Durable Object: one per webhook, with the webhook's id for its name. See [`super`].

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use serde_json::{Value, json};
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

use super::now;
use super::round;
use super::wake::Call;
use crate::scim::datetime::DateTime;
use crate::scim::json;
use crate::store::error::StoreError;
use crate::store::ledger::{Attempt, DeadLetter, Ledger, Waiting};

/// Behind a round that failed itself: D1 was away.
const AGAIN_MS: i64 = 10_000;

#[durable_object(alarm)]
pub struct Delivery {
    state: AssertUnwindSafe<State>,
    env: Env,
}

impl DurableObject for Delivery {
    fn new(state: State, env: Env) -> Self {
        Self {
            state: AssertUnwindSafe(state),
            env,
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let call: Call = json::read(request.bytes().await?)?;
        match self.answer(call).await {
            Ok(answer) => Response::ok(answer.to_string()),
            Err(error) => {
                console_error!("delivery: {error:?}");
                Response::error("failed", 500)
            }
        }
    }

    /// One round. It never fails towards the platform, which would give up after some retries.
    async fn alarm(&self) -> Result<Response> {
        let storage = self.state.storage();
        let round = round::run(&self.env, &storage);
        let next = match AssertUnwindSafe(round).catch_unwind().await {
            Ok(Ok(next)) => next,
            Ok(Err(error)) => {
                console_error!("delivery: {error:?}");
                Some(now() + AGAIN_MS)
            }
            Err(_) => {
                console_error!("delivery: a round panicked");
                Some(now() + AGAIN_MS)
            }
        };
        if let Some(next) = next {
            self.ring(next).await?;
        }
        Response::empty()
    }
}

impl Delivery {
    async fn answer(&self, call: Call) -> std::result::Result<Value, StoreError> {
        let ledger = Ledger::open(self.state.storage().sql())?;
        let now = now();
        let answer = match call {
            Call::Wake { webhook } => {
                ledger.begin(&webhook)?;
                json!({})
            }
            Call::Resume(origin) => {
                ledger.begin_at(&origin)?;
                ledger.resume(now)?;
                json!({})
            }
            Call::Redeliver {
                origin,
                position,
                lane,
                kind,
            } => {
                ledger.begin_at(&origin)?;
                ledger.redeliver(&Waiting {
                    position,
                    lane,
                    kind,
                    since: now,
                    attempts: 0,
                    due: 0,
                })?;
                json!({ "events": 1 })
            }
            Call::Revive(origin) => {
                ledger.begin_at(&origin)?;
                json!({ "events": ledger.revive(now)? })
            }
            Call::Rewind { origin, position } => {
                ledger.begin_at(&origin)?;
                ledger.rewind(position, now)?;
                json!({})
            }
            Call::State => return state(&ledger),
            Call::Attempts { limit } => {
                let attempts = ledger.attempts(limit)?;
                return Ok(attempts.iter().map(shown_attempt).collect());
            }
            Call::DeadLetters { after, limit } => {
                let dead = ledger.dead_letters(after, limit)?;
                return Ok(dead.iter().map(shown_dead).collect());
            }
        };
        let paused = ledger.place()?.map_or(0, |place| place.paused);
        let rung = self.ring(paused.max(now)).await;
        rung.map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(answer)
    }

    /// A round at this time, unless one comes earlier anyway.
    async fn ring(&self, at: i64) -> Result<()> {
        let storage = self.state.storage();
        match storage.get_alarm().await? {
            Some(set) if set <= at => Ok(()),
            _ => storage.set_alarm((at - now()).max(0)).await,
        }
    }
}

fn state(ledger: &Ledger) -> std::result::Result<Value, StoreError> {
    let Some(place) = ledger.place()? else {
        return Ok(json!({}));
    };
    let (waiting, dead) = ledger.counts()?;
    let mut shown = json!({
        "position": place.position,
        "waiting": waiting,
        "dead_letters": dead,
        "attempts": place.attempts,
        "failures_in_a_row": place.failures,
    });
    if place.paused > now() {
        shown["paused_until"] = time(place.paused).into();
    }
    if let Some(failing) = place.failing {
        shown["failing_since"] = time(failing).into();
    }
    if let Some(missed) = place.missed {
        shown["missed_up_to"] = missed.into();
    }
    Ok(shown)
}

fn shown_attempt(attempt: &Attempt) -> Value {
    let mut shown = json!({
        "event": attempt.event,
        "type": attempt.kind,
        "time": time(attempt.at),
        "duration_ms": attempt.millis,
    });
    if let Some(status) = attempt.status {
        shown["status"] = status.into();
    }
    if let Some(error) = &attempt.error {
        shown["error"] = error.as_str().into();
    }
    shown
}

fn shown_dead(dead: &DeadLetter) -> Value {
    json!({
        "event": format!("evt_{}", dead.position),
        "position": dead.position,
        "type": dead.kind,
        "resource": dead.lane,
        "attempts": dead.attempts,
        "error": dead.error,
        "time": time(dead.died),
    })
}

fn time(millis: i64) -> String {
    DateTime::from_millis(millis).to_rfc3339()
}
