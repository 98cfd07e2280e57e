//! A user who was deactivated and is created anew, as Okta does it: where the tenant's settings say
//! so, the same user is active again, with the same id and what was posted.

use super::resources::rewrite;
use super::scim::Exchange;
use crate::scim::resource::{Map, validate};
use crate::scim::schema::Definition;
use crate::store::derive::Found;
use crate::store::document::parse;
use crate::store::resources::Taken;
use crate::wire::Failure;

const USER_NAME: &str = "userName";
const ACTIVE: &str = "active";

/// Whether a conflict may be one with a user to be reactivated.
pub fn is_meant(exchange: &Exchange<'_>, definition: &Definition) -> bool {
    let settings = &exchange.access().tenant.settings;
    settings.reactivate_on_create && definition.groups().is_some()
}

/// The user who has the `userName` already, active again as a PUT of `body` would leave it; `None`
/// where that one is active, or is not to be.
pub async fn reactivated(
    exchange: &Exchange<'_>,
    definition: &Definition,
    body: &Map,
    taken: Taken,
) -> Result<Option<Found>, Failure> {
    let mut found = taken.found;
    let old = parse(&found.stored.document)?;
    let is_inactive = |document: &Map| document.get(ACTIVE) == Some(&false.into());
    if taken.entry.path != USER_NAME || !is_inactive(&old) {
        return Ok(None);
    }
    let mut new = validate::replace(definition, &old, body, exchange.mode())?;
    if is_inactive(&new) {
        return Ok(None);
    }
    new.insert(ACTIVE.to_owned(), true.into());
    rewrite(exchange, definition, &mut found.stored, &old, &new).await?;
    Ok(Some(found))
}
