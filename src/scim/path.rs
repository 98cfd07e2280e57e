//! Attribute paths, as text: `attrPath = [URI ":"] ATTRNAME *1subAttr` (RFC 7644 §3.10, figure 1).

use super::error::{Result, ScimError};

/// A path as the client wrote it, cut into its parts. Whether such an attribute exists is the
/// schema's to say: see [`super::schema::Definition::resolve`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttrPath {
    pub text: String,
    /// The schema's URN when the path is qualified.
    pub urn: Option<String>,
    pub name: String,
    pub sub: Option<String>,
}

impl AttrPath {
    /// Cuts at the last colon: attribute names hold no colon, URNs hold dots ("2.0"), so this is
    /// the only safe place.
    pub fn parse(text: &str) -> Result<Self> {
        let (urn, rest) = match text.rfind(':') {
            Some(at) => (Some(text[..at].to_owned()), &text[at + 1..]),
            None => (None, text),
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        if urn.as_deref() == Some("") || !is_name(name) || sub.is_some_and(|sub| !is_name(sub)) {
            return Err(ScimError::invalid_path(format!(
                "{text:?} is not an attribute path."
            )));
        }
        Ok(Self {
            text: text.to_owned(),
            urn,
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }
}

/// `ATTRNAME = ALPHA *(nameChar)`, with `$ref` as RFC 7643 §2.1 spells it.
pub fn is_name(text: &str) -> bool {
    let body = text.strip_prefix('$').unwrap_or(text);
    body.starts_with(|c: char| c.is_ascii_alphabetic())
        && body
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
