//! One attempt: a request to the receiver, signed, and what came of it.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use serde_json::Value;
use worker::web_sys::{self, RequestRedirect};
use worker::{AbortController, Delay, Fetch, Headers, Request, Response, js_sys};

use super::backoff;
use super::now;
use super::settle::Outcome;
use super::sign;
use crate::auth::jwt::address;
use crate::events::poll::plain;
use crate::events::set;
use crate::scim::json;
use crate::store::webhooks::{AS_EVENT, Webhook};

/// What is read of an answer, so that its connection can serve again.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Longest error that is kept, in characters.
const MAX_ERROR: usize = 200;

pub struct Sent {
    pub outcome: Outcome,
    /// When it began, Unix milliseconds, and how long it took.
    pub at: i64,
    pub millis: i64,
}

/// Sends `body` as the event `id`, unless there is none, or why it cannot be made. Redirects are not
/// followed.
pub async fn send(
    webhook: &Webhook,
    id: &str,
    body: Result<Option<String>, String>,
    local: bool,
) -> Sent {
    let at = now();
    let outcome = match body {
        Ok(Some(body)) => attempt(webhook, at, id, &body, local).await,
        Ok(None) => Ok(Outcome::Vanished),
        Err(why) => Err(why),
    };
    let outcome = outcome.unwrap_or_else(|error| Outcome::Failed {
        status: None,
        error: error.chars().take(MAX_ERROR).collect(),
        wait: None,
    });
    Sent {
        outcome,
        at,
        millis: now() - at,
    }
}

async fn attempt(
    webhook: &Webhook,
    at: i64,
    id: &str,
    body: &str,
    local: bool,
) -> Result<Outcome, String> {
    address::check(&webhook.url, local).map_err(|why| why.0.to_owned())?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let answer = async {
        let request = request(webhook, at, id, body)?;
        let response = Fetch::Request(request).send_with_signal(&signal).await?;
        read(response, is_set(webhook)).await
    };
    let patience = Duration::from_secs(webhook.timeout_s as u64);
    let outcome = match select(Box::pin(answer), Delay::from(patience)).await {
        Either::Left((outcome, _)) => outcome.map_err(|error| error.to_string()),
        Either::Right(_) => Err(format!("no answer within {} s", webhook.timeout_s)),
    };
    // What is left unread is not wanted.
    controller.abort();
    outcome
}

/// Whether it gets SETs, which are pushed as RFC 8935 says and bear their own signature.
fn is_set(webhook: &Webhook) -> bool {
    webhook.format != AS_EVENT
}

fn request(webhook: &Webhook, at: i64, id: &str, body: &str) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("user-agent", "scim-edge")?;
    if is_set(webhook) {
        headers.set("content-type", &format!("application/{}", set::TYPE))?;
        headers.set("accept", "application/json")?;
    } else {
        let timestamp = at / 1000;
        let signatures = sign::signatures(webhook, at, id, timestamp, body);
        headers.set("content-type", "application/json")?;
        headers.set("webhook-id", id)?;
        headers.set("webhook-timestamp", &timestamp.to_string())?;
        headers.set("webhook-signature", &signatures)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers.0);
    init.set_redirect(RequestRedirect::Manual);
    init.set_body(&body.into());
    Ok(web_sys::Request::new_with_str_and_init(&webhook.url, &init)?.into())
}

async fn read(mut response: Response, is_set: bool) -> worker::Result<Outcome> {
    let status = response.status_code();
    let wait = response.headers().get("retry-after")?;
    // One without content has no stream.
    let mut body = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            body.extend(chunk?);
            if body.len() > MAX_ANSWER_BYTES {
                break;
            }
        }
    }
    if (200..300).contains(&status) {
        return Ok(Outcome::Delivered { status });
    }
    let date = |text: &str| {
        let millis = js_sys::Date::parse(text);
        millis.is_finite().then_some(millis as i64)
    };
    let mut error = format!("status {status}");
    // RFC 8935 §2.3: why a SET is of no use.
    if is_set
        && let Ok(said) = json::read::<Value>(body)
        && let Some(code) = said["err"].as_str()
    {
        error = format!("{error}: {}", plain(code));
    }
    Ok(Outcome::Failed {
        status: Some(status),
        error,
        wait: wait.and_then(|header| backoff::asked(&header, now(), date)),
    })
}
