//! What an admin credential lets its holder do. PURE.

/// The whole list. `admin` is everything, other credentials too; who may write may read.
pub const SCOPES: [&str; 12] = [
    "admin",
    "tenants:read",
    "tenants:write",
    "schemas:read",
    "schemas:write",
    "tokens:read",
    "tokens:write",
    "data:read",
    "data:write",
    "logs:read",
    "audit:read",
    "events:read",
];

/// The scope that a method of an endpoint of this family takes; `admin` has no lesser one.
pub fn needed(family: &str, method: &str) -> String {
    match (family, method) {
        ("admin", _) => family.to_owned(),
        (_, "GET" | "HEAD" | "OPTIONS") => format!("{family}:read"),
        _ => format!("{family}:write"),
    }
}

/// Whether scopes, with spaces between them, permit what takes `needed`.
pub fn permit(scopes: &str, needed: &str) -> bool {
    let family = needed.strip_suffix(":read");
    scopes.split(' ').any(|scope| {
        scope == "admin"
            || scope == needed
            || family.is_some_and(|family| scope.strip_suffix(":write") == Some(family))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_write_may_read_and_admin_may_everything() {
        let check = |scopes: &str, family: &str, method: &str, expected: bool| {
            let permitted = permit(scopes, &needed(family, method));
            assert_eq!(permitted, expected, "{scopes}: {method} of {family}");
        };
        check("tokens:read", "tokens", "GET", true);
        check("tokens:read", "tokens", "HEAD", true);
        check("tokens:read", "tokens", "POST", false);
        check("tokens:write", "tokens", "DELETE", true);
        check("tokens:write", "tokens", "GET", true);
        check("tokens:write", "tenants", "GET", false);
        check("tenants:read tokens:write", "tenants", "GET", true);
        check("admin", "tenants", "DELETE", true);
        check("admin", "admin", "GET", true);
        check("tenants:write", "admin", "GET", false);
        check("", "tenants", "GET", false);
        check("tokens", "tokens", "GET", false);
    }
}
