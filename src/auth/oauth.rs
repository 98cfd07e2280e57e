//! A token request → an access token (RFC 6749 §4.4): who the client is, what it may do, and the row
//! that makes its token one like any other.

use worker::Env;

use super::client_keys::{ClientKeys, Federated};
use super::grant::{Client, Refusal, TokenRequest};
use super::jwt::key_set::KeySet;
use super::jwt::keys::{self, Moment};
use super::jwt::{Expected, Invalid, Jwt};
use super::token;
use crate::limits;
use crate::scim::json;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::grants::{self, Applicant, Issued, NewAccess};
use crate::store::scopes::Scopes;
use crate::store::settings::RateLimit;
use crate::wire::TooMany;
use crate::wire::request::new_id;

/// An access token, to be shown this once.
pub struct AccessToken {
    pub token: String,
    pub expires_in_s: u32,
    pub scopes: Scopes,
}

#[derive(Debug)]
pub enum Failure {
    Refused(Refusal),
    /// The keys that an assertion was signed with cannot be had right now.
    NoKeys,
    TooMany(TooMany),
    Store(StoreError),
}

impl From<TooMany> for Failure {
    fn from(refusal: TooMany) -> Self {
        Self::TooMany(refusal)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Where a token is asked for.
pub struct Endpoint<'a> {
    /// The tenant's.
    pub slug: &'a str,
    /// Its address and the tenant's: either may be an assertion's audience (RFC 7523 §3).
    pub audiences: [&'a str; 2],
}

/// What a client showed.
#[derive(Default)]
struct Shown {
    /// The secret's id.
    secret: Option<String>,
    /// An assertion that is taken once only: its digest, and until when it could come again.
    assertion: Option<(String, i64)>,
}

pub async fn issue(
    env: &Env,
    database: &Database,
    endpoint: &Endpoint<'_>,
    request: &TokenRequest,
    moment: Moment,
) -> Result<AccessToken, Failure> {
    let slug = endpoint.slug;
    let id = client_id(&request.client)?;
    let applicant = grants::applicant(database, slug, &id).await?;
    let applicant =
        applicant.ok_or_else(|| refused("There is no client with this client_id here."))?;
    if applicant.client.revoked.is_some() {
        return Err(refused("The client was revoked."));
    }
    let shown = match &request.client {
        Client::Secret { secret, .. } => by_secret(&applicant, secret, moment.now)?,
        Client::Assertion { jwt, .. } => by_assertion(&applicant, jwt, endpoint, moment).await?,
    };
    if applicant.is_suspended {
        return Err(Refusal::new("unauthorized_client", "The tenant is suspended.").into());
    }
    // Only now: nobody else can use up what is the client's.
    if applicant.settings.rate_limit == RateLimit::Standard {
        limits::requests(env, applicant.tenant, &applicant.client.id).await?;
        limits::tokens(env, applicant.tenant, &applicant.client.id).await?;
    }
    let scopes = granted(applicant.client.scopes, request.scope.as_deref())?;
    let expires_in_s = applicant.settings.access_token_lifetime_s;
    let (token, id) = made(moment.now)
        .ok_or_else(|| StoreError::Failed("the machine gave no usable randomness".to_owned()))?;
    let new = NewAccess {
        hash: &token::hash(&token),
        id: &id,
        scopes,
        expires: moment.now + i64::from(expires_in_s) * 1000,
        secret: shown.secret.as_deref(),
        assertion: shown
            .assertion
            .as_ref()
            .map(|(digest, end)| (digest.as_str(), *end)),
    };
    match grants::issue(database, slug, &applicant.client, &new, moment.now).await? {
        Issued::Yes => Ok(AccessToken {
            token,
            expires_in_s,
            scopes,
        }),
        Issued::Ended => Err(refused("The client or its secret was revoked.")),
        Issued::Replayed => Err(refused(
            "The assertion was used before: sign another one, with another jti. If its issuer hands the same one out again, say single_use false of it.",
        )),
    }
}

/// An assertion of the client's own names it (RFC 7523 §3); others need `client_id` beside them.
fn client_id(client: &Client) -> Result<String, Failure> {
    match client {
        Client::Secret { id, .. } | Client::Assertion { id: Some(id), .. } => Ok(id.clone()),
        Client::Assertion { id: None, jwt } => {
            let jwt = Jwt::parse(jwt).map_err(bad)?;
            let subject = jwt
                .text("sub")
                .filter(|subject| jwt.text("iss") == Some(subject));
            let missing = || Refusal::new("invalid_request", "client_id is missing.").into();
            subject.map(str::to_owned).ok_or_else(missing)
        }
    }
}

/// Compares digests, so that the time taken says nothing of how far they agree.
fn by_secret(applicant: &Applicant, secret: &str, now: i64) -> Result<Shown, Failure> {
    let digest = token::hash(secret);
    let found = applicant.secrets.iter().find(|known| known.hash == digest);
    let known = found.ok_or_else(|| refused("The client's secret is wrong."))?;
    if known.revoked.is_some() {
        return Err(refused("The client's secret was revoked."));
    }
    if known.expires.is_some_and(|expires| expires <= now) {
        return Err(refused("The client's secret has expired."));
    }
    Ok(Shown {
        secret: Some(known.id.clone()),
        ..Shown::default()
    })
}

async fn by_assertion(
    applicant: &Applicant,
    text: &str,
    endpoint: &Endpoint<'_>,
    moment: Moment,
) -> Result<Shown, Failure> {
    let jwt = Jwt::parse(text).map_err(bad)?;
    let id = applicant.client.id.as_str();
    let trust = json::read(&applicant.client.trust).ok();
    let keys = trust.and_then(|object| ClientKeys::from_json(&object));
    let keys =
        keys.ok_or_else(|| StoreError::Failed(format!("the keys of client {id} cannot be read")))?;
    let single_use = if jwt.text("iss") == Some(id) {
        let own = keys.own.ok_or_else(|| {
            refused("The client has no keys of its own: it proves itself otherwise.")
        })?;
        let expected = Expected {
            issuer: id,
            audiences: &endpoint.audiences,
            subject: Some(id),
        };
        jwt.check(&expected, moment.now).map_err(bad)?;
        let verified = match own.source() {
            Ok(source) => keys::verify(&jwt, &source, moment).await,
            Err(set) => keys::verify_with(&jwt, &KeySet::read(set).map_err(bad)?).await,
        };
        verified.map_err(not_verified)?;
        true
    } else {
        let workload = federated(&keys.federated, &jwt, moment.now).map_err(bad)?;
        let verified = keys::verify(&jwt, &workload.trust.source(), moment).await;
        verified.map_err(not_verified)?;
        workload.single_use
    };
    Ok(Shown {
        assertion: single_use.then(|| (fingerprint(id, &jwt), jwt.end())),
        ..Shown::default()
    })
}

/// The workload identity whose token this says to be, by its claims.
fn federated<'a>(all: &'a [Federated], jwt: &Jwt<'_>, now: i64) -> Result<&'a Federated, Invalid> {
    const UNKNOWN: Invalid =
        Invalid("The assertion's issuer (iss) is none that is trusted for this client.");
    let mut why = UNKNOWN;
    for one in all {
        match one.trust.check(jwt, now) {
            Ok(()) => return Ok(one),
            Err(reason) if why == UNKNOWN && jwt.text("iss") == Some(&one.trust.issuer) => {
                why = reason
            }
            Err(_) => {}
        }
    }
    Err(why)
}

/// What tells an assertion from every other one of this client: its `jti`, or else all that was
/// signed. Never the signature, of which there can be several.
fn fingerprint(client: &str, jwt: &Jwt<'_>) -> String {
    let issuer = jwt.text("iss").unwrap_or_default();
    let own = jwt.text("jti").unwrap_or(jwt.signed);
    token::hash(&format!("{client}\n{issuer}\n{own}"))
}

/// The scopes asked for, if the client has them; all of the client's when it asks for none, or for
/// `…/.default`, as Microsoft's clients do.
fn granted(own: Scopes, asked: Option<&str>) -> Result<Scopes, Refusal> {
    let names = asked.unwrap_or_default().split(' ');
    let names: Vec<&str> = names
        .filter(|name| !name.is_empty() && !name.ends_with("/.default"))
        .collect();
    if names.is_empty() {
        return Ok(own);
    }
    match Scopes::from_names(names) {
        Ok(scopes) if own.cover(scopes) => Ok(scopes),
        _ => Err(Refusal::new(
            "invalid_scope",
            format!("The client may ask for {own} and what that includes."),
        )),
    }
}

/// A token and its id.
fn made(now: i64) -> Option<(String, String)> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).ok()?;
    token::TENANT.from_random(&bytes).zip(new_id(now).ok())
}

fn refused(why: &str) -> Failure {
    Refusal::new("invalid_client", why).into()
}

fn bad(why: Invalid) -> Failure {
    refused(why.0)
}

fn not_verified(failure: keys::Failure) -> Failure {
    match failure {
        keys::Failure::Invalid(why) => bad(why),
        keys::Failure::Unavailable => Failure::NoKeys,
    }
}
