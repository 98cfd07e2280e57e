//! From a bearer token to a tenant, from an OAuth client to a token, and who came through Access; and
//! [`signing`], where we are the ones who sign.
//!
//! An isolate remembers the contexts it loaded, by token hash. The memory only saves the loading:
//! each batch of the store checks the token and the tenant's revision again.

pub mod access;
pub mod client_keys;
pub mod expiring;
pub mod grant;
mod issuers;
pub mod jwt;
pub mod oauth;
pub mod signing;
pub mod token;
pub mod trust;
mod web_crypto;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jwt::keys::Moment;
use jwt::looks_like_jwt;

use crate::limits::SignIns;
use crate::limits::recent::Recent;
use crate::store::Access;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::tenants::{self, Loaded, TenantContext};
use crate::store::tokens::LiveToken;
use crate::wire::TooMany;

/// Contexts an isolate keeps, by token; past that each new one takes the place of any other. To forget
/// all at once would have those who come in turn load all of them again.
const REMEMBERED: usize = 2000;

type Known = (Rc<TenantContext>, Rc<LiveToken>);

/// How long an isolate remembers that a token is not live.
const DEAD_S: u32 = 60;

thread_local! {
    static CONTEXTS: RefCell<HashMap<String, Known>> = RefCell::default();
    /// Why, by the token's hash.
    static DEAD: RefCell<Recent> = RefCell::new(Recent::new(REMEMBERED));
}

#[derive(Debug)]
pub enum Refusal {
    /// No bearer token was sent; the sentence says how to.
    Missing(&'static str),
    /// Not a live token; the sentence says why.
    Invalid(&'static str),
    /// The token is good, but not for the tenant in the URL; or there is no such tenant, which is
    /// not told apart.
    OtherTenant,
    /// The token is good, and its tenant is suspended.
    Suspended,
    /// The keys of a JWT's issuer cannot be had right now: nothing can be said of it.
    NoKeys,
    /// Too many sign-ins from this address failed.
    TooMany(TooMany),
    Store(StoreError),
}

impl From<TooMany> for Refusal {
    fn from(refusal: TooMany) -> Self {
        Self::TooMany(refusal)
    }
}

/// Who sends this token. `tenant` is the slug in the URL, where it has one.
pub async fn authenticate(
    database: &Database,
    authorization: Option<&str>,
    tenant: Option<&str>,
    moment: Moment,
    sign_ins: &SignIns<'_>,
) -> Result<Access, Refusal> {
    let sent = bearer(authorization)?;
    let access = match looks_like_jwt(sent) {
        true => issuers::authenticate(database, sent, tenant, moment, sign_ins).await,
        false => with_token(database, sent, tenant, moment.now, sign_ins).await,
    };
    if let Err(Refusal::Invalid(_)) = access {
        sign_ins.fail().await?;
    }
    access
}

async fn with_token(
    database: &Database,
    sent: &str,
    tenant: Option<&str>,
    now: i64,
    sign_ins: &SignIns<'_>,
) -> Result<Access, Refusal> {
    if token::SECRET.begins(sent) {
        return Err(Refusal::Invalid(
            "This is an OAuth client's secret: the client gets a token for it at /t/{tenant}/oauth/token.",
        ));
    }
    if !token::TENANT.is_well_formed(sent) {
        return Err(Refusal::Invalid(
            "The bearer token is not one of this server's: copy it again, whole.",
        ));
    }
    let token_hash = token::hash(sent);
    let known = CONTEXTS.with_borrow(|contexts| contexts.get(&token_hash).cloned());
    let (context, token) = match known {
        Some(known) => known,
        None => load(database, &token_hash, now, sign_ins).await?,
    };
    if tenant.is_some_and(|slug| slug != context.slug) {
        return Err(Refusal::OtherTenant);
    }
    Ok(Access {
        token_hash,
        token,
        tenant: context,
    })
}

/// Drops what the isolate remembers of this token: the store found it stale.
pub fn forget(access: &Access) {
    CONTEXTS.with_borrow_mut(|contexts| contexts.remove(&access.token_hash));
    issuers::forget(&access.tenant.slug);
}

/// One that failed is told so from memory for a while: identity providers send a token that was
/// revoked as often as a good one. None comes back to life, so nothing is missed.
async fn load(
    database: &Database,
    token_hash: &str,
    now: i64,
    sign_ins: &SignIns<'_>,
) -> Result<Known, Refusal> {
    let dead = DEAD.with_borrow(|dead| dead.get(token_hash, now));
    if let Some(why) = dead {
        return Err(Refusal::Invalid(why));
    }
    sign_ins.begin().await?;
    let invalid = |why| {
        DEAD.with_borrow_mut(|dead| dead.put(token_hash, why, now, DEAD_S));
        Err(Refusal::Invalid(why))
    };
    match tenants::load(database, token_hash, now)
        .await
        .map_err(Refusal::Store)?
    {
        Loaded::Live(context, token) => Ok(CONTEXTS.with_borrow_mut(|contexts| {
            if contexts.len() >= REMEMBERED
                && let Some(any) = contexts.keys().next().cloned()
            {
                contexts.remove(&any);
            }
            // A tenant's tokens share one context: OAuth clients get a new token every hour.
            let same =
                |known: &&Known| known.0.id == context.id && known.0.revision == context.revision;
            let shared = contexts.values().find(same).map(|known| known.0.clone());
            let known = (shared.unwrap_or(context), token);
            contexts.insert(token_hash.to_owned(), known.clone());
            known
        })),
        Loaded::Unknown => invalid("The bearer token is unknown."),
        Loaded::Revoked => invalid("The bearer token was revoked."),
        Loaded::Expired => invalid("The bearer token has expired."),
        Loaded::Suspended => Err(Refusal::Suspended),
    }
}

/// The token of an `Authorization: Bearer …` header (RFC 6750 §2.1).
pub fn bearer(authorization: Option<&str>) -> Result<&str, Refusal> {
    let Some(header) = authorization else {
        return Err(Refusal::Missing(
            "Send the token as the header Authorization: Bearer <token>.",
        ));
    };
    match header.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refusal::Missing(
            "The Authorization header is not of the form Bearer <token>.",
        )),
    }
}
