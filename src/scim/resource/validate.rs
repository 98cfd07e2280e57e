//! From what a client sent to the canonical document, for POST (RFC 7644 §3.3) and PUT (§3.5.1),
//! and the last look at every document before it is stored.
//!
//! Refused: wrong types, missing required attributes, changes of immutable ones, and, as the mode
//! says, schemas and attributes that the resource type does not have.

use serde_json::Value;

use super::required::{asks, check_required, check_unkept};
use super::{Map, SCHEMAS, member, value};
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::schema::{Attribute, Definition, Mutability, Schema};

/// The document of a new resource. `id` and `meta` are the service's own and not in it.
pub fn create(definition: &Definition, input: &Map, mode: Mode) -> Result<Map> {
    check_schemas(definition, input, mode)?;
    let document = canonical(definition, input, mode)?;
    check_unkept(definition, input)?;
    finish(definition, document)
}

/// The document that takes the place of `old`. What the client leaves out is gone, except for what
/// it cannot change: readOnly attributes, and immutable ones that have a value.
pub fn replace(definition: &Definition, old: &Map, new: &Map, mode: Mode) -> Result<Map> {
    check_schemas(definition, new, mode)?;
    let mut document = canonical(definition, new, mode)?;
    for (extension, attribute) in definition.attributes() {
        let Some(before) = held(old, extension, attribute) else {
            continue;
        };
        match (attribute.mutability, held(&document, extension, attribute)) {
            (Mutability::ReadOnly, _) | (Mutability::Immutable, None) => {
                container(&mut document, extension).insert(attribute.name.clone(), before.clone());
            }
            (_, Some(after)) => check_immutable(extension, attribute, before, after)?,
            (_, None) => {}
        }
    }
    finish(definition, document)
}

/// The last step of every change: nothing empty stays, nothing required is missing, and `schemas`
/// says what is there (RFC 7643 §3).
pub fn finish(definition: &Definition, mut document: Map) -> Result<Map> {
    for extension in &definition.extensions {
        if let Some(Value::Object(inner)) = document.get_mut(&extension.id) {
            inner.retain(|_, value| !is_empty(value));
        }
    }
    document.retain(|_, value| !is_empty(value));
    // Most attributes ask for nothing, and looking each up would cost more than all the rest.
    let asking = definition
        .attributes()
        .filter(|(_, attribute)| asks(attribute) && attribute.name != SCHEMAS);
    for (extension, attribute) in asking {
        if extension.is_some_and(|schema| !document.contains_key(&schema.id)) {
            continue;
        }
        let urn = extension.map(|schema| schema.id.as_str());
        check_required(attribute, held(&document, extension, attribute), urn, "")?;
    }
    let mut present = vec![Value::from(definition.core.id.as_str())];
    for extension in &definition.extensions {
        if document.contains_key(&extension.id) {
            present.push(extension.id.as_str().into());
        } else if definition.requires(extension) {
            return Err(ScimError::invalid_value(format!(
                "{} is required.",
                extension.id
            )));
        }
    }
    if !document.contains_key(SCHEMAS) {
        document.shift_insert(0, SCHEMAS.to_owned(), Value::Null);
    }
    document[SCHEMAS] = present.into();
    Ok(document)
}

fn canonical(definition: &Definition, input: &Map, mode: Mode) -> Result<Map> {
    let mut document = Map::new();
    for (key, value) in input {
        if key.eq_ignore_ascii_case(SCHEMAS) {
            continue;
        }
        if let Some(attribute) = definition.top(key) {
            put(&mut document, None, attribute, value, mode)?;
        } else if let Some(extension) = definition.extension(key) {
            let inner = canonical_extension(extension, value, mode)?;
            if !inner.is_empty() {
                document.insert(extension.id.clone(), inner.into());
            }
        } else if mode.rejects_unknown() {
            return Err(unknown(definition, key));
        }
    }
    Ok(document)
}

fn canonical_extension(extension: &Schema, value: &Value, mode: Mode) -> Result<Map> {
    let mut document = Map::new();
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Ok(document),
        other => {
            return Err(ScimError::invalid_value(format!(
                "{} must be an object, not {}.",
                extension.id,
                value::kind_of(other)
            )));
        }
    };
    for (key, value) in object {
        match extension.attribute(key) {
            Some(attribute) => put(&mut document, Some(extension), attribute, value, mode)?,
            None if mode.rejects_unknown() => {
                return Err(ScimError::invalid_syntax(format!(
                    "{} has no attribute {key:?}.",
                    extension.id
                )));
            }
            None => {}
        }
    }
    Ok(document)
}

fn put(
    document: &mut Map,
    extension: Option<&Schema>,
    attribute: &Attribute,
    value: &Value,
    mode: Mode,
) -> Result<()> {
    if attribute.mutability == Mutability::ReadOnly {
        return Ok(());
    }
    let urn = extension.map(|schema| schema.id.as_str());
    let canonical = value::canonical(attribute, value, mode).map_err(|fault| fault.under(urn))?;
    if let Some(value) = canonical.filter(|_| attribute.is_kept()) {
        document.insert(attribute.name.clone(), value);
    }
    Ok(())
}

pub(crate) fn unknown(definition: &Definition, key: &str) -> ScimError {
    ScimError::invalid_syntax(format!(
        "{} has no attribute {key:?}.",
        definition.resource_type.name
    ))
}

/// The URNs that the client declares. They are computed from the content in the end; here is said
/// which wrong declarations are let pass.
fn check_schemas(definition: &Definition, input: &Map, mode: Mode) -> Result<()> {
    let declared: &[Value] = match member(input, SCHEMAS) {
        Some(Value::Array(list)) => list,
        None | Some(Value::Null) => &[],
        Some(one) if one.is_string() && mode.allows(Quirk::CoerceSingleToList) => {
            std::slice::from_ref(one)
        }
        Some(_) => return Err(ScimError::invalid_syntax("schemas must be a list of URNs.")),
    };
    let names = |urn: &str| {
        declared.iter().any(|one| {
            one.as_str()
                .is_some_and(|one| one.eq_ignore_ascii_case(urn))
        })
    };
    for one in declared {
        let Some(urn) = one.as_str() else {
            return Err(ScimError::invalid_syntax("schemas must be a list of URNs."));
        };
        let known =
            urn.eq_ignore_ascii_case(&definition.core.id) || definition.extension(urn).is_some();
        if !known && !mode.allows(Quirk::ForeignSchemas) {
            return Err(ScimError::invalid_syntax(format!(
                "schemas names {urn:?}, which {} does not have.",
                definition.resource_type.name
            )));
        }
    }
    if mode.allows(Quirk::InferSchemas) {
        return Ok(());
    }
    let used = definition
        .extensions
        .iter()
        .filter(|extension| member(input, &extension.id).is_some_and(|value| !is_empty(value)))
        .map(|extension| &extension.id);
    for urn in std::iter::once(&definition.core.id).chain(used) {
        if !names(urn) {
            return Err(ScimError::invalid_syntax(format!(
                "schemas must name {urn}."
            )));
        }
    }
    Ok(())
}

/// RFC 7643 §7 "immutable": once there is a value it stays. In a list only the elements as wholes
/// come and go, so sub-attributes are compared for single values alone.
pub(crate) fn check_immutable(
    extension: Option<&Schema>,
    attribute: &Attribute,
    before: &Value,
    after: &Value,
) -> Result<()> {
    let changed = |path: &str| {
        let urn = extension.map_or(String::new(), |schema| format!("{}:", schema.id));
        Err(ScimError::mutability(format!(
            "{urn}{path} is immutable and has another value."
        )))
    };
    if attribute.mutability == Mutability::Immutable && before != after {
        return changed(&attribute.name);
    }
    if attribute.multi_valued {
        return Ok(());
    }
    for sub in &attribute.sub_attributes {
        let immutable = sub.mutability == Mutability::Immutable;
        if immutable
            && before
                .get(&sub.name)
                .is_some_and(|b| after.get(&sub.name) != Some(b))
        {
            return changed(&format!("{}.{}", attribute.name, sub.name));
        }
    }
    Ok(())
}

/// The value a canonical document has for an attribute.
pub(crate) fn held<'a>(
    document: &'a Map,
    extension: Option<&Schema>,
    attribute: &Attribute,
) -> Option<&'a Value> {
    match extension {
        None => document.get(&attribute.name),
        Some(schema) => document.get(&schema.id)?.get(&attribute.name),
    }
}

/// The object that holds a schema's attributes: the document, or the extension's part of it.
pub(crate) fn container<'a>(document: &'a mut Map, extension: Option<&Schema>) -> &'a mut Map {
    let Some(schema) = extension else {
        return document;
    };
    let inner = document
        .entry(schema.id.as_str())
        .or_insert_with(|| Map::new().into());
    if !inner.is_object() {
        *inner = Map::new().into();
    }
    inner
        .as_object_mut()
        .expect("it was made an object just above")
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
