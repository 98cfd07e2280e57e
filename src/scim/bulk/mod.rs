//! Bulk messages (RFC 7644 §3.7): many operations in one request, which may refer to what others of
//! them create.
//!
//! Every new resource gets its id before anything is written, so that references resolve at once,
//! whichever way they point: forwards, backwards and in circles (§3.7.1).
//!
//! Refused as a whole: messages that are no BulkRequest, too many operations (413, §3.7.4), and
//! `bulkId`s that are not unique. Everything else is one operation's own failure.

mod references;
mod request;
mod response;

pub use request::{BulkRequest, Operation, Task, Verb, payload_too_large};
pub use response::{Entry, bulk_response};
