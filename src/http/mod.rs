//! A request's life: [`respond`] is all of it on one screen.

mod allow;
mod bulk;
mod conflict;
mod create;
mod directory;
mod discovery;
mod exchange;
mod large;
mod lists;
mod oauth;
mod permission;
mod reactivate;
mod resources;
pub mod route;
mod scim;
mod sets;
mod walks;

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use worker::{Context, Date, Env, Response, console_error, web_sys};

use crate::admin;
use crate::auth::{self, token};
use crate::delivery::wake;
use crate::limits;
use crate::log;
use crate::log::entry::{Answer, Body, Seen};
use crate::membership::client;
use crate::scim::error::ScimError;
use crate::store::Access;
use crate::store::d1::{Cost, Database};
use crate::store::error::StoreError;
use crate::wire::reply::{Reply, SCIM_JSON};
use crate::wire::request::{self, Parts};
use crate::wire::{Failure, TooMany};
use route::Route;
use scim::Asked;

/// Answers every request, whatever happens inside.
pub async fn respond(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<Response> {
    let mut parts = match request::head(&request) {
        Ok(parts) => parts,
        Err(error) => return Reply::from(&error).into_response(SCIM_JSON, None),
    };
    let route = route::route(&parts.path);
    let (say, content_type): (Say, &str) = match &route {
        Route::Admin { .. } | Route::Directory { .. } => {
            (admin::problem::reply, admin::CONTENT_TYPE)
        }
        Route::Token { .. } => (oauth::reply, oauth::CONTENT_TYPE),
        Route::Sets { .. } | Route::Keys => (sets::reply, sets::CONTENT_TYPE),
        _ => (|error| Reply::from(error), scim::content_type(&parts)),
    };
    let database = match Database::new(&env) {
        Ok(database) => database,
        Err(error) => return failed(&parts, &error, say).into_response(SCIM_JSON, None),
    };
    // Read before anything is refused: an answer that leaves a body unread breaks the connection.
    let body = request::body(request).await;
    let access = RefCell::default();
    let answer = async {
        (parts.body, parts.body_bytes) = body?;
        // What a tenant takes over SCIM its settings say.
        if parts.body_bytes > request::MAX_BODY_BYTES && !matches!(route, Route::Scim { .. }) {
            return Err(request::too_large(request::MAX_BODY_BYTES).into());
        }
        match &route {
            Route::Scim {
                tenant,
                base_path,
                segments,
            } => {
                let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
                let tenant = tenant.as_deref();
                scim::answer(
                    &parts,
                    &env,
                    &database,
                    tenant,
                    base_path,
                    Asked::Scim(&segments),
                    Some(&access),
                )
                .await
            }
            Route::Directory { tenant, segments } => {
                directory::answer(&parts, &env, &database, tenant, segments).await
            }
            Route::Token { tenant } => oauth::answer(&parts, &env, &database, tenant).await,
            Route::Sets { tenant, stream } => {
                sets::answer(&parts, &env, &database, tenant, stream).await
            }
            Route::Keys => sets::keys(&parts, &env, &database).await,
            Route::Admin { segments } => admin::answer(&parts, &env, &database, segments).await,
            Route::Unknown => Err(ScimError::new(
                404,
                "Nothing is here. A SCIM base URL looks like /t/{tenant}/scim/v2.",
            )
            .into()),
        }
    };
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let mut reply = match answer {
        Ok(Ok(reply)) => reply,
        Ok(Err(failure)) => refuse(&parts, &failure, say),
        Err(panic) => failed(&parts, &StoreError::Failed(panic_text(panic.as_ref())), say),
    };
    if parts.method == "HEAD" {
        reply = reply.without_body(content_type);
    }
    let access = access.into_inner();
    // Bulks were accepted that are not done.
    if let (202, Some(access)) = (reply.status, &access) {
        let (env, tenant) = (env.clone(), access.tenant.id);
        let call = async move { client::go_on(&env, tenant).await };
        wake::behind_the_answer(&context, call.boxed_local());
    }
    wake_webhooks(&context, &env, &route, access.as_ref(), &database);
    // A limit spares the database: of what it refuses the log is told now and then.
    let is_told = reply.status != 429
        || (access.as_ref()).is_some_and(|access| limits::is_news(&access.token_hash, parts.now));
    if is_told && let Some(seen) = seen(parts, route, access, &reply, database.cost()) {
        log::write(&context, &env, seen, Date::now().as_millis() as i64);
    }
    let timing = env
        .var("SERVER_TIMING")
        .is_ok_and(|value| value.to_string() != "off");
    reply.into_response(content_type, timing.then(|| database.cost()))
}

/// Whatever wrote events wakes those who are sent them, also where it failed in the end.
fn wake_webhooks(
    context: &Context,
    env: &Env,
    route: &Route,
    access: Option<&Access>,
    database: &Database,
) {
    if !database.cost().has_events {
        return;
    }
    match (route, access) {
        (Route::Scim { .. }, Some(access)) => wake::wake(context, env, &access.tenant.webhooks),
        (Route::Admin { segments }, _) => {
            if let Some(slug) = admin::tenant(segments) {
                wake::wake_of(context, env, database, slug.to_owned());
            }
        }
        _ => {}
    }
}

/// What the log needs of a SCIM request; `None` where no credential says whose it is.
fn seen(
    parts: Parts,
    route: Route,
    access: Option<Access>,
    reply: &Reply,
    cost: Cost,
) -> Option<Seen> {
    let Route::Scim { segments, .. } = route else {
        return None;
    };
    let (token_hash, tenant) = match access {
        Some(access) => (access.token_hash, Some(access.tenant)),
        // Of another tenant, revoked, expired or suspended: the database knows whose it is.
        None => {
            let authorization = parts.header("authorization");
            let token = auth::bearer(authorization.as_deref()).ok()?;
            (
                token::TENANT
                    .is_well_formed(token)
                    .then(|| token::hash(token))?,
                None,
            )
        }
    };
    let content_type = parts.header("content-type");
    let mut query: Vec<_> = parts.query.into_iter().collect();
    query.sort_unstable();
    Some(Seen {
        id: parts.request_id,
        token_hash,
        tenant,
        method: parts.method,
        path: parts.path,
        segments,
        query,
        content_type,
        request: Body::new(parts.body),
        response: Answer::new(reply.text()),
        status: reply.status,
        millis: Date::now().as_millis() as i64 - parts.now,
        cost,
    })
}

/// How an error is put: as SCIM has it, or as problem details.
type Say = fn(&ScimError) -> Reply;

/// The answer to a failure. What is not the client's is logged here, once, and not sent.
fn refuse(parts: &Parts, failure: &Failure, say: Say) -> Reply {
    match failure {
        Failure::Scim(error) if error.status == 503 => unavailable(&error.detail, say),
        Failure::Scim(error) => say(error),
        Failure::Unauthorized { error, challenge } => {
            say(error).with("WWW-Authenticate", challenge.as_str())
        }
        Failure::TooMany(TooMany { detail, seconds }) => {
            say(&ScimError::new(429, *detail)).with("Retry-After", seconds.to_string())
        }
        Failure::Store(StoreError::Unavailable(why)) => {
            console_error!("{} unavailable: {why}", parts.request_id);
            unavailable(
                "The database does not answer right now. Nothing was done in part: send the request again.",
                say,
            )
        }
        Failure::Store(StoreError::Stale | StoreError::Version | StoreError::Quota) => unavailable(
            "Others change the same resource all the time: send the request again.",
            say,
        ),
        Failure::Store(StoreError::TooLarge) => say(&ScimError::new(
            413,
            "The resource is too large: with what is kept beside it, it may have 2 MB.",
        )),
        Failure::Store(StoreError::TooManyGroups) => say(&ScimError::too_many(
            "A user is in more groups than can be shown: send excludedAttributes=groups, or fewer users a page.",
        )),
        Failure::Store(error) => failed(parts, error, say),
    }
}

fn unavailable(detail: &str, say: Say) -> Reply {
    say(&ScimError::new(503, detail)).with("Retry-After", "1")
}

fn failed(parts: &Parts, error: &StoreError, say: Say) -> Reply {
    console_error!("{} failed: {error:?}", parts.request_id);
    say(&ScimError::new(
        500,
        format!(
            "This server failed. Its log says why, at {}.",
            parts.request_id
        ),
    ))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    format!("panic: {text}")
}
