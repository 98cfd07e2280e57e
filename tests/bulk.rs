//! Runs `cases/bulk/*.json`: what a BulkRequest asks for once it is read, as data.
//!
//! A case holds in the `modes` it lists, or in all; `others` is the error of the remaining ones. An
//! `error` has a `status` (400 if left out), a `scimType` and text that its detail contains. New
//! resources get the ids `new-1`, `new-2`, … `@bulk` and `@enterprise` stand for URNs.

use std::fs;
use std::path::Path;

use scim_edge::scim::bulk::{BulkRequest, Operation};
use scim_edge::scim::error::{Result, ScimError};
use scim_edge::scim::mode::Mode;
use scim_edge::scim::resource::Map;
use scim_edge::scim::schema::{ENTERPRISE_USER_URN, Registry};
use serde::Deserialize;
use serde_json::json;

const MODES: [Mode; 3] = [Mode::Compat, Mode::RfcStrict, Mode::Interop];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "note")]
    _note: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    body: Map,
    modes: Option<Vec<Mode>>,
    operations: Option<Vec<Expected>>,
    error: Option<Refusal>,
    others: Option<Refusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Refusal {
    #[serde(default = "bad_request")]
    status: u16,
    scim_type: Option<String>,
    detail: String,
}

fn bad_request() -> u16 {
    400
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verb: Option<String>,
    #[serde(rename = "type")]
    resource_type: Option<String>,
    id: Option<String>,
    data: Option<Map>,
    location: Option<String>,
    #[serde(default)]
    needs: Vec<usize>,
    error: Option<Refusal>,
}

#[test]
fn cases() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/bulk");
    let mut count = 0;
    for file in fs::read_dir(directory).expect("the cases are there") {
        let path = file.expect("readable").path();
        let text = fs::read_to_string(&path)
            .expect("readable")
            .replace("@bulk", "urn:ietf:params:scim:api:messages:2.0:BulkRequest")
            .replace("@enterprise", ENTERPRISE_USER_URN);
        let file: File = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in file.cases {
            for mode in MODES {
                check(&case, mode);
                count += 1;
            }
        }
    }
    assert!(count >= 60, "{count} cases");
}

fn check(case: &Case, mode: Mode) {
    let name = format!("{} in {mode:?}", case.name);
    let listed = case.modes.as_ref();
    let meant = listed.is_none_or(|modes| modes.contains(&mode));
    let error = if meant { &case.error } else { &case.others };
    match (parse(&case.body, mode), error, &case.operations) {
        (Err(actual), Some(expected), _) => refused(&name, &actual, expected),
        (Ok(_), None, _) if !meant => {}
        (Ok(bulk), None, Some(expected)) => {
            assert_eq!(bulk.operations.len(), expected.len(), "{name}");
            for (at, (actual, expected)) in bulk.operations.iter().zip(expected).enumerate() {
                same(&format!("{name}, operation {}", at + 1), actual, expected);
            }
        }
        (actual, ..) => panic!("{name}: {actual:?}"),
    }
}

const MOST: usize = 1000;

fn parse(body: &Map, mode: Mode) -> Result<BulkRequest> {
    BulkRequest::parse(body.clone(), Registry::builtin(), mode, MOST, |count| {
        Ok((1..=count).map(|number| format!("new-{number}")).collect())
    })
}

fn same(name: &str, actual: &Operation, expected: &Expected) {
    match (&actual.task, &expected.error) {
        (Err(actual), Some(expected)) => return refused(name, actual, expected),
        (Ok(task), None) => {
            let verb = expected.verb.as_deref();
            assert_eq!(Some(format!("{:?}", task.verb).as_str()), verb, "{name}");
            let resource_type = expected.resource_type.as_ref();
            assert_eq!(Some(&task.resource_type), resource_type, "{name}");
            assert_eq!(Some(&task.id), expected.id.as_ref(), "{name}");
            assert_eq!(Some(&task.data), expected.data.as_ref(), "{name}");
        }
        (task, _) => panic!("{name}: {task:?}"),
    }
    assert_eq!(actual.location, expected.location, "{name}");
    assert_eq!(actual.needs, expected.needs, "{name}");
}

fn refused(name: &str, actual: &ScimError, expected: &Refusal) {
    assert_eq!(actual.status, expected.status, "{name}: {actual:?}");
    let scim_type = actual.scim_type.map(|one| one.as_str());
    assert_eq!(scim_type, expected.scim_type.as_deref(), "{name}");
    assert!(
        actual.detail.contains(&expected.detail),
        "{name}: {actual:?}"
    );
}

#[test]
fn more_operations_than_allowed() {
    let operations = vec![json!({"method": "DELETE", "path": "/Users/1"}); MOST + 1];
    let body = json!({ "Operations": operations });
    let body = body.as_object().expect("an object");
    let error = parse(body, Mode::Compat).expect_err("too many");
    assert_eq!(error.status, 413);
    assert!(error.detail.contains("maxOperations (1000)"), "{error:?}");
}
