//! Whether the schemas and resource types of a tenant fit together. PURE.
//!
//! Refused: two resource types for one name or endpoint, a standard schema as the core of another
//! type, and names that could be read in two ways.

use super::{Definition, Registry};

impl Registry {
    /// The standard schemas and resource types with a tenant's own. A type of a standard name takes
    /// the standard one's place. The error says what is missing or in the way.
    pub fn with_own(own: &super::Declared) -> Result<Registry, String> {
        let builtin = Registry::builtin();
        let schemas = builtin.schemas.iter().chain(&own.schemas);
        let standard = builtin.definitions.iter().map(|one| &one.resource_type);
        let kept = standard.filter(|one| own.types.iter().all(|own| own.name != one.name));
        let (replaced, added): (Vec<_>, Vec<_>) = own
            .types
            .iter()
            .partition(|one| builtin.definition(&one.name).is_some());
        let mut types: Vec<_> = kept.chain(replaced).cloned().collect();
        types.sort_by_key(|one| position(builtin, &one.name));
        types.extend(added.into_iter().cloned());
        Registry::link(schemas.cloned().collect(), types)
    }

    /// What linking alone does not find.
    pub fn check_together(&self) -> Result<(), String> {
        self.check_urns()?;
        for (index, definition) in self.definitions.iter().enumerate() {
            self.check_place(definition, &self.definitions[..index])?;
            check_extensions(definition)?;
        }
        Ok(())
    }

    /// A schema's URN must not read as an attribute of another schema (RFC 7644 §3.10).
    fn check_urns(&self) -> Result<(), String> {
        for (index, schema) in self.schemas.iter().enumerate() {
            let same =
                |one: &&std::sync::Arc<super::Schema>| one.id.eq_ignore_ascii_case(&schema.id);
            if self.schemas[..index].iter().any(|one| same(&one)) {
                return Err(format!("{} is there already; URNs ignore case.", schema.id));
            }
            let Some((outer, name)) = schema.id.rsplit_once(':') else {
                continue;
            };
            let other = self
                .schemas
                .iter()
                .find(|one| one.id.eq_ignore_ascii_case(outer));
            if let Some(attribute) = other.and_then(|other| other.attribute(name)) {
                return Err(format!(
                    "{} is both a schema and the attribute {} of {outer}.",
                    schema.id, attribute.name
                ));
            }
        }
        Ok(())
    }

    fn check_place(&self, definition: &Definition, before: &[Definition]) -> Result<(), String> {
        let this = &definition.resource_type;
        for other in before.iter().map(|one| &one.resource_type) {
            for (key, left, right) in [
                ("name", &this.name, &other.name),
                ("endpoint", &this.endpoint, &other.endpoint),
            ] {
                if left.eq_ignore_ascii_case(right) {
                    return Err(format!(
                        "The {key} {left} is the resource type {}'s already; case is ignored.",
                        other.name
                    ));
                }
            }
        }
        let builtin = Registry::builtin();
        let standard = builtin
            .definitions
            .iter()
            .find(|one| one.core.id.eq_ignore_ascii_case(&definition.core.id));
        match standard.filter(|one| one.resource_type.name != this.name) {
            Some(standard) => Err(format!(
                "{} is the standard type {}'s: {} needs a schema of its own.",
                definition.core.id, standard.resource_type.name, this.name
            )),
            None => Ok(()),
        }
    }
}

fn position(builtin: &Registry, name: &str) -> usize {
    let mut all = builtin.definitions.iter();
    all.position(|one| one.resource_type.name == name)
        .unwrap_or(usize::MAX)
}

/// An extension's attribute with a core attribute's name would be read as that by everyone who
/// leaves the URN out.
fn check_extensions(definition: &Definition) -> Result<(), String> {
    let name = &definition.resource_type.name;
    for extension in &definition.extensions {
        if extension.id.eq_ignore_ascii_case(&definition.core.id) {
            return Err(format!("{} is {name}'s own schema.", extension.id));
        }
        let clash = extension
            .attributes
            .iter()
            .find(|attribute| definition.top(&attribute.name).is_some());
        if let Some(attribute) = clash {
            return Err(format!(
                "{}:{} has the name of an attribute that {name} has already.",
                extension.id, attribute.name
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::{Declared, ENTERPRISE_USER_URN, USER_URN};
    use super::*;

    fn check(schemas: Value, types: Value, words: &str) {
        let schemas: Vec<super::super::Schema> = serde_json::from_value(schemas).unwrap();
        let own = Declared {
            schemas: schemas.into_iter().map(Arc::new).collect(),
            types: serde_json::from_value(types.clone()).unwrap(),
        };
        let checked = Registry::with_own(&own).and_then(|registry| registry.check_together());
        let error = checked.err().unwrap_or_default();
        assert!(error.contains(words), "{types}: {error}");
        assert_eq!(error.is_empty(), words.is_empty(), "{types}: {error}");
    }

    fn schema(id: &str, attribute: &str) -> Value {
        json!({"id": id, "name": id, "attributes": [{"name": attribute}]})
    }

    fn own(name: &str, endpoint: &str, schema: &str, extensions: &[&str]) -> Value {
        let extensions: Vec<_> = extensions
            .iter()
            .map(|urn| json!({"schema": urn, "required": false}))
            .collect();
        json!({"id": name, "name": name, "endpoint": endpoint, "schema": schema, "schemaExtensions": extensions})
    }

    #[test]
    fn what_fits() {
        let schemas = json!([schema("urn:ab:d", "a"), schema("urn:ab:e", "b")]);
        let types = json!([
            own("Device", "/Devices", "urn:ab:d", &["urn:ab:e"]),
            own(
                "User",
                "/Users",
                USER_URN,
                &[ENTERPRISE_USER_URN, "urn:ab:e"]
            ),
        ]);
        check(schemas, types, "");
    }

    #[test]
    fn what_does_not() {
        let schemas = json!([schema("urn:ab:d", "a"), schema("urn:ab:e", "title")]);
        let user = own(
            "User",
            "/Users",
            USER_URN,
            &[ENTERPRISE_USER_URN, "urn:ab:e"],
        );
        let device = |name: &str, endpoint: &str| own(name, endpoint, "urn:ab:d", &[]);
        check(
            schemas.clone(),
            json!([user]),
            "urn:ab:e:title has the name",
        );
        check(
            schemas.clone(),
            json!([own("X", "/X", "urn:ab:x", &[])]),
            "No schema has",
        );
        check(
            schemas.clone(),
            json!([own("X", "/X", USER_URN, &[])]),
            "the standard type User's",
        );
        check(
            schemas.clone(),
            json!([own("X", "/X", "urn:ab:d", &["urn:ab:d"])]),
            "own schema",
        );
        check(
            schemas.clone(),
            json!([device("A", "/Same"), device("B", "/same")]),
            "endpoint",
        );
        check(
            schemas,
            json!([device("A", "/A"), device("a", "/B")]),
            "name",
        );
        check(
            json!([schema("urn:ab:d", "a"), schema("urn:ab:d:A", "b")]),
            json!([]),
            "both a schema and the attribute",
        );
        check(
            json!([schema("urn:ab:d", "a"), schema("urn:AB:d", "b")]),
            json!([]),
            "already",
        );
    }

    #[test]
    fn standard_types_stay_first_and_in_order() {
        let own = Declared {
            schemas: Vec::new(),
            types: vec![Registry::builtin().definitions[0].resource_type.clone()],
        };
        assert_eq!(&Registry::with_own(&own).unwrap(), Registry::builtin());
    }
}
