//! Members that go because a filter means them: found and taken out by SQL, so that a group of any size
//! costs the object no memory. PURE.

use serde_json::json;

use super::array;
use crate::scim::filter::Filter;
use crate::scim::filter::check::Node;
use crate::scim::schema::Definition;
use crate::store::d1::{Parameter, Statement};
use crate::store::filter_sql::member_condition;
use crate::store::literals::Literals;

/// Members that are read, and known to the plan, beside those that changes name: most filters mean
/// few. Only where there are more does the sweep happen in the write.
const KNOWN: usize = 2;

#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The group's id.
    pub group: String,
    pub filter: Filter,
    /// Over `members m` and `resources o`; ?2 holds its literals.
    condition: String,
    literals: String,
}

impl Sweep {
    /// `node` is the filter, checked. `None` where it is too large for D1.
    pub fn new(group: &str, filter: &Filter, node: &Node, definition: &Definition) -> Option<Self> {
        let mut literals = Literals::new("?2");
        Some(Self {
            group: group.to_owned(),
            filter: filter.clone(),
            condition: member_condition(node, definition, &mut literals)?,
            literals: literals.to_json(),
        })
    }

    /// Members that it means: `named` and some more, so that as many rows as it asks for say that
    /// there can be members of whom the plan does not know.
    pub(super) fn find(&self, tenant: i64, limit: usize) -> Statement {
        let sql = format!(
            "SELECT g.seq AS \"group\", o.seq AS member, o.id AS named, o.type, 1 AS is_member, \
             m.display AS given, o.display AS shown FROM resources g \
             CROSS JOIN members m ON m.\"group\" = g.seq CROSS JOIN resources o ON o.seq = m.member \
             WHERE g.tenant = ?1 AND g.type = 'Group' AND g.id = ?3 AND {} LIMIT ?4",
            self.condition
        );
        let parameters: [Parameter; 4] = [
            tenant.into(),
            self.literals.as_str().into(),
            self.group.as_str().into(),
            (limit as i64).into(),
        ];
        Statement::new(sql, parameters)
    }

    /// The condition, over `members m` and `resources o`, and the literals that it finds in ?2.
    pub(in crate::store) fn meant(&self) -> (&str, &str) {
        (&self.condition, &self.literals)
    }

    /// Of a group's members all that it means, but for those whom the plan decides about itself.
    pub(super) fn remove(&self, group: i64, known: &[i64]) -> Statement {
        let sql = format!(
            "DELETE FROM members WHERE \"group\" = ?1 AND member IN (SELECT m.member FROM members m \
             CROSS JOIN resources o ON o.seq = m.member WHERE m.\"group\" = ?1 AND {}) \
             AND member NOT IN (SELECT value FROM json_each(?3))",
            self.condition
        );
        let known = array(known, |seq| json!(seq));
        Statement::new(sql, [group.into(), self.literals.as_str().into(), known])
    }
}

pub(super) fn limit(named: usize) -> usize {
    named + KNOWN + 1
}
