//! The Worker's side: one change, sent to the tenant's object.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{Delay, Env, Method, Request, RequestInit};

use super::message::{Answer, Change, Done, Envelope, Outcome, PANIC_HEADER};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::json;
use crate::store::Store;
use crate::store::error::StoreError;

/// Past this the client hears 503. The change may still happen, whole; D1 itself gives up a batch
/// after 30 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(25);

/// What came of a change, other than the database's own failures. `is_to_panic` is for tests.
pub async fn send(
    env: &Env,
    store: &Store,
    if_match: Option<String>,
    change: Change,
    is_to_panic: bool,
) -> Result<Result<Done, ScimError>, StoreError> {
    let tenant = &store.access.tenant;
    let envelope = Envelope {
        token_hash: store.access.token_hash.clone(),
        tenant: tenant.id,
        revision: tenant.revision,
        now: store.now,
        if_match,
        change,
    };
    let answer = ask(env, &envelope, is_to_panic).await?;
    store.database.add_cost(answer.cost);
    match answer.outcome {
        Outcome::Done(done) => Ok(Ok(done)),
        Outcome::Refused {
            status,
            scim_type,
            detail,
        } => Ok(Err(ScimError {
            status,
            scim_type: scim_type.as_deref().and_then(ScimType::parse),
            detail,
        })),
        Outcome::Stale => Err(StoreError::Stale),
        Outcome::Unavailable => Err(StoreError::Unavailable(
            "the Membership object could not reach D1".to_owned(),
        )),
        Outcome::Failed(why) => Err(StoreError::Failed(why)),
    }
}

async fn ask(env: &Env, envelope: &Envelope, is_to_panic: bool) -> Result<Answer, StoreError> {
    let unavailable =
        |error: worker::Error| StoreError::Unavailable(format!("the Membership object: {error}"));
    let body = serde_json::to_string(envelope)
        .map_err(|error| StoreError::Failed(format!("envelope: {error}")))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let request = Request::new_with_init("https://membership/", &init).map_err(unavailable)?;
    if is_to_panic {
        request
            .headers()
            .set(PANIC_HEADER, "1")
            .map_err(unavailable)?;
    }
    let namespace = env.durable_object("MEMBERSHIP").map_err(unavailable)?;
    // A stub of its own for each call: one that saw an exception may be broken for good.
    let stub = namespace
        .get_by_name(&envelope.tenant.to_string())
        .map_err(unavailable)?;
    let call = async {
        let mut response = stub.fetch_with_request(request).await?;
        response.bytes().await
    };
    let bytes = match select(Box::pin(call), Box::pin(Delay::from(PATIENCE))).await {
        Either::Left((bytes, _)) => bytes.map_err(unavailable)?,
        Either::Right(_) => {
            return Err(StoreError::Unavailable(
                "the Membership object is slow".to_owned(),
            ));
        }
    };
    json::read(&bytes)
        .map_err(|error| StoreError::Unavailable(format!("the Membership object: {error}")))
}
