//! Every bending of a value's form that [`Mode::Compat`] makes, in one place. A value comes out in
//! the form the schema asks for, or as it came in; whether it fits is for [`super::value`] to say.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Map, VALUE, member};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::schema::{Attribute, Type};

/// The elements meant by a multi-valued attribute's value; `None` when it is no list and may not
/// stand for one.
pub fn elements(value: &Value, mode: Mode) -> Option<&[Value]> {
    match value {
        Value::Array(list) => Some(list),
        // RFC 7643 §2.5: null and the empty list both mean "unassigned".
        Value::Null => Some(&[]),
        Value::String(text) if text.is_empty() && mode.allows(Quirk::EmptyUnassigns) => Some(&[]),
        one if mode.allows(Quirk::CoerceSingleToList) => Some(std::slice::from_ref(one)),
        _ => None,
    }
}

/// One value of an attribute: the whole of a single-valued one, an element of a multi-valued one.
pub fn single<'a>(attribute: &Attribute, value: &'a Value, mode: Mode) -> Cow<'a, Value> {
    match value {
        Value::Array(list) if is_list_for_one(attribute, mode) => match list.as_slice() {
            [] => Cow::Owned(Value::Null),
            [one] => single(attribute, one, mode),
            _ => Cow::Borrowed(value),
        },
        Value::String(text) if text.is_empty() && empty_unassigns(attribute, mode) => {
            Cow::Owned(Value::Null)
        }
        Value::Object(map) if attribute.kind == Type::Complex => {
            complex(attribute, map, value, mode)
        }
        Value::Object(map) if attribute.multi_valued && mode.allows(Quirk::ValueObject) => {
            match member(map, VALUE) {
                Some(inner) if !inner.is_object() => single(attribute, inner, mode),
                _ => Cow::Borrowed(value),
            }
        }
        Value::String(_) | Value::Number(_) if attribute.kind == Type::Complex => {
            if mode.allows(Quirk::BareValue) && attribute.sub(VALUE).is_some() {
                Cow::Owned(json!({ VALUE: value }))
            } else {
                Cow::Borrowed(value)
            }
        }
        _ if mode.allows(Quirk::CoerceScalars) => scalar(attribute.kind, value),
        _ => Cow::Borrowed(value),
    }
}

fn is_list_for_one(attribute: &Attribute, mode: Mode) -> bool {
    !attribute.multi_valued
        && attribute.kind == Type::Complex
        && mode.allows(Quirk::CoerceListToSingle)
}

/// An empty string is a value of a string attribute, and no value of any other type.
fn empty_unassigns(attribute: &Attribute, mode: Mode) -> bool {
    attribute.kind != Type::String && mode.allows(Quirk::EmptyUnassigns)
}

/// A single complex value with an empty `value`, such as a manager without a person.
fn complex<'a>(attribute: &Attribute, map: &Map, value: &'a Value, mode: Mode) -> Cow<'a, Value> {
    let hollow = !attribute.multi_valued
        && mode.allows(Quirk::EmptyUnassigns)
        && attribute.sub(VALUE).is_some()
        && member(map, VALUE).and_then(Value::as_str) == Some("");
    if hollow {
        Cow::Owned(Value::Null)
    } else {
        Cow::Borrowed(value)
    }
}

fn scalar(kind: Type, value: &Value) -> Cow<'_, Value> {
    let coerced = match (kind, value) {
        (Type::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
            Some(Value::Bool(true))
        }
        (Type::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
            Some(Value::Bool(false))
        }
        (Type::Integer, Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        (Type::Decimal, Value::String(text)) => {
            text.parse::<serde_json::Number>().ok().map(Value::Number)
        }
        _ => None,
    };
    coerced.map_or(Cow::Borrowed(value), Cow::Owned)
}
