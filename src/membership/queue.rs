//! What waits in the object, and what of it the next batch takes.

use std::cell::RefCell;
use std::collections::VecDeque;

use futures_channel::oneshot;
use worker::{Date, Env};

use super::client::PATIENCE;
use super::message::{Answer, BulkEnvelope, Envelope, Outcome};
use crate::store::d1::Cost;

/// Changes that one D1 batch takes at the most, and their envelopes' bytes together: a statement's
/// one parameter must stay below D1's 2 MB, and the batch below its 30 s.
const MAX_CHANGES: usize = 256;
/// The variable that sets a lower number: 1 turns group commit off, to measure what it is worth.
const MAX_CHANGES_VAR: &str = "MEMBERSHIP_MAX_BATCH";
const MAX_BYTES: usize = 1_200_000;

/// Bytes of envelopes that may wait, of the 128 MB that the object shares with its isolate.
const MAX_QUEUED_BYTES: usize = 16 << 20;

pub struct Queue {
    max_changes: usize,
    waiting: RefCell<VecDeque<Waiting>>,
}

pub enum Work {
    Change(Envelope),
    /// A batch in itself.
    Bulk(BulkEnvelope),
}

pub struct Waiting {
    pub work: Work,
    pub bytes: usize,
    /// Unix milliseconds.
    pub since: u64,
    pub panics: bool,
    pub reply: oneshot::Sender<Answer>,
}

impl Waiting {
    fn answer_unavailable(self) {
        let (outcome, cost) = (Outcome::Unavailable, Cost::default());
        let _ = self.reply.send(Answer { outcome, cost });
    }
}

impl Queue {
    pub fn new(env: &Env) -> Self {
        let set = env.var(MAX_CHANGES_VAR).ok();
        let set = set.and_then(|text| text.to_string().parse().ok());
        Self {
            max_changes: set.unwrap_or(MAX_CHANGES).clamp(1, MAX_CHANGES),
            waiting: RefCell::default(),
        }
    }

    /// A queue that is full says so at once: it would only grow while its clients wait in vain.
    pub fn push(&self, waiting: Waiting) {
        let mut queue = self.waiting.borrow_mut();
        let bytes: usize = queue.iter().map(|other| other.bytes).sum();
        if bytes + waiting.bytes > MAX_QUEUED_BYTES {
            waiting.answer_unavailable();
        } else {
            queue.push_back(waiting);
        }
    }

    /// The changes of the next batch, or a bulk alone, without those whose clients were told long ago
    /// to try again.
    pub fn take(&self) -> Vec<Waiting> {
        let mut queue = self.waiting.borrow_mut();
        let latest = Date::now()
            .as_millis()
            .saturating_sub(PATIENCE.as_millis() as u64);
        while queue.front().is_some_and(|waiting| waiting.since < latest) {
            if let Some(late) = queue.pop_front() {
                late.answer_unavailable();
            }
        }
        let mut bytes = 0;
        let fits = queue
            .iter()
            .take(self.max_changes)
            .take_while(|waiting| {
                bytes += waiting.bytes;
                bytes <= MAX_BYTES && matches!(waiting.work, Work::Change(_))
            })
            .count();
        let count = fits.max(1).min(queue.len());
        queue.drain(..count).collect()
    }
}
