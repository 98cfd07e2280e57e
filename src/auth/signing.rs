//! What we sign: Security Event Tokens, by ES256, with the deployment's key. It is made when it is
//! first needed.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use worker::wasm_bindgen::JsValue;

use super::jwt::algorithm::{Algorithm, Hash};
use super::web_crypto;
use crate::scim::base64url;
use crate::scim::json as text;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::signing_keys::{self, SigningKey};
use crate::wire::request::new_id;

const ALGORITHM: Algorithm = Algorithm::Es(Hash::Sha256);
const ALGORITHM_NAME: &str = "ES256";

/// How long an isolate goes on with the key it knows. After a rotation that is the old one, which
/// receivers still have.
const KNOWN_MS: i64 = 5 * 60 * 1000;

pub struct Signer {
    kid: String,
    key: JsValue,
}

thread_local! {
    /// Until when, too.
    static KNOWN: RefCell<Option<(Rc<Signer>, i64)>> = const { RefCell::new(None) };
}

/// Whoever signs now. One round trip where the isolate does not know.
pub async fn current(database: &Database, now: i64) -> Result<Rc<Signer>, StoreError> {
    let known = KNOWN.with_borrow(|known| {
        let known = known.as_ref().filter(|(_, until)| now < *until);
        known.map(|(signer, _)| signer.clone())
    });
    if let Some(signer) = known {
        return Ok(signer);
    }
    let key = match signing_keys::current(database).await? {
        Some(key) => key,
        None => first(database, now).await?,
    };
    let private: Value = text::read(&key.private).map_err(|_| corrupt())?;
    let imported = web_crypto::import_key(&private, &ALGORITHM.import_parameters(), "sign").await;
    let signer = Rc::new(Signer {
        kid: key.kid,
        key: imported.map_err(|error| StoreError::from_js(&error))?,
    });
    KNOWN.replace(Some((signer.clone(), now + KNOWN_MS)));
    Ok(signer)
}

/// The isolate looks anew who signs.
pub fn forget() {
    KNOWN.replace(None);
}

async fn first(database: &Database, now: i64) -> Result<SigningKey, StoreError> {
    signing_keys::begin(database, &new_key(now).await?).await?;
    signing_keys::current(database).await?.ok_or_else(corrupt)
}

/// A pair that nothing was signed with yet.
pub async fn new_key(now: i64) -> Result<SigningKey, StoreError> {
    let kid = new_id(now).map_err(|error| StoreError::Failed(error.to_string()))?;
    let made = web_crypto::new_key(&ALGORITHM.import_parameters()).await;
    let made = made.map_err(|error| StoreError::from_js(&error))?;
    let made: Value = text::read(&made).map_err(|_| corrupt())?;
    let public = json!({
        "kty": made["kty"], "crv": made["crv"], "x": made["x"], "y": made["y"],
        "alg": ALGORITHM_NAME, "use": "sig", "kid": kid,
    });
    let private = json!({
        "kty": made["kty"], "crv": made["crv"], "x": made["x"], "y": made["y"], "d": made["d"],
    });
    Ok(SigningKey {
        kid,
        private: private.to_string(),
        public: public.to_string(),
        created: now,
    })
}

impl Signer {
    /// A JWS in its compact form (RFC 7515 §7.1). `kind` is its `typ`.
    pub async fn sign(&self, kind: &str, claims: &Value) -> Result<String, StoreError> {
        let header = json!({ "alg": ALGORITHM_NAME, "typ": kind, "kid": self.kid });
        let [header, claims] = [&header, claims].map(|part| {
            let text = part.to_string();
            base64url::encode(text.as_bytes())
        });
        let mut token = format!("{header}.{claims}");
        // ECDSA takes the same parameters for both.
        let parameters = ALGORITHM.verify_parameters();
        let signed = web_crypto::sign(&parameters, self.key.clone(), token.as_bytes()).await;
        let signature = signed.map_err(|error| StoreError::from_js(&error))?;
        token.push('.');
        token.push_str(&base64url::encode(&signature));
        Ok(token)
    }
}

fn corrupt() -> StoreError {
    StoreError::Failed("the signing key cannot be read".to_owned())
}
