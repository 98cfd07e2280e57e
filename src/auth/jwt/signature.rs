//! Whether somebody signed a token.

use worker::wasm_bindgen::JsValue;

use super::Jwt;
use super::key_set::Key;
use crate::auth::web_crypto::{import_key, verify};

/// Whether `key` signed the token. A key that the platform does not take signed nothing.
pub async fn is_by(jwt: &Jwt<'_>, key: &Key) -> bool {
    check(jwt, key).await.unwrap_or(false)
}

async fn check(jwt: &Jwt<'_>, key: &Key) -> Result<bool, JsValue> {
    let algorithm = jwt.header.algorithm;
    let key = import_key(key.jwk(), &algorithm.import_parameters(), "verify").await?;
    let parameters = algorithm.verify_parameters();
    verify(&parameters, key, &jwt.signature, jwt.signed.as_bytes()).await
}
