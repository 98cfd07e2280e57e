//! Events as Security Event Tokens (RFC 8417) in SCIM's profile (RFC 9967): the claims. PURE.
//!
//! The same event has the same claims whenever it is told to the same receiver. Left out is what
//! the profile has no word for: targets, credentials, a tenant's end.

use serde_json::{Value, json};

use super::kinds::{ALL, Kinds, MEMBER_ADDED, MEMBER_REMOVED, OPERATION_COMPLETED};
use crate::scim::json as text;
use crate::scim::resource::Map;
use crate::store::events::Event;

/// What a SET's header has as `typ`, and behind `application/` a delivery as its type (RFC 8417 §2.3).
pub const TYPE: &str = "secevent+jwt";

const PREFIX: &str = "urn:ietf:params:scim:event:prov:";

/// An operation of a bulk is done that was answered before (RFC 9967 §2.5.1.3).
const ASYNC_RESPONSE: &str = "urn:ietf:params:scim:event:misc:asyncresp";

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// How much is told of a change (RFC 9967 §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With values.
    Full,
    /// Which attributes alone.
    Notice,
}

/// Both, by their names.
pub const FORMATS: [(&str, Format); 2] = [("full", Format::Full), ("notice", Format::Notice)];

impl Format {
    pub fn named(name: &str) -> Option<Self> {
        let found = FORMATS.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Notice => "notice",
        }
    }
}

/// Whom a SET is for.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    /// "https://host": tenants' issuers are below it.
    pub origin: &'a str,
    pub name: &'a str,
    pub format: Format,
}

/// Who says what happened in a tenant. Its keys are at `jwks.json` below it.
pub fn issuer(origin: &str, slug: &str) -> String {
    format!("{origin}/t/{slug}")
}

/// Where a receiver asks for the SETs of a stream.
pub fn address(issuer: &str, stream: &str) -> String {
    format!("{issuer}/sets/{stream}")
}

/// The event URIs that may come, for discovery (RFC 9967 §4).
pub fn event_uris() -> Vec<String> {
    let names = [
        "create:full",
        "create:notice",
        "patch:full",
        "patch:notice",
        "delete",
        "activate",
        "deactivate",
    ];
    let names = names.iter().map(|name| format!("{PREFIX}{name}"));
    names.chain([ASYNC_RESPONSE.to_owned()]).collect()
}

/// Whether an event of this kind becomes a SET.
pub fn is_told(kind: &str) -> bool {
    kind == OPERATION_COMPLETED || Act::of(kind).is_some()
}

/// Those of the chosen kinds that become SETs.
pub fn told(kinds: &Kinds) -> impl Iterator<Item = &'static str> {
    ALL.into_iter()
        .filter(|kind| kinds.has(kind) && is_told(kind))
}

/// `None` where the profile has no event for it, or nobody can find what it is about any more.
pub fn claims(event: &Event, audience: Audience<'_>) -> Option<Value> {
    let data: Value = text::read(&event.data).ok()?;
    let id = event.id();
    let (subject, txn, events) = if event.kind == OPERATION_COMPLETED {
        let events = json!({ ASYNC_RESPONSE: data["operation"] });
        (data["subject"].clone(), data["txn"].as_str()?, events)
    } else {
        let (subject, events) = changed(event, &data, audience.format)?;
        (subject, id.as_str(), events)
    };
    Some(json!({
        "iss": issuer(audience.origin, event.tenant.as_deref()?),
        "iat": event.created / 1000,
        "jti": id,
        "txn": txn,
        "aud": audience.name,
        "sub_id": subject,
        "events": events,
    }))
}

/// The subject of a change of a resource, and the events.
fn changed(event: &Event, data: &Value, format: Format) -> Option<(Value, Value)> {
    let act = Act::of(&event.kind)?;
    let resource = data["resource"].as_object()?;
    let endpoint = match event.kind.split_once('.')?.0 {
        "user" => "/Users",
        "group" => "/Groups",
        _ => event.endpoint.as_deref()?,
    };
    let id = resource.get("id")?.as_str()?;
    let mut subject = json!({ "format": "scim", "uri": format!("{endpoint}/{id}"), "id": id });
    if let Some(external_id) = resource.get("externalId") {
        subject["externalId"] = external_id.clone();
    }
    Some((subject, act.events(data, resource, format)))
}

/// What happened, as the profile divides it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Who is back was gone: a create as well.
    Create,
    Patch,
    Activate,
    Deactivate,
    Add,
    Remove,
    Delete,
}

impl Act {
    fn of(kind: &str) -> Option<Self> {
        let (_, verb) = kind.split_once('.')?;
        Some(match (kind, verb) {
            (MEMBER_ADDED, _) => Self::Add,
            (MEMBER_REMOVED, _) => Self::Remove,
            (_, "created" | "restored") => Self::Create,
            (_, "updated" | "renamed") => Self::Patch,
            (_, "activated") => Self::Activate,
            (_, "deactivated") => Self::Deactivate,
            ("tenant.deleted", _) => return None,
            (_, "deleted") => Self::Delete,
            _ => return None,
        })
    }

    /// The claim `events`: one event, or two where `active` changed.
    fn events(self, data: &Value, resource: &Map, format: Format) -> Value {
        let (name, said) = match self {
            Self::Delete => ("delete", None),
            Self::Create => ("create", Some(created(resource, format))),
            Self::Patch | Self::Activate | Self::Deactivate => {
                ("patch", Some(patched(&data["changes"], format)))
            }
            Self::Add => ("patch", Some(added(&data["members"], format))),
            Self::Remove => ("patch", Some(removed(&data["members"], format))),
        };
        let mut events = Map::new();
        match self {
            Self::Activate => events.insert(format!("{PREFIX}activate"), json!({})),
            Self::Deactivate => events.insert(format!("{PREFIX}deactivate"), json!({})),
            _ => None,
        };
        match said {
            None => events.insert(format!("{PREFIX}{name}"), json!({})),
            Some(said) => {
                let version = &resource.get("meta").unwrap_or(&Value::Null)["version"];
                let (format, payload) = match said {
                    Said::Data(data) => (Format::Full, json!({"version": version, "data": data})),
                    Said::Attributes(names) => (
                        Format::Notice,
                        json!({"version": version, "attributes": names}),
                    ),
                };
                events.insert(format!("{PREFIX}{name}:{}", format.name()), payload)
            }
        };
        events.into()
    }
}

/// Exactly one of them is in an event (RFC 9967 §2.2).
enum Said {
    Data(Value),
    Attributes(Vec<String>),
}

fn created(resource: &Map, format: Format) -> Said {
    if format == Format::Full {
        return Said::Data(resource.clone().into());
    }
    let mut names = Vec::new();
    for (name, value) in resource {
        match value.as_object() {
            _ if ["schemas", "meta"].contains(&name.as_str()) => {}
            Some(extension) if name.contains(':') => {
                names.extend(extension.keys().map(|sub| format!("{name}:{sub}")));
            }
            _ => names.push(name.clone()),
        }
    }
    Said::Attributes(names)
}

/// An event that leaves values out, because they are too many bytes, is a notice whatever is asked.
fn patched(changes: &Value, format: Format) -> Said {
    let changes = changes.as_array().map_or(&[][..], Vec::as_slice);
    let has_values = |change: &Value| {
        ["before", "after"]
            .iter()
            .any(|one| change.get(one).is_some())
    };
    if format == Format::Notice || !changes.iter().all(has_values) {
        let path = |change: &Value| change["path"].as_str().map(str::to_owned);
        return Said::Attributes(changes.iter().filter_map(path).collect());
    }
    let operation = |change: &Value| match change.get("after") {
        Some(after) => json!({"op": "replace", "path": change["path"], "value": after}),
        None => json!({"op": "remove", "path": change["path"]}),
    };
    operations(changes.iter().map(operation).collect())
}

fn added(members: &Value, format: Format) -> Said {
    match format {
        Format::Notice => members_changed(),
        Format::Full => operations(json!([{ "op": "add", "path": "members", "value": members }])),
    }
}

fn removed(members: &Value, format: Format) -> Said {
    if format == Format::Notice {
        return members_changed();
    }
    let operation = |member: &Value| {
        let path = format!("members[value eq {}]", member["value"]);
        json!({ "op": "remove", "path": path })
    };
    let members = members.as_array().map_or(&[][..], Vec::as_slice);
    operations(members.iter().map(operation).collect())
}

fn members_changed() -> Said {
    Said::Attributes(vec!["members".to_owned()])
}

fn operations(operations: Value) -> Said {
    Said::Data(json!({ "schemas": [PATCH_OP], "Operations": operations }))
}

#[cfg(test)]
mod tests;
