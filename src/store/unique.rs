//! Who holds the values that must be unique. The key of `attribute_index` has the last word; what is
//! read here lets a plan refuse the one change that would break it, and say why.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::d1::{Columns, Database, Row, Statement};
use super::error::StoreError;
use super::resources::Stored;

/// A value that one resource of its type may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unique {
    pub resource_type: String,
    pub path: String,
    /// As `attribute_index` has it.
    pub value: String,
}

/// Values that were asked about, and the id of the resource that has each.
#[derive(Debug, Clone, Default)]
pub struct Holders(pub HashMap<Unique, Option<String>>);

impl Holders {
    pub fn learn<R: Columns>(&mut self, asked: &[Unique], rows: &[R]) {
        self.0.extend(asked.iter().map(|one| (one.clone(), None)));
        let held = rows.iter();
        let held = held.filter_map(|row| Some((Unique::read(row)?, row.text("id"))));
        self.0.extend(held);
    }

    /// One round trip more, for values that only the plan brought up.
    pub async fn ask(
        &mut self,
        database: &Database,
        tenant: i64,
        unique: &[Unique],
    ) -> Result<(), StoreError> {
        let rows = database.query(statement(tenant, unique)).await?;
        self.learn(unique, &rows.iter().collect::<Vec<Row>>());
        Ok(())
    }
}

impl Unique {
    /// Of an answer to [`statement`].
    pub fn read(row: &impl Columns) -> Option<Self> {
        Some(Self {
            resource_type: row.text("type")?,
            path: row.text("path")?,
            value: row.text("value")?,
        })
    }
}

pub fn statement(tenant: i64, unique: &[Unique]) -> Statement {
    statement_with(tenant, unique, "")
}

/// Whoever is not active and has one as a userName is shown whole: [`Stored::read`] finds them.
pub fn statement_with_inactive(tenant: i64, unique: &[Unique]) -> Statement {
    let inactive = "iif(i.path = 'userName' AND r.document ->> '$.active' = 0, r.document, NULL)";
    let columns = format!(", {}", Stored::columns("r", inactive));
    statement_with(tenant, unique, &columns)
}

fn statement_with(tenant: i64, unique: &[Unique], columns: &str) -> Statement {
    let list: Vec<Value> = unique
        .iter()
        .map(|one| json!([one.resource_type, one.path, one.value]))
        .collect();
    Statement::new(
        format!(
            "SELECT i.type, i.path, i.value, r.id{columns} FROM json_each(?2) e \
             CROSS JOIN attribute_index i ON i.tenant = ?1 AND i.type = e.value ->> 0 \
             AND i.path = e.value ->> 1 AND i.value = e.value ->> 2 AND i.slot = '' \
             CROSS JOIN resources r ON r.seq = i.resource"
        ),
        [tenant.into(), Value::from(list).to_string().into()],
    )
}
