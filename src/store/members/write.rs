//! What a batch of changes does. PURE: its statements, which are one transaction.
//!
//! Of everything, a few are a statement each, found by key and reading least; many are one
//! statement over JSON, because D1 limits the number of statements too.

pub(in crate::store) mod groups;
pub(in crate::store) mod index;
mod rows;

use serde_json::json;

use super::{Writes, array, json_text, live_tokens};
use crate::store::d1::{Parameter, Statement};
use crate::store::events::{self, NewEvent};
use crate::store::{accepted, assertion, error};

const FEW: usize = 8;

pub fn statements(tenant: i64, now: i64, writes: &Writes) -> Vec<Statement> {
    let mut batch = vec![guard(tenant, now, writes)];
    let finished = writes.finished.iter();
    batch.extend(finished.flat_map(|finished| accepted::finished(tenant, finished)));
    batch.extend(versions(writes));
    batch.extend(containing(writes));
    batch.extend(told(tenant, writes));
    batch.extend(groups::created(tenant, &writes.created));
    batch.extend(groups::changed(&writes.changed));
    batch.extend(index::removed(tenant, &writes.index_removed));
    batch.extend(rows::removed(writes));
    batch.extend(groups::buried(now, writes));
    batch.extend(rows::added(tenant, writes));
    batch.extend(groups::gone(writes));
    batch.extend(index::added(tenant, &writes.index_added));
    batch.extend(acyclic(tenant, &writes.acyclic));
    batch
}

/// Events, while those who go are still there; whom a sweep takes out, the next does not meet.
fn told(tenant: i64, writes: &Writes) -> Vec<Statement> {
    let swept = |event: &NewEvent| {
        let others = event.others.as_ref()?;
        let sweep = others.sweep.as_ref()?;
        Some(sweep.remove(others.group, &others.but))
    };
    let parts = (writes.events).split_inclusive(|event| swept(event).is_some());
    let told = |part: &[NewEvent]| {
        let mut statements = events::write::statements(tenant, part);
        statements.extend(part.last().and_then(swept));
        statements
    };
    parts.flat_map(told).collect()
}

/// The tokens are live, and the tenant's rules are those of the plan.
fn guard(tenant: i64, now: i64, writes: &Writes) -> Statement {
    let (live, hashes) = live_tokens(&writes.token_hashes);
    let holds = format!("(SELECT count(*) {live} AND t.revision = ?4) = ?5");
    let count = writes.token_hashes.len() as i64;
    let parameters = [
        hashes,
        tenant.into(),
        now.into(),
        writes.revision.into(),
        count.into(),
    ];
    assertion(&holds, error::GUARD, parameters)
}

/// What changes or goes still has the version that the plan read. A few that change say so
/// themselves: see [`groups::changed`].
fn versions(writes: &Writes) -> Option<Statement> {
    let are_many = writes.changed.len() > FEW;
    let changed = writes.changed.iter().filter(|_| are_many);
    let changed = changed.map(|group| (group.seq, group.from, group.id.as_str()));
    let gone = writes.gone.iter();
    let gone = gone.map(|gone| (gone.seq, gone.version, gone.id.as_str()));
    let all: Vec<_> = changed.chain(gone).collect();
    let (sql, parameters) = match all.as_slice() {
        [] => return None,
        [(seq, version, id)] => (
            "EXISTS (SELECT 1 FROM resources r WHERE r.seq = ?1 AND r.version = ?2 AND r.id = ?3)",
            vec![(*seq).into(), (*version).into(), (*id).into()],
        ),
        many => (
            "(SELECT count(*) FROM json_each(?1) e CROSS JOIN resources r \
             ON r.seq = e.value ->> 0 AND r.version = e.value ->> 1 AND r.id = e.value ->> 2) = ?2",
            vec![array(many, |one| json!(one)), (many.len() as i64).into()],
        ),
    };
    Some(assertion(sql, error::VERSION, parameters))
}

/// What goes is in no group that the plan did not see.
fn containing(writes: &Writes) -> Option<Statement> {
    let sql = "NOT EXISTS (SELECT 1 FROM json_each(?1) e WHERE \
         (SELECT count(*) FROM members m WHERE m.member = e.value ->> 0) <> e.value ->> 1)";
    (!writes.gone.is_empty()).then(|| {
        let counts = array(&writes.gone, |gone| json!([gone.seq, gone.containing]));
        assertion(sql, error::VERSION, vec![counts])
    })
}

fn each(parts: Vec<Parameter>, statement: impl Fn(Parameter) -> Statement) -> Vec<Statement> {
    parts.into_iter().map(statement).collect()
}

/// Looks upwards, where there are only groups: downwards every user would be read.
pub(in crate::store) fn acyclic(tenant: i64, ids: &[String]) -> Option<Statement> {
    let sql = "NOT EXISTS (WITH RECURSIVE above (root, seq) AS (\
         SELECT g.seq, m.\"group\" FROM json_each(?2) e CROSS JOIN resources g \
         ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value \
         CROSS JOIN members m ON m.member = g.seq \
         UNION SELECT a.root, m.\"group\" FROM above a CROSS JOIN members m ON m.member = a.seq) \
         SELECT 1 FROM above WHERE root = seq)";
    let parameters = || vec![tenant.into(), json_text(ids)];
    (!ids.is_empty()).then(|| assertion(sql, error::CYCLE, parameters()))
}
