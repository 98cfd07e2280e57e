//! What a batch of changes does. PURE: its statements, which are one transaction.
//!
//! Of everything, a few are a statement each, found by key and reading least; many are one
//! statement over JSON, because D1 limits the number of statements too.

use serde_json::{Value, json};

use super::{ChangedGroup, Indexed, NewGroup, NewMember, Writes, array, json_text, live_tokens};
use crate::store::bulk::{self, chunks};
use crate::store::d1::{Parameter, Statement};
use crate::store::error;
use crate::store::resources::NewDocument;

const FEW: usize = 8;

pub fn statements(tenant: i64, now: i64, writes: &Writes) -> Vec<Statement> {
    let mut batch = vec![guard(tenant, now, writes)];
    batch.extend(versions(writes));
    batch.extend(containing(writes));
    batch.extend(created(tenant, &writes.created));
    batch.extend(changed(&writes.changed));
    batch.extend(index_removed(tenant, &writes.index_removed));
    batch.extend(members_removed(writes));
    batch.extend(members_added(tenant, writes));
    batch.extend(gone(writes));
    batch.extend(index_added(tenant, &writes.index_added));
    batch.extend(acyclic(tenant, &writes.acyclic));
    batch
}

/// The tokens are live, and the tenant's rules are those of the plan.
fn guard(tenant: i64, now: i64, writes: &Writes) -> Statement {
    let (live, hashes) = live_tokens(&writes.token_hashes);
    let sql = format!(
        "INSERT INTO assertions VALUES ((SELECT count(*) {live} AND t.revision = ?4) = ?5, '{}')",
        error::GUARD
    );
    let count = writes.token_hashes.len() as i64;
    let parameters = [
        hashes,
        tenant.into(),
        now.into(),
        writes.revision.into(),
        count.into(),
    ];
    Statement::new(sql, parameters)
}

/// What changes or goes still has the version that the plan read.
fn versions(writes: &Writes) -> Option<Statement> {
    let changed = writes.changed.iter();
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

fn assertion(holds: &str, message: &str, parameters: Vec<Parameter>) -> Statement {
    let sql = format!("INSERT INTO assertions VALUES ({holds}, '{message}')");
    Statement::new(sql, parameters)
}

fn created(tenant: i64, groups: &[NewGroup]) -> Vec<Statement> {
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

fn each(parts: Vec<Parameter>, statement: impl Fn(Parameter) -> Statement) -> Vec<Statement> {
    parts.into_iter().map(statement).collect()
}

fn changed(groups: &[ChangedGroup]) -> Vec<Statement> {
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

fn index_removed(tenant: i64, entries: &[Indexed]) -> Vec<Statement> {
    if entries.len() <= FEW {
        let sql = "DELETE FROM attribute_index WHERE tenant = ?1 AND type = ?2 AND path = ?3 \
             AND value = ?4 AND slot = ?5";
        let one = |one: &Indexed| Statement::new(sql, index_key(tenant, one));
        return entries.iter().map(one).collect();
    }
    let sql = "DELETE FROM attribute_index WHERE tenant = ?1 AND (type, path, value, slot) IN \
         (SELECT e.value ->> 0, e.value ->> 2, e.value ->> 3, e.value ->> 4 FROM json_each(?2) e)";
    each(chunks(entries, indexed), |part| {
        Statement::new(sql, [tenant.into(), part])
    })
}

/// A resource that is not there any more has no `seq`, and NOT NULL undoes the batch.
fn index_added(tenant: i64, entries: &[Indexed]) -> Vec<Statement> {
    if entries.len() <= FEW {
        let sql = "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) \
             VALUES (?1, ?2, ?3, ?4, ?5, \
             (SELECT seq FROM resources WHERE tenant = ?1 AND type = ?2 AND id = ?6))";
        let one = |one: &Indexed| {
            let mut parameters = index_key(tenant, one);
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

fn index_key(tenant: i64, one: &Indexed) -> Vec<Parameter> {
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

fn members_removed(writes: &Writes) -> Vec<Statement> {
    let mut statements = Vec::new();
    if !writes.kept.is_empty() {
        statements.push(Statement::new(
            "DELETE FROM members WHERE \"group\" IN (SELECT e.value ->> 0 FROM json_each(?1) e) \
             AND (\"group\", member) NOT IN (SELECT e.value ->> 0, k.value FROM json_each(?1) e \
             CROSS JOIN json_each(e.value, '$[1]') k)",
            [array(&writes.kept, |one| json!(one))],
        ));
    }
    if writes.removed.len() <= FEW {
        let sql = "DELETE FROM members WHERE \"group\" = ?1 AND member = ?2";
        let one =
            |(group, member): &(i64, i64)| Statement::new(sql, [(*group).into(), (*member).into()]);
        statements.extend(writes.removed.iter().map(one));
    } else {
        statements.push(Statement::new(
            "DELETE FROM members WHERE (\"group\", member) IN \
             (SELECT e.value ->> 0, e.value ->> 1 FROM json_each(?1) e)",
            [array(&writes.removed, |one| json!(one))],
        ));
    }
    statements
}

/// A member that is not there any more has no `seq`, and NOT NULL undoes the batch. The parameters
/// name each group once, or by `seq`, so that they stay below D1's 2 MB.
fn members_added(tenant: i64, writes: &Writes) -> Vec<Statement> {
    let mut statements = Vec::new();
    let with_members = |group: &&NewGroup| !group.members.is_empty();
    if writes.created.iter().any(|group| with_members(&group)) {
        let created = writes.created.iter().filter(with_members);
        statements.push(Statement::new(
            "INSERT INTO members (\"group\", member, display) SELECT g.seq, \
             (SELECT r.seq FROM resources r WHERE r.seq = n.value ->> 0 AND r.id = n.value ->> 1), \
             n.value ->> 2 FROM json_each(?2) e CROSS JOIN resources g \
             ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value ->> 0 \
             CROSS JOIN json_each(e.value, '$[1]') n",
            [
                tenant.into(),
                array(created, |group| {
                    let members: Vec<_> = group.members.iter().map(new_member).collect();
                    json!([group.id, members])
                }),
            ],
        ));
    }
    if !writes.added.is_empty() {
        statements.push(Statement::new(
            "INSERT INTO members (\"group\", member, display) SELECT e.value ->> 0, \
             (SELECT r.seq FROM resources r \
             WHERE r.seq = e.value ->> '$[1][0]' AND r.id = e.value ->> '$[1][1]'), \
             e.value ->> '$[1][2]' FROM json_each(?1) e WHERE true \
             ON CONFLICT DO UPDATE SET display = excluded.display",
            [array(&writes.added, |(group, member)| {
                json!([group, new_member(member)])
            })],
        ));
    }
    statements.extend(bulk::members_of_new(tenant, &writes.added_new));
    statements
}

fn new_member(member: &NewMember) -> Value {
    match &member.display {
        Some(display) => json!([member.seq, member.id, display]),
        None => json!([member.seq, member.id]),
    }
}

fn gone(writes: &Writes) -> Vec<Statement> {
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

/// Looks upwards, where there are only groups: downwards every user would be read.
fn acyclic(tenant: i64, ids: &[String]) -> Option<Statement> {
    let sql = "NOT EXISTS (WITH RECURSIVE above (root, seq) AS (\
         SELECT g.seq, m.\"group\" FROM json_each(?2) e CROSS JOIN resources g \
         ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value \
         CROSS JOIN members m ON m.member = g.seq \
         UNION SELECT a.root, m.\"group\" FROM above a CROSS JOIN members m ON m.member = a.seq) \
         SELECT 1 FROM above WHERE root = seq)";
    let parameters = || vec![tenant.into(), json_text(ids)];
    (!ids.is_empty()).then(|| assertion(sql, error::CYCLE, parameters()))
}
