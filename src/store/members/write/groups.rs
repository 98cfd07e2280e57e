//! The groups themselves: made, changed, gone. PURE.

use serde_json::json;

use super::{FEW, each};
use crate::store::bulk::chunks;
use crate::store::d1::{Parameter, Statement};
use crate::store::members::{ChangedGroup, NewGroup, Writes, array};
use crate::store::resources::NewDocument;

pub fn created(tenant: i64, groups: &[NewGroup]) -> Vec<Statement> {
    let sql = "INSERT INTO resources \
         (tenant, type, id, version, created, modified, display, document, folded) \
         SELECT ?1, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, \
         e.value ->> 5, e.value ->> 6, e.value ->> 7 FROM json_each(?2) e";
    let show = |group: &NewGroup| {
        let NewDocument {
            document,
            folded,
            display,
        } = &group.new;
        json!([
            group.resource_type,
            group.id,
            group.version,
            group.created,
            group.modified,
            display,
            document,
            folded
        ])
    };
    each(chunks(groups, show), |part| {
        Statement::new(sql, [tenant.into(), part])
    })
}

pub fn changed(groups: &[ChangedGroup]) -> Vec<Statement> {
    if groups.len() <= FEW {
        return groups.iter().map(changed_one).collect();
    }
    let (whole, members_only): (Vec<_>, Vec<_>) =
        groups.iter().partition(|group| group.new.is_some());
    let mut statements = vec![Statement::new(
        "UPDATE resources SET version = e.value ->> 1, modified = e.value ->> 2 \
         FROM json_each(?1) e WHERE seq = e.value ->> 0",
        [array(members_only, |group| {
            json!([group.seq, group.to, group.modified])
        })],
    )];
    let whole = whole
        .into_iter()
        .filter_map(|group| Some((group, group.new.as_ref()?)));
    let sql = "UPDATE resources SET version = e.value ->> 1, modified = e.value ->> 2, \
         display = e.value ->> 3, document = e.value ->> 4, folded = e.value ->> 5 \
         FROM json_each(?1) e WHERE seq = e.value ->> 0";
    let show = |(group, new): (&ChangedGroup, &NewDocument)| {
        json!([
            group.seq,
            group.to,
            group.modified,
            new.display,
            new.document,
            new.folded
        ])
    };
    statements.extend(each(chunks(whole, show), |part| {
        Statement::new(sql, [part])
    }));
    statements
}

fn changed_one(group: &ChangedGroup) -> Statement {
    let mut parameters = vec![group.seq.into(), group.to.into(), group.modified.into()];
    let Some(new) = &group.new else {
        let sql = "UPDATE resources SET version = ?2, modified = ?3 WHERE seq = ?1";
        return Statement::new(sql, parameters);
    };
    parameters.extend([
        new.display.clone().into(),
        new.document.as_str().into(),
        new.folded.clone().into(),
    ]);
    let sql = "UPDATE resources SET version = ?2, modified = ?3, display = ?4, document = ?5, \
         folded = ?6 WHERE seq = ?1";
    Statement::new(sql, parameters)
}

pub fn gone(writes: &Writes) -> Vec<Statement> {
    let (found, seqs) = match writes.gone.as_slice() {
        [] => return Vec::new(),
        [one] => ("= ?1", Parameter::from(one.seq)),
        many => (
            "IN (SELECT value FROM json_each(?1))",
            array(many, |gone| json!(gone.seq)),
        ),
    };
    [
        "members WHERE \"group\"",
        "members WHERE member",
        "resources WHERE seq",
    ]
    .map(|place| Statement::new(format!("DELETE FROM {place} {found}"), [seqs.clone()]))
    .to_vec()
}
