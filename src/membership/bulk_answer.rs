//! What a bulk's sender is told of each operation (RFC 7644 §3.7.3), at once or later (RFC 9967
//! §2.5.1.2). PURE.
//!
//! An operation's answer has a body only where it failed: a thousand resources would otherwise be
//! sent back that the client has just sent.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::message::{BulkOperation, BulkTask, Change, Done};
use crate::events::describe;
use crate::scim::bulk::{Entry, bulk_response};
use crate::scim::error::{Result, ScimError};
use crate::store::accepted::{Begun, Finished};
use crate::store::events::NewEvent;

/// An entry for each operation that was tried.
pub fn entries(base: &str, operations: &[BulkOperation], results: &[Result<Done>]) -> Vec<Value> {
    let answered = || operations.iter().zip(results);
    let moved = answered().filter_map(|(operation, result)| moved(operation, result));
    let moved: HashMap<&str, String> = moved.collect();
    answered()
        .map(|(operation, result)| json!(entry(base, operation, &moved, result)))
        .collect()
}

/// What is left of one that was accepted: its response, and an event for each operation, those that
/// `failOnErrors` left untried too.
pub fn finished(
    begun: &Begun,
    operations: &[BulkOperation],
    results: &[Result<Done>],
) -> (Finished, Vec<NewEvent>) {
    let entries = entries(&begun.base, operations, results);
    let untried: Vec<Result<Done>> = vec![Err(untried()); operations.len()];
    let rest = results.len().min(operations.len());
    let untried = self::entries(&begun.base, &operations[rest..], &untried);
    let all = entries.iter().chain(&untried).enumerate();
    let events = all.map(|(at, entry)| describe::completed(&begun.id, at, &begun.base, entry));
    let events = events.collect();
    let finished = Finished {
        id: begun.id.clone(),
        response: bulk_response(entries),
    };
    (finished, events)
}

fn untried() -> ScimError {
    let detail = "Nothing more was tried after as many errors as failOnErrors says.";
    ScimError::new(424, detail)
}

/// Where the resource is, and where it really is: whoever was created anew has the id that they had.
fn moved<'a>(operation: &'a BulkOperation, result: &Result<Done>) -> Option<(&'a str, String)> {
    let location = operation.location.as_deref()?;
    let (place, id) = location.rsplit_once('/')?;
    let found = &result.as_ref().ok()?.stored.id;
    (id != found).then(|| (location, format!("{place}/{found}")))
}

fn entry<'a>(
    base: &str,
    operation: &'a BulkOperation,
    moved: &HashMap<&str, String>,
    result: &Result<Done>,
) -> Entry<'a> {
    let BulkOperation {
        method,
        bulk_id,
        location,
        task,
        ..
    } = operation;
    let bulk_id = bulk_id.as_deref();
    let location = location.as_deref().map(|path| {
        let path = moved.get(path).map_or(path, String::as_str);
        format!("{base}{path}")
    });
    match (result, task) {
        (Ok(done), task) => {
            let (status, version) = match task {
                BulkTask::Change(Change::Create { .. }) => (201, Some(done.stored.version)),
                BulkTask::Change(Change::Delete { .. }) => (204, None),
                _ => (200, Some(done.stored.version)),
            };
            Entry::done(method, bulk_id, status, location, version)
        }
        // Nothing is where a POST failed.
        (Err(error), BulkTask::Change(Change::Create { .. })) => {
            Entry::failed(method, bulk_id, None, error)
        }
        (Err(error), _) => Entry::failed(method, bulk_id, location, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::message::Refusal;
    use crate::store::resources::Stored;

    fn operation(method: &str, id: &str) -> BulkOperation {
        let (resource_type, body) = ("User".to_owned(), serde_json::Map::new());
        let id = id.to_owned();
        let location = Some(format!("/Users/{id}"));
        let change = match method {
            "POST" => Change::Create {
                resource_type,
                id,
                body,
            },
            "DELETE" => Change::Delete { resource_type, id },
            _ => Change::Patch {
                resource_type,
                id,
                body,
            },
        };
        BulkOperation {
            method: method.to_owned(),
            bulk_id: (method == "POST").then(|| "x".to_owned()),
            if_match: None,
            needs: Vec::new(),
            location,
            task: BulkTask::Change(change),
        }
    }

    fn done(id: &str) -> Result<Done> {
        Ok(Done {
            stored: Stored {
                id: id.to_owned(),
                seq: 1,
                version: 2,
                created: 0,
                modified: 0,
                document: String::new(),
            },
            left_out: Vec::new(),
        })
    }

    fn refused() -> Result<Done> {
        Err(ScimError::new(404, "gone"))
    }

    #[test]
    fn each_has_its_entry() {
        let check = |operation: &BulkOperation, result: Result<Done>, expected: Value| {
            let found = entries("b", std::slice::from_ref(operation), &[result]);
            assert_eq!(found, [expected]);
        };
        let error = refused().unwrap_err().to_json();
        check(
            &operation("POST", "1"),
            done("1"),
            json!({"location": "b/Users/1", "method": "POST", "bulkId": "x", "version": "W/\"2\"", "status": "201"}),
        );
        check(
            &operation("POST", "1"),
            refused(),
            json!({"method": "POST", "bulkId": "x", "status": "404", "response": error}),
        );
        check(
            &operation("PATCH", "1"),
            done("1"),
            json!({"location": "b/Users/1", "method": "PATCH", "version": "W/\"2\"", "status": "200"}),
        );
        check(
            &operation("DELETE", "1"),
            done("1"),
            json!({"location": "b/Users/1", "method": "DELETE", "status": "204"}),
        );
        let mut refusal = operation("NONE", "1");
        refusal.task = BulkTask::Refused(Refusal::from(refused().unwrap_err()));
        check(
            &refusal,
            refused(),
            json!({"location": "b/Users/1", "method": "NONE", "status": "404", "response": error}),
        );
    }

    #[test]
    fn who_is_created_anew_is_where_they_were() {
        let operations = [operation("POST", "new"), operation("PATCH", "new")];
        let found = entries("b", &operations, &[done("old"), done("old")]);
        assert!(found.iter().all(|one| one["location"] == "b/Users/old"));
    }

    #[test]
    fn what_was_not_tried_is_told_and_not_answered() {
        let begun = Begun {
            id: "i".to_owned(),
            base: "b".to_owned(),
            request: String::new(),
            tries: 1,
        };
        let operations = ["1", "2", "3"].map(|id| operation("PATCH", id));
        let (finished, told) = finished(&begun, &operations, &[done("1"), refused()]);
        let response: Value = serde_json::from_str(&finished.response).unwrap();
        assert_eq!(response["Operations"].as_array().map(Vec::len), Some(2));
        let of = |name: &str| -> Vec<Value> {
            let parts = told.iter().map(|event| event.data.pointer(name).cloned());
            parts.map(Option::unwrap).collect()
        };
        assert_eq!(of("/txn"), ["i:0", "i:1", "i:2"]);
        assert_eq!(of("/operation/status"), ["200", "404", "424"]);
        assert_eq!(of("/subject/id"), ["1", "2", "3"]);
    }
}
