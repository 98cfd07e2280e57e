//! Every quirk names a fixture, and with only that quirk turned off the fixture goes another way.
//! What is recorded there is what `tests/documents.rs`, `tests/filter.rs` and the Worker's tests ask
//! for, so another way is a failure of one of those.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Mode, Quirk};
use crate::scim::error::{Result, ScimError, ScimType};
use crate::scim::filter::check::check;
use crate::scim::filter::parse::parse;
use crate::scim::patch::{self, PatchRequest};
use crate::scim::resource::{Map, parse_body, validate};
use crate::scim::schema::{
    Definition, ENTERPRISE_USER_URN, GROUP_URN, Registry, ResourceType, Schema, USER_URN,
};

thread_local! {
    static OFF: Cell<Option<Quirk>> = const { Cell::new(None) };
}

pub(super) fn is_off(quirk: Quirk) -> bool {
    OFF.get() == Some(quirk)
}

/// What happened at one step: the document there is now, or the refusal.
type Outcome = Result<Map, Option<ScimType>>;

#[test]
fn each_quirk_is_needed_by_its_fixture() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), Quirk::ALL.len(), "a variant is not in ALL");
    for quirk in Quirk::ALL {
        let names = &fixtures[&format!("{quirk:?}")];
        assert!(!names.is_empty(), "{quirk:?} names no fixture");
        for name in names {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests")
                .join(name);
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            if !name.ends_with(".json") {
                // Only the whole Worker has what this one is about.
                assert!(text.contains(&format!("Quirk::{quirk:?}")), "{name}");
                continue;
            }
            let text = spelled_out(&text);
            let with = play(name, &text);
            OFF.set(Some(quirk));
            let without = play(name, &text);
            OFF.set(None);
            assert_ne!(with, without, "{name} does not need {quirk:?}");
        }
    }
}

/// From the documentation of [`Quirk`]: each variant, with the files it names.
fn fixtures() -> HashMap<String, Vec<String>> {
    let source = include_str!("../mode.rs");
    let (_, variants) = source.split_once("pub enum Quirk {").expect("the list");
    let (variants, _) = variants.split_once("\n}").expect("its end");
    let mut found = HashMap::new();
    let mut files = Vec::new();
    for line in variants.lines().map(str::trim) {
        if let Some(variant) = line.strip_suffix(',').filter(|_| !line.starts_with("///")) {
            found.insert(variant.to_owned(), std::mem::take(&mut files));
        }
        let quoted = line.split('`').skip(1).step_by(2);
        files.extend(quoted.filter(|word| word.contains('/')).map(str::to_owned));
    }
    found
}

fn play(name: &str, text: &str) -> Vec<Outcome> {
    let file = parse_body(text.as_bytes(), 64).expect("JSON without duplicates");
    let registry = registry();
    if name.starts_with("idp/") {
        return dialog(&registry, &file);
    }
    let definition = file["type"]
        .as_str()
        .and_then(|name| registry.definition(name));
    let definition = definition.expect("a known type");
    let document = file["document"].as_object().expect("an object");
    let cases = file["cases"].as_array().expect("cases");
    cases
        .iter()
        .map(|case| {
            let part = |name: &str| case.get(name).and_then(Value::as_object).cloned();
            let document = with(document, part("document").unwrap_or_default());
            let input = part("input").unwrap_or_default();
            if name.starts_with("cases/validate/create") {
                return validate::create(definition, &with(&document, input), Mode::Compat);
            }
            let mut body = Map::new();
            body.insert("schemas".into(), vec![patch::message::PATCH_OP_URN].into());
            body.extend(
                case.get("operations")
                    .map(|list| ("Operations".into(), list.clone())),
            );
            change(definition, &document, &with(&body, input))
        })
        .map(|result| result.map_err(|error| error.scim_type))
        .collect()
}

/// A recorded exchange, as far as documents and filters go, with one resource of each type.
fn dialog(registry: &Registry, file: &Map) -> Vec<Outcome> {
    let mut documents: HashMap<String, Map> = HashMap::new();
    let steps = file["steps"].as_array().expect("steps");
    steps
        .iter()
        .map(|step| {
            let request = &step["request"];
            let target = request["path"].as_str().expect("a path");
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let endpoint = path.split('/').nth(1).unwrap_or_default();
            let definition = registry.at(endpoint);
            let definition = definition.ok_or_else(|| ScimError::not_found(path))?;
            let present = documents.get(endpoint).cloned().unwrap_or_default();
            let body = request["body"].as_object().cloned().unwrap_or_default();
            let new = match request["method"].as_str().expect("a method") {
                "POST" => validate::create(definition, &body, Mode::Compat)?,
                "PUT" => validate::replace(definition, &present, &body, Mode::Compat)?,
                "PATCH" => change(definition, &present, &body)?,
                _ => {
                    if let Some(filter) =
                        query.split('&').find_map(|one| one.strip_prefix("filter="))
                    {
                        check(&parse(filter, Mode::Compat)?, definition, Mode::Compat)?;
                    }
                    present
                }
            };
            documents.insert(endpoint.to_owned(), new.clone());
            Ok(new)
        })
        .map(|result: Result<Map>| result.map_err(|error| error.scim_type))
        .collect()
}

fn change(definition: &Definition, document: &Map, body: &Map) -> Result<Map> {
    let request = PatchRequest::parse(body, Mode::Compat)?;
    patch::apply(definition, document, &request, Mode::Compat)
}

/// As in `tests/documents.rs`: null takes a member away.
fn with(base: &Map, change: Map) -> Map {
    let mut map = base.clone();
    map.extend(change);
    map.retain(|_, value| !value.is_null());
    map
}

fn registry() -> Registry {
    let own = spelled_out(include_str!("../../../tests/cases/device.json"));
    let own: Value = serde_json::from_str(&own).expect("JSON");
    let builtin = Registry::builtin();
    let schemas: Vec<Schema> = serde_json::from_value(own["schemas"].clone()).expect("schemas");
    let types: Vec<ResourceType> = serde_json::from_value(own["types"].clone()).expect("types");
    let known = builtin
        .definitions
        .iter()
        .map(|one| one.resource_type.clone());
    Registry::link(
        builtin
            .schemas
            .iter()
            .cloned()
            .chain(schemas.into_iter().map(Into::into))
            .collect(),
        known.chain(types).collect(),
    )
    .expect("types name their schemas")
}

/// The abbreviations of `tests/cases`.
fn spelled_out(text: &str) -> String {
    text.replace("@user", USER_URN)
        .replace("@group", GROUP_URN)
        .replace("@enterprise", ENTERPRISE_USER_URN)
        .replace("@device", "urn:example:2.0:Device")
        .replace("@lab", "urn:example:lab:2.0:Device")
}
