//! Users whom a bulk creates anew although they are there, deactivated: such an operation is about the
//! user who is there, and so is whatever refers to its bulkId. PURE.
//!
//! Left alone, so that it stays a conflict: a second creation with the same `userName`, and one of a
//! user whom another operation names.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::message::{BulkEnvelope, BulkTask, Change};
use super::plan::Rules;
use crate::scim::resource::reactivate::reactivated;
use crate::store::document::parse;
use crate::store::members::{Ground, Question};
use crate::store::resources::Stored;

/// The id that the message has for a new user → the id of the one who is there.
pub type Known = HashMap<String, String>;

pub fn known(bulk: &BulkEnvelope, question: &Question, ground: &Ground, rules: &Rules) -> Known {
    let mut known = Known::new();
    if ground.inactive.is_empty() {
        return known;
    }
    let changes = || bulk.operations.iter().filter_map(|one| change(&one.task));
    let mut taken: HashSet<String> = changes()
        .map(|change| change.target().1.to_owned())
        .collect();
    for change in changes() {
        if let Change::Create {
            resource_type,
            id,
            body,
        } = change
            && let Some(stored) = holder(id, question, ground)
            && let Some(definition) = rules.registry.definition(resource_type)
            && let Ok(old) = parse(&stored.document)
            // An error is for the plan to tell.
            && !matches!(reactivated(definition, &old, body, rules.mode), Ok(None))
            && taken.insert(stored.id.clone())
        {
            known.insert(id.clone(), stored.id.clone());
        }
    }
    known
}

/// Who is not active and has the name with which this one is to be created.
fn holder<'a>(id: &str, question: &Question, ground: &'a Ground) -> Option<&'a Stored> {
    // The message's ids sort as its operations come.
    let posted = &question.posted;
    let at = posted.binary_search_by(|(one, _)| one.as_str().cmp(id));
    let holder = ground.holders.0.get(&posted[at.ok()?].1)?.as_ref()?;
    let mut inactive = ground.inactive.iter().map(|(_, stored)| stored);
    inactive.find(|stored| stored.id == *holder)
}

/// Whether anything in the bulk refers to one of them.
pub fn is_referred_to(bulk: &BulkEnvelope, known: &Known) -> bool {
    let mut needed = bulk.operations.iter().flat_map(|one| &one.needs);
    needed.any(|at| is_of(bulk, *at, known))
}

/// Whether all of them were read by their ids.
pub fn are_there(known: &Known, ground: &Ground) -> bool {
    let is_there = |id: &String| ground.targets.iter().any(|(_, stored)| stored.id == *id);
    known.values().all(is_there)
}

/// The bulk with the ids of those who are there.
pub fn renamed(bulk: &BulkEnvelope, known: &Known) -> BulkEnvelope {
    let mut renamed = bulk.clone();
    for (at, operation) in renamed.operations.iter_mut().enumerate() {
        let is_concerned = operation.needs.iter().chain([&at]);
        if !is_concerned.into_iter().any(|at| is_of(bulk, *at, known)) {
            continue;
        }
        let BulkTask::Change(change) = &mut operation.task else {
            continue;
        };
        match change {
            Change::Create { id, body, .. }
            | Change::Replace { id, body, .. }
            | Change::Patch { id, body, .. } => {
                rename_text(id, known);
                body.values_mut().for_each(|value| rename(value, known));
            }
            Change::Delete { id, .. } => rename_text(id, known),
        }
    }
    renamed
}

/// Whether the operation at this place creates one of them.
fn is_of(bulk: &BulkEnvelope, at: usize, known: &Known) -> bool {
    let operation = bulk.operations.get(at);
    let change = operation.and_then(|operation| change(&operation.task));
    matches!(change, Some(Change::Create { id, .. }) if known.contains_key(id))
}

fn change(task: &BulkTask) -> Option<&Change> {
    match task {
        BulkTask::Change(change) => Some(change),
        BulkTask::Refused(_) => None,
    }
}

fn rename(value: &mut Value, known: &Known) {
    match value {
        Value::String(text) => rename_text(text, known),
        Value::Array(elements) => elements.iter_mut().for_each(|one| rename(one, known)),
        Value::Object(members) => members.values_mut().for_each(|one| rename(one, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The message's ids stand wherever a bulkId can: alone, at the end of a `$ref`, in quotes in a PATCH
/// path. Nobody else can know them, so that no other text is meant.
fn rename_text(text: &mut String, known: &Known) {
    const ENDS: [char; 2] = ['/', '"'];
    let mut renamed = String::with_capacity(text.len());
    for part in text.split_inclusive(ENDS) {
        let name = part.trim_end_matches(ENDS);
        renamed.push_str(known.get(name).map_or(name, String::as_str));
        renamed.push_str(&part[name.len()..]);
    }
    *text = renamed;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_renamed_wherever_they_can_stand() {
        let known = Known::from([("new-1".to_owned(), "old".to_owned())]);
        let check = |mut value: Value, expected: Value| {
            rename(&mut value, &known);
            assert_eq!(value, expected);
        };
        check(json!("new-1"), json!("old"));
        check(
            json!({"value": "new-1", "$ref": "https://x.test/Users/new-1"}),
            json!({"value": "old", "$ref": "https://x.test/Users/old"}),
        );
        check(
            json!([{"path": "members[value eq \"new-1\" or value eq \"new-2\"]"}]),
            json!([{"path": "members[value eq \"old\" or value eq \"new-2\"]"}]),
        );
        for other in ["new-10", "a new-1", "new-1 ", "", "/", "\"", "//x\"\""] {
            check(json!(other), json!(other));
        }
        check(json!([1, true, null]), json!([1, true, null]));
    }
}
