//! The forms RFC 7643 §2.3 gives to binary values and references. Only the form is checked: values
//! are stored as they were sent.

/// base64 or base64url (RFC 7643 §2.3.6), with or without padding.
pub fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let complete = match padding {
        0 => body.len() % 4 != 1,
        1 | 2 => text.len().is_multiple_of(4),
        _ => false,
    };
    complete
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

/// A URI or a relative one (RFC 7643 §2.3.7): no more is asked than that it holds none of the
/// characters that RFC 3986 has no place for, because providers send host names and paths here.
pub fn is_reference(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| {
            !c.is_control()
                && !c.is_whitespace()
                && !matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64() {
        for (text, good) in [
            ("", true),
            ("Zg==", true),
            ("Zm8=", true),
            ("Zm9v", true),
            ("Zg", true),
            ("-_-_", true),
            ("Z", false),
            ("Zg=", false),
            ("Z===", false),
            ("Zm 9v", false),
            ("Zm9v!", false),
        ] {
            assert_eq!(is_base64(text), good, "{text}");
        }
    }

    #[test]
    fn references() {
        for (text, good) in [
            ("https://example.com/a?b=c#d", true),
            ("../Users/1", true),
            ("www.example.com", true),
            ("", false),
            ("not a uri", false),
            ("a\nb", false),
            ("<x>", false),
        ] {
            assert_eq!(is_reference(text), good, "{text}");
        }
    }
}
