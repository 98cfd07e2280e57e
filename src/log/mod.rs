//! The request log: what identity providers asked, and what they were told.
//!
//! It is written after the answer has gone out, and several entries of an isolate at once: it costs
//! a request no round trip and no waiting. In return an entry appears some 100 ms later, and one
//! whose isolate dies first never does. A request does not fail because its entry does.
//!
//! The same write notes when a token was last used.

mod answer;
pub mod curl;
pub mod entry;
pub mod redact;

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use worker::{Context, Delay, Env, console_error};

use crate::store::d1::Database;
use crate::store::requests::{self, Used};
use entry::Seen;

/// How long entries are gathered.
const GATHERED: Duration = Duration::from_millis(100);

/// Requests of which entries are written without waiting for more. Who writes them makes them too, in
/// its own invocation's CPU time: 10 ms of it on Cloudflare's free plan.
const MANY: usize = 20;

/// Past this whoever promised to write is taken for dead.
const PROMISED_MS: i64 = 5000;

/// Tokens of which an isolate remembers when it told of their use.
const REMEMBERED: usize = 2000;

#[derive(Default)]
struct Gathered {
    seen: Vec<Seen>,
    used: Vec<Used>,
    /// When somebody promised to write what is here.
    promised: Option<i64>,
    told: HashMap<String, i64>,
}

thread_local! {
    static GATHERED_HERE: RefCell<Gathered> = RefCell::default();
}

/// Who writes what is gathered.
enum Turn {
    /// Another does.
    Nobody,
    Now,
    Later,
}

/// Logs a request when its answer is on its way. `now` is its end, Unix milliseconds.
pub fn write(context: &Context, env: &Env, seen: Seen, now: i64) {
    let wait = match gather(seen, now) {
        Turn::Nobody => return,
        // Behind the answer: what is awaited here runs when that is out.
        Turn::Now => Duration::ZERO,
        Turn::Later => GATHERED,
    };
    let env = env.clone();
    let work = async move {
        Delay::from(wait).await;
        let (seen, used) = GATHERED_HERE.with_borrow_mut(|gathered| {
            gathered.promised = None;
            let seen = std::mem::take(&mut gathered.seen);
            (seen, std::mem::take(&mut gathered.used))
        });
        // A panic takes its own entry along and no other.
        let entry = |seen| catch_unwind(AssertUnwindSafe(|| entry::entry(seen))).ok();
        let entries: Vec<_> = seen.iter().filter_map(entry).collect();
        let written = match Database::new(&env) {
            Ok(database) => requests::write(&database, &entries, &used).await,
            Err(error) => Err(error),
        };
        let lost = seen.len() - written.map_or(0, |()| entries.len());
        if lost > 0 {
            console_error!("the request log lost {lost} entries");
        }
    };
    context.wait_until(async {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            console_error!("the request log panicked");
        }
    });
}

fn gather(seen: Seen, now: i64) -> Turn {
    GATHERED_HERE.with_borrow_mut(|gathered| {
        if seen.tenant.is_some() {
            gathered.tell_of(&seen.token_hash, now);
        }
        if seen.is_kept() {
            gathered.seen.push(seen);
        }
        if gathered.seen.is_empty() && gathered.used.is_empty() {
            return Turn::Nobody;
        }
        if gathered.seen.len() >= MANY {
            return Turn::Now;
        }
        if gathered.promised.is_some_and(|at| now - at < PROMISED_MS) {
            return Turn::Nobody;
        }
        gathered.promised = Some(now);
        Turn::Later
    })
}

impl Gathered {
    /// At most once an hour a token.
    fn tell_of(&mut self, token_hash: &str, now: i64) {
        let told = self.told.get(token_hash);
        if told.is_some_and(|at| now - at < requests::USED_EVERY_MS) {
            return;
        }
        if self.told.len() >= REMEMBERED {
            self.told.clear();
        }
        self.told.insert(token_hash.to_owned(), now);
        self.used.push(Used {
            token_hash: token_hash.to_owned(),
            at: now,
        });
    }
}
