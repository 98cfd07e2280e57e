//! What a receiver says when it asks for SETs (RFC 8936 §2.2 and §2.4). PURE.

use serde_json::Value;

use crate::scim::json;
use crate::store::events::position;

/// SETs of one answer at the most; fewer, if a receiver says so.
pub const MAX_EVENTS: usize = 100;

/// SETs that one request acknowledges or refuses at the most.
pub const MAX_TAKEN: usize = 1000;

/// Longest error code that is kept, in characters.
const MAX_CODE: usize = 64;

#[derive(Debug, PartialEq)]
pub struct PollRequest {
    pub max_events: usize,
    pub return_immediately: bool,
    /// The positions of events that are done with: acknowledged, or of no use to the receiver. What
    /// is no event's id is nothing that could come again.
    pub taken: Vec<i64>,
    /// One that was of no use: its id, and the receiver's code for why.
    pub refused: Option<(String, String)>,
}

impl PollRequest {
    /// The error is a sentence for the receiver.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let body: Value = json::read(body).unwrap_or_default();
        if !body.is_object() {
            return Err(
                "The body is a JSON object: maxEvents, returnImmediately, ack, setErrs.".into(),
            );
        }
        let max_events = match &body["maxEvents"] {
            Value::Null => MAX_EVENTS,
            number => {
                let number = number.as_u64().ok_or("maxEvents is a number from 0 on.")?;
                MAX_EVENTS.min(usize::try_from(number).unwrap_or(MAX_EVENTS))
            }
        };
        let return_immediately = match &body["returnImmediately"] {
            Value::Null => false,
            value => value
                .as_bool()
                .ok_or("returnImmediately is true or false.")?,
        };
        let mut taken = Vec::new();
        match &body["ack"] {
            Value::Null => {}
            Value::Array(ids) => {
                for id in ids {
                    taken.push(id.as_str().ok_or("ack is a list of SETs' jti.")?);
                }
            }
            _ => return Err("ack is a list of SETs' jti.".into()),
        }
        let mut refused = None;
        match &body["setErrs"] {
            Value::Null => {}
            Value::Object(errors) => {
                for (id, error) in errors {
                    taken.push(id);
                    let code = error["err"].as_str();
                    let code = code.ok_or("setErrs has for each jti an object with err.")?;
                    if position(id).is_some() {
                        refused = Some((id.clone(), plain(code)));
                    }
                }
            }
            _ => return Err("setErrs is an object with a member for each jti.".into()),
        }
        if taken.len() > MAX_TAKEN {
            return Err(format!(
                "ack and setErrs name at most {MAX_TAKEN} SETs together."
            ));
        }
        Ok(Self {
            max_events,
            return_immediately,
            taken: taken.into_iter().filter_map(position).collect(),
            refused,
        })
    }
}

/// A receiver's error code (RFC 8935 §2.4), of which nothing is kept that no code has.
pub fn plain(code: &str) -> String {
    let is_of_a_code = |c: &char| c.is_ascii_alphanumeric() || "_-.".contains(*c);
    code.chars().filter(is_of_a_code).take(MAX_CODE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out() {
        let expected = PollRequest {
            max_events: MAX_EVENTS,
            return_immediately: false,
            taken: Vec::new(),
            refused: None,
        };
        assert_eq!(PollRequest::read(b"{}"), Ok(expected));
    }

    #[test]
    fn what_is_acknowledged_and_refused() {
        let body = br#"{"maxEvents": 5, "returnImmediately": true, "ack": ["evt_3", "x", "evt_4"],
            "setErrs": {"evt_9": {"err": "invalid_key", "description": "no"}, "y": {"err": "e"}},
            "more": 1}"#;
        let expected = PollRequest {
            max_events: 5,
            return_immediately: true,
            taken: vec![3, 4, 9],
            refused: Some(("evt_9".to_owned(), "invalid_key".to_owned())),
        };
        assert_eq!(PollRequest::read(body), Ok(expected));
        let many = PollRequest::read(br#"{"maxEvents": 5000}"#).unwrap();
        assert_eq!(many.max_events, MAX_EVENTS);
    }

    #[test]
    fn what_is_wrong() {
        for (body, part) in [
            ("", "JSON object"),
            ("[]", "JSON object"),
            (r#"{"maxEvents": -1}"#, "maxEvents"),
            (r#"{"maxEvents": "1"}"#, "maxEvents"),
            (r#"{"returnImmediately": 1}"#, "returnImmediately"),
            (r#"{"ack": "evt_1"}"#, "ack"),
            (r#"{"ack": [1]}"#, "ack"),
            (r#"{"setErrs": []}"#, "setErrs"),
            (r#"{"setErrs": {"evt_1": "no"}}"#, "setErrs"),
        ] {
            let error = PollRequest::read(body.as_bytes()).unwrap_err();
            assert!(error.contains(part), "{body}: {error}");
        }
        let ids = vec!["\"evt_1\""; MAX_TAKEN + 1].join(",");
        let many = format!("{{\"ack\": [{ids}]}}");
        assert!(PollRequest::read(many.as_bytes()).is_err());
    }

    #[test]
    fn codes_are_plain() {
        assert_eq!(plain("invalid_key"), "invalid_key");
        assert_eq!(plain("a b\n<c>@"), "abc");
        assert_eq!(plain(&"x".repeat(100)).len(), MAX_CODE);
    }
}
