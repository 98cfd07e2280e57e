//! Upper and lower case as one, in one definition: what a filter compares, what the store indexes
//! and what uniqueness means must agree to the character.

use std::borrow::Cow;

use super::schema::{Attribute, Type};

/// Unicode's lower case, character by character, with final sigma as sigma.
///
/// - Character by character, because `co` and `sw` look at parts: a rule that looks at neighbours,
///   as [`str::to_lowercase`] does for "Σ" at a word's end, would make a part fold otherwise than
///   the whole. For the same reason "ς" becomes "σ".
/// - "ẞ" becomes "ß", and "ß" is not "ss". "İ" becomes "i" with a dot above, which is not "i".
/// - Idempotent, and without ASCII capitals, so that SQLite's `lower()` leaves it alone.
/// - It does not normalise: "é" in one code point is not "é" in two.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_folded) {
        return Cow::Borrowed(text);
    }
    let lower = text.chars().flat_map(char::to_lowercase);
    Cow::Owned(lower.map(|c| if c == 'ς' { 'σ' } else { c }).collect())
}

/// Whether values of this attribute are compared in their folded form. References and binaries are
/// exact whatever their schema says (RFC 7643 §2.3.6 and §2.3.7).
pub fn ignores_case(attribute: &Attribute) -> bool {
    attribute.kind == Type::String && !attribute.case_exact
}

fn is_folded(c: char) -> bool {
    let mut lower = c.to_lowercase();
    c != 'ς' && lower.next() == Some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        let check = |text: &str, expected: &str| assert_eq!(fold(text), expected);
        check("BJensen@Example.COM", "bjensen@example.com");
        check("ÅNGSTRÖM", "ångström");
        check("ΟΔΥΣΣΕΥΣ", "οδυσσευσ");
        check("Οδυσσεύς", "οδυσσεύσ");
        check("STRAẞE", "straße");
        check("İ", "i\u{307}");
        check("\u{212A}", "k");
        assert!(matches!(fold("straße 1"), Cow::Borrowed(_)));
    }

    #[test]
    fn every_character_folds_once_and_holds_no_ascii_capital() {
        for c in '\0'..=char::MAX {
            let once = fold(c.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(fold(&once), once, "{c:?}");
            assert!(!once.contains(|c: char| c.is_ascii_uppercase()), "{c:?}");
        }
    }
}
