//! What the Worker and the object say to each other: JSON over the object's `fetch`. During a
//! deployment the two can be of different versions for minutes (Cloudflare, Durable Objects,
//! known issues): add fields with a default, take none away.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::resource::version::Conditions;
use crate::store::d1::Cost;
use crate::store::members::Written;
use crate::store::resources::Stored;

/// On a request to the object: its batch panics. The Worker sends it only for tests, see
/// `http::exchange`.
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
    #[serde(default)]
    pub conditions: Conditions,
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

/// Where the object takes a [`BulkEnvelope`]; everywhere else it takes an [`Envelope`].
pub const BULK_PATH: &str = "/bulk";

/// Where the object is told that bulks were accepted, with the tenant's id for a body.
pub const ACCEPTED_PATH: &str = "/accepted";

/// POST /Bulk: operations that are planned in this order and written together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BulkEnvelope {
    pub token_hash: String,
    pub tenant: i64,
    pub revision: i64,
    pub now: i64,
    /// After so many failures nothing more is tried.
    pub fail_on_errors: Option<usize>,
    pub operations: Vec<BulkOperation>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BulkOperation {
    /// As sent.
    #[serde(default)]
    pub method: String,
    pub bulk_id: Option<String>,
    /// The operation's `version`.
    pub if_match: Option<String>,
    /// The operations, by their place, that create what this one refers to.
    pub needs: Vec<usize>,
    /// The resource below the base, "/Users/{id}"; `None` where the operation names none.
    #[serde(default)]
    pub location: Option<String>,
    pub task: BulkTask,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum BulkTask {
    Change(Change),
    /// For its form alone; it counts as a failure in its place.
    Refused(Refusal),
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
    /// Of a bulk: the outcome of each operation that was tried, in order.
    Bulk(Vec<Outcome>),
    /// Nothing was written.
    Refused(Refusal),
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

/// A [`ScimError`] on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub status: u16,
    pub scim_type: Option<String>,
    pub detail: String,
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        let scim_type = error.scim_type.map(ScimType::as_str);
        Self {
            status: error.status,
            scim_type: scim_type.map(str::to_owned),
            detail: error.detail,
        }
    }
}

impl From<Refusal> for ScimError {
    fn from(refusal: Refusal) -> Self {
        let scim_type = refusal.scim_type.as_deref();
        Self {
            status: refusal.status,
            scim_type: scim_type.and_then(ScimType::parse),
            detail: refusal.detail,
        }
    }
}

impl Outcome {
    /// Adds what only the transaction knew.
    pub fn learn(&mut self, written: &HashMap<String, Written>) {
        match self {
            Self::Done(Done { stored, .. }) => {
                let Some(written) = written.get(&stored.id) else {
                    return;
                };
                stored.seq = written.seq;
                stored.modified = written.modified;
                if stored.created == 0 {
                    stored.created = written.modified;
                }
            }
            Self::Bulk(outcomes) => {
                for outcome in outcomes {
                    outcome.learn(written);
                }
            }
            Self::Refused(_) | Self::Stale | Self::Unavailable | Self::Failed(_) => {}
        }
    }
}

impl From<ScimError> for Outcome {
    fn from(error: ScimError) -> Self {
        Self::Refused(error.into())
    }
}
