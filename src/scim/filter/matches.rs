//! [`Checked`] × one JSON resource → `bool`: the plain reading of RFC 7644 §3.4.2.2, and the oracle
//! that `store::filter_sql` is tested against.

use std::cmp::Ordering;
use std::slice;

use serde_json::Value;

use super::check::{Checked, Node, Number, Path, Predicate, TextTest};
use crate::scim::datetime::DateTime;
use crate::scim::fold::fold;

impl Checked<'_> {
    /// `resource` is whole, with its `id`, `meta` and derived attributes.
    pub fn matches(&self, resource: &Value) -> bool {
        self.root.matches(resource)
    }
}

impl Node<'_> {
    /// `scope` is the resource, or the element for a filter in brackets.
    pub fn matches(&self, scope: &Value) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.matches(scope)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(scope)),
            Self::Not(node) => !node.matches(scope),
            Self::Never => false,
            Self::Test(path, predicate) => path
                .values(scope)
                .into_iter()
                .any(|value| predicate.matches(value)),
            Self::Element(path, node) => path
                .values(scope)
                .into_iter()
                .any(|element| node.matches(element)),
        }
    }
}

impl Path<'_> {
    /// All values the path leads to, lists taken apart.
    pub fn values<'v>(&self, scope: &'v Value) -> Vec<&'v Value> {
        self.steps().fold(vec![scope], |values, (key, _)| {
            values
                .into_iter()
                .filter_map(|value| value.get(key))
                .flat_map(|value| match value {
                    Value::Array(elements) => elements.as_slice(),
                    single => slice::from_ref(single),
                })
                .collect()
        })
    }
}

impl Predicate {
    pub(super) fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Present => is_present(value),
            Self::Is(expected) => value.as_bool() == Some(*expected),
            Self::Number(order, expected) => match value {
                Value::Number(number) => Number::from(number)
                    .partial_cmp(expected)
                    .is_some_and(|ordering| order.holds(ordering)),
                _ => false,
            },
            Self::Time(order, expected) => value
                .as_str()
                .and_then(DateTime::parse)
                .is_some_and(|time| order.holds(time.cmp(expected))),
            Self::Text {
                test,
                text,
                case_exact,
            } => match value.as_str() {
                Some(value) if *case_exact => test.holds(value, text),
                Some(value) => test.holds(&fold(value), text),
                None => false,
            },
        }
    }
}

impl TextTest {
    fn holds(self, value: &str, text: &str) -> bool {
        match self {
            Self::Order(order) => order.holds(value.cmp(text)),
            Self::Contains => value.contains(text),
            Self::Prefix => value.starts_with(text),
            Self::Suffix => value.ends_with(text),
        }
    }
}

impl PartialOrd for Number {
    /// Integers and doubles compare by what they stand for; a double holds not every integer.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(&b)),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(&b),
            (Self::Integer(a), Self::Real(b)) => integer_to_real(a, b),
            (Self::Real(a), Self::Integer(b)) => integer_to_real(b, a).map(Ordering::reverse),
        }
    }
}

fn integer_to_real(integer: i64, real: f64) -> Option<Ordering> {
    // Beyond ±2^63 the cast saturates, and the comparison of doubles is decided anyway.
    match (integer as f64).partial_cmp(&real)? {
        Ordering::Equal if real < i64::MAX as f64 => Some(integer.cmp(&(real as i64))),
        Ordering::Equal => Some(Ordering::Less),
        unequal => Some(unequal),
    }
}

/// RFC 7644 table 3: "a non-empty or non-null value, or … a non-empty node for complex attributes".
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(is_present),
        Value::Object(members) => members.values().any(is_present),
    }
}
