//! What a resource must have: attributes that the schema calls required (RFC 7643 §2.2), in the
//! resource and in every complex value that is there. readOnly ones are the service's own duty.

use serde_json::Value;

use super::validate::is_empty;
use super::{Map, member};
use crate::scim::error::{Result, ScimError};
use crate::scim::schema::{Attribute, Definition, Mutability, Type};

/// A required attribute that is not kept can be asked for only where it is sent.
pub(super) fn check_unkept(definition: &Definition, input: &Map) -> Result<()> {
    for (extension, attribute) in definition.attributes() {
        if attribute.is_kept() || !attribute.required {
            continue;
        }
        let sent = match extension {
            None => Some(input),
            Some(schema) => member(input, &schema.id).and_then(Value::as_object),
        };
        let value = sent.and_then(|map| member(map, &attribute.name));
        if value.is_none_or(is_blank) {
            let urn = extension.map(|schema| schema.id.as_str());
            return Err(missing(urn, "", attribute));
        }
    }
    Ok(())
}

/// Whether [`check_required`] has anything to look at.
pub(super) fn asks(attribute: &Attribute) -> bool {
    attribute.required || attribute.sub_attributes.iter().any(|sub| sub.required)
}

pub(super) fn check_required(
    attribute: &Attribute,
    value: Option<&Value>,
    urn: Option<&str>,
    outer: &str,
) -> Result<()> {
    let theirs = attribute.mutability != Mutability::ReadOnly && attribute.is_kept();
    if attribute.required && theirs && value.is_none_or(is_blank) {
        return Err(missing(urn, outer, attribute));
    }
    let Some(value) = value.filter(|_| attribute.kind == Type::Complex) else {
        return Ok(());
    };
    let elements = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
        for element in elements {
            check_required(sub, element.get(&sub.name), urn, &attribute.name)?;
        }
    }
    Ok(())
}

fn missing(urn: Option<&str>, outer: &str, attribute: &Attribute) -> ScimError {
    let colon = if urn.is_some() { ":" } else { "" };
    let dot = if outer.is_empty() { "" } else { "." };
    ScimError::invalid_value(format!(
        "{}{colon}{outer}{dot}{} is required.",
        urn.unwrap_or_default(),
        attribute.name
    ))
}

fn is_blank(value: &Value) -> bool {
    is_empty(value) || value.as_str().is_some_and(|text| text.trim().is_empty())
}
