//! How far a tenant bends the RFC for what real identity providers send.
//!
//! Every deviation is one [`Quirk`], named here and asked for by name where it applies
//! (`mode.allows(Quirk::…)`), so that this file is the whole list.

use serde::{Deserialize, Serialize};

/// A tenant's setting `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// RFC 7644, and everything that identity providers send although it bends the RFC.
    #[default]
    Compat,
    /// RFC 7643 and 7644 to the letter.
    RfcStrict,
    /// The service provider's part of draft-zollner-scim-interop-profile.
    Interop,
}

/// One deviation from RFC 7643 or 7644 that [`Mode::Compat`] makes. Each variant's text says who
/// needs it and names the recorded exchange under `tests/idp/` that fails without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// "True" and "False" stand for booleans, digits in a string for numbers: Entra ID without the
    /// `aadOptscim062020` flag (`entra/deactivate-string-false.json`).
    CoerceScalars,
    /// A single object or value stands for a list with one element: OneLogin's templates
    /// (`onelogin/single-object-emails.json`).
    CoerceSingleToList,
    /// A value without quotes in a filter stands for a string, `externalId eq jyoung`: the example
    /// in Entra ID's own documentation (`entra/filter-unquoted.json`).
    UnquotedFilterValue,
}

impl Mode {
    pub fn allows(self, _quirk: Quirk) -> bool {
        matches!(self, Self::Compat)
    }
}
