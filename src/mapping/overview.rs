//! What rules make of the groups there are: for a person who writes rules, and for the product.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rules::{Group, Rules, Target};

/// A group as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGroup {
    pub id: String,
    pub external_id: Option<String>,
    pub display: String,
}

impl NamedGroup {
    pub fn group(&self) -> Group<'_> {
        Group {
            id: &self.id,
            external_id: self.external_id.as_deref(),
            display: &self.display,
        }
    }
}

/// Every target with its groups, by kind, priority and name; and the groups that no rule means.
pub fn overview(rules: &Rules, groups: &[NamedGroup]) -> Value {
    let mut by_target: BTreeMap<(String, i64, String), Vec<Value>> = BTreeMap::new();
    let mut unmapped = Vec::new();
    for group in groups {
        let targets = rules.targets(&group.group());
        if targets.is_empty() {
            unmapped.push(json!({ "id": group.id, "name": group.display }));
        }
        for target in targets {
            let key = (target.kind, target.priority, target.name);
            let shown = json!({ "id": group.id, "name": group.display, "nested": target.nested });
            by_target.entry(key).or_default().push(shown);
        }
    }
    let targets: Vec<Value> = by_target
        .into_iter()
        .map(|((kind, priority, name), groups)| {
            json!({ "kind": kind, "name": name, "priority": priority, "groups": groups })
        })
        .collect();
    json!({ "targets": targets, "unmapped": unmapped })
}

/// The groups that other rules would make something else of, with what they are and would be.
pub fn changes(before: &Rules, after: &Rules, groups: &[NamedGroup]) -> Vec<Value> {
    let shown = |targets: &[Target]| -> Vec<Value> {
        let target = |target: &Target| json!({ "kind": target.kind, "name": target.name });
        targets.iter().map(target).collect()
    };
    let mut changes = Vec::new();
    for group in groups {
        let (old, new) = (
            before.targets(&group.group()),
            after.targets(&group.group()),
        );
        if old != new {
            changes.push(json!({
                "group": { "id": group.id, "name": group.display },
                "before": shown(&old),
                "after": shown(&new),
            }));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<NamedGroup> {
        let group = |id: &str, display: &str| NamedGroup {
            id: id.to_owned(),
            external_id: None,
            display: display.to_owned(),
        };
        vec![
            group("1", "dept-Sales"),
            group("2", "dept-SALES"),
            group("3", "All Company"),
            group("4", "dept-Sales"),
        ]
    }

    #[test]
    fn groups_of_a_name_are_one_target() {
        let rules = Rules::parse(&json!([{ "prefix": "dept-", "nested": true }])).unwrap();
        let sales = |id: &str| json!({ "id": id, "name": "dept-Sales", "nested": true });
        assert_eq!(
            overview(&rules, &groups()),
            json!({
                "targets": [
                    { "kind": "department", "name": "SALES", "priority": 100, "groups": [
                        { "id": "2", "name": "dept-SALES", "nested": true }
                    ] },
                    { "kind": "department", "name": "Sales", "priority": 100,
                        "groups": [sales("1"), sales("4")] },
                ],
                "unmapped": [{ "id": "3", "name": "All Company" }],
            })
        );
    }

    #[test]
    fn only_groups_that_become_something_else_change() {
        let before = Rules::parse(&json!([{ "prefix": "dept-" }])).unwrap();
        let after = json!([{ "prefix": "dept-" }, { "name": "all company", "kind": "team" }]);
        let after = Rules::parse(&after).unwrap();
        assert_eq!(
            changes(&before, &after, &groups()),
            [json!({
                "group": { "id": "3", "name": "All Company" },
                "before": [],
                "after": [{ "kind": "team", "name": "All Company" }],
            })]
        );
    }
}
