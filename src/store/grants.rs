//! Access tokens given out to OAuth clients: rows of `tokens` as any other, whose parent is the
//! secret that was shown for it, or else the client. So whatever ends one ends what came from it.

use super::d1::{Database, Statement};
use super::error::StoreError;
use super::parties::{Kind, Party};
use super::scopes::Scopes;
use super::secrets::{self, Secret};
use super::settings::Settings;
use crate::scim::datetime::DAY_MS;

/// How long an access token's row stays after its end, in milliseconds, so that its holder hears
/// that it has expired, and not that it is unknown.
const KEPT: i64 = DAY_MS;

/// Rows of each kind that one maintenance run takes: a transaction that hinders nobody for long.
const CHUNK: u32 = 5000;

const COLUMNS: &str =
    "c.id, c.tenant, c.label, c.scopes, c.trust, c.created, c.revoked, t.suspended, t.settings";

/// A client that asks for a token, with what it may show.
pub struct Applicant {
    pub client: Party,
    pub secrets: Vec<Secret>,
    /// The tenant's id, and what its administrator chose.
    pub tenant: i64,
    pub settings: Settings,
    pub is_suspended: bool,
}

/// One round trip. `None` when there is no such tenant, or no such client in it.
pub async fn applicant(
    database: &Database,
    slug: &str,
    client: &str,
) -> Result<Option<Applicant>, StoreError> {
    let rows = database
        .batch(&[
            secrets::of_client(slug, client, COLUMNS),
            secrets::all(slug, client),
        ])
        .await?;
    let Some(row) = rows[0].first() else {
        return Ok(None);
    };
    let corrupt = || StoreError::Failed(format!("the client {client} cannot be read"));
    let settings = row.text("settings");
    let settings = settings.and_then(|text| Settings::read(&text));
    Ok(Some(Applicant {
        client: Party::read(&row).ok_or_else(corrupt)?,
        secrets: rows[1]
            .iter()
            .filter_map(|row| Secret::read(&row))
            .collect(),
        tenant: row.integer("tenant").ok_or_else(corrupt)?,
        settings: settings.ok_or_else(corrupt)?,
        is_suspended: row.integer("suspended").is_some(),
    }))
}

pub struct NewAccess<'a> {
    /// SHA-256, hex.
    pub hash: &'a str,
    pub id: &'a str,
    pub scopes: Scopes,
    pub expires: i64,
    /// The secret that was shown, where one was.
    pub secret: Option<&'a str>,
    /// The assertion that was shown, where it may be used once only: its digest, and until when it
    /// could come again.
    pub assertion: Option<(&'a str, i64)>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Issued {
    Yes,
    /// The client or its secret ended meanwhile.
    Ended,
    /// The assertion was used before.
    Replayed,
}

/// Gives out an access token: one round trip.
pub async fn issue(
    database: &Database,
    slug: &str,
    client: &Party,
    new: &NewAccess<'_>,
    now: i64,
) -> Result<Issued, StoreError> {
    let parent = new.secret.unwrap_or(&client.id);
    let mut batch = vec![Statement::new(
        format!(
            "INSERT INTO tokens (hash, tenant, id, label, kind, parent, scopes, created, expires) \
             SELECT ?3, t.id, ?4, c.label, 'access', ?5, ?6, ?7, ?8 \
             FROM tenants t JOIN tokens c ON c.hash = {} || ?2 \
             JOIN tokens p ON p.tenant = t.id AND p.id = ?5 \
             WHERE t.slug = ?1 AND t.suspended IS NULL AND c.revoked IS NULL AND p.revoked IS NULL \
             AND (p.expires IS NULL OR p.expires > ?7) RETURNING id",
            Kind::Client.key()
        ),
        [
            slug.into(),
            client.id.as_str().into(),
            new.hash.into(),
            new.id.into(),
            parent.into(),
            new.scopes.to_string().into(),
            now.into(),
            new.expires.into(),
        ],
    )];
    if let Some((digest, end)) = new.assertion {
        batch.push(Statement::new(
            "INSERT INTO used_assertions (tenant, expires, digest) \
             SELECT id, ?2, ?3 FROM tenants WHERE slug = ?1 AND deleting IS NULL",
            [slug.into(), end.into(), digest.into()],
        ));
    }
    match database.batch(&batch).await {
        Ok(rows) if rows[0].is_empty() => Ok(Issued::Ended),
        Ok(_) => Ok(Issued::Yes),
        Err(StoreError::Conflict { table }) if table == "used_assertions" => Ok(Issued::Replayed),
        Err(error) => Err(error),
    }
}

/// Lets go, in all tenants, of access tokens that expired long ago and of assertions that cannot
/// come again. Returns how many statements that took.
pub async fn prune(database: &Database, now: i64, statements: u32) -> Result<u32, StoreError> {
    let batch = [
        Statement::new(
            format!(
                "DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE kind = 'access' \
                 AND expires < ?1 LIMIT {CHUNK})"
            ),
            [(now - KEPT).into()],
        ),
        Statement::new(
            format!(
                "DELETE FROM used_assertions WHERE (expires, tenant, digest) IN (SELECT expires, \
                 tenant, digest FROM used_assertions WHERE expires <= ?1 LIMIT {CHUNK})"
            ),
            [now.into()],
        ),
    ];
    if statements < 2 {
        return Ok(0);
    }
    database.batch(&batch).await?;
    Ok(2)
}
