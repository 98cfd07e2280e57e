//! An answer before it is the platform's: status, headers, JSON text.

use worker::Response;

use crate::scim::error::ScimError;
use crate::store::d1::Cost;

pub const SCIM_JSON: &str = "application/scim+json";

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON text.
    pub body: Option<String>,
}

impl Reply {
    pub fn json(status: u16, body: String) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
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
                Ok(builder
                    .with_header("Content-Type", content_type)?
                    .fixed(body.into_bytes()))
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
