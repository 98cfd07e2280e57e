//! Filters that name their rows: look-ups in an index come first, and only what they find is read.
//! And filters that name a span of time: `resources_by_modified` has its rows in one piece.

use super::balance::{Sql, join};
use super::condition::Compiler;
use super::layout::Relation;
use crate::scim::filter::check::{Node, Order, Path, Predicate, TextTest};

/// How many rows a look-up may find; less is better. Ranks of an `or` add up, and a filter has a
/// hundred terms at the most.
pub(super) type Rank = usize;

const EQUAL: Rank = 1;
pub(super) const RELATED: Rank = 1_000;
pub(super) const PREFIX: Rank = 1_000_000;

/// A span of `meta.lastModified`, as conditions on the bare column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    pub from: Option<String>,
    pub to: Option<String>,
}

impl Compiler<'_> {
    /// The conditions of which one has to hold, for a filter that can drive.
    pub fn driven_parts(&mut self, node: &Node) -> Option<Vec<Sql>> {
        match node {
            Node::Or(nodes) => nodes.iter().map(|node| self.driven(node)).collect(),
            node => Some(vec![self.driven(node)?]),
        }
    }

    /// The whole condition for a node that can drive: for a comparison the look-up itself, for an
    /// `and` its best part's look-up and everything else as a condition, for an `or` whose parts
    /// can all drive, all of them.
    pub fn driven(&mut self, node: &Node) -> Option<Sql> {
        self.rank(node)?;
        match node {
            Node::Test(path, predicate) => self
                .lookup(path, predicate)
                .map(|select| Sql::leaf(by_seq(&select))),
            Node::Element(path, filter) => {
                let (value, predicate) = self.best_value(path, filter)?;
                let driver = by_seq(&self.lookup(&value, predicate)?);
                // The index knows one of the elements' values and not what else an element says.
                Some(join(
                    "AND",
                    vec![Sql::leaf(driver), self.resource_condition(node)],
                ))
            }
            Node::And(nodes) => {
                let ranked = nodes.iter().enumerate();
                let ranks = ranked.filter_map(|(index, node)| Some((self.rank(node)?, index)));
                let (_, best) = ranks.min()?;
                let mut parts = vec![self.driven(&nodes[best])?];
                let others = nodes.iter().enumerate().filter(|(index, _)| *index != best);
                let others: Vec<Node> = others.map(|(_, node)| node.clone()).collect();
                if !others.is_empty() {
                    parts.push(self.resource_condition(&Node::And(others)));
                }
                Some(join("AND", parts))
            }
            Node::Or(nodes) => {
                let branches: Option<_> = nodes.iter().map(|node| self.driven(node)).collect();
                Some(join("OR", branches?))
            }
            Node::Not(_) | Node::Never => None,
        }
    }

    /// The span of time that every match lies in. Only the first bound on each side counts: the
    /// rows are tested against the whole filter all the same.
    pub fn span(&mut self, node: &Node) -> Span {
        let nodes = match node {
            Node::And(nodes) => nodes.as_slice(),
            node => std::slice::from_ref(node),
        };
        let mut span = Span::default();
        for node in nodes {
            let Node::Test(path, Predicate::Time(order, time)) = node else {
                continue;
            };
            if path.name() != MODIFIED {
                continue;
            }
            if matches!(order, Order::Gt | Order::Ge | Order::Eq) && span.from.is_none() {
                let order = if *order == Order::Eq {
                    Order::Ge
                } else {
                    *order
                };
                span.from = Some(self.milliseconds("r.modified", order, *time));
            }
            if matches!(order, Order::Lt | Order::Le | Order::Eq) && span.to.is_none() {
                let order = if *order == Order::Eq {
                    Order::Le
                } else {
                    *order
                };
                span.to = Some(self.milliseconds("r.modified", order, *time));
            }
        }
        span
    }

    pub fn rank(&self, node: &Node) -> Option<Rank> {
        match node {
            Node::Test(path, predicate) => self.test_rank(path, predicate),
            Node::Element(path, filter) => {
                let (value, predicate) = self.best_value(path, filter)?;
                self.test_rank(&value, predicate)
            }
            Node::And(nodes) => nodes.iter().filter_map(|node| self.rank(node)).min(),
            Node::Or(nodes) => nodes
                .iter()
                .map(|node| self.rank(node))
                .try_fold(0, |sum, rank| Some(sum + rank?)),
            Node::Not(_) | Node::Never => None,
        }
    }

    fn test_rank(&self, path: &Path, predicate: &Predicate) -> Option<Rank> {
        let Predicate::Text { test, text, .. } = predicate else {
            return None;
        };
        let name = path.name();
        let indexed = self.columns.indexed.contains(&name);
        match test {
            TextTest::Order(Order::Eq) => {
                let related = Relation::of(path, self.columns.definition).is_some();
                match name.as_str() {
                    "id" => Some(EQUAL),
                    _ if indexed => Some(EQUAL),
                    "members.value" | "groups.value" if related => Some(RELATED),
                    _ => None,
                }
            }
            TextTest::Prefix if indexed && !text.is_empty() => Some(PREFIX),
            _ => None,
        }
    }

    /// Of the comparisons that every match in the brackets satisfies, the best to look up.
    fn best_value<'n, 'a>(
        &self,
        path: &Path<'a>,
        filter: &'n Node<'a>,
    ) -> Option<(Path<'a>, &'n Predicate)> {
        let candidates = match filter {
            Node::And(nodes) => nodes.as_slice(),
            node => std::slice::from_ref(node),
        };
        let tests = candidates.iter().filter_map(|node| match node {
            Node::Test(inner, predicate) => {
                let mut whole = path.clone();
                whole.attributes.extend(&inner.attributes);
                Some((self.test_rank(&whole, predicate)?, whole, predicate))
            }
            _ => None,
        });
        let (_, path, predicate) = tests.min_by_key(|(rank, ..)| *rank)?;
        Some((path, predicate))
    }

    /// SELECTs the `seq` of every resource of the type that satisfies the comparison, and of no other.
    fn lookup(&mut self, path: &Path, predicate: &Predicate) -> Option<String> {
        let Predicate::Text { test, text, .. } = predicate else {
            return None;
        };
        let tenant = self.columns.tenant;
        let name = path.name();
        let value = self.literals.add(text.as_str());
        if let Some(relation) = Relation::of(path, self.columns.definition) {
            return Some(relation.holders(tenant, &value));
        }
        let definition = self.columns.definition;
        let resource_type = self.literals.add(definition.resource_type.name.as_str());
        let scope = format!("tenant = {tenant} AND type = {resource_type}");
        if name == "id" {
            return Some(format!(
                "SELECT seq FROM resources WHERE {scope} AND id = {value}"
            ));
        }
        let range = match (test, after_prefix(text)) {
            (TextTest::Prefix, Some(end)) => {
                let end = self.literals.add(end);
                format!("value >= {value} AND value < {end}")
            }
            (TextTest::Prefix, None) => format!("value >= {value}"),
            _ => format!("value = {value}"),
        };
        let path = self.literals.add(name);
        let scope = format!("{scope} AND path = {path} AND {range}");
        Some(format!(
            "SELECT resource FROM attribute_index WHERE {scope}"
        ))
    }
}

const MODIFIED: &str = "meta.lastModified";

fn by_seq(select: &str) -> String {
    format!("r.seq IN ({select})")
}

/// The least text, by code points, behind all that begin with the prefix; `None` where nothing is.
fn after_prefix(prefix: &str) -> Option<String> {
    let stem = prefix.trim_end_matches(char::MAX);
    let last = stem.chars().next_back()?;
    let mut end = stem[..stem.len() - last.len_utf8()].to_owned();
    // `char`'s ranges step over the surrogates, as UTF-8 does.
    end.push((last..=char::MAX).nth(1)?);
    Some(end)
}
