//! Which methods a path below a SCIM base has: what `Allow` says (RFC 9110 §10.2.1). PURE.

use crate::scim::schema::Registry;

const READ: &str = "GET, HEAD, OPTIONS";
const COLLECTION: &str = "GET, HEAD, OPTIONS, POST";
const RESOURCE: &str = "GET, HEAD, OPTIONS, PUT, PATCH, DELETE";
const SEARCH: &str = "OPTIONS, POST";
const BULK: &str = "OPTIONS, POST";
const ME: &str = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE";

/// `None` where there is no such endpoint. Whether a resource exists is not asked.
pub fn methods(registry: &Registry, segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["ServiceProviderConfig"] => Some(READ),
        ["Schemas" | "ResourceTypes"] | ["Schemas" | "ResourceTypes", _] => Some(READ),
        ["Me"] => Some(ME),
        [] => Some(READ),
        [".search"] => Some(SEARCH),
        ["Bulk"] => Some(BULK),
        [endpoint, ".search"] => registry.at(endpoint).map(|_| SEARCH),
        [endpoint] => registry.at(endpoint).map(|_| COLLECTION),
        ["Bulk", _] => Some(READ),
        [endpoint, _] => registry.at(endpoint).map(|_| RESOURCE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |segments: &[&str], expected| {
            assert_eq!(
                methods(Registry::builtin(), segments),
                expected,
                "{segments:?}"
            );
        };
        check(&["Users"], Some(COLLECTION));
        check(&["Users", "1"], Some(RESOURCE));
        check(&["Groups"], Some(COLLECTION));
        check(&["Schemas", "urn:x"], Some(READ));
        check(&["Me"], Some(ME));
        check(&[], Some(READ));
        check(&[".search"], Some(SEARCH));
        check(&["Bulk"], Some(BULK));
        check(&["Bulk", "1"], Some(READ));
        check(&["Users", ".search"], Some(SEARCH));
        check(&["Nothing", ".search"], None);
        let nothing: [&[&str]; 4] = [&["users"], &["User"], &["Users", "1", "2"], &["Me", "x"]];
        for segments in nothing {
            check(segments, None);
        }
    }
}
