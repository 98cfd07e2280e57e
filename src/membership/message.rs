//! What the Worker and the object say to each other: JSON over the object's `fetch`. During a
//! deployment the two can be of different versions for minutes (Cloudflare, Durable Objects,
//! known issues): add fields with a default, take none away.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scim::error::ScimError;
use crate::store::d1::Cost;
use crate::store::resources::Stored;

/// On a request to the object: its batch panics. The Worker sends it only for tests, see
/// `http::scim`.
pub const PANIC_HEADER: &str = "x-scim-edge-panic";

/// One change, with all that is needed to make it: the object keeps nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    pub token_hash: String,
    pub tenant: i64,
    /// The revision of the tenant's context that the Worker worked with.
    pub revision: i64,
    /// The request's time, Unix milliseconds.
    pub now: i64,
    /// The request's `If-Match` header, as sent.
    #[serde(default)]
    pub if_match: Option<String>,
    pub change: Change,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    /// POST: `body` as the client sent it.
    Create {
        resource_type: String,
        id: String,
        body: Map<String, Value>,
    },
    /// PUT.
    Replace {
        resource_type: String,
        id: String,
        body: Map<String, Value>,
    },
    /// PATCH: the request's body.
    Patch {
        resource_type: String,
        id: String,
        body: Map<String, Value>,
    },
    /// DELETE of whatever can be a member.
    Delete { resource_type: String, id: String },
}

impl Change {
    /// Resource type and id of what is changed.
    pub fn target(&self) -> (&str, &str) {
        match self {
            Self::Create {
                resource_type, id, ..
            }
            | Self::Replace {
                resource_type, id, ..
            }
            | Self::Patch {
                resource_type, id, ..
            }
            | Self::Delete { resource_type, id } => (resource_type, id),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    pub outcome: Outcome,
    /// The change's part of what its batch cost.
    pub cost: Cost,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    Done(Done),
    /// Nothing was written.
    Refused {
        status: u16,
        scim_type: Option<String>,
        detail: String,
    },
    /// The token is not live, or the tenant's revision is another one. Nothing was written.
    Stale,
    /// D1 did not answer: the change happened whole or not at all.
    Unavailable,
    /// A defect: for the log.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// As it is now, without members; after a deletion, as it was.
    pub stored: Stored,
    /// Members that the client named and that do not exist: left out, as `compat` does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl From<ScimError> for Outcome {
    fn from(error: ScimError) -> Self {
        Self::Refused {
            status: error.status,
            scim_type: error
                .scim_type
                .map(|scim_type| scim_type.as_str().to_owned()),
            detail: error.detail,
        }
    }
}
