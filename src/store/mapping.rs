//! A tenant's groups as far as mapping rules look at them.

use super::Store;
use super::d1::{Database, Row, Rows, Statement};
use super::error::StoreError;
use crate::mapping::NamedGroup;

/// Groups that one round trip reads: some 200 bytes each.
const PAGE: usize = 5000;

/// Round trips at the most: with what comes before and after, within the 50 queries that D1 gives
/// an invocation on the free plan.
const PAGES: usize = 20;

/// Groups that are looked at; more are left out of an overview, which says so.
pub const MAX_GROUPS: usize = PAGE * PAGES;

fn page(tenant: i64, after: &str) -> Statement {
    Statement::new(
        format!(
            "SELECT id, document ->> '$.externalId' AS external_id, \
             document ->> '$.displayName' AS display FROM resources \
             WHERE tenant = ?1 AND type = 'Group' AND id > ?2 ORDER BY id LIMIT {PAGE}"
        ),
        [tenant.into(), after.into()],
    )
}

async fn all(
    read: impl AsyncFn(Statement) -> Result<Rows, StoreError>,
    tenant: i64,
) -> Result<Vec<NamedGroup>, StoreError> {
    let mut all: Vec<NamedGroup> = Vec::new();
    for _ in 0..PAGES {
        let after = all.last().map_or("", |group| group.id.as_str());
        let rows = read(page(tenant, after)).await?;
        all.extend(rows.iter().filter_map(named));
        if rows.len() < PAGE {
            break;
        }
    }
    Ok(all)
}

fn named(row: Row) -> Option<NamedGroup> {
    Some(NamedGroup {
        id: row.text("id")?,
        external_id: row.text("external_id"),
        display: row.text("display").unwrap_or_default(),
    })
}

/// All groups of a tenant, in the order of their creation: one row each.
pub async fn groups(database: &Database, tenant: i64) -> Result<Vec<NamedGroup>, StoreError> {
    all(|page| database.query(page), tenant).await
}

impl Store {
    /// All groups of the tenant, in the order of their creation: one row each.
    pub async fn groups(&self) -> Result<Vec<NamedGroup>, StoreError> {
        let read = async |page| Ok(self.read(&[page]).await?.remove(0));
        all(read, self.tenant()).await
    }
}
