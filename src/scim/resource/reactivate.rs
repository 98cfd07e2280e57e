//! Who was deactivated and is created anew, as Okta does it: the same user, active again.

use super::{Map, validate};
use crate::scim::error::Result;
use crate::scim::mode::Mode;
use crate::scim::schema::Definition;

/// What tells that it is the same user.
pub const USER_NAME: &str = "userName";

const ACTIVE: &str = "active";

/// The user as a PUT of `body` would leave it, and active; `None` where the user is active, or is not
/// to be.
pub fn reactivated(
    definition: &Definition,
    old: &Map,
    body: &Map,
    mode: Mode,
) -> Result<Option<Map>> {
    let is_inactive = |document: &Map| document.get(ACTIVE) == Some(&false.into());
    if !is_inactive(old) {
        return Ok(None);
    }
    let mut new = validate::replace(definition, old, body, mode)?;
    if is_inactive(&new) {
        return Ok(None);
    }
    new.insert(ACTIVE.to_owned(), true.into());
    Ok(Some(new))
}
