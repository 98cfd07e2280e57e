//! Schemas and resource types that a tenant declared. A change and the look for resources that it
//! would harm are one transaction, and every write of a resource stands on the tenant's revision:
//! no resource slips in between.

use serde_json::{Value, json};

use super::assertion;
use super::audit::Entry;
use super::d1::{Database, Parameter, Rows, Statement};
use super::error::{self, StoreError};
use super::tenants::Tenant;
use crate::scim::schema::Declared;
use crate::scim::schema::compare::{Held, Touched};

/// Bytes of all that a tenant declared, as JSON: isolates keep it in memory.
pub const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Schema,
    ResourceType,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "Schema",
            Self::ResourceType => "ResourceType",
        }
    }
}

pub(super) fn read(rows: &Rows) -> Result<Declared, StoreError> {
    let mut declared = Declared::default();
    for row in rows.iter() {
        let corrupt = || StoreError::Failed("tenant_schemas.document cannot be read".to_owned());
        let document = row.text("document").ok_or_else(corrupt)?;
        if row.text("kind").as_deref() == Some(Kind::Schema.as_str()) {
            let schema = crate::scim::json::read(&document).map_err(|_| corrupt())?;
            declared.schemas.push(std::sync::Arc::new(schema));
        } else {
            let resource_type = crate::scim::json::read(&document).map_err(|_| corrupt())?;
            declared.types.push(resource_type);
        }
    }
    Ok(declared)
}

/// Puts a document in its place, or with `None` takes it away, unless `touched` resources exist:
/// [`StoreError::InUse`]. [`StoreError::Stale`] when the tenant is no longer as `tenant` says.
pub async fn declare(
    database: &Database,
    tenant: &Tenant,
    kind: Kind,
    name: &str,
    document: Option<String>,
    touched: &[Touched],
    entry: &Entry,
) -> Result<(), StoreError> {
    let mut batch = vec![assertion(
        "EXISTS (SELECT 1 FROM tenants WHERE id = ?1 AND revision = ?2 AND deleting IS NULL)",
        error::GUARD,
        [tenant.id.into(), tenant.revision.into()],
    )];
    batch.extend(touched.iter().map(|touched| {
        let holds = format!("NOT EXISTS (SELECT 1 {HOLDING})");
        assertion(&holds, error::IN_USE, holding(tenant.id, touched))
    }));
    let key = [
        tenant.id.into(),
        kind.as_str().into(),
        name.to_lowercase().into(),
    ];
    batch.push(match document {
        Some(document) => Statement::new(
            "INSERT INTO tenant_schemas (tenant, kind, name, document) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (tenant, kind, name) DO UPDATE SET document = excluded.document",
            key.into_iter().chain([document.into()]),
        ),
        None => Statement::new(
            "DELETE FROM tenant_schemas WHERE tenant = ?1 AND kind = ?2 AND name = ?3",
            key,
        ),
    });
    batch.push(Statement::new(
        "UPDATE tenants SET revision = revision + 1 WHERE id = ?1",
        [tenant.id.into()],
    ));
    batch.push(entry.when_changed());
    database.batch(&batch).await.map(|_| ())
}

/// How many resources of each touched type stand in the way; those with none are left out.
pub async fn count(
    database: &Database,
    tenant: &Tenant,
    touched: &[Touched],
) -> Result<Vec<(String, i64)>, StoreError> {
    let mut counts = Vec::new();
    for touched in touched {
        let statement = Statement::new(
            format!("SELECT count(*) AS resources {HOLDING}"),
            holding(tenant.id, touched),
        );
        let rows = database.query(statement).await?;
        let count = rows.first().and_then(|row| row.integer("resources"));
        counts.extend(
            count
                .filter(|count| *count > 0)
                .map(|count| (touched.resource_type.clone(), count)),
        );
    }
    Ok(counts)
}

/// Resources of the type ?2 that hold a value of ?3: `[[path, path in an element or null], …]`; with
/// null instead of the list, all.
const HOLDING: &str = "FROM resources r WHERE r.tenant = ?1 AND r.type = ?2 AND (?3 IS NULL OR EXISTS (\
    SELECT 1 FROM json_each(?3) p WHERE CASE WHEN p.value ->> 1 IS NULL \
    THEN json_type(r.document, p.value ->> 0) IS NOT NULL \
    ELSE EXISTS (SELECT 1 FROM json_each(r.document, p.value ->> 0) e \
    WHERE iif(e.type = 'object', json_type(e.value, p.value ->> 1), NULL) IS NOT NULL) END))";

fn holding(tenant: i64, touched: &Touched) -> [Parameter; 3] {
    let values = match &touched.held {
        Held::Anything => None,
        Held::Values(values) => {
            let pair = |value: &crate::scim::schema::compare::HeldValue| {
                json!([
                    json_path(&value.keys),
                    value.sub.as_ref().map(|sub| json_path([sub]))
                ])
            };
            Some(Value::from_iter(values.iter().map(pair)).to_string())
        }
    };
    [
        tenant.into(),
        touched.resource_type.as_str().into(),
        values.into(),
    ]
}

/// SQLite's path to a member: names of attributes and URNs hold no quote.
pub fn json_path(keys: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut path = "$".to_owned();
    for key in keys {
        path.push_str(&format!(".\"{}\"", key.as_ref()));
    }
    path
}
