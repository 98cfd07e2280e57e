//! Method and path → what is asked for. PURE.

use percent_encoding::percent_decode_str;

/// A path, cut. Segments are percent-decoded.
#[derive(Debug, PartialEq)]
pub enum Route {
    /// Everything under `/t/{tenant}/scim/v2` and `/scim/v2`.
    Scim {
        tenant: Option<String>,
        /// The path of the SCIM base, for `meta.location`.
        base_path: String,
        segments: Vec<String>,
    },
    /// `/t/{tenant}/oauth/token`.
    Token {
        tenant: String,
    },
    /// `/t/{tenant}/sets/{stream}`.
    Sets {
        tenant: String,
        stream: String,
    },
    /// `/t/{tenant}/jwks.json`.
    Keys,
    /// Everything under `/directory/v1/{tenant}`.
    Directory {
        tenant: String,
        segments: Vec<String>,
    },
    /// Everything under `/admin/v1`.
    Admin {
        segments: Vec<String>,
    },
    Unknown,
}

pub fn route(path: &str) -> Route {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["t", tenant, "scim", "v2", rest @ ..] => Route::Scim {
            tenant: Some(decode(tenant)),
            base_path: format!("/t/{tenant}/scim/v2"),
            segments: decode_all(rest),
        },
        ["t", tenant, "oauth", "token"] => Route::Token {
            tenant: decode(tenant),
        },
        ["t", tenant, "sets", stream] => Route::Sets {
            tenant: decode(tenant),
            stream: decode(stream),
        },
        ["t", _, "jwks.json"] => Route::Keys,
        ["scim", "v2", rest @ ..] => Route::Scim {
            tenant: None,
            base_path: "/scim/v2".to_owned(),
            segments: decode_all(rest),
        },
        ["directory", "v1", tenant, rest @ ..] => Route::Directory {
            tenant: decode(tenant),
            segments: decode_all(rest),
        },
        ["admin", "v1", rest @ ..] => Route::Admin {
            segments: decode_all(rest),
        },
        _ => Route::Unknown,
    }
}

/// A trailing slash means the same resource: some administrators paste the base URL with one.
fn decode_all(segments: &[&str]) -> Vec<String> {
    let segments = segments.strip_suffix(&[""]).unwrap_or(segments);
    segments.iter().map(|segment| decode(segment)).collect()
}

/// What is not UTF-8 once decoded names nothing that exists.
fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Route) {
        assert_eq!(route(path), expected, "{path}");
    }

    fn scim(tenant: Option<&str>, base_path: &str, segments: &[&str]) -> Route {
        Route::Scim {
            tenant: tenant.map(str::to_owned),
            base_path: base_path.to_owned(),
            segments: segments.iter().map(|s| s.to_string()).collect(),
        }
    }

    #[test]
    fn scim_paths() {
        check(
            "/t/a/scim/v2/Users/1",
            scim(Some("a"), "/t/a/scim/v2", &["Users", "1"]),
        );
        check("/t/a/scim/v2", scim(Some("a"), "/t/a/scim/v2", &[]));
        check("/t/a/scim/v2/", scim(Some("a"), "/t/a/scim/v2", &[]));
        check(
            "/t/a/scim/v2/Users/",
            scim(Some("a"), "/t/a/scim/v2", &["Users"]),
        );
        check(
            "/scim/v2/Users/a%2Fb",
            scim(None, "/scim/v2", &["Users", "a/b"]),
        );
        check(
            "/scim/v2/Users/100%",
            scim(None, "/scim/v2", &["Users", "100%"]),
        );
        check(
            "/scim/v2/Users/%C3%A5",
            scim(None, "/scim/v2", &["Users", "å"]),
        );
    }

    #[test]
    fn other_paths() {
        check(
            "/admin/v1/tenants",
            Route::Admin {
                segments: vec!["tenants".to_owned()],
            },
        );
        check(
            "/t/a/oauth/token",
            Route::Token {
                tenant: "a".to_owned(),
            },
        );
        check("/t/a/oauth/token/", Route::Unknown);
        check(
            "/t/a/sets/1",
            Route::Sets {
                tenant: "a".to_owned(),
                stream: "1".to_owned(),
            },
        );
        check("/t/a/sets", Route::Unknown);
        check("/t/a/jwks.json", Route::Keys);
        check(
            "/directory/v1/a/users/1",
            Route::Directory {
                tenant: "a".to_owned(),
                segments: vec!["users".to_owned(), "1".to_owned()],
            },
        );
        check("/directory/v1", Route::Unknown);
        check("/", Route::Unknown);
        check("/t/a/scim/v1/Users", Route::Unknown);
    }
}
