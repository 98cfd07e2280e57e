//! What the targets share: the resource types that the tests know, and one user.

use std::sync::LazyLock;

use scim_edge::scim::mode::Mode;
use scim_edge::scim::resource::{Map, validate};
use scim_edge::scim::schema::{
    Definition, ENTERPRISE_USER_URN, GROUP_URN, Registry, ResourceType, Schema, USER_URN,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub const MODES: [Mode; 3] = [Mode::Compat, Mode::RfcStrict, Mode::Interop];

/// The standard types, and the one of `tests/cases/device.json` with every type of attribute and
/// every characteristic.
pub fn definitions() -> &'static [Definition] {
    #[derive(Deserialize)]
    struct Own {
        schemas: Vec<Schema>,
        types: Vec<ResourceType>,
    }
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        let own: Own =
            serde_json::from_str(&spelled_out(include_str!("../../tests/cases/device.json")))
                .expect("schemas and types");
        let builtin = Registry::builtin();
        let mut schemas = builtin.schemas.clone();
        schemas.extend(own.schemas.into_iter().map(Into::into));
        let types = builtin
            .definitions
            .iter()
            .map(|one| one.resource_type.clone());
        Registry::link(schemas, types.chain(own.types).collect()).expect("types name their schemas")
    });
    &REGISTRY.definitions
}

/// The abbreviations of `tests/cases`, for their URNs; the seeds have them replaced already.
fn spelled_out(text: &str) -> String {
    text.replace("@user", USER_URN)
        .replace("@group", GROUP_URN)
        .replace("@enterprise", ENTERPRISE_USER_URN)
        .replace("@device", "urn:example:2.0:Device")
        .replace("@lab", "urn:example:lab:2.0:Device")
}

/// A canonical resource of the type, with a value of most kinds.
pub fn document(definition: &Definition) -> Map {
    let input = match definition.resource_type.name.as_str() {
        "User" => json!({
            "schemas": [USER_URN, ENTERPRISE_USER_URN],
            "externalId": "Ab-1", "userName": "bjensen@example.com", "title": "Tour Guide",
            "name": {"givenName": "Barbara", "familyName": "Jensén"}, "active": true,
            "emails": [
                {"value": "a@x", "type": "work", "primary": true},
                {"value": "b@x", "type": "home"}
            ],
            "x509Certificates": [{"value": "MIID"}],
            ENTERPRISE_USER_URN: {"department": "Sales", "manager": {"value": "m1"}}
        }),
        "Group" => json!({"schemas": [GROUP_URN], "displayName": "Guides"}),
        _ => json!({
            "schemas": ["urn:example:2.0:Device", "urn:example:lab:2.0:Device"],
            "serial": "S1", "ports": 4, "weight": 1.5, "bought": "2026-01-31T08:00:00Z",
            "tags": ["a", "b"], "codes": [1, 2], "maker": {"name": "M", "sites": ["x"]},
            "parts": [{"number": "1", "label": "a"}, {"number": "2"}],
            "urn:example:lab:2.0:Device": {"room": "1"}
        }),
    };
    let Value::Object(input) = input else {
        unreachable!("all of the above are objects");
    };
    let mut document =
        validate::create(definition, &input, Mode::RfcStrict).expect("a valid resource");
    document.insert("id".to_owned(), "1".into());
    document
}
