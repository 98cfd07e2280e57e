//! A request, read whole before anything is decided.
//!
//! It comes as the platform's own object: `worker`'s wrapper would fetch `request.cf` too, which was
//! the largest single entry of ours in a profile of GET, and nothing here wants it.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use percent_encoding::percent_decode_str;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Headers, js_sys, web_sys};

use crate::scim::error::{Result, ScimError};
use crate::scim::search::check_once;
use crate::store::settings::BODY_BYTES;

/// Bodies past this are refused with 413, and those of SCIM past what the tenant's settings say.
pub const MAX_BODY_BYTES: usize = *BODY_BYTES.end() as usize;

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
    /// Empty where it is longer than [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
    /// How many bytes of a body were sent.
    pub body_bytes: usize,
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

    /// A parameter that is a whole number within bounds; `None` where it is not there.
    pub fn number(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>> {
        match self.query(name).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) if range.contains(&number) => Ok(Some(number)),
            Some(_) => {
                let (from, to) = range.into_inner();
                let detail = format!("{name} is a number from {from} to {to}.");
                Err(ScimError::new(400, detail))
            }
        }
    }

    /// Refuses a parameter of SCIM's that is there twice.
    pub fn check_query(&self) -> Result<()> {
        check_once(self.names.iter().map(String::as_str))
    }
}

/// Everything of a request but its body.
pub fn head(request: &web_sys::Request) -> Result<Parts> {
    let url = request.url();
    // The platform takes hosts that are none.
    let url = Url::cut(&url).ok_or_else(|| {
        ScimError::invalid_syntax("The URL, with the Host header in it, cannot be read.")
    })?;
    let now = js_sys::Date::now() as i64;
    let pairs: Vec<_> = url.pairs().collect();
    Ok(Parts {
        method: request.method(),
        path: url.path.to_owned(),
        origin: url.origin.to_owned(),
        names: pairs.iter().map(|(name, _)| name.clone()).collect(),
        query: pairs.into_iter().collect(),
        headers: Headers(request.headers()),
        body: Vec::new(),
        body_bytes: 0,
        now,
        request_id: new_id(now).unwrap_or_default(),
    })
}

/// A URL as the platform writes it: whole and normalised, so that it needs no parser.
struct Url<'a> {
    origin: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Url<'a> {
    /// `None` where the host is none.
    fn cut(url: &'a str) -> Option<Self> {
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let host = url.find("://")? + "://".len();
        let path = url[host..].find('/').map_or(url.len(), |at| host + at);
        let is_of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        (host < path && url[host..path].bytes().all(is_of_a_host)).then(|| Self {
            origin: &url[..path],
            path: &url[path..],
            query,
        })
    }

    /// The query as a form has it.
    fn pairs(&self) -> impl Iterator<Item = (String, String)> + use<'a> {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        self.query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(move |pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
    }
}

/// The body and its length. Of one past [`MAX_BODY_BYTES`] nothing is kept, and yet it is read to its
/// end: workerd drops the connection, and the client's next request with it, when an answer leaves
/// a body behind.
pub async fn body(request: web_sys::Request) -> Result<(Vec<u8>, usize)> {
    use futures_util::StreamExt;

    let unreadable = || ScimError::invalid_syntax("The body could not be read.");
    if request.body().is_none() {
        return Ok((Vec::new(), 0));
    }
    let declared = request.headers().get("content-length").ok().flatten();
    if declared
        .and_then(|length| length.parse::<usize>().ok())
        .is_some_and(|n| n <= MAX_BODY_BYTES)
    {
        let whole = JsFuture::from(request.array_buffer().map_err(|_| unreadable())?);
        let whole = whole.await.map_err(|_| unreadable())?;
        let body = js_sys::Uint8Array::new(&whole).to_vec();
        let length = body.len();
        return Ok((body, length));
    }
    let mut request = worker::Request::from(request);
    let mut stream = request.stream().map_err(|_| unreadable())?;
    let (mut body, mut length) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| unreadable())?;
        length += chunk.len();
        if length > MAX_BODY_BYTES {
            body.clear();
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok((body, length))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, origin: &str, path: &str, pairs: &[(&str, &str)]) {
        let cut = Url::cut(url).unwrap();
        assert_eq!((cut.origin, cut.path), (origin, path), "{url}");
        let found: Vec<_> = cut.pairs().collect();
        let found: Vec<_> = found
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, pairs, "{url}");
    }

    #[test]
    fn hosts_that_are_none() {
        for url in [
            "https:///Users",
            "https://a b/",
            "https://%zz/Users",
            "https://a<b>/",
        ] {
            assert!(Url::cut(url).is_none(), "{url}");
        }
    }

    #[test]
    fn urls() {
        check("https://x.dev/", "https://x.dev", "/", &[]);
        check("https://x.dev", "https://x.dev", "", &[]);
        check(
            "http://127.0.0.1:8787/t/a%20b/scim/v2/Users?filter=a+eq+%22%2B%22&count=&flag#part?",
            "http://127.0.0.1:8787",
            "/t/a%20b/scim/v2/Users",
            &[("filter", "a eq \"+\""), ("count", ""), ("flag", "")],
        );
        check(
            "https://x.dev/?a=b=c&&d=%ff",
            "https://x.dev",
            "/",
            &[("a", "b=c"), ("d", "\u{fffd}")],
        );
    }
}
