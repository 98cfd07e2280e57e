//! The addresses of the admin API and what each allows. PURE.
//!
//! The one list of them: `docs/openapi.json` describes the same, and a test here compares.

/// An address below `/admin/v1/`.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// `{}` stands for a name.
    pub pattern: &'static str,
    /// Its methods, as `Allow` says them.
    pub allow: &'static str,
    /// The scopes that open it are this family's, see [`super::scope`].
    pub family: &'static str,
}

/// Pattern, methods, family.
#[rustfmt::skip]
const ENDPOINTS: &[(&str, &str, &str)] = &[
    ("tenants", "GET, HEAD, OPTIONS, POST", "tenants"),
    ("tenants/{}", "GET, HEAD, OPTIONS, PATCH, DELETE", "tenants"),
    ("tenants/{}/tokens", "GET, HEAD, OPTIONS, POST", "tokens"),
    ("tenants/{}/tokens/{}", "OPTIONS, DELETE", "tokens"),
    ("tenants/{}/tokens/{}/rotate", "OPTIONS, POST", "tokens"),
    ("tenants/{}/clients", "GET, HEAD, OPTIONS, POST", "tokens"),
    ("tenants/{}/clients/{}", "OPTIONS, DELETE", "tokens"),
    ("tenants/{}/clients/{}/secrets", "GET, HEAD, OPTIONS, POST", "tokens"),
    ("tenants/{}/clients/{}/secrets/{}", "OPTIONS, DELETE", "tokens"),
    ("tenants/{}/issuers", "GET, HEAD, OPTIONS, POST", "tokens"),
    ("tenants/{}/issuers/{}", "OPTIONS, DELETE", "tokens"),
    ("tenants/{}/schemas", "GET, HEAD, OPTIONS", "schemas"),
    ("tenants/{}/schemas/{}", "GET, HEAD, OPTIONS, PUT, DELETE", "schemas"),
    ("tenants/{}/resource-types", "GET, HEAD, OPTIONS", "schemas"),
    ("tenants/{}/resource-types/{}", "GET, HEAD, OPTIONS, PUT, DELETE", "schemas"),
    ("tenants/{}/mapping", "GET, HEAD, OPTIONS, PUT", "tenants"),
    ("tenants/{}/tombstones", "GET, HEAD, OPTIONS", "data"),
    ("tenants/{}/tombstones/{}/restore", "OPTIONS, POST", "data"),
    ("tenants/{}/requests", "GET, HEAD, OPTIONS", "logs"),
    ("tenants/{}/requests/{}", "GET, HEAD, OPTIONS", "logs"),
    ("tenants/{}/requests/{}/curl", "GET, HEAD, OPTIONS", "logs"),
    ("tenants/{}/consistency", "GET, HEAD, OPTIONS", "tenants"),
    ("tenants/{}/export", "GET, HEAD, OPTIONS", "data"),
    ("tenants/{}/import", "OPTIONS, POST", "data"),
    ("tenants/{}/events", "GET, HEAD, OPTIONS", "events"),
    ("events", "GET, HEAD, OPTIONS", "events"),
    ("tenants/{}/streams", "GET, HEAD, OPTIONS, POST", "events"),
    ("tenants/{}/streams/{}", "OPTIONS, DELETE", "events"),
    ("tenants/{}/webhooks", "GET, HEAD, OPTIONS, POST", "events"),
    ("tenants/{}/webhooks/{}", "GET, HEAD, OPTIONS, PATCH, DELETE", "events"),
    ("tenants/{}/webhooks/{}/rotate", "OPTIONS, POST", "events"),
    ("tenants/{}/webhooks/{}/test", "OPTIONS, POST", "events"),
    ("tenants/{}/webhooks/{}/redeliver", "OPTIONS, POST", "events"),
    ("tenants/{}/webhooks/{}/deliveries", "GET, HEAD, OPTIONS", "events"),
    ("tenants/{}/webhooks/{}/dead-letters", "GET, HEAD, OPTIONS", "events"),
    ("webhooks", "GET, HEAD, OPTIONS, POST", "events"),
    ("webhooks/{}", "GET, HEAD, OPTIONS, PATCH, DELETE", "events"),
    ("webhooks/{}/rotate", "OPTIONS, POST", "events"),
    ("webhooks/{}/test", "OPTIONS, POST", "events"),
    ("webhooks/{}/redeliver", "OPTIONS, POST", "events"),
    ("webhooks/{}/deliveries", "GET, HEAD, OPTIONS", "events"),
    ("webhooks/{}/dead-letters", "GET, HEAD, OPTIONS", "events"),
    ("signing-keys", "GET, HEAD, OPTIONS", "admin"),
    ("signing-keys/rotate", "OPTIONS, POST", "admin"),
    ("credentials", "GET, HEAD, OPTIONS, POST", "admin"),
    ("credentials/{}", "OPTIONS, DELETE", "admin"),
    ("audit", "GET, HEAD, OPTIONS", "audit"),
];

/// The endpoint at an address; `None` where there is none.
pub fn endpoint(segments: &[&str]) -> Option<Endpoint> {
    let fits = |pattern: &str| {
        let mut parts = pattern.split('/');
        let all = segments.iter().all(|segment| match parts.next() {
            Some("{}") => !segment.is_empty(),
            Some(part) => part == *segment,
            None => false,
        });
        all && parts.next().is_none()
    };
    let found = ENDPOINTS.iter().find(|(pattern, ..)| fits(pattern));
    found.map(|&(pattern, allow, family)| Endpoint {
        pattern,
        allow,
        family,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::super::scope::{SCOPES, needed};
    use super::*;

    #[test]
    fn addresses() {
        let check = |path: &str, expected: Option<&str>| {
            let segments: Vec<&str> = path.split('/').collect();
            let allow = endpoint(&segments).map(|endpoint| endpoint.allow);
            assert_eq!(allow, expected, "{path}");
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
        let answered = ENDPOINTS.iter().map(|(path, allow, _)| {
            let methods = allow
                .split(", ")
                .filter(|one| !["HEAD", "OPTIONS"].contains(one));
            ((*path).to_owned(), methods.map(str::to_owned).collect())
        });
        assert_eq!(described, answered.collect());
    }

    /// `security` of an operation names the scope that opens it (OpenAPI 3.1).
    #[test]
    fn the_openapi_document_names_the_scopes() {
        let document: Value =
            serde_json::from_str(include_str!("../../docs/openapi.json")).expect("JSON");
        let paths = document["paths"].as_object().expect("an object");
        for (path, item) in paths {
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            let endpoint = endpoint(&segments).expect("an endpoint");
            for (method, operation) in item.as_object().expect("an object") {
                if method == "parameters" {
                    continue;
                }
                let scope = needed(endpoint.family, &method.to_uppercase());
                assert!(SCOPES.contains(&scope.as_str()), "{path}: {scope}");
                let expected = serde_json::json!([{ "admin": [scope] }]);
                assert_eq!(operation["security"], expected, "{method} {path}");
            }
        }
    }
}
