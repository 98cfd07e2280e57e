//! JSON documents of others: fetched with a time limit and a size limit, and never from elsewhere
//! than asked.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use serde_json::Value;
use worker::web_sys::{self, RequestRedirect};
use worker::{AbortController, Delay, Fetch};

use super::address;

const PATIENCE: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

pub struct Document {
    pub value: Value,
    /// Seconds, as `Cache-Control` says.
    pub max_age: Option<i64>,
}

/// The error is for the log.
pub async fn document(url: &str, local: bool) -> Result<Document, String> {
    address::check(url, local).map_err(|why| format!("{url}: {}", why.0))?;
    let controller = AbortController::default();
    let signal = controller.signal();
    let answer = async {
        let init = web_sys::RequestInit::new();
        init.set_redirect(RequestRedirect::Manual);
        let request = web_sys::Request::new_with_str_and_init(url, &init)?;
        let fetch = Fetch::Request(request.into());
        let mut response = fetch.send_with_signal(&signal).await?;
        if response.status_code() != 200 {
            return Err(format!("status {}", response.status_code()).into());
        }
        let max_age = response.headers().get("cache-control")?;
        let mut stream = response.stream()?;
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            body.extend(chunk?);
            if body.len() > MAX_BYTES {
                return Err(format!("more than {MAX_BYTES} bytes").into());
            }
        }
        let value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        Ok::<_, worker::Error>(Document {
            value,
            max_age: max_age.as_deref().and_then(max_age_in),
        })
    };
    let outcome = match select(Box::pin(answer), Delay::from(PATIENCE)).await {
        Either::Left((outcome, _)) => outcome.map_err(|error| error.to_string()),
        Either::Right(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    // What is left unread is not wanted.
    if outcome.is_err() {
        controller.abort();
    }
    outcome.map_err(|why| format!("{url}: {why}"))
}

fn max_age_in(header: &str) -> Option<i64> {
    let mut directives = header.split(',').map(str::trim);
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}
