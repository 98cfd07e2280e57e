//! The Durable Object: decode, queue, run, reply.

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use futures_channel::oneshot;
use futures_util::FutureExt;
use worker::{
    Date, DurableObject, Env, Request, Response, Result, State, console_error, durable_object,
};

use super::message::{ACCEPTED_PATH, Answer, BULK_PATH, Outcome, PANIC_HEADER};
use super::queue::{Queue, Waiting, Work};
use super::{accepted, commit};
use crate::delivery::wake;
use crate::scim::json;
use crate::store::belongings;
use crate::store::d1::{Cost, Database};
use crate::store::error::StoreError;
use crate::store::tenants::{self, Loaded, TenantContext};

/// One per tenant. See [`super`] for the invariants.
#[durable_object(fetch)]
pub struct Membership {
    state: AssertUnwindSafe<State>,
    env: Env,
    shared: AssertUnwindSafe<Rc<Shared>>,
}

/// What the requests to the object share.
pub struct Shared {
    queue: Queue,
    is_running: Cell<bool>,
    telling: Cell<Telling>,
    context: RefCell<Option<Rc<TenantContext>>>,
    /// The tenant's id, where bulks may have been accepted that are not done.
    accepted: Cell<Option<i64>>,
}

/// Whether the product is being told who belongs where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Telling {
    #[default]
    No,
    Yes,
    /// There was a further change meanwhile.
    Again,
}

/// Steps at a time of what the product is told: a thousand users, or a hundred events.
const TELLING_STEPS: u32 = 20;

impl DurableObject for Membership {
    fn new(state: State, env: Env) -> Self {
        let shared = Shared {
            queue: Queue::new(&env),
            is_running: Cell::default(),
            telling: Cell::default(),
            context: RefCell::default(),
            accepted: Cell::default(),
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
            ACCEPTED_PATH => {
                self.shared.accepted.set(Some(json::read(&bytes)?));
                self.ensure_running();
                return Response::empty();
            }
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
        self.shared.queue.push(waiting);
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
            let mut has_told = false;
            loop {
                let batch = shared.queue.take();
                let accepted = shared.accepted.take();
                if batch.is_empty() && accepted.is_none() {
                    break;
                }
                let run = async {
                    commit::run(&env, &shared, batch).await;
                    // One between two batches: nobody waits for it.
                    if let Some(tenant) = accepted
                        && accepted::run(&env, &shared, tenant).await
                    {
                        shared.accepted.set(accepted);
                        has_told = true;
                    }
                };
                if AssertUnwindSafe(run).catch_unwind().await.is_err() {
                    console_error!("membership: a batch panicked");
                }
            }
            shared.is_running.set(false);
            let context = shared.context.borrow().clone();
            if let Some(context) = context.filter(|_| has_told) {
                wake::wake_all(&env, &context.webhooks).await;
            }
            tell(&env, &shared).await;
        });
    }
}

/// What the product hears of who belongs where, behind the changes and beside the next ones. Nothing
/// depends on it: the maintenance run makes up for what is lost.
async fn tell(env: &Env, shared: &Shared) {
    let context = shared.context.borrow().clone();
    let Some(context) = context.filter(|context| !context.rules().is_empty()) else {
        return;
    };
    if shared.telling.replace(Telling::Again) != Telling::No {
        return;
    }
    let mut has_events = false;
    while shared.telling.replace(Telling::Yes) == Telling::Again {
        let told = async {
            let database = Database::new(env)?;
            let told = belongings::tell(&database, context.id, TELLING_STEPS).await;
            has_events |= database.cost().has_events;
            told
        };
        if let Err(error) = told.await {
            console_error!("membership: what users belong to is told later: {error:?}");
            break;
        }
    }
    shared.telling.set(Telling::No);
    // The request whose change it was has woken them already, before these events.
    if has_events {
        wake::wake_all(env, &context.webhooks).await;
    }
}

impl Shared {
    pub fn learn(&self, context: Rc<TenantContext>) {
        self.context.replace(Some(context));
    }

    pub fn forget(&self) {
        self.context.borrow_mut().take();
    }

    /// The tenant's context, by any live token of the batch, each with the time it was used at;
    /// `None` when none is live.
    pub async fn context(
        &self,
        database: &Database,
        tokens: &[(&str, i64)],
    ) -> std::result::Result<Option<Rc<TenantContext>>, StoreError> {
        if let Some(known) = self.context.borrow().clone() {
            return Ok(Some(known));
        }
        for (token_hash, now) in tokens {
            let loaded = tenants::load(database, token_hash, *now).await?;
            if let Loaded::Live(context, _) = loaded {
                self.context.replace(Some(context.clone()));
                return Ok(Some(context));
            }
        }
        Ok(None)
    }
}
