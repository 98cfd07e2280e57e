//! Versions as weak entity tags, and the conditions that clients put on them (RFC 7644 §3.14,
//! RFC 9110 §13.1). Tags are compared weakly, in `If-Match` too: §3.14's own examples send weak
//! ones there.

use serde::{Deserialize, Serialize};

use crate::scim::error::{Result, ScimError};

pub fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// The tag of a resource that shows something which changes without a new version of its own: a
/// user's groups. Without it a client's copy would be called fresh after the groups changed.
pub fn etag_with(version: i64, derived: Option<&str>) -> String {
    match derived {
        Some(text) => format!("W/\"{version}-{:08x}\"", crc32fast::hash(text.as_bytes())),
        None => etag(version),
    }
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `*`: whatever version there is.
    Any,
    /// What stands between the quotes.
    OneOf(Vec<String>),
}

impl Condition {
    /// A tag without quotes is taken as one, because scripts send `meta.version` through shells
    /// that eat them.
    pub fn parse(header: &str) -> Result<Self> {
        let mut rest = header.trim();
        if rest == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        while !rest.is_empty() {
            let opaque = rest.strip_prefix("W/").unwrap_or(rest);
            let (tag, after) = match opaque.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(malformed)?,
                None => opaque.split_at(opaque.find(',').unwrap_or(opaque.len())),
            };
            tags.push(tag.trim().to_owned());
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if after.is_empty() => after,
                None => return Err(malformed()),
            };
        }
        if tags.is_empty() {
            return Err(malformed());
        }
        Ok(Self::OneOf(tags))
    }

    /// Whether a change of this version may go ahead, whatever else the tag stands for.
    pub fn holds_for(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => {
                let version = version.to_string();
                tags.iter()
                    .any(|tag| tag.split('-').next() == Some(version.as_str()))
            }
        }
    }

    /// The version that a client has, if it names one alone.
    pub fn version(&self) -> Option<i64> {
        match self {
            Self::OneOf(tags) if tags.len() == 1 => tags[0].parse().ok(),
            Self::Any | Self::OneOf(_) => None,
        }
    }

    /// Whether a client has the very representation that `etag` names.
    pub fn names(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => {
                let opaque = etag.trim_start_matches("W/").trim_matches('"');
                tags.iter().any(|tag| tag == opaque)
            }
        }
    }
}

/// What a change is to depend on: the request's headers, as sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
}

impl Conditions {
    /// Refuses with 412 a change of this version that one of the conditions does not let through
    /// (RFC 9110 §13.1). `None` is a resource that is yet to be made: it has no version, so that
    /// `If-None-Match` holds whatever it says, and `If-Match` never does.
    pub fn check(&self, version: Option<i64>) -> Result<()> {
        let names = |header: &Option<String>| -> Result<Option<bool>> {
            let condition = header.as_deref().map(Condition::parse).transpose()?;
            Ok(condition
                .map(|condition| version.is_some_and(|version| condition.holds_for(version))))
        };
        let detail = match (names(&self.if_match)?, names(&self.if_none_match)?, version) {
            (Some(false), _, Some(version)) => {
                format!(
                    "The resource is at version {}: read it again.",
                    etag(version)
                )
            }
            (Some(false), _, None) => {
                "If-Match wants a resource that is there already: leave it out of a POST."
                    .to_owned()
            }
            (_, Some(true), _) => {
                "The resource is at a version that If-None-Match excludes: nothing was done."
                    .to_owned()
            }
            _ => return Ok(()),
        };
        Err(ScimError::new(412, detail))
    }
}

fn malformed() -> ScimError {
    ScimError::invalid_syntax("If-Match and If-None-Match want entity tags such as W/\"3\", or *.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<&[i64]>) {
        let condition = Condition::parse(header).ok();
        let held = condition.map(|condition| {
            (1..=4)
                .filter(|version| condition.holds_for(*version))
                .collect::<Vec<_>>()
        });
        assert_eq!(held.as_deref(), expected, "{header}");
    }

    #[test]
    fn conditions() {
        check("*", Some(&[1, 2, 3, 4]));
        check(r#"W/"3""#, Some(&[3]));
        check(r#""3""#, Some(&[3]));
        check(r#"W/"1", "4" ,W/"x,2""#, Some(&[1, 4]));
        check("3", Some(&[3]));
        check("W/3, 4", Some(&[3, 4]));
        check(r#"W/"03""#, Some(&[]));
        check(r#"W/"3"#, None);
        check(r#""1" "2""#, None);
        check("", None);
    }

    #[test]
    fn a_change_goes_through_where_both_conditions_hold() {
        let check = |if_match: Option<&str>, if_none_match: Option<&str>, expected: [u16; 3]| {
            let [if_match, if_none_match] =
                [if_match, if_none_match].map(|text| text.map(str::to_owned));
            let conditions = Conditions {
                if_match,
                if_none_match,
            };
            let status = |version| {
                conditions
                    .check(version)
                    .map_or_else(|error| error.status, |()| 0)
            };
            let answers = [None, Some(2), Some(3)].map(status);
            assert_eq!(answers, expected, "{conditions:?}");
        };
        let (old, any) = (Some("W/\"2\""), Some("*"));
        check(None, None, [0, 0, 0]);
        check(old, None, [412, 0, 412]);
        check(any, None, [412, 0, 0]);
        check(None, old, [0, 412, 0]);
        check(None, any, [0, 412, 412]);
        check(None, Some("W/\"2-0badf00d\""), [0, 412, 0]);
        check(any, old, [412, 412, 0]);
        check(old, old, [412, 412, 412]);
        check(None, Some("\""), [400, 400, 400]);
    }

    #[test]
    fn what_is_sent_is_what_is_understood() {
        assert!(Condition::parse(&etag(7)).unwrap().holds_for(7));
        let shown = etag_with(7, Some("[1]"));
        let condition = Condition::parse(&shown).unwrap();
        assert!(condition.holds_for(7) && condition.names(&shown));
        assert!(!condition.names(&etag(7)) && !condition.names(&etag_with(7, Some("[2]"))));
    }
}
