//! The forms RFC 7643 §2.3 gives to dates, binary values and references. Only the form is checked:
//! values are stored as they were sent.

/// xsd:dateTime (RFC 7643 §2.3.5): `2008-01-23T04:56:22Z`, with optional fraction and time zone.
pub fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, ""),
    };
    is_date(date) && is_clock(clock) && is_zone(zone)
}

fn is_date(text: &str) -> bool {
    let Some([year, month, day]) = numbers(text, '-', [4, 2, 2]) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_clock(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let Some([hour, minute, second]) = numbers(clock, ':', [2, 2, 2]) else {
        return false;
    };
    // 60 is a leap second.
    hour < 24 && minute < 60 && second <= 60 && is_digits(fraction)
}

fn is_zone(text: &str) -> bool {
    match text {
        "" | "Z" => true,
        _ => matches!(numbers(&text[1..], ':', [2, 2]), Some([hours, minutes])
            if !text.starts_with('Z') && hours <= 14 && minutes < 60),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The numbers of a fixed form, each with its count of digits.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(between);
    let mut found = [0; N];
    for (slot, count) in found.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == count)?;
        *slot = Some(part).filter(|part| is_digits(part))?.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// base64 or base64url (RFC 7643 §2.3.6), with or without padding.
pub fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let complete = match padding {
        0 => body.len() % 4 != 1,
        1 | 2 => text.len() % 4 == 0,
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
    fn date_times() {
        for (text, good) in [
            ("2008-01-23T04:56:22Z", true),
            ("2008-01-23T04:56:22.123456+05:30", true),
            ("2008-01-23T04:56:22-14:00", true),
            ("2024-02-29T23:59:60Z", true),
            ("2008-01-23T04:56:22", true),
            ("2023-02-29T00:00:00Z", false),
            ("2008-13-01T00:00:00Z", false),
            ("2008-01-00T00:00:00Z", false),
            ("2008-01-23", false),
            ("2008-01-23T24:00:00Z", false),
            ("2008-01-23T04:56Z", false),
            ("2008-01-23T04:56:22.Z", false),
            ("2008-01-23T04:56:22Zulu", false),
            ("2008-01-23T04:56:22+5", false),
            ("2008-01-23T04:56:22Z05:00", false),
            ("Tue, 1 Jan 2008", false),
            ("", false),
        ] {
            assert_eq!(is_date_time(text), good, "{text}");
        }
    }

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
