//! Group membership in D1: all that a batch of changes needs to know in one round trip ([`read`]),
//! and all that it does in another ([`write`]). What is read is only a plan's ground; the write
//! asserts that the ground still holds, so that two objects at once are slow and never wrong.
//!
//! `resources.seq` is used again after a deletion. Whatever was read by `seq` is therefore written
//! only where the id still is the same.

pub mod nesting;
pub mod read;
mod sweep;
pub mod write;

use std::collections::HashMap;

pub use sweep::Sweep;

use super::accepted::Finished;
use super::d1::{Database, Parameter, Row, Rows};
use super::error::StoreError;
use super::events::NewEvent;
use super::quotas::Room;
use super::resources::{NewDocument, Stored};
use super::unique::{Holders, Unique};
use crate::scim::resource::index::IndexEntry;

/// What a batch of changes names.
#[derive(Debug, Default)]
pub struct Question {
    pub token_hashes: Vec<String>,
    /// Each resource once.
    pub targets: Vec<Asked>,
    /// Resource types that can be members.
    pub member_types: Vec<String>,
    /// Members that go because a filter means them.
    pub sweeps: Vec<Sweep>,
    /// Ids of groups of which it matters whether they have members that no change names.
    pub others_of: Vec<String>,
    /// Resource type and id of what is to go.
    pub deleted: Vec<(String, String)>,
    /// Values whose holders must be known.
    pub unique: Vec<Unique>,
    /// Ids of new users and their userNames, in the order of the ids: who has one and is not active is
    /// read.
    pub posted: Vec<(String, Unique)>,
    /// Ids of groups of which must be known what they are inside of.
    pub nested: Vec<String>,
    /// Whether something is created that there is a quota for.
    pub room: bool,
}

/// A resource that changes, and the ids that its changes name as members. One that is yet to be
/// made has such ids too.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub resource_type: String,
    pub id: String,
    pub named: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Live token hashes and their tenant's revision.
    pub tokens: Vec<(String, i64)>,
    /// By resource type.
    pub targets: Vec<(String, Stored)>,
    pub named: Vec<Named>,
    /// Those of the question's that mean more members than were read.
    pub sweeps: Vec<Sweep>,
    /// Group's seq → its number of members, counted until there are more than are named or go.
    pub counts: Vec<(i64, i64)>,
    /// What is to go → a group that it is in.
    pub containing: Vec<(i64, Stored)>,
    pub holders: Holders,
    pub room: Room,
    /// Those with a posted userName who are not active, as `targets`.
    pub inactive: Vec<(String, Stored)>,
    /// Ids of a group and of one that it is in; `None` when nobody asked.
    pub nesting: Option<Vec<(String, String)>>,
}

/// A resource that a change names as a member of a group. It need not be one.
#[derive(Debug, Clone)]
pub struct Named {
    /// `None` for a group that does not exist.
    pub group: Option<i64>,
    pub seq: i64,
    pub id: String,
    pub resource_type: String,
    pub is_member: bool,
    /// As the client sent it when it added the member.
    pub display: Option<String>,
    /// What is shown where the client sent none: read only for filters over members.
    pub shown: Option<String>,
}

#[derive(Debug)]
pub struct NewGroup {
    pub resource_type: String,
    pub id: String,
    pub version: i64,
    /// When it was made and last changed elsewhere; `None` for what is made now.
    pub times: Option<(i64, i64)>,
    pub new: NewDocument,
    pub members: Vec<NewMember>,
}

#[derive(Debug)]
pub struct ChangedGroup {
    pub seq: i64,
    pub id: String,
    /// Version before and after: several changes of one batch count each.
    pub from: i64,
    pub to: i64,
    /// `None`: only its members changed.
    pub new: Option<NewDocument>,
}

#[derive(Debug)]
pub struct NewMember {
    pub seq: i64,
    pub id: String,
    pub display: Option<String>,
}

/// A member that the same plan creates: only the transaction itself will know its `seq`.
#[derive(Debug)]
pub struct NewMemberOfNew {
    pub group_id: String,
    pub resource_type: String,
    pub id: String,
    pub display: Option<String>,
}

#[derive(Debug)]
pub struct Gone {
    pub seq: i64,
    pub id: String,
    pub version: i64,
    /// How many groups it was in when the plan was made.
    pub containing: usize,
}

/// An index entry of a resource.
#[derive(Debug)]
pub struct Indexed {
    pub resource_type: String,
    pub id: String,
    pub entry: IndexEntry,
}

/// What a batch of changes does.
#[derive(Debug, Default)]
pub struct Writes {
    /// Tokens of the changes that were not refused, and the revision they were planned with.
    pub token_hashes: Vec<String>,
    pub revision: i64,
    pub created: Vec<NewGroup>,
    pub changed: Vec<ChangedGroup>,
    pub index_removed: Vec<Indexed>,
    pub index_added: Vec<Indexed>,
    /// Groups from which all members go but these.
    pub kept: Vec<(i64, Vec<i64>)>,
    /// Group, member.
    pub removed: Vec<(i64, i64)>,
    /// Group, member.
    pub added: Vec<(i64, NewMember)>,
    pub added_new: Vec<NewMemberOfNew>,
    pub gone: Vec<Gone>,
    /// How many days what goes can be brought back.
    pub kept_days: Option<u32>,
    /// Ids of groups that got groups as members: they must not be their own members in the end.
    pub acyclic: Vec<String>,
    /// In the order of the changes.
    pub events: Vec<NewEvent>,
    /// Of a bulk that was accepted before: what came of it.
    pub finished: Option<Finished>,
    /// Unique values that are added although nobody asked for their holders. The write finds out
    /// whether somebody has one of them; then ask, and plan anew.
    pub unasked: Vec<Unique>,
}

impl Writes {
    pub fn is_empty(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }
}

/// One round trip.
pub async fn read(
    database: &Database,
    tenant: i64,
    now: i64,
    question: &Question,
) -> Result<Ground, StoreError> {
    let rows = database
        .batch(&read::statements(tenant, now, question))
        .await?;
    let rows: Vec<Vec<_>> = rows.iter().map(|rows| rows.iter().collect()).collect();
    read::ground(question, &rows)
}

/// What only the transaction knew of what it made or changed.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    pub seq: i64,
    pub modified: i64,
}

/// One transaction, one round trip: all of it, or, where an assertion fails, nothing. Answers what
/// was written, by id.
pub async fn write(
    database: &Database,
    tenant: i64,
    now: i64,
    writes: &Writes,
) -> Result<HashMap<String, Written>, StoreError> {
    let rows = database
        .batch(&write::statements(tenant, now, writes))
        .await?;
    let written = |row: Row| {
        let (seq, modified) = (row.integer("seq")?, row.integer("modified")?);
        Some((row.text("id")?, Written { seq, modified }))
    };
    let rows = rows.iter().flat_map(Rows::iter);
    Ok(rows.filter_map(written).collect())
}

/// The live tokens among some: parameters ?1 hashes, ?2 tenant, ?3 now. One hash, which is the
/// rule, is looked up without JSON: each of its elements would count as a row read.
fn live_tokens(hashes: &[String]) -> (String, Parameter) {
    let (condition, parameter) = match hashes {
        [one] => ("= ?1", one.as_str().into()),
        many => ("IN (SELECT value FROM json_each(?1))", json_text(many)),
    };
    let sql = format!(
        "FROM tokens k CROSS JOIN tenants t ON t.id = k.tenant WHERE k.hash {condition} \
         AND k.tenant = ?2 AND k.revoked IS NULL AND (k.expires IS NULL OR k.expires > ?3) \
         AND t.suspended IS NULL"
    );
    (sql, parameter)
}

fn array<T>(
    items: impl IntoIterator<Item = T>,
    show: impl Fn(T) -> serde_json::Value,
) -> Parameter {
    serde_json::Value::from(items.into_iter().map(show).collect::<Vec<_>>())
        .to_string()
        .into()
}

fn json_text(texts: &[String]) -> Parameter {
    array(texts, |text| serde_json::json!(text))
}
