//! Bulks that are done behind their answer: the rows of `accepted_bulks`.
//!
//! One that was accepted is begun until it is done. Its response is written in the transaction of its
//! operations, which asserts that there was none: so it happens once, however often it is begun, and by
//! however many objects at a time.

use super::d1::{Database, Statement};
use super::error::StoreError;
use super::events::NewEvent;
use super::{COMMITTED, Store, assertion, error, events};
use crate::scim::datetime::DAY_MS;

/// Bulks of one tenant that may wait.
const MAX_WAITING: u32 = 20;

/// Bytes of a request, which is one parameter. What is longer cannot wait.
pub const MAX_REQUEST: usize = 1_900_000;

/// How long responses are kept.
const KEPT_DAYS: i64 = 7;

/// Tenants that one maintenance run goes on with.
const TENANTS_PER_RUN: u32 = 20;

/// One that was begun.
pub struct Begun {
    pub id: String,
    pub base: String,
    pub request: String,
    /// Counted with this one.
    pub tries: i64,
}

/// What came of one that is done.
#[derive(Debug)]
pub struct Finished {
    pub id: String,
    pub response: String,
}

impl Store {
    /// `false` when too many wait. One round trip, under the guard.
    pub async fn accept(&self, id: &str, base: &str, request: String) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT INTO accepted_bulks (tenant, id, scopes, base, request) \
             SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM accepted_bulks \
             WHERE tenant = ?1 AND done IS NULL) < {MAX_WAITING} RETURNING id"
        );
        let parameters = [
            self.tenant().into(),
            id.into(),
            self.access.token.scopes.to_string().into(),
            base.into(),
            request.into(),
        ];
        let rows = self.write(vec![Statement::new(sql, parameters)]).await?;
        Ok(!rows[0].is_empty())
    }

    /// Scopes of the token that sent it, and the response, which is `None` until it is done.
    pub async fn accepted(&self, id: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
        let found = Statement::new(
            "SELECT scopes, response FROM accepted_bulks WHERE tenant = ?1 AND id = ?2",
            [self.tenant().into(), id.into()],
        );
        let rows = self.read(&[found]).await?;
        let row = rows[0].first();
        Ok(row.and_then(|row| Some((row.text("scopes")?, row.text("response")))))
    }
}

/// The tenant's oldest that is not done.
pub async fn begin(database: &Database, tenant: i64) -> Result<Option<Begun>, StoreError> {
    let begun = Statement::new(
        "UPDATE accepted_bulks SET tries = tries + 1 WHERE tenant = ?1 AND id = \
         (SELECT id FROM accepted_bulks WHERE tenant = ?1 AND done IS NULL ORDER BY id LIMIT 1) \
         RETURNING id, base, request, tries",
        [tenant.into()],
    );
    let row = database.query(begun).await?.first();
    Ok(row.and_then(|row| {
        Some(Begun {
            id: row.text("id")?,
            base: row.text("base")?,
            request: row.text("request")?,
            tries: row.integer("tries")?,
        })
    }))
}

/// For the transaction of the operations. PURE.
pub fn finished(tenant: i64, finished: &Finished) -> [Statement; 2] {
    let is_open = "EXISTS (SELECT 1 FROM accepted_bulks \
         WHERE tenant = ?1 AND id = ?2 AND done IS NULL)";
    let done = format!(
        "UPDATE accepted_bulks SET request = NULL, response = ?3, done = {COMMITTED} \
         WHERE tenant = ?1 AND id = ?2"
    );
    let id = finished.id.as_str();
    [
        assertion(is_open, error::VERSION, [tenant.into(), id.into()]),
        Statement::new(
            done,
            [tenant.into(), id.into(), finished.response.as_str().into()],
        ),
    ]
}

/// Ends one of which nothing is done.
pub async fn refuse(
    database: &Database,
    tenant: i64,
    refused: &Finished,
    told: &[NewEvent],
) -> Result<(), StoreError> {
    let mut batch = finished(tenant, refused).to_vec();
    batch.extend(events::write::statements(tenant, told));
    database.batch(&batch).await.map(|_| ())
}

/// Tenants of which bulks wait, and forgets old responses. Two statements.
pub async fn waiting(database: &Database, now: i64) -> Result<Vec<i64>, StoreError> {
    let tenants = format!(
        "SELECT DISTINCT tenant FROM accepted_bulks WHERE done IS NULL ORDER BY tenant \
         LIMIT {TENANTS_PER_RUN}"
    );
    let batch = [
        Statement::new(
            "DELETE FROM accepted_bulks WHERE done < ?1",
            [(now - KEPT_DAYS * DAY_MS).into()],
        ),
        Statement::new(tenants, []),
    ];
    let rows = database.batch(&batch).await?;
    let tenants = rows[1].iter().filter_map(|row| row.integer("tenant"));
    Ok(tenants.collect())
}
