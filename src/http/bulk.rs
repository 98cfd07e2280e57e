//! POST /Bulk (RFC 7644 §3.7): the whole message is one unit of work for the tenant's object, done
//! before the answer, or behind it where the sender prefers that (RFC 9967 §2.5.1).

use super::exchange::Exchange;
use super::permission::permit;
use super::resources::body;
use crate::log::redact::Redaction;
use crate::membership::bulk_answer::entries;
use crate::membership::client;
use crate::membership::message::{BulkEnvelope, BulkOperation, BulkTask, Change};
use crate::scim::bulk::{BulkRequest, Operation, Task, Verb, bulk_response};
use crate::scim::discovery::BulkLimits;
use crate::scim::error::{Result, ScimError};
use crate::scim::resource::{MAX_DEPTH, Map};
use crate::store::accepted::MAX_REQUEST;
use crate::store::scopes::{Right, Scopes};
use crate::store::settings::Settings;
use crate::wire::reply::Reply;
use crate::wire::request::new_id;
use crate::wire::{Failure, TooMany};

/// As ServiceProviderConfig shows them.
pub fn limits(settings: &Settings) -> BulkLimits {
    BulkLimits {
        max_operations: settings.bulk_max_operations,
        max_payload_size: settings.bulk_max_payload_size,
    }
}

/// How deep an operation's `data` lies in the message.
const DATA_DEPTH: usize = 3;

/// RFC 7240 §4.1
const RESPOND_ASYNC: &str = "respond-async";

/// Seconds until a response that is not there is worth another look.
const RETRY_S: u32 = 5;

/// POST /Bulk
pub async fn bulk(exchange: &Exchange<'_>) -> std::result::Result<Reply, Failure> {
    let body = body(exchange, MAX_DEPTH + DATA_DEPTH)?;
    let tenant = &exchange.access().tenant;
    let can_wait = exchange.prefers(RESPOND_ASYNC) && !has_secrets(exchange, &body);
    let ids = |count| new_ids(exchange.parts.now, count);
    let most = tenant.settings.bulk_max_operations as usize;
    let bulk = BulkRequest::parse(body, &tenant.registry, exchange.mode(), most, ids)?;
    let scopes = exchange.access().token.scopes;
    let sent = |operation| sent(permitted(operation, scopes));
    let bulk = BulkEnvelope {
        token_hash: exchange.access().token_hash.clone(),
        tenant: tenant.id,
        revision: tenant.revision,
        now: exchange.parts.now,
        fail_on_errors: bulk.fail_on_errors,
        operations: bulk.operations.into_iter().map(sent).collect(),
    };
    if can_wait {
        let request = client::to_text(&bulk)?;
        if request.len() <= MAX_REQUEST {
            return accept(exchange, request).await;
        }
    }
    let results = client::send_bulk(exchange.env, &exchange.store, &bulk).await?;
    let done = results.iter().flatten();
    let left_out: usize = done.map(|done| done.left_out.len()).sum();
    if left_out > 0 {
        worker::console_log!(
            "{} left out {left_out} members that do not exist",
            exchange.parts.request_id
        );
    }
    let entries = entries(&exchange.base, &bulk.operations, &results);
    Ok(Reply::json(200, bulk_response(entries)))
}

/// Passwords are never kept: who sends one waits for the answer.
fn has_secrets(exchange: &Exchange<'_>, body: &Map) -> bool {
    let registry = &exchange.access().tenant.registry;
    Redaction::new(registry, &[], true).finds(body.clone().into())
}

/// Keeps a bulk, under the id of this request. It is done once the answer is out.
async fn accept(exchange: &Exchange<'_>, request: String) -> std::result::Result<Reply, Failure> {
    let id = &exchange.parts.request_id;
    let accepted = exchange.store.accept(id, &exchange.base, request);
    if !accepted.await? {
        let refusal = TooMany {
            detail: "Too many bulks of this tenant wait to be done: send this one again later.",
            seconds: RETRY_S,
        };
        return Err(refusal.into());
    }
    let location = format!("{}/Bulk/{id}", exchange.base);
    let reply = waiting(id).with("Preference-Applied", RESPOND_ASYNC);
    Ok(reply.with("Location", location))
}

/// RFC 9967 §3
fn waiting(id: &str) -> Reply {
    let reply = Reply::empty(202).with("Set-Txn", id);
    reply.with("Retry-After", RETRY_S.to_string())
}

/// GET /Bulk/{txn}: the response of one that was accepted, once it is done. It is for tokens that may
/// do all that the one may that sent it.
pub async fn response(exchange: &Exchange<'_>, id: &str) -> std::result::Result<Reply, Failure> {
    let scopes = exchange.access().token.scopes;
    match exchange.store.accepted(id).await? {
        Some((sender, response)) if scopes.cover(Scopes::read(&sender)) => match response {
            Some(response) => Ok(Reply::json(200, response)),
            None => Ok(waiting(id)),
        },
        _ => Err(ScimError::not_found(&format!("The bulk {id}")).into()),
    }
}

/// Refuses an operation that the token's scopes do not let it do.
fn permitted(mut operation: Operation, scopes: Scopes) -> Operation {
    if let Ok(task) = &operation.task
        && let Err(denied) = permit(scopes, &task.resource_type, Right::Write)
    {
        operation.task = Err(denied.error);
    }
    operation
}

fn sent(operation: Operation) -> BulkOperation {
    BulkOperation {
        method: operation.method,
        bulk_id: operation.bulk_id,
        if_match: operation.version,
        needs: operation.needs,
        location: operation.location,
        task: match operation.task {
            Ok(task) => BulkTask::Change(change(task)),
            Err(error) => BulkTask::Refused(error.into()),
        },
    }
}

fn change(task: Task) -> Change {
    let Task {
        verb,
        resource_type,
        id,
        data: body,
    } = task;
    match verb {
        Verb::Create => Change::Create {
            resource_type,
            id,
            body,
        },
        Verb::Replace => Change::Replace {
            resource_type,
            id,
            body,
        },
        Verb::Patch => Change::Patch {
            resource_type,
            id,
            body,
        },
        Verb::Delete => Change::Delete { resource_type, id },
    }
}

/// In one millisecond, too, ids sort as the operations come.
fn new_ids(now: i64, count: usize) -> Result<Vec<String>> {
    let mut ids = (0..count)
        .map(|_| new_id(now))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|_| ScimError::new(500, "This server could not make an id."))?;
    ids.sort_unstable();
    Ok(ids)
}
