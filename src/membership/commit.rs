//! A batch from the queue to its outcomes: read, plan, write, and again when the ground moved.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{Delay, Env, console_error};

use super::message::{Answer, Envelope, Outcome, PANIC_HEADER};
use super::object::Shared;
use super::plan::{Rules, plan};
use super::question::question;
use super::queue::{Waiting, Work};
use super::{bulk, steps};
use crate::scim::error::ScimError;
use crate::store::d1::{Cost, Database};
use crate::store::error::StoreError;
use crate::store::members;
use crate::store::tenants::TenantContext;

/// Past this a batch is given up, a little over the 30 s that D1 gives it. If it still happens, its
/// assertions have held: it is whole, and the retries find it done.
const LONGEST: Duration = Duration::from_secs(35);

/// How often a batch is planned anew because its ground moved.
const ATTEMPTS: usize = 8;

/// Runs a batch. One that cannot commit as a whole is halved until what breaks it is alone, and
/// refused alone.
pub async fn run(env: &Env, shared: &Shared, batch: Vec<Waiting>) {
    assert!(
        !batch.iter().any(|waiting| waiting.panics),
        "asked for by {PANIC_HEADER}"
    );
    let (mut envelopes, mut replies) = (Vec::new(), Vec::new());
    for waiting in batch {
        match waiting.work {
            Work::Change(envelope) => {
                envelopes.push(envelope);
                replies.push(waiting.reply);
            }
            Work::Bulk(bulk) => {
                let _ = waiting
                    .reply
                    .send(bulk::run(env, shared, &bulk, None).await);
            }
        }
    }
    let mut replies = replies.into_iter();
    let mut parts = vec![envelopes.as_slice()];
    while let Some(part) = parts.pop() {
        let (outcomes, cost) = commit(env, shared, part).await;
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) if part.len() > 1 && is_one_changes_fault(&error) => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
                continue;
            }
            Err(error) => vec![failed(error); part.len()],
        };
        let cost = share(cost, outcomes.len());
        // The plan may leave the last ones to the next batch.
        if let Some(rest @ [_, ..]) = part.get(outcomes.len()..) {
            parts.push(rest);
        }
        for (outcome, reply) in outcomes.into_iter().zip(&mut replies) {
            // A client that hung up has nobody waiting here; its change stands.
            let _ = reply.send(Answer { outcome, cost });
        }
    }
}

fn is_one_changes_fault(error: &StoreError) -> bool {
    match error {
        StoreError::Conflict { .. }
        | StoreError::Cycle
        | StoreError::InUse
        | StoreError::TooLarge
        | StoreError::TooManyGroups
        | StoreError::Failed(_) => true,
        StoreError::Stale
        | StoreError::Version
        | StoreError::Quota
        | StoreError::Unavailable(_) => false,
    }
}

async fn commit(
    env: &Env,
    shared: &Shared,
    envelopes: &[Envelope],
) -> (Result<Vec<Outcome>, StoreError>, Cost) {
    repeated(env, shared, async |database| {
        attempt(database, shared, envelopes).await
    })
    .await
}

/// Read, plan, write; again when the ground moved in between. A conflict is such a move, and a quota
/// that others used up: a plan refuses those that it can see.
pub async fn repeated<T>(
    env: &Env,
    shared: &Shared,
    attempt: impl AsyncFn(&Database) -> Result<T, StoreError>,
) -> (Result<T, StoreError>, Cost) {
    let database = match Database::new(env) {
        Ok(database) => database,
        Err(error) => return (Err(error), Cost::default()),
    };
    let attempts = async {
        let mut result = Err(StoreError::Version);
        for _ in 0..ATTEMPTS {
            result = attempt(&database).await;
            match &result {
                Err(StoreError::Version | StoreError::Conflict { .. } | StoreError::Quota) => {}
                Err(StoreError::Stale) => shared.forget(),
                _ => break,
            }
        }
        result
    };
    let result = match select(Box::pin(attempts), Box::pin(Delay::from(LONGEST))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(StoreError::Unavailable("D1 does not come back".to_owned())),
    };
    (result, database.cost())
}

pub fn rules(context: &TenantContext) -> Rules<'_> {
    Rules {
        registry: &context.registry,
        mode: context.settings.mode,
        revision: context.revision,
        index: &context.index,
        kept_days: context.settings.kept_days(),
        quotas: &context.settings.quotas,
        reactivates: context.settings.reactivate_on_create,
    }
}

async fn attempt(
    database: &Database,
    shared: &Shared,
    envelopes: &[Envelope],
) -> Result<Vec<Outcome>, StoreError> {
    let [first, ..] = envelopes else {
        return Ok(Vec::new());
    };
    let tokens: Vec<_> = envelopes
        .iter()
        .map(|envelope| (envelope.token_hash.as_str(), envelope.now))
        .collect();
    let Some(context) = shared.context(database, &tokens).await? else {
        return Ok(vec![Outcome::Stale; envelopes.len()]);
    };
    let now = envelopes
        .iter()
        .map(|envelope| envelope.now)
        .max()
        .unwrap_or(first.now);
    let rules = rules(&context);
    let question = question(envelopes, &rules);
    let mut ground = members::read(database, context.id, now, &question).await?;
    // The tenant's settings changed since this object learnt them.
    if ground
        .tokens
        .iter()
        .any(|(_, revision)| *revision != context.revision)
    {
        return Err(StoreError::Stale);
    }
    let (mut outcomes, mut writes) = plan(envelopes, &rules, ground.clone());
    if writes.is_empty() {
        return Ok(outcomes);
    }
    let written = match members::write(database, context.id, now, &writes).await {
        // A rename takes a value whose holder the plan had not asked for: few meet one, so that is
        // asked only now.
        Err(StoreError::Conflict { .. }) if !writes.unasked.is_empty() => {
            let holders = &mut ground.holders;
            holders.ask(database, context.id, &writes.unasked).await?;
            (outcomes, writes) = plan(envelopes, &rules, ground);
            if writes.is_empty() {
                return Ok(outcomes);
            }
            members::write(database, context.id, now, &writes).await?
        }
        written => written?,
    };
    for outcome in &mut outcomes {
        outcome.learn(&written);
    }
    Ok(outcomes)
}

fn failed(error: StoreError) -> Outcome {
    match error {
        StoreError::Conflict { .. } => Outcome::from(ScimError::uniqueness(
            "Another group has this name, or another value that must be unique.",
        )),
        StoreError::Cycle => Outcome::from(steps::inside_itself()),
        StoreError::TooLarge => Outcome::from(ScimError::new(413, "The group is too large.")),
        StoreError::Stale
        | StoreError::Version
        | StoreError::Quota
        | StoreError::Unavailable(_) => {
            console_error!("membership unavailable: {error:?}");
            Outcome::Unavailable
        }
        StoreError::InUse | StoreError::TooManyGroups => {
            Outcome::Failed("no change of membership is refused so".to_owned())
        }
        StoreError::Failed(why) => Outcome::Failed(why),
    }
}

/// One change's part of what its batch cost. It waited for every trip; the rows are shared.
fn share(cost: Cost, changes: usize) -> Cost {
    let part = |rows: u64| rows.div_ceil(changes.max(1) as u64);
    Cost {
        rows_read: part(cost.rows_read),
        rows_written: part(cost.rows_written),
        ..cost
    }
}
