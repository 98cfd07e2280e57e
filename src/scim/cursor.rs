//! Cursors (RFC 9865): where a page ended, sealed with a key so that none can be forged. Refused:
//! any that this service did not give out for the very same query, that is too old, or that comes
//! with another `count` than the first page's.
//!
//! A cursor is no secret and gives no rights: it holds the sort value and the id of a resource that
//! its client has just been shown. Its text is base64url, all of it unreserved in URIs.

use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::base64url::{decode, encode};
use super::error::{Result, ScimError, ScimType};

/// Bytes of the HMAC-SHA256 that a cursor carries.
const SEAL: usize = 16;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cursor<P> {
    /// Unix milliseconds.
    pub expires: i64,
    pub count: u32,
    /// What the first page counted, where counting is dear.
    pub total: Option<u64>,
    /// Where the page ended: the store's to read.
    pub end: P,
}

/// `query` is whatever makes up the query besides `cursor`: a cursor opens with the same one only.
pub fn seal<P: Serialize>(cursor: &Cursor<P>, query: &[u8], key: &[u8]) -> String {
    let Cursor {
        expires,
        count,
        total,
        end,
    } = cursor;
    let content = serde_json::to_vec(&(expires, count, total, end))
        .expect("numbers and JSON values have a JSON form");
    let mut bytes = mac(&content, query, key).finalize().into_bytes()[..SEAL].to_vec();
    bytes.extend(content);
    encode(&bytes)
}

pub fn open<P: DeserializeOwned>(
    text: &str,
    query: &[u8],
    key: &[u8],
    count: u32,
    now: i64,
) -> Result<Cursor<P>> {
    let invalid = || {
        ScimError::bad(
            ScimType::InvalidCursor,
            "The cursor is not one of this query's: send it as it came, with the parameters of the \
             first page, or none at all to begin again.",
        )
    };
    let bytes = decode(text).ok_or_else(invalid)?;
    let (seal, content) = bytes.split_at_checked(SEAL).ok_or_else(invalid)?;
    mac(content, query, key)
        .verify_truncated_left(seal)
        .map_err(|_| invalid())?;
    let (expires, first_count, total, end): (i64, u32, _, _) =
        crate::scim::json::read(content).map_err(|_| invalid())?;
    if now >= expires {
        return Err(ScimError::bad(
            ScimType::ExpiredCursor,
            "The cursor has expired: begin again with an empty one.",
        ));
    }
    if count != first_count {
        return Err(ScimError::bad(
            ScimType::InvalidCount,
            format!("count was {first_count} on the first page and has to stay so."),
        ));
    }
    Ok(Cursor {
        expires,
        count,
        total,
        end,
    })
}

fn mac(content: &[u8], query: &[u8], key: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(&(query.len() as u64).to_be_bytes());
    mac.update(query);
    mac.update(content);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a tenant's secret";
    const QUERY: &[u8] = b"Users";

    fn cursor() -> Cursor<(String, i64)> {
        Cursor {
            expires: 1000,
            count: 10,
            total: Some(70),
            end: ("ångström".to_owned(), i64::MAX),
        }
    }

    fn opened(text: &str, query: &[u8], key: &[u8]) -> Result<Cursor<(String, i64)>> {
        open(text, query, key, 10, 999)
    }

    fn refusal<T: std::fmt::Debug>(result: Result<T>) -> Option<ScimType> {
        result.expect_err("refused").scim_type
    }

    #[test]
    fn what_was_sealed_opens() {
        let text = seal(&cursor(), QUERY, KEY);
        assert_eq!(opened(&text, QUERY, KEY), Ok(cursor()));
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        assert!(text.chars().all(unreserved), "{text}");
    }

    #[test]
    fn no_change_goes_unnoticed() {
        let text = seal(&cursor(), QUERY, KEY);
        for at in 0..text.len() {
            for letter in ["A", "b", "_", "=", "", "AA"] {
                let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
                if changed != text {
                    let refused = refusal(opened(&changed, QUERY, KEY));
                    assert_eq!(refused, Some(ScimType::InvalidCursor), "{changed}");
                }
            }
            let refused = refusal(opened(&text[..at], QUERY, KEY));
            assert_eq!(refused, Some(ScimType::InvalidCursor), "cut at {at}");
        }
    }

    #[test]
    fn another_query_or_key_does_not_open_it() {
        let text = seal(&cursor(), QUERY, KEY);
        for (query, key) in [
            (&b"Groups"[..], KEY),
            (QUERY, &b"another's"[..]),
            (b"", KEY),
        ] {
            assert_eq!(
                refusal(opened(&text, query, key)),
                Some(ScimType::InvalidCursor)
            );
        }
    }

    #[test]
    fn age_and_count_are_checked() {
        let text = seal(&cursor(), QUERY, KEY);
        let open = |count, now| refusal(open::<(String, i64)>(&text, QUERY, KEY, count, now));
        assert_eq!(open(10, 1000), Some(ScimType::ExpiredCursor));
        assert_eq!(open(11, 999), Some(ScimType::InvalidCount));
    }
}
