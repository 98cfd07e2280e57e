//! Names of schemas: URNs as RFC 8141 has them, of the characters that stand in JSON keys, filters,
//! PATCH paths and URLs without being quoted.

/// Longest URN that a tenant can register.
pub const MAX_LENGTH: usize = 200;

/// `urn:` NID `:` NSS. Of what RFC 8141 allows in an NSS only letters, digits and `-._:` are taken:
/// anything else would end the name inside a filter or a path.
pub fn is_urn(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let Some((nid, nss)) = rest.split_once(':') else {
        return false;
    };
    let is_alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let has = |text: &str, others: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    text.len() <= MAX_LENGTH
        && scheme.eq_ignore_ascii_case("urn")
        && (2..=32).contains(&nid.len())
        && has(nid, "-")
        && is_alphanumeric(nid.chars().next())
        && is_alphanumeric(nid.chars().last())
        && has(nss, "-._:")
        && is_alphanumeric(nss.chars().next())
        && is_alphanumeric(nss.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urns() {
        let check = |text: &str, expected| assert_eq!(is_urn(text), expected, "{text}");
        check("urn:ietf:params:scim:schemas:core:2.0:User", true);
        check("urn:scim-edge:workplace:2.0:User", true);
        check("URN:example:a", true);
        for text in [
            "",
            "User",
            "urn:",
            "urn:a:b",
            "urn:-a:b",
            "urn:example",
            "urn:example:",
            "urn:example:a:",
            "urn:example:a b",
            "urn:example:a\"b",
            "urn:example:a[b]",
            "urn:example:a/b",
            "urn:exämple:a",
            "http://example.com/User",
        ] {
            check(text, false);
        }
        check(&format!("urn:example:{}", "a".repeat(MAX_LENGTH)), false);
    }
}
