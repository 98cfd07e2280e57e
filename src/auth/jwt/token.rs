//! The text of a token → header, claims and signature (RFC 7515 §3.1). PURE.

use serde_json::Value;

use super::Invalid;
use super::algorithm::Algorithm;
use crate::scim::base64url;
use crate::scim::json;
use crate::scim::resource::Map;

/// Longest token that is looked at. Identity providers keep theirs below what fits into headers.
const MAX_BYTES: usize = 16 * 1024;

/// A token that was read, and of which nothing is believed yet.
#[derive(Debug)]
pub struct Jwt<'a> {
    pub header: Header,
    pub claims: Map,
    /// What the signature is over.
    pub signed: &'a str,
    pub signature: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub algorithm: Algorithm,
    pub key_id: Option<String>,
}

/// Whether a bearer token is to be read as a JWT at all: three parts, the first a JSON object.
pub fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("ey") && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

impl<'a> Jwt<'a> {
    pub fn parse(text: &'a str) -> Result<Self, Invalid> {
        if text.len() > MAX_BYTES {
            return Err(Invalid("The JWT is longer than 16 KB."));
        }
        let malformed = Invalid(
            "The JWT is not three parts of base64url with JSON inside: copy it again, whole.",
        );
        let (signed, signature) = text.rsplit_once('.').ok_or(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(malformed)?;
        let object = |part: &str| -> Option<Map> { json::read(base64url::decode(part)?).ok() };
        let header = object(header).ok_or(malformed)?;
        Ok(Self {
            header: Header::read(&header)?,
            claims: object(claims).ok_or(malformed)?,
            signed,
            signature: base64url::decode(signature).ok_or(malformed)?,
        })
    }

    /// A claim that is text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }
}

impl Header {
    fn read(header: &Map) -> Result<Self, Invalid> {
        if header.contains_key("crit") {
            return Err(Invalid(
                "The JWT's header has crit, which is not supported here.",
            ));
        }
        // RFC 8725 §3.11: a token made for another purpose, such as logout+jwt, is none for this.
        let kind = header.get("typ").and_then(Value::as_str).unwrap_or("JWT");
        let kind = kind.to_ascii_lowercase();
        let kind = kind.strip_prefix("application/").unwrap_or(&kind);
        if kind.ends_with("+jwt") && !matches!(kind, "at+jwt" | "client-authentication+jwt") {
            return Err(Invalid(
                "The JWT's typ says that it was made for something else.",
            ));
        }
        let algorithm = header.get("alg").and_then(Value::as_str);
        let algorithm = algorithm.and_then(Algorithm::named).ok_or(Invalid(
            "The JWT's alg is not one that is taken here: RS256, PS256, ES256, their 384 and 512, and EdDSA are.",
        ))?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(Invalid("The JWT's kid is not text.")),
        };
        Ok(Self { algorithm, key_id })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    fn refusal(text: &str) -> &'static str {
        Jwt::parse(text)
            .map(|jwt| jwt.header)
            .expect_err("refused")
            .0
    }

    #[test]
    fn a_token_is_read() {
        let text = token(
            &json!({"alg": "ES384", "kid": "k1", "typ": "at+jwt"}),
            &json!({"sub": "å"}),
        );
        let jwt = Jwt::parse(&text).unwrap();
        assert_eq!(jwt.header.algorithm, Algorithm::named("ES384").unwrap());
        assert_eq!(jwt.header.key_id.as_deref(), Some("k1"));
        assert_eq!(jwt.text("sub"), Some("å"));
        assert_eq!(jwt.signed, &text[..text.len() - ".c2ln".len()]);
        assert_eq!(jwt.signature, b"sig");
        assert!(looks_like_jwt(&text));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = token(&json!({"alg": "RS256"}), &json!({}));
        assert!(Jwt::parse(&good).is_ok());
        for bad in [
            "",
            ".",
            "..",
            "...",
            "a.b.c",
            "e30.e30.",
            &good[1..],
            &good[..good.len() - 1],
            &format!("{good}="),
            &format!("{good}.x"),
            &format!(" {good}"),
            &token(&json!([]), &json!({})),
            &token(&json!({"alg": "RS256"}), &json!("text")),
        ] {
            assert!(Jwt::parse(bad).is_err(), "{bad}");
        }
        let long = token(
            &json!({"alg": "RS256"}),
            &json!({"x": "x".repeat(MAX_BYTES)}),
        );
        assert!(refusal(&long).contains("16 KB"));
    }

    #[test]
    fn headers_that_ask_for_more_are_refused() {
        let check = |header: Value, words: &str| {
            let why = refusal(&token(&header, &json!({})));
            assert!(why.contains(words), "{header}: {why}");
        };
        for alg in [
            json!("none"),
            json!("HS256"),
            json!("A128KW"),
            json!(null),
            json!(256),
        ] {
            check(json!({"alg": alg}), "alg");
        }
        check(json!({}), "alg");
        check(json!({"alg": "RS256", "crit": ["exp"]}), "crit");
        check(json!({"alg": "RS256", "kid": 7}), "kid");
        for typ in ["logout+jwt", "application/dpop+jwt", "SECEVENT+JWT"] {
            check(json!({"alg": "RS256", "typ": typ}), "typ");
        }
    }

    #[test]
    fn our_own_tokens_do_not_look_like_one() {
        assert!(!looks_like_jwt("scim_0123456789"));
        assert!(!looks_like_jwt("eyJhbGciOiJSUzI1NiJ9.e30"));
        assert!(!looks_like_jwt("ey....x"));
    }
}
