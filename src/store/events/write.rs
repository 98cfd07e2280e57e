//! The statements that write events. PURE.

use serde_json::{Value, json};

use super::{MEMBER_ADDED, MEMBERS_PER_EVENT, NewEvent, Others, PRUNED_AT_ONCE};
use crate::store::COMMITTED;
use crate::store::bulk::chunks;
use crate::store::d1::{Parameter, Statement};
use crate::store::members::Sweep;

/// Events that are written without JSON around them, which would count as rows read.
const FEW: usize = 8;

/// What every statement that writes events begins with.
pub(in crate::store) const INSERT: &str = "INSERT INTO events (tenant, created, type, data)";

/// In the events' order, for the transaction of their changes: before members go, where an event
/// tells of [`Others`].
pub fn statements(tenant: i64, events: &[NewEvent]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let alike = |one: &NewEvent, next: &NewEvent| one.others.is_none() && next.others.is_none();
    for run in events.chunk_by(alike) {
        match run {
            [event] if let Some(others) = &event.others => {
                statements.push(tell_others(tenant, event, others));
            }
            few if few.len() <= FEW => statements.push(tell_few(tenant, few)),
            many => statements.extend(tell_many(tenant, many)),
        }
    }
    statements
}

fn tell_few(tenant: i64, events: &[NewEvent]) -> Statement {
    let mut parameters: Vec<Parameter> = vec![tenant.into()];
    let mut values = Vec::with_capacity(events.len());
    for event in events {
        let at = parameters.len() + 1;
        values.push(format!("(?1, {COMMITTED}, ?{at}, ?{})", at + 1));
        parameters.extend([event.kind.into(), event.data.to_string().into()]);
    }
    let sql = format!("{INSERT} VALUES {}", values.join(", "));
    Statement::new(sql, parameters)
}

fn tell_many(tenant: i64, events: &[NewEvent]) -> Vec<Statement> {
    let sql = format!(
        "{INSERT} SELECT ?1, {COMMITTED}, e.value ->> 0, e.value ->> 1 \
         FROM json_each(?2) e ORDER BY e.key"
    );
    let parts = chunks(events, |event| json!([event.kind, event.data]));
    let one = |part| Statement::new(sql.clone(), [tenant.into(), part]);
    parts.into_iter().map(one).collect()
}

fn tell_others(tenant: i64, event: &NewEvent, others: &Others) -> Statement {
    let (condition, literals) = others.sweep.as_ref().map_or(("true", "[]"), Sweep::meant);
    let sql = format!(
        "{INSERT} SELECT ?1, {COMMITTED}, ?3, json_set(?4, '$.members', \
         json_group_array(json_object('value', id, 'type', type))) FROM (SELECT o.id, o.type, \
         (row_number() OVER (ORDER BY m.member) - 1) / {MEMBERS_PER_EVENT} AS part \
         FROM members m CROSS JOIN resources o ON o.seq = m.member WHERE m.\"group\" = ?5 \
         AND m.member NOT IN (SELECT value FROM json_each(?6)) AND {condition}) \
         GROUP BY part ORDER BY part"
    );
    let parameters = [
        tenant.into(),
        literals.into(),
        event.kind.into(),
        event.data.to_string().into(),
        others.group.into(),
        Value::from(others.but.clone()).to_string().into(),
    ];
    Statement::new(sql, parameters)
}

/// Of the memberships `[[group, member, display], …]` in ?2, by `resources.seq`, one row each.
pub const LISTED: &str = "SELECT key AS place, value ->> 0 AS \"group\", value ->> 1 AS member, \
     value ->> 2 AS display FROM json_each(?2)";

/// Of the memberships that are `found`, by a SELECT like [`LISTED`], those that are not in the table
/// yet: before they are written, and after their groups' versions.
pub fn newcomers(tenant: i64, found: &str, parameter: Parameter) -> Statement {
    // A merge patch over nothing leaves out what is null.
    let sql = format!(
        "{INSERT} SELECT ?1, {COMMITTED}, '{MEMBER_ADDED}', \
         json_patch('{{}}', json_object('resource', json_object('id', g.id, \
         'externalId', g.document ->> 'externalId', 'displayName', g.display, 'meta', \
         json_object('resourceType', g.type, 'version', 'W/\"' || g.version || '\"')), \
         'members', json_group_array(json(json_patch('{{}}', \
         json_object('value', r.id, 'type', r.type, 'display', n.display)))))) FROM \
         (SELECT *, (row_number() OVER (PARTITION BY \"group\" ORDER BY place) - 1) \
         / {MEMBERS_PER_EVENT} AS part FROM ({found}) f WHERE NOT EXISTS (SELECT 1 FROM members m \
         WHERE m.\"group\" = f.\"group\" AND m.member = f.member)) n \
         CROSS JOIN resources g ON g.seq = n.\"group\" CROSS JOIN resources r ON r.seq = n.member \
         GROUP BY n.\"group\", n.part ORDER BY n.\"group\", n.part"
    );
    Statement::new(sql, [tenant.into(), parameter])
}

/// Forgets the oldest events, where they are from before `cutoff`, and notes up to where.
pub fn pruned(cutoff: i64) -> [Statement; 2] {
    let mark = format!(
        "INSERT INTO outbox (one, pruned) SELECT 1, max(position) FROM \
         (SELECT position, created FROM events \
         WHERE position < iif((SELECT created FROM events ORDER BY position LIMIT 1) < ?1, \
         (SELECT max(position) FROM events), 0) ORDER BY position LIMIT {PRUNED_AT_ONCE}) \
         WHERE created < ?1 HAVING max(position) IS NOT NULL \
         ON CONFLICT (one) DO UPDATE SET pruned = max(pruned, excluded.pruned)"
    );
    let delete = "DELETE FROM events WHERE position <= (SELECT pruned FROM outbox)";
    [
        Statement::new(mark, [cutoff.into()]),
        Statement::new(delete, []),
    ]
}
