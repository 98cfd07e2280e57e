//! The groups themselves: made, changed, gone. PURE.

use serde_json::json;

use super::{FEW, each};
use crate::store::bulk::chunks;
use crate::store::d1::{Parameter, Statement};
use crate::store::members::{ChangedGroup, NewGroup, Writes, array};
use crate::store::resources::NewDocument;
use crate::store::tombstones::bury;

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

/// What goes can come back where the tenant says so.
pub fn buried(now: i64, writes: &Writes) -> Vec<Statement> {
    match (found(writes), writes.kept_days) {
        (Some((found, seqs)), Some(days)) => bury(found, &seqs, now, days),
        _ => Vec::new(),
    }
}

pub fn gone(writes: &Writes) -> Vec<Statement> {
    let Some((found, seqs)) = found(writes) else {
        return Vec::new();
    };
    [
        "members WHERE \"group\"",
        "members WHERE member",
        "resources WHERE seq",
    ]
    .map(|place| Statement::new(format!("DELETE FROM {place} {found}"), [seqs.clone()]))
    .to_vec()
}

/// What goes, as a condition over the parameter ?1, and that parameter.
fn found(writes: &Writes) -> Option<(&'static str, Parameter)> {
    match writes.gone.as_slice() {
        [] => None,
        [one] => Some(("= ?1", one.seq.into())),
        many => Some((
            "IN (SELECT value FROM json_each(?1))",
            array(many, |gone| json!(gone.seq)),
        )),
    }
}
