//! The work of `check`: one node at a time, with what may be compared with what.

use serde_json::Value;

use super::{Node, Number, Order, Path, Predicate, TextTest};
use crate::scim::datetime::DateTime;
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::parse::error_at;
use crate::scim::filter::{Filter, Literal, Located, Operator, Term, Test};
use crate::scim::fold::{fold, ignores_case};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::schema::{Attribute, Definition, Type};

pub(super) enum Scope<'a> {
    Resource(&'a Definition),
    /// In the brackets behind an attribute; the path leads to it where it is a single value.
    Within(Path<'a>, &'a Attribute),
}

pub(super) struct Checker<'t> {
    pub mode: Mode,
    /// The resource types that are searched together.
    pub types: &'t [Definition],
}

impl Checker<'_> {
    pub fn node<'a>(&self, filter: &Filter, scope: &Scope<'a>) -> Result<Node<'a>> {
        let all = |filters: &[Filter]| -> Result<Vec<Node<'a>>> {
            filters.iter().map(|part| self.node(part, scope)).collect()
        };
        Ok(match filter {
            Filter::And(filters) => Node::all(all(filters)?),
            Filter::Or(filters) => Node::any(all(filters)?),
            Filter::Not(filter) => self.node(filter, scope)?.negated(),
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
        let Some((path, attribute)) = self.resolve(located, scope)? else {
            return Ok(Node::Never);
        };
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
        let Some((mut path, mut attribute)) = self.resolve(&term.path, scope)? else {
            return Ok(absent(&term.test));
        };
        let (operator, literal) = match &term.test {
            Test::Compare(operator, literal) if !literal.value.is_null() => (*operator, literal),
            Test::Present | Test::Compare(Operator::Ne, _) => {
                return Ok(Node::Test(path, Predicate::Present));
            }
            Test::Compare(Operator::Eq, _) => {
                return Ok(Node::Test(path, Predicate::Present).negated());
            }
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
        let predicate = predicate?;
        let test = match scope {
            _ if predicate == Predicate::Is(false) && is_primary(&path, scope) => {
                not_primary(path, scope)
            }
            // The same for all resources of a type, so that it costs no look at any.
            Scope::Resource(definition) if path.name() == RESOURCE_TYPE => {
                match predicate.matches(&definition.resource_type.name.as_str().into()) {
                    true => Node::always(),
                    false => Node::Never,
                }
            }
            _ => Node::Test(path, predicate),
        };
        Ok(match operator {
            Operator::Ne => test.negated(),
            _ => test,
        })
    }

    /// The path, and the attribute at its end unless it is a whole extension. `None` where only
    /// another of the resource types has the attribute.
    fn resolve<'a>(&self, located: &Located, scope: &Scope<'a>) -> Result<Option<Resolved<'a>>> {
        let written = &located.path;
        let (path, attribute) = match scope {
            Scope::Resource(definition) => match definition.resolve(written) {
                Some(place) => (Path::from(place), place.sub.or(place.attribute)),
                None if self
                    .types
                    .iter()
                    .any(|other| other.resolve(written).is_some()) =>
                {
                    return Ok(None);
                }
                None => return Err(wrong(located, "is not an attribute of this resource type")),
            },
            Scope::Within(prefix, outer) => within(located, prefix, outer)?,
        };
        // A filter that could ask about a password would answer questions about it.
        if path.attributes.iter().any(|attribute| !attribute.is_kept()) {
            return Err(wrong(located, "is not kept and cannot be searched"));
        }
        Ok(Some((path, attribute)))
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

/// RFC 7643 §2.4: "primary" is false for an element that does not say it.
fn is_primary(path: &Path, scope: &Scope) -> bool {
    let of_list = match (scope, path.attributes.as_slice()) {
        (Scope::Within(_, outer), [.., _]) => outer.multi_valued,
        (Scope::Resource(_), [.., outer, _]) => outer.multi_valued,
        _ => false,
    };
    of_list
        && path
            .attributes
            .last()
            .is_some_and(|last| last.name == "primary")
}

/// One of the elements, or the element itself, does not say that it is the primary one.
fn not_primary<'a>(mut path: Path<'a>, scope: &Scope<'a>) -> Node<'a> {
    let says = |path| Node::Test(path, Predicate::Is(true)).negated();
    match scope {
        Scope::Within(..) => says(path),
        Scope::Resource(_) => {
            let last = path.attributes.split_off(path.attributes.len() - 1);
            let primary = Path {
                extension: None,
                attributes: last,
            };
            Node::Element(path, Box::new(says(primary)))
        }
    }
}

type Resolved<'a> = (Path<'a>, Option<&'a Attribute>);

const RESOURCE_TYPE: &str = "meta.resourceType";

/// A sub-attribute, named in the brackets behind its attribute.
fn within<'a>(located: &Located, prefix: &Path<'a>, outer: &'a Attribute) -> Result<Resolved<'a>> {
    let written = &located.path;
    let mut path = prefix.clone();
    let attribute = match outer.sub(&written.name) {
        Some(sub) => {
            path.attributes.push(sub);
            sub
        }
        // The elements of a simple multi-valued attribute are their own `value`.
        None if outer.kind != Type::Complex && written.name.eq_ignore_ascii_case("value") => outer,
        None => {
            let what = format!("is not a sub-attribute of {}", outer.name);
            return Err(wrong(located, &what));
        }
    };
    if written.urn.is_some() || written.sub.is_some() {
        return Err(wrong(located, "must be a sub-attribute's bare name"));
    }
    Ok((path, Some(attribute)))
}

/// What a test says of an attribute without a value.
fn absent<'a>(test: &Test) -> Node<'a> {
    match test {
        Test::Compare(Operator::Ne, literal) if !literal.value.is_null() => Node::always(),
        Test::Compare(Operator::Eq, literal) if literal.value.is_null() => Node::always(),
        Test::Present | Test::Compare(..) => Node::Never,
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

fn wrong(located: &Located, what: &str) -> ScimError {
    error_at(located.at, &format!("{:?} {what}", located.path.text))
}

fn mistyped(literal: &Literal, expected: &str) -> ScimError {
    error_at(
        literal.at,
        &format!("expected {expected}, but found {}", literal.text),
    )
}
