//! The shape of the JSON that a tenant declares, in words where it is another. PURE.

use serde_json::Value;

use crate::scim::resource::Map;

/// An object with no other members than these.
pub(super) fn object<'v>(value: &'v Value, what: &str, known: &[&str]) -> Result<&'v Map, String> {
    let Value::Object(object) = value else {
        return Err(format!("{what} must be an object."));
    };
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!(
            "{what} has the unknown member {key:?}; known are {}.",
            known.join(", ")
        )),
        None => Ok(object),
    }
}

/// A text of 1 to `longest` characters.
pub(super) fn text(object: &Map, key: &str, longest: usize) -> Result<Option<String>, String> {
    match object.get(key) {
        None => Ok(None),
        Some(Value::String(text)) if (1..=longest).contains(&text.chars().count()) => {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(format!(
            "{key} must be a text of 1 to {longest} characters."
        )),
    }
}
