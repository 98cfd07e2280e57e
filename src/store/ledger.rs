//! What a Delivery object knows of its webhook, in its own SQLite: how far it came in the outbox,
//! what waits to be tried again, what was given up, and the last attempts. Of events only their
//! positions are here, never their content.
//!
//! Everything is synchronous. What is written between two awaits is one transaction, and nothing
//! that leaves the object overtakes it (Cloudflare, Durable Objects, SQLite storage).

use serde::{Deserialize, Serialize};
use worker::{SqlStorage, SqlStorageValue as Value};

use super::error::StoreError;

/// The last attempts that are kept.
pub const LOGGED: i64 = 500;

/// Dead letters that are kept: the newest.
pub const DEAD_LETTERS: i64 = 10_000;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS place (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  webhook TEXT NOT NULL,
  tenant INTEGER,                 -- NULL until the first round
  position INTEGER NOT NULL,      -- events up to this one are delivered, waiting, dead or of no interest
  since INTEGER NOT NULL,         -- no event is older than this, when its age counts
  failures INTEGER NOT NULL,      -- in a row, whatever the event
  paused INTEGER NOT NULL,        -- nothing is sent before this time
  attempts INTEGER NOT NULL,      -- ever
  failing INTEGER,                -- NULL, or since when there was nothing but failures
  missed INTEGER,                 -- events up to this position were gone before they were read
  changes INTEGER NOT NULL        -- grows with what administrators do, which a round must not undo
) STRICT;
CREATE TABLE IF NOT EXISTS waiting (
  position INTEGER PRIMARY KEY,
  lane TEXT NOT NULL,             -- the resource's id: one after the other
  type TEXT NOT NULL,
  since INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due INTEGER NOT NULL            -- counts of a lane's first alone
) STRICT;
CREATE INDEX IF NOT EXISTS waiting_by_lane ON waiting (lane, position, due);
CREATE TABLE IF NOT EXISTS dead_letters (
  position INTEGER PRIMARY KEY,
  lane TEXT NOT NULL,
  type TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  error TEXT NOT NULL,
  died INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS attempts (
  slot INTEGER PRIMARY KEY,       -- the attempt's number modulo those that are kept
  number INTEGER NOT NULL,
  event TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  millis INTEGER NOT NULL,
  status INTEGER,
  error TEXT
) STRICT;";

/// Times are Unix milliseconds, here and below.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    pub webhook: String,
    pub tenant: Option<i64>,
    pub position: i64,
    pub since: i64,
    pub failures: u32,
    pub paused: i64,
    pub attempts: i64,
    pub failing: Option<i64>,
    pub missed: Option<i64>,
    pub changes: i64,
}

/// Where it begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    pub webhook: String,
    pub tenant: i64,
    pub start: i64,
    pub created: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub position: i64,
    pub lane: String,
    pub kind: String,
    pub since: i64,
    pub attempts: u32,
    pub due: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    pub position: i64,
    pub lane: String,
    pub kind: String,
    pub attempts: u32,
    pub error: String,
    pub died: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub event: String,
    pub kind: String,
    pub at: i64,
    pub millis: i64,
    pub status: Option<u16>,
    pub error: Option<String>,
}

/// What a round leaves behind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled {
    pub place: Place,
    /// Positions that wait no more.
    pub done: Vec<i64>,
    pub waiting: Vec<Waiting>,
    pub dead: Vec<DeadLetter>,
    pub attempts: Vec<Attempt>,
    /// The receiver is back: what waits is due.
    pub is_back: bool,
    /// Why the webhook is to be disabled, [`super::webhooks::GONE`] or
    /// [`super::webhooks::FAILING`], if it is.
    pub disable: Option<&'static str>,
}

pub struct Ledger(SqlStorage);

type Result<T> = std::result::Result<T, StoreError>;

impl Ledger {
    pub fn open(sql: SqlStorage) -> Result<Self> {
        let ledger = Self(sql);
        ledger.run(TABLES, Vec::new())?;
        Ok(ledger)
    }

    /// Notes whose it is.
    pub fn begin(&self, webhook: &str) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO place (one, webhook, position, since, failures, paused, \
             attempts, changes) VALUES (1, ?1, 0, 0, 0, 0, 0, 0)";
        self.run(sql, vec![webhook.into()]).map(|_| ())
    }

    /// Notes where it begins, unless it has begun.
    pub fn begin_at(&self, origin: &Origin) -> Result<()> {
        self.begin(&origin.webhook)?;
        let sql = "UPDATE place SET tenant = ?1, position = ?2, since = ?3 WHERE tenant IS NULL";
        let values = vec![
            origin.tenant.into(),
            origin.start.into(),
            origin.created.into(),
        ];
        self.run(sql, values).map(|_| ())
    }

    /// `None` before [`Ledger::begin`] and when it was emptied.
    pub fn place(&self) -> Result<Option<Place>> {
        let sql = "SELECT webhook, tenant, position, since, failures, paused, attempts, missed, \
             changes, failing FROM place";
        let rows = self.run(sql, Vec::new())?;
        Ok(rows.first().map(|row| Place {
            webhook: text(row, 0),
            tenant: integer(row, 1),
            position: number(row, 2),
            since: number(row, 3),
            failures: number(row, 4) as u32,
            paused: number(row, 5),
            attempts: number(row, 6),
            missed: integer(row, 7),
            changes: number(row, 8),
            failing: integer(row, 9),
        }))
    }

    pub fn set_place(&self, place: &Place) -> Result<()> {
        let sql = "UPDATE place SET tenant = ?1, position = ?2, since = ?3, failures = ?4, \
             paused = ?5, attempts = ?6, missed = ?7, failing = ?8";
        let values = vec![
            place.tenant.into(),
            place.position.into(),
            place.since.into(),
            i64::from(place.failures).into(),
            place.paused.into(),
            place.attempts.into(),
            place.missed.into(),
            place.failing.into(),
        ];
        self.run(sql, values).map(|_| ())
    }

    /// What may be tried now, in order: nothing of its lane before it has to wait.
    pub fn due(&self, now: i64, limit: usize) -> Result<Vec<Waiting>> {
        let sql = "SELECT position, lane, type, since, attempts, due FROM waiting w \
             WHERE NOT EXISTS (SELECT 1 FROM waiting b WHERE b.lane = w.lane \
             AND b.position <= w.position AND b.due > ?1) ORDER BY position LIMIT ?2";
        let rows = self.run(sql, vec![now.into(), (limit as i64).into()])?;
        let waiting = rows.iter().map(|row| Waiting {
            position: number(row, 0),
            lane: text(row, 1),
            kind: text(row, 2),
            since: number(row, 3),
            attempts: number(row, 4) as u32,
            due: number(row, 5),
        });
        Ok(waiting.collect())
    }

    /// When the next of the lanes' first ones is due.
    pub fn next_due(&self) -> Result<Option<i64>> {
        let sql = "SELECT min(due) FROM waiting w WHERE NOT EXISTS \
             (SELECT 1 FROM waiting b WHERE b.lane = w.lane AND b.position < w.position)";
        let rows = self.run(sql, Vec::new())?;
        Ok(rows.first().and_then(|row| integer(row, 0)))
    }

    /// How many wait in a lane.
    pub fn in_lane(&self, lane: &str) -> Result<usize> {
        let sql = "SELECT count(*) FROM waiting WHERE lane = ?1";
        let rows = self.run(sql, vec![lane.into()])?;
        Ok(rows.first().map_or(0, |row| number(row, 0)) as usize)
    }

    /// How many wait, and how many are dead.
    pub fn counts(&self) -> Result<(i64, i64)> {
        let sql = "SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM dead_letters)";
        let rows = self.run(sql, Vec::new())?;
        Ok(rows
            .first()
            .map_or((0, 0), |row| (number(row, 0), number(row, 1))))
    }

    pub fn settle(&self, settled: &Settled) -> Result<()> {
        for position in &settled.done {
            self.run(
                "DELETE FROM waiting WHERE position = ?1",
                vec![(*position).into()],
            )?;
        }
        for waiting in &settled.waiting {
            self.wait(waiting)?;
        }
        for dead in &settled.dead {
            self.bury(dead)?;
        }
        if !settled.dead.is_empty() {
            let sql = "DELETE FROM dead_letters WHERE position <= (SELECT position \
                 FROM dead_letters ORDER BY position DESC LIMIT 1 OFFSET ?1)";
            self.run(sql, vec![DEAD_LETTERS.into()])?;
        }
        let first = settled.place.attempts - settled.attempts.len() as i64;
        for (number, attempt) in (first..).zip(&settled.attempts) {
            self.log(number, attempt)?;
        }
        if settled.is_back {
            self.release()?;
        }
        self.set_place(&settled.place)
    }

    /// What waits is due at once.
    pub fn release(&self) -> Result<()> {
        self.run("UPDATE waiting SET due = 0 WHERE due > 0", Vec::new())
            .map(|_| ())
    }

    pub fn wait(&self, waiting: &Waiting) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO waiting (position, lane, type, since, attempts, due) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = vec![
            waiting.position.into(),
            waiting.lane.as_str().into(),
            waiting.kind.as_str().into(),
            waiting.since.into(),
            i64::from(waiting.attempts).into(),
            waiting.due.into(),
        ];
        self.run(sql, values).map(|_| ())
    }

    fn bury(&self, dead: &DeadLetter) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO dead_letters (position, lane, type, attempts, error, \
             died) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = vec![
            dead.position.into(),
            dead.lane.as_str().into(),
            dead.kind.as_str().into(),
            i64::from(dead.attempts).into(),
            dead.error.as_str().into(),
            dead.died.into(),
        ];
        self.run(sql, values).map(|_| ())
    }

    fn log(&self, number: i64, attempt: &Attempt) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO attempts (slot, number, event, type, at, millis, status, \
             error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = vec![
            (number % LOGGED).into(),
            number.into(),
            attempt.event.as_str().into(),
            attempt.kind.as_str().into(),
            attempt.at.into(),
            attempt.millis.into(),
            attempt.status.map(i64::from).into(),
            attempt.error.clone().into(),
        ];
        self.run(sql, values).map(|_| ())
    }

    /// The newest attempts, newest first.
    pub fn attempts(&self, limit: i64) -> Result<Vec<Attempt>> {
        let sql = "SELECT event, type, at, millis, status, error FROM attempts \
             ORDER BY number DESC LIMIT ?1";
        let rows = self.run(sql, vec![limit.into()])?;
        let attempts = rows.iter().map(|row| Attempt {
            event: text(row, 0),
            kind: text(row, 1),
            at: number(row, 2),
            millis: number(row, 3),
            status: integer(row, 4).map(|status| status as u16),
            error: Some(text(row, 5)).filter(|error| !error.is_empty()),
        });
        Ok(attempts.collect())
    }

    /// Those behind a position, in order.
    pub fn dead_letters(&self, after: i64, limit: i64) -> Result<Vec<DeadLetter>> {
        let sql = "SELECT position, lane, type, attempts, error, died FROM dead_letters \
             WHERE position > ?1 ORDER BY position LIMIT ?2";
        let rows = self.run(sql, vec![after.into(), limit.into()])?;
        let dead = rows.iter().map(|row| DeadLetter {
            position: number(row, 0),
            lane: text(row, 1),
            kind: text(row, 2),
            attempts: number(row, 3) as u32,
            error: text(row, 4),
            died: number(row, 5),
        });
        Ok(dead.collect())
    }

    /// Sends one once more, before whatever waits of its lane.
    pub fn redeliver(&self, waiting: &Waiting) -> Result<()> {
        self.wait(waiting)?;
        self.run(
            "DELETE FROM dead_letters WHERE position = ?1",
            vec![waiting.position.into()],
        )?;
        self.change()
    }

    /// Dead letters wait again, as from now; says how many.
    pub fn revive(&self, now: i64) -> Result<i64> {
        let (_, dead) = self.counts()?;
        let sql = "INSERT OR IGNORE INTO waiting (position, lane, type, since, attempts, due) \
             SELECT position, lane, type, ?1, 0, 0 FROM dead_letters";
        self.run(sql, vec![now.into()])?;
        self.run("DELETE FROM dead_letters", Vec::new())?;
        self.change()?;
        Ok(dead)
    }

    /// Everything behind a position is to be read anew.
    pub fn rewind(&self, position: i64, now: i64) -> Result<()> {
        for table in ["waiting", "dead_letters"] {
            let sql = format!("DELETE FROM {table} WHERE position > ?1");
            self.run(&sql, vec![position.into()])?;
        }
        self.run(
            "UPDATE place SET position = min(position, ?1), since = ?2",
            vec![position.into(), now.into()],
        )?;
        self.change()
    }

    /// What an administrator changed may have mended it: everything is tried at once, and counts as
    /// young.
    pub fn resume(&self, now: i64) -> Result<()> {
        self.run("UPDATE waiting SET since = ?1, due = 0", vec![now.into()])?;
        self.run("UPDATE place SET since = ?1", vec![now.into()])?;
        self.change()
    }

    /// An administrator did something: the receiver is tried at once.
    fn change(&self) -> Result<()> {
        let sql = "UPDATE place SET changes = changes + 1, failures = 0, paused = 0, \
             failing = NULL";
        self.run(sql, Vec::new()).map(|_| ())
    }

    fn run(&self, sql: &str, values: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        let failed = |error: worker::Error| StoreError::Failed(format!("the ledger: {error}"));
        let rows = self.0.exec(sql, values).map_err(failed)?.raw();
        rows.map(|row| row.map_err(failed)).collect()
    }
}

fn text(row: &[Value], at: usize) -> String {
    match row.get(at) {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}

fn integer(row: &[Value], at: usize) -> Option<i64> {
    match row.get(at) {
        Some(Value::Integer(integer)) => Some(*integer),
        _ => None,
    }
}

fn number(row: &[Value], at: usize) -> i64 {
    integer(row, at).unwrap_or_default()
}
