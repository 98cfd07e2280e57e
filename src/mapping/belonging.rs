//! What a user belongs to, through the groups the user is in.

use serde_json::Value;

use super::overview::NamedGroup;
use super::rules::{Rules, Target};

/// A group that a user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub group: NamedGroup,
    /// Not through a group in the group.
    pub direct: bool,
}

impl Membership {
    /// From the store's JSON: `[{"value": …, "externalId": …, "display": …, "type": "direct"}]`.
    pub fn read_all(list: &Value) -> Vec<Self> {
        let read = |membership: &Value| {
            let text = |name: &str| membership[name].as_str().map(str::to_owned);
            Some(Self {
                group: NamedGroup {
                    id: text("value")?,
                    external_id: text("externalId"),
                    display: text("display").unwrap_or_default(),
                },
                direct: membership["type"] == "direct",
            })
        };
        let list = list.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(read).collect()
    }
}

/// A department, team or role of a user, and the ids of the groups that make it so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Belonging {
    pub target: Target,
    pub through: Vec<String>,
}

/// By priority, kind and name: the first department is the main one. Each is there once, with the
/// smallest priority that a group gives it.
pub fn belongings(rules: &Rules, memberships: &[Membership]) -> Vec<Belonging> {
    let mut found: Vec<Belonging> = Vec::new();
    for Membership { group, direct } in memberships {
        for target in rules.targets(&group.group()) {
            if !direct && !target.nested {
                continue;
            }
            let through = group.id.clone();
            let known = found
                .iter_mut()
                .find(|known| known.target.kind == target.kind && known.target.name == target.name);
            match known {
                Some(known) => {
                    known.target.priority = known.target.priority.min(target.priority);
                    known.through.push(through);
                }
                None => found.push(Belonging {
                    target,
                    through: vec![through],
                }),
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_belongs_where_the_groups_say() {
        let rules = Rules::parse(&json!([
            { "prefix": "dept-", "priority": 50 },
            { "name": "Sales staff", "target": "Sales", "priority": 10, "nested": true },
            { "prefix": "crew-", "kind": "team", "priority": 60 },
        ]))
        .unwrap();
        let memberships = Membership::read_all(&json!([
            { "value": "1", "display": "dept-Ops", "type": "direct" },
            { "value": "2", "display": "dept-Sales", "type": "direct" },
            { "value": "3", "display": "Sales staff", "type": "indirect" },
            { "value": "4", "display": "dept-Hidden", "type": "indirect" },
            { "value": "5", "display": "crew-Red", "type": "direct" },
            { "value": "6", "display": "Everyone", "type": "direct" },
        ]));
        let found = belongings(&rules, &memberships);
        let shown: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.target.kind.as_str(),
                    one.target.name.as_str(),
                    one.through.join(" "),
                )
            })
            .collect();
        let of = |kind, name, through: &str| (kind, name, through.to_owned());
        assert_eq!(
            shown,
            [
                of("department", "Sales", "2 3"),
                of("department", "Ops", "1"),
                of("team", "Red", "5"),
            ]
        );
    }
}
