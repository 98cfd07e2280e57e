//! The Durable Object: decode, queue, run, reply.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use worker::{
    Date, Delay, DurableObject, Env, Request, Response, Result, State, console_error,
    durable_object,
};

use super::client::PATIENCE;
use super::message::{Answer, BULK_PATH, BulkEnvelope, Envelope, Outcome, PANIC_HEADER};
use super::plan::{Rules, plan};
use super::question::question;
use super::{bulk, steps};
use crate::scim::error::ScimError;
use crate::scim::json;
use crate::store::d1::{Cost, Database};
use crate::store::error::StoreError;
use crate::store::members;
use crate::store::tenants::{self, Loaded, TenantContext};

/// Changes that one D1 batch takes at the most, and their envelopes' bytes together: a statement's
/// one parameter must stay below D1's 2 MB, and the batch below its 30 s.
const MAX_CHANGES: usize = 256;
/// The variable that sets a lower number: 1 turns group commit off, to measure what it is worth.
const MAX_CHANGES_VAR: &str = "MEMBERSHIP_MAX_BATCH";
const MAX_BYTES: usize = 1_200_000;

/// Bytes of envelopes that may wait, of the 128 MB that the object shares with its isolate.
const MAX_QUEUED_BYTES: usize = 16 << 20;

/// Past this a batch is given up, a little over the 30 s that D1 gives it. If it still happens, its
/// assertions have held: it is whole, and the retries find it done.
const LONGEST: Duration = Duration::from_secs(35);

/// How often a batch is planned anew because its ground moved.
const ATTEMPTS: usize = 8;

/// One per tenant. See [`super`] for the invariants.
#[durable_object(fetch)]
pub struct Membership {
    state: AssertUnwindSafe<State>,
    env: Env,
    shared: AssertUnwindSafe<Rc<Shared>>,
}

#[derive(Default)]
pub(super) struct Shared {
    max_changes: usize,
    queue: RefCell<VecDeque<Waiting>>,
    is_running: Cell<bool>,
    context: RefCell<Option<Rc<TenantContext>>>,
}

enum Work {
    Change(Envelope),
    /// A batch in itself.
    Bulk(BulkEnvelope),
}

struct Waiting {
    work: Work,
    bytes: usize,
    /// Unix milliseconds.
    since: u64,
    panics: bool,
    reply: oneshot::Sender<Answer>,
}

impl Waiting {
    fn answer_unavailable(self) {
        let (outcome, cost) = (Outcome::Unavailable, Cost::default());
        let _ = self.reply.send(Answer { outcome, cost });
    }
}

impl DurableObject for Membership {
    fn new(state: State, env: Env) -> Self {
        let set = env.var(MAX_CHANGES_VAR).ok();
        let set = set.and_then(|text| text.to_string().parse().ok());
        let shared = Shared {
            max_changes: set.unwrap_or(MAX_CHANGES).clamp(1, MAX_CHANGES),
            ..Shared::default()
        };
        Self {
            state: AssertUnwindSafe(state),
            env,
            shared: AssertUnwindSafe(Rc::new(shared)),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let panics = request.headers().has(PANIC_HEADER)?;
        let bytes = request.bytes().await?;
        let work = match request.path().as_str() {
            BULK_PATH => Work::Bulk(json::read(&bytes)?),
            _ => Work::Change(json::read(&bytes)?),
        };
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            work,
            bytes: bytes.len(),
            since: Date::now().as_millis(),
            panics,
            reply,
        };
        self.shared.enqueue(waiting);
        self.ensure_running();
        // The sender only goes away without a word when the run panicked.
        let answer = answer.await.unwrap_or(Answer {
            outcome: Outcome::Failed("the run of the batch panicked".to_owned()),
            cost: Cost::default(),
        });
        Response::ok(serde_json::to_string(&answer)?)
    }
}

impl Membership {
    /// Starts the run through the queue unless one is under way. It belongs to no single request,
    /// so that a client who hangs up takes nobody else's change along; `wait_until` keeps the
    /// object for it when nobody waits any more.
    fn ensure_running(&self) {
        if self.shared.is_running.replace(true) {
            return;
        }
        let (env, shared) = (self.env.clone(), Rc::clone(&self.shared));
        self.state.wait_until(async move {
            loop {
                let batch = shared.take();
                if batch.is_empty() {
                    break;
                }
                let run = AssertUnwindSafe(run(&env, &shared, batch))
                    .catch_unwind()
                    .await;
                if run.is_err() {
                    console_error!("membership: a batch panicked");
                }
            }
            shared.is_running.set(false);
        });
    }
}

impl Shared {
    /// A queue that is full says so at once: it would only grow while its clients wait in vain.
    fn enqueue(&self, waiting: Waiting) {
        let mut queue = self.queue.borrow_mut();
        let bytes: usize = queue.iter().map(|other| other.bytes).sum();
        if bytes + waiting.bytes > MAX_QUEUED_BYTES {
            waiting.answer_unavailable();
        } else {
            queue.push_back(waiting);
        }
    }

    /// The changes of the next batch, or a bulk alone, without those whose clients were told long ago to try again.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.queue.borrow_mut();
        let latest = Date::now()
            .as_millis()
            .saturating_sub(PATIENCE.as_millis() as u64);
        while queue.front().is_some_and(|waiting| waiting.since < latest) {
            if let Some(late) = queue.pop_front() {
                late.answer_unavailable();
            }
        }
        let mut bytes = 0;
        let fits = queue
            .iter()
            .take(self.max_changes)
            .take_while(|waiting| {
                bytes += waiting.bytes;
                bytes <= MAX_BYTES && matches!(waiting.work, Work::Change(_))
            })
            .count();
        let count = fits.max(1).min(queue.len());
        queue.drain(..count).collect()
    }
}

/// Runs a batch. One that cannot commit as a whole is halved until what breaks it is alone, and
/// refused alone.
async fn run(env: &Env, shared: &Shared, batch: Vec<Waiting>) {
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
                let _ = waiting.reply.send(bulk::run(env, shared, &bulk).await);
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
        | StoreError::Failed(_) => true,
        StoreError::Stale | StoreError::Version | StoreError::Unavailable(_) => false,
    }
}

async fn commit(
    env: &Env,
    shared: &Shared,
    envelopes: &[Envelope],
) -> (std::result::Result<Vec<Outcome>, StoreError>, Cost) {
    repeated(env, shared, async |database| {
        attempt(database, shared, envelopes).await
    })
    .await
}

/// Read, plan, write; again when the ground moved in between. A conflict is such a move: a plan
/// refuses those that it can see.
pub(super) async fn repeated<T>(
    env: &Env,
    shared: &Shared,
    attempt: impl AsyncFn(&Database) -> std::result::Result<T, StoreError>,
) -> (std::result::Result<T, StoreError>, Cost) {
    let database = match Database::new(env) {
        Ok(database) => database,
        Err(error) => return (Err(error), Cost::default()),
    };
    let attempts = async {
        let mut result = Err(StoreError::Version);
        for _ in 0..ATTEMPTS {
            result = attempt(&database).await;
            match &result {
                Err(StoreError::Version | StoreError::Conflict { .. }) => {}
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

pub(super) fn rules(context: &TenantContext) -> Rules<'_> {
    Rules {
        registry: &context.registry,
        mode: context.settings.mode,
        revision: context.revision,
        index: &context.index,
    }
}

async fn attempt(
    database: &Database,
    shared: &Shared,
    envelopes: &[Envelope],
) -> std::result::Result<Vec<Outcome>, StoreError> {
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
    let (outcomes, writes) = plan(envelopes, &rules, ground.clone());
    if writes.is_empty() {
        return Ok(outcomes);
    }
    match members::write(database, context.id, now, &writes).await {
        // A rename takes a value whose holder the plan had not asked for: few meet one, so that is
        // asked only now.
        Err(StoreError::Conflict { .. }) if !writes.unasked.is_empty() => {
            let holders = &mut ground.holders;
            holders.ask(database, context.id, &writes.unasked).await?;
            let (outcomes, writes) = plan(envelopes, &rules, ground);
            if !writes.is_empty() {
                members::write(database, context.id, now, &writes).await?;
            }
            Ok(outcomes)
        }
        written => written.map(|()| outcomes),
    }
}

impl Shared {
    fn forget(&self) {
        self.context.borrow_mut().take();
    }

    /// The tenant's context, by any live token of the batch, each with the time it was used at;
    /// `None` when none is live.
    pub(super) async fn context(
        &self,
        database: &Database,
        tokens: &[(&str, i64)],
    ) -> std::result::Result<Option<Rc<TenantContext>>, StoreError> {
        if let Some(known) = self.context.borrow().clone() {
            return Ok(Some(known));
        }
        for (token_hash, now) in tokens {
            let loaded = tenants::load(database, token_hash, *now).await?;
            if let Loaded::Live(context) = loaded {
                self.context.replace(Some(context.clone()));
                return Ok(Some(context));
            }
        }
        Ok(None)
    }
}

fn failed(error: StoreError) -> Outcome {
    match error {
        StoreError::Conflict { .. } => Outcome::from(ScimError::uniqueness(
            "Another group has this name, or another value that must be unique.",
        )),
        StoreError::Cycle => Outcome::from(steps::inside_itself()),
        StoreError::TooLarge => Outcome::from(ScimError::new(413, "The group is too large.")),
        StoreError::Stale | StoreError::Version | StoreError::Unavailable(_) => {
            console_error!("membership unavailable: {error:?}");
            Outcome::Unavailable
        }
        StoreError::InUse => Outcome::Failed("only declarations are refused so".to_owned()),
        StoreError::Failed(why) => Outcome::Failed(why),
    }
}

/// One change's part of what its batch cost. It waited for every trip; the rows are shared.
fn share(cost: Cost, changes: usize) -> Cost {
    let part = |rows: u64| rows.div_ceil(changes.max(1) as u64);
    Cost {
        trips: cost.trips,
        rows_read: part(cost.rows_read),
        rows_written: part(cost.rows_written),
        duration: cost.duration,
    }
}
