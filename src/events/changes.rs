//! Which attributes differ between two documents of one resource. PURE.
//!
//! Whoever sets each path to its value afterwards, in a copy of the old document, has the new one.
//! So a path is as fine as it can be without saying which element of a list is meant: a list
//! changes as a whole, a complex attribute by its sub-attributes.

use serde_json::{Value, json};

use crate::scim::resource::Map;
use crate::scim::schema::{Attribute, Definition, Schema};

/// Bytes of values that one event tells at the most; past them it tells the paths alone. The
/// resource itself is beside them, and a row of D1 has 2 MB for all.
const MAX_VALUES: usize = 256 << 10;

#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// As the schema spells it: `title`, `name.givenName`, `urn:…:User:department`.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Change {
    /// As an event shows it: what was or is without a value is left out.
    fn to_json(&self, with_values: bool) -> Value {
        let mut shown = json!({ "path": self.path });
        for (name, value) in [("before", &self.before), ("after", &self.after)] {
            if let Some(value) = value.as_ref().filter(|_| with_values) {
                shown[name] = value.clone();
            }
        }
        shown
    }
}

/// The list as an event shows it.
pub fn to_json(changes: &[Change]) -> Value {
    let values = changes
        .iter()
        .flat_map(|change| [&change.before, &change.after]);
    let bytes: usize = values.flatten().map(|value| value.to_string().len()).sum();
    let shown = changes.iter();
    shown
        .map(|change| change.to_json(bytes <= MAX_VALUES))
        .collect()
}

/// In the order of the new document, and then what went.
pub fn changes(definition: &Definition, before: &Map, after: &Map) -> Vec<Change> {
    let mut found = Vec::new();
    for name in union(before, after) {
        let (old, new) = (before.get(name), after.get(name));
        if let Some(attribute) = definition.top(name) {
            compare("", attribute, old, new, &mut found);
        } else if let Some(extension) = definition.extension(name) {
            compare_extension(extension, old, new, &mut found);
        }
    }
    found
}

fn compare_extension(
    extension: &Schema,
    old: Option<&Value>,
    new: Option<&Value>,
    found: &mut Vec<Change>,
) {
    let nothing = Map::new();
    let [old, new] = [old, new].map(|value| value.and_then(Value::as_object).unwrap_or(&nothing));
    for name in union(old, new) {
        if let Some(attribute) = extension.attribute(name) {
            let prefix = format!("{}:", extension.id);
            compare(&prefix, attribute, old.get(name), new.get(name), found);
        }
    }
}

fn compare(
    prefix: &str,
    attribute: &Attribute,
    old: Option<&Value>,
    new: Option<&Value>,
    found: &mut Vec<Change>,
) {
    if old == new || !attribute.is_kept() {
        return;
    }
    let path = format!("{prefix}{}", attribute.name);
    let nothing = Map::new();
    let object = |value: Option<&Value>| match value {
        None => Some(nothing.clone()),
        Some(value) => value.as_object().cloned(),
    };
    if !attribute.multi_valued
        && !attribute.sub_attributes.is_empty()
        && let (Some(old), Some(new)) = (object(old), object(new))
    {
        for name in union(&old, &new) {
            if let Some(sub) = attribute.sub(name) {
                compare(
                    &format!("{path}."),
                    sub,
                    old.get(name),
                    new.get(name),
                    found,
                );
            }
        }
        return;
    }
    found.push(Change {
        path,
        before: old.cloned(),
        after: new.cloned(),
    });
}

/// Every name once.
fn union<'a>(before: &'a Map, after: &'a Map) -> impl Iterator<Item = &'a String> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    after.keys().chain(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::{ENTERPRISE_USER_URN, Registry};

    fn check(before: Value, after: Value, expected: Value) {
        let user = Registry::builtin().definition("User").unwrap();
        let [before, after] = [before, after].map(|document| document.as_object().unwrap().clone());
        assert_eq!(to_json(&changes(user, &before, &after)), expected);
    }

    #[test]
    fn paths_are_as_fine_as_can_be_set() {
        check(json!({"title": "A"}), json!({"title": "A"}), json!([]));
        check(
            json!({"userName": "a", "title": "A", "nickName": "N"}),
            json!({"userName": "a", "title": "B", "active": true}),
            json!([
                {"path": "title", "before": "A", "after": "B"},
                {"path": "active", "after": true},
                {"path": "nickName", "before": "N"},
            ]),
        );
        check(
            json!({"name": {"givenName": "A", "familyName": "F"}}),
            json!({"name": {"givenName": "B", "familyName": "F"}}),
            json!([{"path": "name.givenName", "before": "A", "after": "B"}]),
        );
        check(
            json!({}),
            json!({"name": {"givenName": "B"}}),
            json!([{"path": "name.givenName", "after": "B"}]),
        );
        let (one, two) = (
            json!([{"value": "a@x"}]),
            json!([{"value": "a@x"}, {"value": "b@x"}]),
        );
        check(
            json!({"emails": one}),
            json!({"emails": two}),
            json!([{"path": "emails", "before": one, "after": two}]),
        );
    }

    #[test]
    fn extensions_have_their_urn() {
        let path = |name: &str| format!("{ENTERPRISE_USER_URN}:{name}");
        check(
            json!({ENTERPRISE_USER_URN: {"department": "A", "manager": {"value": "1"}}}),
            json!({ENTERPRISE_USER_URN: {"department": "B"}}),
            json!([
                {"path": path("department"), "before": "A", "after": "B"},
                {"path": path("manager.value"), "before": "1"},
            ]),
        );
        check(
            json!({ENTERPRISE_USER_URN: {"department": "A"}}),
            json!({}),
            json!([{"path": path("department"), "before": "A"}]),
        );
    }

    #[test]
    fn what_is_never_kept_or_unknown_is_never_told() {
        check(
            json!({"password": "old", "unheardOf": 1, "urn:un:known": {"a": 1}}),
            json!({"password": "new"}),
            json!([]),
        );
    }

    #[test]
    fn many_bytes_of_values_are_left_out() {
        let long = "x".repeat(MAX_VALUES);
        check(
            json!({"title": "A"}),
            json!({"title": long, "nickName": "n"}),
            json!([{"path": "title"}, {"path": "nickName"}]),
        );
    }
}
