//! The Worker's side: one change, or a bulk of them, sent to the tenant's object.

use std::time::Duration;

use futures_util::future::{Either, select};
use serde::Serialize;
use worker::{Delay, Env, console_error};

use super::message::{
    ACCEPTED_PATH, Answer, BULK_PATH, BulkEnvelope, Change, Done, Envelope, Outcome, PANIC_HEADER,
};
use crate::scim::error::ScimError;
use crate::scim::json;
use crate::scim::resource::version::Conditions;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::wire::object;

/// Past this the client hears 503. The change may still happen, whole; D1 itself gives up a batch
/// after 30 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(25);

/// What came of a change, other than the database's own failures. `is_to_panic` is for tests.
pub async fn send(
    env: &Env,
    store: &Store,
    conditions: Conditions,
    change: Change,
    is_to_panic: bool,
) -> Result<Result<Done, ScimError>, StoreError> {
    let tenant = &store.access.tenant;
    let envelope = Envelope {
        token_hash: store.access.token_hash.clone(),
        tenant: tenant.id,
        revision: tenant.revision,
        now: store.now,
        conditions,
        change,
    };
    one(ask(env, store, "/", to_text(&envelope)?, is_to_panic).await?)
}

/// What came of each operation of a bulk that was tried.
pub async fn send_bulk(
    env: &Env,
    store: &Store,
    bulk: &BulkEnvelope,
) -> Result<Vec<Result<Done, ScimError>>, StoreError> {
    let outcomes = match ask(env, store, BULK_PATH, to_text(bulk)?, false).await? {
        Outcome::Bulk(outcomes) => outcomes,
        other => return Err(failed(other)),
    };
    outcomes.into_iter().map(one).collect()
}

/// Has the tenant's object do the bulks that were accepted. A call that is lost costs time only: who
/// asks for the response of one makes the next, or the maintenance run.
pub async fn go_on(env: &Env, tenant: i64) {
    let call = call(env, tenant, ACCEPTED_PATH, tenant.to_string(), false);
    if let Err(error) = call.await {
        console_error!("accepted bulks of tenant {tenant} are done later: {error:?}");
    }
}

/// What came of one change.
pub(super) fn one(outcome: Outcome) -> Result<Result<Done, ScimError>, StoreError> {
    match outcome {
        Outcome::Done(done) => Ok(Ok(done)),
        Outcome::Refused(refusal) => Ok(Err(refusal.into())),
        other => Err(failed(other)),
    }
}

fn failed(outcome: Outcome) -> StoreError {
    match outcome {
        Outcome::Stale => StoreError::Stale,
        Outcome::Unavailable => {
            StoreError::Unavailable("the Membership object could not reach D1".to_owned())
        }
        Outcome::Failed(why) => StoreError::Failed(why),
        Outcome::Done(_) | Outcome::Refused(_) | Outcome::Bulk(_) => {
            StoreError::Failed("the Membership object answered something else".to_owned())
        }
    }
}

/// JSON.
pub fn to_text(envelope: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(envelope)
        .map_err(|error| StoreError::Failed(format!("envelope: {error}")))
}

/// Counts what the object's answer cost as this request's own.
async fn ask(
    env: &Env,
    store: &Store,
    path: &str,
    body: String,
    is_to_panic: bool,
) -> Result<Outcome, StoreError> {
    let bytes = call(env, store.access.tenant.id, path, body, is_to_panic).await?;
    let answer: Answer = json::read(&bytes)
        .map_err(|error| StoreError::Unavailable(format!("the Membership object: {error}")))?;
    store.database.add_cost(answer.cost);
    Ok(answer.outcome)
}

async fn call(
    env: &Env,
    tenant: i64,
    path: &str,
    body: String,
    is_to_panic: bool,
) -> Result<Vec<u8>, StoreError> {
    let unavailable =
        |error: worker::Error| StoreError::Unavailable(format!("the Membership object: {error}"));
    let url = format!("https://membership{path}");
    let request = object::call(&url, body).map_err(unavailable)?;
    if is_to_panic {
        request
            .headers()
            .set(PANIC_HEADER, "1")
            .map_err(unavailable)?;
    }
    let stub = object::stub(env, "MEMBERSHIP", &tenant.to_string())?;
    let call = async {
        let mut response = stub.fetch_with_request(request).await?;
        response.bytes().await
    };
    match select(Box::pin(call), Box::pin(Delay::from(PATIENCE))).await {
        Either::Left((bytes, _)) => bytes.map_err(unavailable),
        Either::Right(_) => Err(StoreError::Unavailable(
            "the Membership object is slow".to_owned(),
        )),
    }
}
