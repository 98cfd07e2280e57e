//! What the store keeps beside a document so that SQL can search it: computed here, in one place
//! with the rules that filters are compared by.

use std::borrow::Cow;

use serde_json::Value;

use crate::scim::datetime::DateTime;
use crate::scim::filter::check::Path;
use crate::scim::fold::{fold, ignores_case};
use crate::scim::path::AttrPath;
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

/// Path and value of every entry in `attribute_index`, each once. `indexed` holds paths in the
/// schema's spelling.
pub fn index_values(
    definition: &Definition,
    indexed: &[String],
    document: &Value,
) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for name in indexed {
        let place = AttrPath::parse(name)
            .ok()
            .and_then(|path| definition.resolve(&path));
        let Some(path) = place.map(Path::from) else {
            continue;
        };
        let is_folded = path
            .attributes
            .last()
            .is_some_and(|attribute| ignores_case(attribute));
        for text in path.values(document).into_iter().filter_map(Value::as_str) {
            let value = if is_folded {
                fold(text)
            } else {
                Cow::Borrowed(text)
            };
            let entry = (name.clone(), value.into_owned());
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
    }
    entries
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
            let folded = fold(text).into_owned();
            let changed = folded != text.to_ascii_lowercase();
            *text = folded;
            changed
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
