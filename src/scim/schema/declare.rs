//! A schema that a tenant declares, from the JSON that RFC 7643 §7 describes. PURE.
//!
//! Refused, with the attribute's path: what RFC 7643 does not know, characteristics that contradict
//! each other, names that every resource has already, standard URNs, and more than the limits.
//! Whether schemas and resource types fit together is [`super::together`]'s to say.

use serde_json::Value;

use super::characteristics::{check_characteristics, settle};
use super::registry::common;
use super::shape::{object, text};
use super::{Attribute, Schema, Type};
use crate::scim::path::is_name;
use crate::scim::urn::{self, is_urn};

/// Attributes of a schema.
pub const MAX_ATTRIBUTES: usize = 200;
/// Sub-attributes of an attribute, canonical values, and reference types.
pub const MAX_PARTS: usize = 100;
/// Characters of a name or a canonical value.
pub const MAX_NAME: usize = 100;
pub const MAX_DESCRIPTION: usize = 1000;

/// `schemas` and `meta` may be sent, so that what was read can be sent back; they say nothing.
const SCHEMA_KEYS: [&str; 6] = ["schemas", "id", "name", "description", "attributes", "meta"];
const ATTRIBUTE_KEYS: [&str; 12] = [
    "name",
    "type",
    "multiValued",
    "description",
    "required",
    "canonicalValues",
    "caseExact",
    "mutability",
    "returned",
    "uniqueness",
    "referenceTypes",
    "subAttributes",
];

/// The start of URNs that the standards keep for themselves. The extensions' part is left out:
/// Entra ID's own documentation names customers' schemas `urn:ietf:params:scim:schemas:extension:…`.
const RESERVED: [&str; 2] = [
    "urn:ietf:params:scim:schemas:core:",
    "urn:ietf:params:scim:api:",
];

/// `urn` is the URL's; the document says the same.
pub fn schema(document: &Value, urn: &str) -> Result<Schema, String> {
    let object = object(document, "The schema", &SCHEMA_KEYS)?;
    check_urn(urn)?;
    match object.get("id") {
        None => {}
        Some(Value::String(id)) if id == urn => {}
        Some(id) => return Err(format!("id is {id}, and the URL names {urn}.")),
    }
    let name = text(object, "name", MAX_NAME)?.ok_or("The schema has no name.")?;
    let description = text(object, "description", MAX_DESCRIPTION)?.unwrap_or_default();
    let Some(Value::Array(list)) = object.get("attributes") else {
        return Err("attributes must be a list of attributes.".to_owned());
    };
    if list.is_empty() || list.len() > MAX_ATTRIBUTES {
        return Err(format!(
            "A schema has 1 to {MAX_ATTRIBUTES} attributes, not {}.",
            list.len()
        ));
    }
    let attributes = attributes(list, None)?;
    Ok(Schema {
        id: urn.to_owned(),
        name,
        description,
        attributes,
    })
}

fn check_urn(urn: &str) -> Result<(), String> {
    if !is_urn(urn) {
        return Err(format!(
            "{urn:?} is not a URN: urn:<namespace>:<name> with at most {} letters, digits and -._:",
            urn::MAX_LENGTH
        ));
    }
    let lower = urn.to_ascii_lowercase();
    if RESERVED.iter().any(|start| lower.starts_with(start)) {
        return Err(format!(
            "{urn} belongs to the standards: choose a URN of your own."
        ));
    }
    Ok(())
}

/// `outer` is the complex attribute whose sub-attributes these are.
fn attributes(list: &[Value], outer: Option<&str>) -> Result<Vec<Attribute>, String> {
    let mut attributes: Vec<Attribute> = Vec::with_capacity(list.len());
    for (position, value) in list.iter().enumerate() {
        let attribute = attribute(value, outer, position)?;
        let known = |known: &Attribute| known.name.eq_ignore_ascii_case(&attribute.name);
        if attributes.iter().any(known) {
            let path = path(outer, &attribute.name);
            return Err(format!("{path} is there twice; names ignore case."));
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

fn attribute(value: &Value, outer: Option<&str>, position: usize) -> Result<Attribute, String> {
    let said = value.get("name").and_then(Value::as_str);
    let place = said.map_or_else(|| format!("attribute {}", position + 1), str::to_owned);
    let place = path(outer, &place);
    let mut plain = object(value, &place, &ATTRIBUTE_KEYS)?.clone();
    let subs = plain.shift_remove("subAttributes");
    let name = text(&plain, "name", MAX_NAME)
        .map_err(|error| format!("{place}: {error}"))?
        .ok_or_else(|| format!("{place} has no name."))?;
    let path = path(outer, &name);
    check_name(&name, outer, &path)?;
    let has_case = plain.contains_key("caseExact");
    let mut attribute: Attribute = serde_json::from_value(Value::Object(plain))
        .map_err(|error| format!("{path}: {error}."))?;
    attribute.sub_attributes = match (attribute.kind, subs) {
        (Type::Complex, _) if outer.is_some() => {
            return Err(format!(
                "{path} is complex; a sub-attribute cannot be (RFC 7643 §2.3.8)."
            ));
        }
        (Type::Complex, Some(Value::Array(list))) if (1..=MAX_PARTS).contains(&list.len()) => {
            attributes(&list, Some(&path))?
        }
        (Type::Complex, _) => {
            return Err(format!(
                "{path} is complex: subAttributes must list 1 to {MAX_PARTS} attributes."
            ));
        }
        (_, Some(Value::Array(list))) if list.is_empty() => Vec::new(),
        (_, Some(_)) => return Err(format!("{path} has subAttributes and is not complex.")),
        (_, None) => Vec::new(),
    };
    settle(&mut attribute, has_case);
    check_characteristics(&attribute, &path)?;
    Ok(attribute)
}

fn check_name(name: &str, outer: Option<&str>, path: &str) -> Result<(), String> {
    let is_ref = outer.is_some() && name == "$ref";
    if !is_ref && (!is_name(name) || name.starts_with('$')) {
        return Err(format!(
            "{path}: a name starts with a letter and goes on with letters, digits, - and _."
        ));
    }
    if outer.is_none() && common().attribute(name).is_some() {
        return Err(format!("{path} is an attribute that every resource has."));
    }
    Ok(())
}

fn path(outer: Option<&str>, name: &str) -> String {
    outer.map_or_else(|| name.to_owned(), |outer| format!("{outer}.{name}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Returned;
    use super::*;

    const URN: &str = "urn:example:device:1.0";

    fn declare(attributes: Value) -> Result<Schema, String> {
        schema(
            &json!({"id": URN, "name": "Device", "attributes": attributes}),
            URN,
        )
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let schema = declare(json!([{"name": "serial"}, {"name": "url", "type": "reference", "referenceTypes": ["external"]}, {"name": "pin", "mutability": "writeOnly"}])).unwrap();
        let [serial, url, pin] = schema.attributes.as_slice() else {
            panic!("three attributes")
        };
        assert_eq!(serial.kind, Type::String);
        assert!(!serial.case_exact && url.case_exact);
        assert_eq!(pin.returned, Returned::Never);
    }

    /// What is wrong is said, and where.
    #[test]
    fn refused() {
        let check = |attributes: Value, words: &str| {
            let error = declare(attributes.clone()).unwrap_err();
            assert!(error.contains(words), "{attributes}: {error}");
        };
        check(json!([]), "1 to 200");
        check(json!({}), "list of attributes");
        check(json!([7]), "attribute 1 must be an object");
        check(json!([{"name": "a"}, {}]), "attribute 2 has no name");
        check(json!([{"name": "a"}, {"name": "A"}]), "A is there twice");
        check(json!([{"name": "1a"}]), "1a: a name starts");
        check(json!([{"name": "$ref"}]), "$ref: a name starts");
        check(json!([{"name": "ID"}]), "ID is an attribute that every");
        check(
            json!([{"name": "a", "type": "text"}]),
            "a: unknown variant `text`",
        );
        check(
            json!([{"name": "a", "mutable": true}]),
            "a has the unknown member \"mutable\"",
        );
        check(
            json!([{"name": "a", "multiValued": "true"}]),
            "a: invalid type",
        );
        check(
            json!([{"name": "a", "type": "complex"}]),
            "a is complex: subAttributes",
        );
        check(
            json!([{"name": "a", "subAttributes": [{"name": "b"}]}]),
            "a has subAttributes",
        );
        check(
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex"}]}]),
            "a.b is complex",
        );
        check(
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "required": 1}]}]),
            "a.b: invalid type",
        );
        check(
            json!([{"name": "a", "type": "complex", "uniqueness": "server", "subAttributes": [{"name": "b"}]}]),
            "a can be unique only",
        );
        check(
            json!([{"name": "a", "returned": "never", "uniqueness": "server"}]),
            "a is not kept",
        );
        check(
            json!([{"name": "a", "mutability": "writeOnly", "returned": "always"}]),
            "a is writeOnly",
        );
        check(
            json!([{"name": "a", "type": "reference"}]),
            "a is a reference",
        );
        check(
            json!([{"name": "a", "referenceTypes": ["uri"]}]),
            "a has referenceTypes",
        );
        check(
            json!([{"name": "a", "type": "binary", "caseExact": false}]),
            "a is compared exactly",
        );
        check(
            json!([{"name": "a", "type": "integer", "canonicalValues": ["1"]}]),
            "a has canonicalValues",
        );
        check(
            json!([{"name": "a", "type": "complex", "multiValued": true, "subAttributes": [{"name": "primary"}]}]),
            "a.primary must be boolean",
        );
    }

    #[test]
    fn urns() {
        let check = |urn: &str, id: Option<&str>, words: &str| {
            let document =
                json!({"id": id.unwrap_or(urn), "name": "X", "attributes": [{"name": "a"}]});
            let error = schema(&document, urn).err().unwrap_or_default();
            assert!(error.contains(words), "{urn}: {error}");
            assert_eq!(error.is_empty(), words.is_empty(), "{urn}: {error}");
        };
        check(URN, None, "");
        check(
            "urn:ietf:params:scim:schemas:extension:acme:2.0:User",
            None,
            "",
        );
        check("User", None, "not a URN");
        check(
            "urn:ietf:params:scim:schemas:core:2.0:Device",
            None,
            "belongs to the standards",
        );
        check(
            "URN:IETF:params:scim:api:messages:2.0:X",
            None,
            "belongs to the standards",
        );
        check(URN, Some("urn:example:other:1.0"), "the URL names");
    }
}
