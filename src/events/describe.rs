//! The documents that events are. PURE.

use serde_json::{Value, json};

use super::changes::{self, Change, changes};
use super::kinds::{self, Verb};
use crate::scim::datetime::DateTime;
use crate::scim::resource::Map;
use crate::scim::resource::version::etag;
use crate::scim::schema::Definition;
use crate::store::events::{Event, MEMBERS_PER_EVENT, NewEvent, OPERATION_COMPLETED};

/// What names a resource to people and to identity providers.
const NAMES: [&str; 4] = ["id", "externalId", "userName", "displayName"];

/// One who came or went.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub id: String,
    pub resource_type: String,
    /// As the client sent it.
    pub display: Option<String>,
}

/// A new resource, or one that is back.
pub fn appeared(definition: &Definition, verb: Verb, document: &Map, version: i64) -> NewEvent {
    let data = json!({ "resource": whole(definition, document, version) });
    NewEvent::new(kinds::of(definition, verb), data)
}

pub fn changed(definition: &Definition, before: &Map, after: &Map, version: i64) -> NewEvent {
    let data = json!({
        "resource": whole(definition, after, version),
        "changes": changes::to_json(&changes(definition, before, after)),
    });
    NewEvent::new(kinds::of_change(definition, before, after), data)
}

/// Of what is gone only its names are told.
pub fn deleted(definition: &Definition, document: &Map, version: i64) -> NewEvent {
    let data = json!({ "resource": named(definition, document, version) });
    NewEvent::new(kinds::of(definition, Verb::Deleted), data)
}

/// [`kinds::MEMBER_ADDED`] or [`kinds::MEMBER_REMOVED`], behind the other events of a transaction.
/// What the event before says of the same group's members is said together: a thousand changes of
/// one member each are one event.
pub fn tell_members(
    events: &mut Vec<NewEvent>,
    kind: &'static str,
    group: &Value,
    members: &[Member],
) {
    let mut members = members.iter().map(member).peekable();
    if members.peek().is_some()
        && let Some(last) = events.last_mut()
        && last.kind == kind
        && last.others.is_none()
        && last.data["resource"]["id"] == group["id"]
        && let Some(listed) = last.data["members"].as_array_mut()
    {
        let room = MEMBERS_PER_EVENT - listed.len();
        listed.extend(members.by_ref().take(room));
        last.data["resource"] = group.clone();
    }
    while members.peek().is_some() {
        let listed: Vec<Value> = members.by_ref().take(MEMBERS_PER_EVENT).collect();
        let data = json!({ "resource": group, "members": listed });
        events.push(NewEvent::new(kind, data));
    }
}

/// An operation of the bulk `id` is done, by its place and its entry in the response. What it is about
/// is not told as a resource: nothing is said of how that is.
pub fn completed(id: &str, at: usize, base: &str, entry: &Value) -> NewEvent {
    let path = entry["location"].as_str();
    let path = path.and_then(|location| location.strip_prefix(base));
    // Where nothing is, it is about the bulk.
    let uri = path.map_or_else(|| format!("/Bulk/{id}"), str::to_owned);
    let mut subject = json!({ "format": "scim", "uri": uri });
    if let Some((_, id)) = path.and_then(|path| path.rsplit_once('/')) {
        subject["id"] = id.into();
    }
    let data = json!({ "txn": format!("{id}:{at}"), "subject": subject, "operation": entry });
    NewEvent::new(OPERATION_COMPLETED, data)
}

/// Members whose display in the group changed: who, before, after.
pub fn redisplayed(
    definition: &Definition,
    document: &Map,
    version: i64,
    displays: &[(String, Option<String>, Option<String>)],
) -> NewEvent {
    let change = |(id, before, after): &(String, Option<String>, Option<String>)| Change {
        path: format!("members[value eq \"{id}\"].display"),
        before: before.clone().map(Value::from),
        after: after.clone().map(Value::from),
    };
    let displays: Vec<Change> = displays.iter().map(change).collect();
    let data = json!({
        "resource": whole(definition, document, version),
        "changes": changes::to_json(&displays),
    });
    NewEvent::new(kinds::of_change(definition, document, document), data)
}

/// An event as the product gets it, in the feed and in webhooks. JSON text.
pub fn to_json(event: &Event) -> String {
    let mut shown = json!({
        "id": event.id(),
        "position": event.position,
        "type": event.kind,
        "timestamp": DateTime::from_millis(event.created).to_rfc3339(),
    });
    if let Some(tenant) = &event.tenant {
        shown["tenant"] = tenant.as_str().into();
    }
    let mut text = shown.to_string();
    text.pop();
    text.push_str(",\"data\":");
    text.push_str(&event.data);
    text.push('}');
    text
}

fn member(member: &Member) -> Value {
    let mut shown = json!({ "value": member.id, "type": member.resource_type });
    if let Some(display) = &member.display {
        shown["display"] = display.as_str().into();
    }
    shown
}

/// The resource as SCIM shows it, without what is derived, and of `meta` only its type and version.
fn whole(definition: &Definition, document: &Map, version: i64) -> Value {
    let is_shown = |name: &str| {
        let attribute = definition.top(name);
        attribute.is_some_and(|attribute| attribute.is_kept())
            || definition.extension(name).is_some()
    };
    let shown = document.iter().filter(|(name, _)| is_shown(name));
    let mut shown: Map = shown
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    shown.insert("meta".to_owned(), meta(definition, version));
    shown.into()
}

/// The resource by its names alone.
pub fn named(definition: &Definition, document: &Map, version: i64) -> Value {
    let names = NAMES.iter().filter_map(|name| {
        let value = document.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let mut shown: Map = names.collect();
    shown.insert("meta".to_owned(), meta(definition, version));
    shown.into()
}

/// Its times only the transaction will know: the event's own says when.
fn meta(definition: &Definition, version: i64) -> Value {
    json!({ "resourceType": definition.resource_type.name, "version": etag(version) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::Registry;

    fn document(value: Value) -> Map {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_change_tells_the_resource_and_what_changed() {
        let user = Registry::builtin().definition("User").unwrap();
        let before = document(json!({"id": "1", "userName": "a", "password": "p"}));
        let after = document(json!({"id": "1", "userName": "b", "password": "q"}));
        let event = changed(user, &before, &after, 2);
        assert_eq!(event.kind, "user.updated");
        let meta = json!({"resourceType": "User", "version": "W/\"2\""});
        let expected = json!({
            "resource": {"id": "1", "userName": "b", "meta": meta},
            "changes": [{"path": "userName", "before": "a", "after": "b"}],
        });
        assert_eq!(event.data, expected);
    }

    #[test]
    fn a_deletion_tells_names_only() {
        let user = Registry::builtin().definition("User").unwrap();
        let gone = document(json!({"id": "1", "userName": "a", "title": "t"}));
        let event = deleted(user, &gone, 3);
        assert_eq!(event.kind, "user.deleted");
        let meta = json!({"resourceType": "User", "version": "W/\"3\""});
        let expected = json!({"resource": {"id": "1", "userName": "a", "meta": meta}});
        assert_eq!(event.data, expected);
    }

    #[test]
    fn members_fill_events() {
        let group = json!({"id": "g"});
        let crowd: Vec<Member> = (0..2500)
            .map(|number| Member {
                id: number.to_string(),
                resource_type: "User".to_owned(),
                display: (number == 0).then(|| "D".to_owned()),
            })
            .collect();
        let mut events = Vec::new();
        tell_members(&mut events, kinds::MEMBER_ADDED, &group, &crowd[..10]);
        tell_members(&mut events, kinds::MEMBER_ADDED, &group, &crowd[10..]);
        let lengths = events
            .iter()
            .map(|event| event.data["members"].as_array().unwrap().len());
        assert_eq!(lengths.collect::<Vec<_>>(), [1000, 1000, 500]);
        let first = &events[0].data;
        assert_eq!(first["resource"], group);
        assert_eq!(
            first["members"][0],
            json!({"value": "0", "type": "User", "display": "D"})
        );
        assert_eq!(first["members"][1], json!({"value": "1", "type": "User"}));
        tell_members(&mut events, kinds::MEMBER_ADDED, &group, &[]);
        tell_members(
            &mut events,
            kinds::MEMBER_ADDED,
            &json!({"id": "h"}),
            &crowd[..1],
        );
        tell_members(
            &mut events,
            kinds::MEMBER_REMOVED,
            &json!({"id": "h"}),
            &crowd[..1],
        );
        assert_eq!(events.len(), 5);
    }
}
