//! From a canonical document to what the store keeps of it. PURE.

use std::collections::HashMap;

use serde_json::Value;

use super::derived::folded_document;
use super::resources::NewDocument;
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::resource::Map;
use crate::scim::resource::index::{IndexEntry, IndexPath, indexed_values};
use crate::scim::schema::{Attribute, Definition, GROUP_URN, Registry, Uniqueness};

/// Indexed wherever a resource type has them, besides what must be unique.
const INDEXED: [&str; 4] = ["externalId", "displayName", "emails.value", "phoneNumbers.value"];

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
    serde_json::from_str(document)
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
    pub fn new(registry: &Registry, indexed: &[String], mode: Mode) -> Self {
        let of = |definition: &Definition| {
            let paths = index_paths(definition, indexed, mode);
            let names = paths.iter().map(|path| path.path.clone()).collect();
            (definition.resource_type.name.clone(), Indexed { paths, names })
        };
        Self(registry.definitions.iter().map(of).collect())
    }

    pub fn of(&self, definition: &Definition) -> &[IndexPath] {
        self.0.get(&definition.resource_type.name).map_or(&[], |indexed| &indexed.paths)
    }

    /// The paths as the schema spells them.
    pub fn names(&self, definition: &Definition) -> &[String] {
        self.0.get(&definition.resource_type.name).map_or(&[], |indexed| &indexed.names)
    }
}

/// The attributes of a resource type whose values are indexed: the standard ones, the unique ones
/// and what the tenant asks for.
fn index_paths(definition: &Definition, indexed: &[String], mode: Mode) -> Vec<IndexPath> {
    let unique = definition
        .core
        .attributes
        .iter()
        .filter(|attribute| attribute.uniqueness != Uniqueness::None && attribute.is_kept())
        .map(|attribute: &Attribute| attribute.name.as_str());
    let mut paths: Vec<IndexPath> = Vec::new();
    for path in unique.chain(INDEXED).chain(indexed.iter().map(String::as_str)) {
        if let Ok(mut path) = IndexPath::parse(path, definition)
            && !paths.iter().any(|known| known.path == path.path)
        {
            path.unique |= definition.core.id == GROUP_URN
                && path.path == "displayName"
                && mode.allows(Quirk::UniqueGroupNames);
            paths.push(path);
        }
    }
    paths
}
