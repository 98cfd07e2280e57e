//! What the log must not hold, taken out of what it does. PURE.
//!
//! Hidden are the values of attributes that are never given back (passwords), of attributes that
//! the tenant marks, of members that are secrets in whatever speaks OAuth, and tokens of this
//! server wherever they stand. An attribute counts by its name, in every schema and at every depth:
//! hiding too much costs a look into the identity provider, hiding too little cannot be undone.

use serde_json::Value;

use crate::scim::filter::Operator;
use crate::scim::schema::{Attribute, Registry};

pub const HIDDEN: &str = "[redacted]";

/// Stands for a value inside a filter.
const VALUE: &str = "\"…\"";

/// Secrets that no schema declares.
const SECRETS: [&str; 7] = [
    "password",
    "secret",
    "token",
    "access_token",
    "client_secret",
    "client_assertion",
    "authorization",
];

/// How the tokens and client secrets of this server begin, and how many letters follow: see
/// `auth::token`.
const CREDENTIALS: [&str; 2] = ["scim_", "scim-secret_"];
const RANDOM_LENGTH: usize = 36;

/// For one request.
pub struct Redaction<'a> {
    /// Names of attributes. They are few.
    names: Vec<&'a str>,
    /// Whether filters keep their values.
    keeps_values: bool,
    /// What was hidden, so that an error which repeats it hides it too.
    hidden: Vec<String>,
}

impl<'a> Redaction<'a> {
    pub fn new(registry: &'a Registry, marked: &'a [String], keeps_values: bool) -> Self {
        let mut names = SECRETS.to_vec();
        names.extend(marked.iter().map(String::as_str));
        for schema in &registry.schemas {
            hidden_names(&schema.attributes, &mut names);
        }
        Self {
            names,
            keeps_values,
            hidden: Vec::new(),
        }
    }

    /// Whether an attribute's name, or a path that leads through one, is hidden.
    pub fn hides(&self, path: &str) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
        path.split(|c| !is_name(c)).any(|word| {
            self.names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(word))
        })
    }

    /// A body, of a request or of an answer.
    pub fn value(&mut self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                // A PATCH operation names its attribute beside the value.
                let is = |name: &str, expected: &str| name.eq_ignore_ascii_case(expected);
                let hides_value = object.iter().any(|(name, path)| {
                    is(name, "path") && path.as_str().is_some_and(|path| self.hides(path))
                });
                for (name, value) in object.iter_mut() {
                    if self.hides(name) || (hides_value && is(name, "value")) {
                        self.hide(value);
                    } else if is(name, "path") || is(name, "filter") {
                        self.filter_value(value);
                    } else {
                        self.value(value);
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.value(value)),
            Value::String(text) => *text = without_tokens(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What a filter, or a path with a filter in it, may show.
    pub fn filter(&mut self, text: &str) -> String {
        if self.keeps_values && !self.hides(text) {
            return without_tokens(text);
        }
        let mut shown = String::new();
        let mut rest = text;
        let mut is_value = false;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' => string_length(rest),
                c if is_between(c) => c.len_utf8(),
                _ => word_length(rest),
            };
            let (piece, after) = rest.split_at(length);
            rest = after;
            if first == '"' || (is_value && !is_between(first)) {
                self.remember(piece.trim_matches('"'));
                shown.push_str(VALUE);
                is_value = false;
            } else {
                let word = piece.to_ascii_lowercase();
                is_value = match piece.trim() {
                    "" => is_value,
                    _ => Operator::ALL.iter().any(|one| one.as_str() == word),
                };
                shown.push_str(piece);
            }
        }
        without_tokens(&shown)
    }

    /// Whether a body has values that are hidden.
    pub fn finds(mut self, mut body: Value) -> bool {
        self.value(&mut body);
        !self.hidden.is_empty()
    }

    /// An error's sentence, which may repeat what was sent.
    pub fn sentence(&self, text: &str) -> String {
        let mut shown = without_tokens(text);
        for hidden in &self.hidden {
            // As Rust and JSON write it inside a string, too.
            let escaped = format!("{hidden:?}");
            shown = shown
                .replace(escaped.trim_matches('"'), HIDDEN)
                .replace(hidden, HIDDEN);
        }
        shown
    }

    fn filter_value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.filter(text),
            other => self.value(other),
        }
    }

    fn hide(&mut self, value: &mut Value) {
        match value {
            Value::Null => return,
            Value::String(text) => self.remember(text),
            Value::Object(object) => object.values_mut().for_each(|value| self.hide(value)),
            Value::Array(list) => list.iter_mut().for_each(|value| self.hide(value)),
            Value::Bool(_) => {}
            Value::Number(number) => self.remember(&number.to_string()),
        }
        *value = HIDDEN.into();
    }

    fn remember(&mut self, text: &str) {
        if !text.is_empty() {
            self.hidden.push(text.to_owned());
        }
    }
}

fn hidden_names<'a>(attributes: &'a [Attribute], names: &mut Vec<&'a str>) {
    for attribute in attributes {
        if !attribute.is_kept() {
            names.push(&attribute.name);
        }
        hidden_names(&attribute.sub_attributes, names);
    }
}

/// Up to and with the closing quote, or all of it.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| is_between(c) || c == '"')
        .unwrap_or(text.len())
}

/// What stands between words.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']')
}

/// The text with every token and client secret of this server hidden.
pub fn without_tokens(text: &str) -> String {
    let mut shown = text.to_owned();
    for prefix in CREDENTIALS {
        let mut from = 0;
        while let Some(at) = shown[from..].find(prefix) {
            let random = from + at + prefix.len();
            let is_whole = shown
                .get(random..random + RANDOM_LENGTH)
                .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            from = random;
            if is_whole {
                let start = random - prefix.len();
                shown.replace_range(start..random + RANDOM_LENGTH, HIDDEN);
                from = start + HIDDEN.len();
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;

    fn redaction(keeps_values: bool) -> Redaction<'static> {
        static MARKED: LazyLock<[String; 2]> =
            LazyLock::new(|| ["phoneNumbers".to_owned(), "birthDate".to_owned()]);
        Redaction::new(Registry::builtin(), &*MARKED, keeps_values)
    }

    #[test]
    fn bodies() {
        let check = |mut body: Value, expected: Value| {
            redaction(true).value(&mut body);
            assert_eq!(body, expected);
        };
        check(
            json!({"userName": "a", "password": "p", "Password": ["q"], "name": {"givenName": "b"}}),
            json!({"userName": "a", "password": HIDDEN, "Password": HIDDEN, "name": {"givenName": "b"}}),
        );
        check(
            json!({"phoneNumbers": [{"value": "1"}], "urn:example:Own": {"BIRTHDATE": 7, "x": null}}),
            json!({"phoneNumbers": HIDDEN, "urn:example:Own": {"BIRTHDATE": HIDDEN, "x": null}}),
        );
        check(
            json!({"Operations": [
                {"op": "add", "Path": "password", "VALUE": "p"},
                {"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User:password": "p"}},
                {"op": "remove", "path": "phoneNumbers[value eq \"1\"]"},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "e"},
            ]}),
            json!({"Operations": [
                {"op": "add", "Path": "password", "VALUE": HIDDEN},
                {"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User:password": HIDDEN}},
                {"op": "remove", "path": "phoneNumbers[value eq \"…\"]"},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "e"},
            ]}),
        );
        let finds = |body: Value| redaction(true).finds(body);
        assert!(finds(json!({"Operations": [{"data": {"password": "p"}}]})));
        assert!(finds(json!({"data": [{"path": "Password", "value": "p"}]})));
        assert!(!finds(json!({"data": {"userName": "password"}})));
        let token = format!("scim_{}", "a".repeat(36));
        let secret = format!("scim-secret_{}", "a".repeat(36));
        check(
            json!({"title": format!("see {token}, scim_ and scim_x"), "x": secret}),
            json!({"title": format!("see {HIDDEN}, scim_ and scim_x"), "x": HIDDEN}),
        );
    }

    #[test]
    fn filters() {
        let check = |keeps_values, text: &str, expected: &str| {
            assert_eq!(redaction(keeps_values).filter(text), expected);
        };
        let name = "userName eq \"a\" and (active eq true)";
        check(true, name, name);
        check(false, name, "userName eq \"…\" and (active eq \"…\")");
        check(false, "externalId eq jyoung", "externalId eq \"…\"");
        check(
            true,
            "PhoneNumbers.value eq \"1\" and userName sw \"a\\\" b\"",
            "PhoneNumbers.value eq \"…\" and userName sw \"…\"",
        );
        check(true, "password eq \"p", "password eq \"…\"");
        check(true, "password Eq p] or x", "password Eq \"…\"] or x");
        check(false, "title pr", "title pr");
    }

    #[test]
    fn errors_do_not_repeat_what_was_hidden() {
        let mut redaction = redaction(true);
        redaction.value(&mut json!({"birthDate": "a\"b", "phoneNumbers": [{"value": 4711}]}));
        redaction.filter("password eq \"hunter2\"");
        assert_eq!(
            redaction.sentence("\"a\\\"b\" is no date, 4711 no text, hunter2 no word."),
            format!("\"{HIDDEN}\" is no date, {HIDDEN} no text, {HIDDEN} no word.")
        );
    }
}
