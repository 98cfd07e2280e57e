//! GET /admin/v1/tenants/{slug}/export: everything of a tenant but its credentials, as lines of JSON,
//! a page at a time. docs/transfer.md has the format.

use serde_json::{Value, json};

use super::problem::{Problem, Result, problem};
use super::tenants::existing;
use super::{Call, time};
use crate::store::export::{Membership, members, resources};
use crate::store::resources::Stored;
use crate::store::tenants::Tenant;
use crate::wire::reply::Reply;

pub(super) const NDJSON: &str = "application/x-ndjson";

/// What this version writes and reads.
pub(super) const VERSION: u64 = 1;

/// Bytes past which a page ends: what one more read brings comes on top.
const PAGE: usize = 500_000;

/// Reads of one call: D1 gives an invocation on the free plan 50 queries, of which a read of members
/// takes two.
const READS: usize = 20;

/// Bytes past which the members of a group go on in a further line.
const LINE: usize = 100_000;

/// Where a page begins.
#[derive(Debug, PartialEq)]
struct Place {
    at: At,
    /// What the pages before had.
    resources: u64,
    members: u64,
}

#[derive(Debug, PartialEq)]
enum At {
    /// Behind the resource of this type with this id.
    Resource(String, String),
    /// Behind the member of this group with this `seq`.
    Member(String, i64),
}

/// The address of the next page is in the header `Link`; the last page has none.
pub async fn export(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let tenant = existing(call, slug).await?;
    let types = types(&tenant)?;
    let mut lines = String::new();
    let mut place = match call.parts.query("after") {
        None => {
            push(&mut lines, &header(&tenant, call.parts.now));
            Place::first(&types)
        }
        Some(text) => Place::parse(text)
            .ok_or_else(|| Problem::new(400, "after is what the Link of the page before says."))?,
    };
    for _ in 0..READS {
        if lines.len() >= PAGE {
            break;
        }
        match &place.at {
            At::Resource(name, id) => {
                let found = resources(call.database, tenant.id, name, id).await?;
                for stored in &found {
                    lines.push_str(&resource(name, stored));
                }
                place.resources += found.len() as u64;
                place.at = match found.last() {
                    Some(last) => At::Resource(name.clone(), last.id.clone()),
                    None => behind(&types, name)?,
                };
            }
            At::Member(group, seq) => {
                let found = members(call.database, tenant.id, group, *seq).await?;
                write_members(&mut lines, &found);
                place.members += found.len() as u64;
                let Some(last) = found.last() else {
                    push(&mut lines, &end(&place));
                    return Ok(page(lines));
                };
                place.at = At::Member(last.group.clone(), last.seq);
            }
        }
    }
    let next = format!(
        "<{}/admin/v1/tenants/{slug}/export?after={}>; rel=\"next\"",
        call.parts.origin,
        place.text()
    );
    Ok(page(lines).with("Link", next))
}

fn page(lines: String) -> Reply {
    Reply::json(200, lines).with("Content-Type", NDJSON)
}

/// The resource types that the tenant has resources of. Users first and groups last: whoever reads
/// the lines in order has met what a line names.
fn types(tenant: &Tenant) -> Result<Vec<String>> {
    let registry = tenant.registry()?;
    let has_any = |name: &str| {
        tenant
            .resources
            .iter()
            .any(|(one, count)| one == name && *count > 0)
    };
    let mut types: Vec<&_> = registry.definitions.iter().collect();
    types.sort_by_key(|definition| definition.members().is_some());
    let names = types.into_iter().map(|one| one.resource_type.name.clone());
    Ok(names.filter(|name| has_any(name)).collect())
}

fn behind(types: &[String], name: &str) -> Result<At> {
    match types.iter().position(|one| one == name) {
        Some(at) => Ok(types
            .get(at + 1)
            .map_or_else(At::members, |next| At::type_(next))),
        None => problem(
            400,
            "after names a resource type that the tenant has no resources of.",
        ),
    }
}

impl At {
    fn type_(name: &str) -> Self {
        Self::Resource(name.to_owned(), String::new())
    }

    fn members() -> Self {
        Self::Member(String::new(), 0)
    }
}

impl Place {
    fn first(types: &[String]) -> Self {
        Self {
            at: types
                .first()
                .map_or_else(At::members, |name| At::type_(name)),
            resources: 0,
            members: 0,
        }
    }

    /// As it stands in a URL: names and ids have no comma.
    fn text(&self) -> String {
        let (kind, name, behind) = match &self.at {
            At::Resource(name, id) => ("r", name, id.clone()),
            At::Member(group, seq) => ("m", group, seq.to_string()),
        };
        format!("{kind},{name},{behind},{},{}", self.resources, self.members)
    }

    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(',').collect();
        let [kind, name, behind, resources, members] = parts.as_slice() else {
            return None;
        };
        let at = match *kind {
            "r" => At::Resource((*name).to_owned(), (*behind).to_owned()),
            "m" => At::Member((*name).to_owned(), behind.parse().ok()?),
            _ => return None,
        };
        Some(Self {
            at,
            resources: resources.parse().ok()?,
            members: members.parse().ok()?,
        })
    }
}

fn push(lines: &mut String, line: &Value) {
    lines.push_str(&line.to_string());
    lines.push('\n');
}

fn header(tenant: &Tenant, now: i64) -> Value {
    let schemas: Vec<_> = tenant.declared.schemas.iter().map(AsRef::as_ref).collect();
    json!({ "export": {
        "version": VERSION,
        "slug": tenant.slug,
        "name": tenant.name,
        "exported": time(now),
        "settings": tenant.settings,
        "mapping": tenant.mapping,
        "schemas": schemas,
        "resource_types": tenant.declared.types,
    }})
}

/// The document as it is stored: nothing of it is parsed.
fn resource(name: &str, stored: &Stored) -> String {
    let meta = json!({
        "resourceType": name,
        "created": time(stored.created),
        "lastModified": time(stored.modified),
        "version": stored.version,
    });
    format!("{{\"meta\":{meta},\"resource\":{}}}\n", stored.document)
}

/// A line for each group, and further ones where it would become long.
fn write_members(lines: &mut String, found: &[Membership]) {
    let mut open: Option<(&str, usize)> = None;
    for one in found {
        let mut member = json!({ "value": one.id, "type": one.resource_type });
        if let Some(display) = &one.display {
            member["display"] = display.as_str().into();
        }
        match open {
            Some((group, from)) if group == one.group && lines.len() - from < LINE => {
                lines.push(',');
            }
            _ => {
                if open.is_some() {
                    lines.push_str("]}\n");
                }
                open = Some((&one.group, lines.len()));
                let group = json!({
                    "id": one.group,
                    "lastModified": time(one.modified),
                    "version": one.version,
                });
                lines.push_str(&format!("{{\"group\":{group},\"members\":["));
            }
        }
        lines.push_str(&member.to_string());
    }
    if open.is_some() {
        lines.push_str("]}\n");
    }
}

fn end(place: &Place) -> Value {
    json!({ "end": { "resources": place.resources, "members": place.members } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for at in [
            At::Resource("User".to_owned(), String::new()),
            At::Resource("Device".to_owned(), "019d-7".to_owned()),
            At::members(),
            At::Member("019d-8".to_owned(), 17),
        ] {
            let place = Place {
                at,
                resources: 12,
                members: 3,
            };
            assert_eq!(Place::parse(&place.text()), Some(place));
        }
        for text in [
            "",
            "r,User",
            "x,User,,0,0",
            "m,a,b,0,0",
            "r,User,1,-1,0",
            "r,User,1,0,0,0",
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn members_stand_beside_their_group() {
        let member = |group: &str, seq: i64, display: Option<&str>| Membership {
            group: group.to_owned(),
            version: 2,
            modified: 0,
            seq,
            id: format!("u{seq}"),
            resource_type: "User".to_owned(),
            display: display.map(str::to_owned),
        };
        let mut lines = String::new();
        write_members(
            &mut lines,
            &[
                member("a", 1, None),
                member("a", 2, Some("Two")),
                member("b", 1, None),
            ],
        );
        let group = |id: &str| {
            format!(
                "{{\"group\":{{\"id\":\"{id}\",\"lastModified\":\"1970-01-01T00:00:00.000Z\",\"version\":2}},\"members\":["
            )
        };
        let expected = format!(
            "{}{{\"value\":\"u1\",\"type\":\"User\"}},{{\"value\":\"u2\",\"type\":\"User\",\"display\":\"Two\"}}]}}\n{}{{\"value\":\"u1\",\"type\":\"User\"}}]}}\n",
            group("a"),
            group("b")
        );
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_long_group_goes_on_in_further_lines() {
        let one = Membership {
            group: "g".to_owned(),
            version: 1,
            modified: 0,
            seq: 1,
            id: "i".repeat(40_000),
            resource_type: "User".to_owned(),
            display: None,
        };
        let mut lines = String::new();
        write_members(&mut lines, &vec![one; 7]);
        let counts: Vec<usize> = lines
            .lines()
            .map(|line| {
                let line: Value = serde_json::from_str(line).expect("JSON");
                line["members"].as_array().expect("a list").len()
            })
            .collect();
        assert_eq!(counts, [3, 3, 1]);
    }
}
