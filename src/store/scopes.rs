//! What a token lets its holder do. PURE.
//!
//! Whoever may read a type's resources sees all that they show: a user's groups and a group's
//! members, each with id and display name, and nothing else of them.

/// The whole list: name, the type that it is about (none: all, the tenant's own as well), and what
/// it lets do with it. The narrowest stand first: a refusal names them in this order.
const SCOPES: [(&str, Option<&str>, Right); 8] = [
    ("users:read", Some("User"), Right::Read),
    ("users", Some("User"), Right::Write),
    ("groups:read", Some("Group"), Right::Read),
    ("groups", Some("Group"), Right::Write),
    ("scim:read", None, Right::Read),
    ("scim", None, Right::Write),
    // The product's, and the only one that opens /directory/v1: no resource type has a slash.
    ("directory:read", Some("/directory"), Right::Read),
    // A receiver's of Security Event Tokens, and the only one that opens /t/{tenant}/sets.
    ("sets", Some("/sets"), Right::Write),
];

/// Who may write may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    Read,
    Write,
}

/// A set of scopes, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Everything over SCIM.
    pub const ALL: Self = Self(1 << 5);
    pub const DIRECTORY_READ: Self = Self(1 << 6);
    pub const SETS: Self = Self(1 << 7);

    /// Of their names; the error is the one that is none.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut scopes = Self(0);
        for name in names {
            let at = SCOPES.iter().position(|(known, ..)| *known == name);
            scopes.0 |= 1 << at.ok_or(name)?;
        }
        Ok(scopes)
    }

    /// Of names with spaces between them (RFC 6749 §3.3), as D1 has them. What this version does
    /// not know permits nothing.
    pub fn read(text: &str) -> Self {
        let names = text
            .split(' ')
            .filter_map(|name| Self::from_names([name]).ok());
        Self(names.fold(0, |bits, one| bits | one.0))
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let names = SCOPES.iter().enumerate();
        names.filter_map(move |(at, (name, ..))| (self.0 >> at & 1 == 1).then_some(*name))
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is in these by name.
    pub fn contain(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether these let do all that `other` does: `users` covers `users:read`.
    pub fn cover(self, other: Self) -> bool {
        let names: Vec<_> = self.names().collect();
        let scopes = SCOPES.iter().filter(|(name, ..)| names.contains(name));
        other.names().all(|wanted| {
            let wanted = SCOPES.iter().find(|(name, ..)| *name == wanted);
            wanted.is_some_and(|(_, about, right)| {
                let covers = |(_, own, gives): &&(_, Option<&str>, Right)| {
                    (own.is_none() || own == about) && gives >= right
                };
                scopes.clone().any(|scope| covers(&scope))
            })
        })
    }

    pub fn permit(self, resource_type: &str, right: Right) -> bool {
        sufficient(resource_type, right).any(|name| self.names().any(|own| own == name))
    }
}

/// As D1 has them.
impl std::fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.names().collect();
        formatter.write_str(&names.join(" "))
    }
}

/// All there are.
pub fn known() -> impl Iterator<Item = &'static str> {
    SCOPES.iter().map(|(name, ..)| *name)
}

/// The scopes of which any one will do.
pub fn sufficient(resource_type: &str, right: Right) -> impl Iterator<Item = &'static str> {
    SCOPES
        .iter()
        .filter(move |(_, about, gives)| {
            about.is_none_or(|about| about == resource_type) && *gives >= right
        })
        .map(|(name, ..)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_permits_what_its_name_says() {
        use Right::{Read, Write};
        let all = [
            ("User", Read),
            ("User", Write),
            ("Group", Read),
            ("Group", Write),
            ("Device", Read),
            ("Device", Write),
        ];
        let check = |scopes: &str, expected: &[(&str, Right)]| {
            let read = Scopes::read(scopes);
            let permitted: Vec<_> = all
                .into_iter()
                .filter(|(resource_type, right)| read.permit(resource_type, *right))
                .collect();
            assert_eq!(permitted, expected, "{scopes}");
        };
        check("scim", &all);
        check(
            "scim:read",
            &[("User", Read), ("Group", Read), ("Device", Read)],
        );
        check("users", &[("User", Read), ("User", Write)]);
        check("users:read", &[("User", Read)]);
        check("groups", &[("Group", Read), ("Group", Write)]);
        check("groups:read", &[("Group", Read)]);
        check(
            "groups:read users",
            &[("User", Read), ("User", Write), ("Group", Read)],
        );
        check("directory:read", &[]);
        check("sets", &[]);
        check("", &[]);
        check("devices Users scim:write", &[]);
        assert!(Scopes::ALL.permit("Device", Write));
        assert_eq!(Scopes::ALL.to_string(), "scim");
    }

    #[test]
    fn scopes_cover_what_they_include() {
        let cover = |own: &str, other: &str| Scopes::read(own).cover(Scopes::read(other));
        for (own, other) in [
            ("scim", "scim:read users groups:read"),
            ("users", "users:read"),
            ("scim:read", "groups:read users:read scim:read"),
            ("users groups:read", "groups:read"),
        ] {
            assert!(cover(own, other), "{own}: {other}");
        }
        for (own, other) in [
            ("users:read", "users"),
            ("users groups", "scim"),
            ("scim:read", "users"),
            ("users", "groups:read users"),
            ("", "users:read"),
        ] {
            assert!(!cover(own, other), "{own}: {other}");
        }
    }

    #[test]
    fn names_are_kept_once_each() {
        let scopes = Scopes::from_names(["groups", "users:read", "groups"]).unwrap();
        assert_eq!(scopes.to_string(), "users:read groups");
        assert_eq!(Scopes::read("users:read groups"), scopes);
        assert_eq!(Scopes::from_names(["scim", "Users"]), Err("Users"));
        assert_eq!(Scopes::read("directory:read"), Scopes::DIRECTORY_READ);
        assert!(!Scopes::ALL.contain(Scopes::DIRECTORY_READ));
        assert_eq!(Scopes::read("sets"), Scopes::SETS);
        assert!(!Scopes::ALL.contain(Scopes::SETS));
        assert!(Scopes::read("").is_empty());
        assert!(scopes.contain(Scopes::read("groups")));
        assert!(!scopes.contain(Scopes::read("groups scim")));
    }

    #[test]
    fn a_refusal_names_the_narrowest_first() {
        let names = |resource_type, right| sufficient(resource_type, right).collect::<Vec<_>>();
        assert_eq!(names("User", Right::Write), ["users", "scim"]);
        assert_eq!(
            names("Group", Right::Read),
            ["groups:read", "groups", "scim:read", "scim"]
        );
        assert_eq!(names("Device", Right::Write), ["scim"]);
    }
}
