//! A BulkResponse: one entry for each operation that was tried.

use serde::Serialize;
use serde_json::{Value, json};

use crate::scim::error::ScimError;
use crate::scim::resource::version::etag;

const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    /// Absolute; a POST that failed has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bulk_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    status: String,
    /// The answer's body, which only a failure must have (§3.7.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Value>,
}

impl<'a> Entry<'a> {
    /// `version` is that of the resource as it is now, if it still is.
    pub fn done(
        method: &'a str,
        bulk_id: Option<&'a str>,
        status: u16,
        location: Option<String>,
        version: Option<i64>,
    ) -> Self {
        Self {
            location,
            method,
            bulk_id,
            version: version.map(etag),
            status: status.to_string(),
            response: None,
        }
    }

    pub fn failed(
        method: &'a str,
        bulk_id: Option<&'a str>,
        location: Option<String>,
        error: &ScimError,
    ) -> Self {
        Self {
            location,
            method,
            bulk_id,
            version: None,
            status: error.status.to_string(),
            response: Some(error.to_json()),
        }
    }
}

/// JSON text.
pub fn bulk_response(entries: Vec<Value>) -> String {
    json!({ "schemas": [BULK_RESPONSE_URN], "Operations": entries }).to_string()
}
