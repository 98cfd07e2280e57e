//! A BulkRequest, read: which of its operations can be tried, and on what.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::references::References;
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::patch::message::PATCH_OP_URN;
use crate::scim::resource::{Map, SCHEMAS, member};
use crate::scim::schema::{Definition, Registry};

const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

#[derive(Debug)]
pub struct BulkRequest {
    /// After so many errors nothing more is tried.
    pub fail_on_errors: Option<usize>,
    pub operations: Vec<Operation>,
}

#[derive(Debug)]
pub struct Operation {
    /// As sent.
    pub method: String,
    pub bulk_id: Option<String>,
    /// What the resource's `If-Match` would be.
    pub version: Option<String>,
    /// The resource below the base, "/Users/{id}"; `None` where the operation names none.
    pub location: Option<String>,
    /// The operations, by their place, that create what this one refers to.
    pub needs: Vec<usize>,
    pub task: Result<Task>,
}

/// What is to be done, with every reference resolved.
#[derive(Debug, PartialEq)]
pub struct Task {
    pub verb: Verb,
    pub resource_type: String,
    pub id: String,
    /// Empty for a deletion.
    pub data: Map,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Create,
    Replace,
    Patch,
    Delete,
}

/// §3.7.4 has the answer name the limit.
pub fn payload_too_large(limit: usize) -> ScimError {
    ScimError::new(
        413,
        format!("The size of the bulk operation exceeds the maxPayloadSize ({limit})."),
    )
}

impl BulkRequest {
    /// `most` operations are taken. `new_ids` makes as many ids as it is asked for, in the order in which they sort.
    pub fn parse(
        body: Map,
        registry: &Registry,
        mode: Mode,
        most: usize,
        new_ids: impl FnOnce(usize) -> Result<Vec<String>>,
    ) -> Result<Self> {
        check_schemas(&body, mode)?;
        let fail_on_errors = fail_on_errors(&body)?;
        let sent = sent(body, registry, most)?;
        let creations = sent.iter().filter(|one| one.creates()).count();
        let mut ids = new_ids(creations)?.into_iter();
        let ids: Vec<Option<String>> = sent
            .iter()
            .map(|one| if one.creates() { ids.next() } else { None })
            .collect();
        let known = sent.iter().zip(&ids).enumerate();
        let references = References::new(
            known.filter_map(|(at, (one, id))| Some((one.bulk_id.clone()?, at, id.clone()?))),
        );
        let operations = sent
            .into_iter()
            .zip(ids)
            .enumerate()
            .map(|(at, (one, id))| one.resolve(at, id, &references))
            .collect();
        Ok(Self {
            fail_on_errors,
            operations,
        })
    }
}

/// An operation before its references are resolved.
struct Sent<'a> {
    method: String,
    bulk_id: Option<String>,
    version: Option<String>,
    asked: Result<Asked<'a>>,
}

struct Asked<'a> {
    verb: Verb,
    definition: &'a Definition,
    /// From the path; empty for a creation.
    id: String,
    data: Value,
}

fn check_schemas(body: &Map, mode: Mode) -> Result<()> {
    let named = match member(body, SCHEMAS) {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .any(|urn| urn.eq_ignore_ascii_case(BULK_REQUEST_URN)),
        _ => false,
    };
    if named || mode.allows(Quirk::InferSchemas) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!(
        "schemas must name {BULK_REQUEST_URN}."
    )))
}

fn fail_on_errors(body: &Map) -> Result<Option<usize>> {
    match member(body, "failOnErrors") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64().map(usize::try_from) {
            Some(Ok(count)) if count > 0 => Ok(Some(count)),
            _ => Err(ScimError::invalid_syntax(
                "failOnErrors must be a whole number above zero.",
            )),
        },
    }
}

fn sent(mut body: Map, registry: &Registry, most: usize) -> Result<Vec<Sent<'_>>> {
    let list = match take(&mut body, "Operations") {
        Some(Value::Array(list)) => list,
        Some(_) => return Err(ScimError::invalid_syntax("Operations must be a list.")),
        None => return Err(ScimError::invalid_syntax("The body has no Operations.")),
    };
    if list.is_empty() {
        return Err(ScimError::invalid_syntax("Operations is empty."));
    }
    if list.len() > most {
        return Err(ScimError::new(
            413,
            format!("The number of operations exceeds the maxOperations ({most})."),
        ));
    }
    let mut bulk_ids = HashSet::new();
    let mut all = Vec::with_capacity(list.len());
    for (at, operation) in list.into_iter().enumerate() {
        let Value::Object(operation) = operation else {
            return Err(ScimError::invalid_syntax(format!(
                "Operation {} is not an object.",
                at + 1
            )));
        };
        let one = Sent::read(operation, registry);
        if let Some(bulk_id) = &one.bulk_id
            && !bulk_ids.insert(bulk_id.clone())
        {
            return Err(ScimError::invalid_syntax(format!(
                "Two operations have the bulkId {bulk_id:?}: each must have its own."
            )));
        }
        all.push(one);
    }
    Ok(all)
}

impl<'a> Sent<'a> {
    fn read(mut operation: Map, registry: &'a Registry) -> Self {
        let mut text = |name: &str| match take(&mut operation, name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Null) | None => Ok(None),
            Some(_) => Err(ScimError::invalid_syntax(format!(
                "{name} must be a string."
            ))),
        };
        let (method, bulk_id) = (text("method"), text("bulkId"));
        let (version, path) = (text("version"), text("path"));
        let shown = |text: &Result<Option<String>>| text.as_ref().ok().cloned().flatten();
        let (method_shown, bulk_id_shown) = (shown(&method), shown(&bulk_id));
        let version_shown = shown(&version);
        let data = take(&mut operation, "data");
        let asked = || {
            let (method, bulk_id) = (method?, bulk_id?);
            version?;
            let asked = Asked::read(method, path?, data, registry)?;
            match (asked.verb, bulk_id.as_deref()) {
                (Verb::Create, None | Some("")) => Err(ScimError::invalid_syntax(
                    "A POST needs a bulkId of its own.",
                )),
                _ => Ok(asked),
            }
        };
        Self {
            asked: asked(),
            method: method_shown.unwrap_or_default(),
            bulk_id: bulk_id_shown,
            version: version_shown,
        }
    }

    fn creates(&self) -> bool {
        matches!(&self.asked, Ok(asked) if asked.verb == Verb::Create)
    }

    fn resolve(self, at: usize, new_id: Option<String>, references: &References) -> Operation {
        let mut needs = Vec::new();
        let mut location = None;
        let creates = new_id.is_some();
        let task = self.asked.and_then(|asked| {
            let Asked {
                verb,
                definition,
                id,
                data,
            } = asked;
            let id = match new_id {
                Some(id) => id,
                None => references.in_path(&id, at, &mut needs)?,
            };
            let resource_type = &definition.resource_type;
            location = Some(format!("{}/{id}", resource_type.endpoint));
            let data = references.in_data(data, &mut needs)?;
            Ok(Task {
                verb,
                resource_type: resource_type.name.clone(),
                id,
                data,
            })
        });
        // Nothing is where a POST failed.
        location = location.filter(|_| !creates || task.is_ok());
        needs.sort_unstable();
        needs.dedup();
        // A resource may refer to itself.
        needs.retain(|needed| *needed != at);
        Operation {
            method: self.method,
            bulk_id: self.bulk_id,
            version: self.version,
            location,
            needs,
            task,
        }
    }
}

impl<'a> Asked<'a> {
    fn read(
        method: Option<String>,
        path: Option<String>,
        data: Option<Value>,
        registry: &'a Registry,
    ) -> Result<Self> {
        let method = method.ok_or_else(|| ScimError::invalid_syntax("method is missing."))?;
        let path = path.ok_or_else(|| ScimError::invalid_syntax("path is missing."))?;
        let verb = match method.to_ascii_uppercase().as_str() {
            "POST" => Verb::Create,
            "PUT" => Verb::Replace,
            "PATCH" => Verb::Patch,
            "DELETE" => Verb::Delete,
            _ => {
                return Err(ScimError::invalid_syntax(format!(
                    "method must be POST, PUT, PATCH or DELETE, not {method:?}."
                )));
            }
        };
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (endpoint, id) = match (verb, segments.as_slice()) {
            (Verb::Create, [endpoint]) => (endpoint, ""),
            (Verb::Replace | Verb::Patch | Verb::Delete, [endpoint, id]) => (endpoint, *id),
            (Verb::Create, _) => {
                return Err(ScimError::invalid_syntax(format!(
                    "The path of a POST names an endpoint, such as /Users: {path:?} does not."
                )));
            }
            _ => {
                return Err(ScimError::invalid_syntax(format!(
                    "The path of a {method} names a resource, such as /Users/{{id}}: {path:?} does not."
                )));
            }
        };
        let definition = registry
            .at(endpoint)
            .ok_or_else(|| ScimError::not_found(&format!("The endpoint /{endpoint}")))?;
        Ok(Self {
            verb,
            definition,
            id: percent_decode_str(id).decode_utf8_lossy().into_owned(),
            data: shaped(verb, data)?,
        })
    }
}

/// `data` as the body that the operation would have alone. The RFC's own example of a PATCH
/// (§3.7.3) sends the bare list of its operations.
fn shaped(verb: Verb, data: Option<Value>) -> Result<Value> {
    match (verb, data) {
        (Verb::Delete, _) => Ok(json!({})),
        (Verb::Patch, Some(Value::Array(operations))) => {
            Ok(json!({ "schemas": [PATCH_OP_URN], "Operations": operations }))
        }
        (_, Some(data @ Value::Object(_))) => Ok(data),
        (_, Some(Value::Null) | None) => Err(ScimError::invalid_syntax("data is missing.")),
        (_, Some(_)) => Err(ScimError::invalid_syntax("data must be an object.")),
    }
}

/// Ignores case, as names of attributes do.
fn take(map: &mut Map, name: &str) -> Option<Value> {
    let key = map.keys().find(|key| key.eq_ignore_ascii_case(name))?;
    let key = key.clone();
    map.shift_remove(&key)
}
