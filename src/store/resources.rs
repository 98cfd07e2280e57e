//! Resources of every type, one row each, and their index entries.

use serde::{Deserialize, Serialize};

use super::d1::{Columns, Parameter, Rows, Statement};
use super::derive::{Derive, Found, PER_ROW, fewer};
use super::error::{self, StoreError};
use super::events::{self, NewEvent};
use super::index::{Owner, as_json};
use super::{COMMITTED, GUARD, MODIFIED, Store, assertion, tombstones};
use crate::scim::resource::index::IndexEntry;

/// A resource as it lies in D1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    pub seq: i64,
    pub id: String,
    pub version: i64,
    /// Unix milliseconds.
    pub created: i64,
    /// Unix milliseconds.
    pub modified: i64,
    /// JSON text: the resource without `meta` and what else is derived.
    pub document: String,
}

/// A unique value that a resource has.
pub struct Taken {
    pub entry: IndexEntry,
    pub found: Found,
}

/// What a resource is to become.
#[derive(Debug, Clone)]
pub struct NewDocument {
    pub document: String,
    /// See `resources.folded` in schema.sql.
    pub folded: Option<String>,
    pub display: Option<String>,
}

impl Stored {
    /// The columns that [`Stored::read`] wants, of a `resources` by its alias; `document` is an
    /// expression. Each column costs for every row: D1 makes it a member of an object, and each is
    /// fetched out of that. So what is short is one of them.
    pub fn columns(of: &str, document: &str) -> String {
        format!(
            "{of}.seq || ' ' || {of}.version || ' ' || {of}.created || ' ' || {of}.modified \
             || ' ' || {of}.id AS head, {document} AS document"
        )
    }

    /// `None` where an outer join found no resource, or the document is NULL.
    pub fn read(row: &impl Columns) -> Option<Self> {
        let document = row.text("document")?;
        let head = row.text("head")?;
        let mut parts = head.splitn(5, ' ');
        let mut number = || parts.next()?.parse().ok();
        let [seq, version, created, modified] = [number()?, number()?, number()?, number()?];
        Some(Self {
            seq,
            version,
            created,
            modified,
            id: parts.next()?.to_owned(),
            document,
        })
    }
}

impl Store {
    /// One round trip, one statement: the guard, the resource and what is derived; more only for
    /// more than fits into a row. Nothing is derived of the version `known`, which the client has.
    pub async fn get(
        &self,
        resource_type: &str,
        id: &str,
        derive: Derive,
        base: &str,
        known: Option<i64>,
    ) -> Result<Option<Found>, StoreError> {
        let mut per_row = PER_ROW;
        let found = loop {
            let once = self.get_once(resource_type, id, (derive, per_row), base, known);
            match once.await {
                Err(StoreError::TooLarge) if derive != Derive::Nothing && per_row > 1 => {
                    per_row = fewer(per_row);
                }
                found => break found?,
            }
        };
        let Some(mut found) = found else {
            return Ok(None);
        };
        // Twice: what could also be read at once is never broken off.
        self.complete(&mut found, base).await?;
        self.complete(&mut found, base).await?;
        Ok(Some(found))
    }

    async fn get_once(
        &self,
        resource_type: &str,
        id: &str,
        (derive, per_row): (Derive, u32),
        base: &str,
        known: Option<i64>,
    ) -> Result<Option<Found>, StoreError> {
        let mut derived = derive.sql("?7", per_row);
        if known.is_some() {
            derived = format!("CASE WHEN r.version = ?8 THEN NULL ELSE {derived} END");
        }
        let sql = format!(
            "SELECT {}, {derived} AS derived FROM (SELECT k.tenant AS tenant {GUARD}) g \
             LEFT JOIN resources r ON r.tenant = g.tenant AND r.type = ?5 AND r.id = ?6",
            Stored::columns("r", "r.document"),
        );
        let mut parameters = self.guard().to_vec();
        parameters.extend([resource_type.into(), id.into()]);
        if derive != Derive::Nothing || known.is_some() {
            parameters.push(base.into());
        }
        parameters.extend(known.map(Parameter::from));
        let rows = self.database.query(Statement::new(sql, parameters)).await?;
        let Some(row) = rows.first() else {
            return Err(StoreError::Stale);
        };
        Ok(Found::read(&row, derive))
    }

    /// One round trip: authentication, uniqueness and creation. Answers its time.
    pub async fn create(
        &self,
        resource_type: &str,
        id: &str,
        new: &NewDocument,
        index: &[IndexEntry],
        event: NewEvent,
    ) -> Result<i64, StoreError> {
        let insert = Statement::new(
            format!(
                "INSERT INTO resources \
                 (tenant, type, id, created, modified, display, document, folded) \
                 VALUES (?1, ?2, ?3, {COMMITTED}, {COMMITTED}, ?4, ?5, ?6) RETURNING modified"
            ),
            [
                self.tenant().into(),
                resource_type.into(),
                id.into(),
                new.display.clone().into(),
                new.document.as_str().into(),
                new.folded.clone().into(),
            ],
        );
        let mut statements = vec![insert];
        statements.extend(self.owner(resource_type, id, None).added(index));
        statements.extend(self.told(event));
        let rows = self.write(statements).await?;
        modified(rows.first())
    }

    /// Writes the next version, if `current` still is the present one. Answers its time.
    ///
    /// Guard and version stand in the UPDATE's own condition, and the assertion behind it undoes
    /// the batch when it hit nothing: two rows read less than with assertions before it.
    pub async fn replace(
        &self,
        resource_type: &str,
        current: &Stored,
        new: &NewDocument,
        removed: &[IndexEntry],
        added: &[IndexEntry],
        event: NewEvent,
    ) -> Result<i64, StoreError> {
        let mut parameters = self.guard().to_vec();
        parameters.extend([
            current.seq.into(),
            current.version.into(),
            new.display.clone().into(),
            new.document.as_str().into(),
            new.folded.clone().into(),
            current.id.as_str().into(),
        ]);
        let update = format!(
            "UPDATE resources SET version = version + 1, \
             {MODIFIED}, display = ?7, document = ?8, folded = ?9 \
             WHERE seq = ?5 AND version = ?6 AND id = ?10 AND tenant = ?2 \
             AND EXISTS (SELECT 1 {GUARD}) RETURNING modified"
        );
        let mut statements = vec![
            Statement::new(update, parameters),
            assertion("changes() = 1", error::GUARD, []),
        ];
        let owner = self.owner(resource_type, &current.id, Some(current.seq));
        statements.extend(owner.removed(removed));
        statements.extend(owner.added(added));
        statements.extend(self.told(event));
        let rows = self.database.batch(&statements).await?;
        modified(rows.first())
    }

    /// Removes the resource and its index entries, if `current` still is the present version.
    pub async fn delete(
        &self,
        resource_type: &str,
        current: &Stored,
        index: &[IndexEntry],
        event: NewEvent,
    ) -> Result<(), StoreError> {
        let mut statements = vec![assert_version(current)];
        if let Some(days) = self.access.tenant.settings.kept_days() {
            let seq = current.seq.into();
            statements.extend(tombstones::bury("= ?1", &seq, self.now, days));
        }
        let delete = "DELETE FROM resources WHERE seq = ?1";
        statements.push(Statement::new(delete, [current.seq.into()]));
        let owner = self.owner(resource_type, &current.id, Some(current.seq));
        statements.extend(owner.removed(index));
        statements.extend(self.told(event));
        self.write(statements).await.map(|_| ())
    }

    /// Which of these unique values another resource than `id` holds already.
    pub async fn taken(
        &self,
        resource_type: &str,
        id: &str,
        index: &[IndexEntry],
        derive: Derive,
        base: &str,
    ) -> Result<Option<Taken>, StoreError> {
        let sql = format!(
            "SELECT e.value ->> 0 AS path, e.value ->> 1 AS value, {}, {} AS derived \
             FROM json_each(?3) e CROSS JOIN attribute_index i \
             ON i.tenant = ?1 AND i.type = ?2 AND i.path = e.value ->> 0 \
             AND i.value = e.value ->> 1 AND i.slot = '' \
             CROSS JOIN resources r ON r.seq = i.resource WHERE r.id <> ?4 LIMIT 1",
            Stored::columns("r", "r.document"),
            derive.sql("?5", PER_ROW)
        );
        let unique: Vec<_> = index.iter().filter(|entry| entry.unique).cloned().collect();
        let mut parameters = vec![
            self.tenant().into(),
            resource_type.into(),
            as_json(&unique, ""),
            id.into(),
        ];
        if derive != Derive::Nothing {
            parameters.push(base.into());
        }
        let rows = self.read(&[Statement::new(sql, parameters)]).await?;
        let mut taken = rows[0].first().and_then(|row| {
            Some(Taken {
                entry: IndexEntry {
                    path: row.text("path")?,
                    value: row.text("value")?,
                    unique: true,
                },
                found: Found::read(&row, derive)?,
            })
        });
        if let Some(taken) = &mut taken {
            self.complete(&mut taken.found, base).await?;
        }
        Ok(taken)
    }

    fn told(&self, event: NewEvent) -> Vec<Statement> {
        events::write::statements(self.tenant(), &[event])
    }

    fn owner<'a>(&self, resource_type: &'a str, id: &'a str, seq: Option<i64>) -> Owner<'a> {
        Owner {
            tenant: self.tenant(),
            resource_type,
            id,
            seq,
        }
    }
}

/// What RETURNING says of a written row.
fn modified(rows: Option<&Rows>) -> Result<i64, StoreError> {
    let row = rows.and_then(Rows::first);
    row.and_then(|row| row.integer("modified"))
        .ok_or_else(|| StoreError::Failed("a written row did not come back".to_owned()))
}

fn assert_version(current: &Stored) -> Statement {
    assertion(
        "EXISTS (SELECT 1 FROM resources WHERE seq = ?1 AND id = ?2 AND version = ?3)",
        error::VERSION,
        [
            current.seq.into(),
            current.id.as_str().into(),
            current.version.into(),
        ],
    )
}
