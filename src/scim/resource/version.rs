//! Versions as weak entity tags, and the conditions that clients put on them (RFC 7644 §3.14,
//! RFC 9110 §13.1). Tags are compared weakly, in `If-Match` too: §3.14's own examples send weak
//! ones there.

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

/// Refuses a change whose `If-Match` does not hold: 412 (RFC 7644 §3.14).
pub fn check_if_match(header: Option<&str>, version: i64) -> Result<()> {
    match header.map(Condition::parse).transpose()? {
        Some(condition) if !condition.holds_for(version) => Err(ScimError::new(
            412,
            format!(
                "The resource is at version {}: read it again.",
                etag(version)
            ),
        )),
        _ => Ok(()),
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
    fn what_is_sent_is_what_is_understood() {
        assert!(Condition::parse(&etag(7)).unwrap().holds_for(7));
        let shown = etag_with(7, Some("[1]"));
        let condition = Condition::parse(&shown).unwrap();
        assert!(condition.holds_for(7) && condition.names(&shown));
        assert!(!condition.names(&etag(7)) && !condition.names(&etag_with(7, Some("[2]"))));
    }
}
