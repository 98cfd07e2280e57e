//! A stored resource as a client sees it: `meta` and derived attributes join the document.

use serde_json::{Map, Value};

use super::project::{Projection, project};
use crate::scim::datetime::DateTime;
use crate::scim::error::{Result, ScimError};
use crate::scim::schema::Definition;

/// A resource's row, as far as it shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Absolute.
    pub location: &'a str,
    /// The entity tag, which `meta.version` repeats.
    pub etag: &'a str,
    /// Unix milliseconds.
    pub created: i64,
    /// Unix milliseconds.
    pub modified: i64,
    /// JSON text of an object.
    pub document: &'a str,
    /// An attribute that is not in the document, and its JSON text: `groups`, `members`.
    pub derived: Option<(&'a str, &'a str)>,
}

/// JSON text. A document that nothing is left out of is not parsed: what joins it is written
/// before its closing brace.
pub fn render(definition: &Definition, shown: &Shown, projection: &Projection) -> Result<String> {
    let meta = meta(definition, shown);
    let document = shown.document.trim_end();
    if projection.is_plain()
        && let Some(open) = document.strip_suffix('}')
    {
        let derived_length = shown.derived.map_or(0, |(_, text)| text.len());
        let mut text = String::with_capacity(document.len() + derived_length + meta.len() + 32);
        text.push_str(open);
        if let Some((name, value)) = shown.derived {
            text.push_str(&format!(",\"{name}\":"));
            text.push_str(value);
        }
        text.push_str(",\"meta\":");
        text.push_str(&meta);
        text.push('}');
        return Ok(text);
    }
    let broken = |_| ScimError::new(500, "A stored document cannot be read.");
    let mut whole: Map<String, Value> = crate::scim::json::read(document).map_err(broken)?;
    if let Some((name, value)) = shown.derived {
        whole.insert(
            name.to_owned(),
            crate::scim::json::read(value).map_err(broken)?,
        );
    }
    whole.insert(
        "meta".to_owned(),
        crate::scim::json::read(&meta).map_err(broken)?,
    );
    project(definition, &mut whole, projection);
    Ok(Value::Object(whole).to_string())
}

/// RFC 7643 §3.1, as JSON text.
fn meta(definition: &Definition, shown: &Shown) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("text is JSON");
    [
        "{\"resourceType\":",
        &quoted(&definition.resource_type.name),
        ",\"created\":\"",
        &DateTime::from_millis(shown.created).to_rfc3339(),
        "\",\"lastModified\":\"",
        &DateTime::from_millis(shown.modified).to_rfc3339(),
        "\",\"location\":",
        &quoted(shown.location),
        ",\"version\":",
        &quoted(shown.etag),
        "}",
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::Registry;

    #[test]
    fn spliced_and_parsed_say_the_same() {
        let user = Registry::builtin().definition("User").expect("shipped");
        let shown = Shown {
            location: "https://x/scim/v2/Users/\"1",
            etag: "W/\"3\"",
            created: 1_700_000_000_123,
            modified: 1_700_000_001_000,
            document: r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"a"}"#,
            derived: Some(("groups", r#"[{"value":"g"}]"#)),
        };
        let plain = Projection::parse(None, None, user).unwrap();
        let spliced = render(user, &shown, &plain).unwrap();
        let asked = "schemas,id,userName,groups,meta";
        let asked = Projection::parse(Some(asked), None, user).unwrap();
        let parsed = render(user, &shown, &asked).unwrap();
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&spliced), value(&parsed));
        assert_eq!(
            value(&spliced)["meta"]["created"],
            "2023-11-14T22:13:20.123Z"
        );
        assert_eq!(value(&spliced)["meta"]["version"], "W/\"3\"");
    }
}
