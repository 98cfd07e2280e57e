//! How far the product has been told what users belong to, and what is to be told next.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::belonging::Belonging;

/// `tenants.told`. Everyone is looked at after the rules changed, in the order of their ids; groups
/// that changed are looked through, one after the other; then events tell who is to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The outbox is read up to here.
    pub position: i64,
    /// The last user that was looked at; `None` when nobody is left to be.
    pub walk: Option<String>,
    /// Ids of groups to look through: present members first, by `after`, then those who belonged
    /// through the group when they were last told, by `user`.
    pub groups: Vec<String>,
    /// The last member's `seq`.
    pub after: i64,
    pub user: Option<String>,
}

impl Progress {
    /// Takes groups up that are not waiting yet.
    pub fn look_through(&mut self, groups: &mut Vec<String>) {
        for group in groups.drain(..) {
            if !self.groups.contains(&group) {
                self.groups.push(group);
            }
        }
    }
}

/// Whom an event makes look different.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub users: Vec<String>,
    pub groups: Vec<String>,
    /// Deleted: whoever is told of that need not be told more.
    pub gone: Vec<String>,
}

impl Touched {
    /// `members` is the event's list, where it has one.
    pub fn by(&mut self, kind: &str, id: &str, members: &Value) {
        match kind {
            "user.restored" => self.users.push(id.to_owned()),
            "user.deleted" => self.gone.push(id.to_owned()),
            "group.updated" | "group.renamed" | "group.deleted" | "group.restored" => {
                self.groups.push(id.to_owned());
            }
            "group.member_added" | "group.member_removed" => {
                let members = members.as_array().map_or(&[][..], Vec::as_slice);
                for member in members {
                    let list = match member["type"].as_str() {
                        Some("Group") => &mut self.groups,
                        _ => &mut self.users,
                    };
                    list.extend(member["value"].as_str().map(str::to_owned));
                }
            }
            _ => {}
        }
    }
}

/// A department, team or role by its name.
pub type Named = (String, String);

/// What the event says; `None` when nothing changed. `before` is in no order.
pub fn difference(before: &[Named], now: &[Belonging]) -> Option<Value> {
    let now: Vec<Named> = now
        .iter()
        .map(|one| (one.target.kind.clone(), one.target.name.clone()))
        .collect();
    let without = |these: &[Named], those: &[Named]| -> Vec<Value> {
        let missing = these.iter().filter(|one| !those.contains(one));
        missing.map(shown).collect()
    };
    let (added, removed) = (without(&now, before), without(before, &now));
    if added.is_empty() && removed.is_empty() {
        return None;
    }
    let all: Vec<Value> = now.iter().map(shown).collect();
    Some(json!({ "targets": all, "added": added, "removed": removed }))
}

fn shown((kind, name): &Named) -> Value {
    json!({ "kind": kind, "name": name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Membership, Rules, belongings};

    #[test]
    fn events_say_who_is_to_be_looked_at() {
        let mut touched = Touched::default();
        let members =
            json!([{ "value": "u1", "type": "User" }, { "value": "g2", "type": "Group" }]);
        touched.by("group.member_added", "g1", &members);
        touched.by("group.renamed", "g3", &Value::Null);
        touched.by("user.deleted", "u4", &Value::Null);
        touched.by("user.restored", "u5", &Value::Null);
        touched.by("user.updated", "u6", &Value::Null);
        touched.by("user.targets_changed", "u7", &Value::Null);
        let ids = |list: &[&str]| list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let expected = Touched {
            users: ids(&["u1", "u5"]),
            groups: ids(&["g2", "g3"]),
            gone: ids(&["u4"]),
        };
        assert_eq!(touched, expected);
    }

    #[test]
    fn only_what_came_and_went_is_told() {
        let rules = Rules::parse(&json!([{ "prefix": "d-" }])).unwrap();
        let memberships = json!([
            { "value": "1", "display": "d-A", "type": "direct" },
            { "value": "2", "display": "d-B", "type": "direct" },
        ]);
        let now = belongings(&rules, &Membership::read_all(&memberships));
        let named = |name: &str| ("department".to_owned(), name.to_owned());
        let shown = |name: &str| json!({ "kind": "department", "name": name });
        assert_eq!(difference(&[named("B"), named("A")], &now), None);
        assert_eq!(
            difference(&[named("B"), named("C")], &now),
            Some(json!({
                "targets": [shown("A"), shown("B")],
                "added": [shown("A")],
                "removed": [shown("C")],
            }))
        );
    }
}
