//! The Worker's side: calls to the objects of webhooks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, join_all, select};
use serde::{Deserialize, Serialize};
use worker::{Context, Delay, Env, console_error};

use super::now;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::webhooks::{self, Webhook};
use crate::wire::object;

/// What an object is asked.
#[derive(Debug, Serialize, Deserialize)]
pub enum Call {
    /// There may be events.
    Wake {
        webhook: String,
    },
    /// An administrator changed something.
    Resume(Origin),
    /// Send this one once more.
    Redeliver {
        origin: Origin,
        position: i64,
        lane: String,
        kind: String,
    },
    /// Send all dead letters once more.
    Revive(Origin),
    /// Send everything behind a position once more.
    Rewind {
        origin: Origin,
        position: i64,
    },
    State,
    Attempts {
        limit: i64,
    },
    DeadLetters {
        after: i64,
        limit: i64,
    },
}

/// What an object has to know before its first round.
pub type Origin = crate::store::ledger::Origin;

impl From<&Webhook> for Origin {
    fn from(webhook: &Webhook) -> Self {
        Self {
            webhook: webhook.id.clone(),
            tenant: webhook.tenant,
            start: webhook.start,
            created: webhook.created,
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Changes that come close together wake an object once.
const GATHERED: Duration = Duration::from_millis(30);

/// Past this whoever promised to wake an object is taken for dead.
const PROMISED_MS: i64 = 5000;

/// Objects that are woken at the same time.
const AT_ONCE: usize = 20;

thread_local! {
    /// Webhooks that another request of this isolate is about to wake, and since when.
    static PROMISED: RefCell<HashMap<String, i64>> = RefCell::default();
}

/// Wakes the objects of webhooks that have an event now, behind the answer. A call that is lost costs
/// time only: the next change wakes the object, or the maintenance run.
pub fn wake(context: &Context, env: &Env, webhooks: &[String]) {
    if webhooks.is_empty() {
        return;
    }
    let (env, webhooks) = (env.clone(), webhooks.to_vec());
    let work = async move {
        let now = now();
        let mine: Vec<String> = PROMISED.with_borrow_mut(|promised| {
            let mut mine = webhooks;
            mine.retain(|webhook| {
                let is_promised = |at: &i64| now - at < PROMISED_MS;
                !promised.get(webhook).is_some_and(is_promised)
            });
            promised.extend(mine.iter().map(|webhook| (webhook.clone(), now)));
            mine
        });
        if mine.is_empty() {
            return;
        }
        Delay::from(GATHERED).await;
        PROMISED.with_borrow_mut(|promised| promised.retain(|one, _| !mine.contains(one)));
        wake_all(&env, &mine).await;
    };
    behind_the_answer(context, work.boxed_local());
}

/// The same, where nobody knows yet which ones there are.
pub fn wake_of(context: &Context, env: &Env, database: &Database, slug: String) {
    let (env, database) = (env.clone(), database.clone());
    let work = async move {
        match webhooks::awake(&database, &slug).await {
            Ok(found) => {
                wake_all(&env, &found).await;
            }
            Err(error) => console_error!("webhooks: {error:?}"),
        }
    };
    behind_the_answer(context, work.boxed_local());
}

/// Calls to objects that nobody waits for. Boxed, so that the program holds this once.
pub fn behind_the_answer(context: &Context, work: LocalBoxFuture<'static, ()>) {
    context.wait_until(async {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            console_error!("a call behind an answer panicked");
        }
    });
}

/// Whether they all heard.
pub async fn wake_all(env: &Env, webhooks: &[String]) -> bool {
    let mut is_woken = true;
    for part in webhooks.chunks(AT_ONCE) {
        let heard = join_all(part.iter().map(|webhook| wake_one(env, webhook))).await;
        is_woken &= !heard.contains(&false);
    }
    is_woken
}

/// Whether it heard.
pub async fn wake_one(env: &Env, webhook: &str) -> bool {
    let wake = Call::Wake {
        webhook: webhook.to_owned(),
    };
    let answer = call(env, webhook, &wake).await;
    if let Err(error) = &answer {
        console_error!("webhook {webhook} was not woken: {error:?}");
    }
    answer.is_ok()
}

/// Wakes those who may have missed a call, and those who have to clear up. Two statements at the most.
pub async fn catch_up(env: &Env, database: &Database) -> Result<(), StoreError> {
    let (found, head) = webhooks::behind(database).await?;
    let is_woken = wake_all(env, &found).await;
    if found.is_empty() || found.len() == webhooks::WOKEN_AT_ONCE || !is_woken {
        return Ok(());
    }
    webhooks::caught_up(database, head).await
}

/// JSON text.
pub async fn call(env: &Env, webhook: &str, call: &Call) -> Result<String, StoreError> {
    let unavailable =
        |error: worker::Error| StoreError::Unavailable(format!("a Delivery object: {error}"));
    let body = serde_json::to_string(call)
        .map_err(|error| StoreError::Failed(format!("a call to an object: {error}")))?;
    let request = object::call("https://delivery/", body).map_err(unavailable)?;
    let stub = object::stub(env, "DELIVERY", webhook)?;
    let answer = async {
        let mut response = stub.fetch_with_request(request).await?;
        if response.status_code() != 200 {
            return Err(format!("status {}", response.status_code()).into());
        }
        response.text().await
    };
    match select(Box::pin(answer), Box::pin(Delay::from(PATIENCE))).await {
        Either::Left((text, _)) => text.map_err(unavailable),
        Either::Right(_) => Err(StoreError::Unavailable(
            "a Delivery object is slow".to_owned(),
        )),
    }
}
