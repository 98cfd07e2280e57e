//! Where the pages of `startIndex` walks ended. An isolate remembers it for a minute, so that the
//! next page goes on from there instead of counting through all the pages before it.
//!
//! A page found so begins behind the last resource that the client was shown. While nothing changes
//! that is the same as counting. When a resource in the pages before is deleted, counting would skip
//! one that the client has not seen, and when one is created there, show one twice: the remembered
//! end does neither. Only `startIndex` then stands for the client's place in its walk and no longer
//! for a number in the list as it is now. Another isolate, or a later request, counts.

use std::collections::VecDeque;

use crate::store::list::Position;

/// Pages remembered: the memory is a megabyte at the most.
const PAGES: usize = 1000;
const MILLISECONDS: i64 = 60_000;

/// What is walked through: one query of one tenant, in one state of its settings and schemas.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    pub tenant: i64,
    pub revision: i64,
    pub query: [u8; 32],
}

#[derive(Debug, Clone, PartialEq)]
pub struct End {
    pub position: Position,
    /// What the page counted.
    pub total: u64,
}

#[derive(Default)]
pub struct Walks(VecDeque<Page>);

struct Page {
    walk: Walk,
    /// The `startIndex` of the page behind.
    next: u64,
    end: End,
    at: i64,
}

impl Walks {
    pub fn remember(&mut self, walk: Walk, next: u64, end: End, now: i64) {
        self.0.retain(|page| page.next != next || page.walk != walk);
        if self.0.len() >= PAGES {
            self.0.pop_front();
        }
        self.0.push_back(Page {
            walk,
            next,
            end,
            at: now,
        });
    }

    /// The end of the page before the one that begins with `start_index`.
    pub fn end_before(&self, walk: &Walk, start_index: u64, now: i64) -> Option<End> {
        let is_it = |page: &&Page| {
            page.next == start_index && page.walk == *walk && now - page.at < MILLISECONDS
        };
        self.0.iter().find(is_it).map(|page| page.end.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(tenant: i64) -> Walk {
        Walk {
            tenant,
            revision: 1,
            query: [7; 32],
        }
    }

    fn end(total: u64) -> End {
        End {
            position: serde_json::from_str(r#"["User", "id"]"#).unwrap(),
            total,
        }
    }

    #[test]
    fn the_latest_end_is_remembered_for_a_while() {
        let mut walks = Walks::default();
        walks.remember(walk(1), 11, end(20), 0);
        walks.remember(walk(1), 11, end(21), 5);
        let total = |tenant, index, now| {
            let found = walks.end_before(&walk(tenant), index, now);
            found.map(|end| end.total)
        };
        assert_eq!(total(1, 11, 100), Some(21));
        assert_eq!(total(1, 11, MILLISECONDS + 5), None);
        assert_eq!(total(1, 12, 100), None);
        assert_eq!(total(2, 11, 100), None);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut walks = Walks::default();
        for index in 0..PAGES as u64 + 1 {
            walks.remember(walk(1), index, end(1), 0);
        }
        assert_eq!(walks.0.len(), PAGES);
        assert_eq!(walks.end_before(&walk(1), 0, 0), None);
        assert!(walks.end_before(&walk(1), PAGES as u64, 0).is_some());
    }
}
