//! Rate limits, by Cloudflare's rate-limiting bindings in wrangler.toml. They count in the data centre
//! that a request came to, approximately, and without a round trip: a brake for those who go wild,
//! and no account of who sent how much. Without a binding, or where one fails, nothing is limited.
//!
//! - Requests of a tenant's credential, and of all of a tenant's together: [`requests`]. The product's
//!   own reading at `/directory/v1` is not counted.
//! - Sign-ins that failed, by client address: [`SignIns`]. Whoever else comes from there is served:
//!   Microsoft's addresses are shared by all who use Entra ID. Credentials that this isolate knows are
//!   never held up; others are looked up as long as no more come than [`SIGN_IN`] allows.
//! - Tokens that an OAuth client gets: [`tokens`].
//! - Requests for what is open to everybody, by client address: [`open`].

pub mod address;
pub mod recent;

use std::cell::RefCell;

use worker::Env;
use worker::js_sys::{Function, Object, Promise, Reflect};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;

use crate::wire::TooMany;
use crate::wire::request::Parts;
use recent::Recent;

/// One credential's requests, and those of an address that need none.
const CREDENTIAL: &str = "CREDENTIAL_LIMIT";
/// One tenant's requests.
const TENANT: &str = "TENANT_LIMIT";
/// Failed sign-ins of one address, the credentials looked up for it after those, and the access
/// tokens of one client: each for itself.
const SIGN_IN: &str = "SIGN_IN_LIMIT";

/// The periods in wrangler.toml, in seconds: after them there is room again.
const REQUESTS_S: u32 = 10;
const SIGN_IN_S: u32 = 60;

/// Addresses, or credentials, that an isolate remembers.
const REMEMBERED: usize = 1000;

thread_local! {
    /// Addresses with too many failed sign-ins.
    static FAILING: RefCell<Recent> = RefCell::new(Recent::new(REMEMBERED));
    /// Hashes of credentials whose excess the request log was told of.
    static TOLD: RefCell<Recent> = RefCell::new(Recent::new(REMEMBERED));
}

/// Counts a request of a credential, by its id, and of its tenant. One that is refused for its
/// credential's excess does not use up the tenant's share.
pub async fn requests(env: &Env, tenant: i64, credential: &str) -> Result<(), TooMany> {
    let refusal = |detail| TooMany {
        detail,
        seconds: REQUESTS_S,
    };
    if !is_allowed(env, CREDENTIAL, &format!("{tenant} {credential}")).await {
        return Err(refusal(
            "This credential sends too many requests: send this one again after the seconds of Retry-After, and fewer at a time.",
        ));
    }
    if !is_allowed(env, TENANT, &tenant.to_string()).await {
        return Err(refusal(
            "This tenant's credentials send too many requests together: send this one again after the seconds of Retry-After, and fewer at a time.",
        ));
    }
    Ok(())
}

/// Counts a request that needs no credential.
pub async fn open(parts: &Parts, env: &Env) -> Result<(), TooMany> {
    let address = parts.header("cf-connecting-ip");
    let Some(address) = address.as_deref().and_then(address::network) else {
        return Ok(());
    };
    if is_allowed(env, CREDENTIAL, &format!("open {address}")).await {
        return Ok(());
    }
    Err(TooMany {
        detail: "This address sends too many requests: send this one again after the seconds of Retry-After, and fewer at a time.",
        seconds: REQUESTS_S,
    })
}

/// Counts an access token that a client, which has proved itself, is about to get.
pub async fn tokens(env: &Env, tenant: i64, client: &str) -> Result<(), TooMany> {
    if is_allowed(env, SIGN_IN, &format!("tokens {tenant} {client}")).await {
        return Ok(());
    }
    Err(TooMany {
        detail: "This client asks for too many tokens: use each until it expires, and ask again after the seconds of Retry-After.",
        seconds: SIGN_IN_S,
    })
}

/// Whether the request log is to be told that this credential, by its hash, was refused: once in a
/// while, as an entry costs more than the refusal.
pub fn is_news(token_hash: &str, now: i64) -> bool {
    TOLD.with_borrow_mut(|told| {
        let is_news = told.get(token_hash, now).is_none();
        if is_news {
            told.put(token_hash, "told", now, REQUESTS_S);
        }
        is_news
    })
}

/// What is held against the address that a request comes from.
pub struct SignIns<'a> {
    env: &'a Env,
    /// `None` where nobody says it: what another Worker sends through a service binding.
    address: Option<String>,
    now: i64,
}

impl<'a> SignIns<'a> {
    pub fn new(parts: &Parts, env: &'a Env) -> Self {
        let address = parts.header("cf-connecting-ip");
        Self {
            env,
            address: address.as_deref().and_then(address::network),
            now: parts.now,
        }
    }

    /// Before a credential is looked up that this isolate does not know.
    pub async fn begin(&self) -> Result<(), TooMany> {
        let Some(address) = &self.address else {
            return Ok(());
        };
        let is_failing = FAILING.with_borrow(|failing| failing.get(address, self.now).is_some());
        match is_failing && !is_allowed(self.env, SIGN_IN, &format!("begun {address}")).await {
            true => Err(FAILED),
            false => Ok(()),
        }
    }

    /// Counts one that failed.
    pub async fn fail(&self) -> Result<(), TooMany> {
        let Some(address) = &self.address else {
            return Ok(());
        };
        if is_allowed(self.env, SIGN_IN, &format!("failed {address}")).await {
            return Ok(());
        }
        FAILING.with_borrow_mut(|failing| failing.put(address, "failing", self.now, SIGN_IN_S));
        Err(FAILED)
    }
}

const FAILED: TooMany = TooMany {
    detail: "Too many credentials from this address were no good: correct what sends them, and try again after the seconds of Retry-After.",
    seconds: SIGN_IN_S,
};

async fn is_allowed(env: &Env, binding: &str, key: &str) -> bool {
    asked(env, binding, key).await.unwrap_or(true)
}

/// What the binding says. `Env::rate_limiter` would ask for its class's name, which Cloudflare promises
/// nowhere, and brings a kilobyte of serde for the two objects.
async fn asked(env: &Env, binding: &str, key: &str) -> Result<bool, JsValue> {
    let limiter = Reflect::get(env, &binding.into())?;
    // To ask nothing for something is an exception, and those cost 100 µs each.
    if limiter.is_undefined() {
        return Ok(true);
    }
    let limit: Function = Reflect::get(&limiter, &"limit".into())?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &"key".into(), &key.into())?;
    let promise: Promise = limit.call1(&limiter, &options)?.dyn_into()?;
    let outcome = JsFuture::from(promise).await?;
    Ok(Reflect::get(&outcome, &"success".into())?.is_truthy())
}
