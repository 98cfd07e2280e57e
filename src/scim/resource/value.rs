//! A client's value of one attribute, checked against its type and brought into canonical form:
//! names as the schema spells them, nothing that is not kept, nothing empty. The text of a value is
//! stored as it was sent.

use serde_json::Value;

use super::{Map, PRIMARY, coerce, syntax};
use crate::scim::datetime::DateTime;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::mode::Mode;
use crate::scim::schema::{Attribute, MEMBERS, Mutability, Type};

/// What is wrong with a value, and where. The path grows on the way out, so that a good value never
/// pays for it. The value itself stays out of the text: it may be a password.
#[derive(Debug)]
pub struct Fault {
    path: String,
    problem: String,
    scim_type: ScimType,
}

impl Fault {
    fn new(attribute: &Attribute, scim_type: ScimType, problem: impl Into<String>) -> Self {
        Self {
            path: attribute.name.clone(),
            problem: problem.into(),
            scim_type,
        }
    }

    fn within(mut self, outer: &Attribute) -> Self {
        self.path = format!("{}.{}", outer.name, self.path);
        self
    }

    /// `urn` qualifies the path when the attribute belongs to an extension.
    pub fn under(self, urn: Option<&str>) -> ScimError {
        let path = match urn {
            Some(urn) => format!("{urn}:{}", self.path),
            None => self.path,
        };
        ScimError::bad(self.scim_type, format!("{path} {}.", self.problem))
    }
}

/// Values that a list in a document may have: what compares them with one another must end within
/// the time that a Worker has for a request.
pub(crate) const MAX_ELEMENTS: usize = 2_000;

/// `None` means "unassigned", which null, an empty list and an object without content all say
/// (RFC 7643 §2.5).
pub fn canonical(attribute: &Attribute, value: &Value, mode: Mode) -> Result<Option<Value>, Fault> {
    if !attribute.multi_valued {
        return canonical_element(attribute, value, mode);
    }
    let Some(elements) = coerce::elements(value, mode) else {
        return Err(Fault::new(
            attribute,
            ScimType::InvalidValue,
            format!("must be a list, not {}", kind_of(value)),
        ));
    };
    // Members are kept beside the document, and by key.
    if elements.len() > MAX_ELEMENTS && attribute.name != MEMBERS {
        return Err(Fault::new(
            attribute,
            ScimType::InvalidValue,
            format!("may have {MAX_ELEMENTS} values"),
        ));
    }
    let mut list = Vec::with_capacity(elements.len());
    for element in elements {
        list.extend(canonical_element(attribute, element, mode)?);
    }
    one_primary(attribute, &list)?;
    Ok((!list.is_empty()).then(|| list.into()))
}

/// One element of a multi-valued attribute, or the one value of a single-valued one.
pub fn canonical_element(
    attribute: &Attribute,
    value: &Value,
    mode: Mode,
) -> Result<Option<Value>, Fault> {
    let value = coerce::single(attribute, value, mode);
    match (attribute.kind, value.as_ref()) {
        (_, Value::Null) => Ok(None),
        (Type::Complex, Value::Object(map)) => object(attribute, map, mode),
        (kind, value) => match misfit(kind, value) {
            None => Ok(Some(value.clone())),
            Some(wanted) => Err(Fault::new(
                attribute,
                ScimType::InvalidValue,
                format!("must be {wanted}, not {}", kind_of(value)),
            )),
        },
    }
}

fn object(attribute: &Attribute, map: &Map, mode: Mode) -> Result<Option<Value>, Fault> {
    let mut canonical_map = Map::new();
    for (sub, value) in parts(attribute, map, mode)? {
        if let Some(value) = value.filter(|_| sub.is_kept()) {
            canonical_map.insert(sub.name.clone(), value);
        }
    }
    Ok((!canonical_map.is_empty()).then(|| canonical_map.into()))
}

/// The sub-attributes that an object names and a client may change, "unassigned" ones too.
pub(crate) fn parts<'a>(
    attribute: &'a Attribute,
    map: &Map,
    mode: Mode,
) -> Result<Vec<(&'a Attribute, Option<Value>)>, Fault> {
    let mut parts = Vec::with_capacity(map.len());
    for (name, value) in map {
        let Some(sub) = attribute.sub(name) else {
            if mode.rejects_unknown() {
                return Err(Fault::new(
                    attribute,
                    ScimType::InvalidSyntax,
                    format!("has no sub-attribute {name:?}"),
                ));
            }
            continue;
        };
        // RFC 7644 §3.3 and §3.5.1: what a client says about readOnly attributes is ignored.
        if sub.mutability == Mutability::ReadOnly {
            continue;
        }
        let inner = canonical(sub, value, mode).map_err(|fault| fault.within(attribute))?;
        parts.push((sub, inner));
    }
    Ok(parts)
}

/// What the type asks for, when the value is not that.
fn misfit(kind: Type, value: &Value) -> Option<&'static str> {
    let (fits, wanted) = match kind {
        // SQLite's text functions end at U+0000, so that filters would not see what stands behind it.
        Type::String => match value.as_str() {
            Some(text) => (!text.contains('\0'), "free of U+0000"),
            None => (false, "a string"),
        },
        Type::Boolean => (value.is_boolean(), "a boolean"),
        Type::Decimal => (value.is_number(), "a number"),
        Type::Integer => (value.is_i64(), "an integer of 64 bits"),
        Type::DateTime => (
            value.as_str().and_then(DateTime::parse).is_some(),
            "a date and time such as 2008-01-23T04:56:22Z",
        ),
        Type::Binary => (value.as_str().is_some_and(syntax::is_base64), "base64"),
        Type::Reference => (value.as_str().is_some_and(syntax::is_reference), "a URI"),
        Type::Complex => (false, "an object"),
    };
    (!fits).then_some(wanted)
}

/// RFC 7643 §2.4: `primary` is true for at most one value.
fn one_primary(attribute: &Attribute, list: &[Value]) -> Result<(), Fault> {
    if list.iter().filter(|element| is_primary(element)).count() < 2 {
        return Ok(());
    }
    Err(Fault::new(
        attribute,
        ScimType::InvalidValue,
        "may have one primary value, and several are marked so",
    ))
}

pub(crate) fn is_primary(element: &Value) -> bool {
    element.get(PRIMARY) == Some(&Value::Bool(true))
}

/// Leaves the element at `kept` as the only primary one.
pub(crate) fn keep_primary(list: &mut [Value], kept: usize) {
    for (at, element) in list.iter_mut().enumerate() {
        if at != kept && is_primary(element) {
            element[PRIMARY] = Value::Bool(false);
        }
    }
}

/// A value's JSON type as a sentence wants it.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "this string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
