//! One request and its answer, as the log keeps them. PURE.
//!
//! Kept are what says who was meant (ids, `userName`) and, unless the tenant switches it off, the
//! bodies and the values in filters: whoever asks at night why a sync fails needs them. What is
//! hidden is [`super::redact`]'s.

use std::rc::Rc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::answer::{self, Named};
use super::redact::{HIDDEN, Redaction, without_tokens};
use crate::scim::filter::{Filter, Operator, Test, parse};
use crate::scim::mode::Mode;
use crate::scim::resource::Map;
use crate::store::d1::Cost;
use crate::store::requests::Entry;
use crate::store::tenants::TenantContext;

/// Of a larger request nothing is kept: reading it again would cost more than answering the request did.
pub const MAX_READ: usize = 64 * 1024;

/// What is kept of a query, and of anything else that is short unless somebody plays tricks.
const MAX_URL: usize = 4096;
const MAX_SHORT: usize = 512;

/// What is kept of a request's body.
const MAX_KEPT: usize = 16 * 1024;

/// Query parameters whose values name nobody. Of others only the names are kept.
const PLAIN: [&str; 7] = [
    "attributes",
    "excludedAttributes",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
];

/// What stays as it is in a query (RFC 3986 §2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request that was answered.
pub struct Seen {
    /// UUIDv7: it also says when.
    pub id: String,
    /// Of the credential that was sent.
    pub token_hash: String,
    /// `None` for a request that was not let in.
    pub tenant: Option<Rc<TenantContext>>,
    pub method: String,
    /// Percent-encoded, as sent.
    pub path: String,
    /// Below the SCIM base URL, decoded.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub content_type: Option<String>,
    pub request: Body,
    pub response: Answer,
    pub status: u16,
    pub millis: i64,
    pub cost: Cost,
}

/// A request's body, unless it is too large to be looked at again.
#[derive(Default)]
pub struct Body {
    pub bytes: usize,
    pub text: Vec<u8>,
}

impl Body {
    pub fn new(text: impl AsRef<[u8]> + Into<Vec<u8>>) -> Self {
        let bytes = text.as_ref().len();
        let text = match bytes > MAX_READ {
            true => Vec::new(),
            false => text.into(),
        };
        Self { bytes, text }
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.text).ok()
    }
}

/// The beginning of an answer: see [`answer`].
pub struct Answer {
    pub bytes: usize,
    text: String,
}

impl Answer {
    pub fn new(text: &str) -> Self {
        Self {
            bytes: text.len(),
            text: answer::beginning(text).to_owned(),
        }
    }
}

impl Seen {
    /// Whether there is to be an entry: not for a tenant that keeps no log.
    pub fn is_kept(&self) -> bool {
        let settings = self.tenant.as_ref().map(|tenant| &tenant.settings);
        settings.is_none_or(|settings| settings.log_retention_days > 0)
    }
}

pub fn entry(seen: &Seen) -> Entry {
    let settings = seen.tenant.as_ref().map(|tenant| &tenant.settings);
    let keeps_bodies = settings.is_some_and(|settings| settings.log_bodies);
    let mut redaction = match &seen.tenant {
        Some(tenant) => Redaction::new(&tenant.registry, &tenant.settings.redact, keeps_bodies),
        None => Redaction::new(crate::scim::schema::Registry::builtin(), &[], false),
    };
    let request = seen.request.json();
    let is_error = seen.status >= 400;
    let error: Option<Value> = match is_error {
        true => serde_json::from_str(&seen.response.text).ok(),
        false => None,
    };
    let (answer, named) = match is_error {
        true => Default::default(),
        false => answer::shown(&seen.response.text, &redaction),
    };
    let (resource_type, resource) = resource(seen, &named);
    let user_name =
        user_name(seen, request.as_ref(), named).filter(|_| !redaction.hides("userName"));
    let mut document = json!({
        "method": short(&seen.method),
        "path": short(&seen.path),
        "status": seen.status,
        "duration_ms": seen.millis,
        "d1": {
            "trips": seen.cost.trips,
            "rows_read": seen.cost.rows_read,
            "rows_written": seen.cost.rows_written,
        },
    });
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            document[name] = value.into();
        }
    };
    let query = query(&seen.query, &mut redaction);
    set("query", query.as_deref().map(|query| cut(query, MAX_URL)));
    let content_type = seen.content_type.as_deref().map(short);
    set("content_type", content_type.as_deref());
    set("resource_type", resource_type.as_deref());
    set("resource", resource.as_deref());
    set("user_name", user_name.as_deref());
    let of_error = |name: &str| error.as_ref()?[name].as_str();
    set("scim_type", of_error("scimType"));
    document["request"] = body(&seen.request, request, &mut redaction, keeps_bodies);
    if let Some(detail) = of_error("detail") {
        document["detail"] = redaction.sentence(detail).into();
    }
    document["response"] = json!({ "bytes": seen.response.bytes });
    // An error is told whole above.
    if keeps_bodies && !is_error && seen.response.bytes > 0 {
        if seen.response.text.len() < seen.response.bytes {
            document["response"]["cut"] = true.into();
        }
        document["response"]["body"] = answer.into();
    }
    Entry {
        id: seen.id.clone(),
        token_hash: seen.token_hash.clone(),
        method: short(&seen.method),
        status: seen.status,
        resource,
        user_name: user_name.map(|name| crate::scim::fold::fold(&name).into_owned()),
        document: document.to_string(),
    }
}

/// `{"bytes": …, "body": …}`, and `"cut": true` where the body is not whole.
fn body(sent: &Body, json: Option<Value>, redaction: &mut Redaction, is_kept: bool) -> Value {
    let mut shown = json!({ "bytes": sent.bytes });
    let Some(mut json) = json else { return shown };
    // Read even when nothing is kept: an error may repeat what is hidden.
    redaction.value(&mut json);
    if is_kept {
        let text = json.to_string();
        if text.len() > MAX_KEPT {
            shown["cut"] = true.into();
        }
        shown["body"] = cut(&text, MAX_KEPT).into();
    }
    shown
}

fn short(text: &str) -> String {
    without_tokens(cut(text, MAX_SHORT))
}

fn cut(text: &str, bytes: usize) -> &str {
    let fits = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=bytes.min(text.len())).rev().find(fits);
    &text[..end.unwrap_or_default()]
}

fn query(parameters: &[(String, String)], redaction: &mut Redaction) -> Option<String> {
    let show = |(name, value): &(String, String)| {
        let value = match name.as_str() {
            "filter" => redaction.filter(value),
            plain if PLAIN.contains(&plain) => without_tokens(value),
            _ => HIDDEN.to_owned(),
        };
        let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        format!("{}={}", encode(&without_tokens(name)), encode(&value))
    };
    let shown: Vec<String> = parameters.iter().map(show).collect();
    (!shown.is_empty()).then(|| shown.join("&"))
}

/// The resource's type and id, where the request is about one.
fn resource(seen: &Seen, answer: &Named) -> (Option<String>, Option<String>) {
    let segments: Vec<&str> = seen.segments.iter().map(String::as_str).collect();
    let (endpoint, id) = match segments.as_slice() {
        [endpoint] => (endpoint, None),
        [endpoint, id] if *id != ".search" => (endpoint, Some((*id).to_owned())),
        _ => return (None, None),
    };
    let tenant = seen.tenant.as_ref();
    let definition = tenant.and_then(|tenant| tenant.registry.at(endpoint));
    let Some(definition) = definition else {
        return (None, None);
    };
    let created = || match seen.status {
        201 => answer.id.clone(),
        _ => None,
    };
    let id = id.or_else(created).map(|id| short(&id));
    (Some(definition.resource_type.name.clone()), id)
}

/// Whom the request is about: the user in the answer or in the request, or the one looked for.
fn user_name(seen: &Seen, request: Option<&Value>, answer: Named) -> Option<String> {
    let sent = || {
        let body = request?.as_object()?;
        find(body, "userName")?.as_str().map(str::to_owned)
    };
    let filter = || {
        let (_, text) = seen.query.iter().find(|(name, _)| name == "filter")?;
        match parse::parse(text, Mode::default()).ok()? {
            Filter::Term(term) if term.path.path.name.eq_ignore_ascii_case("userName") => {
                match term.test {
                    Test::Compare(Operator::Eq, literal) => {
                        literal.value.as_str().map(str::to_owned)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    };
    (answer.user_name)
        .or_else(sent)
        .or_else(filter)
        .map(|name| short(&name))
}

fn find<'v>(object: &'v Map, name: &str) -> Option<&'v Value> {
    let mut members = object.iter();
    members
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}
