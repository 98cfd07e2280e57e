//! PATCH (RFC 7644 §3.5.2): the message, what its paths lead to, and the change of a document.
//!
//! A caller that keeps an attribute outside the document, as members are kept, goes through
//! [`resolve_operation`] itself, picks out what concerns that attribute by
//! [`Resolved::list_change`], and gives the rest to [`apply_resolved`]; see [`apply`], which is that
//! loop without the exception.

pub mod apply;
mod elements;
pub mod list;
pub mod message;
pub mod target;

pub use apply::{apply, apply_resolved};
pub use list::ListChange;
pub use message::{Op, Operation, PatchRequest};
pub use target::{Resolved, resolve_operation};
