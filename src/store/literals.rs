//! All that a client named in one statement, as one JSON array in one bound parameter: D1's limit
//! of 100 parameters never shows, integers stay integers (D1 binds JavaScript's numbers as REAL),
//! and nothing a client sends reaches SQL text.

use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Literals {
    parameter: String,
    values: Vec<Value>,
}

impl Literals {
    /// `parameter` is the bound parameter's name in the statement: "?2".
    pub fn new(parameter: &str) -> Self {
        Self {
            parameter: parameter.to_owned(),
            values: Vec::new(),
        }
    }

    /// The SQL expression that stands for the value. SQLite takes it as a constant and evaluates
    /// it once, not once a row.
    pub fn add(&mut self, value: impl Into<Value>) -> String {
        let value = value.into();
        let known = self.values.iter().position(|present| *present == value);
        let index = known.unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        format!("({} ->> '$[{index}]')", self.parameter)
    }

    /// What to bind.
    pub fn to_json(&self) -> String {
        Value::from(self.values.as_slice()).to_string()
    }
}
