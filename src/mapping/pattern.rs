//! What a rule looks at in a group, and what it takes from there.

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use super::rules::Group;
use crate::scim::fold::fold;

/// Longest pattern, in bytes.
const MAX_LENGTH: usize = 500;

/// A compiled regular expression may take this many bytes: `(a{100}){100}` is refused.
const MAX_COMPILED: usize = 64 * 1024;

/// The keys of a rule that say which groups it means; a rule has one of them.
pub const KEYS: [&str; 5] = ["name", "prefix", "regex", "external_id", "group_id"];

#[derive(Debug, Clone)]
pub enum Pattern {
    /// The displayName, upper and lower case as one.
    Name(String),
    /// How the displayName begins, upper and lower case as one; `$1` is what follows.
    Prefix(String),
    /// On the displayName; matches in time linear in its length, whatever the pattern.
    Regex(Regex),
    ExternalId(String),
    GroupId(String),
}

impl Pattern {
    pub fn parse(key: &str, value: &Value) -> Result<Self, String> {
        let text = match value {
            Value::String(text) if !text.is_empty() && text.len() <= MAX_LENGTH => text,
            _ => return Err(format!("{key} is a string of 1 to {MAX_LENGTH} bytes")),
        };
        Ok(match key {
            "name" => Self::Name(fold(text).into_owned()),
            "prefix" => Self::Prefix(fold(text).into_owned()),
            "external_id" => Self::ExternalId(text.clone()),
            "group_id" => Self::GroupId(text.clone()),
            _ => Self::Regex(
                RegexBuilder::new(text)
                    .size_limit(MAX_COMPILED)
                    .build()
                    .map_err(|error| format!("regex: {error}"))?,
            ),
        })
    }

    /// What the template's `$1`, `$2`, … stand for in this group; `None` when it is not meant.
    pub fn captures(&self, group: &Group<'_>) -> Option<Vec<String>> {
        let none = |is_meant: bool| is_meant.then(Vec::new);
        match self {
            Self::Name(name) => none(fold(group.display) == name.as_str()),
            Self::ExternalId(id) => none(group.external_id == Some(id)),
            Self::GroupId(id) => none(group.id == id),
            Self::Prefix(prefix) => rest_behind(group.display, prefix).map(|rest| vec![rest]),
            Self::Regex(regex) => regex.captures(group.display).map(|found| {
                let part = |at| found.get(at).map_or("", |part| part.as_str()).to_owned();
                (1..found.len()).map(part).collect()
            }),
        }
    }

    /// How many captures there are to use.
    pub fn capture_count(&self) -> usize {
        match self {
            Self::Prefix(_) => 1,
            Self::Regex(regex) => regex.captures_len() - 1,
            Self::Name(_) | Self::ExternalId(_) | Self::GroupId(_) => 0,
        }
    }
}

/// What stands behind a folded prefix, as it is written. Folding can change a text's length, so the
/// two are walked together.
fn rest_behind(text: &str, prefix: &str) -> Option<String> {
    let mut open = prefix;
    let mut letters = text.chars();
    while !open.is_empty() {
        let letter = letters.next()?.to_string();
        open = open.strip_prefix(fold(&letter).as_ref())?;
    }
    Some(letters.as_str().trim().to_owned())
}
