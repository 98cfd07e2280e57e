//! The rules of a tenant, in the order in which they are asked.

use serde_json::Value;

use super::pattern::{KEYS, Pattern};
use crate::scim::resource::Map;

/// Rules that a tenant can have.
pub const MAX_RULES: usize = 200;

/// What a kind without a rule of its own is called, and what most products need.
pub const DEPARTMENT: &str = "department";

/// Longest kind and longest template, in bytes.
const MAX_TEXT: usize = 200;

/// Longest name of a target, in characters: groups' names have no limit of their own.
const MAX_NAME: usize = 500;

const PRIORITY: std::ops::RangeInclusive<i64> = 0..=1_000_000;

/// What a rule can see of a group.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    pub id: &'a str,
    pub external_id: Option<&'a str>,
    pub display: &'a str,
}

/// What a group is for the product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The smaller, the earlier: the first of a user's departments is the main one.
    pub priority: i64,
    /// "department", "team", "role", or what the product calls it.
    pub kind: String,
    pub name: String,
    /// Whether members of groups within the group count.
    pub nested: bool,
}

#[derive(Debug, Clone)]
struct Rule {
    pattern: Pattern,
    kind: String,
    template: Option<String>,
    priority: i64,
    nested: bool,
}

/// By priority, then as they were given.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// From the JSON that an administrator sends: `[{"prefix": "dept-", "kind": "department",
    /// "target": "$1", "priority": 10, "nested": true}]`.
    ///
    /// - one of `name`, `prefix`, `regex`, `external_id`, `group_id` says which groups are meant;
    /// - `kind`: what they become, by default "department";
    /// - `target`: its name, where `$1`, `$2`, … stand for the parts of a regular expression or for
    ///   what follows a prefix, `$$` for a dollar; by default `$1` where there is one, and otherwise
    ///   the group's displayName;
    /// - `priority`: 0 to 1000000, by default 100. Of several rules of a kind that mean a group, the
    ///   one with the smallest number counts, of equals the first;
    /// - `nested`: whether members of groups within the group count, by default false.
    pub fn parse(rules: &Value) -> Result<Self, String> {
        let Value::Array(rules) = rules else {
            return Err("rules is a list".to_owned());
        };
        if rules.len() > MAX_RULES {
            return Err(format!("there can be at most {MAX_RULES} rules"));
        }
        let mut parsed = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let rule = match rule {
                Value::Object(rule) => parse_rule(rule),
                _ => Err("it is an object".to_owned()),
            };
            parsed.push(rule.map_err(|why| format!("rules[{at}]: {why}"))?);
        }
        parsed.sort_by_key(|rule| rule.priority);
        Ok(Self(parsed))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What this group is: at most one target of each kind, in the order of their priority.
    pub fn targets(&self, group: &Group<'_>) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        for rule in &self.0 {
            if targets.iter().any(|target| target.kind == rule.kind) {
                continue;
            }
            if let Some(name) = rule.name(group) {
                targets.push(Target {
                    priority: rule.priority,
                    kind: rule.kind.clone(),
                    name,
                    nested: rule.nested,
                });
            }
        }
        targets
    }
}

impl Rule {
    /// `None` when the rule does not mean the group, and when the name would be empty: a group
    /// called "dept-" is no department.
    fn name(&self, group: &Group<'_>) -> Option<String> {
        let captures = self.pattern.captures(group)?;
        let name = match (&self.template, captures.first()) {
            (Some(template), _) => expand(template, &captures),
            (None, Some(first)) => first.clone(),
            (None, None) => group.display.to_owned(),
        };
        let name: String = name.trim().chars().take(MAX_NAME).collect();
        (!name.is_empty()).then_some(name)
    }
}

fn parse_rule(rule: &Map) -> Result<Rule, String> {
    let known = [&KEYS[..], &["kind", "target", "priority", "nested"]].concat();
    if let Some(key) = rule.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!(
            "there is no {key:?}; there are {}",
            known.join(", ")
        ));
    }
    let mut patterns = KEYS.iter().filter_map(|key| Some((key, rule.get(*key)?)));
    let pattern = match (patterns.next(), patterns.next()) {
        (Some((key, value)), None) => Pattern::parse(key, value)?,
        _ => return Err(format!("it has one of {}", KEYS.join(", "))),
    };
    let kind = match rule.get("kind") {
        None => DEPARTMENT.to_owned(),
        Some(Value::String(kind)) if is_kind(kind) => kind.clone(),
        Some(_) => return Err("kind is a word of small letters, digits, - and _".to_owned()),
    };
    let template = match rule.get("target") {
        None => None,
        Some(Value::String(text)) if !text.trim().is_empty() && text.len() <= MAX_TEXT => {
            check_template(text, pattern.capture_count())?;
            Some(text.clone())
        }
        Some(_) => return Err(format!("target is a string of 1 to {MAX_TEXT} bytes")),
    };
    let priority = match rule.get("priority").map(Value::as_i64) {
        None => 100,
        Some(Some(priority)) if PRIORITY.contains(&priority) => priority,
        Some(_) => return Err(format!("priority is 0 to {}", PRIORITY.end())),
    };
    let nested = match rule.get("nested") {
        None => false,
        Some(Value::Bool(nested)) => *nested,
        Some(_) => return Err("nested is true or false".to_owned()),
    };
    Ok(Rule {
        pattern,
        kind,
        template,
        priority,
        nested,
    })
}

fn is_kind(kind: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !kind.is_empty() && kind.len() <= MAX_TEXT && kind.chars().all(is_letter)
}

fn check_template(template: &str, captures: usize) -> Result<(), String> {
    for part in parts(template) {
        match part {
            Part::Capture(number) if !(1..=captures).contains(&number) => {
                return Err(format!(
                    "target: ${number} stands for nothing, there are {captures} parts to use"
                ));
            }
            Part::Capture(_) | Part::Text(_) => {}
        }
    }
    Ok(())
}

fn expand(template: &str, captures: &[String]) -> String {
    let text = |part| match part {
        Part::Text(text) => text,
        Part::Capture(number) => captures
            .get(number.wrapping_sub(1))
            .map_or("", String::as_str),
    };
    parts(template).map(text).collect()
}

enum Part<'a> {
    Text(&'a str),
    Capture(usize),
}

/// A template in its parts. A dollar that is followed by neither a digit nor another dollar stands
/// for itself.
fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (part, length) = match rest.strip_prefix('$') {
            Some(behind) if behind.starts_with('$') => (Part::Text("$"), 2),
            Some(behind) => {
                let digits = behind
                    .bytes()
                    .take(2)
                    .take_while(u8::is_ascii_digit)
                    .count();
                match behind[..digits].parse() {
                    Ok(number) => (Part::Capture(number), 1 + digits),
                    Err(_) => (Part::Text("$"), 1),
                }
            }
            None => {
                let length = rest.find('$').unwrap_or(rest.len());
                (Part::Text(&rest[..length]), length)
            }
        };
        rest = &rest[length..];
        (length > 0).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn targets(rules: Value, display: &str) -> Vec<(String, String)> {
        let group = Group {
            id: "g1",
            external_id: Some("00g1"),
            display,
        };
        let rules = Rules::parse(&rules).unwrap();
        let targets = rules.targets(&group).into_iter();
        targets.map(|target| (target.kind, target.name)).collect()
    }

    #[test]
    fn a_group_becomes_what_the_rule_says() {
        let check = |rule: Value, display: &str, expected: &str| {
            let found = targets(json!([rule.clone()]), display);
            let names: Vec<_> = found.iter().map(|(_, name)| name.as_str()).collect();
            let expected: Vec<_> = Some(expected)
                .filter(|name| !name.is_empty())
                .into_iter()
                .collect();
            assert_eq!(names, expected, "{rule} {display}");
        };
        check(json!({"name": "SALES"}), "Sales", "Sales");
        check(
            json!({"name": "Sales", "target": "Selling"}),
            "sales",
            "Selling",
        );
        check(json!({"name": "Sales"}), "Sales EMEA", "");
        check(json!({"prefix": "dept-"}), "DEPT-Research", "Research");
        check(json!({"prefix": "Straße "}), "STRAẞE Nord", "Nord");
        check(json!({"prefix": "i\u{307}"}), "İzmir", "zmir");
        check(json!({"prefix": "dept-"}), "dept-", "");
        check(json!({"prefix": "dept-"}), "dep", "");
        check(
            json!({"regex": "^(\\w+)/(\\w+)$", "target": "$2 ($1)"}),
            "EMEA/Sales",
            "Sales (EMEA)",
        );
        check(json!({"regex": "^(\\w+)/(\\w+)$"}), "EMEA/Sales", "EMEA");
        check(json!({"regex": "(?i)^sales"}), "SALES 7", "SALES 7");
        check(json!({"regex": "^a(b)?$", "target": "<$1>"}), "a", "<>");
        check(json!({"external_id": "00g1"}), "x", "x");
        check(json!({"external_id": "00G1"}), "x", "");
        check(json!({"group_id": "g1", "target": "$$1 $"}), "x", "$1 $");
    }

    #[test]
    fn the_smallest_priority_of_a_kind_counts() {
        let rules = json!([
            {"prefix": "a", "target": "late", "priority": 20},
            {"prefix": "a", "target": "early", "priority": 10},
            {"prefix": "a", "target": "as early", "priority": 10},
            {"prefix": "a", "target": "crew", "kind": "team"},
        ]);
        let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        assert_eq!(
            targets(rules, "abc"),
            [pair("department", "early"), pair("team", "crew")]
        );
    }

    #[test]
    fn refusals_name_the_rule() {
        let check = |rule: Value, words: &str| {
            let error = Rules::parse(&json!([{"name": "fine"}, rule.clone()])).unwrap_err();
            assert!(error.starts_with("rules[1]: "), "{error}");
            assert!(error.contains(words), "{rule}: {error}");
        };
        check(json!("x"), "object");
        check(json!({}), "one of name, prefix");
        check(json!({"name": "a", "prefix": "b"}), "one of");
        check(json!({"name": ""}), "1 to 500");
        check(json!({"nmae": "a"}), "no \"nmae\"");
        check(json!({"regex": "("}), "regex: ");
        check(json!({"regex": "((a{100}){100}){100}"}), "regex: ");
        check(
            json!({"name": "a", "target": "$1"}),
            "$1 stands for nothing",
        );
        check(
            json!({"regex": "(a)", "target": "$2"}),
            "$2 stands for nothing",
        );
        check(
            json!({"regex": "(a)", "target": "$0"}),
            "$0 stands for nothing",
        );
        check(json!({"name": "a", "kind": "De partment"}), "kind");
        check(json!({"name": "a", "priority": -1}), "priority");
        check(json!({"name": "a", "nested": "yes"}), "nested");
        assert!(Rules::parse(&json!({})).is_err());
        let many: Vec<_> = (0..=MAX_RULES).map(|_| json!({"name": "a"})).collect();
        assert!(Rules::parse(&many.into()).is_err());
    }
}
