//! Resources of every type, one row each, and their index entries.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::d1::{Parameter, Row, Statement};
use super::error::{self, StoreError};
use super::{GUARD, Store};
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
    pub fn read(row: &Row) -> Option<Self> {
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
    /// One round trip, one statement: the guard and the resource.
    pub async fn get(&self, resource_type: &str, id: &str) -> Result<Option<Stored>, StoreError> {
        let sql = format!(
            "SELECT {} FROM (SELECT k.tenant AS tenant {GUARD}) g LEFT JOIN resources r \
             ON r.tenant = g.tenant AND r.type = ?5 AND r.id = ?6",
            Stored::COLUMNS
        );
        let mut parameters = self.guard().to_vec();
        parameters.extend([resource_type.into(), id.into()]);
        let rows = self.database.query(Statement::new(sql, parameters)).await?;
        match rows.first() {
            None => Err(StoreError::Stale),
            Some(row) => Ok(Stored::read(&row)),
        }
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
        statements.extend(self.index_added(resource_type, id, index));
        self.write(statements).await.map(|_| ())
    }

    /// Writes the next version, if `current` still is the present one.
    pub async fn replace(
        &self,
        resource_type: &str,
        current: &Stored,
        new: &NewDocument,
        removed: &[IndexEntry],
        added: &[IndexEntry],
    ) -> Result<(), StoreError> {
        let mut statements = vec![
            assert_version(current),
            Statement::new(
                "UPDATE resources SET version = version + 1, modified = ?2, display = ?3, \
                 document = ?4, folded = ?5 WHERE seq = ?1",
                [
                    current.seq.into(),
                    self.now.into(),
                    new.display.clone().into(),
                    new.document.as_str().into(),
                    new.folded.clone().into(),
                ],
            ),
        ];
        statements.extend(self.index_removed(resource_type, &current.id, removed));
        statements.extend(self.index_added(resource_type, &current.id, added));
        self.write(statements).await.map(|_| ())
    }

    /// Removes the resource and its index entries, if `current` still is the present version.
    pub async fn delete(
        &self,
        resource_type: &str,
        current: &Stored,
        index: &[IndexEntry],
    ) -> Result<(), StoreError> {
        let mut statements = vec![
            assert_version(current),
            Statement::new("DELETE FROM resources WHERE seq = ?1", [current.seq.into()]),
        ];
        statements.extend(self.index_removed(resource_type, &current.id, index));
        self.write(statements).await.map(|_| ())
    }

    /// Which of these unique values another resource than `id` holds already.
    pub async fn taken(
        &self,
        resource_type: &str,
        id: &str,
        index: &[IndexEntry],
    ) -> Result<Option<IndexEntry>, StoreError> {
        let sql = "SELECT e.value ->> 0 AS path, e.value ->> 1 AS value FROM json_each(?3) e \
             JOIN attribute_index i ON i.tenant = ?1 AND i.type = ?2 AND i.path = e.value ->> 0 \
             AND i.value = e.value ->> 1 AND i.slot = '' \
             JOIN resources r ON r.seq = i.resource WHERE r.id <> ?4 LIMIT 1";
        let unique: Vec<_> = index.iter().filter(|entry| entry.unique).cloned().collect();
        let parameters = [
            self.tenant().into(),
            resource_type.into(),
            entries(&unique, ""),
            id.into(),
        ];
        let rows = self.read(&[Statement::new(sql, parameters)]).await?;
        Ok(rows[0].first().and_then(|row| {
            Some(IndexEntry {
                path: row.text("path")?,
                value: row.text("value")?,
                unique: true,
            })
        }))
    }

    fn index_added(
        &self,
        resource_type: &str,
        id: &str,
        index: &[IndexEntry],
    ) -> Option<Statement> {
        let sql = "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) \
             SELECT r.tenant, r.type, e.value ->> 0, e.value ->> 1, e.value ->> 2, r.seq \
             FROM resources r CROSS JOIN json_each(?4) e \
             WHERE r.tenant = ?1 AND r.type = ?2 AND r.id = ?3";
        (!index.is_empty()).then(|| {
            let parameters = [
                self.tenant().into(),
                resource_type.into(),
                id.into(),
                entries(index, id),
            ];
            Statement::new(sql, parameters)
        })
    }

    fn index_removed(
        &self,
        resource_type: &str,
        id: &str,
        index: &[IndexEntry],
    ) -> Option<Statement> {
        let sql = "DELETE FROM attribute_index WHERE tenant = ?1 AND type = ?2 \
             AND (path, value, slot) IN \
             (SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2 FROM json_each(?3) e)";
        (!index.is_empty()).then(|| {
            let parameters = [
                self.tenant().into(),
                resource_type.into(),
                entries(index, id),
            ];
            Statement::new(sql, parameters)
        })
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

/// Entries as one JSON parameter: `[[path, value, slot], …]`.
fn entries(index: &[IndexEntry], id: &str) -> Parameter {
    let list: Vec<_> = index
        .iter()
        .map(|entry| json!([entry.path, entry.value, if entry.unique { "" } else { id }]))
        .collect();
    serde_json::Value::from(list).to_string().into()
}
