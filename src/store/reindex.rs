//! Bringing the attribute index to a tenant's new settings while the tenant is served.
//!
//! The order keeps every answer right. A change of settings is written together with what is to do:
//! from that revision on every write keeps the new paths' entries, and no filter looks at them yet.
//! Then the entries of old paths go and those of new paths come, in chunks, each a transaction.
//! Only when all are there, with the next revision, filters use them. Whoever calls next, or the
//! maintenance run, goes on where a call ended.

use serde::{Deserialize, Serialize};

use super::assertion;
use super::d1::{Database, Parameter, Statement};
use super::error::{self, StoreError};
use super::tenant_schemas::json_path;
use super::tenants::{self, Tenant};
use crate::scim::resource::index::IndexPath;

/// Rows that one statement deletes, and resources that one statement reads: well below a second of
/// D1, which serves nobody else meanwhile.
const CHUNK: i64 = 5000;

/// Statements that one call of the admin API spends: D1 gives an invocation on the free plan 50.
const STATEMENTS_PER_CALL: u32 = 40;

/// The most that one step spends.
const STATEMENTS_PER_STEP: u32 = 5;

/// Tenants that one maintenance run goes on with.
const TENANTS_PER_RUN: i64 = 5;

/// What is still to do: `tenants.reindex`. Pairs are resource type and path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reindex {
    /// Entries that go.
    pub clear: Vec<(String, String)>,
    /// Entries that come.
    pub fill: Vec<(String, String)>,
    /// The id of the last resource whose entries of the first path to fill are there.
    pub after: String,
}

impl Reindex {
    pub fn is_done(&self) -> bool {
        self.clear.is_empty() && self.fill.is_empty()
    }

    pub(super) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::Failed(error.to_string()))
    }
}

/// Goes on with what a tenant has to do. `false` when some of it is left for the next call, or when
/// another call is at it.
pub async fn advance(database: &Database, tenant: &Tenant) -> Result<bool, StoreError> {
    let (done, _) = advance_within(database, tenant, STATEMENTS_PER_CALL).await?;
    Ok(done)
}

/// Goes on with tenants that are being re-indexed, for the maintenance run. Returns how many
/// statements that took.
pub async fn go_on(database: &Database, statements: u32) -> Result<u32, StoreError> {
    let indexing = Statement::new(
        "SELECT slug FROM tenants WHERE reindex IS NOT NULL AND deleting IS NULL \
         ORDER BY id LIMIT ?1",
        [TENANTS_PER_RUN.into()],
    );
    let rows = database.query(indexing).await?;
    let mut spent = 1;
    for slug in rows.iter().filter_map(|row| row.text("slug")) {
        if spent + tenants::STATEMENTS_OF_GET + STATEMENTS_PER_STEP > statements {
            break;
        }
        spent += tenants::STATEMENTS_OF_GET;
        if let Some(tenant) = tenants::get(database, &slug).await? {
            let left = statements - spent;
            spent += advance_within(database, &tenant, left).await?.1;
        }
    }
    Ok(spent)
}

async fn advance_within(
    database: &Database,
    tenant: &Tenant,
    statements: u32,
) -> Result<(bool, u32), StoreError> {
    let Some(mut work) = tenant.reindex.clone() else {
        return Ok((true, 0));
    };
    let mut spent = 0;
    while spent + STATEMENTS_PER_STEP < statements && !work.is_done() {
        let step = match work.clear.first().cloned() {
            Some(path) => clear(database, tenant, &work, path).await,
            None => fill(database, tenant, &work).await,
        };
        match step {
            Ok((next, more)) => {
                work = next;
                spent += more;
            }
            Err(StoreError::Stale) => return Ok((false, spent)),
            Err(error) => return Err(error),
        }
    }
    if !work.is_done() {
        return Ok((false, spent));
    }
    let done = Statement::new(
        "UPDATE tenants SET reindex = NULL, revision = revision + 1 \
         WHERE id = ?1 AND reindex = ?2",
        [tenant.id.into(), work.to_json()?.into()],
    );
    database.query(done).await?;
    Ok((true, spent + 1))
}

async fn clear(
    database: &Database,
    tenant: &Tenant,
    work: &Reindex,
    (resource_type, path): (String, String),
) -> Result<(Reindex, u32), StoreError> {
    let key = || {
        [
            tenant.id.into(),
            resource_type.as_str().into(),
            path.as_str().into(),
        ]
    };
    let of_path = "FROM attribute_index WHERE tenant = ?1 AND type = ?2 AND path = ?3";
    let batch = [
        still(tenant, work)?,
        Statement::new(
            format!(
                "DELETE FROM attribute_index WHERE (tenant, type, path, value, slot) IN (\
                 SELECT tenant, type, path, value, slot {of_path} LIMIT {CHUNK})"
            ),
            key(),
        ),
        Statement::new(format!("SELECT EXISTS (SELECT 1 {of_path}) AS more"), key()),
    ];
    let rows = database.batch(&batch).await?;
    let more = rows[2].first().and_then(|row| row.integer("more"));
    let mut next = work.clone();
    if more != Some(0) {
        return Ok((next, 3));
    }
    next.clear.remove(0);
    database
        .batch(&[still(tenant, work)?, remember(tenant, &next)?])
        .await?;
    Ok((next, 5))
}

async fn fill(
    database: &Database,
    tenant: &Tenant,
    work: &Reindex,
) -> Result<(Reindex, u32), StoreError> {
    let mut next = work.clone();
    let Some((resource_type, path)) = work.fill.first().cloned() else {
        return Ok((next, 0));
    };
    let last = Statement::new(
        "SELECT count(*) AS resources, max(id) AS last FROM (SELECT id FROM resources \
         WHERE tenant = ?1 AND type = ?2 AND id > ?3 ORDER BY id LIMIT ?4)",
        [
            tenant.id.into(),
            resource_type.as_str().into(),
            work.after.as_str().into(),
            CHUNK.into(),
        ],
    );
    let rows = database.query(last).await?;
    let row = rows.first();
    let count = row.as_ref().and_then(|row| row.integer("resources"));
    let last = row.and_then(|row| row.text("last"));
    if count.unwrap_or_default() < CHUNK {
        next.fill.remove(0);
        next.after.clear();
    } else {
        next.after = last.clone().unwrap_or_default();
    }
    let registry = tenant.registry()?;
    let parsed = registry
        .definition(&resource_type)
        .and_then(|definition| IndexPath::parse(&path, definition).ok());
    let mut batch = vec![still(tenant, work)?];
    if let (Some(parsed), Some(last)) = (parsed, last) {
        let (outer, sub) = parsed.route();
        let mut parameters: Vec<Parameter> = vec![
            tenant.id.into(),
            resource_type.into(),
            work.after.as_str().into(),
            last.into(),
            path.into(),
            json_path(outer).into(),
        ];
        parameters.extend(sub.map(|sub| json_path([sub]).into()));
        batch.push(Statement::new(fill_sql(&parsed), parameters));
    }
    batch.push(remember(tenant, &next)?);
    let statements = batch.len() as u32 + 1;
    database.batch(&batch).await?;
    Ok((next, statements))
}

/// Writes the entries of one path for the resources with ids behind ?3 up to ?4, as
/// [`crate::scim::resource::index::indexed_values`] would. The document is read inside SQLite: in
/// its folded form where that is not what `lower()` makes of it. Parameters: ?1 tenant, ?2 type,
/// ?5 path, ?6 its route, ?7 the sub-attribute of a list's elements.
pub fn fill_sql(path: &IndexPath) -> String {
    let (document, value) = if path.is_folded() {
        ("coalesce(r.folded, r.document)", "lower(v.value)")
    } else {
        ("r.document", "v.value")
    };
    let values = match path.route() {
        (_, None) => format!("json_each({document}, ?6) v"),
        (_, Some(_)) => format!(
            "json_each({document}, ?6) e \
             CROSS JOIN json_each(iif(e.type = 'object', e.value, '{{}}'), ?7) v"
        ),
    };
    // The entry of a value that a resource has twice, or that a write brought since, is there.
    format!(
        "INSERT OR IGNORE INTO attribute_index (tenant, type, path, value, slot, resource) \
         SELECT r.tenant, r.type, ?5, {value}, r.id, r.seq FROM resources r CROSS JOIN {values} \
         WHERE r.tenant = ?1 AND r.type = ?2 AND r.id > ?3 AND r.id <= ?4 AND v.type = 'text'"
    )
}

/// Two calls at once, or one after the settings changed again, must not do each other's steps.
fn still(tenant: &Tenant, work: &Reindex) -> Result<Statement, StoreError> {
    Ok(assertion(
        "EXISTS (SELECT 1 FROM tenants WHERE id = ?1 AND reindex = ?2)",
        error::GUARD,
        [tenant.id.into(), work.to_json()?.into()],
    ))
}

fn remember(tenant: &Tenant, work: &Reindex) -> Result<Statement, StoreError> {
    Ok(Statement::new(
        "UPDATE tenants SET reindex = ?2 WHERE id = ?1",
        [tenant.id.into(), work.to_json()?.into()],
    ))
}
