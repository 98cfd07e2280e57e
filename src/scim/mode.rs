//! How far a tenant bends the RFC for what real identity providers send.
//!
//! Every deviation is one [`Quirk`], named here and asked for by name where it applies
//! (`mode.allows(Quirk::…)`), so that this file is the whole list.

#[cfg(test)]
mod tests;

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
/// needs it, and names what fails without it, as a path under `tests/`: a recorded exchange, a file
/// of cases, or a test. The tests of this module see to it that it does fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// "True" and "False" stand for booleans, digits in a string for numbers: Entra ID without the
    /// `aadOptscim062020` flag (`idp/entra/patch-disable-string.json`).
    CoerceScalars,
    /// A single object or value stands for a list with one element: OneLogin's templates send
    /// `emails` so (`idp/onelogin/create-from-template.json`).
    CoerceSingleToList,
    /// A list with one element stands for a single complex value, an empty one for none: Entra ID's
    /// older form of `manager` (`cases/patch/providers.json`).
    CoerceListToSingle,
    /// A bare string stands for a complex value's `value`: Entra ID's `manager`
    /// (`idp/entra/patch-manager.json`).
    BareValue,
    /// `{"value": "x"}` stands for "x" where the attribute is not complex: Entra ID adds to a
    /// custom multi-valued attribute so (`cases/patch/device.json`).
    ValueObject,
    /// An empty string means "unassigned" where it can be no value: Entra ID clears `manager` so
    /// (`idp/entra/patch-manager.json`).
    EmptyUnassigns,
    /// `schemas` may be left out, or lack an extension that the body has: Entra ID leaves URNs out,
    /// scripts all of them (`cases/validate/create/schemas.json`).
    InferSchemas,
    /// `schemas` may name what the resource type does not have: Entra ID's own URN for groups
    /// (`idp/entra/group-create.json`), SCIM 1.1's from OneLogin (`idp/onelogin/create-from-template.json`).
    ForeignSchemas,
    /// `op` ignores case, and an empty `path` is none: Entra ID sends `Add`, `Replace` and `Remove`
    /// (`idp/entra/patch-capitalised-ops.json`).
    OpCase,
    /// `remove` with a value takes only the listed elements from a multi-valued attribute: Entra ID
    /// removes members so (`idp/entra/group-remove-member.json`). Without the quirk it is refused, as
    /// the RFC's reading would empty the attribute.
    RemoveListed,
    /// `remove` of what a filter does not find is done already: providers repeat removals
    /// (`cases/patch/remove.json`).
    RemoveNothing,
    /// `add` to what a filter does not find makes the element that the filter describes: Entra ID
    /// (`idp/entra/patch-role-by-primary.json`).
    CreateFromFilter,
    /// A value without path may name readOnly attributes, which are skipped: Okta sends `id` with
    /// every rename of a group (`idp/okta/group-rename.json`).
    SkipReadOnly,
    /// The keys of a value without path are paths, "name.givenName" or a URN with an attribute:
    /// Entra ID with the `aadOptscim062020` flag (`idp/entra/patch-without-path.json`).
    PathKeys,
    /// A member that does not exist is left out and noted in the log: identity providers push
    /// groups before the users in them, or after those left (`worker/interop.test.mjs`).
    MissingMembers,
    /// A value without quotes in a filter stands for a string, `externalId eq jyoung`: the example
    /// in Entra ID's own documentation (`idp/entra/filter-unquoted.json`).
    UnquotedFilterValue,
}

impl Quirk {
    pub const ALL: [Self; 16] = [
        Self::CoerceScalars,
        Self::CoerceSingleToList,
        Self::CoerceListToSingle,
        Self::BareValue,
        Self::ValueObject,
        Self::EmptyUnassigns,
        Self::InferSchemas,
        Self::ForeignSchemas,
        Self::OpCase,
        Self::RemoveListed,
        Self::RemoveNothing,
        Self::CreateFromFilter,
        Self::SkipReadOnly,
        Self::PathKeys,
        Self::MissingMembers,
        Self::UnquotedFilterValue,
    ];
}

impl Mode {
    pub fn allows(self, quirk: Quirk) -> bool {
        #[cfg(test)]
        if tests::is_off(quirk) {
            return false;
        }
        let _ = quirk;
        matches!(self, Self::Compat)
    }

    /// Whether an attribute that no schema has is refused. RFC 7644 lets a service ignore it, and
    /// identity providers count on that; the interoperability profile asks for an error,
    /// `invalidSyntax`, wherever a request names it. In a PATCH's path it is an error in every mode;
    /// RFC 7644's word for it is `invalidPath`.
    pub fn rejects_unknown(self) -> bool {
        matches!(self, Self::Interop)
    }

    /// Whether `replace` of a complex attribute as a whole drops the parts that the value does not
    /// name, as the interoperability profile asks. RFC 7644 §3.5.2.3 keeps them.
    pub fn replaces_whole(self) -> bool {
        matches!(self, Self::Interop)
    }

    /// Whether a PATCH operation must have a path, which the interoperability profile asks for.
    pub fn rejects_pathless(self) -> bool {
        matches!(self, Self::Interop)
    }
}
