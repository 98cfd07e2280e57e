//! Schemas and resource types as data (RFC 7643 §6 and §7), and the look-up of attributes in them.
//!
//! The standard ones are the JSON files beside this one, in the form `/Schemas` and
//! `/ResourceTypes` answer; a tenant's own are the same structs. No other module knows an
//! attribute's type or rules by its name.

mod characteristics;
pub mod compare;
pub mod declare;
pub mod declare_type;
mod registry;
mod shape;
mod together;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::path::AttrPath;
pub use registry::discovery_schemas;

pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Two attributes that are derived from the members table instead of the document.
pub const MEMBERS: &str = "members";
pub const GROUPS: &str = "groups";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Type {
    #[default]
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    ReadOnly,
    #[default]
    ReadWrite,
    Immutable,
    WriteOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    Always,
    Never,
    #[default]
    Default,
    Request,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    #[default]
    None,
    Server,
    Global,
}

/// One attribute with its characteristics; what is left out has RFC 7643 §2.2's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: Type,
    #[serde(default)]
    pub multi_valued: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    #[serde(default)]
    pub case_exact: bool,
    #[serde(default)]
    pub mutability: Mutability,
    #[serde(default)]
    pub returned: Returned,
    #[serde(default)]
    pub uniqueness: Uniqueness,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// Passwords and their like: taken, never kept (RFC 7643 §4.1.1, §7).
    pub fn is_kept(&self) -> bool {
        self.mutability != Mutability::WriteOnly && self.returned != Returned::Never
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub attributes: Vec<Attribute>,
}

impl Schema {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaExtension {
    pub schema: String,
    pub required: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Relative to the base, with its slash: "/Users".
    pub endpoint: String,
    pub schema: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_extensions: Vec<SchemaExtension>,
}

/// A resource type with its schemas at hand: what every other module asks about attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub resource_type: ResourceType,
    /// `schemas`, `id`, `externalId` and `meta` (RFC 7643 §3.1), the same for every type.
    pub common: Arc<Schema>,
    pub core: Arc<Schema>,
    pub extensions: Vec<Arc<Schema>>,
}

/// Where a path leads in a resource of one [`Definition`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
    /// The extension whose URN is the key that holds the attribute; `None` for core and common
    /// attributes, which lie at the resource's top.
    pub extension: Option<&'a Schema>,
    /// `None` when the path names an extension as a whole.
    pub attribute: Option<&'a Attribute>,
    pub sub: Option<&'a Attribute>,
}

impl Definition {
    /// Resolves a path, ignoring case (RFC 7643 §2.1). The longest reading wins: a path that is an
    /// extension's URN means the extension, although its last part reads as an attribute's name.
    pub fn resolve(&self, path: &AttrPath) -> Option<Place<'_>> {
        if path.urn.is_some()
            && let Some(extension) = self.extension(&path.text)
        {
            return Some(Place {
                extension: Some(extension),
                attribute: None,
                sub: None,
            });
        }
        let (extension, attribute) = match &path.urn {
            None => (None, self.top(&path.name)?),
            Some(urn) if urn.eq_ignore_ascii_case(&self.core.id) => (None, self.top(&path.name)?),
            Some(urn) => {
                let extension = self.extension(urn)?;
                (Some(extension), find(&extension.attributes, &path.name)?)
            }
        };
        let sub = match &path.sub {
            None => None,
            Some(name) => Some(attribute.sub(name)?),
        };
        Some(Place {
            extension,
            attribute: Some(attribute),
            sub,
        })
    }

    /// An attribute at the resource's top: core or common.
    pub fn top(&self, name: &str) -> Option<&Attribute> {
        find(&self.core.attributes, name).or_else(|| find(&self.common.attributes, name))
    }

    /// The attribute that holds a group's members, which are kept beside the document. Only the
    /// standard Group has it.
    pub fn members(&self) -> Option<&Attribute> {
        (self.core.id == GROUP_URN)
            .then(|| self.top(MEMBERS))
            .flatten()
    }

    /// The attribute that shows the groups that a resource is in. Only the standard User has it.
    pub fn groups(&self) -> Option<&Attribute> {
        (self.core.id == USER_URN)
            .then(|| self.top(GROUPS))
            .flatten()
    }

    /// Every attribute with the extension it belongs to: common ones first, then core.
    pub fn attributes(&self) -> impl Iterator<Item = (Option<&Schema>, &Attribute)> {
        let top = self.common.attributes.iter().chain(&self.core.attributes);
        let extended = self.extensions.iter().flat_map(|schema| {
            let attributes = schema.attributes.iter();
            attributes.map(move |attribute| (Some(schema.as_ref()), attribute))
        });
        top.map(|attribute| (None, attribute)).chain(extended)
    }

    /// Whether every resource of this type must have this extension (RFC 7643 §6).
    pub fn requires(&self, extension: &Schema) -> bool {
        let declared = self.resource_type.schema_extensions.iter();
        declared
            .filter(|one| one.required)
            .any(|one| one.schema.eq_ignore_ascii_case(&extension.id))
    }

    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions
            .iter()
            .map(Arc::as_ref)
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// All schemas and resource types of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    pub schemas: Vec<Arc<Schema>>,
    pub definitions: Vec<Definition>,
}

/// What a tenant declared itself.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    pub schemas: Vec<Arc<Schema>>,
    pub types: Vec<ResourceType>,
}
