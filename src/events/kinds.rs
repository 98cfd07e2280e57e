//! The kinds of events, by the names that the product sees, and choices among them. PURE.

use crate::scim::resource::Map;
use crate::scim::schema::Definition;
use crate::store::events::{CREDENTIAL_EXPIRING, TARGETS_CHANGED, TENANT_DELETED};
pub use crate::store::events::{MEMBER_ADDED, OPERATION_COMPLETED};

pub const MEMBER_REMOVED: &str = "group.member_removed";

/// Every kind that the outbox has.
pub const ALL: [&str; 21] = [
    "user.created",
    "user.updated",
    "user.activated",
    "user.deactivated",
    "user.deleted",
    "user.restored",
    TARGETS_CHANGED,
    "group.created",
    "group.updated",
    "group.renamed",
    "group.deleted",
    "group.restored",
    MEMBER_ADDED,
    MEMBER_REMOVED,
    "resource.created",
    "resource.updated",
    "resource.deleted",
    "resource.restored",
    OPERATION_COMPLETED,
    CREDENTIAL_EXPIRING,
    TENANT_DELETED,
];

/// What can happen to a resource as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Created,
    Deleted,
    Restored,
}

pub fn of(definition: &Definition, verb: Verb) -> &'static str {
    match (family(definition), verb) {
        (Family::User, Verb::Created) => "user.created",
        (Family::User, Verb::Deleted) => "user.deleted",
        (Family::User, Verb::Restored) => "user.restored",
        (Family::Group, Verb::Created) => "group.created",
        (Family::Group, Verb::Deleted) => "group.deleted",
        (Family::Group, Verb::Restored) => "group.restored",
        (Family::Other, Verb::Created) => "resource.created",
        (Family::Other, Verb::Deleted) => "resource.deleted",
        (Family::Other, Verb::Restored) => "resource.restored",
    }
}

/// A change of attributes has one kind, its weightiest: who is locked out must not be overlooked
/// because a title changed as well. All of it is in the event's `changes`.
pub fn of_change(definition: &Definition, before: &Map, after: &Map) -> &'static str {
    let is = |document: &Map, truth: bool| {
        document.get("active").and_then(serde_json::Value::as_bool) == Some(truth)
    };
    match family(definition) {
        Family::User if is(after, false) && !is(before, false) => "user.deactivated",
        Family::User if is(before, false) && !is(after, false) => "user.activated",
        Family::User => "user.updated",
        Family::Group if before.get("displayName") != after.get("displayName") => "group.renamed",
        Family::Group => "group.updated",
        Family::Other => "resource.updated",
    }
}

enum Family {
    User,
    Group,
    Other,
}

fn family(definition: &Definition) -> Family {
    if definition.members().is_some() {
        Family::Group
    } else if definition.groups().is_some() {
        Family::User
    } else {
        Family::Other
    }
}

/// Some of the kinds: each by its name, or a family of them as `user.*`. None named means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds(Vec<String>);

impl Kinds {
    /// The error says which name is none.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut kinds = Vec::new();
        for name in names {
            let name = name.trim();
            if !ALL.iter().any(|kind| matches(name, kind)) {
                return Err(format!(
                    "There is no event type {name:?}; there are {}, and whole families as user.*.",
                    ALL.join(", ")
                ));
            }
            if !kinds.iter().any(|known| known == name) {
                kinds.push(name.to_owned());
            }
        }
        Ok(Self(kinds))
    }

    pub fn has(&self, kind: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| matches(name, kind))
    }

    pub fn names(&self) -> &[String] {
        &self.0
    }
}

fn matches(name: &str, kind: &str) -> bool {
    match name.strip_suffix('*') {
        Some(family) => family.ends_with('.') && kind.starts_with(family),
        None => name == kind,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::schema::Registry;

    #[test]
    fn the_weightiest_kind_wins() {
        let check = |resource_type: &str, before: Value, after: Value, expected: &str| {
            let definition = Registry::builtin().definition(resource_type).unwrap();
            let [before, after] = [before, after].map(|one| one.as_object().unwrap().clone());
            assert_eq!(of_change(definition, &before, &after), expected);
        };
        let title = |active: bool| json!({"title": "B", "active": active});
        check("User", json!({"active": true}), title(true), "user.updated");
        check(
            "User",
            json!({"active": true}),
            title(false),
            "user.deactivated",
        );
        check(
            "User",
            json!({"active": false}),
            title(true),
            "user.activated",
        );
        check("User", json!({}), title(true), "user.updated");
        check("User", json!({}), title(false), "user.deactivated");
        check(
            "User",
            json!({"active": false}),
            json!({}),
            "user.activated",
        );
        let named = |name: &str| json!({"displayName": name, "externalId": name});
        check("Group", named("a"), named("b"), "group.renamed");
        check(
            "Group",
            named("a"),
            json!({"displayName": "a"}),
            "group.updated",
        );
    }

    #[test]
    fn kinds_are_chosen_by_name_and_by_family() {
        let kinds = Kinds::parse(["user.*", "group.renamed"]).unwrap();
        assert!(kinds.has("user.deleted") && kinds.has("group.renamed"));
        assert!(!kinds.has("group.created"));
        assert!(Kinds::default().has("group.created"));
        for wrong in ["users.*", "user.gone", "*", "user*", "", ".*"] {
            let error = Kinds::parse([wrong]).unwrap_err();
            assert!(error.contains("user.created"), "{error}");
        }
    }
}
