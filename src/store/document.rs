//! From a canonical document to what the store keeps of it. PURE.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::folded::folded_document;
use super::resources::NewDocument;
use crate::scim::error::{Result, ScimError};
use crate::scim::resource::Map;
use crate::scim::resource::index::{IndexEntry, IndexPath, indexed_values};
use crate::scim::schema::{Attribute, Definition, Registry, Schema, Uniqueness};

/// Indexed wherever a resource type has them, besides what must be unique.
const INDEXED: [&str; 4] = [
    "externalId",
    "displayName",
    "emails.value",
    "phoneNumbers.value",
];

/// What member lists show of a resource: the first of these that it has.
const DISPLAY: [&str; 2] = ["displayName", "userName"];

pub struct Prepared {
    pub new: NewDocument,
    pub index: Vec<IndexEntry>,
}

pub fn prepare(definition: &Definition, document: &Map, paths: &[IndexPath]) -> Prepared {
    let text = |name: &&str| Some(document.get(*name)?.as_str()?.to_owned());
    let whole = Value::Object(document.clone());
    Prepared {
        new: NewDocument {
            document: whole.to_string(),
            folded: folded_document(definition, &whole),
            display: DISPLAY.iter().find_map(text),
        },
        index: indexed_values(document, paths),
    }
}

/// A stored document. That it parses is the store's own promise.
pub fn parse(document: &str) -> Result<Map> {
    crate::scim::json::read(document)
        .map_err(|_| ScimError::new(500, "A stored document cannot be read."))
}

/// What is indexed of each resource type of a tenant.
#[derive(Debug, Default)]
pub struct IndexPaths(HashMap<String, Indexed>);

#[derive(Debug, Default)]
struct Indexed {
    paths: Vec<IndexPath>,
    names: Vec<String>,
}

impl IndexPaths {
    pub fn new(registry: &Registry, indexed: &[String]) -> Self {
        let of = |definition: &Definition| {
            let paths = index_paths(definition, indexed);
            let names = paths.iter().map(|path| path.path.clone()).collect();
            (
                definition.resource_type.name.clone(),
                Indexed { paths, names },
            )
        };
        Self(registry.definitions.iter().map(of).collect())
    }

    /// Of these paths, each with its resource type, not every resource has its entries yet: they
    /// are written, and filters do without them.
    pub fn without(mut self, incomplete: &[(String, String)]) -> Self {
        for (resource_type, path) in incomplete {
            if let Some(indexed) = self.0.get_mut(resource_type) {
                indexed.names.retain(|name| name != path);
            }
        }
        self
    }

    /// Every path with its resource type.
    pub fn pairs(&self) -> BTreeSet<(String, String)> {
        let of = |(resource_type, indexed): (&String, &Indexed)| {
            let pair = |path: &IndexPath| (resource_type.clone(), path.path.clone());
            indexed.paths.iter().map(pair).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).collect()
    }

    pub fn of(&self, definition: &Definition) -> &[IndexPath] {
        self.0
            .get(&definition.resource_type.name)
            .map_or(&[], |indexed| &indexed.paths)
    }

    /// The paths as the schema spells them.
    pub fn names(&self, definition: &Definition) -> &[String] {
        self.0
            .get(&definition.resource_type.name)
            .map_or(&[], |indexed| &indexed.names)
    }
}

/// The attributes of a resource type whose values are indexed: the standard ones, the unique ones
/// and what the tenant asks for.
fn index_paths(definition: &Definition, indexed: &[String]) -> Vec<IndexPath> {
    let unique = unique_paths(definition);
    let mut paths: Vec<IndexPath> = Vec::new();
    for path in unique
        .iter()
        .map(String::as_str)
        .chain(INDEXED)
        .chain(indexed.iter().map(String::as_str))
    {
        if let Ok(path) = IndexPath::parse(path, definition)
            && !paths.iter().any(|known| known.path == path.path)
        {
            paths.push(path);
        }
    }
    paths
}

/// What `uniqueness` makes the index enforce, sub-attributes included. "global" is as "server": one
/// tenant of one resource type, which is all that a tenant can know of. A common attribute is none
/// of them: `id` is unique by the table's own key.
fn unique_paths(definition: &Definition) -> Vec<String> {
    let of = |schema: &Schema, urn: Option<&str>| {
        let is_unique =
            |attribute: &Attribute| attribute.uniqueness != Uniqueness::None && attribute.is_kept();
        let qualified = |path: String| urn.map_or(path.clone(), |urn| format!("{urn}:{path}"));
        let mut paths = Vec::new();
        for attribute in &schema.attributes {
            if is_unique(attribute) {
                paths.push(qualified(attribute.name.clone()));
            }
            let subs = attribute.sub_attributes.iter().filter(|sub| is_unique(sub));
            paths.extend(subs.map(|sub| qualified(format!("{}.{}", attribute.name, sub.name))));
        }
        paths
    };
    let extensions = definition.extensions.iter();
    let extended = extensions.flat_map(|schema| of(schema, Some(&schema.id)));
    of(&definition.core, None)
        .into_iter()
        .chain(extended)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::scim::schema::Declared;

    #[test]
    fn unique_attributes_are_indexed_wherever_they_are() {
        let schema = |id: &str| {
            let sub = json!([{"name": "number", "uniqueness": "global"}, {"name": "label"}]);
            let attributes = json!([
                {"name": "serial", "uniqueness": "server"},
                {"name": "note"},
                {"name": "parts", "type": "complex", "multiValued": true, "subAttributes": sub},
            ]);
            let schema = json!({"id": id, "name": id, "attributes": attributes});
            Arc::new(serde_json::from_value(schema).unwrap())
        };
        let types = json!([{"id": "Device", "name": "Device", "endpoint": "/Devices", "schema": "urn:ab:d",
            "schemaExtensions": [{"schema": "urn:ab:e", "required": false}]}]);
        let registry = Registry::with_own(&Declared {
            schemas: vec![schema("urn:ab:d"), schema("urn:ab:e")],
            types: serde_json::from_value(types).unwrap(),
        })
        .unwrap();
        let device = registry.definition("Device").unwrap();
        let index = IndexPaths::new(&registry, &[]);
        let unique = index.of(device).iter().filter(|path| path.unique);
        let unique: Vec<_> = unique.map(|path| path.path.as_str()).collect();
        let expected = [
            "serial",
            "parts.number",
            "urn:ab:e:serial",
            "urn:ab:e:parts.number",
        ];
        assert_eq!(unique, expected);
        assert_eq!(index.names(device).len(), 5, "and externalId");
    }
}
