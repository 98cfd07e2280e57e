//! Whose JWTs are trusted: an issuer's that are bearer tokens, a workload's that stand for an OAuth
//! client. Kept as JSON beside the issuer or the client. PURE.

use serde_json::{Value, json};

use super::jwt::{Expected, Invalid, Jwt, Source, address};
use crate::scim::resource::Map;

/// Conditions on claims, and letters of what one compares with.
const MAX_CLAIMS: usize = 10;
const MAX_TEXT: usize = 500;

/// What stands for every subject of an issuer.
const ANYBODY: &str = "*";

/// Tokens of one issuer for one audience, and whose of them are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    pub issuer: String,
    /// Where its keys are; without, its discovery document says it.
    pub jwks_uri: Option<String>,
    pub audience: String,
    /// `None`: anybody whom the issuer signs for.
    pub subject: Option<String>,
    /// Claims and what they have to be, or have among them.
    pub claims: Map,
}

impl Trust {
    /// What an administrator sent; the error says what to change.
    pub fn read(object: &Map, local: bool) -> Result<Self, String> {
        const KNOWN: [&str; 5] = ["issuer", "jwks_uri", "audience", "subject", "claims"];
        if let Some(name) = object.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!(
                "There is no member {name:?} here; there are {}.",
                KNOWN.join(", ")
            ));
        }
        let trust = Self::from_json(object).ok_or_else(|| {
            "issuer and audience are text, and so are subject and jwks_uri; claims is an object.".to_owned()
        })?;
        for (name, url) in [
            ("issuer", Some(&trust.issuer)),
            ("jwks_uri", trust.jwks_uri.as_ref()),
        ] {
            if let Some(url) = url {
                address::check(url, local).map_err(|why| format!("{name}: {}", why.0))?;
            }
        }
        let is_short = |text: &str| !text.is_empty() && text.chars().count() <= MAX_TEXT;
        if !is_short(&trust.audience) || !trust.subject.as_deref().is_none_or(is_short) {
            return Err(format!(
                "audience and subject have 1 to {MAX_TEXT} characters."
            ));
        }
        if trust.claims.len() > MAX_CLAIMS || !trust.claims.values().all(is_condition) {
            return Err(format!(
                "claims has at most {MAX_CLAIMS} members, each text of at most {MAX_TEXT} characters, true, false, a whole number, or a list of such."
            ));
        }
        if trust.claims.is_empty() && !object.contains_key("subject") {
            return Err(format!(
                "Say whose tokens are meant, by subject or by claims; the subject {ANYBODY:?} means everybody whom the issuer signs for."
            ));
        }
        Ok(trust)
    }

    /// What was stored.
    pub fn from_json(object: &Map) -> Option<Self> {
        let text = |name: &str| match object.get(name) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(text.clone())),
            Some(_) => None,
        };
        Some(Self {
            issuer: text("issuer")??,
            jwks_uri: text("jwks_uri")?,
            audience: text("audience")??,
            subject: text("subject")?.filter(|subject| subject != ANYBODY),
            claims: match object.get("claims") {
                None => Map::new(),
                Some(Value::Object(claims)) => claims.clone(),
                Some(_) => return None,
            },
        })
    }

    pub fn to_json(&self) -> Value {
        let subject = self.subject.as_deref();
        let open = self.claims.is_empty().then_some(ANYBODY);
        let mut object = json!({ "issuer": self.issuer, "audience": self.audience });
        for (name, value) in [
            ("jwks_uri", self.jwks_uri.as_deref()),
            ("subject", subject.or(open)),
        ] {
            if let Some(value) = value {
                object[name] = value.into();
            }
        }
        if !self.claims.is_empty() {
            object["claims"] = self.claims.clone().into();
        }
        object
    }

    pub fn source(&self) -> Source {
        match &self.jwks_uri {
            Some(url) => Source::Address(url.clone()),
            None => Source::Issuer(self.issuer.clone()),
        }
    }

    /// Whether the claims are what is trusted: whoever signed them.
    pub fn check(&self, jwt: &Jwt<'_>, now: i64) -> Result<(), Invalid> {
        let expected = Expected {
            issuer: &self.issuer,
            audiences: &[&self.audience],
            subject: self.subject.as_deref(),
        };
        jwt.check(&expected, now)?;
        let holds = |(name, condition): (&String, &Value)| match jwt.claims.get(name) {
            Some(Value::Array(values)) => values.iter().any(|value| meets(value, condition)),
            Some(value) => meets(value, condition),
            None => false,
        };
        match self.claims.iter().all(holds) {
            true => Ok(()),
            false => Err(Invalid(
                "The JWT's claims are not those that are trusted here.",
            )),
        }
    }
}

fn is_condition(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().count() <= MAX_TEXT,
        Value::Bool(_) => true,
        // Past this, JSON's readers disagree on what a number is (RFC 8259 §6).
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|number| number.unsigned_abs() < 1 << 53),
        Value::Array(list) => {
            (1..=MAX_CLAIMS).contains(&list.len())
                && list.iter().all(|one| !one.is_array() && is_condition(one))
        }
        Value::Null | Value::Object(_) => false,
    }
}

/// A list of conditions is met by any of them.
fn meets(value: &Value, condition: &Value) -> bool {
    match condition {
        Value::Array(list) => list.contains(value),
        one => value == one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::base64url;

    fn read(value: Value) -> Result<Trust, String> {
        Trust::read(value.as_object().expect("an object"), false)
    }

    fn base() -> Value {
        json!({"issuer": "https://idp.example", "audience": "us", "subject": "app"})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut object = base();
        object[name] = value;
        object
    }

    #[test]
    fn what_is_read_is_what_is_stored() {
        for object in [
            base(),
            with("jwks_uri", json!("https://keys.example/set")),
            with(
                "claims",
                json!({"roles": ["a", "b"], "n": 1, "email_verified": true}),
            ),
            with("subject", json!("*")),
            json!({"issuer": "https://idp.example", "audience": "us", "claims": {"azp": "x"}}),
        ] {
            let trust = read(object.clone()).unwrap();
            assert_eq!(trust.to_json(), object);
            let stored = trust.to_json();
            assert_eq!(Trust::from_json(stored.as_object().unwrap()), Some(trust));
        }
    }

    #[test]
    fn refusals_say_what_to_change() {
        for (object, words) in [
            (
                json!({"audience": "us", "subject": "app"}),
                "issuer and audience",
            ),
            (
                json!({"issuer": "https://idp.example", "subject": "app"}),
                "issuer and audience",
            ),
            (
                json!({"issuer": "https://idp.example", "audience": "us"}),
                "whose tokens",
            ),
            (with("issuer", json!("http://idp.example")), "issuer: "),
            (
                with("jwks_uri", json!("https://10.0.0.1/keys")),
                "jwks_uri: ",
            ),
            (with("subject", json!("")), "1 to 500"),
            (with("subject", json!(7)), "are text"),
            (with("subject", json!(null)), "are text"),
            (with("audience", json!("x".repeat(501))), "1 to 500"),
            (with("claims", json!([])), "claims is an object"),
            (with("claims", json!({"a": null})), "claims has"),
            (with("claims", json!({"a": {"b": 1}})), "claims has"),
            (with("claims", json!({"a": 1_i64 << 53})), "claims has"),
            (with("claims", json!({"a": 0.5})), "claims has"),
            (with("claims", json!({"a": []})), "claims has"),
            (with("claims", json!({"a": [["b"]]})), "claims has"),
            (with("audiences", json!("us")), "no member \"audiences\""),
        ] {
            let why = read(object.clone()).expect_err("refused");
            assert!(why.contains(words), "{object}: {why}");
        }
    }

    #[test]
    fn claims_are_met_by_value_or_by_membership() {
        let claims = json!({
            "iss": "https://idp.example", "aud": "us", "sub": "app", "exp": 1000,
            "azp": "x", "groups": ["a", "b"], "n": 1, "ok": true,
        });
        let text = format!(
            "{}.{}.c2ln",
            base64url::encode(br#"{"alg":"RS256"}"#),
            base64url::encode(claims.to_string().as_bytes())
        );
        let jwt = Jwt::parse(&text).unwrap();
        let check = |conditions: Value| read(with("claims", conditions)).unwrap().check(&jwt, 0);
        for good in [
            json!({"azp": "x"}),
            json!({"azp": ["y", "x"], "groups": "b"}),
            json!({"groups": ["c", "a"], "n": 1, "ok": true}),
        ] {
            assert_eq!(check(good.clone()), Ok(()), "{good}");
        }
        for bad in [
            json!({"azp": "X"}),
            json!({"azp": "x", "groups": "c"}),
            json!({"n": "1"}),
            json!({"ok": false}),
            json!({"missing": "x"}),
        ] {
            assert!(check(bad.clone()).is_err(), "{bad}");
        }
        let anybody = read(with("subject", json!("*"))).unwrap();
        assert_eq!(anybody.check(&jwt, 0), Ok(()));
        assert!(
            read(with("subject", json!("other")))
                .unwrap()
                .check(&jwt, 0)
                .is_err()
        );
    }
}
