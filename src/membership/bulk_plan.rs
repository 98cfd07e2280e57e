//! A bulk as one plan (RFC 7644 §3.7). PURE.
//!
//! Operations apply in the order they came, each to what the ones before it left; only as members of
//! groups can resources be named before the operation that creates them. An operation that refers
//! to what does not come to be fails too, so that no reference is left dangling: the plan is then
//! made anew without it, until nothing else fails.

use super::message::{BulkEnvelope, BulkTask, Change, Envelope, Outcome};
use super::plan::{Planner, Rules};
use super::question;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::resource::version::Conditions;
use crate::store::members::{Ground, Question, Writes};

/// How often the plan is made anew before every operation with a reference is given up.
const ROUNDS: usize = 8;

/// Each operation as a change of its own; `None` for those that are refused for their form.
pub fn envelopes(bulk: &BulkEnvelope) -> Vec<Option<Envelope>> {
    let change = |task: &BulkTask| match task {
        BulkTask::Change(change) => Some(change.clone()),
        BulkTask::Refused(_) => None,
    };
    bulk.operations
        .iter()
        .map(|operation| {
            Some(Envelope {
                token_hash: bulk.token_hash.clone(),
                tenant: bulk.tenant,
                revision: bulk.revision,
                now: bulk.now,
                conditions: Conditions {
                    if_match: operation.if_match.clone(),
                    if_none_match: None,
                },
                change: change(&operation.task)?,
            })
        })
        .collect()
}

/// What must be read before the bulk can be planned.
pub fn question(bulk: &BulkEnvelope, envelopes: &[Option<Envelope>], rules: &Rules) -> Question {
    let changes: Vec<Envelope> = envelopes.iter().flatten().cloned().collect();
    let mut question = question::question(&changes, rules);
    // Refusals, too, are for those with a live token only.
    question.token_hashes = vec![bulk.token_hash.clone()];
    let named = question.targets.iter();
    let named = named.filter(|target| !target.named.is_empty());
    question.nested = named.map(|target| target.id.clone()).collect();
    question
}

/// The outcome of each operation that was tried, and the writes that make them true.
pub fn plan(
    bulk: &BulkEnvelope,
    envelopes: &[Option<Envelope>],
    rules: &Rules,
    ground: &Ground,
) -> (Vec<Outcome>, Writes) {
    let mut failing = Failing(vec![None; bulk.operations.len()]);
    for round in 0.. {
        let (outcomes, writes) = attempt(bulk, envelopes, rules, ground.clone(), &failing);
        if !failing.spread(bulk, &outcomes, round >= ROUNDS) {
            return (outcomes, writes);
        }
    }
    (Vec::new(), Writes::default())
}

fn attempt(
    bulk: &BulkEnvelope,
    envelopes: &[Option<Envelope>],
    rules: &Rules,
    ground: Ground,
    failing: &Failing,
) -> (Vec<Outcome>, Writes) {
    let mut planner = Planner::new(rules, ground);
    for (at, envelope) in envelopes.iter().enumerate() {
        if let Some(Envelope {
            change: Change::Create {
                resource_type, id, ..
            },
            ..
        }) = envelope
            && failing.0[at].is_none()
        {
            planner.promise(resource_type, id);
        }
    }
    let mut outcomes = Vec::with_capacity(bulk.operations.len());
    let mut failed = 0;
    for (at, (operation, envelope)) in bulk.operations.iter().zip(envelopes).enumerate() {
        if bulk.fail_on_errors.is_some_and(|most| failed >= most) {
            break;
        }
        let outcome = match (&operation.task, envelope, &failing.0[at]) {
            (_, _, Some(outcome)) => outcome.clone(),
            (_, Some(envelope), None) => planner.outcome(envelope),
            (BulkTask::Refused(refusal), ..) => Outcome::Refused(refusal.clone()),
            (BulkTask::Change(_), None, None) => Outcome::Stale,
        };
        failed += usize::from(!matches!(outcome, Outcome::Done(_)));
        outcomes.push(outcome);
    }
    (outcomes, planner.writes())
}

/// Operations that fail whatever the rest of the plan is, by their place.
struct Failing(Vec<Option<Outcome>>);

impl Failing {
    /// Adds what refers to something that failed or was not reached, and what refers to that in
    /// turn; `false` when there was nothing to add.
    fn spread(&mut self, bulk: &BulkEnvelope, outcomes: &[Outcome], give_up: bool) -> bool {
        let mut dependants: Vec<Vec<usize>> = vec![Vec::new(); bulk.operations.len()];
        for (at, operation) in bulk.operations.iter().enumerate() {
            for needed in &operation.needs {
                if let Some(dependants) = dependants.get_mut(*needed) {
                    dependants.push(at);
                }
            }
        }
        let is_lost = |at: usize| give_up || !matches!(outcomes.get(at), Some(Outcome::Done(_)));
        let mut next: Vec<usize> = (0..dependants.len()).filter(|at| is_lost(*at)).collect();
        let mut is_new = false;
        while let Some(needed) = next.pop() {
            for at in &dependants[needed] {
                let Some(outcome) = outcomes.get(*at) else {
                    continue;
                };
                if self.0[*at].is_some() {
                    continue;
                }
                let outcome = match outcome {
                    // It takes down what it refers to, a circle of groups for one: its own reason
                    // is the true one, and gone when the plan is made anew.
                    Outcome::Refused(_) if !is_lost(needed) => outcome.clone(),
                    _ => Outcome::from(depends_on(bulk, needed)),
                };
                self.0[*at] = Some(outcome);
                is_new = true;
                next.push(*at);
            }
        }
        is_new
    }
}

fn depends_on(bulk: &BulkEnvelope, needed: usize) -> ScimError {
    let named = bulk.operations.get(needed);
    let bulk_id = named.and_then(|operation| operation.bulk_id.as_deref());
    ScimError {
        status: 409,
        scim_type: Some(ScimType::InvalidValue),
        detail: format!(
            "This operation refers to the bulkId {:?}, which was not created.",
            bulk_id.unwrap_or_default()
        ),
    }
}
