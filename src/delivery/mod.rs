//! Webhooks: the events of the outbox, sent to where the product wants them.
//!
//! Each webhook has a Durable Object, [`object::Delivery`]: a receiver that is slow or away delays
//! nobody but itself. The object reads the outbox behind its own position, page by page ([`round`]),
//! sends what its webhook asks for, and keeps what failed in its own SQLite
//! ([`crate::store::ledger`]). What to try is [`plan`]'s, what becomes of it [`settle`]'s: both pure.
//!
//! What it relies on, and what it does not:
//! - An event is sent at least once. The position moves in one transaction with what the round leaves
//!   behind; a round that dies leaves nothing, and is done again.
//! - A change waits for nothing: the object is woken behind the answer ([`wake`]), and by the
//!   maintenance run where that was lost.
//! - Events of one resource are sent in their order, however often one of them fails.

mod backoff;
pub mod body;
pub mod object;
pub mod plan;
mod round;
pub mod send;
pub mod settle;
pub mod sign;
pub mod wake;

use worker::{Date, Env};

/// Set to "on" in tests and for development: receivers on this very machine are as good as others.
const LOCAL_VAR: &str = "LOCAL_WEBHOOKS";

/// Whether plain http to this very machine is allowed.
pub fn is_local(env: &Env) -> bool {
    env.var(LOCAL_VAR)
        .is_ok_and(|value| value.to_string() == "on")
}

/// Unix milliseconds.
fn now() -> i64 {
    Date::now().as_millis() as i64
}

#[cfg(test)]
mod tests {
    use crate::store::webhooks::{AS_EVENT, Webhook};

    pub fn webhook() -> Webhook {
        Webhook {
            id: "w".to_owned(),
            tenant: 1,
            label: "l".to_owned(),
            url: "https://example.com".to_owned(),
            types: String::new(),
            format: AS_EVENT.to_owned(),
            audience: None,
            origin: "https://scim.example".to_owned(),
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            old_secret: None,
            timeout_s: 15,
            retry_s: 5,
            give_up_s: 100,
            disable_s: 500,
            start: 0,
            created: 0,
            disabled: None,
            reason: None,
            deleted: None,
        }
    }
}
