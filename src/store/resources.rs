//! Resources of every type, one row each, and their index entries.

use serde::{Deserialize, Serialize};

use super::d1::{Columns, Statement};
use super::derive::{Derive, Found, MEMBERS_PER_ROW};
use super::error::{self, StoreError};
use super::index::{Owner, as_json};
use super::{GUARD, Store, tombstones};
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
    /// The columns that [`Stored::read`] wants, of a `resources r`.
    pub const COLUMNS: &str = "r.seq, r.id, r.version, r.created, r.modified, r.document";

    /// `None` where an outer join found no resource.
    pub fn read(row: &impl Columns) -> Option<Self> {
        Some(Self {
            seq: row.integer("seq")?,
            id: row.text("id")?,
            version: row.integer("version")?,
            created: row.integer("created")?,
            modified: row.integer("modified")?,
            document: row.text("document")?,
        })
    }
}

impl Store {
    /// One round trip, one statement: the guard, the resource and what is derived.
    pub async fn get(
        &self,
        resource_type: &str,
        id: &str,
        derive: Derive,
        base: &str,
    ) -> Result<Option<Found>, StoreError> {
        let sql = format!(
            "SELECT {}, {} AS derived FROM (SELECT k.tenant AS tenant {GUARD}) g \
             LEFT JOIN resources r ON r.tenant = g.tenant AND r.type = ?5 AND r.id = ?6",
            Stored::COLUMNS,
            derive.sql("?7", MEMBERS_PER_ROW),
        );
        let mut parameters = self.guard().to_vec();
        parameters.extend([resource_type.into(), id.into()]);
        if derive != Derive::Nothing {
            parameters.push(base.into());
        }
        let rows = self.database.query(Statement::new(sql, parameters)).await?;
        let Some(row) = rows.first() else {
            return Err(StoreError::Stale);
        };
        let Some(mut found) = Found::read(&row) else {
            return Ok(None);
        };
        self.complete(&mut found, derive, base).await?;
        Ok(Some(found))
    }

    /// One round trip: authentication, uniqueness and creation.
    pub async fn create(
        &self,
        resource_type: &str,
        id: &str,
        new: &NewDocument,
        index: &[IndexEntry],
    ) -> Result<(), StoreError> {
        let insert = Statement::new(
            "INSERT INTO resources (tenant, type, id, created, modified, display, document, folded) \
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)",
            [
                self.tenant().into(),
                resource_type.into(),
                id.into(),
                self.now.into(),
                new.display.clone().into(),
                new.document.as_str().into(),
                new.folded.clone().into(),
            ],
        );
        let mut statements = vec![insert];
        statements.extend(self.owner(resource_type, id, None).added(index));
        self.write(statements).await.map(|_| ())
    }

    /// Writes the next version, if `current` still is the present one.
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
    ) -> Result<(), StoreError> {
        let mut parameters = self.guard().to_vec();
        parameters.extend([
            current.seq.into(),
            current.version.into(),
            self.now.into(),
            new.display.clone().into(),
            new.document.as_str().into(),
            new.folded.clone().into(),
            current.id.as_str().into(),
        ]);
        let update = format!(
            "UPDATE resources SET version = version + 1, modified = ?7, display = ?8, \
             document = ?9, folded = ?10 \
             WHERE seq = ?5 AND version = ?6 AND id = ?11 AND tenant = ?2 \
             AND EXISTS (SELECT 1 {GUARD})"
        );
        let moved = format!(
            "INSERT INTO assertions SELECT changes() = 1, '{}'",
            error::GUARD
        );
        let mut statements = vec![
            Statement::new(update, parameters),
            Statement::new(moved, []),
        ];
        let owner = self.owner(resource_type, &current.id, Some(current.seq));
        statements.extend(owner.removed(removed));
        statements.extend(owner.added(added));
        self.database.batch(&statements).await.map(|_| ())
    }

    /// Removes the resource and its index entries, if `current` still is the present version.
    pub async fn delete(
        &self,
        resource_type: &str,
        current: &Stored,
        index: &[IndexEntry],
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
            Stored::COLUMNS,
            derive.sql("?5", MEMBERS_PER_ROW)
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
        Ok(rows[0].first().and_then(|row| {
            Some(Taken {
                entry: IndexEntry {
                    path: row.text("path")?,
                    value: row.text("value")?,
                    unique: true,
                },
                found: Found::read(&row)?,
            })
        }))
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

fn assert_version(current: &Stored) -> Statement {
    Statement::new(
        format!(
            "INSERT INTO assertions \
             SELECT EXISTS (SELECT 1 FROM resources WHERE seq = ?1 AND id = ?2 AND version = ?3), \
             '{}'",
            error::VERSION
        ),
        [
            current.seq.into(),
            current.id.as_str().into(),
            current.version.into(),
        ],
    )
}
