//! What the store keeps beside a document so that SQL can search it: computed here, in one place
//! with the rules that filters are compared by.

use serde_json::Value;

use crate::scim::datetime::DateTime;
use crate::scim::fold::{fold, ignores_case};
use crate::scim::schema::{Attribute, Definition, Type};

/// The document with every text whose case does not count folded and every dateTime in its
/// sortable form. `None` where SQLite's `lower()`, which knows ASCII, would do as well: most rows
/// pay nothing.
pub fn folded_document(definition: &Definition, document: &Value) -> Option<String> {
    let mut folded = document.clone();
    let mut changed = false;
    for (key, value) in folded.as_object_mut()? {
        match (definition.extension(key), value) {
            (Some(extension), Value::Object(attributes)) => {
                for (name, value) in attributes {
                    let attribute = extension
                        .attributes
                        .iter()
                        .find(|attribute| attribute.name == *name);
                    changed |= attribute.is_some_and(|attribute| fold_value(attribute, value));
                }
            }
            (_, value) => {
                changed |= definition
                    .top(key)
                    .is_some_and(|attribute| fold_value(attribute, value));
            }
        }
    }
    changed.then(|| folded.to_string())
}

/// As [`folded_document`] for a single text whose case does not count.
pub fn folded_text(text: &str) -> Option<String> {
    let folded = fold(text);
    (folded != text.to_ascii_lowercase()).then(|| folded.into_owned())
}

/// True if the value is now another than `lower()` would make of it.
fn fold_value(attribute: &Attribute, value: &mut Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter_mut().fold(false, |changed, element| {
            fold_value(attribute, element) | changed
        }),
        Value::Object(members) => members.iter_mut().fold(false, |changed, (name, value)| {
            attribute
                .sub(name)
                .is_some_and(|sub| fold_value(sub, value))
                | changed
        }),
        Value::String(text) if attribute.kind == Type::DateTime => {
            // One that cannot be read equals no other and is neither before nor after any.
            let sortable = DateTime::parse(text).map(DateTime::to_sortable);
            let changed = sortable.as_ref() != Some(text);
            *value = sortable.into();
            changed
        }
        Value::String(text) if ignores_case(attribute) => {
            let folded = folded_text(text);
            let changed = folded.is_some();
            *text = folded.unwrap_or_else(|| text.to_ascii_lowercase());
            changed
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::Registry;
    use serde_json::json;

    fn user() -> &'static Definition {
        Registry::builtin()
            .definition("User")
            .expect("a shipped type")
    }

    #[test]
    fn only_what_lower_would_get_wrong_is_kept_folded() {
        let check = |document: Value, expected: Option<Value>| {
            let folded = folded_document(user(), &document);
            let folded = folded.map(|text| serde_json::from_str(&text).expect("JSON"));
            assert_eq!(folded, expected, "{document}");
        };
        check(
            json!({"userName": "BJensen", "active": true, "externalId": "Ä"}),
            None,
        );
        check(json!({"userName": "bjensen", "title": "straße"}), None);
        check(
            json!({"userName": "B", "externalId": "Ä", "emails": [{"value": "Ä@B", "type": null}]}),
            Some(json!({
                "userName": "b", "externalId": "Ä", "emails": [{"value": "ä@b", "type": null}]
            })),
        );
    }
}
