//! Operations applied to a document, in order, to a copy: all of them or none (RFC 7644 §3.5.2).
//!
//! Refused: the change of an immutable value and the removal of a required one (`mutability`), and
//! a filter that finds nothing to change (`noTarget`).

use serde_json::Value;

use super::list::{self, ListChange};
use super::message::{Op, PatchRequest};
use super::target::{Resolved, Selector, resolve_operation};
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::resource::validate::{check_immutable, container, finish, held};
use crate::scim::resource::value::{canonical, is_primary, keep_primary, parts};
use crate::scim::resource::{Map, PRIMARY, coerce};
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
        (true, Some(sub)) => set_in_elements(document, resolved, sub, mode)?,
        (true, None) => change_list(document, resolved, mode)?,
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
/// name, after `replace` too (RFC 7644 §3.5.2.3).
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

/// The elements of a multi-valued attribute.
fn change_list(document: &mut Map, resolved: &Resolved, mode: Mode) -> Result<()> {
    let attribute = resolved.attribute;
    let Some(change) = resolved.list_change(mode)? else {
        return Ok(());
    };
    if !attribute.is_kept() {
        return Ok(());
    }
    let elements = list_at(container(document, resolved.extension), &attribute.name);
    match change {
        ListChange::Add(new) => {
            for element in new {
                let primary = is_primary(&element);
                let at = list::add(elements, attribute, element);
                if primary {
                    keep_primary(elements, at);
                }
            }
        }
        ListChange::Replace(new) => *elements = new,
        ListChange::Clear => elements.clear(),
        ListChange::Remove(listed) => elements.retain(|element| {
            !listed
                .iter()
                .any(|one| list::is_listed(attribute, element, one))
        }),
        ListChange::RemoveWhere(selector) => {
            let before = elements.len();
            elements.retain(|element| !selector.checked.matches(element));
            if elements.len() == before && !mode.allows(Quirk::RemoveNothing) {
                return Err(nothing_found(resolved));
            }
        }
        ListChange::SetWhere(op, selector, new) => {
            let chosen = choose(elements, resolved, Some(selector), mode)?;
            for &at in &chosen {
                match op {
                    Op::Add => list::merge(&mut elements[at], new.clone()),
                    Op::Replace | Op::Remove => elements[at] = new.clone(),
                }
            }
            hand_over_primary(elements, resolved, &chosen, mode)?;
        }
    }
    if resolved.op == Op::Remove && elements.is_empty() {
        check_removable(resolved, attribute)?;
    }
    Ok(())
}

/// One sub-attribute of the elements that the path chooses; without a filter, of all.
fn set_in_elements(
    document: &mut Map,
    resolved: &Resolved,
    sub: &Attribute,
    mode: Mode,
) -> Result<()> {
    let attribute = resolved.attribute;
    let selector = resolved.filter.as_ref();
    if resolved.op == Op::Remove {
        check_removable(resolved, sub)?;
    }
    let value = match resolved.op {
        Op::Remove => None,
        Op::Add | Op::Replace => {
            canonical(sub, resolved.value, mode).map_err(|fault| resolved.fault(fault))?
        }
    };
    if !attribute.is_kept() || !sub.is_kept() {
        return Ok(());
    }
    let elements = list_at(container(document, resolved.extension), &attribute.name);
    let chosen = choose(elements, resolved, selector, mode)?;
    for &at in &chosen {
        let Some(element) = elements[at].as_object_mut() else {
            continue;
        };
        let before = element.get(&sub.name);
        if sub.mutability == Mutability::Immutable && before.is_some() && before != value.as_ref() {
            return Err(ScimError::mutability(format!(
                "{} is immutable and has another value.",
                resolved.path()
            )));
        }
        assign(element, sub, value.clone());
    }
    if sub.name == PRIMARY {
        hand_over_primary(elements, resolved, &chosen, mode)?;
    }
    elements.retain(|element| element.as_object().is_none_or(|object| !object.is_empty()));
    Ok(())
}

/// Where the elements are that the operation is about. `add` may make one, see
/// [`Quirk::CreateFromFilter`]; for `replace` RFC 7644 §3.5.2.3 asks for `noTarget`.
fn choose(
    elements: &mut Vec<Value>,
    resolved: &Resolved,
    selector: Option<&Selector>,
    mode: Mode,
) -> Result<Vec<usize>> {
    let found: Vec<usize> = elements
        .iter()
        .enumerate()
        .filter(|(_, element)| selector.is_none_or(|one| one.checked.matches(element)))
        .map(|(at, _)| at)
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let described = match (resolved.op, selector) {
        (Op::Remove, Some(_)) if !mode.allows(Quirk::RemoveNothing) => {
            return Err(nothing_found(resolved));
        }
        (Op::Remove, _) => return Ok(found),
        (Op::Add, Some(selector)) if mode.allows(Quirk::CreateFromFilter) => {
            list::described(resolved.attribute, &selector.written, mode)
        }
        (Op::Add | Op::Replace, Some(_)) => None,
        // An attribute that does not exist yet: `replace` is `add` (RFC 7644 §3.5.2.3).
        (Op::Add | Op::Replace, None) => Some(Map::new()),
    };
    let element = described.ok_or_else(|| nothing_found(resolved))?;
    elements.push(element.into());
    Ok(vec![elements.len() - 1])
}

/// RFC 7644 §3.5.2: a value that becomes the primary one takes that from the one before.
fn hand_over_primary(
    elements: &mut [Value],
    resolved: &Resolved,
    chosen: &[usize],
    mode: Mode,
) -> Result<()> {
    let mut primary = chosen.iter().filter(|at| is_primary(&elements[**at]));
    let Some(&last) = primary.next_back() else {
        return Ok(());
    };
    if primary.next().is_some() && !mode.allows(Quirk::LastPrimaryWins) {
        return Err(ScimError::invalid_value(format!(
            "{} would mark several values as primary.",
            resolved.path()
        )));
    }
    keep_primary(elements, last);
    Ok(())
}

fn check_removable(resolved: &Resolved, attribute: &Attribute) -> Result<()> {
    if !attribute.required {
        return Ok(());
    }
    Err(ScimError::mutability(format!(
        "{} is required and cannot be removed.",
        resolved.path()
    )))
}

fn nothing_found(resolved: &Resolved) -> ScimError {
    ScimError::no_target(format!(
        "No value of {} satisfies the filter in the path.",
        resolved.attribute.name
    ))
}

fn assign(holder: &mut Map, attribute: &Attribute, value: Option<Value>) {
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

fn list_at<'a>(holder: &'a mut Map, name: &str) -> &'a mut Vec<Value> {
    let value = holder.entry(name).or_insert(Value::Null);
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    value.as_array_mut().expect("it was made a list just above")
}
