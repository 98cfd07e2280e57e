//! What an isolate remembers for a while: of a key, a sentence. PURE.

use std::collections::HashMap;

pub struct Recent {
    capacity: usize,
    /// With the time until which it counts, Unix milliseconds.
    entries: HashMap<String, (&'static str, i64)>,
}

impl Recent {
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: HashMap::new(),
        }
    }

    pub fn get(&self, key: &str, now: i64) -> Option<&'static str> {
        let (value, until) = self.entries.get(key)?;
        (now < *until).then_some(*value)
    }

    /// When it is full, what is over makes room, or else everything.
    pub fn put(&mut self, key: &str, value: &'static str, now: i64, seconds: u32) {
        if self.entries.len() >= self.capacity {
            self.entries.retain(|_, (_, until)| now < *until);
        }
        if self.entries.len() >= self.capacity {
            self.entries.clear();
        }
        let until = now + i64::from(seconds) * 1000;
        self.entries.insert(key.to_owned(), (value, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_in_time() {
        let mut recent = Recent::new(2);
        recent.put("a", "1", 0, 10);
        assert_eq!(recent.get("a", 9_999), Some("1"));
        assert_eq!(recent.get("a", 10_000), None);
        assert_eq!(recent.get("b", 0), None);
        recent.put("a", "2", 5_000, 10);
        assert_eq!(recent.get("a", 14_999), Some("2"));
    }

    #[test]
    fn it_does_not_grow() {
        let mut recent = Recent::new(2);
        recent.put("old", "1", 0, 1);
        recent.put("new", "2", 0, 10);
        recent.put("newer", "3", 2_000, 10);
        assert_eq!(recent.get("new", 2_000), Some("2"));
        recent.put("newest", "4", 2_000, 10);
        assert_eq!(recent.get("new", 2_000), None);
        assert_eq!(recent.get("newest", 2_000), Some("4"));
        assert_eq!(recent.entries.len(), 1);
    }
}
