//! The outbox: what happened to whom, written in the transaction of the change itself. So there is
//! no change without its event, and no event without its change.
//!
//! Positions grow in the order of the commits: D1 has one writer, and a position is given out
//! inside its transaction. Whoever has read up to one has missed nothing before it, ever.

pub mod read;
pub mod write;

use serde_json::Value;

pub use read::{Event, Page, Scope, page, position};

use super::d1::Database;
use super::error::StoreError;
use super::members::Sweep;

/// Members that one event lists at the most: about 70 bytes each, so that no event is a burden to
/// carry. More of them are several events, one behind the other.
pub const MEMBERS_PER_EVENT: usize = 1000;

/// The one event of a resource that the database itself can tell.
pub const MEMBER_ADDED: &str = "group.member_added";

/// What a user belongs to in the product became another: see [`super::belongings`].
pub const TARGETS_CHANGED: &str = "user.targets_changed";

/// A token or a client's secret will end: see [`super::expiring`].
pub const CREDENTIAL_EXPIRING: &str = "credential.expiring";

/// An operation of a bulk was done behind the bulk's answer: see [`super::accepted`].
pub const OPERATION_COMPLETED: &str = "operation.completed";

/// The deployment's own event, which is left of a tenant.
pub const TENANT_DELETED: &str = "tenant.deleted";

/// How long events are kept: longer than any consumer may be away without reading the directory anew.
pub const KEPT_DAYS: i64 = 30;

/// Events that one call of [`prune`] deletes.
const PRUNED_AT_ONCE: u32 = 5000;

/// An event before it has a position.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub kind: &'static str,
    /// What the event says besides when and where.
    pub data: Value,
    /// Of whom it tells, where only D1 knows.
    pub others: Option<Others>,
}

/// The members of a group that no change has named: those in the table when the event is written, but
/// these, and only whom the sweep means if there is one, which then takes them out. They become the
/// event's `members`.
#[derive(Debug, Clone, PartialEq)]
pub struct Others {
    pub group: i64,
    pub but: Vec<i64>,
    pub sweep: Option<Sweep>,
}

impl NewEvent {
    pub fn new(kind: &'static str, data: Value) -> Self {
        Self {
            kind,
            data,
            others: None,
        }
    }
}

/// Forgets events that are older than [`KEPT_DAYS`], oldest first and so many at a time; says how
/// many statements that took. The newest one stays, so that no position is ever given out again.
pub async fn prune(database: &Database, now: i64) -> Result<u32, StoreError> {
    let cutoff = now - KEPT_DAYS * 24 * 3600 * 1000;
    let batch = write::pruned(cutoff);
    database.batch(&batch).await?;
    Ok(batch.len() as u32)
}
