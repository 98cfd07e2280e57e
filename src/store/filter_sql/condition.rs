//! One node of a checked filter → one condition.

use super::Columns;
use super::balance::{Sql, join};
use super::layout::{Column, GROUPS_OF_ONE, MEMBERS, Relation};
use crate::scim::filter::check::{Node, Path, Predicate};
use crate::scim::schema::Type;
use crate::store::literals::Literals;

pub(super) struct Compiler<'c> {
    pub columns: &'c Columns<'c>,
    pub literals: &'c mut Literals,
    aliases: usize,
    shares_groups: bool,
}

/// What the paths of a node begin at.
pub(super) enum Scope {
    Resource,
    /// A row of `json_each` over the folded document.
    Element {
        /// SQL for the element itself.
        value: String,
        /// SQL for its JSON path in the document: the way to the value as it was sent.
        pointer: String,
    },
    Related(&'static Relation),
}

impl<'c> Compiler<'c> {
    pub fn new(columns: &'c Columns<'c>, literals: &'c mut Literals) -> Self {
        Self {
            columns,
            literals,
            aliases: 0,
            shares_groups: false,
        }
    }

    pub fn resource_condition(&mut self, node: &Node) -> Sql {
        self.condition(node, false, &Scope::Resource)
    }

    /// The same with a user's groups looked up once for all comparisons.
    pub fn with_shared_groups(&mut self, node: &Node) -> Sql {
        self.shares_groups = true;
        let condition = self.resource_condition(node);
        // SQLite adds up how deep a condition is and what stands beside it in FROM.
        let height = 2 * condition.height + 16;
        Sql::exists(
            GROUPS_OF_ONE,
            Sql {
                height,
                ..condition
            },
        )
    }

    pub fn member_condition(&mut self, node: &Node) -> Sql {
        self.condition(node, false, &Scope::Related(&MEMBERS))
    }

    /// `NOT` moves down to the comparisons (De Morgan): it would cost a level of depth each time.
    fn condition(&mut self, node: &Node, negated: bool, scope: &Scope) -> Sql {
        let mut all = |nodes: &[Node]| -> Vec<Sql> {
            nodes
                .iter()
                .map(|node| self.condition(node, negated, scope))
                .collect()
        };
        match node {
            Node::And(nodes) => join(if negated { "OR" } else { "AND" }, all(nodes)),
            Node::Or(nodes) => join(if negated { "AND" } else { "OR" }, all(nodes)),
            Node::Not(node) => self.condition(node, !negated, scope),
            Node::Test(path, predicate) => self.test(path, predicate, scope).negated_if(negated),
            Node::Element(path, node) => self.element(path, node, scope).negated_if(negated),
            Node::Never => Sql::leaf(u8::from(negated).to_string()),
        }
    }

    fn element(&mut self, path: &Path, node: &Node, scope: &Scope) -> Sql {
        if let Scope::Resource = scope
            && let Some(relation) = Relation::of(path, self.columns.definition)
        {
            let inner = self.condition(node, false, &Scope::Related(relation));
            return Sql::exists(relation.elements(self.shares_groups), inner);
        }
        let steps: Vec<_> = path.steps().collect();
        self.follow(scope, &steps, |compiler, element, _| {
            compiler.condition(node, false, element)
        })
    }

    fn test(&mut self, path: &Path, predicate: &Predicate, scope: &Scope) -> Sql {
        if let Scope::Resource = scope {
            if let Some(column) = Column::of(path, self.columns, self.literals) {
                return Sql::leaf(self.column_test(column, predicate));
            }
            if let Some(relation) = Relation::of(path, self.columns.definition) {
                let inner = match path.attributes.get(1) {
                    None => "1".to_owned(),
                    Some(sub) => {
                        let value = relation.value(&sub.name, self.columns, self.literals);
                        self.predicate(&value, predicate)
                    }
                };
                return Sql::exists(relation.elements(self.shares_groups), Sql::leaf(inner));
            }
        }
        let mut steps: Vec<_> = path.steps().collect();
        if *predicate != Predicate::Present {
            return self.follow(scope, &steps, |compiler, scope, keys| {
                let value = compiler.value(scope, keys, predicate);
                Sql::leaf(compiler.predicate(&value, predicate))
            });
        }
        let whole = match path.attributes.last() {
            Some(attribute) => attribute.multi_valued || attribute.kind == Type::Complex,
            None => path.extension.is_some(),
        };
        if let Some(last) = steps.last_mut() {
            last.1 = false;
        }
        self.follow(scope, &steps, |compiler, scope, keys| {
            Sql::leaf(if whole {
                let path = compiler.literals.add(json_path("$", keys));
                let document = match scope {
                    Scope::Element { value, .. } => value,
                    Scope::Resource | Scope::Related(_) => "r.document",
                };
                format!("EXISTS (SELECT 1 FROM json_tree({document}, {path}) WHERE atom <> '')")
            } else {
                let value = compiler.value(scope, keys, predicate);
                compiler.predicate(&value, predicate)
            })
        })
    }

    /// Opens an EXISTS over `json_each` for each list on the way, and `leaf` within the last, with
    /// the keys that lead on from there.
    fn follow(
        &mut self,
        scope: &Scope,
        steps: &[(&str, bool)],
        leaf: impl FnOnce(&mut Self, &Scope, &[&str]) -> Sql,
    ) -> Sql {
        let list = steps.iter().position(|(_, is_list)| *is_list);
        let (way, rest) = steps.split_at(list.map_or(steps.len(), |index| index + 1));
        let keys: Vec<&str> = way.iter().map(|(key, _)| *key).collect();
        if list.is_none() {
            return leaf(self, scope, &keys);
        }
        self.aliases += 1;
        let alias = format!("e{}", self.aliases);
        let path = self.literals.add(json_path("$", &keys));
        let (document, pointer) = match scope {
            Scope::Element { value, pointer } => (
                value.as_str(),
                format!("{pointer} || substr({alias}.fullkey, 2)"),
            ),
            Scope::Resource | Scope::Related(_) => (FOLDED, format!("{alias}.fullkey")),
        };
        let select = format!("SELECT 1 FROM json_each({document}, {path}) {alias} WHERE");
        let element = Scope::Element {
            value: format!("{alias}.value"),
            pointer,
        };
        Sql::exists(&select, self.follow(&element, rest, leaf))
    }

    fn value(&mut self, scope: &Scope, keys: &[&str], predicate: &Predicate) -> String {
        let exact = match predicate {
            Predicate::Text { case_exact, .. } => *case_exact,
            // The same in both, but an element is at hand in the folded one.
            Predicate::Present | Predicate::Is(_) | Predicate::Number(..) => {
                matches!(scope, Scope::Resource)
            }
            Predicate::Time(..) => false,
        };
        self.extract(scope, keys, exact)
    }

    /// SQL for a value, NULL where there is none; as it was sent if `exact`.
    pub fn extract(&mut self, scope: &Scope, keys: &[&str], exact: bool) -> String {
        match scope {
            Scope::Resource => {
                let path = self.literals.add(json_path("$", keys));
                let document = if exact { "r.document" } else { FOLDED };
                format!("json_extract({document}, {path})")
            }
            Scope::Element { pointer, .. } if exact => match keys {
                [] => format!("json_extract(r.document, {pointer})"),
                keys => {
                    let path = self.literals.add(json_path("", keys));
                    format!("json_extract(r.document, {pointer} || {path})")
                }
            },
            Scope::Element { value, .. } => match keys {
                [] => value.clone(),
                keys => {
                    let path = self.literals.add(json_path("$", keys));
                    format!("json_extract({value}, {path})")
                }
            },
            Scope::Related(relation) => {
                let name = keys.first().copied().unwrap_or("value");
                relation.value(name, self.columns, self.literals)
            }
        }
    }

    /// SQL for the value in the primary element of a list, or else in the first that has one.
    pub fn first_element(
        &mut self,
        steps: &[(&str, bool)],
        exact: bool,
        by_primary: bool,
        folded: impl Fn(String) -> String,
    ) -> String {
        let list = steps
            .iter()
            .position(|(_, is_list)| *is_list)
            .map_or(0, |index| index + 1);
        let keys: Vec<&str> = steps.iter().map(|(key, _)| *key).collect();
        let path = self.literals.add(json_path("$", &keys[..list]));
        let element = Scope::Element {
            value: "e.value".to_owned(),
            pointer: "e.fullkey".to_owned(),
        };
        let value = folded(self.extract(&element, &keys[list..], exact));
        let primary = if by_primary {
            "json_extract(e.value, '$.primary') IS 1 DESC, "
        } else {
            ""
        };
        format!(
            "(SELECT {value} FROM json_each({FOLDED}, {path}) e WHERE {value} IS NOT NULL \
             ORDER BY {primary}e.key LIMIT 1)"
        )
    }
}

const FOLDED: &str = "coalesce(r.folded, r.document)";

/// Every key in quotes: URNs hold dots. A URN holds no quote (RFC 8141), a name no special
/// character.
fn json_path(root: &str, keys: &[&str]) -> String {
    keys.iter()
        .fold(root.to_owned(), |path, key| format!("{path}.\"{key}\""))
}
