//! What one round tries, in which order. PURE.
//!
//! Events of one resource are a lane: one is tried when those before it are delivered or given up.
//! Lanes know nothing of each other.

use serde_json::Value;

use crate::events::kinds::Kinds;
use crate::scim::json;
use crate::store::events::{Event, Page, TENANT_DELETED};
use crate::store::ledger::Waiting;

/// An event that may be sent, as it waits or is to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub waiting: Waiting,
    /// `None` where it is no longer kept.
    pub event: Option<Event>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// To be tried, each lane in its order.
    pub lanes: Vec<Vec<Item>>,
    /// Read from the outbox, and to wait for others of their lanes.
    pub blocked: Vec<Item>,
    /// Behind the one that is tried alone: still unread, unless they are too old.
    pub unread: Vec<Item>,
    /// Up to here the outbox is read, and up to where with `unread`.
    pub next: i64,
    pub next_with_unread: i64,
    /// Whether there is more to read behind that.
    pub more: bool,
}

/// What a round stands on.
pub struct Ground<'a> {
    /// What waits and is due, in order.
    pub due: Vec<Item>,
    /// Events behind `position`.
    pub page: &'a Page,
    pub position: i64,
    pub kinds: &'a Kinds,
    /// The receiver fails: one event tells whether it still does.
    pub is_probe: bool,
    /// Events that may be tried.
    pub limit: usize,
    /// No event counts as older than this.
    pub since: i64,
}

/// `in_lane` says how many wait in a lane, due or not.
pub fn plan<E>(ground: Ground<'_>, in_lane: impl Fn(&str) -> Result<usize, E>) -> Result<Plan, E> {
    let mut plan = Plan {
        next: ground.position,
        ..Plan::default()
    };
    let mut tried = ground.due.len();
    for item in ground.due {
        push(&mut plan.lanes, item);
    }
    let due: Vec<(String, usize)> = plan
        .lanes
        .iter()
        .map(|lane| (lane[0].waiting.lane.clone(), lane.len()))
        .collect();
    let mut end = ground.position;
    for event in &ground.page.events {
        let is_wanted = ground.kinds.has(&event.kind);
        // A tenant's end follows everything that was said of it.
        let is_last = is_wanted && event.kind == TENANT_DELETED;
        if is_wanted && ground.is_probe && tried > 0 {
            plan.unread.push(item(event, ground.since));
        } else if is_wanted {
            if tried == ground.limit || is_last && tried + plan.blocked.len() > 0 {
                plan.more = true;
                break;
            }
            let item = item(event, ground.since);
            let lane = &item.waiting.lane;
            let of_due = due.iter().find(|(name, _)| name == lane);
            let is_blocked = plan.blocked.iter().any(|one| one.waiting.lane == *lane)
                || in_lane(lane)? > of_due.map_or(0, |(_, count)| *count);
            if is_blocked {
                plan.blocked.push(item);
            } else {
                tried += 1;
                push(&mut plan.lanes, item);
            }
        }
        end = event.position;
        if plan.unread.is_empty() {
            plan.next = end;
        }
        if is_last {
            plan.more = true;
            break;
        }
    }
    if !plan.more {
        (end, plan.more) = (ground.page.next, ground.page.more);
        if plan.unread.is_empty() {
            plan.next = end;
        }
    }
    plan.next_with_unread = end;
    Ok(plan)
}

fn push(lanes: &mut Vec<Vec<Item>>, item: Item) {
    let same = |lane: &&mut Vec<Item>| lane[0].waiting.lane == item.waiting.lane;
    match lanes.iter_mut().find(same) {
        Some(lane) => lane.push(item),
        None => lanes.push(vec![item]),
    }
}

/// An event that was not tried yet.
pub fn item(event: &Event, since: i64) -> Item {
    Item {
        waiting: Waiting {
            position: event.position,
            lane: lane(&event.data),
            kind: event.kind.clone(),
            since: event.created.max(since),
            attempts: 0,
            due: 0,
        },
        event: Some(event.clone()),
    }
}

/// The id of what it is about; events of nothing that has one are one lane.
fn lane(data: &str) -> String {
    let data: Value = json::read(data).unwrap_or_default();
    let about = ["resource", "credential", "subject"].map(|name| data[name]["id"].as_str());
    about
        .into_iter()
        .flatten()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::json;

    use super::*;

    fn event(position: i64, resource: &str) -> Event {
        Event {
            position,
            created: position * 10,
            kind: "user.updated".to_owned(),
            tenant: Some("acme".to_owned()),
            endpoint: None,
            data: json!({ "resource": { "id": resource } }).to_string(),
        }
    }

    fn page(events: Vec<Event>) -> Page {
        let last = events.last().map_or(0, |event| event.position);
        Page {
            events,
            next: last + 3,
            more: false,
            head: last + 3,
            pruned: 0,
            is_unknown: false,
        }
    }

    /// The positions in the lanes, those that are blocked, those unread; `next`, and `more`.
    type Told = (Vec<Vec<i64>>, Vec<i64>, Vec<i64>, i64, bool);

    fn told(plan: &Plan) -> Told {
        let positions = |items: &[Item]| items.iter().map(|one| one.waiting.position).collect();
        let lanes = plan.lanes.iter().map(|lane| positions(lane)).collect();
        let (blocked, unread) = (positions(&plan.blocked), positions(&plan.unread));
        (lanes, blocked, unread, plan.next, plan.more)
    }

    fn check(due: &[(i64, &str)], waiting: &[&str], ground: Ground<'_>, expected: Told) -> Plan {
        let due: Vec<Item> = due
            .iter()
            .map(|(position, lane)| item(&event(*position, lane), 0))
            .collect();
        let ground = Ground { due, ..ground };
        let in_lane = |lane: &str| {
            let waiting = waiting.iter().filter(|one| **one == lane);
            Ok::<_, Infallible>(waiting.count())
        };
        let Ok(plan) = plan(ground, in_lane);
        assert_eq!(told(&plan), expected);
        plan
    }

    fn ground<'a>(page: &'a Page, kinds: &'a Kinds) -> Ground<'a> {
        Ground {
            due: Vec::new(),
            page,
            position: 0,
            kinds,
            is_probe: false,
            limit: 40,
            since: 0,
        }
    }

    #[test]
    fn events_of_one_resource_are_one_lane() {
        let kinds = Kinds::default();
        let page = page(vec![event(1, "a"), event(2, "b"), event(4, "a")]);
        let lanes = vec![vec![1, 4], vec![2]];
        check(
            &[],
            &[],
            ground(&page, &kinds),
            (lanes, vec![], vec![], 7, false),
        );
    }

    #[test]
    fn what_waits_comes_first_in_its_lane() {
        let kinds = Kinds::default();
        let page = page(vec![
            event(5, "a"),
            event(6, "b"),
            event(7, "b"),
            event(8, "c"),
        ]);
        // Of "a" all that waits is due; of "b" something waits that is not.
        let (due, waiting) = ([(2, "a"), (3, "a")], ["a", "a", "b"]);
        let lanes = vec![vec![2, 3, 5], vec![8]];
        let expected = (lanes, vec![6, 7], vec![], 11, false);
        check(&due, &waiting, ground(&page, &kinds), expected);
        // Of "a" one more waits than is due.
        let waiting = ["a", "a", "a", "b"];
        let lanes = vec![vec![2, 3], vec![8]];
        let expected = (lanes, vec![5, 6, 7], vec![], 11, false);
        check(&due, &waiting, ground(&page, &kinds), expected);
    }

    #[test]
    fn the_limit_ends_the_reading() {
        let kinds = Kinds::default();
        let page = page(vec![event(1, "a"), event(2, "b"), event(3, "c")]);
        let two = Ground {
            limit: 2,
            ..ground(&page, &kinds)
        };
        check(
            &[],
            &[],
            two,
            (vec![vec![1], vec![2]], vec![], vec![], 2, true),
        );
        let none = Ground {
            limit: 1,
            ..ground(&page, &kinds)
        };
        let lanes = vec![vec![-1]];
        check(&[(-1, "z")], &["z"], none, (lanes, vec![], vec![], 0, true));
    }

    #[test]
    fn other_kinds_are_passed_over() {
        let kinds = Kinds::parse(["group.*"]).unwrap();
        let page = page(vec![event(1, "a"), event(2, "b")]);
        check(
            &[],
            &[],
            ground(&page, &kinds),
            (vec![], vec![], vec![], 5, false),
        );
    }

    #[test]
    fn a_probe_is_one_event_and_reads_nothing_else() {
        let kinds = Kinds::default();
        let page = page(vec![event(1, "a"), event(2, "b"), event(3, "a")]);
        let probe = || Ground {
            is_probe: true,
            ..ground(&page, &kinds)
        };
        let expected = (vec![vec![1]], vec![], vec![2, 3], 1, false);
        let plan = check(&[], &[], probe(), expected);
        assert_eq!(plan.next_with_unread, 6);
        let lanes = vec![vec![-2], vec![-1]];
        let expected = (lanes, vec![], vec![1, 2, 3], 0, false);
        check(&[(-2, "x"), (-1, "y")], &["x", "y"], probe(), expected);
    }

    #[test]
    fn a_tenants_end_comes_alone() {
        let kinds = Kinds::default();
        let end = Event {
            kind: TENANT_DELETED.to_owned(),
            data: "{}".to_owned(),
            ..event(2, "")
        };
        let page = page(vec![event(1, "a"), end, event(3, "b")]);
        check(
            &[],
            &[],
            ground(&page, &kinds),
            (vec![vec![1]], vec![], vec![], 1, true),
        );
        let rest = Page {
            events: page.events[1..].to_vec(),
            ..page
        };
        check(
            &[],
            &[],
            ground(&rest, &kinds),
            (vec![vec![2]], vec![], vec![], 2, true),
        );
    }

    #[test]
    fn no_event_is_older_than_its_webhook_likes() {
        assert_eq!(item(&event(1, "a"), 5).waiting.since, 10);
        assert_eq!(item(&event(1, "a"), 50).waiting.since, 50);
    }
}
