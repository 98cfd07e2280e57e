//! The protocol, pure: RFC 7643, RFC 7644 and RFC 9865 over `serde_json` values. Nothing here knows
//! the platform, a clock or a source of randomness.

pub mod base64url;
pub mod bulk;
pub mod cursor;
pub mod datetime;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod fold;
pub mod json;
pub mod list;
pub mod mode;
pub mod patch;
pub mod path;
pub mod resource;
pub mod schema;
pub mod search;
pub mod urn;
