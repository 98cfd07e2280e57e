//! What users belong to, as the product was last told, and the events that tell it.
//!
//! Membership is written without a thought of departments. Afterwards the outbox says whom a change
//! concerned; those users are looked at as they are now, and an event tells what came and went. A
//! change of rules looks at everyone. Each step is one transaction that stands on the progress it
//! began with: two at a time are slow, never wrong, and one that is lost is made up for by the next.
//! Events live for a month and the maintenance run reads them every few minutes, so that none grows
//! old unread; should one ever, putting the rules again looks at everyone.

mod look;

use serde_json::Value;

use super::d1::{Database, Rows, Statement};
use super::error::StoreError;
use super::events::TARGETS_CHANGED;
use crate::mapping::{Progress, Rules, Touched};
use crate::scim::json::read;

/// Users that one step looks at, and members that it looks through.
const CHUNK: usize = 1000;

/// Events that one step reads.
const EVENTS: usize = 100;

/// The most D1 statements that a step takes.
const STATEMENTS_PER_STEP: u32 = 10;

/// Tenants that one maintenance run goes on with.
const TENANTS_PER_RUN: u32 = 5;

/// Goes on with tenants that have something to tell, for the maintenance run. Returns how many
/// statements that took.
pub async fn go_on(database: &Database, statements: u32) -> Result<u32, StoreError> {
    if statements == 0 {
        return Ok(0);
    }
    let sql = format!(
        "SELECT id FROM tenants WHERE told IS NOT NULL AND deleting IS NULL AND \
         (told ->> 'walk' IS NOT NULL OR told -> 'groups' <> '[]' OR EXISTS (SELECT 1 FROM events \
         WHERE tenant = tenants.id AND position > told ->> 'position' \
         AND type <> '{TARGETS_CHANGED}')) LIMIT {TENANTS_PER_RUN}"
    );
    let rows = database.query(Statement::new(sql, [])).await?;
    let mut spent = 1;
    for tenant in rows.iter().filter_map(|row| row.integer("id")) {
        let steps = statements.saturating_sub(spent) / STATEMENTS_PER_STEP;
        if steps == 0 {
            break;
        }
        spent += tell(database, tenant, steps).await? * STATEMENTS_PER_STEP;
    }
    Ok(spent)
}

/// Tells what there is, in so many steps at the most. Returns how many it took.
pub async fn tell(database: &Database, tenant: i64, steps: u32) -> Result<u32, StoreError> {
    for taken in 0..steps {
        match step(database, tenant).await {
            Ok(true) => {}
            // Nothing is left, or another one is at it.
            Ok(false) | Err(StoreError::Stale) => return Ok(taken + 1),
            Err(error) => return Err(error),
        }
    }
    Ok(steps)
}

/// What a step stands on.
struct Ground {
    tenant: i64,
    told: String,
    revision: i64,
    rules: Rules,
}

/// `false` when there is nothing to tell.
async fn step(database: &Database, tenant: i64) -> Result<bool, StoreError> {
    let [state, events] = read_ground(database, tenant).await?;
    let Some(row) = state.first() else {
        return Ok(false);
    };
    let corrupt = || StoreError::Failed(format!("tenant {tenant}: told cannot be read"));
    let told = row.text("told").ok_or_else(corrupt)?;
    let mut progress: Progress = read(&told).map_err(|_| corrupt())?;
    let rules = row
        .text("mapping")
        .and_then(|text| read::<Value>(text).ok());
    let rules = rules.and_then(|rules| Rules::parse(&rules).ok());
    let ground = Ground {
        tenant,
        told,
        revision: row.integer("revision").ok_or_else(corrupt)?,
        rules: rules.unwrap_or_default(),
    };
    let mut touched = Touched::default();
    if let Some(after) = progress.walk.clone() {
        touched.users = users_after(database, tenant, &after).await?;
        progress.walk = next(&touched.users);
    } else if let Some(group) = progress.groups.first().cloned() {
        look_through(database, tenant, &group, &mut progress, &mut touched).await?;
    } else if ground.rules.is_empty() {
        look::end(database, &ground).await?;
        return Ok(false);
    } else {
        let head = row.integer("head").unwrap_or_default();
        if head <= progress.position {
            return Ok(false);
        }
        progress.position = heard(&events, &mut touched).unwrap_or(head);
    }
    progress.look_through(&mut touched.groups);
    look::write(database, &ground, &progress, &touched).await?;
    Ok(true)
}

async fn read_ground(database: &Database, tenant: i64) -> Result<[Rows; 2], StoreError> {
    let state = "SELECT told, mapping, revision, (SELECT max(position) FROM events WHERE tenant = ?1) AS head \
         FROM tenants WHERE id = ?1 AND told IS NOT NULL AND deleting IS NULL";
    let events = format!(
        "SELECT position, type, data ->> '$.resource.id' AS id, data -> 'members' AS members \
         FROM events WHERE tenant = ?1 AND position > \
         (SELECT told ->> 'position' FROM tenants WHERE id = ?1) AND type <> '{TARGETS_CHANGED}' \
         ORDER BY position LIMIT {EVENTS}"
    );
    let batch = [
        Statement::new(state, [tenant.into()]),
        Statement::new(events, [tenant.into()]),
    ];
    let rows = database.batch(&batch).await?;
    <[Rows; 2]>::try_from(rows).map_err(|_| StoreError::Failed("D1 answered half".to_owned()))
}

/// Whom the events concern. Answers where reading goes on, if it did not come to the end.
fn heard(events: &Rows, touched: &mut Touched) -> Option<i64> {
    for (at, row) in events.iter().enumerate() {
        let (position, kind) = (row.integer("position")?, row.text("type")?);
        let members = row
            .text("members")
            .and_then(|text| read::<Value>(text).ok());
        let id = row.text("id").unwrap_or_default();
        touched.by(&kind, &id, &members.unwrap_or(Value::Null));
        let is_last = at + 1 == events.len();
        if touched.users.len() >= CHUNK && !is_last || is_last && events.len() == EVENTS {
            return Some(position);
        }
    }
    None
}

/// The last of a full chunk: behind it there may be more.
fn next(ids: &[String]) -> Option<String> {
    ids.last().filter(|_| ids.len() == CHUNK).cloned()
}

fn ids(rows: &Rows) -> Vec<String> {
    rows.iter().filter_map(|row| row.text("id")).collect()
}

async fn users_after(
    database: &Database,
    tenant: i64,
    after: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT id FROM resources WHERE tenant = ?1 AND type = 'User' AND id > ?2 \
         ORDER BY id LIMIT {CHUNK}"
    );
    let rows = database.query(Statement::new(sql, [tenant.into(), after.into()]));
    Ok(ids(&rows.await?))
}

/// A part of the first group's members, or of those who belonged through it.
async fn look_through(
    database: &Database,
    tenant: i64,
    group: &str,
    progress: &mut Progress,
    touched: &mut Touched,
) -> Result<(), StoreError> {
    if let Some(after) = progress.user.clone() {
        let sql = format!(
            "SELECT DISTINCT user AS id FROM belongings \
             WHERE tenant = ?1 AND \"group\" = ?2 AND user > ?3 ORDER BY user LIMIT {CHUNK}"
        );
        let parameters = [tenant.into(), group.into(), after.as_str().into()];
        touched.users = ids(&database.query(Statement::new(sql, parameters)).await?);
        progress.user = next(&touched.users);
        if progress.user.is_none() {
            progress.groups.remove(0);
        }
        return Ok(());
    }
    let sql = format!(
        "SELECT m.member, r.id, r.type FROM members m CROSS JOIN resources r ON r.seq = m.member \
         WHERE m.\"group\" = \
         (SELECT seq FROM resources WHERE tenant = ?1 AND type = 'Group' AND id = ?2) \
         AND m.member > ?3 ORDER BY m.member LIMIT {CHUNK}"
    );
    let parameters = [tenant.into(), group.into(), progress.after.into()];
    let rows = database.query(Statement::new(sql, parameters)).await?;
    for row in rows.iter() {
        progress.after = row.integer("member").unwrap_or(progress.after);
        let list = match row.text("type").as_deref() {
            Some("Group") => &mut touched.groups,
            _ => &mut touched.users,
        };
        list.extend(row.text("id"));
    }
    if rows.len() < CHUNK {
        progress.after = 0;
        progress.user = Some(String::new());
    }
    Ok(())
}
