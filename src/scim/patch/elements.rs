//! Operations on the elements of a multi-valued attribute that is kept in the document.
//!
//! Refused: a filter that finds nothing to change (`noTarget`), and more elements than can be
//! compared with each other in reasonable time.

use serde_json::Value;

use super::apply::{assign, check_removable};
use super::list::{self, ListChange};
use super::message::Op;
use super::target::{Resolved, Selector};
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::resource::validate::container;
use crate::scim::resource::value::{MAX_ELEMENTS, canonical, is_primary, keep_primary};
use crate::scim::resource::{Map, PRIMARY};
use crate::scim::schema::{Attribute, Mutability};

/// The elements of a multi-valued attribute.
pub(super) fn change(document: &mut Map, resolved: &Resolved, mode: Mode) -> Result<()> {
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
            if elements.len() + new.len() > MAX_ELEMENTS {
                return Err(ScimError::invalid_value(format!(
                    "{} would have more than {MAX_ELEMENTS} values.",
                    resolved.path()
                )));
            }
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
            hand_over_primary(elements, resolved, &chosen)?;
        }
    }
    if resolved.op == Op::Remove && elements.is_empty() {
        check_removable(resolved, attribute)?;
    }
    Ok(())
}

/// One sub-attribute of the elements that the path chooses; without a filter, of all.
pub(super) fn set_part(
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
        hand_over_primary(elements, resolved, &chosen)?;
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
fn hand_over_primary(elements: &mut [Value], resolved: &Resolved, chosen: &[usize]) -> Result<()> {
    let mut primary = chosen.iter().filter(|at| is_primary(&elements[**at]));
    let Some(&last) = primary.next_back() else {
        return Ok(());
    };
    if primary.next().is_some() {
        return Err(ScimError::invalid_value(format!(
            "{} would mark several values as primary.",
            resolved.path()
        )));
    }
    keep_primary(elements, last);
    Ok(())
}

fn nothing_found(resolved: &Resolved) -> ScimError {
    ScimError::no_target(format!(
        "No value of {} satisfies the filter in the path.",
        resolved.attribute.name
    ))
}

fn list_at<'a>(holder: &'a mut Map, name: &str) -> &'a mut Vec<Value> {
    let value = holder.entry(name).or_insert(Value::Null);
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    value.as_array_mut().expect("it was made a list just above")
}
