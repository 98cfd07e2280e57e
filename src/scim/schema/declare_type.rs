//! A resource type that a tenant declares, from the JSON that RFC 7643 §6 describes: one of its own,
//! or a standard one with further extensions. PURE.
//!
//! Refused: names and endpoints that the protocol needs for itself, and any other change of a
//! standard type.

use serde_json::Value;

use super::declare::{MAX_DESCRIPTION, MAX_NAME};
use super::shape::{object, text};
use super::{Registry, ResourceType, SchemaExtension};
use crate::scim::path::is_name;

/// Extensions of a resource type.
pub const MAX_EXTENSIONS: usize = 20;

const KEYS: [&str; 8] = [
    "schemas",
    "id",
    "name",
    "description",
    "endpoint",
    "schema",
    "schemaExtensions",
    "meta",
];

/// What the protocol answers itself (RFC 7644 §3.2), and the standard types' endpoints.
const RESERVED_ENDPOINTS: [&str; 7] = [
    "Users",
    "Groups",
    "Me",
    "Bulk",
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
];

/// `meta.resourceType` of what discovery answers, and the standard types.
const RESERVED_NAMES: [&str; 5] = [
    "User",
    "Group",
    "Schema",
    "ResourceType",
    "ServiceProviderConfig",
];

/// `name` is the URL's; the document says the same.
pub fn resource_type(document: &Value, name: &str) -> Result<ResourceType, String> {
    let object = object(document, "The resource type", &KEYS)?;
    // draft-zollner-scim-interop-profile: a resource type's id is its name.
    for key in ["id", "name"] {
        match object.get(key) {
            None => {}
            Some(Value::String(said)) if said == name => {}
            Some(said) => return Err(format!("{key} is {said}, and the URL names {name}.")),
        }
    }
    let needed = |key: &str| {
        text(object, key, 2 * MAX_NAME)?.ok_or_else(|| format!("The resource type has no {key}."))
    };
    let declared = ResourceType {
        id: name.to_owned(),
        name: name.to_owned(),
        description: text(object, "description", MAX_DESCRIPTION)?.unwrap_or_default(),
        endpoint: needed("endpoint")?,
        schema: needed("schema")?,
        schema_extensions: extensions(object.get("schemaExtensions"))?,
    };
    match Registry::builtin().definition(name) {
        Some(standard) => check_standard(&declared, &standard.resource_type)?,
        None => check_own(&declared)?,
    }
    Ok(declared)
}

fn extensions(value: Option<&Value>) -> Result<Vec<SchemaExtension>, String> {
    let list = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MAX_EXTENSIONS => list,
        Some(_) => {
            return Err(format!(
                "schemaExtensions must be a list of at most {MAX_EXTENSIONS} extensions."
            ));
        }
    };
    let mut extensions: Vec<SchemaExtension> = Vec::new();
    for (position, value) in list.iter().enumerate() {
        let place = format!("schemaExtensions[{position}]");
        object(value, &place, &["schema", "required"])?;
        let extension: SchemaExtension =
            serde_json::from_value(value.clone()).map_err(|error| format!("{place}: {error}."))?;
        let same = |one: &SchemaExtension| one.schema.eq_ignore_ascii_case(&extension.schema);
        if extensions.iter().any(same) {
            return Err(format!("{place} names {} again.", extension.schema));
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

/// A standard type keeps what the standards give it; a tenant adds extensions.
fn check_standard(declared: &ResourceType, standard: &ResourceType) -> Result<(), String> {
    for (key, said, fixed) in [
        ("endpoint", &declared.endpoint, &standard.endpoint),
        ("schema", &declared.schema, &standard.schema),
    ] {
        if said != fixed {
            return Err(format!(
                "{key} of the standard type {} is {fixed}, not {said}.",
                standard.name
            ));
        }
    }
    let has = |urn: &str| {
        let mut all = declared.schema_extensions.iter();
        all.any(|one| one.schema.eq_ignore_ascii_case(urn))
    };
    match standard
        .schema_extensions
        .iter()
        .find(|one| !has(&one.schema))
    {
        Some(missing) => Err(format!(
            "schemaExtensions of the standard type {} must keep {}.",
            standard.name, missing.schema
        )),
        None => Ok(()),
    }
}

fn check_own(declared: &ResourceType) -> Result<(), String> {
    let is_word = |text: &str| is_name(text) && !text.starts_with('$') && text.len() <= MAX_NAME;
    let is_one_of =
        |text: &str, list: &[&str]| list.iter().any(|one| one.eq_ignore_ascii_case(text));
    let name = &declared.name;
    if !is_word(name) {
        return Err(format!(
            "{name:?} is no name: it starts with a letter and goes on with letters, digits, - and _, at most {MAX_NAME}."
        ));
    }
    if is_one_of(name, &RESERVED_NAMES) {
        return Err(format!("The name {name} belongs to the standards."));
    }
    let endpoint = &declared.endpoint;
    match endpoint.strip_prefix('/').filter(|word| is_word(word)) {
        None => Err(format!(
            "endpoint is {endpoint:?}: it must be a slash and one word of letters, digits, - and _."
        )),
        Some(word) if is_one_of(word, &RESERVED_ENDPOINTS) => {
            Err(format!("The endpoint {endpoint} belongs to the standards."))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{ENTERPRISE_USER_URN, USER_URN};
    use super::*;

    fn check(name: &str, document: Value, words: &str) {
        let error = resource_type(&document, name).err().unwrap_or_default();
        assert!(error.contains(words), "{document}: {error}");
        assert_eq!(error.is_empty(), words.is_empty(), "{document}: {error}");
    }

    #[test]
    fn own_types() {
        let device = |endpoint: &str| json!({"endpoint": endpoint, "schema": "urn:example:device"});
        check("Device", device("/Devices"), "");
        for endpoint in ["Devices", "/", "/a/b", "/a b", "/.search", "", "/$a"] {
            check("Device", device(endpoint), "endpoint");
        }
        for endpoint in ["/users", "/Me", "/BULK", "/Schemas"] {
            check("Device", device(endpoint), "belongs to the standards");
        }
        check("user", device("/Devices"), "belongs to the standards");
        check("a b", device("/Devices"), "is no name");
        check("Device", json!({"endpoint": "/Devices"}), "has no schema");
        check(
            "Device",
            json!({"id": "X", "endpoint": "/D", "schema": "urn:a:b"}),
            "the URL names",
        );
        check(
            "Device",
            json!({"endpoint": "/D", "schema": "urn:ab:c", "schemaExtensions": [{"schema": "urn:ab:d"}]}),
            "missing field `required`",
        );
        let twice = json!([{"schema": "urn:ab:d", "required": true}, {"schema": "URN:ab:d", "required": true}]);
        check(
            "Device",
            json!({"endpoint": "/D", "schema": "urn:ab:c", "schemaExtensions": twice}),
            "again",
        );
    }

    #[test]
    fn standard_types_only_gain_extensions() {
        let user = |endpoint: &str, schema: &str, extensions: Value| json!({"endpoint": endpoint, "schema": schema, "schemaExtensions": extensions});
        let enterprise = json!({"schema": ENTERPRISE_USER_URN, "required": false});
        let more = json!([enterprise, {"schema": "urn:example:more", "required": false}]);
        check("User", user("/Users", USER_URN, more.clone()), "");
        check(
            "User",
            user("/People", USER_URN, more.clone()),
            "endpoint of the standard",
        );
        check(
            "User",
            user("/Users", "urn:example:user", more),
            "schema of the standard",
        );
        check("User", user("/Users", USER_URN, json!([])), "must keep");
    }
}
