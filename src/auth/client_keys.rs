//! What may sign for an OAuth client: keys of its own (`private_key_jwt`, RFC 7523 §2.2), and the
//! workload identities of other issuers that stand for it (federation, as Microsoft Entra ID does
//! it). Kept as JSON beside the client. PURE.

use serde_json::{Value, json};

use super::jwt::Source;
use super::jwt::address;
use super::jwt::key_set::KeySet;
use super::trust::Trust;
use crate::scim::resource::Map;

/// Workload identities a client may have, and bytes of its keys.
const MAX_FEDERATED: usize = 10;
const MAX_KEY_BYTES: usize = 32 * 1024;

#[derive(Debug, Default, Clone, PartialEq)]
pub struct ClientKeys {
    pub own: Option<OwnKeys>,
    pub federated: Vec<Federated>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OwnKeys {
    /// A JWK Set.
    Inline(Value),
    Address(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Federated {
    pub trust: Trust,
    /// Whether an assertion is taken once only.
    pub single_use: bool,
}

impl ClientKeys {
    /// What an administrator sent; the error says what to change.
    pub fn read(
        jwks: Option<Value>,
        jwks_uri: Option<String>,
        federated: Vec<Map>,
        local: bool,
    ) -> Result<Self, String> {
        let own = match (jwks, jwks_uri) {
            (Some(_), Some(_)) => {
                return Err("jwks and jwks_uri exclude each other: send one.".to_owned());
            }
            (None, None) => None,
            (None, Some(url)) => {
                address::check(&url, local).map_err(|why| format!("jwks_uri: {}", why.0))?;
                Some(OwnKeys::Address(url))
            }
            (Some(set), None) => {
                if KeySet::has_secrets(&set) {
                    return Err("jwks holds a private key: send the public part only, and take that key for known to others.".to_owned());
                }
                KeySet::read(&set).map_err(|why| format!("jwks: {}", why.0))?;
                if set.to_string().len() > MAX_KEY_BYTES {
                    return Err(format!("jwks is larger than {MAX_KEY_BYTES} bytes."));
                }
                Some(OwnKeys::Inline(set))
            }
        };
        if federated.len() > MAX_FEDERATED {
            return Err(format!(
                "federated lists at most {MAX_FEDERATED} identities."
            ));
        }
        let federated = federated.into_iter().map(|mut object| {
            let single_use = match object.shift_remove("single_use") {
                None => true,
                Some(Value::Bool(single_use)) => single_use,
                Some(_) => return Err("federated: single_use is true or false.".to_owned()),
            };
            let trust = Trust::read(&object, local).map_err(|why| format!("federated: {why}"))?;
            Ok(Federated { trust, single_use })
        });
        Ok(Self {
            own,
            federated: federated.collect::<Result<_, _>>()?,
        })
    }

    /// What was stored.
    pub fn from_json(object: &Map) -> Option<Self> {
        let own = match (object.get("jwks"), object.get("jwks_uri")) {
            (Some(set), _) => Some(OwnKeys::Inline(set.clone())),
            (None, Some(url)) => Some(OwnKeys::Address(url.as_str()?.to_owned())),
            (None, None) => None,
        };
        let listed = object.get("federated").and_then(Value::as_array);
        let federated = listed.into_iter().flatten().map(|one| {
            Some(Federated {
                trust: Trust::from_json(one.as_object()?)?,
                single_use: one["single_use"].as_bool()?,
            })
        });
        Some(Self {
            own,
            federated: federated.collect::<Option<_>>()?,
        })
    }

    pub fn to_json(&self) -> Value {
        let mut object = match &self.own {
            None => json!({}),
            Some(OwnKeys::Inline(set)) => json!({ "jwks": set }),
            Some(OwnKeys::Address(url)) => json!({ "jwks_uri": url }),
        };
        let federated = self.federated.iter().map(|one| {
            let mut shown = one.trust.to_json();
            shown["single_use"] = one.single_use.into();
            shown
        });
        let federated: Vec<Value> = federated.collect();
        if !federated.is_empty() {
            object["federated"] = federated.into();
        }
        object
    }

    /// Whether nothing can sign for the client: it needs a secret.
    pub fn is_empty(&self) -> bool {
        self.own.is_none() && self.federated.is_empty()
    }
}

impl OwnKeys {
    /// Where the keys are; the error: the keys themselves.
    pub fn source(&self) -> Result<Source, &Value> {
        match self {
            Self::Address(url) => Ok(Source::Address(url.clone())),
            Self::Inline(set) => Err(set),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::base64url;

    fn set() -> Value {
        json!({"keys": [{"kty": "RSA", "n": base64url::encode(&[0xC5; 256]), "e": "AQAB"}]})
    }

    fn workload() -> Map {
        let object =
            json!({"issuer": "https://idp.example/v2.0", "audience": "us", "subject": "app"});
        object.as_object().expect("an object").clone()
    }

    #[test]
    fn what_is_read_is_what_is_stored() {
        let mut reusable = workload();
        reusable.insert("single_use".to_owned(), false.into());
        for keys in [
            ClientKeys::default(),
            ClientKeys::read(Some(set()), None, Vec::new(), false).unwrap(),
            ClientKeys::read(
                None,
                Some("https://keys.example/set".to_owned()),
                vec![workload()],
                false,
            )
            .unwrap(),
            ClientKeys::read(None, None, vec![reusable, workload()], false).unwrap(),
        ] {
            let stored = keys.to_json();
            assert_eq!(
                ClientKeys::from_json(stored.as_object().unwrap()),
                Some(keys)
            );
        }
        assert!(ClientKeys::default().is_empty());
    }

    #[test]
    fn an_assertion_is_taken_once_unless_said_otherwise() {
        let keys = ClientKeys::read(None, None, vec![workload()], false).unwrap();
        assert!(keys.federated[0].single_use);
    }

    #[test]
    fn refusals_say_what_to_change() {
        let check = |jwks: Option<Value>, uri: Option<&str>, federated: Vec<Map>, words: &str| {
            let why =
                ClientKeys::read(jwks, uri.map(str::to_owned), federated, false).expect_err(words);
            assert!(why.contains(words), "{why}");
        };
        let mut private = set();
        private["keys"][0]["d"] = "secret".into();
        check(Some(private), None, Vec::new(), "private");
        check(Some(json!({"keys": []})), None, Vec::new(), "jwks: ");
        check(
            Some(set()),
            Some("https://keys.example"),
            Vec::new(),
            "exclude",
        );
        check(None, Some("http://keys.example"), Vec::new(), "jwks_uri: ");
        check(None, None, vec![Map::new()], "federated: issuer");
        check(None, None, vec![workload(); 11], "at most 10");
        let mut odd = workload();
        odd.insert("single_use".to_owned(), "yes".into());
        check(None, None, vec![odd], "single_use");
        let mut large = set();
        large["x"] = "y".repeat(MAX_KEY_BYTES).into();
        check(Some(large), None, Vec::new(), "larger");
    }
}
