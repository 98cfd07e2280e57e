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

pub(super) struct Checker {
    pub mode: Mode,
}

impl Checker {
    pub fn node<'a>(&self, filter: &Filter, scope: &Scope<'a>) -> Result<Node<'a>> {
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
