//! What an operation's path, or the keys of its value, lead to. Refused: paths that lead nowhere
//! (`invalidPath`, in `interop` mode `invalidSyntax`), and every path to a readOnly attribute
//! (`mutability`).

use serde_json::Value;

use super::message::{Op, Operation};
use crate::scim::error::{Result, ScimError, ScimType};
use crate::scim::filter::check::{Node, check_element};
use crate::scim::filter::{Filter, PatchPath};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::resource::{Map, SCHEMAS, value::kind_of};
use crate::scim::schema::{Attribute, Definition, Mutability, Schema};

/// One change of one attribute. An operation without path, or on a whole extension, is several.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved<'a> {
    pub op: Op,
    /// The extension that the attribute belongs to; `None` at the resource's top.
    pub extension: Option<&'a Schema>,
    pub attribute: &'a Attribute,
    /// Chooses elements; only with a multi-valued attribute.
    pub filter: Option<Selector<'a>>,
    pub sub: Option<&'a Attribute>,
    /// As the client sent it; `Null` for "unassigned", and where `remove` has none.
    pub value: &'a Value,
}

/// The filter in a path's brackets: as written, for those who look elements up by key, and checked
/// against the attribute, for those who have the elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector<'a> {
    pub written: Filter,
    pub checked: Node<'a>,
}

impl Resolved<'_> {
    /// The path in its full, canonical form, for a person to read.
    pub fn path(&self) -> String {
        let mut path = String::new();
        if let Some(schema) = self.extension {
            path.push_str(&schema.id);
            path.push(':');
        }
        path.push_str(&self.attribute.name);
        if self.filter.is_some() {
            path.push_str("[…]");
        }
        if let Some(sub) = self.sub {
            path.push('.');
            path.push_str(&sub.name);
        }
        path
    }
}

pub fn resolve_operation<'a>(
    definition: &'a Definition,
    operation: &'a Operation,
    mode: Mode,
) -> Result<Vec<Resolved<'a>>> {
    let mut resolver = Resolver {
        definition,
        op: operation.op,
        mode,
        found: Vec::new(),
    };
    match &operation.path {
        None => resolver.keys(None, "A value without path", &operation.value)?,
        Some(path) => resolver.path(path.trim(), &operation.value)?,
    }
    Ok(resolver.found)
}

struct Resolver<'a> {
    definition: &'a Definition,
    op: Op,
    mode: Mode,
    found: Vec<Resolved<'a>>,
}

impl<'a> Resolver<'a> {
    fn path(&mut self, path: &str, value: &'a Value) -> Result<()> {
        // Whole schemas first: the end of their URN reads as an attribute's name.
        if let Some(extension) = self.definition.extension(path) {
            return match (self.op, value) {
                (Op::Remove, _) | (Op::Replace, Value::Null) => {
                    self.whole(extension);
                    Ok(())
                }
                _ => self.keys(Some(extension), &extension.id, value),
            };
        }
        if path.eq_ignore_ascii_case(&self.definition.core.id) {
            return match self.op {
                Op::Remove => Err(ScimError::invalid_path(format!(
                    "{path} cannot be removed: name an attribute of it."
                ))),
                Op::Add | Op::Replace => self.keys(None, path, value),
            };
        }
        let found = self.attribute(path, value)?;
        self.found.extend(found);
        Ok(())
    }

    /// `None` where the path is good and there is nothing to do.
    fn attribute(&self, path: &str, value: &'a Value) -> Result<Option<Resolved<'a>>> {
        let parsed = PatchPath::parse(path, self.mode)?;
        let nowhere = || {
            let detail = format!(
                "{} has no attribute {path:?}.",
                self.definition.resource_type.name
            );
            match self.mode.rejects_unknown() {
                true => ScimError::invalid_syntax(detail),
                false => ScimError::invalid_path(detail),
            }
        };
        let place = self.definition.resolve(&parsed.attr).ok_or_else(nowhere)?;
        let attribute = place.attribute.ok_or_else(nowhere)?;
        let sub = match (&parsed.filter, &parsed.sub, place.sub) {
            (None, None, sub) => sub,
            (Some(_), None, None) if attribute.multi_valued => None,
            (Some(_), Some(name), None) if attribute.multi_valued => {
                Some(attribute.sub(name).ok_or_else(nowhere)?)
            }
            _ => {
                return Err(ScimError::invalid_path(format!(
                    "{path:?} has a filter, and {} has no elements to choose from.",
                    parsed.attr.text
                )));
            }
        };
        // `schemas` follows from the content, so that what is said about it changes nothing.
        if place.extension.is_none() && attribute.name == SCHEMAS {
            return Ok(None);
        }
        for part in [Some(attribute), sub].into_iter().flatten() {
            if part.mutability == Mutability::ReadOnly {
                return Err(ScimError::mutability(format!("{path} is readOnly.")));
            }
        }
        let filter = match parsed.filter {
            None => None,
            Some(written) => Some(Selector {
                checked: check_element(&written, attribute, self.mode)?,
                written,
            }),
        };
        Ok(Some(Resolved {
            op: self.op,
            extension: place.extension,
            attribute,
            filter,
            sub,
            value,
        }))
    }

    /// Every attribute of an extension that a client can change, to be removed.
    fn whole(&mut self, extension: &'a Schema) {
        let theirs = extension
            .attributes
            .iter()
            .filter(|attribute| attribute.mutability != Mutability::ReadOnly);
        self.found.extend(theirs.map(|attribute| Resolved {
            op: Op::Remove,
            extension: Some(extension),
            attribute,
            filter: None,
            sub: None,
            value: &Value::Null,
        }));
    }

    /// An object whose keys say what to change: of the resource, or of one extension.
    fn keys(&mut self, extension: Option<&'a Schema>, what: &str, value: &'a Value) -> Result<()> {
        let Some(object) = value.as_object() else {
            return Err(ScimError::invalid_value(format!(
                "{what} must be an object, not {}.",
                kind_of(value)
            )));
        };
        self.object(extension, object)
    }

    fn object(&mut self, extension: Option<&'a Schema>, object: &'a Map) -> Result<()> {
        for (key, value) in object {
            let attribute = match extension {
                None => self.definition.top(key),
                Some(schema) => schema.attribute(key),
            };
            match attribute {
                Some(attribute) => self.key(extension, attribute, value)?,
                None if extension.is_none() => self.other_key(key, value)?,
                None => self.path_key(extension, key, value)?,
            }
        }
        Ok(())
    }

    fn key(
        &mut self,
        extension: Option<&'a Schema>,
        attribute: &'a Attribute,
        value: &'a Value,
    ) -> Result<()> {
        if extension.is_none() && attribute.name == SCHEMAS {
            return Ok(());
        }
        if attribute.mutability == Mutability::ReadOnly {
            if self.mode.allows(Quirk::SkipReadOnly) {
                return Ok(());
            }
            return Err(ScimError::mutability(format!(
                "{} is readOnly.",
                attribute.name
            )));
        }
        self.found.push(Resolved {
            op: self.op,
            extension,
            attribute,
            filter: None,
            sub: None,
            value,
        });
        Ok(())
    }

    /// A key that is no attribute of the core schema: an extension, or the core schema itself.
    fn other_key(&mut self, key: &str, value: &'a Value) -> Result<()> {
        if let Some(extension) = self.definition.extension(key) {
            if value.is_null() && self.op == Op::Replace {
                self.whole(extension);
                return Ok(());
            }
            return self.keys(Some(extension), &extension.id, value);
        }
        if key.eq_ignore_ascii_case(&self.definition.core.id) {
            return self.keys(None, key, value);
        }
        self.path_key(None, key, value)
    }

    fn path_key(
        &mut self,
        extension: Option<&'a Schema>,
        key: &str,
        value: &'a Value,
    ) -> Result<()> {
        if self.mode.allows(Quirk::PathKeys) && key.contains(['.', ':', '[']) {
            let resolved = match extension {
                None => self.attribute(key, value),
                Some(schema) => self.attribute(&format!("{}:{key}", schema.id), value),
            };
            return match resolved.map_err(|error| (error.scim_type, error)) {
                Ok(found) => {
                    self.found.extend(found);
                    Ok(())
                }
                // As with any other unknown or readOnly name in a value.
                Err((Some(ScimType::InvalidPath | ScimType::Mutability), _)) => Ok(()),
                Err((_, error)) => Err(error),
            };
        }
        if self.mode.rejects_unknown() {
            return Err(ScimError::invalid_syntax(format!(
                "{} has no attribute {key:?}.",
                self.definition.resource_type.name
            )));
        }
        Ok(())
    }
}
