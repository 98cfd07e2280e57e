//! JSON Web Tokens (RFC 7519) that others sign: identity providers, workloads, OAuth clients,
//! Cloudflare Access. [`Jwt::parse`] reads one, [`Jwt::check`] holds its claims against what is
//! expected, [`keys::verify`] its signature against the signer's published keys.
//!
//! Refused (RFC 8725): `none` and everything symmetric, so that no public key is ever taken for a
//! shared secret; encrypted and nested tokens; critical headers; keys that come with the token
//! (`jwk`, `jku`, `x5c` are not looked at); tokens without an end, or that live for more than a day.

pub mod address;
pub(in crate::auth) mod algorithm;
mod claims;
mod fetch;
mod freshness;
pub mod key_set;
pub mod keys;
mod signature;
mod token;

pub use claims::Expected;
pub use token::{Jwt, looks_like_jwt};

/// Why a token is refused: a sentence for whoever sent it. It never quotes the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid(pub &'static str);

/// Where a signer's keys are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A JWK Set's address.
    Address(String),
    /// An issuer whose `/.well-known/openid-configuration` says it (OpenID Connect Discovery).
    Issuer(String),
}
