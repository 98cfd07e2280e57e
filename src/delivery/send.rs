//! One attempt: a request to the receiver, signed, and what came of it.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use worker::js_sys;
use worker::{
    AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

use super::backoff;
use super::now;
use super::settle::Outcome;
use super::sign;
use crate::auth::jwt::address;
use crate::store::webhooks::Webhook;

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

/// Sends `body` as the event `id`. Redirects are not followed.
pub async fn send(webhook: &Webhook, id: &str, body: &str, local: bool) -> Sent {
    let at = now();
    let outcome = attempt(webhook, at, id, body, local).await;
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
        read(response).await
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

fn request(webhook: &Webhook, at: i64, id: &str, body: &str) -> worker::Result<Request> {
    let timestamp = at / 1000;
    let headers = Headers::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("user-agent", "scim-edge"),
        ("webhook-id", id),
        ("webhook-timestamp", &timestamp.to_string()),
        (
            "webhook-signature",
            &sign::signatures(webhook, at, id, timestamp, body),
        ),
    ] {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(body.into()));
    Request::new_with_init(&webhook.url, &init)
}

async fn read(mut response: Response) -> worker::Result<Outcome> {
    let status = response.status_code();
    let wait = response.headers().get("retry-after")?;
    // One without content has no stream.
    if let Ok(mut stream) = response.stream() {
        let mut bytes = 0;
        while let Some(chunk) = stream.next().await {
            bytes += chunk?.len();
            if bytes > MAX_ANSWER_BYTES {
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
    Ok(Outcome::Failed {
        status: Some(status),
        error: format!("status {status}"),
        wait: wait.and_then(|header| backoff::asked(&header, now(), date)),
    })
}
