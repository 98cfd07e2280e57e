//! When fetched keys are used, fetched anew or given up: times only. PURE.

use crate::scim::datetime::DAY_MS;

/// Bounds of how long keys are used without asking again, whatever `max-age` says. In milliseconds,
/// as everything here.
const FRESH: std::ops::RangeInclusive<i64> = 5 * 60_000..=60 * 60_000;

/// How long the last keys serve when their owner does not answer.
const KEEP: i64 = DAY_MS;

/// The time between two attempts to fetch the same keys, so that neither tokens with invented key
/// ids nor an owner who is down can keep us busy.
const PAUSE: i64 = 10_000;

/// The times of one set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When the keys that are held came, and until when they are fresh; `None`: there are none.
    fetched: Option<(i64, i64)>,
    tried: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Use,
    Fetch,
    /// There are no keys, and it is too early to ask again.
    Wait,
}

impl Times {
    /// After an attempt that brought keys.
    pub fn fetched(now: i64, max_age_s: Option<i64>) -> Self {
        let age = max_age_s.map_or(*FRESH.end(), |seconds| seconds.saturating_mul(1000));
        let fresh = age.clamp(*FRESH.start(), *FRESH.end());
        Self {
            fetched: Some((now, now + fresh)),
            tried: now,
        }
    }

    /// After an attempt that brought none.
    pub fn failed(before: Option<Self>, now: i64) -> Self {
        Self {
            fetched: before.and_then(|times| times.fetched),
            tried: now,
        }
    }

    pub fn step(&self, now: i64) -> Step {
        match self.fetched {
            Some((_, until)) if now < until => Step::Use,
            _ if self.may_try(now) => Step::Fetch,
            Some(_) if self.may_keep(now) => Step::Use,
            _ => Step::Wait,
        }
    }

    /// Whether the held keys still serve when fetching failed.
    pub fn may_keep(&self, now: i64) -> bool {
        self.fetched.is_some_and(|(since, _)| now < since + KEEP)
    }

    /// Whether the owner may be asked again, as for a key id that is not among the keys.
    pub fn may_try(&self, now: i64) -> bool {
        now >= self.tried + PAUSE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn max_age_holds_within_bounds() {
        for (max_age_s, minutes) in [
            (None, 60),
            (Some(600), 10),
            (Some(0), 5),
            (Some(-5), 5),
            (Some(i64::MAX), 60),
        ] {
            let times = Times::fetched(0, max_age_s);
            assert_eq!(times.step(minutes * MINUTE - 1), Step::Use, "{max_age_s:?}");
            assert_eq!(times.step(minutes * MINUTE), Step::Fetch, "{max_age_s:?}");
        }
    }

    #[test]
    fn keys_outlive_an_owner_who_is_down_for_a_day() {
        let mut times = Times::fetched(0, None);
        let hour = 60 * MINUTE;
        assert_eq!(times.step(hour), Step::Fetch);
        times = Times::failed(Some(times), hour);
        assert_eq!(times.step(hour + 1), Step::Use);
        assert_eq!(times.step(hour + PAUSE), Step::Fetch);
        assert!(times.may_keep(24 * hour - 1));
        times = Times::failed(Some(times), 24 * hour);
        assert!(!times.may_keep(24 * hour));
        assert_eq!(times.step(24 * hour), Step::Wait);
        assert_eq!(times.step(24 * hour + PAUSE), Step::Fetch);
    }

    #[test]
    fn an_owner_who_never_answered_is_asked_now_and_then() {
        let times = Times::failed(None, 0);
        assert_eq!(times.step(PAUSE - 1), Step::Wait);
        assert_eq!(times.step(PAUSE), Step::Fetch);
        assert!(!times.may_keep(1));
    }

    #[test]
    fn an_unknown_key_id_asks_again_after_the_pause() {
        let times = Times::fetched(0, None);
        assert!(!times.may_try(PAUSE - 1));
        assert!(times.may_try(PAUSE));
    }
}
