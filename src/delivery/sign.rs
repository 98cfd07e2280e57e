//! Signatures as Standard Webhooks has them (standardwebhooks.com, 1.0). PURE.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::scim::base64url;
use crate::store::webhooks::Webhook;

/// What a symmetric secret begins with.
const PREFIX: &str = "whsec_";

/// Bytes of a secret; 24 to 64 are allowed.
pub const SECRET_BYTES: usize = 32;

/// The secret as its holder is shown it.
pub fn secret(random: [u8; SECRET_BYTES]) -> String {
    format!("{PREFIX}{}", base64(&random))
}

/// `webhook-signature`: by the secret, and by the one before as long as that counts. `now` is Unix
/// milliseconds, `timestamp` what the header of that name says: seconds.
pub fn signatures(webhook: &Webhook, now: i64, id: &str, timestamp: i64, body: &str) -> String {
    let old = webhook.old_secret.as_ref();
    let old = old.filter(|(_, until)| now < *until);
    let secrets = [Some(&webhook.secret), old.map(|(secret, _)| secret)];
    let signed = secrets.into_iter().flatten().filter_map(|secret| {
        let key = from_base64(secret.strip_prefix(PREFIX)?)?;
        Some(signature(&key, id, timestamp, body))
    });
    signed.collect::<Vec<_>>().join(" ")
}

fn signature(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in [id, ".", &timestamp.to_string(), ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", base64(&mac.finalize().into_bytes()))
}

/// With the alphabet and the padding of RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    let mut text = base64url::encode(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('+', "-");
    base64url::decode(&text.replace('/', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, section "Signature scheme".
    #[test]
    fn the_specifications_example() {
        let key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn both_secrets_sign_until_the_old_one_ends() {
        let webhook = Webhook {
            secret: secret([1; SECRET_BYTES]),
            old_secret: Some((secret([255; SECRET_BYTES]), 1000)),
            ..crate::delivery::tests::webhook()
        };
        let new = signatures(&webhook, 1000, "evt_1", 1, "{}");
        let both = signatures(&webhook, 999, "evt_1", 1, "{}");
        assert_eq!(new.split(' ').count(), 1);
        let old = signature(&[255; SECRET_BYTES], "evt_1", 1, "{}");
        assert_eq!(both, format!("{new} {old}"));
    }

    #[test]
    fn secrets_are_base64_with_padding() {
        let text = secret([255; SECRET_BYTES]);
        assert!(
            text.starts_with("whsec_/////") && text.ends_with("8="),
            "{text}"
        );
        assert_eq!(from_base64(&text[6..]), Some(vec![255; SECRET_BYTES]));
    }
}
