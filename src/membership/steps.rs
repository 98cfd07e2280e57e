//! What a request says about a group's members, taken out of the request. PURE.
//!
//! Refused: changes of a member in place (`mutability`: members come and go), and elements that
//! name nobody (`invalidValue`). A body without `members` says nothing about them, which is not
//! the same as an empty list.

use serde_json::Value;

use crate::scim::error::{Result, ScimError};
use crate::scim::filter::{Filter, Operator, Test};
use crate::scim::mode::Mode;
use crate::scim::patch::list::listed_values;
use crate::scim::patch::{ListChange, Operation, PatchRequest, Resolved, resolve_operation};
use crate::scim::resource::{Map, member, validate};
use crate::scim::schema::{Definition, MEMBERS};

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// All go.
    Clear,
    Add(Vec<MemberValue>),
    /// Ids.
    Remove(Vec<String>),
    /// Those that the filter finds.
    RemoveWhere(Filter),
}

#[derive(Debug, Clone, PartialEq)]
pub struct MemberValue {
    pub id: String,
    pub display: Option<String>,
}

/// Of a canonical document, POSTed or PUT: its members, taken out of it.
pub fn of_document(document: &mut Map) -> Result<Vec<MemberValue>> {
    match document.shift_remove(MEMBERS) {
        Some(Value::Array(list)) => list.iter().map(member_value).collect(),
        _ => Ok(Vec::new()),
    }
}

/// Of a PUT: nothing when the body has no `members`.
pub fn of_replacement(
    definition: &Definition,
    body: &Map,
    old: &Map,
    mode: Mode,
) -> Result<(Map, Vec<Step>)> {
    let mut document = validate::replace(definition, old, body, mode)?;
    let members = of_document(&mut document)?;
    let steps = match member(body, MEMBERS) {
        Some(sent) => {
            check_shape(sent)?;
            vec![Step::Clear, Step::Add(members)]
        }
        None => Vec::new(),
    };
    Ok((document, steps))
}

/// Of a PATCH.
pub fn of_patch(definition: &Definition, request: &PatchRequest, mode: Mode) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for operation in &request.operations {
        for resolved in member_changes(definition, operation, mode)? {
            let change = resolved.list_change(mode)?;
            if resolved.sub.is_some() {
                return Err(unchangeable(&resolved));
            }
            check_shape(resolved.value)?;
            match change {
                None => {}
                Some(ListChange::Clear) => steps.push(Step::Clear),
                Some(ListChange::Add(list)) => steps.push(Step::Add(values(&list)?)),
                Some(ListChange::Replace(list)) => {
                    steps.extend([Step::Clear, Step::Add(values(&list)?)]);
                }
                Some(ListChange::Remove(list)) => {
                    let ids = values(&list)?.into_iter().map(|value| value.id).collect();
                    steps.push(Step::Remove(ids));
                }
                Some(ListChange::RemoveWhere(filter)) => {
                    let filter = by_value(&filter.written)?;
                    steps.push(match ids_in(&filter) {
                        Some(ids) => Step::Remove(ids),
                        None => Step::RemoveWhere(filter),
                    })
                }
                Some(ListChange::SetWhere(..)) => return Err(unchangeable(&resolved)),
            }
        }
    }
    Ok(steps)
}

/// The part of a PATCH operation that concerns members.
fn member_changes<'a>(
    definition: &'a Definition,
    operation: &'a Operation,
    mode: Mode,
) -> Result<Vec<Resolved<'a>>> {
    let mut resolved = resolve_operation(definition, operation, mode)?;
    resolved.retain(is_about_members);
    Ok(resolved)
}

pub fn is_about_members(resolved: &Resolved) -> bool {
    resolved.extension.is_none() && resolved.attribute.name == MEMBERS
}

fn unchangeable(resolved: &Resolved) -> ScimError {
    ScimError::mutability(format!(
        "{} cannot be changed in place: remove the member and add it anew.",
        resolved.path()
    ))
}

pub fn inside_itself() -> ScimError {
    ScimError::invalid_value("members: the group would be inside itself.")
}

/// A filter that says the same of `value` where it names a `$ref`: as in a value, its end names the
/// member. Anything else than the whole of it can be asked of `value`.
fn by_value(filter: &Filter) -> Result<Filter> {
    let all = |filters: &[Filter]| filters.iter().map(by_value).collect::<Result<Vec<_>>>();
    Ok(match filter {
        Filter::And(parts) => Filter::And(all(parts)?),
        Filter::Or(branches) => Filter::Or(all(branches)?),
        Filter::Not(inner) => Filter::Not(Box::new(by_value(inner)?)),
        Filter::Term(term) if term.path.path.name.eq_ignore_ascii_case("$ref") => {
            let mut term = term.clone();
            term.path.path.name = "value".to_owned();
            match &mut term.test {
                Test::Compare(Operator::Eq | Operator::Ne, literal) => {
                    let end = literal.value.as_str().map(last_segment);
                    if let Some(end) = end.map(str::to_owned) {
                        literal.value = end.into();
                    }
                }
                Test::Present => {}
                Test::Compare(..) => {
                    return Err(ScimError::invalid_filter(
                        "members are found by a whole $ref, with eq: value has more operators.",
                    ));
                }
            }
            Filter::Term(term)
        }
        other => other.clone(),
    })
}

fn last_segment(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn ids_in(filter: &Filter) -> Option<Vec<String>> {
    let values = listed_values(filter)?;
    values
        .into_iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn values(list: &[Value]) -> Result<Vec<MemberValue>> {
    list.iter().map(member_value).collect()
}

/// A shape that nobody knows must not pass for an empty list, which would empty the group: neither
/// a bare text nor an object that names nobody.
fn check_shape(sent: &Value) -> Result<()> {
    let names_somebody = |element: &Value| match element {
        Value::Object(object) => ["value", "$ref"]
            .iter()
            .any(|name| member(object, name).is_some_and(|named| !named.is_null())),
        _ => true,
    };
    let is_known = match sent {
        Value::Null => true,
        Value::Array(list) => list.iter().all(names_somebody),
        Value::Object(_) => names_somebody(sent),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_known { Ok(()) } else { Err(unnamed()) }
}

fn unnamed() -> ScimError {
    ScimError::invalid_value(
        "members is a list of objects, each with a value: the id of a user or group.",
    )
}

/// `value`, or the end of `$ref` where a client sends only that.
fn member_value(element: &Value) -> Result<MemberValue> {
    let text = |name: &str| element.get(name).and_then(Value::as_str);
    let id = text("value").or_else(|| text("$ref").map(last_segment));
    match id.filter(|id| !id.is_empty()) {
        Some(id) => Ok(MemberValue {
            id: id.to_owned(),
            display: text("display").map(str::to_owned),
        }),
        None => Err(unnamed()),
    }
}
