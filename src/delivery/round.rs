//! One round: what is due and what is new is sent, several lanes at a time, and what came of it is
//! written down in one transaction.

use std::cell::Cell;

use futures_util::{StreamExt, stream};
use worker::{Env, Storage};

use super::body::Bodies;
use super::now;
use super::plan::{Ground, Item, Plan, plan};
use super::send::send;
use super::settle::{FAILING, GONE, Outcome, Tried, settle};
use crate::events::kinds::Kinds;
use crate::events::set::{self, Format};
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::events::Page;
use crate::store::ledger::{Ledger, Place, Waiting};
use crate::store::webhooks::{self, Webhook, Work};

/// Attempts of one round: an invocation on the free plan has 50 requests to elsewhere.
const ATTEMPTS: usize = 40;

/// Lanes at the same time: an invocation has six connections, and D1 wants one.
const IN_FLIGHT: usize = 5;

/// Events that are read at once.
const PAGE: u32 = 100;

/// Events that wait at the most: then the outbox has to.
const MAX_WAITING: i64 = 10_000;

/// When the next round is due, if any is.
pub async fn run(env: &Env, storage: &Storage) -> Result<Option<i64>, StoreError> {
    let now = now();
    let ledger = Ledger::open(storage.sql())?;
    let Some(mut place) = ledger.place()? else {
        return Ok(None);
    };
    if place.paused > now {
        return Ok(Some(place.paused));
    }
    let database = Database::new(env)?;
    if place.tenant.is_none() {
        let Some(webhook) = webhooks::find(&database, &place.webhook).await? else {
            return empty(storage, None).await;
        };
        ledger.begin_at(&(&webhook).into())?;
        place = match ledger.place()? {
            Some(place) => place,
            None => return Ok(None),
        };
    }
    let due = ledger.due(now, ATTEMPTS)?;
    let has_room = due.len() < ATTEMPTS && ledger.counts()?.0 < MAX_WAITING;
    let limit = if has_room { PAGE } else { 0 };
    let work = read(&database, &place, limit, &due).await?;
    let webhook = match &work.webhook {
        None => return empty(storage, None).await,
        Some(webhook) if webhook.deleted.is_some() => {
            return empty(storage, Some((&database, &webhook.id))).await;
        }
        Some(webhook) if webhook.disabled.is_some() => return Ok(None),
        Some(webhook) => webhook.clone(),
    };
    keep_up(&mut place, &work.page);
    let kinds = kinds(&webhook);
    let ground = Ground {
        due: items(due, &work),
        page: &work.page,
        position: place.position,
        kinds: &kinds,
        is_probe: place.failures >= FAILING,
        limit: ATTEMPTS,
        since: place.since,
    };
    let mut plan = plan(ground, |lane| ledger.in_lane(lane))?;
    plan.more &= has_room;
    let sender = Sender {
        webhook: &webhook,
        bodies: Bodies::of(&webhook, &database, now).await?,
        local: super::is_local(env),
    };
    let tried = try_all(&sender, &mut plan, place.failures).await;
    let (next, disable) = write(&ledger, place, &webhook, &plan, tried)?;
    if let Some(reason) = disable {
        webhooks::disable(&database, &webhook, reason, now).await?;
        return Ok(None);
    }
    Ok(next)
}

async fn read(
    database: &Database,
    place: &Place,
    limit: u32,
    due: &[Waiting],
) -> Result<Work, StoreError> {
    let positions: Vec<i64> = due.iter().map(|waiting| waiting.position).collect();
    let whose = (place.webhook.as_str(), place.tenant.unwrap_or_default());
    webhooks::work(database, whose, place.position, limit, &positions).await
}

/// Where the outbox does not go on from the position: events grew old while the webhook was disabled,
/// or the database was restored to an earlier time.
fn keep_up(place: &mut Place, page: &Page) {
    if place.position < page.pruned {
        place.missed = Some(page.pruned);
    } else if place.position > page.head {
        place.missed = Some(place.position);
        place.position = page.head;
    }
}

/// What was looked for, each with its event.
fn items(due: Vec<Waiting>, work: &Work) -> Vec<Item> {
    let is_read = |waiting: &Waiting| work.cut.is_none_or(|cut| waiting.position < cut);
    let due = due.into_iter().filter(is_read);
    let item = |waiting: Waiting| Item {
        event: work
            .waiting
            .iter()
            .find(|event| event.position == waiting.position)
            .cloned(),
        waiting,
    };
    due.map(item).collect()
}

/// Those that the webhook asks for, and of which there is something to send.
fn kinds(webhook: &Webhook) -> Kinds {
    let chosen = Kinds::parse(webhook.types.split_whitespace()).unwrap_or_default();
    match Format::named(&webhook.format) {
        None => chosen,
        // There is one at least: the admin API sees to it.
        Some(_) => Kinds::parse(set::told(&chosen)).unwrap_or_default(),
    }
}

/// What all attempts have in common.
struct Sender<'a> {
    webhook: &'a Webhook,
    bodies: Bodies<'a>,
    local: bool,
}

/// What attempts under way tell each other.
struct Gate {
    failures: Cell<u32>,
    left: Cell<usize>,
}

impl Gate {
    fn is_open(&self) -> bool {
        self.left.get() > 0
    }

    fn learn(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Delivered { .. } => self.failures.set(0),
            Outcome::Failed { status, wait, .. } => {
                self.failures.set(self.failures.get().saturating_add(1));
                if wait.is_some() || *status == Some(GONE) || self.failures.get() >= FAILING {
                    self.left.set(0);
                }
            }
            Outcome::Vanished | Outcome::Untried => {}
        }
    }
}

async fn try_all(sender: &Sender<'_>, plan: &mut Plan, failures: u32) -> Vec<Tried> {
    let is_probe = failures >= FAILING;
    let gate = Gate {
        failures: Cell::new(failures),
        left: Cell::new(if is_probe { 1 } else { usize::MAX }),
    };
    let lanes = std::mem::take(&mut plan.lanes);
    let tried: Vec<Vec<Tried>> = stream::iter(lanes)
        .map(|lane| try_lane(sender, lane, &gate))
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await;
    tried.into_iter().flatten().collect()
}

async fn try_lane(sender: &Sender<'_>, lane: Vec<Item>, gate: &Gate) -> Vec<Tried> {
    let mut tried = Vec::with_capacity(lane.len());
    let mut is_free = true;
    for item in lane {
        let (outcome, at, millis) = match &item.event {
            None => (Outcome::Vanished, 0, 0),
            Some(event) if is_free && gate.is_open() => {
                gate.left.set(gate.left.get() - 1);
                let body = sender.bodies.of_event(event).await;
                let sent = send(sender.webhook, &event.id(), body, sender.local).await;
                gate.learn(&sent.outcome);
                (sent.outcome, sent.at, sent.millis)
            }
            Some(_) => (Outcome::Untried, 0, 0),
        };
        is_free &= matches!(outcome, Outcome::Delivered { .. } | Outcome::Vanished);
        tried.push(Tried {
            item,
            outcome,
            at,
            millis,
        });
    }
    tried
}

/// When the next round is due, and why there is to be none. From here on nothing is awaited: one
/// transaction.
fn write(
    ledger: &Ledger,
    place: Place,
    webhook: &Webhook,
    plan: &Plan,
    mut tried: Vec<Tried>,
) -> Result<(Option<i64>, Option<&'static str>), StoreError> {
    let Some(current) = ledger.place()? else {
        return Ok((None, None));
    };
    tried.sort_by_key(|one| one.at + one.millis);
    let now = now();
    let chance = getrandom::u32().unwrap_or_default();
    let is_changed = current.changes != place.changes;
    let mut settled = settle(place, webhook, plan, tried, now, chance);
    if is_changed {
        // An administrator meanwhile sent it back, or woke it up: that counts, and what was sent now
        // may be sent again.
        settled.place = Place {
            attempts: settled.place.attempts,
            ..current
        };
        settled.disable = None;
    }
    ledger.settle(&settled)?;
    let place = settled.place;
    let next = if is_changed || plan.more || place.position < plan.next_with_unread {
        Some(now)
    } else {
        ledger.next_due()?
    };
    Ok((next.map(|at| at.max(place.paused)), settled.disable))
}

/// Nothing is left of a webhook that is no more; then its row can go as well.
async fn empty(
    storage: &Storage,
    row: Option<(&Database, &str)>,
) -> Result<Option<i64>, StoreError> {
    let failed = |error: worker::Error| StoreError::Failed(error.to_string());
    storage.delete_alarm().await.map_err(failed)?;
    storage.delete_all().await.map_err(failed)?;
    if let Some((database, id)) = row {
        webhooks::forget(database, id).await?;
    }
    Ok(None)
}
