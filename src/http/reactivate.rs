//! A user who was deactivated and is created anew, as Okta does it: where the tenant's settings say
//! so, the same user is active again, with the same id and what was posted.

use super::exchange::Exchange;
use super::resources::rewrite;
use crate::scim::resource::Map;
use crate::scim::resource::reactivate::{USER_NAME, reactivated as made_active};
use crate::scim::schema::Definition;
use crate::store::derive::Found;
use crate::store::document::parse;
use crate::store::resources::Taken;
use crate::wire::Failure;

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
    if taken.entry.path != USER_NAME {
        return Ok(None);
    }
    let Some(new) = made_active(definition, &old, body, exchange.mode())? else {
        return Ok(None);
    };
    rewrite(exchange, definition, &mut found.stored, &old, &new).await?;
    Ok(Some(found))
}
