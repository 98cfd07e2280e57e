//! [`Filter`] × schema → [`Checked`]: every attribute resolved, every operator allowed for its
//! attribute's type, every value of that type and in the form in which it is compared.
//!
//! What the RFC leaves open, decided here:
//! - `ne` is `not eq`. So it holds for an absent attribute, and for a multi-valued one when no value
//!   is equal. `eq null` is "not present", `ne null` is `pr`.
//! - Where several resource types are searched at once, an attribute that only others of them have
//!   has no value (RFC 7644 §3.4.2.1); one that none of them has is an error.
//! - A complex attribute compared directly means its `value`; without one it only takes `pr`.
//! - `name[familyName eq "x"]`, brackets on a single complex value, is `name pr and
//!   name.familyName eq "x"`.

mod checker;

use std::cmp::Ordering;

use self::checker::{Checker, Scope};
use super::Filter;
use crate::scim::datetime::DateTime;
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::Mode;
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, Definition, Place, Schema, Type};

/// A filter that fits its resource type.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked<'a> {
    pub definition: &'a Definition,
    pub root: Node<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    And(Vec<Node<'a>>),
    Or(Vec<Node<'a>>),
    Not(Box<Node<'a>>),
    /// Some value at the path satisfies the predicate.
    Test(Path<'a>, Predicate),
    /// Some element at the path satisfies the filter, whose paths begin at the element.
    Element(Path<'a>, Box<Node<'a>>),
    /// What no resource of the type satisfies; `Not` of it is what all do. It stands alone or under
    /// one `Not`, never within an `And` or `Or`.
    Never,
}

/// The way from a resource, or from an element in brackets, to values. Without a step it is the
/// element itself, or the extension as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path<'a> {
    pub extension: Option<&'a Schema>,
    pub attributes: Vec<&'a Attribute>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Neither null nor empty, and for arrays and objects something within that is neither.
    Present,
    Is(bool),
    Number(Order, Number),
    Time(Order, DateTime),
    /// `text` is folded unless `case_exact`.
    Text {
        test: TextTest,
        text: String,
        case_exact: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Eq,
    Gt,
    Lt,
    Ge,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// By code points.
    Order(Order),
    Contains,
    Prefix,
    Suffix,
}

/// A JSON number as SQLite reads it: 64-bit integers exactly, everything else as a double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Integer(i64),
    Real(f64),
}

pub fn check<'a>(filter: &Filter, definition: &'a Definition, mode: Mode) -> Result<Checked<'a>> {
    let types = std::slice::from_ref(definition);
    check_within(filter, definition, types, mode)
}

/// Checks the filter for one of the resource types that are searched together.
pub fn check_within<'a>(
    filter: &Filter,
    definition: &'a Definition,
    types: &[Definition],
    mode: Mode,
) -> Result<Checked<'a>> {
    let checker = Checker { mode, types };
    let root = checker.node(filter, &Scope::Resource(definition))?;
    Ok(Checked { definition, root })
}

/// Checks the filter in a PATCH path's brackets against the attribute before them. It is then
/// matched against one element at a time.
pub fn check_element<'a>(
    filter: &Filter,
    attribute: &'a Attribute,
    mode: Mode,
) -> Result<Node<'a>> {
    let checker = Checker { mode, types: &[] };
    checker.node(filter, &Scope::Within(Path::default(), attribute))
}

/// Where `sortBy` leads: a single value (RFC 7644 §3.4.2.3).
pub fn check_sort<'a>(sort_by: &str, definition: &'a Definition) -> Result<Path<'a>> {
    let unsortable = |why: &str| ScimError::invalid_value(format!("sortBy={sort_by:?}: {why}."));
    let path = AttrPath::parse(sort_by).map_err(|_| unsortable("not an attribute path"))?;
    let place = definition
        .resolve(&path)
        .ok_or_else(|| unsortable("no such attribute"))?;
    let mut path = Path::from(place);
    let kept = path.attributes.iter().all(|attribute| attribute.is_kept());
    path.complete()
        .filter(|_| kept)
        .ok_or_else(|| unsortable("nothing to sort by; name a sub-attribute"))?;
    Ok(path)
}

impl Checked<'_> {
    /// True for a filter that every resource of the type satisfies.
    pub fn holds_always(&self) -> bool {
        self.root.is_always()
    }

    /// True for a filter that no resource of the type satisfies.
    pub fn holds_never(&self) -> bool {
        self.root == Node::Never
    }
}

impl Node<'_> {
    fn always() -> Self {
        Self::Not(Box::new(Self::Never))
    }

    fn is_always(&self) -> bool {
        matches!(self, Self::Not(node) if **node == Self::Never)
    }

    fn negated(self) -> Self {
        if self.is_always() {
            Self::Never
        } else {
            Self::Not(Box::new(self))
        }
    }

    fn all(mut nodes: Vec<Self>) -> Self {
        if nodes.contains(&Self::Never) {
            return Self::Never;
        }
        nodes.retain(|node| !node.is_always());
        match nodes.len() {
            0 => Self::always(),
            1 => nodes.remove(0),
            _ => Self::And(nodes),
        }
    }

    fn any(mut nodes: Vec<Self>) -> Self {
        if nodes.iter().any(Self::is_always) {
            return Self::always();
        }
        nodes.retain(|node| *node != Self::Never);
        match nodes.len() {
            0 => Self::Never,
            1 => nodes.remove(0),
            _ => Self::Or(nodes),
        }
    }
}

impl<'a> Path<'a> {
    /// The JSON keys from one value to the next, with the attribute's own word on whether the
    /// value there is a list.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (&'a str, bool)> {
        let extension = self
            .extension
            .iter()
            .map(|schema| (schema.id.as_str(), false));
        let attributes = self.attributes.iter();
        extension
            .chain(attributes.map(|attribute| (attribute.name.as_str(), attribute.multi_valued)))
    }

    /// As the client would write it, in the schema's spelling: the name of an index.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.attributes.iter().map(|a| a.name.as_str()).collect();
        match self.extension {
            Some(schema) if names.is_empty() => schema.id.clone(),
            Some(schema) => format!("{}:{}", schema.id, names.join(".")),
            None => names.join("."),
        }
    }

    /// Follows a complex attribute to its `value`. `None` where there is no value to compare.
    fn complete(&mut self) -> Option<&'a Attribute> {
        let last = *self.attributes.last()?;
        if last.kind != Type::Complex {
            return Some(last);
        }
        let value = last.sub("value").filter(|sub| sub.kind != Type::Complex)?;
        self.attributes.push(value);
        Some(value)
    }
}

impl<'a> From<Place<'a>> for Path<'a> {
    fn from(place: Place<'a>) -> Self {
        Self {
            extension: place.extension,
            attributes: place.attribute.into_iter().chain(place.sub).collect(),
        }
    }
}

impl Order {
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Gt => ordering.is_gt(),
            Self::Lt => ordering.is_lt(),
            Self::Ge => ordering.is_ge(),
            Self::Le => ordering.is_le(),
        }
    }
}

impl From<&serde_json::Number> for Number {
    fn from(number: &serde_json::Number) -> Self {
        match number.as_i64() {
            Some(integer) => Self::Integer(integer),
            // Without serde_json's arbitrary_precision every other number is a double.
            None => Self::Real(number.as_f64().unwrap_or(f64::NAN)),
        }
    }
}
