//! The record of what administrators did. It only grows: the database itself refuses changes, and
//! deletions of anything younger than two years.

use serde_json::Value;

use super::d1::{Database, Row, Rows, Statement};
use super::error::StoreError;

/// Who does what nobody asked for.
pub const ITSELF: &str = "scim-edge";

/// What somebody did, or was refused. Nothing secret is ever put in here.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Unix milliseconds.
    pub at: i64,
    /// "ADMIN_TOKEN", "credential:" and its id, "access:" and whom Access let in, or [`ITSELF`].
    pub actor: String,
    /// The method and the address: "POST tenants/{}/tokens".
    pub action: String,
    /// The tenant's slug.
    pub tenant: Option<String>,
    /// What of it: a token's id, a schema's URN.
    pub target: Option<String>,
    pub outcome: Outcome,
    pub ip: Option<String>,
    pub detail: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The credential was good, and had not the scope.
    Denied,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
        }
    }
}

impl Entry {
    /// Stands right behind the statement that it is about, and records it when that changed a row.
    pub fn when_changed(&self) -> Statement {
        self.when("changes() > 0")
    }

    /// A statement that records this where `condition` holds.
    pub(super) fn when(&self, condition: &str) -> Statement {
        Statement::new(
            format!(
                "INSERT INTO audit (at, actor, action, tenant, target, outcome, ip, detail) \
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE {condition}"
            ),
            [
                self.at.into(),
                self.actor.as_str().into(),
                self.action.as_str().into(),
                self.tenant.clone().into(),
                self.target.clone().into(),
                self.outcome.as_str().into(),
                self.ip.clone().into(),
                self.detail.as_ref().map(Value::to_string).into(),
            ],
        )
    }

    /// Runs a statement, and records this in the same transaction when it changed a row.
    pub async fn query(
        &self,
        database: &Database,
        statement: Statement,
    ) -> Result<Rows, StoreError> {
        let mut rows = database.batch(&[statement, self.when_changed()]).await?;
        Ok(rows.swap_remove(0))
    }

    /// Records it alone.
    pub async fn record(&self, database: &Database) -> Result<(), StoreError> {
        database.query(self.when("true")).await.map(|_| ())
    }
}

/// Which entries come first.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    Oldest,
    Newest,
}

/// Entries with their numbers, those behind the number `after`; of one tenant where `tenant` names it.
pub async fn list(
    database: &Database,
    tenant: Option<&str>,
    order: Order,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<(i64, Entry)>, StoreError> {
    // A statement for each case, so that each reads along an index.
    let of_tenant = match tenant {
        Some(_) => "tenant = ?1 AND",
        None => "?1 IS NULL AND",
    };
    let (behind, direction, start) = match order {
        Order::Oldest => (">", "ASC", 0),
        Order::Newest => ("<", "DESC", 1 << 53),
    };
    let statement = Statement::new(
        format!(
            "SELECT seq, at, actor, action, tenant, target, outcome, ip, detail FROM audit \
             WHERE {of_tenant} seq {behind} ?2 ORDER BY seq {direction} LIMIT ?3"
        ),
        [
            tenant.into(),
            after.unwrap_or(start).into(),
            i64::from(limit).into(),
        ],
    );
    let rows = database.query(statement).await?;
    Ok(rows.iter().filter_map(|row| read(&row)).collect())
}

fn read(row: &Row) -> Option<(i64, Entry)> {
    let outcome = row.text("outcome")?;
    let entry = Entry {
        at: row.integer("at")?,
        actor: row.text("actor")?,
        action: row.text("action")?,
        tenant: row.text("tenant"),
        target: row.text("target"),
        outcome: match outcome.as_str() {
            "denied" => Outcome::Denied,
            _ => Outcome::Done,
        },
        ip: row.text("ip"),
        detail: row
            .text("detail")
            .and_then(|text| crate::scim::json::read(&text).ok()),
    };
    Some((row.integer("seq")?, entry))
}
