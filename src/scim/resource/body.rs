//! A request's body as a JSON object. Refused before any other work: what is not JSON, what is not
//! an object, what nests too deep, and two members of one object whose names differ at most in case,
//! because attribute names ignore case (RFC 7643 §2.1) and either one could be meant.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Map;
use crate::scim::error::{Result, ScimError};

/// Objects and lists within each other. SCIM's own messages need about eight.
pub const MAX_DEPTH: usize = 64;

pub fn parse_body(bytes: &[u8], max_depth: usize) -> Result<Map> {
    // RFC 8259 §8.1 lets a parser skip the byte order mark that some clients write.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = Tree(max_depth)
        .deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value));
    match parsed {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(ScimError::invalid_syntax(format!(
            "The body must be a JSON object, not {}.",
            super::value::kind_of(&other)
        ))),
        // serde_json's message names the kind of mistake and its place, never the content.
        Err(error) if error.is_data() => Err(ScimError::invalid_syntax(format!("{error}."))),
        Err(error) => Err(ScimError::invalid_syntax(format!(
            "The body is not JSON: {error}."
        ))),
    }
}

/// A JSON value that may hold this many levels below it.
struct Tree(usize);

impl Tree {
    fn below<E: Error>(&self) -> Result<usize, E> {
        self.0
            .checked_sub(1)
            .ok_or_else(|| E::custom("The body nests objects and lists too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(Tree(below))? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Map::new();
        let mut names = Names::default();
        while let Some(key) = access.next_key::<String>()? {
            if names.has(&map, &key) {
                return Err(A::Error::custom(format_args!(
                    "The body gives {key:?} twice in one object (names ignore case)"
                )));
            }
            map.insert(key, access.next_value_seed(Tree(below))?);
        }
        Ok(map.into())
    }
}

/// Names seen in one object. Most objects have a handful of members, for which comparing with each
/// is faster than hashing; a hostile one has many thousands.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    const FEW: usize = 24;

    fn has(&mut self, map: &Map, key: &str) -> bool {
        if map.len() < Self::FEW {
            return map.keys().any(|seen| seen.eq_ignore_ascii_case(key));
        }
        if self.0.is_empty() {
            self.0
                .extend(map.keys().map(|seen| seen.to_ascii_lowercase()));
        }
        !self.0.insert(key.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Result<&str, &str>) {
        match (parse_body(body.as_bytes(), 4), expected) {
            (Ok(map), Ok(text)) => assert_eq!(Value::Object(map).to_string(), text),
            (Err(error), Err(part)) => {
                assert_eq!(error.status, 400);
                assert!(error.detail.contains(part), "{}", error.detail);
            }
            (result, _) => panic!("{body}: {result:?}"),
        }
    }

    #[test]
    fn bodies() {
        check("{}", Ok("{}"));
        check("\u{feff}{\"a\":1}", Ok(r#"{"a":1}"#));
        check(
            r#"{"b":1,"a":[-2,1.5,true,null,"x"]}"#,
            Ok(r#"{"b":1,"a":[-2,1.5,true,null,"x"]}"#),
        );
        check("", Err("not JSON"));
        check("{", Err("not JSON"));
        check("{} x", Err("not JSON"));
        check("[]", Err("must be a JSON object, not a list"));
        check("null", Err("must be a JSON object, not null"));
        check(r#"{"a":1,"A":2}"#, Err("\"A\" twice"));
        check(r#"{"x":{"a":1,"a":2}}"#, Err("\"a\" twice"));
    }

    #[test]
    fn depth() {
        check(r#"{"a":[[[1]]]}"#, Ok(r#"{"a":[[[1]]]}"#));
        check(r#"{"a":[[[[]]]]}"#, Err("too deep"));
        let hostile = format!("{}{}", "{\"a\":".repeat(200_000), "1");
        let error = parse_body(hostile.as_bytes(), MAX_DEPTH).unwrap_err();
        assert!(error.detail.contains("too deep"), "{}", error.detail);
    }

    #[test]
    fn duplicates_among_many_members() {
        let members: Vec<String> = (0..500).map(|n| format!("\"k{n}\":1")).collect();
        let body = format!("{{{},\"K77\":2}}", members.join(","));
        let error = parse_body(body.as_bytes(), MAX_DEPTH).unwrap_err();
        assert!(error.detail.contains("\"K77\" twice"), "{}", error.detail);
    }

    #[test]
    fn invalid_utf8_is_refused() {
        assert!(parse_body(b"{\"a\":\"\xff\"}", MAX_DEPTH).is_err());
    }
}
