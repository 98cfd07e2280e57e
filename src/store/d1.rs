//! D1, as far as the store needs it: batches of statements with text and integer parameters, and
//! what they cost.
//!
//! This binds `worker-sys` directly. `worker` 0.8.7's own wrapper deserialises every row through
//! JavaScript objects, formats errors by a call that throws, and binds every number as REAL.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use worker::js_sys::{Array, JsString, Reflect};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::worker_sys::types::{D1Database, D1DatabaseSession, D1Result};

use super::error::StoreError;
use super::events::write;

#[derive(Debug, Clone)]
pub enum Parameter {
    Text(String),
    /// Exact up to 2^53: D1 takes JavaScript numbers, and a STRICT INTEGER column makes them
    /// integers again. Inside JSON text they would stay REAL.
    Integer(i64),
    Null,
}

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Parameter {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl<T: Into<Parameter>> From<Option<T>> for Parameter {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[derive(Debug, Clone)]
pub struct Statement {
    pub sql: Cow<'static, str>,
    pub parameters: Vec<Parameter>,
}

impl Statement {
    pub fn new(
        sql: impl Into<Cow<'static, str>>,
        parameters: impl IntoIterator<Item = Parameter>,
    ) -> Self {
        Self {
            sql: sql.into(),
            parameters: parameters.into_iter().collect(),
        }
    }
}

/// What a request's D1 calls cost so far, as D1 bills it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    pub trips: u32,
    pub rows_read: u64,
    pub rows_written: u64,
    /// Milliseconds inside SQLite, as D1 says.
    pub duration: f64,
    /// Whether events were written: who is sent them is to be woken.
    #[serde(default)]
    pub has_events: bool,
}

impl Cost {
    pub fn add(&mut self, other: Cost) {
        self.trips += other.trips;
        self.rows_read += other.rows_read;
        self.rows_written += other.rows_written;
        self.duration += other.duration;
        self.has_events |= other.has_events;
    }
}

/// The database of one request, with its running cost.
#[derive(Clone)]
pub struct Database {
    raw: D1Database,
    cost: Rc<Cell<Cost>>,
}

/// The rows of one statement.
pub struct Rows(Array);

pub struct Row(JsValue);

impl Database {
    pub fn new(env: &worker::Env) -> Result<Self, StoreError> {
        let raw = Reflect::get(env, &"DB".into()).map_err(|error| StoreError::from_js(&error))?;
        if raw.is_undefined() {
            return Err(StoreError::Failed(
                "wrangler.toml binds no D1 database as DB".to_owned(),
            ));
        }
        Ok(Self {
            raw: raw.unchecked_into(),
            cost: Rc::default(),
        })
    }

    /// The same database, read wherever a copy is near (D1's read replication): not older than a
    /// bookmark, or of whatever age with "first-unconstrained". One that D1 does not know fails
    /// with the first query.
    pub fn session(&self, bookmark: &str) -> Result<Self, StoreError> {
        let session = self.raw.with_session(Some(bookmark));
        Ok(Self {
            // Prepares and batches as the database does.
            raw: session
                .map_err(|error| StoreError::from_js(&error))?
                .unchecked_into(),
            cost: self.cost.clone(),
        })
    }

    /// Of a session: how new what it read last was.
    pub fn bookmark(&self) -> Option<String> {
        let session: &D1DatabaseSession = self.raw.unchecked_ref();
        session.get_bookmark().ok()?
    }

    pub fn cost(&self) -> Cost {
        self.cost.get()
    }

    /// Counts what another call did on this request's behalf: the Durable Object's.
    pub fn add_cost(&self, cost: Cost) {
        let mut sum = self.cost.get();
        sum.add(cost);
        self.cost.set(sum);
    }

    /// One statement, one round trip.
    pub async fn query(&self, statement: Statement) -> Result<Rows, StoreError> {
        let prepared = self.prepare(&statement)?;
        let promise = prepared
            .all()
            .map_err(|error| StoreError::from_js(&error))?;
        self.count_trip();
        let result = JsFuture::from(promise)
            .await
            .map_err(|error| StoreError::from_js(&error))?;
        self.rows(result, &statement)
    }

    /// All statements in one transaction and one round trip: every one of them, or none.
    pub async fn batch(&self, statements: &[Statement]) -> Result<Vec<Rows>, StoreError> {
        let list = Array::new();
        for statement in statements {
            list.push(self.prepare(statement)?.as_ref());
        }
        let promise = self
            .raw
            .batch(list)
            .map_err(|error| StoreError::from_js(&error))?;
        self.count_trip();
        let results = JsFuture::from(promise)
            .await
            .map_err(|error| StoreError::from_js(&error))?;
        let results: Array = results.unchecked_into();
        let results = results.iter().zip(statements);
        results
            .map(|(result, statement)| self.rows(result, statement))
            .collect()
    }

    fn prepare(
        &self,
        statement: &Statement,
    ) -> Result<worker::worker_sys::types::D1PreparedStatement, StoreError> {
        let prepared = self
            .raw
            .prepare(&statement.sql)
            .map_err(|e| StoreError::from_js(&e))?;
        if statement.parameters.is_empty() {
            return Ok(prepared);
        }
        let values = Array::new();
        for parameter in &statement.parameters {
            values.push(&match parameter {
                Parameter::Text(text) => JsValue::from_str(text),
                Parameter::Integer(integer) => JsValue::from_f64(*integer as f64),
                Parameter::Null => JsValue::NULL,
            });
        }
        prepared
            .bind(values)
            .map_err(|error| StoreError::from_js(&error))
    }

    fn count_trip(&self) {
        self.add_cost(Cost {
            trips: 1,
            ..Cost::default()
        });
    }

    fn rows(&self, result: JsValue, statement: &Statement) -> Result<Rows, StoreError> {
        let result: D1Result = result.unchecked_into();
        let meta = result.meta().map_err(|error| StoreError::from_js(&error))?;
        let number = |key: &str| number(&meta, key).unwrap_or(0.0);
        let rows_written = number("rows_written") as u64;
        self.add_cost(Cost {
            trips: 0,
            rows_read: number("rows_read") as u64,
            rows_written,
            duration: number("duration"),
            has_events: rows_written > 0 && statement.sql.starts_with(write::INSERT),
        });
        let rows = result
            .results()
            .map_err(|error| StoreError::from_js(&error))?;
        Ok(Rows(rows.unwrap_or_default()))
    }
}

impl Rows {
    pub fn len(&self) -> usize {
        self.0.length() as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn first(&self) -> Option<Row> {
        (!self.is_empty()).then(|| Row(self.0.get(0)))
    }

    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.0.iter().map(Row)
    }
}

/// A row by the names of its columns: D1's, or that of the SQLite which tests run statements on.
pub trait Columns {
    /// `None` for NULL.
    fn text(&self, column: &str) -> Option<String>;

    /// `None` for NULL.
    fn integer(&self, column: &str) -> Option<i64>;
}

impl Columns for Row {
    fn text(&self, column: &str) -> Option<String> {
        self.text(column)
    }

    fn integer(&self, column: &str) -> Option<i64> {
        self.integer(column)
    }
}

impl Row {
    /// `None` for NULL.
    pub fn text(&self, column: &str) -> Option<String> {
        get(&self.0, column)?.as_string()
    }

    /// `None` for NULL.
    pub fn real(&self, column: &str) -> Option<f64> {
        number(&self.0, column)
    }

    /// `None` for NULL.
    pub fn integer(&self, column: &str) -> Option<i64> {
        number(&self.0, column).map(|number| number as i64)
    }
}

fn number(object: &JsValue, key: &str) -> Option<f64> {
    get(object, key)?.as_f64()
}

thread_local! {
    /// Columns' names as JavaScript has them: a page of a list asks for the same few hundreds of
    /// times, and to make them anew each time stood highest in its profile.
    static NAMES: RefCell<Vec<(String, JsString)>> = RefCell::default();
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    NAMES.with_borrow_mut(|names| {
        // They are few: to compare them is quicker than to hash one.
        let known = names.iter().position(|(name, _)| name == key);
        let at = known.unwrap_or_else(|| {
            names.push((key.to_owned(), key.into()));
            names.len() - 1
        });
        Reflect::get(object, &names[at].1).ok()
    })
}
