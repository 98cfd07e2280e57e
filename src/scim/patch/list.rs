//! What an operation on a multi-valued attribute does to its elements, apart from where those are:
//! in the document, or, like a group's members, in a table that is changed by differences.

use serde_json::Value;

use super::message::Op;
use super::target::{Resolved, Selector};
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::{Filter, Operator, Term, Test};
use crate::scim::fold::{fold, ignores_case};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::resource::value::{Fault, canonical, canonical_element};
use crate::scim::resource::{Map, TYPE, VALUE};
use crate::scim::schema::{Attribute, Type};

/// Elements are canonical: names as the schema has them, types checked, nothing empty.
#[derive(Debug, Clone, PartialEq)]
pub enum ListChange<'r> {
    /// These elements, beside what is there.
    Add(Vec<Value>),
    /// These elements and no others; may be none.
    Replace(Vec<Value>),
    /// All that are like one of these go.
    Remove(Vec<Value>),
    /// All that the filter finds go.
    RemoveWhere(&'r Selector<'r>),
    /// What the filter finds takes this content: besides its own after `add`, alone after
    /// `replace`.
    SetWhere(Op, &'r Selector<'r>, Value),
    /// All go.
    Clear,
}

impl Resolved<'_> {
    /// `None` when a sub-attribute of the elements is the target, or when nothing is to do.
    pub fn list_change(&self, mode: Mode) -> Result<Option<ListChange<'_>>> {
        if self.sub.is_some() {
            return Ok(None);
        }
        let change = match (self.op, &self.filter) {
            (Op::Remove, Some(filter)) => ListChange::RemoveWhere(filter),
            (Op::Remove, None) if self.value.is_null() => ListChange::Clear,
            (Op::Remove, None) if mode.allows(Quirk::RemoveListed) => {
                ListChange::Remove(self.elements(mode)?)
            }
            (Op::Remove, None) => {
                return Err(ScimError::invalid_value(format!(
                    "remove takes no value; {}[{VALUE} eq \"…\"] removes one element.",
                    self.attribute.name
                )));
            }
            (op, Some(filter)) => {
                let element = canonical_element(self.attribute, self.value, mode)
                    .map_err(|fault| self.fault(fault))?;
                match (op, element) {
                    (_, Some(element)) => ListChange::SetWhere(op, filter, element),
                    (Op::Replace, None) => ListChange::RemoveWhere(filter),
                    (_, None) => return Ok(None),
                }
            }
            (Op::Add, None) => ListChange::Add(self.elements(mode)?),
            (Op::Replace, None) => ListChange::Replace(self.elements(mode)?),
        };
        Ok(Some(change))
    }

    fn elements(&self, mode: Mode) -> Result<Vec<Value>> {
        let list = canonical(self.attribute, self.value, mode).map_err(|f| self.fault(f))?;
        Ok(match list {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        })
    }

    pub(super) fn fault(&self, fault: Fault) -> ScimError {
        fault.under(self.extension.map(|schema| schema.id.as_str()))
    }
}

/// The values that a filter such as `value eq "a"` or `value eq "a" or value eq "b"` lists; `None`
/// for any other. With it, elements that lie in a table are found by key.
pub fn listed_values(filter: &Filter) -> Option<Vec<&Value>> {
    match filter {
        Filter::Or(branches) => {
            let lists: Option<Vec<_>> = branches.iter().map(listed_values).collect();
            Some(lists?.concat())
        }
        other => {
            let (name, value) = equality(other)?;
            name.eq_ignore_ascii_case(VALUE).then(|| vec![value])
        }
    }
}

/// The element that a filter of equalities describes, such as `type eq "work"`; `None` when it
/// does not say enough to make one.
pub(super) fn described(attribute: &Attribute, filter: &Filter, mode: Mode) -> Option<Map> {
    if attribute.kind != Type::Complex {
        return None;
    }
    let terms = match filter {
        Filter::And(terms) => terms.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut element = Map::new();
    for term in terms {
        let (name, value) = equality(term)?;
        let sub = attribute.sub(name)?;
        let value = canonical(sub, value, mode).ok()??;
        element.insert(sub.name.clone(), value);
    }
    Some(element)
}

fn equality(filter: &Filter) -> Option<(&str, &Value)> {
    match filter {
        Filter::Term(Term {
            path,
            test: Test::Compare(Operator::Eq, literal),
        }) if path.path.sub.is_none() => Some((&path.path.name, &literal.value)),
        _ => None,
    }
}

/// Adds an element unless one says the same already. Answers where it is now.
pub(super) fn add(list: &mut Vec<Value>, attribute: &Attribute, element: Value) -> usize {
    if let Some(at) = list.iter().position(|old| says_all(old, &element)) {
        return at;
    }
    // RFC 7643 §2.4: one type and value should not come twice; the new element completes the old.
    if let Some(at) = list
        .iter()
        .position(|old| same_kind(attribute, old, &element))
    {
        merge(&mut list[at], element);
        return at;
    }
    list.push(element);
    list.len() - 1
}

pub(super) fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old.extend(new),
        (old, new) => *old = new,
    }
}

/// Whether an element is one that the client listed for removal.
pub(super) fn is_listed(attribute: &Attribute, element: &Value, listed: &Value) -> bool {
    if listed.get(VALUE).is_none() {
        return says_all(element, listed);
    }
    [VALUE, TYPE]
        .into_iter()
        .filter_map(|name| Some((attribute.sub(name)?, listed.get(name)?)))
        .all(|(sub, value)| {
            element
                .get(&sub.name)
                .is_some_and(|own| equal(sub, own, value))
        })
}

fn says_all(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            new.iter().all(|(name, value)| old.get(name) == Some(value))
        }
        (old, new) => old == new,
    }
}

fn same_kind(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    let Some(sub) = attribute.sub(VALUE) else {
        return false;
    };
    let values = (old.get(VALUE), new.get(VALUE));
    matches!(values, (Some(old), Some(new)) if equal(sub, old, new))
        && old.get(TYPE) == new.get(TYPE)
}

fn equal(sub: &Attribute, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) if ignores_case(sub) => fold(one) == fold(other),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::error::ScimType;
    use crate::scim::patch::{PatchRequest, resolve_operation};
    use crate::scim::schema::Registry;

    /// What each operation says about a group's members, and how many other changes it makes.
    fn check(operation: Value, expected: Result<(&[&str], usize), ScimType>) {
        let group = Registry::builtin().definition("Group").unwrap();
        let body = json!({ "Operations": [operation] });
        let outcome = PatchRequest::parse(body.as_object().unwrap(), Mode::Compat)
            .and_then(|request| summary(&request, group))
            .map_err(|error| error.scim_type.unwrap());
        let expected = expected.map(|(changes, others)| {
            let changes: Vec<String> = changes.iter().map(|change| change.to_string()).collect();
            (changes, others)
        });
        assert_eq!(outcome, expected, "{body}");
    }

    fn summary(
        request: &PatchRequest,
        group: &crate::scim::schema::Definition,
    ) -> Result<(Vec<String>, usize)> {
        let (mut changes, mut others) = (Vec::new(), 0);
        for resolved in resolve_operation(group, &request.operations[0], Mode::Compat)? {
            if resolved.attribute.name != "members" {
                others += 1;
                continue;
            }
            changes.push(match resolved.list_change(Mode::Compat)? {
                None => "nothing".to_owned(),
                Some(ListChange::Add(list)) => format!("add {}", Value::Array(list)),
                Some(ListChange::Replace(list)) => format!("replace {}", Value::Array(list)),
                Some(ListChange::Remove(list)) => format!("remove {}", Value::Array(list)),
                Some(ListChange::RemoveWhere(selector)) => match listed_values(&selector.written) {
                    Some(values) => format!("remove where {}", json!(values)),
                    None => "remove where".to_owned(),
                },
                Some(ListChange::SetWhere(..)) => "set where".to_owned(),
                Some(ListChange::Clear) => "clear".to_owned(),
            });
        }
        Ok((changes, others))
    }

    #[test]
    fn members_are_changed_by_differences() {
        check(
            json!({"op": "Add", "path": "members", "value": [{"$ref": null, "value": "u1"}]}),
            Ok((&[r#"add [{"value":"u1"}]"#], 0)),
        );
        check(
            json!({"op": "add", "path": "members", "value": [{"value": "u1", "display": "U"}]}),
            Ok((&[r#"add [{"value":"u1","display":"U"}]"#], 0)),
        );
        check(
            json!({"op": "Remove", "path": "members", "value": [{"value": "u1"}]}),
            Ok((&[r#"remove [{"value":"u1"}]"#], 0)),
        );
        check(
            json!({"op": "remove", "path": "members[value eq \"u1\"]"}),
            Ok((&[r#"remove where ["u1"]"#], 0)),
        );
        check(
            json!({"op": "remove", "path": "members[value eq \"u1\" or value eq \"u2\"]"}),
            Ok((&[r#"remove where ["u1","u2"]"#], 0)),
        );
        check(
            json!({"op": "remove", "path": "members[type eq \"User\"]"}),
            Ok((&["remove where"], 0)),
        );
        check(
            json!({"op": "remove", "path": "members"}),
            Ok((&["clear"], 0)),
        );
        check(
            json!({"op": "replace", "path": "members", "value": []}),
            Ok((&["replace []"], 0)),
        );
        check(
            json!({"op": "replace", "value": {"members": []}}),
            Ok((&["replace []"], 0)),
        );
        check(
            json!({"op": "replace", "value": {"id": "g", "displayName": "Shop"}}),
            Ok((&[], 1)),
        );
        check(
            json!({"op": "add", "value": {"displayName": "Shop", "members": [{"value": "u1"}]}}),
            Ok((&[r#"add [{"value":"u1"}]"#], 1)),
        );
        check(
            json!({"op": "add", "path": "members", "value": [{"value": {"id": "u1"}}]}),
            Err(ScimType::InvalidValue),
        );
    }
}
