//! Whether a token's scopes let it do what a request asks for. PURE.
//!
//! Open to every live token are the endpoints that say what this service can, and OPTIONS. A query
//! at the base covers the types that the token may read. A bulk is asked operation by operation.

use std::borrow::Cow;

use crate::scim::error::ScimError;
use crate::scim::schema::{Definition, Registry};
use crate::store::scopes::{Right, Scopes, sufficient};

/// What a token's scopes do not let it do.
#[derive(Debug, PartialEq)]
pub struct Denied {
    pub error: ScimError,
    /// The narrowest scope that would have done (RFC 6750 §3).
    pub scope: &'static str,
}

/// `method` is one that the path has.
pub fn check(
    scopes: Scopes,
    registry: &Registry,
    segments: &[&str],
    method: &str,
) -> Result<(), Denied> {
    let is_query = segments.last() == Some(&".search");
    let right = if method == "GET" || is_query {
        Right::Read
    } else {
        Right::Write
    };
    let resource_type = match segments {
        [] | [".search"] if readable(scopes, registry).is_empty() => "User",
        [endpoint, ..] if let Some(definition) = registry.at(endpoint) => {
            &definition.resource_type.name
        }
        _ => return Ok(()),
    };
    permit(scopes, resource_type, right)
}

pub fn permit(scopes: Scopes, resource_type: &str, right: Right) -> Result<(), Denied> {
    if scopes.permit(resource_type, right) {
        return Ok(());
    }
    let scopes: Vec<_> = sufficient(resource_type, right).collect();
    let what = match right {
        Right::Read => "read",
        Right::Write => "change",
    };
    Err(Denied {
        error: ScimError::new(
            403,
            format!(
                "This token may not {what} resources of the type {resource_type}: it needs the \
                 scope {}. A token keeps its scopes, so make another one.",
                scopes.join(" or ")
            ),
        ),
        scope: scopes[0],
    })
}

/// Reading `/directory/v1`: the product's tokens are for nothing else, and nothing else is for them.
pub fn directory(scopes: Scopes) -> Result<(), Denied> {
    needs(
        scopes,
        Scopes::DIRECTORY_READ,
        "the directory",
        "directory:read",
    )
}

/// Asking for Security Event Tokens, which is a receiver's alone.
pub fn sets(scopes: Scopes) -> Result<(), Denied> {
    needs(scopes, Scopes::SETS, "Security Event Tokens", "sets")
}

fn needs(scopes: Scopes, needed: Scopes, what: &str, scope: &'static str) -> Result<(), Denied> {
    if scopes.contain(needed) {
        return Ok(());
    }
    Err(Denied {
        error: ScimError::new(
            403,
            format!(
                "This token is not for {what}: it needs the scope {scope}. A token keeps its \
                 scopes, so make another one."
            ),
        ),
        scope,
    })
}

/// The types that the token may read.
pub fn readable(scopes: Scopes, registry: &Registry) -> Cow<'_, [Definition]> {
    let may_read =
        |definition: &&Definition| scopes.permit(&definition.resource_type.name, Right::Read);
    let all = &registry.definitions;
    if all.iter().all(|definition| may_read(&definition)) {
        Cow::Borrowed(all)
    } else {
        all.iter().filter(may_read).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let check = |scopes: &str, method: &str, segments: &[&str], expected: Option<&str>| {
            let checked = check(Scopes::read(scopes), Registry::builtin(), segments, method);
            let scope = checked.err().map(|denied| denied.scope);
            assert_eq!(scope, expected, "{scopes}: {method} {segments:?}");
        };
        check("users", "GET", &["Users"], None);
        check("users", "POST", &["Users"], None);
        check("users", "DELETE", &["Users", "1"], None);
        check("users", "GET", &["Groups", "1"], Some("groups:read"));
        check("users", "POST", &["Groups", ".search"], Some("groups:read"));
        check("users:read", "POST", &["Users", ".search"], None);
        check("users:read", "POST", &["Users"], Some("users"));
        check("scim:read", "PATCH", &["Groups", "1"], Some("groups"));
        check("groups:read", "GET", &[], None);
        check("groups:read", "POST", &[".search"], None);
        check("", "GET", &[], Some("users:read"));
        check("", "POST", &[".search"], Some("users:read"));
        for open in [
            "ServiceProviderConfig",
            "Schemas",
            "ResourceTypes",
            "Me",
            "Bulk",
        ] {
            check("", "GET", &[open], None);
        }
    }

    #[test]
    fn a_query_at_the_base_covers_what_may_be_read() {
        let check = |scopes: &str, expected: &[&str]| {
            let types = readable(Scopes::read(scopes), Registry::builtin());
            let names: Vec<_> = types.iter().map(|one| &one.resource_type.name).collect();
            assert_eq!(names, expected, "{scopes}");
        };
        check("scim:read", &["User", "Group"]);
        check("groups", &["Group"]);
        check("", &[]);
    }

    #[test]
    fn a_refusal_says_which_scopes_would_do() {
        let denied = permit(Scopes::read("groups"), "User", Right::Write).unwrap_err();
        assert_eq!(denied.error.status, 403);
        assert!(denied.error.detail.contains("the scope users or scim."));
    }
}
