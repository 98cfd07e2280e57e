//! A PATCH request's body. Refused: a wrong or missing `schemas`, no operations or too many, an
//! `op` that does not exist, `add` and `replace` without a value, `remove` without a path. Paths are
//! read later, by [`super::target`], because the schema decides where a URN in them ends.

use serde_json::Value;

use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::resource::{Map, SCHEMAS, member};

pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Okta removes up to a thousand members with an operation each.
pub const MAX_OPERATIONS: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Remove,
    Replace,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub op: Op,
    pub path: Option<String>,
    /// `Null` where the client gave none, which only `remove` may.
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    pub operations: Vec<Operation>,
}

impl PatchRequest {
    pub fn parse(body: &Map, mode: Mode) -> Result<Self> {
        check_schemas(body, mode)?;
        let list = match member(body, "Operations") {
            Some(Value::Array(list)) => list,
            Some(_) => return Err(ScimError::invalid_syntax("Operations must be a list.")),
            None => return Err(ScimError::invalid_syntax("The body has no Operations.")),
        };
        if list.is_empty() {
            return Err(ScimError::invalid_syntax("Operations is empty."));
        }
        if list.len() > MAX_OPERATIONS {
            return Err(ScimError::new(
                413,
                format!("One PATCH may have {MAX_OPERATIONS} operations at most."),
            ));
        }
        let operations = list
            .iter()
            .enumerate()
            .map(|(at, operation)| Operation::parse(operation, at, mode))
            .collect::<Result<_>>()?;
        Ok(Self { operations })
    }
}

fn check_schemas(body: &Map, mode: Mode) -> Result<()> {
    let named: Vec<&str> = match member(body, SCHEMAS) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    let is_patch = named
        .iter()
        .any(|urn| urn.eq_ignore_ascii_case(PATCH_OP_URN));
    if is_patch || (named.is_empty() && mode.allows(Quirk::InferSchemas)) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!(
        "schemas must name {PATCH_OP_URN}."
    )))
}

impl Operation {
    fn parse(operation: &Value, at: usize, mode: Mode) -> Result<Self> {
        let number = at + 1;
        let Some(operation) = operation.as_object() else {
            return Err(ScimError::invalid_syntax(format!(
                "Operation {number} is not an object."
            )));
        };
        let op = match member(operation, "op") {
            Some(Value::String(name)) => Op::parse(name, mode),
            _ => None,
        };
        let Some(op) = op else {
            return Err(ScimError::invalid_syntax(format!(
                "Operation {number} needs an op: \"add\", \"remove\" or \"replace\"."
            )));
        };
        let path = match member(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() && mode.allows(Quirk::OpCase) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                return Err(ScimError::invalid_path(format!(
                    "The path of operation {number} is not a string."
                )));
            }
        };
        let value = member(operation, "value").cloned();
        match (op, &path, &value) {
            (Op::Remove, None, _) => Err(ScimError::no_target(format!(
                "Operation {number}: remove needs a path."
            ))),
            (Op::Add | Op::Replace, _, None) => Err(ScimError::invalid_value(format!(
                "Operation {number} needs a value."
            ))),
            (Op::Add | Op::Replace, None, _) if mode.rejects_pathless() => Err(
                ScimError::invalid_syntax(format!("Operation {number} needs a path.")),
            ),
            _ => Ok(Self {
                op,
                path,
                value: value.unwrap_or_default(),
            }),
        }
    }
}

impl Op {
    fn parse(name: &str, mode: Mode) -> Option<Self> {
        let all = [
            ("add", Self::Add),
            ("remove", Self::Remove),
            ("replace", Self::Replace),
        ];
        all.into_iter()
            .find(|(text, _)| match mode.allows(Quirk::OpCase) {
                true => text.eq_ignore_ascii_case(name),
                false => *text == name,
            })
            .map(|(_, op)| op)
    }
}
