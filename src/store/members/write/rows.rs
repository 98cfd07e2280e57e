//! Rows of `members` that come and go. PURE.

use serde_json::{Value, json};

use super::FEW;
use crate::store::bulk;
use crate::store::d1::Statement;
use crate::store::folded::folded_text;
use crate::store::members::{NewGroup, NewMember, Writes, array};

pub fn removed(writes: &Writes) -> Vec<Statement> {
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
pub fn added(tenant: i64, writes: &Writes) -> Vec<Statement> {
    let mut statements = Vec::new();
    let with_members = |group: &&NewGroup| !group.members.is_empty();
    if writes.created.iter().any(|group| with_members(&group)) {
        let created = writes.created.iter().filter(with_members);
        statements.push(Statement::new(
            "INSERT INTO members (\"group\", member, display, folded) SELECT g.seq, \
             (SELECT r.seq FROM resources r WHERE r.seq = n.value ->> 0 AND r.id = n.value ->> 1), \
             n.value ->> 2, n.value ->> 3 FROM json_each(?2) e CROSS JOIN resources g \
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
            "INSERT INTO members (\"group\", member, display, folded) SELECT e.value ->> 0, \
             (SELECT r.seq FROM resources r \
             WHERE r.seq = e.value ->> '$[1][0]' AND r.id = e.value ->> '$[1][1]'), \
             e.value ->> '$[1][2]', e.value ->> '$[1][3]' FROM json_each(?1) e WHERE true \
             ON CONFLICT DO UPDATE SET display = excluded.display, folded = excluded.folded",
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
        Some(display) => match folded_text(display) {
            Some(folded) => json!([member.seq, member.id, display, folded]),
            None => json!([member.seq, member.id, display]),
        },
        None => json!([member.seq, member.id]),
    }
}
