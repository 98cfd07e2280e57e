//! Index entries of what changed. PURE.

use serde_json::{Value, json};

use super::{FEW, each};
use crate::store::bulk::chunks;
use crate::store::d1::{Parameter, Statement};
use crate::store::members::Indexed;

pub fn removed(tenant: i64, entries: &[Indexed]) -> Vec<Statement> {
    if entries.len() <= FEW {
        let sql = "DELETE FROM attribute_index WHERE tenant = ?1 AND type = ?2 AND path = ?3 \
             AND value = ?4 AND slot = ?5";
        let one = |one: &Indexed| Statement::new(sql, key(tenant, one));
        return entries.iter().map(one).collect();
    }
    let sql = "DELETE FROM attribute_index WHERE tenant = ?1 AND (type, path, value, slot) IN \
         (SELECT e.value ->> 0, e.value ->> 2, e.value ->> 3, e.value ->> 4 FROM json_each(?2) e)";
    each(chunks(entries, indexed), |part| {
        Statement::new(sql, [tenant.into(), part])
    })
}

/// A resource that is not there any more has no `seq`, and NOT NULL undoes the batch.
pub fn added(tenant: i64, entries: &[Indexed]) -> Vec<Statement> {
    if entries.len() <= FEW {
        let sql = "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) \
             VALUES (?1, ?2, ?3, ?4, ?5, \
             (SELECT seq FROM resources WHERE tenant = ?1 AND type = ?2 AND id = ?6))";
        let one = |one: &Indexed| {
            let mut parameters = key(tenant, one);
            parameters.push(one.id.as_str().into());
            Statement::new(sql, parameters)
        };
        return entries.iter().map(one).collect();
    }
    let sql = "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) \
         SELECT ?1, e.value ->> 0, e.value ->> 2, e.value ->> 3, e.value ->> 4, \
         (SELECT seq FROM resources WHERE tenant = ?1 AND type = e.value ->> 0 \
         AND id = e.value ->> 1) FROM json_each(?2) e";
    each(chunks(entries, indexed), |part| {
        Statement::new(sql, [tenant.into(), part])
    })
}

fn key(tenant: i64, one: &Indexed) -> Vec<Parameter> {
    vec![
        tenant.into(),
        one.resource_type.as_str().into(),
        one.entry.path.as_str().into(),
        one.entry.value.as_str().into(),
        slot(one).into(),
    ]
}

fn indexed(one: &Indexed) -> Value {
    let Indexed {
        resource_type,
        id,
        entry,
    } = one;
    json!([resource_type, id, entry.path, entry.value, slot(one)])
}

fn slot(one: &Indexed) -> &str {
    if one.entry.unique { "" } else { &one.id }
}
