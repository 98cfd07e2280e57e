//! The addresses of the admin API and what each allows. PURE.
//!
//! The one list of them: `docs/openapi.json` describes the same, and a test here compares.

/// Below `/admin/v1/`; `{}` stands for a name.
const ENDPOINTS: &[(&str, &str)] = &[
    ("tenants", "GET, HEAD, OPTIONS, POST"),
    ("tenants/{}", "GET, HEAD, OPTIONS, PATCH, DELETE"),
    ("tenants/{}/tokens", "GET, HEAD, OPTIONS, POST"),
    ("tenants/{}/tokens/{}", "OPTIONS, DELETE"),
    ("tenants/{}/clients", "GET, HEAD, OPTIONS, POST"),
    ("tenants/{}/clients/{}", "OPTIONS, DELETE"),
    ("tenants/{}/clients/{}/secrets", "GET, HEAD, OPTIONS, POST"),
    ("tenants/{}/clients/{}/secrets/{}", "OPTIONS, DELETE"),
    ("tenants/{}/issuers", "GET, HEAD, OPTIONS, POST"),
    ("tenants/{}/issuers/{}", "OPTIONS, DELETE"),
    ("tenants/{}/schemas", "GET, HEAD, OPTIONS"),
    ("tenants/{}/schemas/{}", "GET, HEAD, OPTIONS, PUT, DELETE"),
    ("tenants/{}/resource-types", "GET, HEAD, OPTIONS"),
    (
        "tenants/{}/resource-types/{}",
        "GET, HEAD, OPTIONS, PUT, DELETE",
    ),
    ("tenants/{}/mapping", "GET, HEAD, OPTIONS, PUT"),
    ("tenants/{}/tombstones", "GET, HEAD, OPTIONS"),
    ("tenants/{}/tombstones/{}/restore", "OPTIONS, POST"),
    ("tenants/{}/requests", "GET, HEAD, OPTIONS"),
    ("tenants/{}/requests/{}", "GET, HEAD, OPTIONS"),
    ("tenants/{}/requests/{}/curl", "GET, HEAD, OPTIONS"),
    ("tenants/{}/consistency", "GET, HEAD, OPTIONS"),
    ("tenants/{}/export", "GET, HEAD, OPTIONS"),
    ("tenants/{}/import", "OPTIONS, POST"),
];

/// What an address allows; `None` where there is none.
pub fn methods(segments: &[&str]) -> Option<&'static str> {
    let fits = |pattern: &str| {
        let mut parts = pattern.split('/');
        let all = segments.iter().all(|segment| match parts.next() {
            Some("{}") => !segment.is_empty(),
            Some(part) => part == *segment,
            None => false,
        });
        all && parts.next().is_none()
    };
    let found = ENDPOINTS.iter().find(|(pattern, _)| fits(pattern));
    found.map(|(_, allow)| *allow)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    #[test]
    fn addresses() {
        let check = |path: &str, expected: Option<&str>| {
            let segments: Vec<&str> = path.split('/').collect();
            assert_eq!(methods(&segments), expected, "{path}");
        };
        check("tenants", Some("GET, HEAD, OPTIONS, POST"));
        check("tenants/a/tokens/1", Some("OPTIONS, DELETE"));
        check("tenants/a/mapping", Some("GET, HEAD, OPTIONS, PUT"));
        check("tenants/", None);
        check("tenants/a/mapping/b", None);
        check("tenants/a/b", None);
        check("", None);
    }

    /// Every endpoint with every method is described, and nothing else is.
    #[test]
    fn the_openapi_document_says_the_same() {
        let document: Value =
            serde_json::from_str(include_str!("../../docs/openapi.json")).expect("JSON");
        let paths = document["paths"].as_object().expect("an object");
        let described: BTreeMap<String, BTreeSet<String>> = paths
            .iter()
            .map(|(path, item)| {
                let segment = |part: &str| match part.starts_with('{') {
                    true => "{}".to_owned(),
                    false => part.to_owned(),
                };
                let path: Vec<String> = path.split('/').skip(1).map(segment).collect();
                let methods = item.as_object().expect("an object").keys();
                let methods = methods.filter(|key| *key != "parameters");
                (
                    path.join("/"),
                    methods.map(|key| key.to_uppercase()).collect(),
                )
            })
            .collect();
        // HEAD goes with GET, OPTIONS with everything: the document's head says so.
        let answered = ENDPOINTS.iter().map(|(path, allow)| {
            let methods = allow
                .split(", ")
                .filter(|one| !["HEAD", "OPTIONS"].contains(one));
            ((*path).to_owned(), methods.map(str::to_owned).collect())
        });
        assert_eq!(described, answered.collect());
    }
}
