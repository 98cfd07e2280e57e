//! The platform's WebCrypto: RSA and elliptic curves cost the wasm nothing.

use serde_json::Value;
use wasm_bindgen::prelude::*;
use worker::js_sys::{Array, JSON, Promise, Uint8Array};
use worker::wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    fn import(
        format: &str,
        key: JsValue,
        algorithm: JsValue,
        extractable: bool,
        usages: Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = verify, catch)]
    fn verify_signature(
        algorithm: JsValue,
        key: JsValue,
        signature: Uint8Array,
        data: Uint8Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = sign, catch)]
    fn sign_data(algorithm: JsValue, key: JsValue, data: Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = generateKey, catch)]
    fn generate(algorithm: JsValue, extractable: bool, usages: Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = exportKey, catch)]
    fn export(format: &str, key: JsValue) -> Result<Promise, JsValue>;

    /// What `generateKey` answers for a pair.
    type CryptoKeyPair;

    #[wasm_bindgen(method, getter, js_name = privateKey)]
    fn private_key(this: &CryptoKeyPair) -> JsValue;
}

/// A key for one use, "sign" or "verify".
pub async fn import_key(jwk: &Value, algorithm: &Value, usage: &str) -> Result<JsValue, JsValue> {
    let usages = Array::of1(&usage.into());
    let key = import("jwk", object(jwk)?, object(algorithm)?, false, usages)?;
    JsFuture::from(key).await
}

pub async fn verify(
    algorithm: &Value,
    key: JsValue,
    signature: &[u8],
    data: &[u8],
) -> Result<bool, JsValue> {
    let (signature, data) = (Uint8Array::from(signature), Uint8Array::from(data));
    let verified = verify_signature(object(algorithm)?, key, signature, data)?;
    Ok(JsFuture::from(verified).await?.is_truthy())
}

pub async fn sign(algorithm: &Value, key: JsValue, data: &[u8]) -> Result<Vec<u8>, JsValue> {
    let signed = sign_data(object(algorithm)?, key, Uint8Array::from(data))?;
    Ok(Uint8Array::new(&JsFuture::from(signed).await?).to_vec())
}

/// A new private key, which has the public one in it: a JSON Web Key, as JSON text.
pub async fn new_key(algorithm: &Value) -> Result<String, JsValue> {
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let pair = JsFuture::from(generate(object(algorithm)?, true, usages)?).await?;
    let private = pair.unchecked_into::<CryptoKeyPair>().private_key();
    let jwk = JsFuture::from(export("jwk", private)?).await?;
    Ok(JSON::stringify(&jwk)?.into())
}

fn object(value: &Value) -> Result<JsValue, JsValue> {
    JSON::parse(&value.to_string())
}
