//! The schemas and resource types a tenant has, linked to each other. The standard ones are parsed
//! once; a tenant that declares its own builds a [`Registry`] from both.

use std::sync::{Arc, LazyLock};

use super::{Definition, Registry, ResourceType, Schema};

static COMMON: LazyLock<Arc<Schema>> = LazyLock::new(|| shipped(include_str!("common.json")));

static BUILTIN: LazyLock<Registry> = LazyLock::new(|| {
    let schemas = vec![
        shipped(include_str!("user.json")),
        shipped(include_str!("group.json")),
        shipped(include_str!("enterprise_user.json")),
    ];
    let types: Vec<ResourceType> = crate::scim::json::read(include_str!("resource_types.json"))
        .expect("resource_types.json is part of the program and checked by a test");
    Registry::link(schemas, types).expect("the shipped resource types name shipped schemas")
});

/// Schemas of what discovery itself answers (RFC 7643 §8.7.2). They describe no resource type, so
/// they stay out of [`Registry`] and are parsed only when someone reads `/Schemas`.
static DISCOVERY: LazyLock<Vec<Arc<Schema>>> = LazyLock::new(|| {
    vec![
        shipped(include_str!("service_provider_config.json")),
        shipped(include_str!("resource_type.json")),
        shipped(include_str!("schema.json")),
    ]
});

fn shipped(text: &str) -> Arc<Schema> {
    Arc::new(
        crate::scim::json::read(text)
            .expect("schema files are part of the program and checked by a test"),
    )
}

/// Attributes that every resource has.
pub(super) fn common() -> &'static Schema {
    &COMMON
}

pub fn discovery_schemas() -> &'static [Arc<Schema>] {
    &DISCOVERY
}

impl Registry {
    pub fn builtin() -> &'static Registry {
        &BUILTIN
    }

    /// Joins resource types to their schemas. The error says which URN no schema has.
    pub fn link(schemas: Vec<Arc<Schema>>, types: Vec<ResourceType>) -> Result<Self, String> {
        let find = |urn: &str| {
            schemas
                .iter()
                .find(|schema| schema.id.eq_ignore_ascii_case(urn))
                .cloned()
                .ok_or_else(|| format!("No schema has the URN {urn}."))
        };
        let definitions = types
            .into_iter()
            .map(|resource_type| {
                Ok(Definition {
                    common: COMMON.clone(),
                    core: find(&resource_type.schema)?,
                    extensions: resource_type
                        .schema_extensions
                        .iter()
                        .map(|extension| find(&extension.schema))
                        .collect::<Result<_, String>>()?,
                    resource_type,
                })
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            schemas,
            definitions,
        })
    }

    /// By the resource type's name: "User".
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        let mut all = self.definitions.iter();
        all.find(|definition| definition.resource_type.name == name)
    }

    /// By its endpoint, without the slash: "Users".
    pub fn at(&self, endpoint: &str) -> Option<&Definition> {
        let mut all = self.definitions.iter();
        all.find(|definition| definition.resource_type.endpoint.strip_prefix('/') == Some(endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attribute, Mutability, Type, Uniqueness};
    use super::*;

    #[test]
    fn every_shipped_file_parses() {
        assert_eq!(Registry::builtin().schemas.len(), 3);
        assert_eq!(discovery_schemas().len(), 3);
    }

    #[test]
    fn definitions_are_found_by_name_and_by_endpoint() {
        let registry = Registry::builtin();
        let name = |found: Option<&Definition>| found.map(|one| one.resource_type.name.clone());
        assert_eq!(name(registry.definition("User")).as_deref(), Some("User"));
        assert_eq!(name(registry.definition("Users")), None);
        assert_eq!(name(registry.at("Groups")).as_deref(), Some("Group"));
        assert_eq!(name(registry.at("users")), None);
        assert_eq!(name(registry.at("User")), None);
    }

    /// RFC 7643 §2.3.8 and §7: a complex attribute holds sub-attributes and no other does; errata
    /// 8415: sub-attributes are not complex themselves. RFC 7643 §8.7.2's own schema is the one
    /// exception, as it describes sub-attributes of attributes.
    #[test]
    fn characteristics_agree_with_each_other() {
        fn check(attribute: &Attribute, path: &str) {
            let complex = attribute.kind == Type::Complex;
            assert_eq!(complex, !attribute.sub_attributes.is_empty(), "{path}");
            assert!(!attribute.description.is_empty(), "{path}");
            let reference = attribute.kind == Type::Reference;
            assert_eq!(reference, !attribute.reference_types.is_empty(), "{path}");
            for sub in &attribute.sub_attributes {
                check(sub, &format!("{path}.{}", sub.name));
            }
        }
        let registry = Registry::builtin();
        for schema in registry.schemas.iter().chain(discovery_schemas()) {
            for attribute in &schema.attributes {
                check(attribute, &format!("{}:{}", schema.id, attribute.name));
            }
        }
    }

    #[test]
    fn what_the_rest_relies_on() {
        let user = Registry::builtin().definition("User").unwrap();
        let user_name = user.top("username").unwrap();
        assert!(user_name.required && !user_name.case_exact);
        assert_eq!(user_name.uniqueness, Uniqueness::Server);
        assert!(user.top("externalId").unwrap().case_exact);
        assert!(!user.top("password").unwrap().is_kept());
        assert_eq!(user.top("groups").unwrap().mutability, Mutability::ReadOnly);
    }
}
