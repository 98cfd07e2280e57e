//! The keys that SETs are signed with, one pair of the deployment's at a time, and the public ones
//! that still count.

use super::audit::Entry;
use super::d1::{Database, Statement};
use super::error::StoreError;

/// One that signs, or is to.
pub struct SigningKey {
    pub kid: String,
    /// A JSON Web Key each.
    pub private: String,
    pub public: String,
    /// Unix milliseconds.
    pub created: i64,
}

/// One that signatures are verified with.
pub struct PublicKey {
    pub kid: String,
    pub jwk: String,
    /// Unix milliseconds, as the next.
    pub created: i64,
    /// `None` of the one that signs. Else it counts until then.
    pub until: Option<i64>,
}

const CURRENT: &str = "SELECT kid, private, public, created FROM signing_keys WHERE until IS NULL";

/// The one that signs; `None` while there was no use for any.
pub async fn current(database: &Database) -> Result<Option<SigningKey>, StoreError> {
    let rows = database.query(Statement::new(CURRENT, [])).await?;
    Ok(rows.first().and_then(|row| {
        Some(SigningKey {
            kid: row.text("kid")?,
            private: row.text("private")?,
            public: row.text("public")?,
            created: row.integer("created")?,
        })
    }))
}

/// Begins with `new`, unless another began meanwhile.
pub async fn begin(database: &Database, new: &SigningKey) -> Result<(), StoreError> {
    let condition = format!("WHERE NOT EXISTS ({CURRENT})");
    database.query(insert(new, &condition)).await.map(|_| ())
}

/// `new` signs from now on, and the one before counts until `ends`. What ended before goes.
pub async fn rotate(
    database: &Database,
    new: &SigningKey,
    ends: i64,
    entry: &Entry,
) -> Result<(), StoreError> {
    let batch = [
        Statement::new(
            "DELETE FROM signing_keys WHERE until <= ?1",
            [entry.at.into()],
        ),
        Statement::new(
            "UPDATE signing_keys SET until = ?1 WHERE until IS NULL",
            [ends.into()],
        ),
        insert(new, ""),
        entry.when_changed(),
    ];
    database.batch(&batch).await.map(|_| ())
}

/// Those that count, the newest first.
pub async fn published(database: &Database, now: i64) -> Result<Vec<PublicKey>, StoreError> {
    let statement = Statement::new(
        "SELECT kid, public, created, until FROM signing_keys WHERE until IS NULL OR until > ?1 \
         ORDER BY kid DESC",
        [now.into()],
    );
    let rows = database.query(statement).await?;
    let keys = rows.iter().filter_map(|row| {
        Some(PublicKey {
            kid: row.text("kid")?,
            jwk: row.text("public")?,
            created: row.integer("created")?,
            until: row.integer("until"),
        })
    });
    Ok(keys.collect())
}

fn insert(new: &SigningKey, condition: &str) -> Statement {
    Statement::new(
        format!(
            "INSERT INTO signing_keys (kid, private, public, created) \
             SELECT ?1, ?2, ?3, ?4 {condition}"
        ),
        [
            new.kid.as_str().into(),
            new.private.as_str().into(),
            new.public.as_str().into(),
            new.created.into(),
        ],
    )
}
