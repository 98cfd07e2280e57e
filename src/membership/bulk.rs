//! A bulk inside the object: read, plan, write, in two D1 round trips however many operations it
//! has. It is one transaction, so that whatever happens to D1, all of what the plan accepted is
//! there or nothing of it.

use worker::{Env, console_error};

use super::bulk_answer;
use super::bulk_plan;
use super::client::one;
use super::commit::{repeated, rules};
use super::message::{Answer, BulkEnvelope, Outcome};
use super::object::Shared;
use super::reactivation;
use crate::store::accepted::Begun;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::members;

/// `begun` is what is known of one that was accepted before.
pub async fn run(env: &Env, shared: &Shared, bulk: &BulkEnvelope, begun: Option<&Begun>) -> Answer {
    let (result, cost) = repeated(env, shared, async |database| {
        attempt(database, shared, bulk, begun).await
    })
    .await;
    let outcome = result.unwrap_or_else(failed);
    Answer { outcome, cost }
}

async fn attempt(
    database: &Database,
    shared: &Shared,
    bulk: &BulkEnvelope,
    begun: Option<&Begun>,
) -> Result<Outcome, StoreError> {
    let token = [(bulk.token_hash.as_str(), bulk.now)];
    let Some(context) = shared.context(database, &token).await? else {
        return Ok(Outcome::Stale);
    };
    let rules = rules(&context);
    let mut envelopes = bulk_plan::envelopes(bulk);
    let question = bulk_plan::question(bulk, &envelopes, &rules);
    let (tenant, now) = (context.id, bulk.now);
    let mut ground = members::read(database, tenant, now, &question).await?;
    match ground.tokens.as_slice() {
        [] => return Ok(Outcome::Stale),
        [(_, revision), ..] if *revision != context.revision => return Err(StoreError::Stale),
        _ if bulk.revision != context.revision => return Ok(Outcome::Stale),
        _ => {}
    }
    let known = reactivation::known(bulk, &question, &ground, &rules);
    let renamed;
    let sent = &bulk.operations;
    let mut bulk = bulk;
    if !known.is_empty() {
        renamed = reactivation::renamed(bulk, &known);
        envelopes = bulk_plan::envelopes(&renamed);
        if reactivation::is_referred_to(bulk, &known) {
            // What refers to somebody who is there stands on more than the message told before.
            let question = bulk_plan::question(&renamed, &envelopes, &rules);
            let tokens = ground.tokens;
            ground = members::read(database, tenant, now, &question).await?;
            if ground.tokens != tokens {
                return Err(StoreError::Stale);
            }
            if !reactivation::are_there(&known, &ground) {
                return Err(StoreError::Version);
            }
        } else {
            ground.targets.append(&mut ground.inactive);
        }
        bulk = &renamed;
    }
    let (mut outcomes, mut writes) = bulk_plan::plan(bulk, &envelopes, &rules, &ground);
    if !writes.unasked.is_empty() {
        // Renames: an operation may give up again what it took, and the write would not notice.
        let holders = &mut ground.holders;
        holders.ask(database, tenant, &writes.unasked).await?;
        (outcomes, writes) = bulk_plan::plan(bulk, &envelopes, &rules, &ground);
    }
    if let Some(begun) = begun {
        let results: Result<Vec<_>, _> = outcomes.into_iter().map(one).collect();
        let (finished, told) = bulk_answer::finished(begun, sent, &results?);
        writes.finished = Some(finished);
        writes.events.extend(told);
        members::write(database, tenant, now, &writes).await?;
        return Ok(Outcome::Bulk(Vec::new()));
    }
    let mut outcome = Outcome::Bulk(outcomes);
    if !writes.is_empty() {
        outcome.learn(&members::write(database, tenant, now, &writes).await?);
    }
    Ok(outcome)
}

fn failed(error: StoreError) -> Outcome {
    match error {
        StoreError::Failed(why) => Outcome::Failed(why),
        // Planning refuses each resource that is.
        StoreError::TooLarge => Outcome::Failed("a row of a bulk is too large".to_owned()),
        // A conflict or a cycle that stays, although every plan avoids those that it can see, is
        // others' doing, again and again.
        error => {
            console_error!("membership: a bulk was not written: {error:?}");
            Outcome::Unavailable
        }
    }
}
