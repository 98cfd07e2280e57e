//! `/admin/v1/tenants/{slug}/tombstones`: what was deleted and can come back, where the tenant's
//! `delete_policy` is "tombstone".

use serde_json::{Value, json};

use super::problem::{Result, problem};
use super::tenants::living;
use super::{ATTEMPTS, Call, busy, listed, no_tenant, page, time};
use crate::events::describe;
use crate::events::kinds::Verb;
use crate::scim::resource::Map;
use crate::scim::schema::Definition;
use crate::store::error::StoreError;
use crate::store::tombstones::{self, Restored, Tombstone};
use crate::wire::reply::Reply;

/// GET …/tombstones: `?limit=` of them behind the id `?after=`, in the order in which the resources
/// were made.
pub async fn list(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let Some(found) = tombstones::list(call.database, slug, after, limit).await? else {
        return no_tenant(slug);
    };
    Ok(listed("tombstones", &found, limit, shown, |one| {
        one.id.clone()
    }))
}

/// POST …/tombstones/{id}/restore: the resource is there again, with its id, and in the groups that
/// it was in and that are still there.
pub async fn restore(call: &Call<'_>, slug: &str, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(id), None);
    for _ in 0..ATTEMPTS {
        // Nothing is sealed here.
        let context = living(call, slug).await?.context(String::new())?;
        let told = |definition: &Definition, document: &Map, version| {
            describe::appeared(definition, Verb::Restored, document, version)
        };
        let restored = tombstones::restore(call.database, &context, id, told, &entry).await;
        return match restored {
            Err(StoreError::Stale) => continue,
            Err(error) => Err(error.into()),
            Ok(Restored::Done(tombstone)) => Ok(Reply::json(200, shown(&tombstone).to_string())),
            Ok(Restored::Unknown) => problem(404, format!("There is no tombstone {id}.")),
            Ok(Restored::NoType(name)) => problem(
                409,
                format!("The tenant has no resource type {name} any more: declare it again first."),
            ),
            Ok(Restored::Taken(unique)) => problem(
                409,
                format!(
                    "Another {} has the {} {:?} by now: change or delete that one first.",
                    unique.resource_type, unique.path, unique.value
                ),
            ),
            Ok(Restored::Full(name)) => problem(
                409,
                format!(
                    "The tenant has as many resources of type {name} as its quota allows: raise settings.quotas, or delete one first."
                ),
            ),
            Ok(Restored::Exists) => problem(
                409,
                format!("A resource with the id {id} exists: delete that one first."),
            ),
            Ok(Restored::Circle) => problem(
                409,
                "The group would be inside itself: take it, or a group inside it, out of the others first.",
            ),
        };
    }
    busy()
}

fn shown(tombstone: &Tombstone) -> Value {
    json!({
        "id": tombstone.id,
        "resource_type": tombstone.resource_type,
        "display": tombstone.display,
        "deleted": time(tombstone.deleted),
        "restorable_until": time(tombstone.purge),
    })
}
