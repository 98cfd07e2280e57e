//! POST /Bulk (RFC 7644 §3.7): the whole message is one unit of work for the tenant's object.

use std::collections::HashMap;

use super::exchange::Exchange;
use super::permission::permit;
use super::resources::body;
use crate::membership::client;
use crate::membership::message::{BulkOperation, BulkTask, Change, Done};
use crate::scim::bulk::{BulkRequest, Entry, Operation, Task, Verb, bulk_response};
use crate::scim::discovery::BulkLimits;
use crate::scim::error::{Result, ScimError};
use crate::scim::resource::MAX_DEPTH;
use crate::store::scopes::{Right, Scopes};
use crate::store::settings::Settings;
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::new_id;

/// As ServiceProviderConfig shows them.
pub fn limits(settings: &Settings) -> BulkLimits {
    BulkLimits {
        max_operations: settings.bulk_max_operations,
        max_payload_size: settings.bulk_max_payload_size,
    }
}

/// How deep an operation's `data` lies in the message.
const DATA_DEPTH: usize = 3;

/// POST /Bulk. An operation's answer has a body only where it failed: a thousand resources would
/// otherwise be sent back that the client has just sent.
pub async fn bulk(exchange: &Exchange<'_>) -> std::result::Result<Reply, Failure> {
    let body = body(exchange, MAX_DEPTH + DATA_DEPTH)?;
    let tenant = &exchange.access().tenant;
    let ids = |count| new_ids(exchange.parts.now, count);
    let most = tenant.settings.bulk_max_operations as usize;
    let bulk = BulkRequest::parse(body, &tenant.registry, exchange.mode(), most, ids)?;
    let scopes = exchange.access().token.scopes;
    let split = |operation| split(permitted(operation, scopes));
    let (shown, sent): (Vec<_>, Vec<_>) = bulk.operations.into_iter().map(split).unzip();
    let sent = client::send_bulk(exchange.env, &exchange.store, bulk.fail_on_errors, sent);
    let results = sent.await?;
    let done = results.iter().flatten();
    let left_out: usize = done.map(|done| done.left_out.len()).sum();
    if left_out > 0 {
        worker::console_log!(
            "{} left out {left_out} members that do not exist",
            exchange.parts.request_id
        );
    }
    let answered = || shown.iter().zip(&results);
    let moved = answered().filter_map(|(shown, result)| shown.moved(result));
    let moved: HashMap<&str, String> = moved.collect();
    let entries: Vec<Entry> = answered()
        .map(|(shown, result)| shown.entry(&exchange.base, &moved, result))
        .collect();
    Ok(Reply::json(200, bulk_response(&entries)))
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

/// What the answer repeats of an operation.
struct Shown {
    method: String,
    bulk_id: Option<String>,
    location: Option<String>,
    verb: Option<Verb>,
}

impl Shown {
    /// Where the resource is, and where it really is: whoever was created anew has the id that they had.
    fn moved(&self, result: &Result<Done>) -> Option<(&str, String)> {
        let location = self.location.as_deref()?;
        let (place, id) = location.rsplit_once('/')?;
        let found = &result.as_ref().ok()?.stored.id;
        (id != found).then(|| (location, format!("{place}/{found}")))
    }

    fn entry(&self, base: &str, moved: &HashMap<&str, String>, result: &Result<Done>) -> Entry<'_> {
        let Self {
            method,
            bulk_id,
            location,
            verb,
        } = self;
        let bulk_id = bulk_id.as_deref();
        let location = location.as_deref().map(|path| {
            let path = moved.get(path).map_or(path, String::as_str);
            format!("{base}{path}")
        });
        match (result, verb) {
            (Ok(done), verb) => {
                let (status, version) = match verb {
                    Some(Verb::Create) => (201, Some(done.stored.version)),
                    Some(Verb::Delete) => (204, None),
                    Some(Verb::Replace | Verb::Patch) | None => (200, Some(done.stored.version)),
                };
                Entry::done(method, bulk_id, status, location, version)
            }
            // Nothing is where a POST failed.
            (Err(error), Some(Verb::Create)) => Entry::failed(method, bulk_id, None, error),
            (Err(error), _) => Entry::failed(method, bulk_id, location, error),
        }
    }
}

fn split(operation: Operation) -> (Shown, BulkOperation) {
    let shown = Shown {
        method: operation.method,
        bulk_id: operation.bulk_id.clone(),
        location: operation.location,
        verb: operation.task.as_ref().ok().map(|task| task.verb),
    };
    let sent = BulkOperation {
        bulk_id: operation.bulk_id,
        if_match: operation.version,
        needs: operation.needs,
        task: match operation.task {
            Ok(task) => BulkTask::Change(change(task)),
            Err(error) => BulkTask::Refused(error.into()),
        },
    };
    (shown, sent)
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
