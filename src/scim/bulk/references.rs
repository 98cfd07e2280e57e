//! `bulkId:x` wherever a resource's id can stand (RFC 7644 §3.7.2): as a value, at the end of a
//! `$ref`, in the filter of a PATCH path, and at the end of an operation's own path.
//!
//! Refused: references that nothing in the message answers to.

use std::collections::HashMap;

use serde_json::Value;

use crate::scim::error::{Result, ScimError, ScimType};
use crate::scim::resource::Map;

const BULK_ID_PREFIX: &str = "bulkId:";

/// What the message creates: by `bulkId`, the operation's place and the new resource's id.
pub struct References(HashMap<String, (usize, String)>);

impl References {
    pub fn new(created: impl Iterator<Item = (String, usize, String)>) -> Self {
        Self(created.map(|(name, at, id)| (name, (at, id))).collect())
    }

    /// The id that an operation's path means. What it changes must be there by then.
    pub fn in_path(&self, id: &str, at: usize, needs: &mut Vec<usize>) -> Result<String> {
        let Some(name) = id.strip_prefix(BULK_ID_PREFIX) else {
            return Ok(id.to_owned());
        };
        let (created, id) = self.find(name)?;
        if *created >= at {
            return Err(unresolved(format!(
                "The path refers to the bulkId {name:?}, which only a later operation creates."
            )));
        }
        needs.push(*created);
        Ok(id.clone())
    }

    pub fn in_data(&self, mut data: Value, needs: &mut Vec<usize>) -> Result<Map> {
        self.substitute("", &mut data, needs)?;
        match data {
            Value::Object(data) => Ok(data),
            _ => Err(ScimError::invalid_syntax("data must be an object.")),
        }
    }

    fn substitute(&self, key: &str, value: &mut Value, needs: &mut Vec<usize>) -> Result<()> {
        match value {
            Value::String(text) => {
                if let Some(resolved) = self.in_text(key, text, needs)? {
                    *text = resolved;
                }
                Ok(())
            }
            Value::Array(elements) => elements
                .iter_mut()
                .try_for_each(|element| self.substitute(key, element, needs)),
            Value::Object(members) => members
                .iter_mut()
                .try_for_each(|(key, value)| self.substitute(key, value, needs)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    /// The text with its references resolved; `None` when it has none.
    fn in_text(&self, key: &str, text: &str, needs: &mut Vec<usize>) -> Result<Option<String>> {
        let mut resolve = |name: &str| {
            let (at, id) = self.find(name)?;
            needs.push(*at);
            Ok::<_, ScimError>(id.as_str())
        };
        if let Some(name) = text.strip_prefix(BULK_ID_PREFIX) {
            return Ok(Some(resolve(name)?.to_owned()));
        }
        if key.eq_ignore_ascii_case("$ref")
            && let Some((before, last)) = text.rsplit_once('/')
            && let Some(name) = last.strip_prefix(BULK_ID_PREFIX)
        {
            return Ok(Some(format!("{before}/{}", resolve(name)?)));
        }
        if !key.eq_ignore_ascii_case("path") || !text.contains(QUOTED) {
            return Ok(None);
        }
        let mut rest = text;
        let mut resolved = String::with_capacity(text.len());
        while let Some((before, after)) = rest.split_once(QUOTED) {
            let (name, after) = after.split_once('"').unwrap_or((after, ""));
            resolved.push_str(before);
            resolved.push_str(&format!("\"{}\"", resolve(name)?));
            rest = after;
        }
        resolved.push_str(rest);
        Ok(Some(resolved))
    }

    fn find(&self, name: &str) -> Result<&(usize, String)> {
        self.0.get(name).ok_or_else(|| {
            unresolved(format!(
                "No operation of this request creates a resource with the bulkId {name:?}."
            ))
        })
    }
}

/// As a filter's value.
const QUOTED: &str = "\"bulkId:";

fn unresolved(detail: String) -> ScimError {
    ScimError {
        status: 409,
        scim_type: Some(ScimType::InvalidValue),
        detail,
    }
}
