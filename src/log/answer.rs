//! The beginning of an answer, as the log keeps it. PURE.
//!
//! Answers are JSON text of our own making and can be long: a page of a hundred users. They are not
//! parsed, only looked through as far as they are kept: parsed and written anew, pages cost more in
//! the log than in all the rest.

use super::redact::{HIDDEN, Redaction, without_tokens};

/// What is kept of an answer. Identity providers read whole directories every hour: at a hundred
/// users a page, more would fill the database with copies of it.
pub const MAX_KEPT: usize = 4096;

/// What an answer says of itself, besides its text.
#[derive(Debug, Default, PartialEq)]
pub struct Named {
    /// The resource's.
    pub id: Option<String>,
    pub user_name: Option<String>,
}

/// The first bytes of an answer.
pub fn beginning(text: &str) -> &str {
    let fits = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=MAX_KEPT.min(text.len())).rev().find(fits);
    let kept = &text[..end.unwrap_or_default()];
    if kept.len() == text.len() {
        return kept;
    }
    // Half a token would not be known for one.
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    kept.trim_end_matches(is_of_word)
}

/// A beginning without what is hidden, and whom it names.
pub fn shown(text: &str, redaction: &Redaction<'_>) -> (String, Named) {
    let mut shown = String::with_capacity(text.len());
    let mut named = Named::default();
    let (mut copied, mut at, mut depth) = (0, 0, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        at = match byte {
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth -= 1;
                at + 1
            }
            b'"' => {
                let end = string_end(text, at);
                match text.as_bytes().get(end) {
                    Some(b':') => {
                        let name = &text[at + 1..end - 1];
                        let value = end + 1;
                        let after = value_end(text, value);
                        if hides(name, &text[value..after], redaction) {
                            shown.push_str(&text[copied..value]);
                            shown += &format!("\"{HIDDEN}\"");
                            copied = after;
                            after
                        } else {
                            if depth == 1 {
                                named.note(name, &text[value..after]);
                            }
                            value
                        }
                    }
                    _ => end,
                }
            }
            _ => at + 1,
        };
    }
    shown.push_str(&text[copied..]);
    (without_tokens(&shown), named)
}

/// Whether the value, JSON text, of a member is hidden. A path says by its names what it leads to.
fn hides(name: &str, value: &str, redaction: &Redaction<'_>) -> bool {
    let is_path = ["path", "filter"].contains(&name);
    redaction.hides(name) || (is_path && redaction.hides(value))
}

impl Named {
    fn note(&mut self, name: &str, value: &str) {
        let of = match name {
            "id" => &mut self.id,
            "userName" => &mut self.user_name,
            _ => return,
        };
        *of = serde_json::from_str(value).ok();
    }
}

/// Behind the string that begins at `at`, or the text's end.
fn string_end(text: &str, at: usize) -> usize {
    let mut bytes = text.bytes().enumerate().skip(at + 1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return at + 1,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
    text.len()
}

/// Behind the value that begins at `at`, or the text's end.
fn value_end(text: &str, at: usize) -> usize {
    let (mut end, mut depth) = (at, 0);
    while let Some(byte) = text.as_bytes().get(end) {
        match byte {
            b'"' => {
                end = string_end(text, end);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::{Value, json};

    use super::*;
    use crate::scim::schema::Registry;

    fn redaction() -> Redaction<'static> {
        static MARKED: LazyLock<[String; 2]> =
            LazyLock::new(|| ["phoneNumbers".to_owned(), "birthDate".to_owned()]);
        Redaction::new(Registry::builtin(), &*MARKED, true)
    }

    #[test]
    fn what_is_hidden() {
        let check = |answer: Value, expected: Value| {
            let (text, _) = shown(&answer.to_string(), &redaction());
            let text: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(text, expected);
        };
        check(
            json!({"a": "x\\\"", "password": "p,}\"", "b": [{"Password": [{"c": "]"}], "d": "phoneNumbers"}]}),
            json!({"a": "x\\\"", "password": HIDDEN, "b": [{"Password": HIDDEN, "d": "phoneNumbers"}]}),
        );
        check(
            json!({"Resources": [{"phoneNumbers": []}, {"birthDate": 7}, {"birthDate": null, "e": true}]}),
            json!({"Resources": [{"phoneNumbers": HIDDEN}, {"birthDate": HIDDEN}, {"birthDate": HIDDEN, "e": true}]}),
        );
        check(
            json!({"path": "phoneNumbers[value eq \"1\"]", "urn:x:Own:birthDate": "1", "é": "ü"}),
            json!({"path": HIDDEN, "urn:x:Own:birthDate": HIDDEN, "é": "ü"}),
        );
        let token = format!("scim_{}", "a".repeat(36));
        check(
            json!({"title": format!("see {token}")}),
            json!({"title": format!("see {HIDDEN}")}),
        );
    }

    #[test]
    fn whom_it_names() {
        let of = |text: &str| shown(text, &redaction()).1;
        let named = |id: &str, user_name: &str| Named {
            id: Some(id.to_owned()),
            user_name: Some(user_name.to_owned()),
        };
        let text = r#"{"id":"1","emails":[{"id":"2","userName":"x"}],"userName":"a\"b","more":"#;
        assert_eq!(of(text), named("1", "a\"b"));
        assert_eq!(of(r#"{"Resources":[{"id":"1"}]}"#), Named::default());
    }

    #[test]
    fn cut_anywhere() {
        let token = format!("scim_{}", "aB1".repeat(12));
        let answer =
            json!({"a": "é\"", "password": {"x": "secret"}, "b": token, "birthDate": "1970"});
        let text = format!("{answer}");
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let (shown, _) = shown(&text[..end], &redaction());
            for hidden in ["secret", "1970", token.as_str()] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
        for before in MAX_KEPT - 60..MAX_KEPT {
            let text = format!(
                "{} {token} {}",
                "x ".repeat(before)[..before].to_owned(),
                "y".repeat(99)
            );
            let (shown, _) = shown(beginning(&text), &redaction());
            assert!(!shown.contains("scim_aB1"), "{before}: {shown}");
        }
        assert_eq!(beginning("all of it"), "all of it");
        assert!(beginning(&"é".repeat(MAX_KEPT)).len() <= MAX_KEPT);
    }
}
