//! A request, read whole before anything is decided.

use std::collections::HashMap;

use worker::{Headers, Request, js_sys};

use crate::scim::error::{Result, ScimError};
use crate::scim::search::check_once;

/// Bodies past this are refused with 413.
pub const MAX_BODY_BYTES: usize = 1 << 20;

pub struct Parts {
    pub method: String,
    /// Percent-encoded, as sent.
    pub path: String,
    /// "https://host", for `meta.location`.
    pub origin: String,
    /// The last of each name: [`Parts::check_query`] refuses others where it matters.
    pub query: HashMap<String, String>,
    names: Vec<String>,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Unix milliseconds.
    pub now: i64,
    /// UUIDv7: says which line of the console a 500 belongs to, and is its id in the request log.
    pub request_id: String,
}

impl Parts {
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Refuses a parameter of SCIM's that is there twice.
    pub fn check_query(&self) -> Result<()> {
        check_once(self.names.iter().map(String::as_str))
    }
}

/// Everything of a request but its body.
pub fn head(request: &Request) -> Result<Parts> {
    // The platform takes hosts that are none.
    let url = request.url().map_err(|_| {
        ScimError::invalid_syntax("The URL, with the Host header in it, cannot be read.")
    })?;
    let now = js_sys::Date::now() as i64;
    Ok(Parts {
        // The platform's own enumeration takes methods that it does not know for GET.
        method: request.inner().method(),
        path: url.path().to_owned(),
        origin: url.origin().ascii_serialization(),
        query: url.query_pairs().into_owned().collect(),
        names: url
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect(),
        headers: request.headers().clone(),
        body: Vec::new(),
        now,
        request_id: new_id(now).unwrap_or_default(),
    })
}

/// Reads the body up to its limit. A body past it is cancelled, not left unread: workerd drops
/// the connection, and the client's next request with it, when an answer leaves a body behind.
pub async fn body(
    request: &mut Request,
    limit: usize,
    too_large: fn(usize) -> ScimError,
) -> Result<Vec<u8>> {
    use futures_util::StreamExt;

    let unreadable = |_| ScimError::invalid_syntax("The body could not be read.");
    if request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let declared = request.headers().get("content-length").ok().flatten();
    if declared
        .and_then(|length| length.parse::<usize>().ok())
        .is_some_and(|n| n <= limit)
    {
        return request.bytes().await.map_err(unreadable);
    }
    let mut stream = request.stream().map_err(unreadable)?;
    let mut body = Vec::new();
    let mut over = false;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(unreadable)?;
        // Read on to the end without keeping it.
        over |= body.len() + chunk.len() > limit;
        if over {
            body.clear();
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    if over {
        Err(too_large(limit))
    } else {
        Ok(body)
    }
}

pub fn too_large(limit: usize) -> ScimError {
    ScimError::new(
        413,
        format!("The body is larger than {limit} bytes: send less at a time."),
    )
}

/// A UUIDv7: ids sort by the time they were made.
pub fn new_id(now: i64) -> std::result::Result<String, getrandom::Error> {
    let mut random = [0; 10];
    getrandom::fill(&mut random)?;
    let millis = u64::try_from(now).unwrap_or_default();
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .to_string())
}
