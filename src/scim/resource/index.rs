//! The values of a document that are to be found quickly, in the form in which they are compared.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Map, VALUE};
use crate::scim::datetime::DateTime;
use crate::scim::error::{Result, ScimError};
use crate::scim::fold::{fold, ignores_case};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, Definition, Type, Uniqueness};

/// An attribute whose values are indexed.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexPath {
    /// The canonical path: `userName`, `emails.value`, `urn:…:User:employeeNumber`.
    pub path: String,
    pub unique: bool,
    /// The keys from the document to the value.
    keys: Vec<String>,
    /// Whether the value is a sub-attribute of a list's elements.
    in_list: bool,
    kind: Type,
    folded: bool,
}

/// One indexed value of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexEntry {
    pub path: String,
    /// Folded where the attribute ignores case; a date in UTC and a fixed form.
    pub value: String,
    pub unique: bool,
}

impl IndexPath {
    /// Refuses what no document holds a comparable value of: unknown attributes, complex ones
    /// without `value`, those that are not kept, and those that are derived on the way out.
    pub fn parse(path: &str, definition: &Definition) -> Result<Self> {
        let unusable = || ScimError::invalid_path(format!("{path:?} cannot be indexed."));
        let place = definition
            .resolve(&AttrPath::parse(path)?)
            .ok_or_else(unusable)?;
        let attribute = place.attribute.ok_or_else(unusable)?;
        let derived = [definition.members(), definition.groups()];
        let is_own = definition.common.attribute(&attribute.name).is_some();
        if place.extension.is_none()
            && (derived.contains(&Some(attribute)) || is_own && attribute.name != "externalId")
        {
            return Err(unusable());
        }
        let sub = match attribute.kind {
            Type::Complex => Some(place.sub.or(attribute.sub(VALUE)).ok_or_else(unusable)?),
            _ => None,
        };
        let last = sub.unwrap_or(attribute);
        if !attribute.is_kept() || !last.is_kept() {
            return Err(unusable());
        }
        let steps: Vec<&Attribute> = [Some(attribute), sub].into_iter().flatten().collect();
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        let dotted = names.join(".");
        let urn = place.extension.map(|schema| schema.id.as_str());
        Ok(Self {
            path: urn.map_or(dotted.clone(), |urn| format!("{urn}:{dotted}")),
            unique: steps.iter().any(|step| step.uniqueness != Uniqueness::None),
            keys: urn.into_iter().chain(names).map(str::to_owned).collect(),
            in_list: attribute.multi_valued && sub.is_some(),
            kind: last.kind,
            folded: ignores_case(last),
        })
    }

    /// Where the values lie: the keys from the document to the value or list of values, and for a
    /// list of complex values the sub-attribute of each.
    pub fn route(&self) -> (&[String], Option<&str>) {
        match self.keys.as_slice() {
            [outer @ .., sub] if self.in_list => (outer, Some(sub)),
            keys => (keys, None),
        }
    }

    pub fn is_folded(&self) -> bool {
        self.folded
    }

    /// Whether values are text that filters look up.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Type::String | Type::Reference)
    }

    fn entries(&self, keys: &[String], value: &Value, found: &mut BTreeSet<IndexEntry>) {
        match (value, keys) {
            (Value::Array(elements), _) => {
                for element in elements {
                    self.entries(keys, element, found);
                }
            }
            (Value::Object(object), [key, rest @ ..]) => {
                if let Some(inner) = object.get(key) {
                    self.entries(rest, inner, found);
                }
            }
            (simple, []) => {
                let value = self.text(simple);
                found.extend(value.map(|value| IndexEntry {
                    path: self.path.clone(),
                    value,
                    unique: self.unique,
                }));
            }
            _ => {}
        }
    }

    fn text(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) if self.kind == Type::DateTime => {
                DateTime::parse(text).map(DateTime::to_sortable)
            }
            Value::String(text) if self.folded => Some(fold(text).into_owned()),
            Value::String(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// Each value once, in order.
pub fn indexed_values(document: &Map, paths: &[IndexPath]) -> Vec<IndexEntry> {
    let mut found = BTreeSet::new();
    for path in paths {
        if let [key, rest @ ..] = path.keys.as_slice()
            && let Some(value) = document.get(key)
        {
            path.entries(rest, value, &mut found);
        }
    }
    found.into_iter().collect()
}

/// What goes and what comes when `old` becomes `new`.
pub fn difference(old: &[IndexEntry], new: &[IndexEntry]) -> (Vec<IndexEntry>, Vec<IndexEntry>) {
    let only = |here: &[IndexEntry], there: &[IndexEntry]| {
        let there: BTreeSet<&IndexEntry> = there.iter().collect();
        let missing = here.iter().filter(|entry| !there.contains(entry));
        missing.cloned().collect()
    };
    (only(old, new), only(new, old))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::schema::Registry;

    const EMPLOYEE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn entries(paths: &[&str], document: Value) -> Vec<(String, String, bool)> {
        let user = Registry::builtin().definition("User").unwrap();
        let paths: Vec<_> = paths
            .iter()
            .map(|path| IndexPath::parse(path, user).unwrap())
            .collect();
        indexed_values(document.as_object().unwrap(), &paths)
            .into_iter()
            .map(|entry| (entry.path, entry.value, entry.unique))
            .collect()
    }

    #[test]
    fn values_are_in_the_form_in_which_they_are_compared() {
        let document = json!({
            "userName": "BJensen", "externalId": "Ab", "active": true,
            "emails": [{"value": "A@x"}, {"value": "a@X"}, {"type": "work"}],
            EMPLOYEE: {"employeeNumber": "No7"}
        });
        let number = format!("{EMPLOYEE}:employeeNumber");
        let paths = [
            "USERNAME",
            "externalId",
            "active",
            "emails",
            "emails.type",
            &number,
        ];
        let expected = [
            ("active", "true", false),
            ("emails.type", "work", false),
            ("emails.value", "a@x", false),
            ("externalId", "Ab", false),
            (&number, "no7", false),
            ("userName", "bjensen", true),
        ];
        let expected = expected.map(|(path, value, unique)| (path.into(), value.into(), unique));
        assert_eq!(entries(&paths, document), expected);
    }

    #[test]
    fn what_cannot_be_indexed_is_refused() {
        let user = Registry::builtin().definition("User").unwrap();
        for path in [
            "password",
            "name",
            "unknown",
            EMPLOYEE,
            "emails.unknown",
            "meta.resourceType",
            "id",
            "groups.value",
        ] {
            assert!(IndexPath::parse(path, user).is_err(), "{path}");
        }
    }

    #[test]
    fn only_the_difference_is_written() {
        let entry = |value: &str| IndexEntry {
            path: "userName".into(),
            value: value.into(),
            unique: true,
        };
        let (removed, added) = difference(&[entry("a"), entry("b")], &[entry("b"), entry("c")]);
        assert_eq!((removed, added), (vec![entry("a")], vec![entry("c")]));
    }
}
