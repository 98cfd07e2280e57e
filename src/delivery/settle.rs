//! What a round leaves behind: who is done, who waits for how long, who is given up. PURE.

use super::backoff;
use super::plan::{Item, Plan};
use crate::store::ledger::{Attempt, DeadLetter, Place, Settled, Waiting};
use crate::store::webhooks::{self, Webhook};

/// Failures in a row, whatever the event, behind which the receiver itself counts as failing: then
/// one event at a time asks whether it is back, and nothing else is sent.
pub const FAILING: u32 = 5;

/// What the receiver says when it wants no more.
pub const GONE: u16 = 410;

/// What came of an event that was to be tried.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Delivered {
        status: u16,
    },
    Failed {
        status: Option<u16>,
        error: String,
        /// Milliseconds that the receiver asks to be left alone.
        wait: Option<i64>,
    },
    /// It is no longer kept: there is nothing to send.
    Vanished,
    /// Something before it failed.
    Untried,
}

impl Outcome {
    /// What the receiver answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Delivered { status } => Some(*status),
            Self::Failed { status, .. } => *status,
            Self::Vanished | Self::Untried => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    pub item: Item,
    pub outcome: Outcome,
    /// When it began, Unix milliseconds, and how long it took.
    pub at: i64,
    pub millis: i64,
}

/// `tried` in the order in which the attempts ended. `chance` is random.
pub fn settle(
    mut place: Place,
    webhook: &Webhook,
    plan: &Plan,
    tried: Vec<Tried>,
    now: i64,
    chance: u32,
) -> Settled {
    let was_failing = place.failures >= FAILING;
    // Those under way with the one that makes it fail say nothing more than that one.
    let most_failures = if was_failing { u32::MAX } else { FAILING };
    let mut settled = Settled::default();
    let mut last_error = None;
    let mut untried = Vec::new();
    for Tried {
        item,
        outcome,
        at,
        millis,
    } in tried
    {
        let mut waiting = item.waiting;
        let mut log = |status, error| {
            settled.attempts.push(Attempt {
                event: item
                    .event
                    .as_ref()
                    .map_or_else(String::new, |event| event.id()),
                kind: waiting.kind.clone(),
                at,
                millis,
                status,
                error,
            });
        };
        match outcome {
            Outcome::Delivered { status } => {
                log(Some(status), None);
                place.failures = 0;
                place.failing = None;
                settled.is_back = was_failing;
                settled.done.push(waiting.position);
            }
            Outcome::Vanished => settled.done.push(waiting.position),
            Outcome::Failed {
                status,
                error,
                wait,
            } => {
                log(status, Some(error.clone()));
                place.failing.get_or_insert(at);
                if status == Some(GONE) {
                    settled.disable = Some(webhooks::GONE);
                }
                place.failures = place.failures.saturating_add(1).min(most_failures);
                if let Some(wait) = wait {
                    place.paused = place.paused.max(now + wait);
                }
                waiting.attempts += 1;
                let chance = chance.wrapping_add(waiting.position as u32);
                waiting.due = now + backoff::wait(webhook.retry_s, waiting.attempts, chance);
                last_error = Some(error);
                untried.push(waiting);
            }
            Outcome::Untried => untried.push(waiting),
        }
    }
    let is_failing = place.failures >= FAILING;
    if is_failing {
        let failures = place.failures - FAILING + 1;
        let pause = backoff::wait(webhook.retry_s, failures, chance);
        place.paused = place.paused.max(now + pause);
        let is_long = |since: i64| now - since >= webhook.disable_s * 1000;
        if last_error.is_some() && place.failing.is_some_and(is_long) {
            settled.disable.get_or_insert(webhooks::FAILING);
        }
    }
    let is_old = |waiting: &Waiting| now - waiting.since >= webhook.give_up_s * 1000;
    let error = last_error.unwrap_or_default();
    for waiting in untried {
        let is_tried = waiting.due > now;
        if (is_tried || is_failing) && is_old(&waiting) {
            settled.done.push(waiting.position);
            settled.dead.push(dead(waiting, &error, now));
        } else {
            settled.waiting.push(waiting);
        }
    }
    let blocked = plan.blocked.iter().map(|item| item.waiting.clone());
    settled.waiting.extend(blocked);
    place.position = plan.next;
    if is_failing {
        bury_unread(&mut settled, &mut place, plan, is_old, &error, now);
    }
    place.attempts += settled.attempts.len() as i64;
    settled.place = place;
    settled
}

/// A receiver that is away for long does not keep the outbox waiting until it forgets: what was
/// given up meanwhile is noted as such, page by page.
fn bury_unread(
    settled: &mut Settled,
    place: &mut Place,
    plan: &Plan,
    is_old: impl Fn(&Waiting) -> bool,
    error: &str,
    now: i64,
) {
    let old = plan.unread.iter().map(|item| &item.waiting);
    let old: Vec<_> = old.take_while(|waiting| is_old(waiting)).collect();
    let Some(last) = old.last() else {
        return;
    };
    if old.len() == plan.unread.len() {
        place.position = plan.next_with_unread;
        if plan.more {
            place.paused = now;
        }
    } else {
        place.position = last.position;
    }
    let dead = old.into_iter().map(|one| dead(one.clone(), error, now));
    settled.dead.extend(dead);
}

fn dead(waiting: Waiting, error: &str, now: i64) -> DeadLetter {
    DeadLetter {
        position: waiting.position,
        lane: waiting.lane,
        kind: waiting.kind,
        attempts: waiting.attempts,
        error: error.to_owned(),
        died: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::tests::webhook;

    const NOW: i64 = 1_000_000;

    /// An event that happened so many seconds ago.
    fn item(position: i64, seconds: i64) -> Item {
        Item {
            waiting: Waiting {
                position,
                lane: format!("r{position}"),
                kind: "user.updated".to_owned(),
                since: NOW - seconds * 1000,
                attempts: 0,
                due: 0,
            },
            event: None,
        }
    }

    fn tried(item: Item, outcome: Outcome) -> Tried {
        Tried {
            item,
            outcome,
            at: NOW,
            millis: 1,
        }
    }

    fn failed() -> Outcome {
        Outcome::Failed {
            status: Some(500),
            error: "status 500".to_owned(),
            wait: None,
        }
    }

    fn place(failures: u32) -> Place {
        Place {
            failures,
            position: 10,
            attempts: 7,
            ..Place::default()
        }
    }

    fn plan(next: i64) -> Plan {
        Plan {
            next,
            next_with_unread: next,
            ..Plan::default()
        }
    }

    fn settled(failures: u32, plan: &Plan, tried: Vec<Tried>) -> Settled {
        settle(place(failures), &webhook(), plan, tried, NOW, 0)
    }

    /// The positions that wait, each with its seconds, and those that are dead.
    fn told(settled: &Settled) -> (Vec<(i64, i64)>, Vec<i64>) {
        let waiting = settled.waiting.iter();
        let waiting = waiting.map(|one| (one.position, (one.due - NOW).max(0) / 1000));
        let dead = settled.dead.iter().map(|one| one.position);
        (waiting.collect(), dead.collect())
    }

    #[test]
    fn the_delivered_are_done_and_the_failed_wait() {
        let delivered = Outcome::Delivered { status: 204 };
        let round = vec![
            tried(item(11, 0), delivered),
            tried(item(12, 0), failed()),
            tried(item(13, 0), Outcome::Untried),
            tried(item(14, 0), Outcome::Vanished),
        ];
        let settled = settled(0, &plan(20), round);
        assert_eq!(settled.done, [11, 14]);
        assert_eq!(told(&settled), (vec![(12, 5), (13, 0)], vec![]));
        assert_eq!(settled.waiting[0].attempts, 1);
        let place = settled.place;
        assert_eq!((place.position, place.failures, place.paused), (20, 1, 0));
        assert_eq!((place.attempts, settled.attempts.len()), (9, 2));
    }

    #[test]
    fn an_old_event_dies_when_it_fails_and_not_before() {
        let settled = settled(
            0,
            &plan(20),
            vec![
                tried(item(11, 100), failed()),
                tried(item(12, 99), failed()),
                tried(item(13, 100), Outcome::Untried),
            ],
        );
        assert_eq!(told(&settled), (vec![(12, 5), (13, 0)], vec![11]));
        assert_eq!(settled.done, [11]);
        assert_eq!(settled.dead[0].error, "status 500");
        assert_eq!(settled.dead[0].attempts, 1);
    }

    #[test]
    fn many_failures_pause_everything_and_one_success_ends_it() {
        let round = (11..16).map(|position| tried(item(position, 0), failed()));
        let bad = settled(0, &plan(20), round.collect());
        assert_eq!(
            (bad.place.failures, bad.place.paused),
            (FAILING, NOW + 5000)
        );
        // Those that were under way with the fifth make the wait no longer.
        let round = (11..20).map(|position| tried(item(position, 0), failed()));
        let more = settled(0, &plan(20), round.collect());
        assert_eq!(
            (more.place.failures, more.place.paused),
            (FAILING, NOW + 5000)
        );
        let worse = settled(FAILING, &plan(20), vec![tried(item(11, 0), failed())]);
        assert_eq!(worse.place.paused, NOW + 20_000);
        let delivered = Outcome::Delivered { status: 200 };
        let good = settled(FAILING, &plan(20), vec![tried(item(11, 0), delivered)]);
        assert_eq!(
            (good.place.failures, good.place.paused, good.is_back),
            (0, 0, true)
        );
    }

    #[test]
    fn one_that_never_succeeds_is_disabled_in_the_end() {
        let check = |failures: u32, seconds: i64, outcome: Outcome, expected: Option<&str>| {
            let place = Place {
                failing: Some(NOW - seconds * 1000),
                ..place(failures)
            };
            let round = vec![tried(item(11, 0), outcome)];
            let settled = settle(place, &webhook(), &plan(20), round, NOW, 0);
            assert_eq!(settled.disable, expected, "{failures} for {seconds} s");
            settled.place.failing
        };
        let long = webhook().disable_s;
        check(FAILING, long, failed(), Some("failing"));
        check(FAILING, long - 1, failed(), None);
        // Few attempts say little of a receiver.
        check(1, long, failed(), None);
        check(FAILING, long, Outcome::Untried, None);
        let delivered = Outcome::Delivered { status: 200 };
        assert_eq!(check(FAILING, long, delivered, None), None);
        let gone = Outcome::Failed {
            status: Some(GONE),
            error: "status 410".to_owned(),
            wait: None,
        };
        check(0, 0, gone, Some("gone"));
        let first = settled(0, &plan(20), vec![tried(item(11, 0), failed())]);
        assert_eq!(first.place.failing, Some(NOW));
    }

    #[test]
    fn what_a_receiver_asks_for_pauses_everything() {
        let asked = Outcome::Failed {
            status: Some(429),
            error: "status 429".to_owned(),
            wait: Some(60_000),
        };
        let settled = settled(0, &plan(20), vec![tried(item(11, 0), asked)]);
        assert_eq!(settled.place.paused, NOW + 60_000);
        assert_eq!(told(&settled).0, [(11, 5)]);
    }

    #[test]
    fn behind_a_failing_receiver_the_old_are_given_up_unsent() {
        let unread = |ages: &[i64]| Plan {
            unread: (21..).zip(ages).map(|(at, age)| item(at, *age)).collect(),
            next_with_unread: 30,
            more: true,
            ..plan(20)
        };
        let check = |ages: &[i64], position: i64, dead: &[i64], is_paused: bool| {
            let round = vec![
                tried(item(11, 200), failed()),
                tried(item(12, 200), Outcome::Untried),
            ];
            let settled = settled(FAILING, &unread(ages), round);
            assert_eq!(settled.place.position, position, "{ages:?}");
            assert_eq!(told(&settled).1, [&[11, 12], dead].concat(), "{ages:?}");
            assert_eq!(settled.place.paused > NOW, is_paused, "{ages:?}");
        };
        check(&[], 20, &[], true);
        check(&[50, 20], 20, &[], true);
        check(&[150, 120, 50], 22, &[21, 22], true);
        check(&[150, 120], 30, &[21, 22], false);
        let delivered = vec![tried(item(11, 200), Outcome::Delivered { status: 200 })];
        let back = settled(FAILING, &unread(&[150]), delivered);
        assert_eq!((back.place.position, told(&back).1), (20, vec![]));
    }
}
