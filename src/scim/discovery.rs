//! What this service says about itself: RFC 7643 §5 to §7, RFC 7644 §4, RFC 9865 §4, RFC 9967 §4.
//! Nothing is null: some clients read null as a value.

use serde::Serialize;
use serde_json::{Value, json};

use super::schema::{Registry, ResourceType, Schema, discovery_schemas};

const SERVICE_PROVIDER_CONFIG_URN: &str =
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What ServiceProviderConfig depends on; PATCH, filters and entity tags are always there.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    pub documentation_uri: Option<String>,
    /// `None` where bulk requests are not taken.
    pub bulk: Option<BulkLimits>,
    pub sort: bool,
    /// Most resources in one answer.
    pub max_results: u32,
    pub pagination: Pagination,
    /// The Security Event Tokens that receivers get (RFC 9967 §4); none where there is no receiver.
    pub event_uris: Vec<String>,
    /// Whether the tenant's mode is the interoperability profile.
    pub interop: bool,
    pub authentication_schemes: Vec<AuthenticationScheme>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    pub max_operations: u32,
    pub max_payload_size: u32,
}

/// RFC 9865 §4. Where both ways exist, `startIndex` is the default: clients from before the RFC
/// know no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    pub default_page_size: u32,
    pub cursor_timeout: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationScheme {
    /// RFC 7643 §5's value for the scheme: "oauthbearertoken", "oauth2", …
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec_uri: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation_uri: Option<String>,
    pub primary: bool,
}

/// GET /ServiceProviderConfig. `base` is the absolute SCIM base without a slash at its end.
pub fn service_provider_config(features: &Features, base: &str) -> Value {
    let (max_operations, max_payload_size) = features
        .bulk
        .map_or((0, 0), |bulk| (bulk.max_operations, bulk.max_payload_size));
    let mut config = json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_URN],
        "patch": { "supported": true },
        "bulk": {
            "supported": features.bulk.is_some(),
            "maxOperations": max_operations,
            "maxPayloadSize": max_payload_size,
        },
        "filter": { "supported": true, "maxResults": features.max_results },
        "changePassword": { "supported": false },
        "sort": { "supported": features.sort },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": features.pagination.default_page_size,
            "maxPageSize": features.max_results,
            "cursorTimeout": features.pagination.cursor_timeout,
        },
        "authenticationSchemes": features.authentication_schemes,
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    });
    if let Some(uri) = &features.documentation_uri {
        config["documentationUri"] = uri.as_str().into();
    }
    if !features.event_uris.is_empty() {
        config["securityEvents"] = json!({
            "asyncRequest": "request",
            "eventUris": features.event_uris,
        });
    }
    if features.interop {
        config["interopProfileConformant"] = true.into();
    }
    config
}

/// GET /ResourceTypes
pub fn resource_types(registry: &Registry, base: &str) -> Vec<Value> {
    let all = registry.definitions.iter();
    all.map(|definition| resource_type_json(&definition.resource_type, base))
        .collect()
}

/// GET /ResourceTypes/{id}
pub fn resource_type(registry: &Registry, id: &str, base: &str) -> Option<Value> {
    let mut all = registry.definitions.iter();
    all.find(|definition| definition.resource_type.id == id)
        .map(|definition| resource_type_json(&definition.resource_type, base))
}

/// GET /Schemas
pub fn schemas(registry: &Registry, base: &str) -> Vec<Value> {
    let all = registry.schemas.iter().chain(discovery_schemas());
    all.map(|schema| schema_json(schema, base)).collect()
}

/// GET /Schemas/{urn}
pub fn schema(registry: &Registry, urn: &str, base: &str) -> Option<Value> {
    let mut all = registry.schemas.iter().chain(discovery_schemas());
    all.find(|schema| schema.id.eq_ignore_ascii_case(urn))
        .map(|schema| schema_json(schema, base))
}

fn resource_type_json(resource_type: &ResourceType, base: &str) -> Value {
    let location = format!("{base}/ResourceTypes/{}", resource_type.id);
    described(RESOURCE_TYPE_URN, "ResourceType", resource_type, location)
}

fn schema_json(schema: &Schema, base: &str) -> Value {
    let location = format!("{base}/Schemas/{}", schema.id);
    described(SCHEMA_URN, "Schema", schema, location)
}

fn described(urn: &str, resource_type: &str, what: impl Serialize, location: String) -> Value {
    let mut value = json!({ "schemas": [urn] });
    let body = serde_json::to_value(what).expect("schemas and resource types have string keys");
    if let (Value::Object(value), Value::Object(body)) = (&mut value, body) {
        value.extend(body);
    }
    value["meta"] = json!({ "resourceType": resource_type, "location": location });
    value
}

#[cfg(test)]
mod tests {
    use super::super::mode::Mode;
    use super::super::resource::validate;
    use super::*;

    const BASE: &str = "https://scim.example/t/demo/scim/v2";

    fn features() -> Features {
        Features {
            documentation_uri: None,
            bulk: None,
            sort: true,
            max_results: 200,
            pagination: Pagination {
                default_page_size: 100,
                cursor_timeout: 3600,
            },
            event_uris: vec!["urn:ietf:params:scim:event:prov:delete".to_owned()],
            interop: false,
            authentication_schemes: vec![AuthenticationScheme {
                kind: "oauthbearertoken",
                name: "Bearer token",
                description: "A token of the tenant.",
                spec_uri: None,
                documentation_uri: None,
                primary: true,
            }],
        }
    }

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(list) => list.iter().any(has_null),
            Value::Object(map) => map.values().any(has_null),
            _ => false,
        }
    }

    /// What discovery answers is described by schemas that discovery answers. The schema of schemas
    /// is the exception: it holds one level more than RFC 7643 §8.7.2 lets it describe.
    #[test]
    fn answers_keep_to_their_own_schemas() {
        let registry = Registry::builtin();
        let mut answers = resource_types(registry, BASE);
        answers.extend(schemas(registry, BASE));
        answers.push(service_provider_config(&features(), BASE));
        for answer in answers.iter().filter(|one| one["id"] != SCHEMA_URN) {
            assert!(!has_null(answer), "{answer}");
            let urn = answer["schemas"][0].as_str().unwrap();
            let schema = discovery_schemas().iter().find(|one| one.id == urn);
            let mut core = schema.unwrap().as_ref().clone();
            writable(&mut core.attributes);
            let definition = crate::scim::schema::Definition {
                core: core.into(),
                ..registry.definitions[0].clone()
            };
            let input = answer.as_object().unwrap();
            validate::create(&definition, input, Mode::Interop).unwrap();
        }
    }

    /// All of discovery is readOnly, which validation would skip.
    fn writable(attributes: &mut [super::super::schema::Attribute]) {
        for attribute in attributes {
            attribute.mutability = super::super::schema::Mutability::ReadWrite;
            writable(&mut attribute.sub_attributes);
        }
    }

    #[test]
    fn single_ones_are_found() {
        let registry = Registry::builtin();
        let user = resource_type(registry, "User", BASE).unwrap();
        assert_eq!(
            user["meta"]["location"],
            format!("{BASE}/ResourceTypes/User")
        );
        assert!(schema(registry, super::super::schema::ENTERPRISE_USER_URN, BASE).is_some());
        assert!(schema(registry, "urn:unknown", BASE).is_none());
    }

    #[test]
    fn interop_says_so() {
        let mut features = features();
        assert!(
            service_provider_config(&features, BASE)
                .get("interopProfileConformant")
                .is_none()
        );
        features.interop = true;
        assert_eq!(
            service_provider_config(&features, BASE)["interopProfileConformant"],
            true
        );
    }
}
