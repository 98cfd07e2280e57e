//! Which attributes an answer shows: `attributes`, `excludedAttributes` (RFC 7644 §3.9) and each
//! attribute's `returned` (RFC 7643 §7). Names that the schema does not have show nothing and
//! exclude nothing. Refused: both parameters at once, as §3.9 has them exclude each other.

use serde_json::Value;

use super::Map;
use crate::scim::error::{Result, ScimError};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, Definition, Returned, Schema};

#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    asked: Asked,
    plain: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Asked {
    Default,
    Only(Vec<Item>),
    Without(Vec<Item>),
}

/// A name from the list, in canonical form: an attribute, one of its sub-attributes, or with
/// neither a whole schema.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    /// The extension's URN; `None` at the resource's top.
    extension: Option<String>,
    attribute: Option<String>,
    sub: Option<String>,
}

/// How much of one attribute is shown.
enum Part<'p> {
    None,
    /// What is shown when nothing is asked for.
    Default,
    Only(Vec<&'p str>),
    Without(Vec<&'p str>),
}

impl Projection {
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        definition: &Definition,
    ) -> Result<Self> {
        let given = |list: Option<&str>| {
            list.filter(|list| !list.trim().is_empty())
                .map(|list| items(list, definition))
        };
        let asked = match (given(attributes), given(excluded)) {
            (Some(_), Some(_)) => {
                return Err(ScimError::invalid_syntax(
                    "attributes and excludedAttributes exclude each other: send one of them.",
                ));
            }
            (Some(only), None) => Asked::Only(only),
            (None, Some(without)) => Asked::Without(without),
            (None, None) => Asked::Default,
        };
        let plain = asked == Asked::Default && !has_request(definition);
        Ok(Self { asked, plain })
    }

    /// Whether a stored document can be answered as it is, unparsed: nothing was asked for, and
    /// the resource type has nothing that is stored and only shown on request.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the answer shows the attribute of this name at the resource's top, or a part of it.
    pub fn wants(&self, definition: &Definition, name: &str) -> bool {
        definition
            .top(name)
            .is_some_and(|attribute| !matches!(self.part(None, attribute), Part::None))
    }

    fn part(&self, extension: Option<&Schema>, attribute: &Attribute) -> Part<'_> {
        let (items, excluding) = match &self.asked {
            Asked::Default => (&[][..], true),
            Asked::Only(items) => (items.as_slice(), false),
            Asked::Without(items) => (items.as_slice(), true),
        };
        let urn = extension.map(|schema| schema.id.as_str());
        let of_schema = || items.iter().filter(|item| item.extension.as_deref() == urn);
        let of_attribute =
            || of_schema().filter(|item| item.attribute.as_ref() == Some(&attribute.name));
        let named = of_attribute().any(|item| item.sub.is_none());
        let with_schema = of_schema().any(|item| item.attribute.is_none());
        let subs: Vec<&str> = of_attribute()
            .filter_map(|item| item.sub.as_deref())
            .collect();
        match (attribute.returned, excluding) {
            (Returned::Never, _) | (Returned::Request, true) => Part::None,
            (Returned::Always, _) => Part::Default,
            (Returned::Default, true) if named || with_schema => Part::None,
            (Returned::Default, true) => Part::Without(subs),
            (_, false) if named => Part::Default,
            (_, false) if !subs.is_empty() => Part::Only(subs),
            (Returned::Default, false) if with_schema => Part::Default,
            (_, false) => Part::None,
        }
    }
}

fn items(list: &str, definition: &Definition) -> Vec<Item> {
    list.split(',')
        .map(str::trim)
        .filter_map(|name| item(name, definition))
        .collect()
}

fn item(name: &str, definition: &Definition) -> Option<Item> {
    let whole = |extension: Option<String>| Item {
        extension,
        attribute: None,
        sub: None,
    };
    if let Some(extension) = definition.extension(name) {
        return Some(whole(Some(extension.id.clone())));
    }
    if name.eq_ignore_ascii_case(&definition.core.id) {
        return Some(whole(None));
    }
    let place = definition.resolve(&AttrPath::parse(name).ok()?)?;
    Some(Item {
        extension: place.extension.map(|schema| schema.id.clone()),
        attribute: place.attribute.map(|attribute| attribute.name.clone()),
        sub: place.sub.map(|sub| sub.name.clone()),
    })
}

fn has_request(definition: &Definition) -> bool {
    fn on_request(attribute: &Attribute) -> bool {
        attribute.returned == Returned::Request || attribute.sub_attributes.iter().any(on_request)
    }
    definition
        .attributes()
        .any(|(_, attribute)| on_request(attribute))
}

/// Takes out of a whole document what the answer does not show.
pub fn project(definition: &Definition, document: &mut Map, projection: &Projection) {
    if projection.is_plain() {
        return;
    }
    document.retain(|key, value| {
        if let Some(attribute) = definition.top(key) {
            return show(attribute, value, projection.part(None, attribute));
        }
        match (definition.extension(key), value) {
            (Some(extension), Value::Object(inner)) => {
                inner.retain(|name, value| {
                    extension.attribute(name).is_some_and(|attribute| {
                        show(
                            attribute,
                            value,
                            projection.part(Some(extension), attribute),
                        )
                    })
                });
                !inner.is_empty()
            }
            // Left from a schema that the tenant has no more.
            _ => false,
        }
    });
}

/// Trims a value to its part; false where nothing of it is left.
fn show(attribute: &Attribute, value: &mut Value, part: Part) -> bool {
    if matches!(part, Part::None) {
        return false;
    }
    match value {
        Value::Object(object) => {
            object.retain(|name, _| shows_sub(attribute, name, &part));
            !object.is_empty()
        }
        Value::Array(elements) => {
            elements.retain_mut(|element| match element {
                Value::Object(object) => {
                    object.retain(|name, _| shows_sub(attribute, name, &part));
                    !object.is_empty()
                }
                _ => true,
            });
            !elements.is_empty()
        }
        _ => true,
    }
}

fn shows_sub(attribute: &Attribute, name: &str, part: &Part) -> bool {
    let Some(sub) = attribute.sub(name) else {
        return false;
    };
    match (sub.returned, part) {
        (Returned::Never, _) | (_, Part::None) => false,
        (Returned::Always, _) => true,
        (_, Part::Only(names)) => names.contains(&sub.name.as_str()),
        (Returned::Request, _) => false,
        (Returned::Default, Part::Default) => true,
        (Returned::Default, Part::Without(names)) => !names.contains(&sub.name.as_str()),
    }
}
