//! What a batch of changes stands on. PURE: statements, and what their rows say.

use serde_json::json;

use super::{Ground, Named, Question, array, json_text, live_tokens, sweep};
use crate::store::d1::{Columns, Statement};
use crate::store::error::StoreError;
use crate::store::resources::Stored;
use crate::store::{bulk, quotas, unique};

/// Resource types that a member is looked for in: each is a join.
const MAX_TYPES: usize = 30;

/// What a statement of [`statements`] answers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Tokens,
    Targets,
    /// One of the question's, by its place.
    Sweep(usize),
    Counts,
    Containing,
    Holders,
    Nesting,
    Room,
}

/// Statements that nothing asks for are left out.
fn parts(question: &Question) -> Vec<Part> {
    let asked = [
        (Part::Tokens, true),
        (Part::Targets, !question.targets.is_empty()),
        (Part::Counts, !question.others_of.is_empty()),
        (Part::Containing, !question.deleted.is_empty()),
        (Part::Holders, !question.unique.is_empty()),
        (Part::Nesting, !question.nested.is_empty()),
        (Part::Room, question.room),
    ];
    let asked = asked.into_iter().filter(|(_, is_asked)| *is_asked);
    let sweeps = (0..question.sweeps.len()).map(Part::Sweep);
    asked.map(|(part, _)| part).chain(sweeps).collect()
}

pub fn statements(tenant: i64, now: i64, question: &Question) -> Vec<Statement> {
    let statement = |part| match part {
        Part::Tokens => {
            let (live, hashes) = live_tokens(&question.token_hashes);
            let sql = format!("SELECT k.hash, t.revision {live}");
            Statement::new(sql, [hashes, tenant.into(), now.into()])
        }
        Part::Targets => targets(tenant, question),
        Part::Sweep(at) => question.sweeps[at].find(tenant, sweep_limit(question, at)),
        // Whether there are more members than were named, or go: that is all that a replacement
        // must know of the others.
        Part::Counts => Statement::new(
            "SELECT g.seq, (SELECT count(*) FROM \
             (SELECT 1 FROM members m WHERE m.\"group\" = g.seq LIMIT ?3)) AS members \
             FROM json_each(?2) e CROSS JOIN resources g \
             ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value",
            [
                tenant.into(),
                json_text(&question.others_of),
                enough(question).into(),
            ],
        ),
        Part::Containing => Statement::new(
            format!(
                "SELECT d.seq AS gone, {} FROM json_each(?2) e CROSS JOIN resources d \
                 ON d.tenant = ?1 AND d.type = e.value ->> 0 AND d.id = e.value ->> 1 \
                 CROSS JOIN members m ON m.member = d.seq CROSS JOIN resources r ON r.seq = m.\"group\"",
                Stored::columns("r", "r.document")
            ),
            [
                tenant.into(),
                array(&question.deleted, |(one, other)| json!([one, other])),
            ],
        ),
        Part::Holders if question.posted.is_empty() => unique::statement(tenant, &question.unique),
        Part::Holders => unique::statement_with_inactive(tenant, &question.unique),
        Part::Nesting => bulk::nesting(tenant, &question.nested),
        Part::Room => quotas::statement(tenant),
    };
    parts(question).into_iter().map(statement).collect()
}

fn sweep_limit(question: &Question, at: usize) -> usize {
    let group = &question.sweeps[at].group;
    let target = question.targets.iter().find(|target| target.id == *group);
    sweep::limit(target.map_or(0, |target| target.named.len()))
}

fn enough(question: &Question) -> i64 {
    let named = question.targets.iter().map(|target| target.named.len());
    let most = named.max().unwrap_or_default();
    // Those whom a filter finds are known too.
    let found = match question.sweeps.as_slice() {
        [] => 0,
        _ => sweep::limit(most),
    };
    (most + found + question.deleted.len() + 1) as i64
}

/// A row for each named member, and at least one for each target; the target's document is in the
/// first of them. A member's type is not known: it is looked for in one type after the other.
fn targets(tenant: i64, question: &Question) -> Statement {
    let types = &question.member_types[..question.member_types.len().min(MAX_TYPES)];
    let mut parameters = vec![
        tenant.into(),
        array(&question.targets, |asked| {
            json!([asked.resource_type, asked.id, asked.named])
        }),
        i64::from(!question.sweeps.is_empty()).into(),
    ];
    let mut joins = String::new();
    let (mut seq, mut shown) = ("NULL".to_owned(), "NULL".to_owned());
    let mut resource_type = String::new();
    for (at, name) in types.iter().enumerate() {
        let parameter = parameters.len() + 1;
        joins.push_str(&format!(
            " LEFT JOIN resources r{at} ON r{at}.tenant = ?1 AND r{at}.type = ?{parameter} \
             AND r{at}.id = n.value"
        ));
        seq.push_str(&format!(", r{at}.seq"));
        shown.push_str(&format!(", r{at}.display"));
        resource_type.push_str(&format!(" WHEN r{at}.seq IS NOT NULL THEN r{at}.type"));
        parameters.push(name.as_str().into());
    }
    if types.is_empty() {
        resource_type.push_str(" WHEN 0 THEN NULL");
    }
    let sql = format!(
        "SELECT e.key AS target, {}, g.seq AS \"group\", \
         n.value AS named, coalesce(NULL, {seq}) AS member, CASE{resource_type} END AS type, \
         m.member IS NOT NULL AS is_member, m.display AS given, \
         iif(?3, coalesce(NULL, {shown}), NULL) AS shown \
         FROM json_each(?2) e \
         LEFT JOIN resources g ON g.tenant = ?1 AND g.type = e.value ->> 0 AND g.id = e.value ->> 1 \
         LEFT JOIN json_each(e.value, '$[2]') n{joins} \
         LEFT JOIN members m ON m.\"group\" = g.seq AND m.member = coalesce(NULL, {seq})",
        Stored::columns("g", "iif(n.key > 0, NULL, g.document)")
    );
    Statement::new(sql, parameters)
}

/// `rows` are the answers to [`statements`].
pub fn ground<R: Columns>(question: &Question, rows: &[Vec<R>]) -> Result<Ground, StoreError> {
    let parts = parts(question);
    if parts.len() != rows.len() {
        return Err(StoreError::Failed(
            "D1 answered another number of statements than were asked".to_owned(),
        ));
    }
    let mut ground = Ground::default();
    for (part, rows) in parts.into_iter().zip(rows) {
        match part {
            Part::Tokens => {
                ground.tokens = collect(rows, |row| {
                    Some((row.text("hash")?, row.integer("revision")?))
                })?;
            }
            Part::Targets => {
                for row in rows {
                    let target = row
                        .integer("target")
                        .and_then(|at| usize::try_from(at).ok());
                    let asked = target.and_then(|at| question.targets.get(at));
                    if let Some((asked, stored)) = asked.zip(Stored::read(row)) {
                        ground.targets.push((asked.resource_type.clone(), stored));
                    }
                }
                ground.named.extend(rows.iter().filter_map(named));
            }
            Part::Sweep(at) => {
                ground.named.extend(rows.iter().filter_map(named));
                if rows.len() == sweep_limit(question, at) {
                    ground.sweeps.push(question.sweeps[at].clone());
                }
            }
            Part::Counts => {
                ground.counts = collect(rows, |row| {
                    Some((row.integer("seq")?, row.integer("members")?))
                })?;
            }
            Part::Containing => {
                ground.containing =
                    collect(rows, |row| Some((row.integer("gone")?, Stored::read(row)?)))?;
            }
            Part::Holders => {
                ground.holders.learn(&question.unique, rows);
                let shown = rows.iter();
                let shown = shown.filter_map(|row| Some((row.text("type")?, Stored::read(row)?)));
                ground.inactive = shown.collect();
            }
            Part::Room => ground.room = quotas::room(rows),
            Part::Nesting => {
                ground.nesting = Some(collect(rows, |row| {
                    Some((row.text("child")?, row.text("parent")?))
                })?);
            }
        }
    }
    Ok(ground)
}

/// `None` for a row that names nobody, or nobody who exists.
fn named(row: &impl Columns) -> Option<Named> {
    Some(Named {
        group: row.integer("group"),
        seq: row.integer("member")?,
        id: row.text("named")?,
        resource_type: row.text("type")?,
        is_member: row.integer("is_member")? != 0,
        display: row.text("given"),
        shown: row.text("shown"),
    })
}

fn collect<R, T>(rows: &[R], read: impl Fn(&R) -> Option<T>) -> Result<Vec<T>, StoreError> {
    let all: Option<Vec<T>> = rows.iter().map(read).collect();
    all.ok_or_else(|| StoreError::Failed("a row lacks a column that is NOT NULL".to_owned()))
}
