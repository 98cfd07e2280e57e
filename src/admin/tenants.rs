//! `/admin/v1/tenants`: customers of the product, each with one directory.

use serde_json::{Value, json};

use super::problem::{Problem, Result, problem};
use super::{ATTEMPTS, Body, Call, busy, check_label, listed, no_tenant, page, random, time};
use crate::auth::token;
use crate::scim::resource::Map;
use crate::scim::schema::Registry;
use crate::store::document::IndexPaths;
use crate::store::reindex::{self, Reindex};
use crate::store::removal::{self, Removed};
use crate::store::settings::Settings;
use crate::store::tenants::{self, Change, NewTenant, Tenant};
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

struct Creation {
    slug: String,
    name: String,
    settings: Map,
}

impl Creation {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            slug: body.need("slug")?,
            name: body.need("name")?,
            settings: body.or_default("settings")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST /tenants
pub async fn create(call: &Call<'_>) -> Result<Reply> {
    let new = Creation::read(call.parts)?;
    check_slug(&new.slug)?;
    check_label("name", &new.name)?;
    let settings = Settings::default()
        .merged(&new.settings, Registry::builtin())
        .or_else(|error| problem(400, error))?;
    let mut secret = [0; 32];
    random(&mut secret)?;
    let created = NewTenant {
        slug: &new.slug,
        name: &new.name,
        settings: &settings,
        secret: &token::hex(&secret),
        created: call.parts.now,
    };
    let mut entry = call.entry(None, Some(json!({ "name": new.name })));
    entry.tenant = Some(new.slug.clone());
    if !tenants::create(call.database, &created, &entry).await? {
        return problem(409, format!("The tenant {:?} exists already.", new.slug));
    }
    let tenant = existing(call, &new.slug).await?;
    let location = format!("{}/admin/v1/tenants/{}", call.parts.origin, new.slug);
    Ok(Reply::json(201, shown(call, &tenant)?.to_string()).with("Location", location))
}

/// GET /tenants: `?limit=` of them behind the slug `?after=`, without counts.
pub async fn list(call: &Call<'_>) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let found = tenants::list(call.database, after, limit).await?;
    let shown = |tenant: &Tenant| summary(call, tenant);
    Ok(listed("tenants", &found, limit, shown, |tenant| {
        tenant.slug.clone()
    }))
}

/// GET /tenants/{slug}
pub async fn get(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let tenant = existing(call, slug).await?;
    Ok(Reply::json(200, shown(call, &tenant)?.to_string()))
}

struct Changes {
    name: Option<String>,
    /// A merge patch (RFC 7396) over the settings.
    settings: Option<Map>,
    suspended: Option<bool>,
}

impl Changes {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            name: body.take("name")?,
            settings: body.take("settings")?,
            suspended: body.take("suspended")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// PATCH /tenants/{slug}: in force with every isolate's next request. A change of what is indexed
/// answers 202 as long as resources are left to index; the same request goes on with them.
pub async fn patch(call: &Call<'_>, slug: &str) -> Result<Reply> {
    let request = Changes::read(call.parts)?;
    if let Some(name) = &request.name {
        check_label("name", name)?;
    }
    let named: Vec<_> = request.settings.iter().flat_map(Map::keys).collect();
    let detail = json!({ "name": request.name, "settings": named, "suspended": request.suspended });
    let entry = call.entry(None, Some(detail));
    for _ in 0..ATTEMPTS {
        let tenant = living(call, slug).await?;
        let registry = tenant.registry()?;
        let settings = match &request.settings {
            None => tenant.settings.clone(),
            Some(patch) => tenant
                .settings
                .merged(patch, &registry)
                .or_else(|error| problem(400, error))?,
        };
        let work = work(&tenant, &settings, &registry);
        if !work.is_done() && tenant.reindex.is_some() {
            if !reindex::advance(call.database, &tenant).await? {
                return accepted(call, &tenant);
            }
            continue;
        }
        let change = Change {
            name: request.name.as_deref(),
            settings: Some(&settings),
            mapping: None,
            reindex: (!work.is_done()).then_some(&work),
            suspended: request.suspended,
        };
        if !tenants::update(call.database, &tenant, &change, &entry).await? {
            continue;
        }
        let mut tenant = existing(call, slug).await?;
        if tenant.reindex.is_some() {
            if !reindex::advance(call.database, &tenant).await? {
                return accepted(call, &tenant);
            }
            tenant = existing(call, slug).await?;
        }
        return Ok(Reply::json(200, shown(call, &tenant)?.to_string()));
    }
    busy()
}

/// DELETE /tenants/{slug}: with everything in it. Nothing of the tenant is served from now on; 202 as
/// long as rows are left to delete, and the same request goes on with them.
pub async fn delete(call: &Call<'_>, slug: &str) -> Result<Reply> {
    match removal::remove(call.database, slug, &call.entry(None, None)).await? {
        Removed::Unknown => no_tenant(slug),
        Removed::Partly => accepted(call, &existing(call, slug).await?),
        Removed::Wholly => Ok(Reply::empty(204)),
    }
}

pub(super) async fn existing(call: &Call<'_>, slug: &str) -> Result<Tenant> {
    match tenants::get(call.database, slug).await? {
        Some(tenant) => Ok(tenant),
        None => no_tenant(slug),
    }
}

/// One that is not being deleted.
pub(super) async fn living(call: &Call<'_>, slug: &str) -> Result<Tenant> {
    let tenant = existing(call, slug).await?;
    match tenant.deleting {
        None => Ok(tenant),
        Some(_) => problem(
            409,
            "The tenant is being deleted: only DELETE goes on with it.",
        ),
    }
}

/// What a change of settings asks of the attribute index.
fn work(tenant: &Tenant, settings: &Settings, registry: &Registry) -> Reindex {
    let pairs = |settings: &Settings| IndexPaths::new(registry, &settings.indexed).pairs();
    let (before, after) = (pairs(&tenant.settings), pairs(settings));
    Reindex {
        clear: before.difference(&after).cloned().collect(),
        fill: after.difference(&before).cloned().collect(),
        after: String::new(),
    }
}

fn accepted(call: &Call<'_>, tenant: &Tenant) -> Result<Reply> {
    let body = shown(call, tenant)?.to_string();
    Ok(Reply::json(202, body).with("Retry-After", "1"))
}

fn summary(call: &Call<'_>, tenant: &Tenant) -> Value {
    let mut shown = json!({
        "slug": tenant.slug,
        "name": tenant.name,
        "base_url": format!("{}/t/{}/scim/v2", call.parts.origin, tenant.slug),
        "created": time(tenant.created),
        "settings": tenant.settings,
    });
    for (name, millis) in [
        ("suspended", tenant.suspended),
        ("deleting", tenant.deleting),
    ] {
        if let Some(millis) = millis {
            shown[name] = time(millis).into();
        }
    }
    if tenant.reindex.is_some() {
        shown["reindexing"] = true.into();
    }
    shown
}

/// With the number of resources of each type, and how many more there may be.
fn shown(call: &Call<'_>, tenant: &Tenant) -> Result<Value> {
    let mut counts = Map::new();
    for definition in &tenant.registry()?.definitions {
        let name = &definition.resource_type.name;
        let counted = tenant.resources.iter().find(|(counted, _)| counted == name);
        counts.insert(name.clone(), counted.map_or(0, |(_, count)| *count).into());
    }
    let mut shown = summary(call, tenant);
    let quotas = tenant.settings.quotas.iter().map(|(name, quota)| {
        let there = counts.get(name).and_then(Value::as_i64).unwrap_or_default();
        let left = (i64::from(*quota) - there).max(0);
        (name.clone(), json!({ "quota": quota, "left": left }))
    });
    shown["quotas"] = quotas.collect::<Map>().into();
    shown["resources"] = counts.into();
    Ok(shown)
}

/// Slugs stand in URLs that Okta takes only without an underscore.
fn check_slug(slug: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=63).contains(&slug.len()) && slug.chars().all(fits) && !slug.starts_with('-') {
        return Ok(());
    }
    Err(Problem::new(
        400,
        "A slug has 1 to 63 of a-z, 0-9 and '-', and does not start with '-'.",
    )
    .into())
}
