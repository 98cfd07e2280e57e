//! Signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864): asymmetric ones only. PURE.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5: RS256, RS384, RS512.
    Rs(Hash),
    /// RSASSA-PSS: PS256, PS384, PS512.
    Ps(Hash),
    /// ECDSA, each hash with its one curve: ES256, ES384, ES512.
    Es(Hash),
    /// Ed25519, which RFC 8037 called EdDSA.
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// `None` for `none`, for HMAC, and for what is unknown.
    pub fn named(name: &str) -> Option<Self> {
        if matches!(name, "EdDSA" | "Ed25519") {
            return Some(Self::Ed25519);
        }
        let (family, bits) = name.split_at_checked(2)?;
        let hash = match bits {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return None,
        };
        match family {
            "RS" => Some(Self::Rs(hash)),
            "PS" => Some(Self::Ps(hash)),
            "ES" => Some(Self::Es(hash)),
            _ => None,
        }
    }

    /// What a key for it has as `kty` and, unless it is an RSA key, as `crv`.
    pub fn key_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Rs(_) | Self::Ps(_) => ("RSA", ""),
            Self::Es(hash) => ("EC", hash.curve()),
            Self::Ed25519 => ("OKP", "Ed25519"),
        }
    }

    /// How WebCrypto is told of a key of this algorithm.
    pub fn import_parameters(self) -> Value {
        match self {
            Self::Rs(hash) => json!({ "name": "RSASSA-PKCS1-v1_5", "hash": hash.name() }),
            Self::Ps(hash) => json!({ "name": "RSA-PSS", "hash": hash.name() }),
            Self::Es(hash) => json!({ "name": "ECDSA", "namedCurve": hash.curve() }),
            Self::Ed25519 => json!({ "name": "Ed25519" }),
        }
    }

    /// How WebCrypto is told to verify. A PSS salt is as long as its hash (RFC 7518 §3.5).
    pub fn verify_parameters(self) -> Value {
        match self {
            Self::Rs(_) => json!({ "name": "RSASSA-PKCS1-v1_5" }),
            Self::Ps(hash) => json!({ "name": "RSA-PSS", "saltLength": hash.bytes() }),
            Self::Es(hash) => json!({ "name": "ECDSA", "hash": hash.name() }),
            Self::Ed25519 => json!({ "name": "Ed25519" }),
        }
    }
}

impl Hash {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn curve(self) -> &'static str {
        match self {
            Self::Sha256 => "P-256",
            Self::Sha384 => "P-384",
            Self::Sha512 => "P-521",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_asymmetric_algorithms_have_a_name_here() {
        for name in [
            "RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA",
        ] {
            assert!(Algorithm::named(name).is_some(), "{name}");
        }
        for name in [
            "none", "None", "HS256", "HS384", "HS512", "rs256", "RS1", "RSA-OAEP", "", "é",
        ] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }

    #[test]
    fn an_ecdsa_algorithm_has_one_curve() {
        assert_eq!(Algorithm::Es(Hash::Sha512).key_type(), ("EC", "P-521"));
        assert_eq!(Algorithm::Es(Hash::Sha256).key_type(), ("EC", "P-256"));
    }
}
