//! Signatures, checked by the platform's WebCrypto: RSA and elliptic curves cost the wasm nothing.

use serde_json::Value;
use wasm_bindgen::prelude::*;
use worker::js_sys::{Array, JSON, Promise, Uint8Array};
use worker::wasm_bindgen_futures::JsFuture;

use super::Jwt;
use super::key_set::Key;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    fn import_key(
        format: &str,
        key: JsValue,
        algorithm: JsValue,
        extractable: bool,
        usages: Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], catch)]
    fn verify(
        algorithm: JsValue,
        key: JsValue,
        signature: Uint8Array,
        data: Uint8Array,
    ) -> Result<Promise, JsValue>;
}

/// Whether `key` signed the token. A key that the platform does not take signed nothing.
pub async fn is_by(jwt: &Jwt<'_>, key: &Key) -> bool {
    check(jwt, key).await.is_ok_and(|valid| valid.is_truthy())
}

async fn check(jwt: &Jwt<'_>, key: &Key) -> Result<JsValue, JsValue> {
    let algorithm = jwt.header.algorithm;
    let usages = Array::of1(&"verify".into());
    let parameters = object(&algorithm.import_parameters())?;
    let key = import_key("jwk", object(key.jwk())?, parameters, false, usages)?;
    let verified = verify(
        object(&algorithm.verify_parameters())?,
        JsFuture::from(key).await?,
        Uint8Array::from(jwt.signature.as_slice()),
        Uint8Array::from(jwt.signed.as_bytes()),
    )?;
    JsFuture::from(verified).await
}

fn object(value: &Value) -> Result<JsValue, JsValue> {
    JSON::parse(&value.to_string())
}
