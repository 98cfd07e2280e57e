//! The shape of a token: `scim_`, or `scim_admin_`, 30 random base62 characters (178 bits), 6 that hold the CRC-32
//! of what stands before them. The check tells a token that was cut or mistyped without asking
//! D1, and secret scanners find the prefix.

use sha2::{Digest, Sha256};

/// What a token begins with: it says what it opens.
pub struct Kind(&'static str);

/// An identity provider's.
pub const TENANT: Kind = Kind("scim_");
/// An OAuth client's secret has the same shape, and is no token.
pub const SECRET: Kind = Kind("scim-secret_");
/// An administrator's.
pub const ADMIN: Kind = Kind("scim_admin_");

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LENGTH: usize = 30;
const CHECK_LENGTH: usize = 6;

impl Kind {
    /// A token from random bytes; `None` when too few of them were usable, which 64 bytes make
    /// unlikelier than a broken machine.
    pub fn from_random(&self, bytes: &[u8]) -> Option<String> {
        // Bytes from 248 on would make the first eight letters likelier than the others.
        let letters: String = bytes
            .iter()
            .filter(|byte| **byte < 248)
            .take(RANDOM_LENGTH)
            .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]))
            .collect();
        (letters.len() == RANDOM_LENGTH).then(|| {
            let body = format!("{}{letters}", self.0);
            let check = check(&body);
            body + &check
        })
    }

    pub fn begins(&self, text: &str) -> bool {
        text.starts_with(self.0)
    }

    pub fn is_well_formed(&self, token: &str) -> bool {
        token.is_ascii()
            && token.len() == self.0.len() + RANDOM_LENGTH + CHECK_LENGTH
            && token.starts_with(self.0)
            && {
                let (body, end) = token.split_at(token.len() - CHECK_LENGTH);
                check(body) == end
            }
    }
}

/// SHA-256, hex: what is stored. A token's 178 random bits need no slow hash.
pub fn hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Compares secrets by their digests, so that the time taken says nothing of how far they agree.
pub fn is_same_secret(sent: &str, expected: &str) -> bool {
    Sha256::digest(sent) == Sha256::digest(expected)
}

pub fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| {
        [byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)]))
    };
    bytes.iter().flat_map(digits).collect()
}

fn check(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_well_formed_until_a_letter_changes() {
        let bytes: Vec<u8> = (0..64).map(|n| n * 3).collect();
        let token = TENANT.from_random(&bytes).unwrap();
        assert!(TENANT.is_well_formed(&token), "{token}");
        assert!(!ADMIN.is_well_formed(&token));
        let admin = ADMIN.from_random(&bytes).unwrap();
        assert!(ADMIN.is_well_formed(&admin) && !TENANT.is_well_formed(&admin));
        for at in 0..token.len() {
            let mut letters = token.clone().into_bytes();
            letters[at] = if letters[at] == b'x' { b'y' } else { b'x' };
            assert!(
                !TENANT.is_well_formed(&String::from_utf8(letters).unwrap()),
                "changed at {at}"
            );
        }
        assert!(!TENANT.is_well_formed(&token[1..]));
        assert!(!TENANT.is_well_formed(""));
    }

    #[test]
    fn too_little_randomness_makes_no_token() {
        assert_eq!(TENANT.from_random(&[255; 64]), None);
        assert_eq!(TENANT.from_random(&[1; 29]), None);
    }

    #[test]
    fn a_secret_is_no_token() {
        let bytes: Vec<u8> = (0..64).map(|n| n * 3).collect();
        let secret = SECRET.from_random(&bytes).unwrap();
        assert!(SECRET.begins(&secret) && !TENANT.is_well_formed(&secret));
    }
}
