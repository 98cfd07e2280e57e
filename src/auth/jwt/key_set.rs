//! Published keys (JWK Set, RFC 7517 §5) → the one that a token's header asks for. PURE.

use serde_json::{Value, json};

use super::Invalid;
use super::algorithm::Algorithm;
use super::token::Header;
use crate::scim::base64url;

/// Keys that a set may have; what stands behind them is not looked at.
const MAX_KEYS: usize = 100;

/// RFC 7518 §3.3 asks for 2048 bits; past 8192 a signature is only a way to keep us busy.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Parameters that only a private or a shared key has (RFC 7518 §6).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

#[derive(Debug, Clone, PartialEq)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// A public key that signatures can be checked with.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    algorithm: Option<Algorithm>,
    kind: (String, String),
    /// Nothing but the public parameters.
    jwk: Value,
}

impl KeySet {
    /// Keys that are no use here are passed over (RFC 7517 §5); a set with no other is refused.
    pub fn read(set: &Value) -> Result<Self, Invalid> {
        let listed = set["keys"].as_array();
        let listed = listed.ok_or(Invalid("A JWK Set is an object with the list \"keys\"."))?;
        let keys: Vec<Key> = listed.iter().take(MAX_KEYS).filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(Invalid(
                "The JWK Set has no public key for RS, PS, ES or EdDSA signatures (RSA keys have 2048 to 8192 bits).",
            ));
        }
        Ok(Self { keys })
    }

    /// Whether somebody put in what should have stayed with its owner.
    pub fn has_secrets(set: &Value) -> bool {
        let keys = set["keys"].as_array().into_iter().flatten();
        keys.filter_map(Value::as_object)
            .any(|key| PRIVATE.iter().any(|name| key.contains_key(*name)))
    }

    /// The key for this header; `None` when the set has none, which a newer set may have. A token
    /// that names no key is taken where only one comes into question.
    pub fn choose(&self, header: &Header) -> Option<&Key> {
        let mut fitting = self.keys.iter().filter(|key| key.fits(header));
        let first = fitting.next()?;
        (header.key_id.is_some() || fitting.next().is_none()).then_some(first)
    }
}

impl Key {
    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key[name].as_str();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let operations = key["key_ops"].as_array();
        if operations.is_some_and(|list| !list.contains(&"verify".into())) {
            return None;
        }
        let algorithm = match text("alg") {
            Some(name) => Some(Algorithm::named(name)?),
            None => None,
        };
        let kind = text("kty")?;
        let curve = text("crv").unwrap_or_default();
        let jwk = match kind {
            "RSA" => {
                let modulus = base64url::decode(text("n")?)?;
                let length = modulus.iter().skip_while(|byte| **byte == 0).count();
                if !RSA_BYTES.contains(&length) {
                    return None;
                }
                json!({ "kty": kind, "n": text("n")?, "e": text("e")? })
            }
            "EC" => json!({ "kty": kind, "crv": curve, "x": text("x")?, "y": text("y")? }),
            "OKP" => json!({ "kty": kind, "crv": curve, "x": text("x")? }),
            _ => return None,
        };
        Some(Self {
            id: text("kid").map(str::to_owned),
            algorithm,
            kind: (kind.to_owned(), curve.to_owned()),
            jwk,
        })
    }

    fn fits(&self, header: &Header) -> bool {
        let (kind, curve) = header.algorithm.key_type();
        self.kind.0 == kind
            && (curve.is_empty() || self.kind.1 == curve)
            && self.algorithm.is_none_or(|only| only == header.algorithm)
            && (header.key_id.is_none() || header.key_id == self.id)
    }

    /// As WebCrypto imports it.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(id: &str) -> Value {
        json!({"kty": "RSA", "kid": id, "n": base64url::encode(&[0xC5; 256]), "e": "AQAB"})
    }

    fn ec(id: &str, curve: &str) -> Value {
        json!({"kty": "EC", "kid": id, "crv": curve, "x": "eA", "y": "eQ"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn chosen(keys: &[Value], alg: &str, kid: Option<&str>) -> Option<String> {
        let header = Header {
            algorithm: Algorithm::named(alg).expect("known"),
            key_id: kid.map(str::to_owned),
        };
        let set = KeySet::read(&json!({ "keys": keys })).expect("a set");
        set.choose(&header)
            .map(|key| key.id.clone().unwrap_or_default())
    }

    #[test]
    fn a_key_is_chosen_by_id_and_kind() {
        let keys = [rsa("a"), rsa("b"), ec("e", "P-256"), ec("f", "P-384")];
        assert_eq!(chosen(&keys, "RS256", Some("b")).as_deref(), Some("b"));
        assert_eq!(chosen(&keys, "PS512", Some("b")).as_deref(), Some("b"));
        assert_eq!(chosen(&keys, "ES256", Some("e")).as_deref(), Some("e"));
        assert_eq!(chosen(&keys, "ES256", None).as_deref(), Some("e"));
        for (alg, kid) in [
            ("RS256", Some("c")),
            ("RS256", None),
            ("ES256", Some("a")),
            ("ES256", Some("f")),
            ("RS256", Some("e")),
            ("EdDSA", None),
        ] {
            assert_eq!(chosen(&keys, alg, kid), None, "{alg} {kid:?}");
        }
    }

    #[test]
    fn a_key_serves_its_own_purpose_only() {
        let other = rsa("other");
        for (name, value) in [
            ("use", json!("enc")),
            ("key_ops", json!(["encrypt"])),
            ("alg", json!("RSA-OAEP")),
            ("alg", json!("HS256")),
            ("alg", json!("RS512")),
            ("kty", json!("oct")),
            ("n", json!(base64url::encode(&[0xC5; 255]))),
            (
                "n",
                json!(base64url::encode(&[&[0][..], &[0xC5; 255]].concat())),
            ),
            ("n", json!(base64url::encode(&[0xC5; 1025]))),
            ("n", json!("no base64url")),
        ] {
            let keys = [with(rsa("a"), name, value.clone()), other.clone()];
            assert_eq!(chosen(&keys, "RS256", Some("a")), None, "{name} {value}");
        }
        for (name, value) in [
            ("use", json!("sig")),
            ("key_ops", json!(["verify"])),
            ("alg", json!("RS256")),
        ] {
            let keys = [with(rsa("a"), name, value.clone()), other.clone()];
            assert!(
                chosen(&keys, "RS256", Some("a")).is_some(),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn only_public_parameters_are_kept() {
        let set = json!({"keys": [with(rsa("a"), "d", json!("secret"))]});
        assert!(KeySet::has_secrets(&set));
        assert!(KeySet::has_secrets(
            &json!({"keys": [{"kty": "oct", "k": "eA"}]})
        ));
        assert!(!KeySet::has_secrets(
            &json!({"keys": [rsa("a"), ec("e", "P-256")]})
        ));
        let set = KeySet::read(&set).unwrap();
        assert!(set.keys[0].jwk().get("d").is_none());
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for set in [
            json!(null),
            json!([]),
            json!({}),
            json!({"keys": {}}),
            json!({"keys": []}),
            json!({"keys": [1, {"kty": "oct", "k": "eA"}]}),
        ] {
            assert!(KeySet::read(&set).is_err(), "{set}");
        }
    }
}
