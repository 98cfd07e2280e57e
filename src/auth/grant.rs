//! The token request of the client credentials grant (RFC 6749 §4.4) and its refusals (§5.2). PURE.

use percent_encoding::percent_decode_str;

use crate::scim::base64url;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest body that is read; an assertion alone may have 16 KB.
pub const MAX_BODY_BYTES: usize = 32 * 1024;

#[derive(Debug, PartialEq)]
pub struct TokenRequest {
    pub client: Client,
    /// The scopes asked for, as sent.
    pub scope: Option<String>,
}

/// Who says to ask, and by what they prove it.
#[derive(Debug, PartialEq)]
pub enum Client {
    /// In the body or in the Authorization header (RFC 6749 §2.3.1).
    Secret { id: String, secret: String },
    /// A JWT of the client's own, or of an issuer that vouches for it (RFC 7523 §2.2).
    Assertion { id: Option<String>, jwt: String },
}

/// The client is not who it says.
pub const INVALID_CLIENT: &str = "invalid_client";

#[derive(Debug, PartialEq)]
pub struct Refusal {
    pub error: &'static str,
    pub description: String,
}

impl Refusal {
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            error,
            description: description.into(),
        }
    }

    /// RFC 6749 §5.2: 400, and 401 where the client is not who it says.
    pub fn status(&self) -> u16 {
        match self.error {
            INVALID_CLIENT => 401,
            _ => 400,
        }
    }
}

impl TokenRequest {
    pub fn read(
        content_type: &str,
        authorization: Option<&str>,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let invalid = |why: &str| Refusal::new("invalid_request", why);
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(invalid(
                "The body must be application/x-www-form-urlencoded.",
            ));
        }
        if body.len() > MAX_BODY_BYTES {
            return Err(invalid("The body is longer than 32 KB."));
        }
        let body = std::str::from_utf8(body).map_err(|_| invalid("The body is not UTF-8."))?;
        let mut form = Form::read(body)?;
        match form.take("grant_type").as_deref() {
            Some("client_credentials") => {}
            Some(_) => {
                return Err(Refusal::new(
                    "unsupported_grant_type",
                    "Only client_credentials is supported.",
                ));
            }
            None => return Err(invalid("grant_type is missing: it is client_credentials.")),
        }
        Ok(Self {
            client: Client::read(authorization, &mut form)?,
            scope: form.take("scope"),
        })
    }
}

impl Client {
    fn read(authorization: Option<&str>, form: &mut Form) -> Result<Self, Refusal> {
        let invalid = |why: &str| Refusal::new("invalid_request", why);
        let (id, secret) = (form.take("client_id"), form.take("client_secret"));
        let (kind, jwt) = (
            form.take("client_assertion_type"),
            form.take("client_assertion"),
        );
        let ways = [authorization.is_some(), secret.is_some(), jwt.is_some()];
        // RFC 6749 §2.3: no more than one way to authenticate a request.
        if ways.iter().filter(|used| **used).count() > 1 {
            return Err(invalid(
                "Prove the client in one way: by the Authorization header, by client_secret or by client_assertion.",
            ));
        }
        if let Some(header) = authorization {
            let (name, secret) = basic(header).ok_or_else(|| {
                Refusal::new("invalid_client", "The Authorization header is not of the form Basic <client_id:client_secret in base64>.")
            })?;
            return match id {
                Some(id) if id != name => Err(invalid(
                    "client_id and the Authorization header name two clients.",
                )),
                _ => Ok(Self::Secret { id: name, secret }),
            };
        }
        match (id, secret, jwt) {
            (Some(id), Some(secret), _) => Ok(Self::Secret { id, secret }),
            (id, None, Some(jwt)) if kind.as_deref() == Some(ASSERTION_TYPE) => {
                Ok(Self::Assertion { id, jwt })
            }
            (_, None, Some(_)) => Err(invalid(&format!(
                "client_assertion_type must be {ASSERTION_TYPE}."
            ))),
            (None, Some(_), _) => Err(invalid("client_id is missing.")),
            (_, None, None) => Err(Refusal::new(
                "invalid_client",
                "The client proves nothing: send client_id and client_secret, or client_assertion.",
            )),
        }
    }
}

/// `application/x-www-form-urlencoded` pairs. Those without a value count as left out (RFC 6749
/// §3.2), and none may come twice.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &str) -> Result<Self, Refusal> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in body.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = decode(name).zip(decode(value));
            let (name, value) = decoded.ok_or_else(|| {
                Refusal::new("invalid_request", "The body is not UTF-8 once decoded.")
            })?;
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::new("invalid_request", "A parameter comes twice."));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self
            .0
            .iter()
            .position(|(known, value)| known == name && !value.is_empty())?;
        Some(self.0.swap_remove(at).1)
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Client id and secret, each form-encoded before they were joined (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = text
        .trim()
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let joined = String::from_utf8(base64url::decode(&text)?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    decode(id).zip(decode(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn read(authorization: Option<&str>, body: &str) -> Result<TokenRequest, Refusal> {
        TokenRequest::read(FORM, authorization, body.as_bytes())
    }

    fn secret(id: &str, secret: &str) -> Client {
        Client::Secret {
            id: id.to_owned(),
            secret: secret.to_owned(),
        }
    }

    #[test]
    fn a_client_proves_itself_in_three_ways() {
        let jwt = "ey.ey.x";
        let urn = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        for (authorization, body, client) in [
            (
                None,
                "grant_type=client_credentials&client_id=a&client_secret=b%2B+c",
                secret("a", "b+ c"),
            ),
            // a:b%2Bc:d
            (
                Some("Basic YTpiJTJCYzpk"),
                "grant_type=client_credentials",
                secret("a", "b+c:d"),
            ),
            (
                Some("basic  YTpi"),
                "client_id=a&grant_type=client_credentials&",
                secret("a", "b"),
            ),
            // ü:ü>? in UTF-8, whose base64 has letters that base64url does not
            (
                Some("Basic w7w6w7w+Pw=="),
                "grant_type=client_credentials",
                secret("ü", "ü>?"),
            ),
        ] {
            let request = read(authorization, body).unwrap();
            assert_eq!(
                request,
                TokenRequest {
                    client,
                    scope: None
                },
                "{body}"
            );
        }
        for id in [None, Some("a".to_owned())] {
            let named = id
                .as_deref()
                .map_or(String::new(), |id| format!("client_id={id}&"));
            let body = format!(
                "{named}grant_type=client_credentials&client_assertion_type={urn}&client_assertion={jwt}&scope=x+y"
            );
            let request = read(None, &body).unwrap();
            assert_eq!(
                request.client,
                Client::Assertion {
                    id,
                    jwt: jwt.to_owned()
                }
            );
            assert_eq!(request.scope.as_deref(), Some("x y"));
        }
    }

    #[test]
    fn refusals_have_the_rfcs_words() {
        let check = |authorization: Option<&str>, body: &str, error: &str, words: &str| {
            let refusal = read(authorization, body).expect_err(body);
            assert_eq!(refusal.error, error, "{body}: {}", refusal.description);
            assert!(
                refusal.description.contains(words),
                "{body}: {}",
                refusal.description
            );
        };
        let good = "grant_type=client_credentials&client_id=a";
        check(
            None,
            "client_id=a&client_secret=b",
            "invalid_request",
            "grant_type",
        );
        check(
            None,
            "grant_type=password",
            "unsupported_grant_type",
            "client_credentials",
        );
        check(None, good, "invalid_client", "proves nothing");
        check(
            None,
            &format!("{good}&client_secret="),
            "invalid_client",
            "proves nothing",
        );
        check(
            None,
            "grant_type=client_credentials&client_secret=b",
            "invalid_request",
            "client_id",
        );
        check(
            None,
            &format!("{good}&client_id=a"),
            "invalid_request",
            "twice",
        );
        check(
            None,
            &format!("{good}&client_secret=%FF"),
            "invalid_request",
            "UTF-8",
        );
        check(
            None,
            &format!("{good}&client_assertion=x"),
            "invalid_request",
            "client_assertion_type",
        );
        check(
            None,
            &format!("{good}&client_secret=b&client_assertion=x"),
            "invalid_request",
            "one way",
        );
        check(
            Some("Basic YTpi"),
            &format!("{good}&client_secret=b"),
            "invalid_request",
            "one way",
        );
        check(
            Some("Basic YjpiYg=="),
            good,
            "invalid_request",
            "two clients",
        );
        for header in ["Basic", "Basic YQ", "Basic ?", "Bearer YTpi", "Basic gDph"] {
            check(Some(header), good, "invalid_client", "Basic");
        }
        let long = format!("{good}&x={}", "y".repeat(MAX_BODY_BYTES));
        check(None, &long, "invalid_request", "32 KB");
        let json = TokenRequest::read("application/json", None, b"{}").expect_err("JSON");
        assert_eq!((json.error, json.status()), ("invalid_request", 400));
        assert!(
            TokenRequest::read(&format!("{FORM}; charset=UTF-8"), None, b"")
                .is_err_and(|refusal| refusal.description.contains("grant_type"))
        );
    }
}
