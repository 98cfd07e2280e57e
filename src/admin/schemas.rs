//! `/admin/v1/tenants/{slug}/schemas` and `…/resource-types`: what a tenant declares besides the
//! standards. In force, and visible in /Schemas and /ResourceTypes, with every isolate's next
//! request.
//!
//! Refused with 409: whatever would take the meaning from values that resources hold.

use serde_json::{Value, json};

use super::problem::{Problem, Result, problem};
use super::tenants::{existing, living};
use super::{ATTEMPTS, Body, Call, busy};
use crate::scim::schema::compare::{Held, Touched, touched};
use crate::scim::schema::{Declared, Registry, declare, declare_type};
use crate::store::error::StoreError;
use crate::store::reindex;
use crate::store::settings::checked_paths;
use crate::store::tenant_schemas::{self, Kind, MAX_BYTES};
use crate::store::tenants::Tenant;
use crate::wire::reply::Reply;

/// Schemas and resource types of a tenant's own.
const MAX_SCHEMAS: usize = 50;
const MAX_TYPES: usize = 50;

/// GET …/schemas, GET …/resource-types: the tenant's own.
pub async fn list(call: &Call<'_>, slug: &str, kind: Kind) -> Result<Reply> {
    let declared = existing(call, slug).await?.declared;
    let body = match kind {
        Kind::Schema => {
            let schemas: Vec<_> = declared.schemas.iter().map(AsRef::as_ref).collect();
            json!({ "schemas": schemas })
        }
        Kind::ResourceType => json!({ "resource_types": declared.types }),
    };
    Ok(Reply::json(200, body.to_string()))
}

/// GET …/{name}: the tenant's own, or a standard one to start from.
pub async fn get(call: &Call<'_>, slug: &str, kind: Kind, name: &str) -> Result<Reply> {
    let tenant = existing(call, slug).await?;
    let builtin = Registry::builtin();
    let standard = Declared {
        schemas: builtin.schemas.clone(),
        types: builtin
            .definitions
            .iter()
            .map(|one| one.resource_type.clone())
            .collect(),
    };
    match document(&tenant.declared, kind, name).or_else(|| document(&standard, kind, name)) {
        Some(document) => Ok(Reply::json(200, document.to_string())),
        None => problem(404, format!("The tenant has no {name}.")),
    }
}

/// PUT …/{name}
pub async fn put(call: &Call<'_>, slug: &str, kind: Kind, name: &str) -> Result<Reply> {
    let body = Value::from(Body::read(call.parts)?.rest());
    let mut new = Declared::default();
    match kind {
        Kind::Schema => new.schemas.push(
            declare::schema(&body, name)
                .or_else(|error| problem(400, error))?
                .into(),
        ),
        Kind::ResourceType => new
            .types
            .push(declare_type::resource_type(&body, name).or_else(|error| problem(400, error))?),
    }
    for _ in 0..ATTEMPTS {
        let tenant = settled(call, slug).await?;
        let before = document(&tenant.declared, kind, name);
        let after = document(&new, kind, name).unwrap_or_default();
        let status = if before.is_some() { 200 } else { 201 };
        let reply = Reply::json(status, after.to_string());
        if before.as_ref() == Some(&after) {
            return Ok(reply);
        }
        let mut declared = without(&tenant.declared, kind, name);
        declared.schemas.extend(new.schemas.iter().cloned());
        declared.types.extend(new.types.iter().cloned());
        check_size(&declared)?;
        let registry = together(&declared).or_else(|error| problem(400, error))?;
        let change = (kind, name, Some(after.to_string()));
        if declare(call, &tenant, &registry, change).await? {
            return Ok(reply);
        }
    }
    busy()
}

/// DELETE …/{name}: a standard resource type is again what the standard says.
pub async fn delete(call: &Call<'_>, slug: &str, kind: Kind, name: &str) -> Result<Reply> {
    for _ in 0..ATTEMPTS {
        let tenant = settled(call, slug).await?;
        if document(&tenant.declared, kind, name).is_none() {
            return problem(404, format!("The tenant declares no {name} of its own."));
        }
        let declared = without(&tenant.declared, kind, name);
        let registry = together(&declared)
            .or_else(|error| problem(409, format!("A resource type needs {name}: {error}")))?;
        if declare(call, &tenant, &registry, (kind, name, None)).await? {
            return Ok(Reply::empty(204));
        }
    }
    busy()
}

/// A tenant whose index has nothing to catch up with.
async fn settled(call: &Call<'_>, slug: &str) -> Result<Tenant> {
    let tenant = living(call, slug).await?;
    if tenant.reindex.is_none() {
        return Ok(tenant);
    }
    if reindex::advance(call.database, &tenant).await? {
        return living(call, slug).await;
    }
    let busy = Problem::new(
        503,
        "The tenant is being re-indexed: send the request again.",
    );
    Err(busy.with("Retry-After", "1").into())
}

/// Writes the change, unless it takes something from resources. `false` when the tenant changed
/// meanwhile.
async fn declare(
    call: &Call<'_>,
    tenant: &Tenant,
    registry: &Registry,
    (kind, name, document): (Kind, &str, Option<String>),
) -> Result<bool> {
    let indexed = &tenant.settings.indexed;
    match checked_paths(indexed, registry) {
        Ok(paths) if paths == *indexed => {}
        Ok(_) => return problem(409, "settings.indexed names what would change."),
        Err(error) => return problem(409, error),
    }
    let touched = touched(&tenant.registry()?, registry);
    let entry = call.entry(Some(name), None);
    let declared = tenant_schemas::declare(
        call.database,
        tenant,
        kind,
        name,
        document,
        &touched,
        &entry,
    )
    .await;
    match declared {
        Ok(()) => Ok(true),
        Err(StoreError::Stale) => Ok(false),
        Err(StoreError::InUse) => in_use(call, tenant, &touched).await,
        Err(error) => Err(error.into()),
    }
}

async fn in_use(call: &Call<'_>, tenant: &Tenant, touched: &[Touched]) -> Result<bool> {
    let counts = tenant_schemas::count(call.database, tenant, touched).await?;
    // Whoever held the values is gone again.
    if counts.is_empty() {
        return Ok(false);
    }
    let sentence = |(resource_type, count): &(String, i64)| {
        let held = touched
            .iter()
            .find(|one| one.resource_type == *resource_type);
        match held.map(|one| &one.held) {
            Some(Held::Values(values)) => {
                let paths: Vec<_> = values.iter().map(|value| value.path.as_str()).collect();
                format!(
                    "{count} of the type {resource_type} hold values of {}",
                    paths.join(", ")
                )
            }
            Some(Held::Anything) | None => format!("{count} of the type {resource_type} exist"),
        }
    };
    let sentences: Vec<_> = counts.iter().map(sentence).collect();
    problem(
        409,
        format!(
            "Resources would lose their meaning: {}.",
            sentences.join("; ")
        ),
    )
}

/// The registry of the standards and these, if they fit together.
fn together(declared: &Declared) -> std::result::Result<Registry, String> {
    let registry = Registry::with_own(declared)?;
    registry.check_together()?;
    Ok(registry)
}

fn check_size(declared: &Declared) -> Result<()> {
    if declared.schemas.len() > MAX_SCHEMAS || declared.types.len() > MAX_TYPES {
        return problem(
            400,
            format!(
                "A tenant declares at most {MAX_SCHEMAS} schemas and {MAX_TYPES} resource types."
            ),
        );
    }
    let schemas = declared.schemas.iter().map(|schema| json!(schema.as_ref()));
    let types = declared.types.iter().map(|one| json!(one));
    let bytes: usize = schemas.chain(types).map(|one| one.to_string().len()).sum();
    if bytes > MAX_BYTES {
        return problem(
            400,
            format!("All that a tenant declares has at most {MAX_BYTES} bytes, not {bytes}."),
        );
    }
    Ok(())
}

fn document(declared: &Declared, kind: Kind, name: &str) -> Option<Value> {
    match kind {
        Kind::Schema => {
            let mut all = declared.schemas.iter();
            all.find(|schema| schema.id.eq_ignore_ascii_case(name))
                .map(|schema| json!(schema.as_ref()))
        }
        Kind::ResourceType => {
            let mut all = declared.types.iter();
            all.find(|one| one.name.eq_ignore_ascii_case(name))
                .map(|one| json!(one))
        }
    }
}

fn without(declared: &Declared, kind: Kind, name: &str) -> Declared {
    let mut rest = declared.clone();
    match kind {
        Kind::Schema => rest
            .schemas
            .retain(|one| !one.id.eq_ignore_ascii_case(name)),
        Kind::ResourceType => rest
            .types
            .retain(|one| !one.name.eq_ignore_ascii_case(name)),
    }
    rest
}
