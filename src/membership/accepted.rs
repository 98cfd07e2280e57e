//! Bulks that were accepted before they are done: one after the other, by the code that does those
//! whose senders wait.
//!
//! What it relies on, and what it does not:
//! - A bulk is one transaction, and its response is written in it: it is done once, or not yet.
//! - Whoever sent it was let in then. A token that expired since does no harm; one that was revoked,
//!   and a tenant that was suspended, stop it as they stop everything.
//! - One that cannot be done is begun again, by whoever asks for its response or by the maintenance
//!   run, and given up in the end, so that it keeps up no other.

use worker::{Env, console_error};

use super::bulk;
use super::bulk_answer::finished;
use super::message::{BulkEnvelope, Outcome};
use super::object::Shared;
use crate::scim::error::ScimError;
use crate::scim::json;
use crate::store::accepted::{self, Begun};
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::tenants::{self, Loaded};

/// How often one is begun.
const MAX_TRIES: i64 = 10;

/// Does the tenant's oldest. `false` when there is none, or none can be done right now.
pub async fn run(env: &Env, shared: &Shared, tenant: i64) -> bool {
    let run = async {
        let database = Database::new(env)?;
        let Some(begun) = accepted::begin(&database, tenant).await? else {
            return Ok(false);
        };
        let refused = match json::read::<BulkEnvelope>(&begun.request) {
            Ok(mut bulk) => attempt(env, shared, &database, &begun, &mut bulk)
                .await?
                .map(|error| (error, bulk.operations)),
            Err(error) => {
                console_error!("{} cannot be read: {error}", begun.id);
                Some((failed(&begun), Vec::new()))
            }
        };
        if let Some((error, operations)) = refused {
            let results = vec![Err(error); operations.len()];
            let (refused, told) = finished(&begun, &operations, &results);
            accepted::refuse(&database, tenant, &refused, &told).await?;
        }
        Ok(true)
    };
    run.await.unwrap_or_else(|error: StoreError| {
        console_error!("membership: an accepted bulk is done later: {error:?}");
        false
    })
}

/// Says what keeps it from being done for good.
async fn attempt(
    env: &Env,
    shared: &Shared,
    database: &Database,
    begun: &Begun,
    bulk: &mut BulkEnvelope,
) -> Result<Option<ScimError>, StoreError> {
    if begun.tries > MAX_TRIES {
        return Ok(Some(failed(begun)));
    }
    let context = match tenants::load(database, &bulk.token_hash, bulk.now).await? {
        Loaded::Live(context, _) => context,
        Loaded::Suspended => {
            let error = ScimError::new(403, "The tenant was suspended before this was done.");
            return Ok(Some(error));
        }
        Loaded::Revoked | Loaded::Expired | Loaded::Unknown => {
            let error = ScimError::new(401, "The token was revoked before this was done.");
            return Ok(Some(error));
        }
    };
    // What was understood by older rules is planned by those of now.
    bulk.revision = context.revision;
    shared.learn(context);
    match bulk::run(env, shared, bulk, Some(begun)).await.outcome {
        // Where the ground moved, the next try finds out how.
        Outcome::Bulk(_) | Outcome::Stale => Ok(None),
        Outcome::Failed(why) => Err(StoreError::Failed(format!("{}: {why}", begun.id))),
        Outcome::Unavailable | Outcome::Done(_) | Outcome::Refused(_) => {
            Err(StoreError::Unavailable(begun.id.clone()))
        }
    }
}

fn failed(begun: &Begun) -> ScimError {
    let detail = format!("This server failed. Its log says why, at {}.", begun.id);
    ScimError::new(500, detail)
}
