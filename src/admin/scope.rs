//! What an administrator may do. PURE.

/// The whole list. `admin` is everything, other credentials too; who may write may read.
pub const SCOPES: [&str; 13] = [
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
    "events:write",
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

/// What a setting gives to somebody, with spaces between: scopes for everybody, and behind `ann@acme.test=`
/// one for her alone. The error is what is no scope.
pub fn given<'a>(setting: &'a str, name: &str) -> Result<String, &'a str> {
    let mut scopes = Vec::new();
    for entry in setting.split_whitespace() {
        let (whose, scope) = match entry.rsplit_once('=') {
            Some((whose, scope)) => (Some(whose), scope),
            None => (None, entry),
        };
        if !SCOPES.contains(&scope) {
            return Err(scope);
        }
        if whose.is_none_or(|whose| whose.eq_ignore_ascii_case(name)) {
            scopes.push(scope);
        }
    }
    Ok(scopes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_gives_to_everybody_and_to_one() {
        let setting = "audit:read  ann@acme.test=admin e3.access=data:read a=b@acme.test=logs:read";
        let check = |name: &str, expected: &str| {
            assert_eq!(given(setting, name), Ok(expected.to_owned()), "{name}");
        };
        check("bob@acme.test", "audit:read");
        check("ann@acme.test", "audit:read admin");
        check("Ann@ACME.test", "audit:read admin");
        check("e3.access", "audit:read data:read");
        check("a=b@acme.test", "audit:read logs:read");
        check("", "audit:read");
        assert_eq!(given("", "ann@acme.test"), Ok(String::new()));
        for (setting, wrong) in [
            ("tenants", "tenants"),
            ("ann@acme.test=", ""),
            ("ann@acme.test=x", "x"),
            ("audit:read admin,logs:read", "admin,logs:read"),
        ] {
            assert_eq!(given(setting, "bob@acme.test"), Err(wrong), "{setting}");
        }
    }

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
