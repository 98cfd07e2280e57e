//! The body of a call, member by member. Refused: what is no object, a member of another kind than it
//! has to be, and what nobody asked for. PURE.

use serde_json::Value;

use super::problem::{Result, problem};
use crate::scim::resource::Map;
use crate::wire::request::Parts;

/// Members are taken out of it; [`Body::end`] refuses those that are left.
pub struct Body {
    left: Map,
    known: Vec<&'static str>,
}

/// What a member can be.
pub trait Member: Sized {
    const EXPECTED: &'static str;

    fn from_value(value: Value) -> Option<Self>;
}

impl Body {
    pub fn read(parts: &Parts) -> Result<Self> {
        Self::parse(&parts.body)
    }

    fn parse(text: &[u8]) -> Result<Self> {
        match serde_json::from_slice(text) {
            Ok(Value::Object(left)) => Ok(Self {
                left,
                known: Vec::new(),
            }),
            Ok(_) => problem(400, "The body must be a JSON object."),
            Err(error) => problem(400, format!("The body is not JSON: {error}.")),
        }
    }

    /// `None` where it is left out or null.
    pub fn take<T: Member>(&mut self, name: &'static str) -> Result<Option<T>> {
        match self.member(name) {
            Value::Null => Ok(None),
            value => {
                T::from_value(value).map_or_else(|| unfit(name, T::EXPECTED), |it| Ok(Some(it)))
            }
        }
    }

    /// One that cannot be left out.
    pub fn need<T: Member>(&mut self, name: &'static str) -> Result<T> {
        T::from_value(self.member(name)).map_or_else(|| unfit(name, T::EXPECTED), Ok)
    }

    /// One that can be left out, but is not null.
    pub fn or_default<T: Member + Default>(&mut self, name: &'static str) -> Result<T> {
        if self.left.contains_key(name) {
            return self.need(name);
        }
        self.known.push(name);
        Ok(T::default())
    }

    fn member(&mut self, name: &'static str) -> Value {
        self.known.push(name);
        self.left.shift_remove(name).unwrap_or_default()
    }

    /// Nothing else is expected.
    pub fn end(self) -> Result<()> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => problem(
                400,
                format!(
                    "There is no member {name:?} here; there are {}.",
                    self.known.join(", ")
                ),
            ),
        }
    }

    /// What is left, for others to read.
    pub fn rest(self) -> Map {
        self.left
    }
}

fn unfit<T>(name: &str, expected: &str) -> Result<T> {
    problem(400, format!("{name} must be {expected}."))
}

impl Member for String {
    const EXPECTED: &'static str = "text";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Member for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_value(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Member for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn from_value(value: Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Member for Map {
    const EXPECTED: &'static str = "an object";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// What is looked at elsewhere.
impl Member for Value {
    const EXPECTED: &'static str = "given";

    fn from_value(value: Value) -> Option<Self> {
        (!value.is_null()).then_some(value)
    }
}

impl Member for Vec<String> {
    const EXPECTED: &'static str = "a list of texts";

    fn from_value(value: Value) -> Option<Self> {
        list(value)
    }
}

impl Member for Vec<Map> {
    const EXPECTED: &'static str = "a list of objects";

    fn from_value(value: Value) -> Option<Self> {
        list(value)
    }
}

fn list<T: Member>(value: Value) -> Option<Vec<T>> {
    match value {
        Value::Array(list) => list.into_iter().map(T::from_value).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Failed;
    use super::*;

    fn detail<T>(result: Result<T>) -> String {
        match result {
            Err(Failed::Problem(problem)) => problem.detail,
            _ => String::new(),
        }
    }

    fn body(text: &str) -> Body {
        match Body::parse(text.as_bytes()) {
            Ok(body) => body,
            error => panic!("{}", detail(error)),
        }
    }

    #[test]
    fn members() {
        let mut body =
            body(r#"{"a": "b", "c": ["d"], "e": -1, "f": true, "g": {"h": 1}, "i": null}"#);
        assert!(body.need::<String>("a").is_ok_and(|text| text == "b"));
        assert!(
            body.take::<Vec<String>>("c")
                .is_ok_and(|list| list == Some(vec!["d".to_owned()]))
        );
        assert!(body.take::<i64>("e").is_ok_and(|number| number == Some(-1)));
        assert!(body.take::<bool>("f").is_ok_and(|flag| flag == Some(true)));
        assert!(
            body.take::<Map>("g")
                .is_ok_and(|object| object.is_some_and(|object| object["h"] == 1))
        );
        assert!(body.take::<String>("i").is_ok_and(|text| text.is_none()));
        assert!(body.take::<String>("j").is_ok_and(|text| text.is_none()));
        assert!(
            body.or_default::<Map>("k")
                .is_ok_and(|object| object.is_empty())
        );
        assert!(body.end().is_ok());
    }

    #[test]
    fn refusals() {
        assert_eq!(
            detail(Body::parse(b"[]")),
            "The body must be a JSON object."
        );
        assert!(detail(Body::parse(b"{")).starts_with("The body is not JSON: EOF"));
        assert_eq!(
            detail(body(r#"{"a": null}"#).or_default::<Map>("a")),
            "a must be an object."
        );
        let sent = r#"{"a": 1, "b": [1], "c": 1.5, "d": "true", "e": []}"#;
        assert_eq!(detail(body(sent).take::<String>("a")), "a must be text.");
        assert_eq!(detail(body(sent).need::<String>("z")), "z must be text.");
        assert_eq!(
            detail(body(sent).take::<Vec<String>>("b")),
            "b must be a list of texts."
        );
        assert_eq!(
            detail(body(sent).take::<Vec<Map>>("b")),
            "b must be a list of objects."
        );
        assert_eq!(
            detail(body(sent).take::<i64>("c")),
            "c must be a whole number."
        );
        assert_eq!(
            detail(body(sent).take::<bool>("d")),
            "d must be true or false."
        );
        assert_eq!(detail(body(sent).take::<Map>("e")), "e must be an object.");
    }

    #[test]
    fn nothing_else() {
        let mut body = body(r#"{"label": "a", "labels": "b"}"#);
        assert!(body.need::<String>("label").is_ok());
        assert!(body.take::<bool>("enabled").is_ok());
        assert_eq!(
            detail(body.end()),
            r#"There is no member "labels" here; there are label, enabled."#
        );
    }
}
