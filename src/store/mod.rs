//! Everything that D1 and the objects of webhooks hold, and the only SQL in the crate.
//!
//! A [`Store`] is bound to one tenant and one token. Each of its batches starts with the guard:
//! the token is live and the tenant's cached context is still true. So a request that is answered
//! in one D1 round trip is also authenticated in it, and a revoked token stops at once.

pub mod accepted;
pub mod audit;
pub mod belongings;
pub mod bulk;
pub mod consistency;
pub mod credentials;
pub mod d1;
pub mod derive;
pub mod document;
pub mod error;
pub mod events;
pub mod expiring;
pub mod export;
pub mod fill;
pub mod filter_sql;
pub mod folded;
pub mod grants;
pub mod import;
pub mod index;
pub mod issuers;
pub mod ledger;
pub mod list;
pub mod literals;
pub mod mapping;
pub mod members;
pub mod parties;
pub mod quotas;
pub mod reindex;
pub mod removal;
pub mod requests;
pub mod resources;
pub mod scopes;
pub mod secrets;
pub mod settings;
pub mod signing_keys;
pub mod streams;
pub mod tenant_schemas;
pub mod tenants;
pub mod tokens;
pub mod tombstones;
pub mod unique;
pub mod webhooks;

use std::rc::Rc;

use d1::{Database, Parameter, Rows, Statement};
use error::StoreError;
use tenants::TenantContext;
use tokens::LiveToken;

/// A token that was accepted, and the tenant that it opens.
#[derive(Clone)]
pub struct Access {
    /// SHA-256, hex.
    pub token_hash: String,
    pub token: Rc<LiveToken>,
    pub tenant: Rc<TenantContext>,
}

/// One tenant's part of the database, for one request.
#[derive(Clone)]
pub struct Store {
    pub database: Database,
    pub access: Access,
    /// The request's time, Unix milliseconds.
    pub now: i64,
}

/// Joins the live token's row to its tenant's; parameters ?1 to ?4 are [`Store::guard`]'s.
const GUARD: &str = "FROM tokens k JOIN tenants t ON t.id = k.tenant \
    WHERE k.hash = ?1 AND k.tenant = ?2 AND t.revision = ?3 AND k.revoked IS NULL \
    AND (k.expires IS NULL OR k.expires > ?4) AND t.suspended IS NULL";

macro_rules! committed {
    () => {
        "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)"
    };
}

/// The time of a change, Unix milliseconds: D1's own clock inside the transaction. D1 runs one
/// transaction after the other, so the order of these times is the order in which changes became
/// visible, and "modified since" misses none. A request's time would be that of its arrival.
const COMMITTED: &str = committed!();

/// Sets a row's time in an UPDATE: never back, whatever D1's clock does.
const MODIFIED: &str = concat!("modified = max(modified, ", committed!(), ")");

/// Undoes the batch where this SQL does not hold, and says so by `message`, one of [`error`]'s. As
/// VALUES, because a SELECT would read a row more.
fn assertion(
    holds: &str,
    message: &str,
    parameters: impl IntoIterator<Item = Parameter>,
) -> Statement {
    let sql = format!("INSERT INTO assertions VALUES ({holds}, '{message}')");
    Statement::new(sql, parameters)
}

impl Store {
    fn tenant(&self) -> i64 {
        self.access.tenant.id
    }

    fn guard(&self) -> [Parameter; 4] {
        [
            self.access.token_hash.as_str().into(),
            self.tenant().into(),
            self.access.tenant.revision.into(),
            self.now.into(),
        ]
    }

    /// Nothing but the guard: for answers that need nothing else of D1.
    pub async fn verify(&self) -> Result<(), StoreError> {
        self.read(&[]).await.map(|_| ())
    }

    /// Runs `statements` under the guard, in one round trip.
    async fn read(&self, statements: &[Statement]) -> Result<Vec<Rows>, StoreError> {
        let guard = Statement::new(format!("SELECT 1 AS live {GUARD}"), self.guard());
        let mut rows = if statements.is_empty() {
            vec![self.database.query(guard).await?]
        } else {
            let mut batch = vec![guard];
            batch.extend_from_slice(statements);
            self.database.batch(&batch).await?
        };
        if rows.remove(0).is_empty() {
            Err(StoreError::Stale)
        } else {
            Ok(rows)
        }
    }

    /// Runs `statements` in one transaction that the guard can refuse.
    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, StoreError> {
        let holds = format!("EXISTS (SELECT 1 {GUARD})");
        let mut batch = vec![assertion(&holds, error::GUARD, self.guard())];
        batch.extend(statements);
        let mut rows = self.database.batch(&batch).await?;
        rows.remove(0);
        Ok(rows)
    }
}
