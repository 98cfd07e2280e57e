//! Operations applied to a document, in order, to a copy: all of them or none (RFC 7644 §3.5.2).
//!
//! Refused: the change of an immutable value and the removal of a required one (`mutability`). What
//! concerns elements of multi-valued attributes is in [`super::elements`].

use serde_json::Value;

use super::message::{Op, PatchRequest};
use super::target::{Resolved, resolve_operation};
use super::{elements, list};
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::Mode;
use crate::scim::resource::validate::{check_immutable, container, finish, held};
use crate::scim::resource::value::{canonical, parts};
use crate::scim::resource::{Map, coerce};
use crate::scim::schema::{Attribute, Definition, Mutability, Type};

/// The document after the request. Equal to the old one when nothing changed.
pub fn apply(
    definition: &Definition,
    document: &Map,
    request: &PatchRequest,
    mode: Mode,
) -> Result<Map> {
    let mut document = document.clone();
    for operation in &request.operations {
        for resolved in resolve_operation(definition, operation, mode)? {
            apply_resolved(&mut document, &resolved, mode)?;
        }
    }
    finish(definition, document)
}

/// Applies one change. [`finish`] must follow the last one.
pub fn apply_resolved(document: &mut Map, resolved: &Resolved, mode: Mode) -> Result<()> {
    let Resolved {
        extension,
        attribute,
        ..
    } = *resolved;
    let guarded = attribute.mutability == Mutability::Immutable
        || attribute
            .sub_attributes
            .iter()
            .any(|sub| sub.mutability == Mutability::Immutable);
    let before = match guarded {
        true => held(document, extension, attribute).cloned(),
        false => None,
    };
    match (attribute.multi_valued, resolved.sub) {
        (true, Some(sub)) => elements::set_part(document, resolved, sub, mode)?,
        (true, None) => elements::change(document, resolved, mode)?,
        (false, Some(sub)) => set_part(document, resolved, sub, mode)?,
        (false, None) => set_single(document, resolved, mode)?,
    }
    if let Some(before) = before {
        let after = held(document, extension, attribute).unwrap_or(&Value::Null);
        check_immutable(extension, attribute, &before, after)?;
    }
    Ok(())
}

/// A single-valued attribute as a whole. A complex one keeps the parts that the value does not
/// name, after `replace` too (RFC 7644 §3.5.2.3), unless the mode says otherwise.
fn set_single(document: &mut Map, resolved: &Resolved, mode: Mode) -> Result<()> {
    let attribute = resolved.attribute;
    let name = &attribute.name;
    let holder = container(document, resolved.extension);
    if resolved.op == Op::Remove {
        check_removable(resolved, attribute)?;
        holder.shift_remove(name);
        return Ok(());
    }
    let value = coerce::single(attribute, resolved.value, mode);
    // A bare value says who it is and nothing else: what was known of another goes.
    let is_new = mode.replaces_whole() && resolved.op == Op::Replace;
    if attribute.kind == Type::Complex && (is_new || !resolved.value.is_object()) {
        holder.shift_remove(name);
    }
    if let (Type::Complex, Value::Object(object)) = (attribute.kind, &*value) {
        let parts = parts(attribute, object, mode).map_err(|fault| resolved.fault(fault))?;
        let inner = object_at(holder, name);
        for (sub, value) in parts {
            assign(inner, sub, value);
        }
        return Ok(());
    }
    let value = canonical(attribute, &value, mode).map_err(|fault| resolved.fault(fault))?;
    assign(holder, attribute, value);
    Ok(())
}

/// One sub-attribute of a single-valued complex attribute.
fn set_part(document: &mut Map, resolved: &Resolved, sub: &Attribute, mode: Mode) -> Result<()> {
    let attribute = resolved.attribute;
    let holder = container(document, resolved.extension);
    if resolved.op == Op::Remove {
        check_removable(resolved, sub)?;
        if let Some(inner) = holder
            .get_mut(&attribute.name)
            .and_then(Value::as_object_mut)
        {
            inner.shift_remove(&sub.name);
        }
        return Ok(());
    }
    let value = canonical(sub, resolved.value, mode).map_err(|fault| resolved.fault(fault))?;
    let inner = object_at(holder, &attribute.name);
    match (inner.get_mut(&sub.name), value) {
        (Some(Value::Array(old)), Some(Value::Array(new))) if resolved.op == Op::Add => {
            for element in new {
                list::add(old, sub, element);
            }
        }
        (_, value) => assign(inner, sub, value),
    }
    // An empty `value` empties the whole: a manager without a person.
    let whole = holder.get(&attribute.name).unwrap_or(&Value::Null);
    if coerce::single(attribute, whole, mode).is_null() {
        holder.shift_remove(&attribute.name);
    }
    Ok(())
}

pub(super) fn check_removable(resolved: &Resolved, attribute: &Attribute) -> Result<()> {
    if !attribute.required {
        return Ok(());
    }
    Err(ScimError::mutability(format!(
        "{} is required and cannot be removed.",
        resolved.path()
    )))
}

pub(super) fn assign(holder: &mut Map, attribute: &Attribute, value: Option<Value>) {
    match value {
        _ if !attribute.is_kept() => {}
        Some(value) => {
            holder.insert(attribute.name.clone(), value);
        }
        None => {
            holder.shift_remove(&attribute.name);
        }
    }
}

fn object_at<'a>(holder: &'a mut Map, name: &str) -> &'a mut Map {
    let value = holder.entry(name).or_insert(Value::Null);
    if !value.is_object() {
        *value = Map::new().into();
    }
    value
        .as_object_mut()
        .expect("it was made an object just above")
}
