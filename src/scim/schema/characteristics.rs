//! The characteristics of an attribute that a tenant declares (RFC 7643 §2.2 and §7): what follows
//! from one another, and what contradicts. PURE.

use super::declare::{MAX_DESCRIPTION, MAX_NAME, MAX_PARTS};
use super::{Attribute, Mutability, Returned, Type, Uniqueness};
use crate::scim::resource::PRIMARY;

/// What follows from other characteristics need not be said.
pub(super) fn settle(attribute: &mut Attribute, has_case: bool) {
    // RFC 7643 §2.3.6 and §2.3.7.
    if matches!(attribute.kind, Type::Reference | Type::Binary) && !has_case {
        attribute.case_exact = true;
    }
    // RFC 7643 §7: what can only be written is never shown.
    if attribute.mutability == Mutability::WriteOnly && attribute.returned == Returned::Default {
        attribute.returned = Returned::Never;
    }
}

pub(super) fn check_characteristics(attribute: &Attribute, path: &str) -> Result<(), String> {
    let is_reference = attribute.kind == Type::Reference;
    let refuse = |what: &str| Err(format!("{path} {what}"));
    if attribute.description.chars().count() > MAX_DESCRIPTION {
        return Err(format!(
            "{path}: description has at most {MAX_DESCRIPTION} characters."
        ));
    }
    if attribute.mutability == Mutability::WriteOnly && attribute.returned != Returned::Never {
        return refuse("is writeOnly, so returned must be never.");
    }
    if is_reference == attribute.reference_types.is_empty() {
        return refuse(if is_reference {
            "is a reference: referenceTypes must say what to, as \"external\", \"uri\" or a resource type."
        } else {
            "has referenceTypes and is no reference."
        });
    }
    if is_reference_or_binary(attribute.kind) && !attribute.case_exact {
        return refuse("is compared exactly whatever it says: caseExact must be true.");
    }
    if attribute.uniqueness != Uniqueness::None {
        if !attribute.is_kept() {
            return refuse("is not kept, so it cannot be unique.");
        }
        if !matches!(
            attribute.kind,
            Type::String | Type::Reference | Type::Integer | Type::DateTime
        ) {
            return refuse("can be unique only as a string, reference, integer or dateTime.");
        }
    }
    if !attribute.canonical_values.is_empty() && attribute.kind != Type::String {
        return refuse("has canonicalValues and is no string.");
    }
    let listed = attribute.canonical_values.iter();
    for value in listed.chain(&attribute.reference_types) {
        if value.is_empty() || value.chars().count() > MAX_NAME {
            return Err(format!(
                "{path}: canonicalValues and referenceTypes have 1 to {MAX_NAME} characters each."
            ));
        }
    }
    if attribute
        .canonical_values
        .len()
        .max(attribute.reference_types.len())
        > MAX_PARTS
    {
        return Err(format!(
            "{path}: canonicalValues and referenceTypes list at most {MAX_PARTS}."
        ));
    }
    let primary = attribute.sub(PRIMARY).filter(|_| attribute.multi_valued);
    if primary.is_some_and(|primary| primary.kind != Type::Boolean) {
        return Err(format!("{path}.primary must be boolean (RFC 7643 §2.4)."));
    }
    Ok(())
}

fn is_reference_or_binary(kind: Type) -> bool {
    matches!(kind, Type::Reference | Type::Binary)
}
