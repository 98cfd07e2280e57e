//! The keys that others publish, as the isolate remembers them, and a token's signature against
//! them. [`super::freshness`] says when they are fetched anew. Keys are public, so tenants who trust
//! the same issuer share them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use worker::{Env, console_warn};

use crate::wire::request::Parts;

use super::freshness::{Step, Times};
use super::key_set::KeySet;
use super::{Invalid, Jwt, Source, fetch, signature};

/// Sets an isolate keeps; past that it forgets all and starts anew.
const REMEMBERED: usize = 500;

/// Set to "on" in tests and for development: issuers on this very machine are as good as others.
const LOCAL_VAR: &str = "LOCAL_ISSUERS";

/// Why a signature did not pass.
#[derive(Debug)]
pub enum Failure {
    Invalid(Invalid),
    /// The signer's keys cannot be had right now: nothing can be said of the token.
    Unavailable,
}

/// What a request brings along.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Unix milliseconds.
    pub now: i64,
    /// Whether keys may come from this very machine by plain http.
    pub local: bool,
}

impl Moment {
    pub fn new(parts: &Parts, env: &Env) -> Self {
        Self {
            now: parts.now,
            local: env
                .var(LOCAL_VAR)
                .is_ok_and(|value| value.to_string() == "on"),
        }
    }
}

struct Held {
    keys: Option<Rc<KeySet>>,
    times: Times,
}

thread_local! {
    static HELD: RefCell<HashMap<Source, Held>> = RefCell::default();
}

const WRONG: Failure = Failure::Invalid(Invalid("The JWT's signature is wrong."));

/// Whether the owner of `source` signed the token.
pub async fn verify(jwt: &Jwt<'_>, source: &Source, moment: Moment) -> Result<(), Failure> {
    let mut keys = current(source, moment).await?;
    if keys.choose(&jwt.header).is_none() && may_try(source, moment.now) {
        keys = newest(source, moment)
            .await
            .map_err(|_| Failure::Unavailable)?;
    }
    verify_with(jwt, &keys).await
}

/// Whether one of these keys signed the token.
pub async fn verify_with(jwt: &Jwt<'_>, keys: &KeySet) -> Result<(), Failure> {
    let Some(key) = keys.choose(&jwt.header) else {
        return Err(Failure::Invalid(Invalid(
            "The JWT was signed with a key that its issuer does not publish (kid, alg).",
        )));
    };
    match signature::is_by(jwt, key).await {
        true => Ok(()),
        false => Err(WRONG),
    }
}

async fn current(source: &Source, moment: Moment) -> Result<Rc<KeySet>, Failure> {
    let (step, keys) = HELD.with_borrow(|held| match held.get(source) {
        Some(held) => (held.times.step(moment.now), held.keys.clone()),
        None => (Step::Fetch, None),
    });
    match (step, keys) {
        (Step::Use, Some(keys)) => Ok(keys),
        (Step::Wait, _) => Err(Failure::Unavailable),
        _ => match newest(source, moment).await {
            Ok(keys) => Ok(keys),
            Err(last) => last.ok_or(Failure::Unavailable),
        },
    }
}

fn may_try(source: &Source, now: i64) -> bool {
    HELD.with_borrow(|held| held.get(source).is_none_or(|held| held.times.may_try(now)))
}

/// The keys as their owner publishes them now; when that fails, the last ones that still serve.
async fn newest(source: &Source, moment: Moment) -> Result<Rc<KeySet>, Option<Rc<KeySet>>> {
    let Moment { now, local } = moment;
    let fetched = match source {
        Source::Address(url) => published(url, local).await,
        Source::Issuer(issuer) => discover(issuer, local).await,
    };
    HELD.with_borrow_mut(|all| {
        if all.len() >= REMEMBERED {
            all.clear();
        }
        match fetched {
            Ok((keys, max_age)) => {
                let keys = Rc::new(keys);
                let held = Held {
                    keys: Some(keys.clone()),
                    times: Times::fetched(now, max_age),
                };
                all.insert(source.clone(), held);
                Ok(keys)
            }
            Err(why) => {
                console_warn!("keys could not be fetched: {why}");
                let before = all.remove(source);
                let held = Held {
                    times: Times::failed(before.as_ref().map(|held| held.times), now),
                    keys: before.and_then(|held| held.keys),
                };
                let last = held.keys.clone().filter(|_| held.times.may_keep(now));
                all.insert(source.clone(), held);
                Err(last)
            }
        }
    })
}

async fn published(url: &str, local: bool) -> Result<(KeySet, Option<i64>), String> {
    let document = fetch::document(url, local).await?;
    let keys = KeySet::read(&document.value).map_err(|why| format!("{url}: {}", why.0))?;
    Ok((keys, document.max_age))
}

/// OpenID Connect Discovery §4: the document must say that it is this issuer's.
async fn discover(issuer: &str, local: bool) -> Result<(KeySet, Option<i64>), String> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document = fetch::document(&url, local).await?.value;
    if document["issuer"].as_str() != Some(issuer) {
        return Err(format!("{url} is of another issuer"));
    }
    match document["jwks_uri"].as_str() {
        Some(address) => published(address, local).await,
        None => Err(format!("{url} has no jwks_uri")),
    }
}
