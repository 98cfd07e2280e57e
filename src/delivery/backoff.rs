//! How long to wait before something is tried again. PURE.

/// No wait is longer, but for jitter and for what the receiver asks for.
const LONGEST_MS: i64 = 3 * 3600 * 1000;

/// What a receiver may ask for at the most.
const LONGEST_ASKED_MS: i64 = 24 * 3600 * 1000;

/// Milliseconds behind so many failures in a row: four times as long each time, and up to a quarter
/// more by chance, so that what failed together does not come back together.
pub fn wait(retry_s: i64, failures: u32, chance: u32) -> i64 {
    let times = 4_i64.saturating_pow(failures.saturating_sub(1));
    let wait = (retry_s * 1000).saturating_mul(times).min(LONGEST_MS);
    wait + wait / 4 * i64::from(chance % 1000) / 1000
}

/// `Retry-After` (RFC 9110 §10.2.3) in seconds, as milliseconds; a date is `date_ms` to parse.
pub fn asked(header: &str, now: i64, date_ms: impl Fn(&str) -> Option<i64>) -> Option<i64> {
    let wait = match header.trim().parse::<i64>() {
        Ok(seconds) => seconds.saturating_mul(1000),
        Err(_) => date_ms(header)? - now,
    };
    (wait > 0).then_some(wait.min(LONGEST_ASKED_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_three_hours() {
        let waits: Vec<i64> = (1..=9)
            .map(|failures| wait(5, failures, 0) / 1000)
            .collect();
        assert_eq!(waits, [5, 20, 80, 320, 1280, 5120, 10800, 10800, 10800]);
        assert_eq!(wait(1, 2, 0), 4000);
        assert_eq!(wait(5, u32::MAX, 0), LONGEST_MS);
        assert_eq!(wait(5, 0, 0), 5000);
    }

    #[test]
    fn jitter_adds_up_to_a_quarter() {
        assert_eq!(wait(4, 1, 500), 4500);
        for chance in [0, 1, 999, 1000, u32::MAX] {
            assert!((4000..5000).contains(&wait(4, 1, chance)));
        }
    }

    #[test]
    fn what_receivers_ask_for() {
        let date = |text: &str| (text == "then").then_some(11_000);
        let check = |header: &str, expected| assert_eq!(asked(header, 1000, date), expected);
        check("7", Some(7000));
        check(" 7 ", Some(7000));
        check("0", None);
        check("-5", None);
        check("then", Some(10_000));
        check("soon", None);
        check("999999999999999999", Some(LONGEST_ASKED_MS));
        assert_eq!(asked("then", 12_000, date), None);
    }
}
