//! An answer before it is the platform's: status, headers, JSON text.

use std::pin::Pin;

use futures_util::Stream;
use worker::Response;

use crate::scim::error::ScimError;
use crate::store::d1::Cost;

pub const SCIM_JSON: &str = "application/scim+json";

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON text.
    pub body: Option<Body>,
}

pub enum Body {
    Whole(String),
    /// What is too large for memory, made while it is sent. An error ends it where it is: half a
    /// JSON text, which no client takes for the whole.
    Streamed(Pin<Box<dyn Stream<Item = worker::Result<Vec<u8>>>>>),
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Whole(text)
    }
}

impl Reply {
    pub fn json(status: u16, body: impl Into<Body>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body.into()),
        }
    }

    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The body, where it is whole in memory.
    pub fn text(&self) -> &str {
        match &self.body {
            Some(Body::Whole(text)) => text,
            Some(Body::Streamed(_)) | None => "",
        }
    }

    /// The answer to a HEAD: the same headers (RFC 9110 §9.3.2).
    pub fn without_body(mut self, content_type: &str) -> Self {
        let has_own = self.headers.iter().any(|(name, _)| *name == "Content-Type");
        if self.body.take().is_some() && !has_own {
            self.headers.push(("Content-Type", content_type.to_owned()));
        }
        self
    }

    /// The platform's response.
    pub fn into_response(self, content_type: &str, cost: Option<Cost>) -> worker::Result<Response> {
        let mut builder = Response::builder().with_status(self.status);
        for (name, value) in &self.headers {
            builder = builder.with_header(name, value)?;
        }
        if let Some(cost) = cost {
            builder = builder.with_header("Server-Timing", &server_timing(cost))?;
        }
        match self.body {
            None => Ok(builder.empty()),
            Some(body) => {
                let own = self
                    .headers
                    .iter()
                    .find(|(name, _)| *name == "Content-Type");
                let content_type = own.map_or(content_type, |(_, value)| value);
                builder = builder.with_header("Content-Type", content_type)?;
                match body {
                    Body::Whole(text) => Ok(builder.fixed(text.into_bytes())),
                    Body::Streamed(stream) => builder.from_stream(stream),
                }
            }
        }
    }
}

impl From<&ScimError> for Reply {
    fn from(error: &ScimError) -> Self {
        Self::json(error.status, error.to_json().to_string())
    }
}

/// What the request cost in D1 (Server-Timing, W3C): people see it in their browser and in curl.
fn server_timing(cost: Cost) -> String {
    format!(
        "d1;dur={:.1};desc=\"trips={} read={} written={}\"",
        cost.duration, cost.trips, cost.rows_read, cost.rows_written
    )
}
