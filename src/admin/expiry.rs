//! When what is made now ends. PURE.

use super::problem::{Result, problem};
use crate::scim::datetime::DateTime;

/// How long anything can be made to live: ten years.
const MAX_LIFE_S: i64 = 10 * 366 * 24 * 3600;

/// In Unix milliseconds; `None` for never. A request says it as a time (RFC 3339), or in seconds.
pub fn expiry(expires: Option<&str>, expires_in_s: Option<i64>, now: i64) -> Result<Option<i64>> {
    let expires = match (expires, expires_in_s) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return problem(
                400,
                "expires and expires_in_s exclude each other: send one.",
            );
        }
        (None, Some(seconds)) => seconds
            .checked_mul(1000)
            .and_then(|life| now.checked_add(life)),
        (Some(text), None) => DateTime::parse(text).map(|time| time.seconds * 1000),
    };
    match expires {
        Some(expires) if expires > now && expires - now <= MAX_LIFE_S * 1000 => Ok(Some(expires)),
        _ => problem(
            400,
            "expires must be a time to come, as 2030-01-31T12:00:00Z, and expires_in_s a number of seconds: at most ten years from now.",
        ),
    }
}
