//! Runs `cases/{validate,patch,project}/*.json`: what becomes of documents, as data.
//!
//! A file names its resource `type` and what all its cases share. A case holds in the `modes` it
//! lists, or in all; `others` is the scimType that the remaining modes answer. `expect` says what
//! differs from the shared document, null for what is gone; `error` is a scimType, and `detail`
//! text that the error's detail has. `@user`, `@group`, `@enterprise`, `@device` and `@lab` stand
//! for URNs.

use std::fs;
use std::path::{Path, PathBuf};

use scim_edge::scim::error::Result;
use scim_edge::scim::mode::Mode;
use scim_edge::scim::patch::{self, PatchRequest};
use scim_edge::scim::resource::project::{Projection, project};
use scim_edge::scim::resource::{Map, parse_body, validate};
use scim_edge::scim::schema::{
    Definition, ENTERPRISE_USER_URN, GROUP_URN, Registry, ResourceType, Schema, USER_URN,
};
use serde::Deserialize;
use serde_json::Value;

const MODES: [Mode; 3] = [Mode::Compat, Mode::RfcStrict, Mode::Interop];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "type")]
    resource_type: String,
    /// What every case starts from.
    document: Map,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    modes: Option<Vec<Mode>>,
    /// Differs from the file's document, null for what it lacks.
    #[serde(default)]
    document: Map,
    #[serde(default)]
    input: Map,
    #[serde(default)]
    operations: Vec<Value>,
    attributes: Option<String>,
    excluded: Option<String>,
    expect: Option<Map>,
    error: Option<String>,
    detail: Option<String>,
    others: Option<String>,
}

#[test]
fn validate_create() {
    run("validate/create", 70, |definition, case, document, mode| {
        validate::create(definition, &with(&document, &case.input), mode)
    });
}

#[test]
fn validate_replace() {
    run(
        "validate/replace",
        12,
        |definition, case, document, mode| {
            validate::replace(definition, &document, &case.input, mode)
        },
    );
}

#[test]
fn patch_operations() {
    run("patch", 90, |definition, case, document, mode| {
        let mut body = Map::new();
        body.insert(
            "schemas".into(),
            vec!["urn:ietf:params:scim:api:messages:2.0:PatchOp"].into(),
        );
        body.insert("Operations".into(), case.operations.clone().into());
        body = with(&body, &case.input);
        patch::apply(
            definition,
            &document,
            &PatchRequest::parse(&body, mode)?,
            mode,
        )
    });
}

#[test]
fn projections() {
    run("project", 20, |definition, case, mut document, _| {
        let (attributes, excluded) = (case.attributes.as_deref(), case.excluded.as_deref());
        let projection = Projection::parse(attributes, excluded, definition)?;
        project(definition, &mut document, &projection);
        Ok(document)
    });
}

/// `least` guards against a directory that moved or a loop that ran over nothing.
fn run(
    directory: &str,
    least: usize,
    actual: impl Fn(&Definition, &Case, Map, Mode) -> Result<Map>,
) {
    let registry = registry();
    let (mut count, mut failures) = (0, Vec::new());
    for path in files(directory) {
        let file: File = serde_json::from_str(&read(&path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let definition = registry
            .definition(&file.resource_type)
            .expect("a known type");
        for case in &file.cases {
            let document = with(&file.document, &case.document);
            count += 1;
            for mode in MODES {
                let result = actual(definition, case, document.clone(), mode);
                if let Err(why) = judge(case, &document, mode, &result) {
                    let file = path.file_name().unwrap_or_default().display();
                    failures.push(format!("{file}: {} in {mode:?}: {why}", case.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= least, "{count} cases");
}

fn judge(
    case: &Case,
    document: &Map,
    mode: Mode,
    result: &Result<Map>,
) -> std::result::Result<(), String> {
    let meant = case
        .modes
        .as_ref()
        .is_none_or(|modes| modes.contains(&mode));
    let error = if meant { &case.error } else { &case.others };
    if !meant && error.is_none() {
        return Ok(());
    }
    match (result, error) {
        (Ok(actual), None) => {
            let expect = case.expect.as_ref().ok_or("the case expects nothing")?;
            let expected = with(document, expect);
            (*actual == expected).then_some(()).ok_or_else(|| {
                format!(
                    "\n  actual   {}\n  expected {}",
                    text(actual),
                    text(&expected)
                )
            })
        }
        (Err(actual), Some(wanted)) => {
            let fits = actual.scim_type.map(|one| one.as_str()) == Some(wanted);
            let detail = case.detail.as_deref().filter(|_| meant).unwrap_or_default();
            (fits && actual.status == 400 && actual.detail.contains(detail))
                .then_some(())
                .ok_or_else(|| format!("{actual:?}"))
        }
        (Ok(actual), Some(wanted)) => Err(format!("{wanted} expected, got {}", text(actual))),
        (Err(actual), None) => Err(format!("{actual:?}")),
    }
}

/// `base` with the members of `change` instead of its own; null takes one away.
fn with(base: &Map, change: &Map) -> Map {
    let mut map = base.clone();
    for (name, value) in change {
        match value {
            Value::Null => map.shift_remove(name),
            value => map.insert(name.clone(), value.clone()),
        };
    }
    map
}

fn text(map: &Map) -> String {
    Value::Object(map.clone()).to_string()
}

fn files(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(directory);
    let entries = fs::read_dir(&directory).expect("the cases are there");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    text.replace("@user", USER_URN)
        .replace("@group", GROUP_URN)
        .replace("@enterprise", ENTERPRISE_USER_URN)
        .replace("@device", "urn:example:2.0:Device")
        .replace("@lab", "urn:example:lab:2.0:Device")
}

/// The standard types, and one of a tenant's own with every characteristic that those lack.
fn registry() -> Registry {
    #[derive(Deserialize)]
    struct Own {
        schemas: Vec<Schema>,
        types: Vec<ResourceType>,
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/device.json");
    let body = parse_body(read(&own).as_bytes(), 64).expect("JSON without duplicates");
    let own: Own = serde_json::from_value(body.into()).expect("schemas and types");
    let builtin = Registry::builtin();
    let mut schemas = builtin.schemas.clone();
    schemas.extend(own.schemas.into_iter().map(Into::into));
    let mut types: Vec<_> = builtin
        .definitions
        .iter()
        .map(|definition| definition.resource_type.clone())
        .collect();
    types.extend(own.types);
    Registry::link(schemas, types).expect("types name their schemas")
}
