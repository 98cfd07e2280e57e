//! A line of an import. PURE.
//!
//! Refused, in words: what is no line of docs/transfer.md, resource types that the tenant does not
//! have, ids that could not stand in a URL, and documents that their schema does not allow.

use serde_json::Value;

use crate::scim::datetime::DateTime;
use crate::scim::mode::Mode;
use crate::scim::resource::{Map, validate};
use crate::scim::schema::{Definition, Registry};

const MAX_ID: usize = 64;

/// Milliseconds and counts that D1 keeps exactly.
const MAX_VERSION: u64 = 1 << 52;

pub enum Line<'a> {
    Resource(Resource<'a>),
    Members(Members),
    /// The first line, with its version, and the last.
    Header(u64),
    End,
}

pub struct Resource<'a> {
    pub definition: &'a Definition,
    pub id: String,
    pub version: i64,
    /// Unix milliseconds, as the next.
    pub created: i64,
    pub modified: i64,
    pub document: Map,
}

pub struct Members {
    pub group: String,
    pub version: i64,
    pub modified: i64,
    pub members: Vec<Member>,
}

pub struct Member {
    pub resource_type: String,
    pub id: String,
    pub display: Option<String>,
}

pub fn read<'a>(text: &[u8], registry: &'a Registry, mode: Mode) -> Result<Line<'a>, String> {
    let line: Value =
        serde_json::from_slice(text).map_err(|error| format!("The line is no JSON: {error}."))?;
    let unknown =
        || "The line has neither export, nor meta and resource, nor group and members, nor end.";
    let Value::Object(line) = line else {
        return Err(unknown().to_owned());
    };
    let of = |key: &str| line.get(key).and_then(Value::as_object);
    if let Some(header) = of("export") {
        let version = header.get("version").and_then(Value::as_u64);
        return Ok(Line::Header(version.unwrap_or_default()));
    }
    if let (Some(meta), Some(document)) = (of("meta"), of("resource")) {
        return resource(meta, document, registry, mode).map(Line::Resource);
    }
    if let (Some(group), Some(Value::Array(list))) = (of("group"), line.get("members")) {
        return members(group, list).map(Line::Members);
    }
    match of("end") {
        Some(_) => Ok(Line::End),
        None => Err(unknown().to_owned()),
    }
}

fn resource<'a>(
    meta: &Map,
    document: &Map,
    registry: &'a Registry,
    mode: Mode,
) -> Result<Resource<'a>, String> {
    let name = text(meta, "resourceType")?;
    let definition = registry
        .definition(name)
        .ok_or_else(|| format!("The tenant has no resource type {name}."))?;
    let id = id(document)?;
    let (created, modified) = (time(meta, "created")?, time(meta, "lastModified")?);
    if modified < created {
        return Err("meta.lastModified lies before meta.created.".to_owned());
    }
    let mut own = document.clone();
    // Membership has lines of its own.
    if let Some(attribute) = definition.members() {
        own.shift_remove(&attribute.name);
    }
    let mut canonical =
        validate::create(definition, &own, mode).map_err(|error| error.detail.clone())?;
    // Where it stood: what is exported again is the same text.
    let place = document
        .keys()
        .position(|key| key == "id")
        .unwrap_or_default();
    canonical.shift_insert(place.min(canonical.len()), "id".to_owned(), id.into());
    Ok(Resource {
        definition,
        id: id.to_owned(),
        version: version(meta)?,
        created,
        modified,
        document: canonical,
    })
}

fn members(group: &Map, list: &[Value]) -> Result<Members, String> {
    let member = |value: &Value| {
        let member = value.as_object().ok_or("A member is no object.")?;
        Ok(Member {
            resource_type: text(member, "type")?.to_owned(),
            id: text(member, "value")?.to_owned(),
            display: member
                .get("display")
                .and_then(Value::as_str)
                .map(str::to_owned),
        })
    };
    Ok(Members {
        group: text(group, "id")?.to_owned(),
        version: version(group)?,
        modified: time(group, "lastModified")?,
        members: list.iter().map(member).collect::<Result<_, String>>()?,
    })
}

fn id(document: &Map) -> Result<&str, String> {
    let id = text(document, "id")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // RFC 7643 §3.1 keeps the word "bulkId" for bulk requests.
    if (1..=MAX_ID).contains(&id.len()) && id.chars().all(fits) && id != "bulkId" {
        return Ok(id);
    }
    Err(format!(
        "An id has 1 to {MAX_ID} letters, digits and -_. and is not bulkId."
    ))
}

fn text<'m>(object: &'m Map, key: &str) -> Result<&'m str, String> {
    let text = object.get(key).and_then(Value::as_str);
    text.ok_or_else(|| format!("{key} must be a text."))
}

fn time(object: &Map, key: &str) -> Result<i64, String> {
    let time = DateTime::parse(text(object, key)?);
    let millis = |time: DateTime| time.seconds * 1000 + i64::from(time.nanos / 1_000_000);
    time.map(millis)
        .ok_or_else(|| format!("{key} must be a time, as 2026-01-31T12:00:00.000Z."))
}

fn version(object: &Map) -> Result<i64, String> {
    match object.get("version").and_then(Value::as_u64) {
        Some(version) if (1..=MAX_VERSION).contains(&version) => Ok(version as i64),
        _ => Err("version must be a number from 1 on.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(value: &Value) -> Result<Line<'static>, String> {
        read(
            value.to_string().as_bytes(),
            Registry::builtin(),
            Mode::Compat,
        )
    }

    fn user() -> Value {
        json!({
            "meta": {"resourceType": "User", "created": "2026-01-01T00:00:00.001Z", "lastModified": "2026-01-02T00:00:00Z", "version": 3},
            "resource": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "id": "019d-1", "active": true},
        })
    }

    #[test]
    fn a_resource_stays_as_it_is() {
        let sent = user();
        let Ok(Line::Resource(resource)) = line(&sent) else {
            panic!("a resource");
        };
        assert_eq!(resource.created, 1_767_225_600_001);
        assert_eq!((resource.version, resource.id.as_str()), (3, "019d-1"));
        let text = Value::Object(resource.document).to_string();
        assert_eq!(text, sent["resource"].to_string());
    }

    #[test]
    fn members_have_a_line_of_their_own() {
        let group = json!({"id": "g", "lastModified": "2026-01-02T00:00:00Z", "version": 1});
        let sent =
            json!({"group": group, "members": [{"value": "u", "type": "User", "display": "U"}]});
        let Ok(Line::Members(members)) = line(&sent) else {
            panic!("members");
        };
        assert_eq!(members.members[0].display.as_deref(), Some("U"));
        let mut sent = user();
        sent["meta"]["resourceType"] = "Group".into();
        sent["resource"] = json!({"displayName": "G", "id": "g", "members": [{"value": "u"}]});
        let Ok(Line::Resource(group)) = line(&sent) else {
            panic!("a group");
        };
        assert!(!group.document.contains_key("members"));
    }

    #[test]
    fn refused() {
        let check = |pointer: &str, value: Value, words: &str| {
            let mut sent = user();
            *sent.pointer_mut(pointer).expect("it is there") = value;
            let error = line(&sent).err().unwrap_or_default();
            assert!(error.contains(words), "{sent}: {error}");
        };
        check("/meta", json!(7), "neither export");
        check(
            "/meta/resourceType",
            json!("Device"),
            "no resource type Device",
        );
        check(
            "/meta/created",
            json!("2026-01-01"),
            "created must be a time",
        );
        check("/meta/created", json!("2026-01-03T00:00:00Z"), "before");
        check("/meta/version", json!(0), "version");
        check("/meta/version", json!("W/\"1\""), "version");
        check("/resource/id", json!("a/b"), "An id has");
        check("/resource/id", json!("bulkId"), "An id has");
        check("/resource/id", json!(null), "id must be a text");
        check("/resource/userName", json!([]), "userName");
        let text = |text: &str| read(text.as_bytes(), Registry::builtin(), Mode::Compat).err();
        assert!(text("{").unwrap_or_default().contains("no JSON"));
        assert!(text("[]").unwrap_or_default().contains("neither export"));
    }
}
