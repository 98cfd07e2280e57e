//! A line in the log for a token in use that will expire soon: once a day and isolate.

use std::cell::RefCell;
use std::collections::HashMap;

use worker::console_warn;

use crate::scim::datetime::{DAY_MS, DateTime};
use crate::store::Access;
use crate::store::tokens::expires_within_days;

/// Tokens whose last line an isolate remembers; past that it forgets all.
const REMEMBERED: usize = 1000;

thread_local! {
    /// Token hash → when it was last told of.
    static TOLD: RefCell<HashMap<String, i64>> = RefCell::default();
}

pub fn warn(access: &Access, now: i64) {
    let token = &access.token;
    let Some((expires, days)) = token
        .expires
        .and_then(|expires| Some((expires, expires_within_days(expires, now)?)))
    else {
        return;
    };
    let is_due = TOLD.with_borrow_mut(|told| {
        if told.len() >= REMEMBERED {
            told.clear();
        }
        match told.get(&access.token_hash) {
            Some(last) if now - last < DAY_MS => false,
            _ => {
                told.insert(access.token_hash.clone(), now);
                true
            }
        }
    });
    if is_due {
        console_warn!(
            "the token {} of the tenant {} expires at {}, within {days} days: rotate it",
            token.id,
            access.tenant.slug,
            DateTime::from_millis(expires).to_rfc3339(),
        );
    }
}
