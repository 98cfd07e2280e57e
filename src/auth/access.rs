//! Whom Cloudflare Access let in. It stands in front of addresses, asks people to log in, and signs a
//! JWT for each request that it passes on.
//!
//! Refused: what another team's Access signed, or this one's for another application. The cookie that
//! Access gives to browsers is not looked at: only what came through Access has the header.

use worker::Env;

use super::jwt::keys::{self, Failure, Moment};
use super::jwt::{Expected, Invalid, Jwt, Source};

/// The header with the JWT.
pub const ASSERTION: &str = "cf-access-jwt-assertion";

/// An application of Access, as wrangler.toml says which.
pub struct Application {
    /// `https://acme.cloudflareaccess.com`: it is the issuer too.
    team: String,
    /// The application's AUD tag.
    audience: String,
}

impl Application {
    /// `None` where Access is not set up. The error says what is missing.
    pub fn of(env: &Env) -> Result<Option<Self>, &'static str> {
        let var = |name| env.var(name).ok().map(|value| value.to_string());
        match (var("ACCESS_TEAM_DOMAIN"), var("ACCESS_AUD")) {
            (None, None) => Ok(None),
            (Some(team), Some(audience)) if !team.is_empty() && !audience.is_empty() => {
                Ok(Some(Self {
                    team: address(&team),
                    audience,
                }))
            }
            _ => Err(
                "Cloudflare Access is set up by half: wrangler.toml needs ACCESS_TEAM_DOMAIN and ACCESS_AUD.",
            ),
        }
    }

    /// Who sent this: a person's e-mail address, or a service token's client id.
    pub async fn identify(&self, assertion: &str, moment: Moment) -> Result<String, Failure> {
        let jwt = Jwt::parse(assertion).map_err(Failure::Invalid)?;
        let expected = Expected {
            issuer: &self.team,
            audiences: &[&self.audience],
            subject: None,
        };
        jwt.check(&expected, moment.now).map_err(Failure::Invalid)?;
        let keys = Source::Address(format!("{}/cdn-cgi/access/certs", self.team));
        keys::verify(&jwt, &keys, moment).await?;
        name(&jwt).map(str::to_owned).ok_or(NAMELESS)
    }
}

const NAMELESS: Failure = Failure::Invalid(Invalid(
    "The JWT names nobody: Access puts in email for a person and common_name for a service token.",
));

/// With or without the scheme.
fn address(team: &str) -> String {
    let team = team.trim_end_matches('/');
    match team.contains("://") {
        true => team.to_owned(),
        false => format!("https://{team}"),
    }
}

/// A client certificate has a common name as well, and whoever made it chose it: it must not pass for
/// a person's address.
fn name<'a>(jwt: &'a Jwt<'_>) -> Option<&'a str> {
    let text = |claim| jwt.text(claim).filter(|text| !text.is_empty());
    text("email").or_else(|| text("common_name").filter(|name| !name.contains('@')))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::base64url;

    #[test]
    fn a_team_has_one_address() {
        for team in [
            "acme.cloudflareaccess.com",
            "https://acme.cloudflareaccess.com",
            "https://acme.cloudflareaccess.com/",
        ] {
            assert_eq!(address(team), "https://acme.cloudflareaccess.com", "{team}");
        }
    }

    #[test]
    fn people_and_service_tokens_have_names() {
        let check = |claims: Value, expected: Option<&str>| {
            let text = format!(
                "{}.{}.c2ln",
                base64url::encode(br#"{"alg":"RS256"}"#),
                base64url::encode(claims.to_string().as_bytes())
            );
            assert_eq!(name(&Jwt::parse(&text).unwrap()), expected, "{claims}");
        };
        check(json!({"email": "ann@acme.test"}), Some("ann@acme.test"));
        check(
            json!({"common_name": "e3.access", "sub": ""}),
            Some("e3.access"),
        );
        check(
            json!({"email": "", "common_name": "e3.access"}),
            Some("e3.access"),
        );
        check(json!({"common_name": "ann@acme.test"}), None);
        check(json!({"email": ["ann@acme.test"]}), None);
        check(json!({"sub": "7335d417"}), None);
    }
}
