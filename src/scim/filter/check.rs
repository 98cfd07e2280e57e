//! [`Filter`] × schema → [`Checked`]: every attribute resolved, every operator allowed for its
//! attribute's type, every value of that type and in the form in which it is compared.
//!
//! What the RFC leaves open, decided here:
//! - `ne` is `not eq`. So it holds for an absent attribute, and for a multi-valued one when no value
//!   is equal. `eq null` is "not present", `ne null` is `pr`.
//! - A complex attribute compared directly means its `value`; without one it only takes `pr`.
//! - `name[familyName eq "x"]`, brackets on a single complex value, is `name pr and
//!   name.familyName eq "x"`.

use std::cmp::Ordering;

use serde_json::Value;

use super::parse::error_at;
use super::{Filter, Literal, Located, Operator, Term, Test};
use crate::scim::datetime::DateTime;
use crate::scim::error::{Result, ScimError};
use crate::scim::fold::{fold, ignores_case};
use crate::scim::mode::{Mode, Quirk};
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
    let checker = Checker { mode };
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
    let checker = Checker { mode };
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

enum Scope<'a> {
    Resource(&'a Definition),
    /// In the brackets behind an attribute; the path leads to it where it is a single value.
    Within(Path<'a>, &'a Attribute),
}

struct Checker {
    mode: Mode,
}

impl Checker {
    fn node<'a>(&self, filter: &Filter, scope: &Scope<'a>) -> Result<Node<'a>> {
        let all = |filters: &[Filter]| -> Result<Vec<Node<'a>>> {
            filters.iter().map(|part| self.node(part, scope)).collect()
        };
        Ok(match filter {
            Filter::And(filters) => Node::And(all(filters)?),
            Filter::Or(filters) => Node::Or(all(filters)?),
            Filter::Not(filter) => Node::Not(Box::new(self.node(filter, scope)?)),
            Filter::Term(term) => self.term(term, scope)?,
            Filter::ValuePath { path, filter } => self.value_path(path, filter, scope)?,
        })
    }

    fn value_path<'a>(
        &self,
        located: &Located,
        filter: &Filter,
        scope: &Scope<'a>,
    ) -> Result<Node<'a>> {
        let (path, attribute) = resolve(located, scope)?;
        match attribute {
            Some(attribute) if attribute.multi_valued => {
                let element = Scope::Within(Path::default(), attribute);
                Ok(Node::Element(path, Box::new(self.node(filter, &element)?)))
            }
            Some(attribute) if attribute.kind == Type::Complex => {
                let present = Node::Test(path.clone(), Predicate::Present);
                let inner = self.node(filter, &Scope::Within(path, attribute))?;
                Ok(Node::And(vec![present, inner]))
            }
            _ => Err(wrong(located, "has no elements for a filter in brackets")),
        }
    }

    fn term<'a>(&self, term: &Term, scope: &Scope<'a>) -> Result<Node<'a>> {
        let (mut path, mut attribute) = resolve(&term.path, scope)?;
        let (operator, literal) = match &term.test {
            Test::Compare(operator, literal) if !literal.value.is_null() => (*operator, literal),
            Test::Present | Test::Compare(Operator::Ne, _) => {
                return Ok(Node::Test(path, Predicate::Present));
            }
            Test::Compare(Operator::Eq, _) => return Ok(not(Node::Test(path, Predicate::Present))),
            Test::Compare(operator, literal) => {
                let what = format!("{} cannot compare with null", operator.as_str());
                return Err(error_at(literal.at, &what));
            }
        };
        if attribute.is_none_or(|attribute| attribute.kind == Type::Complex) {
            attribute = path.complete();
        }
        let Some(attribute) = attribute else {
            return Err(wrong(
                &term.path,
                "is complex: name a sub-attribute, or use pr",
            ));
        };
        let ordered = order(operator);
        let predicate = match attribute.kind {
            Type::String | Type::Reference | Type::Binary => {
                let test = match operator {
                    Operator::Co => Some(TextTest::Contains),
                    Operator::Sw => Some(TextTest::Prefix),
                    Operator::Ew => Some(TextTest::Suffix),
                    _ => ordered.map(TextTest::Order),
                };
                let exact = attribute.kind == Type::Binary;
                test.filter(|test| !exact || !is_inequality(*test))
                    .map(|test| self.text(test, attribute, literal))
            }
            Type::Boolean => ordered
                .filter(|order| *order == Order::Eq)
                .map(|_| self.boolean(literal)),
            Type::Integer | Type::Decimal => ordered.map(|order| self.number(order, literal)),
            Type::DateTime => ordered.map(|order| time(order, literal)),
            Type::Complex => None,
        };
        let Some(predicate) = predicate else {
            let what = format!("cannot be compared with {}", operator.as_str());
            return Err(wrong(&term.path, &what));
        };
        let test = Node::Test(path, predicate?);
        Ok(match operator {
            Operator::Ne => not(test),
            _ => test,
        })
    }

    fn text(&self, test: TextTest, attribute: &Attribute, literal: &Literal) -> Result<Predicate> {
        let text = match &literal.value {
            Value::String(text) => text,
            // Without quotes, `externalId eq 007` and `externalId eq 42` are the same kind of slip.
            _ if self.mode.allows(Quirk::UnquotedFilterValue) => &literal.text,
            _ => return Err(mistyped(literal, "a string in double quotes")),
        };
        let case_exact = !ignores_case(attribute);
        Ok(Predicate::Text {
            test,
            text: if case_exact {
                text.clone()
            } else {
                fold(text).into_owned()
            },
            case_exact,
        })
    }

    fn boolean(&self, literal: &Literal) -> Result<Predicate> {
        match &literal.value {
            Value::Bool(value) => Ok(Predicate::Is(*value)),
            Value::String(text) if self.mode.allows(Quirk::CoerceScalars) => {
                match text.to_ascii_lowercase().as_str() {
                    "true" => Ok(Predicate::Is(true)),
                    "false" => Ok(Predicate::Is(false)),
                    _ => Err(mistyped(literal, "true or false")),
                }
            }
            _ => Err(mistyped(literal, "true or false")),
        }
    }

    fn number(&self, order: Order, literal: &Literal) -> Result<Predicate> {
        let number = match &literal.value {
            Value::Number(number) => Some(Number::from(number)),
            Value::String(text) if self.mode.allows(Quirk::CoerceScalars) => {
                let number: Option<serde_json::Number> = text.trim().parse().ok();
                number.as_ref().map(Number::from)
            }
            _ => None,
        };
        match number {
            Some(number) => Ok(Predicate::Number(order, number)),
            None => Err(mistyped(literal, "a number")),
        }
    }
}

fn time(order: Order, literal: &Literal) -> Result<Predicate> {
    match literal.value.as_str().and_then(DateTime::parse) {
        Some(time) => Ok(Predicate::Time(order, time)),
        None => Err(mistyped(
            literal,
            "a date and time such as \"2011-05-13T04:42:34Z\"",
        )),
    }
}

/// The path, and the attribute at its end unless it is a whole extension.
fn resolve<'a>(located: &Located, scope: &Scope<'a>) -> Result<(Path<'a>, Option<&'a Attribute>)> {
    let written = &located.path;
    let (path, attribute) = match scope {
        Scope::Resource(definition) => {
            let place = definition
                .resolve(written)
                .ok_or_else(|| wrong(located, "is not an attribute of this resource type"))?;
            (Path::from(place), place.sub.or(place.attribute))
        }
        Scope::Within(prefix, outer) => {
            let plain = written.urn.is_none() && written.sub.is_none();
            let mut path = prefix.clone();
            let attribute = match outer.sub(&written.name) {
                Some(sub) => {
                    path.attributes.push(sub);
                    sub
                }
                // The elements of a simple multi-valued attribute are their own `value`.
                None if outer.kind != Type::Complex
                    && written.name.eq_ignore_ascii_case("value") =>
                {
                    outer
                }
                None => {
                    let what = format!("is not a sub-attribute of {}", outer.name);
                    return Err(wrong(located, &what));
                }
            };
            if !plain {
                return Err(wrong(located, "must be a sub-attribute's bare name"));
            }
            (path, Some(attribute))
        }
    };
    // A filter that could ask about a password would answer questions about it.
    if path.attributes.iter().any(|attribute| !attribute.is_kept()) {
        return Err(wrong(located, "is not kept and cannot be searched"));
    }
    Ok((path, attribute))
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

/// `ne` is the negation of `eq`.
fn order(operator: Operator) -> Option<Order> {
    match operator {
        Operator::Eq | Operator::Ne => Some(Order::Eq),
        Operator::Gt => Some(Order::Gt),
        Operator::Lt => Some(Order::Lt),
        Operator::Ge => Some(Order::Ge),
        Operator::Le => Some(Order::Le),
        Operator::Co | Operator::Sw | Operator::Ew => None,
    }
}

fn is_inequality(test: TextTest) -> bool {
    matches!(test, TextTest::Order(order) if order != Order::Eq)
}

fn not(node: Node<'_>) -> Node<'_> {
    Node::Not(Box::new(node))
}

fn wrong(located: &Located, what: &str) -> ScimError {
    error_at(located.at, &format!("{:?} {what}", located.path.text))
}

fn mistyped(literal: &Literal, expected: &str) -> ScimError {
    error_at(
        literal.at,
        &format!("expected {expected}, but found {}", literal.text),
    )
}
