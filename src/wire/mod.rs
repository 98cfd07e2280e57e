//! A request read whole and an answer before it is the platform's: what every family of endpoints
//! takes and gives.

pub mod object;
pub mod reply;
pub mod request;

use crate::scim::error::ScimError;
use crate::store::error::StoreError;

/// Why a handler did not answer.
#[derive(Debug)]
pub enum Failure {
    /// The client's to mend.
    Scim(ScimError),
    /// Not with these credentials: 401 or 403, and what `WWW-Authenticate` says (RFC 9110 §11.6.1).
    Unauthorized { error: ScimError, challenge: String },
    /// More than a limit allows.
    TooMany(TooMany),
    /// Not the client's.
    Store(StoreError),
}

/// 429: what a client sends too much of, and in how many seconds there is room again.
#[derive(Debug, Clone, Copy)]
pub struct TooMany {
    pub detail: &'static str,
    pub seconds: u32,
}

impl From<TooMany> for Failure {
    fn from(refusal: TooMany) -> Self {
        Self::TooMany(refusal)
    }
}

impl From<ScimError> for Failure {
    fn from(error: ScimError) -> Self {
        Self::Scim(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
