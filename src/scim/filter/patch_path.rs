//! The `path` of a PATCH operation (RFC 7644 §3.5.2, figure 7): `attrPath`, or
//! `attrPath[filter]` with an optional `.subAttr` behind it.

use super::{Filter, parse};
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::Mode;
use crate::scim::path::{AttrPath, is_name};

/// `name.familyName` has its sub-attribute in `attr.sub`; `sub` is the one behind the brackets.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchPath {
    pub attr: AttrPath,
    pub filter: Option<Filter>,
    pub sub: Option<String>,
}

impl PatchPath {
    /// What is wrong inside the brackets is `invalidFilter`, outside `invalidPath`.
    pub fn parse(text: &str, mode: Mode) -> Result<Self> {
        let text = text.trim();
        let Some(bracket) = text.find('[') else {
            return Ok(Self {
                attr: AttrPath::parse(text)?,
                filter: None,
                sub: None,
            });
        };
        let attr = AttrPath::parse(text[..bracket].trim_end())?;
        let (filter, end) = parse::parse_value_filter(text, bracket, mode)?;
        let sub = match &text[end..] {
            "" => None,
            rest => match rest.strip_prefix('.') {
                Some(sub) if is_name(sub) => Some(sub.to_owned()),
                _ => {
                    return Err(ScimError::invalid_path(format!(
                        "{rest:?} cannot follow the brackets of a path; a sub-attribute such as \
                         \".value\" can."
                    )));
                }
            },
        };
        Ok(Self {
            attr,
            filter: Some(filter),
            sub,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::error::ScimType;

    fn check(text: &str, expected: Result<(&str, bool, Option<&str>), ScimType>) {
        let parsed = PatchPath::parse(text, Mode::Compat);
        let parsed = match &parsed {
            Ok(path) => Ok((
                path.attr.text.as_str(),
                path.filter.is_some(),
                path.sub.as_deref(),
            )),
            Err(error) => Err(error.scim_type.expect("a 400 has a scimType")),
        };
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn paths() {
        check("active", Ok(("active", false, None)));
        check("name.familyName", Ok(("name.familyName", false, None)));
        check(r#"members[value eq "2819"]"#, Ok(("members", true, None)));
        check(
            r#"emails[type eq "wo]rk"].value"#,
            Ok(("emails", true, Some("value"))),
        );
        check(
            r#"urn:x:2.0:User:tags[value eq "a" and (display pr)].value"#,
            Ok(("urn:x:2.0:User:tags", true, Some("value"))),
        );
    }

    #[test]
    fn refusals() {
        check("", Err(ScimType::InvalidPath));
        check("two words", Err(ScimType::InvalidPath));
        check("emails[", Err(ScimType::InvalidFilter));
        check("emails[]", Err(ScimType::InvalidFilter));
        check("emails[type eq]", Err(ScimType::InvalidFilter));
        check(r#"emails[type eq "work"]value"#, Err(ScimType::InvalidPath));
        check(r#"emails[type eq "work"].a.b"#, Err(ScimType::InvalidPath));
    }
}
