//! Points in time as SCIM writes them: xsd:dateTime (RFC 7643 §2.3.5), compared chronologically
//! whatever their offsets.

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Counted from 1970-01-01T00:00:00Z. The order of the fields is the order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    pub seconds: i64,
    pub nanos: u32,
}

impl DateTime {
    /// Reads `2008-01-23T04:56:22.5+01:00`. Digits behind the ninth of a second are dropped, and a
    /// time without an offset is UTC. `None` for everything else, a date alone included, and for
    /// years outside 0 to 9999 in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Digits(text.as_bytes());
        let year = rest.number(4)?;
        rest.one_of(b"-")?;
        let month = rest.number(2)?;
        rest.one_of(b"-")?;
        let day = rest.number(2)?;
        rest.one_of(b"Tt")?;
        let hour = rest.number(2)?;
        rest.one_of(b":")?;
        let minute = rest.number(2)?;
        rest.one_of(b":")?;
        let second = rest.number(2)?;
        let nanos = match rest.one_of(b".") {
            Some(_) => rest.fraction()?,
            None => 0,
        };
        let offset = rest.offset()?;
        // RFC 3339 knows leap seconds; xsd:dateTime does not. They count as the next second.
        let in_range = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !in_range {
            return None;
        }
        let seconds =
            days_from_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
                - offset;
        let years = days_from_epoch(0, 1, 1) * 86_400..days_from_epoch(10_000, 1, 1) * 86_400;
        years.contains(&seconds).then_some(Self { seconds, nanos })
    }

    pub fn from_millis(millis: i64) -> Self {
        Self {
            seconds: millis.div_euclid(1000),
            nanos: millis.rem_euclid(1000) as u32 * 1_000_000,
        }
    }

    /// UTC with milliseconds, as `meta` shows times.
    pub fn to_rfc3339(self) -> String {
        self.to_text(self.nanos / 1_000_000, 3)
    }

    /// UTC in a fixed width, so that the order of the text is the order in time.
    pub fn to_sortable(self) -> String {
        self.to_text(self.nanos, 9)
    }

    /// A list shows many times, and `format!` stood high in a profile of one: so digit by digit.
    fn to_text(self, fraction: u32, digits: usize) -> String {
        let days = self.seconds.div_euclid(86_400);
        let (year, month, day) = date_from_epoch(days);
        let second = self.seconds.rem_euclid(86_400);
        let parts = [
            (year, 4, '-'),
            (month, 2, '-'),
            (day, 2, 'T'),
            (second / 3600, 2, ':'),
            (second / 60 % 60, 2, ':'),
            (second % 60, 2, '.'),
            (i64::from(fraction), digits, 'Z'),
        ];
        let mut text = String::with_capacity("2023-11-14T22:13:20.123456789Z".len());
        for (number, width, end) in parts {
            let mut digits = [b'0'; 9];
            let mut rest = number as u32;
            for digit in digits[..width].iter_mut().rev() {
                *digit += (rest % 10) as u8;
                rest /= 10;
            }
            text.extend(digits[..width].iter().map(|digit| char::from(*digit)));
            text.push(end);
        }
        text
    }
}

struct Digits<'t>(&'t [u8]);

impl Digits<'_> {
    fn number(&mut self, length: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + i64::from(byte - b'0'))
        })
    }

    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    fn fraction(&mut self) -> Option<u32> {
        let length = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let nine = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
        let nanos = nine.fold(0, |nanos, byte| nanos * 10 + u32::from(byte - b'0'));
        (length > 0).then_some(nanos)
    }

    /// Seconds east of UTC; takes the text to its end.
    fn offset(&mut self) -> Option<i64> {
        let offset = match self.one_of(b"Zz+-") {
            None | Some(b'Z' | b'z') => 0,
            Some(sign) => {
                let hours = self.number(2)?;
                self.one_of(b":")?;
                let minutes = self.number(2)?;
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = hours * 3600 + minutes * 60;
                if sign == b'-' { -seconds } else { seconds }
            }
        };
        self.0.is_empty().then_some(offset)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in the years and months before, with years that begin in March so that the leap day is a
/// year's last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let months = year * 12 + month - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    const EPOCH: i64 = 719_468;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - EPOCH
}

/// The inverse of [`days_from_epoch`]: from a guess by the mean year's length, which is never too
/// late, forward to the year, then to the month.
fn date_from_epoch(days: i64) -> (i64, i64, i64) {
    let mut year = 1969 + (days * 400).div_euclid(146_097);
    while days_from_epoch(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12)
        .rfind(|month| days_from_epoch(year, *month, 1) <= days)
        .unwrap_or(1);
    (year, month, days - days_from_epoch(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let parsed = DateTime::parse(text).map(DateTime::to_sortable);
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }

    #[test]
    fn one_form_for_all_offsets() {
        check(
            "2011-05-13T04:42:34Z",
            Some("2011-05-13T04:42:34.000000000Z"),
        );
        check(
            "2011-05-13t04:42:34.5+01:30",
            Some("2011-05-13T03:12:34.500000000Z"),
        );
        check(
            "2000-02-29T23:59:60-00:30",
            Some("2000-03-01T00:30:00.000000000Z"),
        );
        check(
            "0000-01-01T00:00:00.0000000019",
            Some("0000-01-01T00:00:00.000000001Z"),
        );
        check(
            "9999-12-31T23:59:59Z",
            Some("9999-12-31T23:59:59.000000000Z"),
        );
        check(
            "1969-12-31T23:59:59.999Z",
            Some("1969-12-31T23:59:59.999000000Z"),
        );
    }

    #[test]
    fn refusals() {
        for text in [
            "",
            "2011-05-13",
            "2011-05-13 04:42:34Z",
            "2011-5-13T04:42:34Z",
            "1900-02-29T00:00:00Z",
            "2011-00-13T04:42:34Z",
            "2011-05-13T24:00:00Z",
            "2011-05-13T04:42:34.Z",
            "2011-05-13T04:42:34+0100",
            "2011-05-13T04:42:34Z ",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "２011-05-13T04:42:34Z",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn every_day_comes_back() {
        for days in -719_528..2_932_897 {
            let (year, month, day) = date_from_epoch(days);
            assert_eq!(days_from_epoch(year, month, day), days);
        }
    }
}
