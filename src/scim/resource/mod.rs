//! Resources as documents: what a client sends becomes the canonical document that is stored, and
//! the stored document becomes what a client asked to see.

mod body;
pub(crate) mod coerce;
pub mod index;
pub mod project;
pub mod reactivate;
pub mod render;
mod required;
mod syntax;
pub mod validate;
pub mod value;
pub mod version;

pub use body::{MAX_DEPTH, parse_body};

/// A JSON object in the order the client sent it.
pub type Map = serde_json::Map<String, serde_json::Value>;

/// The sub-attribute that carries a value's significance (RFC 7643 §2.4).
pub(crate) const VALUE: &str = "value";
/// The sub-attribute that marks the preferred value (RFC 7643 §2.4).
pub(crate) const PRIMARY: &str = "primary";
/// The sub-attribute that says what a value is for (RFC 7643 §2.4).
pub(crate) const TYPE: &str = "type";
/// The attribute every message and resource has (RFC 7643 §3.1).
pub(crate) const SCHEMAS: &str = "schemas";

/// An object's member by name, ignoring case (RFC 7643 §2.1). The exact name is tried first: it is
/// what nearly every client sends, and what every stored document has.
pub(crate) fn member<'a>(map: &'a Map, name: &str) -> Option<&'a serde_json::Value> {
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}
