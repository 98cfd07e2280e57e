//! Groups inside groups in the course of a plan. PURE.

use std::collections::{HashMap, HashSet};

/// By a group's id, those that it is or was in: whoever asks says which of them it still is in.
pub struct Nesting(HashMap<String, Vec<String>>);

impl Nesting {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        let mut nesting = Self(HashMap::new());
        for (child, parent) in pairs {
            nesting.add(&child, &parent);
        }
        nesting
    }

    pub fn add(&mut self, child: &str, parent: &str) {
        let parents = self.0.entry(child.to_owned()).or_default();
        parents.push(parent.to_owned());
    }

    /// Whether `group` is `other`, or inside it at any depth.
    pub fn is_inside(
        &self,
        group: &str,
        other: &str,
        is_member: impl Fn(&str, &str) -> bool,
    ) -> bool {
        let mut seen = HashSet::new();
        let mut next = vec![group];
        while let Some(child) = next.pop() {
            if child == other {
                return true;
            }
            if seen.insert(child) {
                let parents = self.0.get(child).into_iter().flatten();
                next.extend(
                    parents
                        .map(String::as_str)
                        .filter(|parent| is_member(parent, child)),
                );
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_at_any_depth() {
        let pairs = [("a", "b"), ("b", "c"), ("d", "c"), ("c", "e")];
        let nesting = Nesting::new(
            pairs
                .map(|(child, parent)| (child.to_owned(), parent.to_owned()))
                .to_vec(),
        );
        let check = |group: &str, other: &str, expected: bool| {
            assert_eq!(
                nesting.is_inside(group, other, |_, _| true),
                expected,
                "{group} in {other}"
            );
        };
        check("a", "a", true);
        check("a", "e", true);
        check("d", "b", false);
        check("e", "a", false);
        assert!(!nesting.is_inside("a", "c", |parent, _| parent != "c"));
    }
}
