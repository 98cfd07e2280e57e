//! The groups themselves: made, changed, gone. PURE.

use serde_json::json;

use super::{FEW, each};
use crate::store::bulk::chunks;
use crate::store::d1::{Parameter, Statement};
use crate::store::members::{ChangedGroup, NewGroup, Writes, array};
use crate::store::resources::NewDocument;
use crate::store::tombstones::bury;
use crate::store::{COMMITTED, MODIFIED, assertion, error};

/// What [`crate::store::members::write`] reads.
const RETURNING: &str = "RETURNING seq, id, modified";

pub fn created(tenant: i64, groups: &[NewGroup]) -> Vec<Statement> {
    let sql = format!(
        "INSERT INTO resources \
         (tenant, type, id, version, created, modified, display, document, folded) \
         SELECT ?1, e.value ->> 0, e.value ->> 1, e.value ->> 2, \
         coalesce(e.value ->> '$[6][0]', {COMMITTED}), coalesce(e.value ->> '$[6][1]', {COMMITTED}), \
         e.value ->> 3, e.value ->> 4, e.value ->> 5 FROM json_each(?2) e {RETURNING}"
    );
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
            display,
            document,
            folded,
            group.times
        ])
    };
    each(chunks(groups, show), |part| {
        Statement::new(sql.clone(), [tenant.into(), part])
    })
}

pub fn changed(groups: &[ChangedGroup]) -> Vec<Statement> {
    if groups.len() <= FEW {
        return groups.iter().flat_map(changed_one).collect();
    }
    let (whole, members_only): (Vec<_>, Vec<_>) =
        groups.iter().partition(|group| group.new.is_some());
    let mut statements = vec![Statement::new(
        format!(
            "UPDATE resources SET version = e.value ->> 1, {MODIFIED} \
             FROM json_each(?1) e WHERE seq = e.value ->> 0 {RETURNING}"
        ),
        [array(members_only, |group| json!([group.seq, group.to]))],
    )];
    let whole = whole
        .into_iter()
        .filter_map(|group| Some((group, group.new.as_ref()?)));
    let sql = format!(
        "UPDATE resources SET version = e.value ->> 1, {MODIFIED}, \
         display = e.value ->> 2, document = e.value ->> 3, folded = e.value ->> 4 \
         FROM json_each(?1) e WHERE seq = e.value ->> 0 {RETURNING}"
    );
    let show = |(group, new): (&ChangedGroup, &NewDocument)| {
        json!([group.seq, group.to, new.display, new.document, new.folded])
    };
    statements.extend(each(chunks(whole, show), |part| {
        Statement::new(sql.clone(), [part])
    }));
    statements
}

/// The version that the plan read stands in the UPDATE itself: a row read less than before it.
fn changed_one(group: &ChangedGroup) -> [Statement; 2] {
    let mut parameters = vec![
        group.seq.into(),
        group.from.into(),
        group.id.as_str().into(),
        group.to.into(),
    ];
    let mut document = "";
    if let Some(new) = &group.new {
        document = ", display = ?5, document = ?6, folded = ?7";
        parameters.extend([
            new.display.clone().into(),
            new.document.as_str().into(),
            new.folded.clone().into(),
        ]);
    }
    let sql = format!(
        "UPDATE resources SET version = ?4, {MODIFIED}{document} \
         WHERE seq = ?1 AND version = ?2 AND id = ?3 {RETURNING}"
    );
    [
        Statement::new(sql, parameters),
        assertion("changes() = 1", error::VERSION, []),
    ]
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
