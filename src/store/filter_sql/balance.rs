//! Chains of AND and OR as trees of the least height: SQLite in D1 refuses expressions deeper than
//! 100, and a filter may have 100 terms on 50 levels.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A condition that is never NULL and can stand beside AND and OR without brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sql {
    /// In levels of AND, OR, NOT and EXISTS. The few levels of a comparison are not counted: they
    /// are about the same in all.
    pub height: usize,
    pub text: String,
}

impl Sql {
    pub fn leaf(text: String) -> Self {
        Self { height: 0, text }
    }

    pub fn negated_if(self, negated: bool) -> Self {
        if negated {
            Self {
                height: self.height + 1,
                text: format!("NOT {}", self.text),
            }
        } else {
            self
        }
    }

    /// `select` has its WHERE still open.
    pub fn exists(select: &str, condition: Self) -> Self {
        Self {
            height: condition.height + 2,
            text: format!("EXISTS ({select} {})", condition.text),
        }
    }
}

/// Joins the two lowest until one is left, as Huffman did with weights: no other tree is lower.
/// Halving would not do, as one deep part among shallow ones would sink by a level for each halving.
pub(super) fn join(operator: &str, parts: Vec<Sql>) -> Sql {
    let mut heap: BinaryHeap<_> = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| Reverse((part.height, index, part.text)))
        .collect();
    // Of equal heights the one that came first, so that the SQL reads in the filter's order.
    let mut next = heap.len();
    loop {
        let Reverse((height, _, first)) = heap.pop().expect("a chain has at least one part");
        let Some(Reverse((higher, _, second))) = heap.pop() else {
            return Sql {
                height,
                text: first,
            };
        };
        heap.push(Reverse((
            higher + 1,
            next,
            format!("({first} {operator} {second})"),
        )));
        next += 1;
    }
}
