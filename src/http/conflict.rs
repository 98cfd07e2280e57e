//! A value that must be unique and is another's.

use super::exchange::Exchange;
use crate::scim::error::{Result, ScimError};
use crate::scim::resource::index::IndexEntry;
use crate::scim::schema::Definition;
use crate::store::derive::Derive;
use crate::store::error::StoreError;
use crate::store::resources::Taken;
use crate::wire::Failure;

/// Of a conflict, which value is taken and whose it is: one more round trip. A tenant with no room
/// left says so only of what it does not have: identity providers link what they hear of as taken.
pub async fn taken(
    exchange: &Exchange<'_>,
    definition: &Definition,
    id: &str,
    index: &[IndexEntry],
    derive: Derive,
    error: StoreError,
) -> Result<Taken, Failure> {
    let name = &definition.resource_type.name;
    // Whoever held it is gone again.
    let mut otherwise: Failure = StoreError::Version.into();
    match error {
        StoreError::Conflict { .. } => {}
        StoreError::Quota => {
            let quotas = &exchange.access().tenant.settings.quotas;
            if let Some(quota) = quotas.get(name) {
                otherwise = ScimError::quota(name, *quota).into();
            }
        }
        error => return Err(error.into()),
    }
    let taken = exchange
        .store
        .taken(name, id, index, derive, &exchange.base)
        .await?;
    taken.ok_or(otherwise)
}

pub fn refusal(definition: &Definition, taken: &Taken) -> Failure {
    let name = &definition.resource_type.name;
    ScimError::uniqueness(format!(
        "Another {name} has the {} {:?} already.",
        taken.entry.path, taken.entry.value
    ))
    .into()
}
