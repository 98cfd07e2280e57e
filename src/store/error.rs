//! What D1 answers when it does not answer with rows.

use worker::js_sys::Reflect;
use worker::wasm_bindgen::{JsCast, JsValue};

/// The messages of [`super::assertion`]'s statements, which D1 hands back as its error.
pub const GUARD: &str = "ASSERT guard";
pub const VERSION: &str = "ASSERT version";
pub const CYCLE: &str = "ASSERT cycle";
pub const IN_USE: &str = "ASSERT in use";
/// A trigger's of schema.sql.
const QUOTA: &str = "ASSERT quota";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The token or the tenant's revision is no longer what the isolate's cache says. Nothing was
    /// written: load the context anew and run again.
    Stale,
    /// The resource has another version than the write was made for. Nothing was written.
    Version,
    /// A group would be inside itself. Nothing was written.
    Cycle,
    /// Resources hold values of what is to be taken away. Nothing was written.
    InUse,
    /// There would be more resources of a type than the tenant may have. Nothing was written.
    Quota,
    /// A UNIQUE constraint of this table refused the write. Nothing was written.
    Conflict { table: String },
    /// More groups than can be shown of a user, who is in them.
    TooManyGroups,
    /// A row would pass D1's 2 MB. Nothing was written.
    TooLarge,
    /// D1 is overloaded or was lost: try again later. A write may have happened or not, but never
    /// in part.
    Unavailable(String),
    /// Anything else: a defect, or a limit that nobody foresaw. For the log, never for a client.
    Failed(String),
}

impl StoreError {
    /// D1 tells errors apart only by their text. Production may leave the "(extended: …)" suffix
    /// out, so this looks for substrings (Cloudflare, D1 debugging).
    pub fn from_js(error: &JsValue) -> Self {
        Self::from_message(message(error))
    }

    pub fn from_message(message: String) -> Self {
        /// The write looked up a row that the plan had seen, and it was gone.
        const VANISHED: [&str; 2] = [
            "NOT NULL constraint failed: members.member",
            "NOT NULL constraint failed: attribute_index.resource",
        ];
        const TRANSIENT: [&str; 9] = [
            "Network connection lost",
            "reset because its code was updated",
            "caused object to be reset",
            "Cannot resolve D1 DB",
            "client disconnected",
            "overloaded",
            "exceeded timeout",
            "memory limit",
            "CPU time limit",
        ];
        if message.contains("SQLITE_TOOBIG") || message.contains("too big") {
            return Self::TooLarge;
        }
        if message.contains(GUARD) {
            return Self::Stale;
        }
        if message.contains(VERSION) || VANISHED.iter().any(|sign| message.contains(sign)) {
            return Self::Version;
        }
        if message.contains(CYCLE) {
            return Self::Cycle;
        }
        if message.contains(IN_USE) {
            return Self::InUse;
        }
        if message.contains(QUOTA) {
            return Self::Quota;
        }
        if let Some((_, rest)) = message.split_once("UNIQUE constraint failed: ") {
            let table = rest.split(['.', ',', ' ', ':']).next().unwrap_or_default();
            return Self::Conflict {
                table: table.to_owned(),
            };
        }
        if TRANSIENT.iter().any(|sign| message.contains(sign)) || is_of_the_service(&message) {
            return Self::Unavailable(message);
        }
        Self::Failed(message)
    }
}

/// Whether D1 itself failed, in words that nobody foresaw: SQLite says by its code what is wrong with
/// a statement, and the binding says so by another beginning than this.
fn is_of_the_service(message: &str) -> bool {
    const STATEMENT: [&str; 6] = [
        "SQLITE_ERROR",
        "SQLITE_CONSTRAINT",
        "SQLITE_MISMATCH",
        "SQLITE_RANGE",
        "SQLITE_MISUSE",
        "SQLITE_AUTH",
    ];
    message.starts_with("D1_ERROR") && !STATEMENT.iter().any(|code| message.contains(code))
}

fn message(error: &JsValue) -> String {
    if let Some(error) = error.dyn_ref::<worker::js_sys::Error>() {
        return String::from(error.message());
    }
    Reflect::get(error, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "unknown error".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_d1_says_tells_whose_fault_it_is() {
        let check = |message: &str, expected: &str| {
            let error = StoreError::from_message(message.to_owned());
            let name = format!("{error:?}");
            assert!(name.starts_with(expected), "{message}: {name}");
        };
        check("D1_ERROR: Network connection lost.", "Unavailable");
        check("D1_ERROR: internal error; reference = abc", "Unavailable");
        check("D1_ERROR: disk I/O error: SQLITE_IOERR", "Unavailable");
        check("D1_ERROR: no such column: x: SQLITE_ERROR", "Failed");
        check("D1_ERROR: datatype mismatch: SQLITE_MISMATCH", "Failed");
        check(
            "D1_ERROR: CHECK constraint failed: kind: SQLITE_CONSTRAINT",
            "Failed",
        );
        check("D1_TYPE_ERROR: Type 'object' not supported", "Failed");
        check(
            "D1_ERROR: ASSERT version: SQLITE_CONSTRAINT_TRIGGER",
            "Version",
        );
        check("D1_ERROR: ASSERT quota: SQLITE_CONSTRAINT_TRIGGER", "Quota");
        check(
            "D1_ERROR: UNIQUE constraint failed: attribute_index.tenant: SQLITE_CONSTRAINT",
            "Conflict { table: \"attribute_index\" }",
        );
        check(
            "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
            "TooLarge",
        );
    }
}
