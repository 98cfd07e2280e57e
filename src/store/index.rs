//! The statements that keep `attribute_index` in step with one resource. A few entries are found by
//! their keys; many are one statement over JSON, because D1 limits statements and parameters.

use serde_json::json;

use super::d1::{Parameter, Statement};
use crate::scim::resource::index::IndexEntry;

/// Entries that are written one by one. Each brings three parameters, of D1's 100.
const FEW: usize = 8;

/// Whose entries they are.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    pub tenant: i64,
    pub resource_type: &'a str,
    pub id: &'a str,
    /// `None` for the resource that the statement before, of the same batch, inserts.
    pub seq: Option<i64>,
}

impl Owner<'_> {
    pub fn removed(&self, entries: &[IndexEntry]) -> Vec<Statement> {
        let scope = "DELETE FROM attribute_index WHERE tenant = ?1 AND type = ?2";
        if entries.len() > FEW {
            let sql = format!(
                "{scope} AND (path, value, slot) IN (SELECT e.value ->> 0, e.value ->> 1, \
                 e.value ->> 2 FROM json_each(?3) e)"
            );
            let parameters = [
                self.tenant.into(),
                self.resource_type.into(),
                as_json(entries, self.id),
            ];
            return vec![Statement::new(sql, parameters)];
        }
        let one = |entry: &IndexEntry| {
            Statement::new(
                format!("{scope} AND path = ?3 AND value = ?4 AND slot = ?5"),
                [
                    self.tenant.into(),
                    self.resource_type.into(),
                    entry.path.as_str().into(),
                    entry.value.as_str().into(),
                    slot(entry, self.id).into(),
                ],
            )
        };
        entries.iter().map(one).collect()
    }

    pub fn added(&self, entries: &[IndexEntry]) -> Option<Statement> {
        let resource = match self.seq {
            Some(_) => "?3",
            None => "last_insert_rowid()",
        };
        let mut sql = "INSERT INTO attribute_index \
             (tenant, type, resource, path, value, slot) "
            .to_owned();
        let mut parameters: Vec<Parameter> = vec![
            self.tenant.into(),
            self.resource_type.into(),
            self.seq.into(),
        ];
        if entries.len() > FEW {
            sql.push_str(&format!(
                "SELECT ?1, ?2, {resource}, e.value ->> 0, e.value ->> 1, e.value ->> 2 \
                 FROM json_each(?4) e"
            ));
            parameters.push(as_json(entries, self.id));
            return Some(Statement::new(sql, parameters));
        }
        for (at, entry) in entries.iter().enumerate() {
            let before = if at == 0 { "VALUES " } else { ", " };
            let [path, value, slot_at] = [0, 1, 2].map(|offset| 4 + 3 * at + offset);
            sql.push_str(&format!(
                "{before}(?1, ?2, {resource}, ?{path}, ?{value}, ?{slot_at})"
            ));
            parameters.extend([
                entry.path.as_str().into(),
                entry.value.as_str().into(),
                slot(entry, self.id).into(),
            ]);
        }
        (!entries.is_empty()).then(|| Statement::new(sql, parameters))
    }
}

/// `''` where the schema lets nobody else hold the value: see schema.sql.
fn slot<'e>(entry: &IndexEntry, id: &'e str) -> &'e str {
    if entry.unique { "" } else { id }
}

/// `[[path, value, slot], …]` as one parameter.
pub fn as_json(entries: &[IndexEntry], id: &str) -> Parameter {
    let list: Vec<_> = entries
        .iter()
        .map(|entry| json!([entry.path, entry.value, slot(entry, id)]))
        .collect();
    serde_json::Value::from(list).to_string().into()
}
