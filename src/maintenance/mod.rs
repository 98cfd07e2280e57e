//! What runs by itself every few minutes: the scheduled event, as `[triggers]` in wrangler.toml sets
//! it.
//!
//! Each run is bounded, and the next one goes on where it ended: D1 gives an invocation on the free
//! plan 50 statements. A task that fails is logged, and hinders no other.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use worker::{Env, console_error};

use crate::delivery::wake;
use crate::membership::client;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::{
    accepted, belongings, events, expiring, grants, reindex, removal, requests, tombstones,
};

/// Statements of one run, but for two of the accepted bulks and two of the webhooks in its end.
const STATEMENTS: u32 = 46;

/// A task has the run's time and the statements that are left, and says how many it took.
type Task = for<'a> fn(&'a Database, i64, u32) -> LocalBoxFuture<'a, Result<u32, StoreError>>;

/// In their order: those that take little come first.
const TASKS: [(&str, Task); 8] = [
    ("request log", |database, now, left| {
        requests::prune(database, now, left).boxed_local()
    }),
    ("access tokens", |database, now, left| {
        grants::prune(database, now, left).boxed_local()
    }),
    ("what will expire", |database, now, left| {
        expiring::tell(database, now, left).boxed_local()
    }),
    ("tombstones", |database, now, left| {
        tombstones::purge(database, now, left).boxed_local()
    }),
    ("old events", |database, now, _left| {
        events::prune(database, now).boxed_local()
    }),
    ("what users belong to", |database, _now, left| {
        belongings::go_on(database, left).boxed_local()
    }),
    ("tenants to delete", |database, _now, left| {
        removal::go_on(database, left).boxed_local()
    }),
    ("indexes to fill", |database, _now, left| {
        reindex::go_on(database, left).boxed_local()
    }),
];

pub async fn run(env: &Env, now: i64) {
    let database = match Database::new(env) {
        Ok(database) => database,
        Err(error) => return console_error!("maintenance: {error:?}"),
    };
    let mut left = STATEMENTS;
    for (what, task) in TASKS {
        match task(&database, now, left).await {
            Ok(spent) => left = left.saturating_sub(spent),
            Err(error) => console_error!("maintenance, {what}: {error:?}"),
        }
    }
    match accepted::waiting(&database, now).await {
        Ok(tenants) => {
            for tenant in tenants {
                client::go_on(env, tenant).await;
            }
        }
        Err(error) => console_error!("maintenance, accepted bulks: {error:?}"),
    }
    // The others may have written events.
    if let Err(error) = wake::catch_up(env, &database).await {
        console_error!("maintenance, webhooks: {error:?}");
    }
}
