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
    /// "True" and "False" stand for booleans, digits in a string for numbers, a number for a
    /// string: Entra ID without the `aadOptscim062020` flag (`cases/patch/entra.json`).
    CoerceScalars,
    /// A single object or value stands for a list with one element: OneLogin's templates send
    /// `emails` so (`cases/validate/values.json`).
    CoerceSingleToList,
    /// A list with one element stands for a single value, an empty one for none: Entra ID's older
    /// form of `manager` (`cases/patch/entra.json`).
    CoerceListToSingle,
    /// A bare string stands for a complex value's `value`: Entra ID's `manager`
    /// (`cases/patch/entra.json`).
    BareValue,
    /// `{"value": "x"}` stands for "x" where the attribute is not complex: Entra ID adds to a
    /// custom multi-valued attribute so (`cases/patch/entra.json`).
    ValueObject,
    /// An empty string means "unassigned" where it can be no value: Entra ID clears `manager` so,
    /// and sends it for references without content (`cases/patch/entra.json`).
    EmptyUnassigns,
    /// `schemas` may be left out or lack an extension that the body has: Entra ID and many scripts
    /// (`cases/validate/schemas.json`).
    InferSchemas,
    /// `schemas` may name what the resource type does not have: Entra ID's group URN, OneLogin's
    /// SCIM 1.1 URN (`cases/validate/schemas.json`).
    ForeignSchemas,
    /// Of several values marked `primary` the last one stays so: people's directories hold such
    /// (`cases/validate/values.json`).
    LastPrimaryWins,
    /// `op` ignores case, and an empty `path` is none: Entra ID sends `Add`, `Replace`, `Remove`
    /// (`cases/patch/entra.json`).
    OpCase,
    /// `remove` with a value takes only the listed elements from a multi-valued attribute: Entra ID
    /// removes members so. Elsewhere it is refused, as the RFC's reading would empty the attribute
    /// (`cases/patch/entra.json`).
    RemoveListed,
    /// `remove` of what a filter does not find is done already: Okta and Entra ID repeat removals
    /// (`cases/patch/remove.json`).
    RemoveNothing,
    /// `add` to what a filter does not find makes the element that the filter describes: Entra ID's
    /// `emails[type eq "work"].value` (`cases/patch/entra.json`).
    CreateFromFilter,
    /// A value without path may name readOnly attributes, which are skipped: Okta sends `id` with
    /// every rename of a group (`cases/patch/pathless.json`).
    SkipReadOnly,
    /// The keys of a value without path are paths, "name.givenName" or a URN with an attribute:
    /// Entra ID with the `aadOptscim062020` flag (`cases/patch/entra.json`).
    PathKeys,
    /// A group's `displayName` is unique: Entra ID expects 409 for the second group of a name
    /// (`entra/group-duplicate.json`).
    UniqueGroupNames,
    /// A member that does not exist is left out and noted in the log: identity providers push
    /// groups before the users in them, or after those left (`cases/membership/missing.json`).
    MissingMembers,
    /// A value without quotes in a filter stands for a string, `externalId eq jyoung`: the example
    /// in Entra ID's own documentation (`entra/filter-unquoted.json`).
    UnquotedFilterValue,
}

impl Mode {
    pub fn allows(self, _quirk: Quirk) -> bool {
        matches!(self, Self::Compat)
    }

    /// Whether an attribute that no schema has is refused. RFC 7644 lets a service ignore it, and
    /// identity providers count on that; the interoperability profile asks for an error.
    pub fn rejects_unknown(self) -> bool {
        matches!(self, Self::Interop)
    }

    /// Whether a PATCH operation must have a path, which the interoperability profile asks for.
    pub fn rejects_pathless(self) -> bool {
        matches!(self, Self::Interop)
    }
}
