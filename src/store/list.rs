//! Lists: a page and its total, in one round trip.

use super::d1::{Parameter, Statement};
use super::filter_sql::{Clause, Columns};
use super::literals::Literals;
use super::resources::{Derive, Found, Stored};
use crate::scim::schema::Definition;

/// What of one resource type is listed.
pub struct Query<'a> {
    pub definition: &'a Definition,
    /// The filter, compiled with `literals`.
    pub clause: Option<Clause>,
    pub literals: Literals,
    pub columns: Columns<'a>,
    /// Resources passed over; each is read.
    pub offset: u64,
    pub limit: u32,
    pub derive: Derive,
    pub base: &'a str,
}

pub struct Listed {
    pub found: Vec<Found>,
    pub total: u64,
}

impl Query<'_> {
    /// Parameters: ?1 tenant, ?2 literals, ?3 base URL.
    pub(super) fn page(&self, tenant: i64) -> Statement {
        let mut literals = self.literals.clone();
        let scope = self.scope(&mut literals);
        let sql = format!(
            "SELECT {}, {} AS derived FROM resources r WHERE {scope} \
             ORDER BY r.id LIMIT {} OFFSET {}",
            Stored::COLUMNS,
            self.derive.sql("?3"),
            self.limit,
            self.offset,
        );
        let mut parameters = parameters(tenant, &literals);
        if self.derive != Derive::Nothing {
            parameters.push(self.base.into());
        }
        Statement::new(sql, parameters)
    }

    /// How many there are: counted as they are written where nothing is filtered.
    pub(super) fn total(&self, tenant: i64) -> Statement {
        let mut literals = self.literals.clone();
        let resource_type = &self.definition.resource_type.name;
        if self.clause.is_none() {
            return Statement::new(
                "SELECT resources AS total FROM counters WHERE tenant = ?1 AND type = ?2",
                [tenant.into(), resource_type.as_str().into()],
            );
        }
        let scope = self.scope(&mut literals);
        let sql = format!("SELECT count(*) AS total FROM resources r WHERE {scope}");
        Statement::new(sql, parameters(tenant, &literals))
    }

    fn scope(&self, literals: &mut Literals) -> String {
        match &self.clause {
            Some(clause) => clause.scoped(&self.columns, literals),
            None => {
                let resource_type = literals.add(self.definition.resource_type.name.as_str());
                format!("r.tenant = {} AND r.type = {resource_type}", self.columns.tenant)
            }
        }
    }
}

fn parameters(tenant: i64, literals: &Literals) -> Vec<Parameter> {
    vec![tenant.into(), literals.to_json().into()]
}
