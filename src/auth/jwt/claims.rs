//! What is expected of a token's claims (RFC 7519 §4.1). PURE.

use serde_json::Value;

use super::{Invalid, Jwt};

/// How far the signer's clock may be from ours.
const SKEW_S: f64 = 60.0;

/// How long before its end a token is taken: what is stolen is worth little, and what guards
/// against replay need not be kept for longer.
const MAX_LIFE_S: f64 = 24.0 * 3600.0;

/// Who should have signed, and for whom.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    /// One of them is among the token's.
    pub audiences: &'a [&'a str],
    pub subject: Option<&'a str>,
}

impl Jwt<'_> {
    /// `now` is Unix milliseconds.
    pub fn check(&self, expected: &Expected<'_>, now: i64) -> Result<(), Invalid> {
        if self.text("iss") != Some(expected.issuer) {
            return Err(Invalid(
                "The JWT's issuer (iss) is not the one that is trusted here.",
            ));
        }
        if !self.is_for(expected.audiences) {
            return Err(Invalid("The JWT is for another audience (aud)."));
        }
        if expected
            .subject
            .is_some_and(|subject| self.text("sub") != Some(subject))
        {
            return Err(Invalid(
                "The JWT's subject (sub) is not the one that is trusted here.",
            ));
        }
        self.check_times(now as f64 / 1000.0)
    }

    /// When the token ends, in Unix milliseconds, the skew included: until then it could come again.
    pub fn end(&self) -> i64 {
        let seconds = self.claims.get("exp").and_then(Value::as_f64);
        ((seconds.unwrap_or_default() + SKEW_S) * 1000.0).ceil() as i64
    }

    /// RFC 7519 §4.1.3: `aud` is one text or a list of them.
    fn is_for(&self, audiences: &[&str]) -> bool {
        let is_ours = |value: &Value| value.as_str().is_some_and(|text| audiences.contains(&text));
        match self.claims.get("aud") {
            Some(Value::Array(list)) => list.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        }
    }

    fn check_times(&self, now: f64) -> Result<(), Invalid> {
        let time = |claim: &str| match self.claims.get(claim) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(time) => Ok(Some(time)),
                None => Err(Invalid(
                    "The JWT's exp, nbf and iat must be numbers of seconds.",
                )),
            },
        };
        let Some(end) = time("exp")? else {
            return Err(Invalid("The JWT has no end (exp)."));
        };
        if now >= end + SKEW_S {
            return Err(Invalid("The JWT has expired."));
        }
        if end - now > MAX_LIFE_S + SKEW_S {
            return Err(Invalid(
                "The JWT's end (exp) is more than a day away: let it live for less.",
            ));
        }
        for claim in ["nbf", "iat"] {
            if time(claim)?.is_some_and(|start| now < start - SKEW_S) {
                return Err(Invalid(
                    "The JWT is not valid yet (nbf, iat): check the clock of whoever signed it.",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::base64url;

    const NOW: i64 = 1_000_000_000_000;

    /// The outcome for good claims with `change` over them.
    fn outcome(change: Value) -> Result<(), Invalid> {
        let now = NOW / 1000;
        let mut claims =
            json!({"iss": "https://idp.test", "aud": "us", "sub": "app", "exp": now + 300});
        for (name, value) in change.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let text = format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims));
        let expected = Expected {
            issuer: "https://idp.test",
            audiences: &["us", "https://us.test"],
            subject: Some("app"),
        };
        Jwt::parse(&text)
            .expect("well formed")
            .check(&expected, NOW)
    }

    #[test]
    fn what_is_expected_passes() {
        let now = NOW / 1000;
        for change in [
            json!({}),
            json!({"aud": ["others", "us"]}),
            json!({"aud": "https://us.test"}),
            json!({"nbf": now + 60, "iat": now + 60}),
            json!({"exp": now - 59}),
            json!({"exp": (now as f64) + 0.5}),
            json!({"exp": now + 24 * 3600}),
        ] {
            assert_eq!(outcome(change.clone()), Ok(()), "{change}");
        }
    }

    #[test]
    fn what_is_not_is_refused_by_its_name() {
        let now = NOW / 1000;
        for (change, words) in [
            (json!({"iss": "https://idp.test/"}), "issuer"),
            (json!({"iss": ["https://idp.test"]}), "issuer"),
            (json!({"iss": null}), "issuer"),
            (json!({"aud": "US"}), "audience"),
            (json!({"aud": []}), "audience"),
            (json!({"aud": {"us": "us"}}), "audience"),
            (json!({"aud": null}), "audience"),
            (json!({"sub": "another"}), "subject"),
            (json!({"exp": null}), "numbers"),
            (json!({"exp": (now + 300).to_string()}), "numbers"),
            (json!({"exp": now - 60}), "expired"),
            (json!({"exp": -1}), "expired"),
            (json!({"exp": now + 24 * 3600 + 61}), "more than a day"),
            (json!({"nbf": now + 61}), "not valid yet"),
            (json!({"iat": now + 61}), "not valid yet"),
            (json!({"nbf": "soon"}), "numbers"),
        ] {
            let why = outcome(change.clone()).expect_err("refused").0;
            assert!(why.contains(words), "{change}: {why}");
        }
    }

    #[test]
    fn a_token_without_an_end_is_refused() {
        let part = |text: &str| base64url::encode(text.as_bytes());
        let text = format!(
            "{}.{}.c2ln",
            part(r#"{"alg":"RS256"}"#),
            part(r#"{"iss":"i","aud":"a"}"#)
        );
        let expected = Expected {
            issuer: "i",
            audiences: &["a"],
            subject: None,
        };
        let why = Jwt::parse(&text)
            .unwrap()
            .check(&expected, NOW)
            .expect_err("refused")
            .0;
        assert!(why.contains("no end"), "{why}");
    }

    #[test]
    fn its_end_counts_the_skew() {
        let text = format!(
            "{}.{}.c2ln",
            base64url::encode(br#"{"alg":"RS256"}"#),
            base64url::encode(br#"{"exp":10}"#)
        );
        assert_eq!(Jwt::parse(&text).unwrap().end(), 70_000);
    }
}
