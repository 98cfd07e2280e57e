//! `/directory/v1/{tenant}`: the directory as the product reads it, with departments.
//!
//! - GET `users`, `users/{id}`, `groups`, `groups/{id}`, `departments`, `events`: plain JSON, problem details
//!   for errors.
//! - What a user belongs to is computed from the groups as they are when they are read: nothing has
//!   to be brought up to date when rules change.
//!
//! - With the header `X-D1-Bookmark` it is read from the nearest copy of the database: one as new as
//!   the bookmark that an earlier answer had, or any with `first-unconstrained`.
//!
//! Refused: tokens without the scope `directory:read`, and everything but reading.

use serde_json::{Value, json};
use worker::Env;

use super::exchange::Exchange;
use super::lists;
use super::permission;
use super::scim::{self, Asked};
use crate::admin::problem;
use crate::feed;
use crate::mapping::{
    Belonging, DEPARTMENT, Group, Membership, Rules, Target, belongings, overview,
};
use crate::scim::datetime::DateTime;
use crate::scim::error::ScimError;
use crate::scim::resource::Map;
use crate::scim::resource::project::Projection;
use crate::scim::schema::Definition;
use crate::scim::search::{Paging, SearchRequest};
use crate::store::d1::Database;
use crate::store::derive::{Derive, Found};
use crate::store::mapping::MAX_GROUPS;
use crate::store::settings::RESULTS;
use crate::wire::Failure;
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

/// Groups that `?department=` can stand for: a filter has at most a hundred terms.
const MAX_GROUPS_OF_DEPARTMENT: usize = 40;

/// People or groups of one answer at the most.
const MAX_LIMIT: u32 = *RESULTS.end();

/// Cloudflare's own examples call it so (D1, "Global read replication").
const BOOKMARK_HEADER: &str = "X-D1-Bookmark";

const ALLOW: &str = "GET, HEAD, OPTIONS";

pub async fn answer(
    parts: &Parts,
    env: &Env,
    database: &Database,
    tenant: &str,
    segments: &[String],
) -> Result<Reply, Failure> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let asked = Asked::Directory(&segments);
    let base_path = format!("/t/{tenant}/scim/v2");
    let session = match parts.header(BOOKMARK_HEADER) {
        None => None,
        Some(bookmark) if is_bookmark(&bookmark) => Some(database.session(&bookmark)?),
        Some(_) => {
            let detail =
                "X-D1-Bookmark is a bookmark of an earlier answer, or first-unconstrained.";
            return Err(ScimError::new(400, detail).into());
        }
    };
    let database = session.as_ref().unwrap_or(database);
    let tenant = Some(tenant);
    let reply = scim::answer(parts, env, database, tenant, &base_path, asked, None).await?;
    Ok(match session.and_then(|session| session.bookmark()) {
        Some(bookmark) => reply.with(BOOKMARK_HEADER, bookmark),
        None => reply,
    })
}

fn is_bookmark(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_hexdigit() || c == '-';
    ["first-unconstrained", "first-primary"].contains(&text)
        || (!text.is_empty() && text.len() <= 200 && text.chars().all(fits))
}

pub async fn endpoint(exchange: &Exchange<'_>, segments: &[&str]) -> Result<Reply, Failure> {
    permission::directory(exchange.access().token.scopes).map_err(scim::denied)?;
    match exchange.parts.method.as_str() {
        "GET" | "HEAD" => read(exchange, segments).await,
        "OPTIONS" => Ok(Reply::empty(204).with("Allow", ALLOW)),
        _ => {
            let refusal = "The directory is read-only: GET and HEAD are possible here.";
            Ok(problem::reply(&ScimError::new(405, refusal)).with("Allow", ALLOW))
        }
    }
}

async fn read(exchange: &Exchange<'_>, segments: &[&str]) -> Result<Reply, Failure> {
    match segments {
        ["users"] => users(exchange).await,
        ["users", id] => one(exchange, "User", id).await,
        ["groups"] => groups(exchange).await,
        ["groups", id] => one(exchange, "Group", id).await,
        ["departments"] => departments(exchange).await,
        ["events"] => events(exchange).await,
        _ => Err(ScimError::new(
            404,
            "The directory has users, users/{id}, groups, groups/{id}, departments and events.",
        )
        .into()),
    }
}

/// GET /users: `filter` as in SCIM, `group` (an id) and `department` (a name; another `kind` by that
/// parameter) narrow it; `limit` and `cursor` page it.
async fn users(exchange: &Exchange<'_>) -> Result<Reply, Failure> {
    let limit = limit(exchange)?;
    let mut terms: Vec<String> = Vec::new();
    if let Some(filter) = exchange.parts.query("filter") {
        terms.push(format!("({filter})"));
    }
    if let Some(group) = exchange.parts.query("group") {
        terms.push(format!("groups.value eq {}", Value::from(group)));
    }
    if let Some(department) = exchange.parts.query("department") {
        match in_department(exchange, department).await? {
            Some(term) => terms.push(term),
            None => {
                return Ok(Reply::json(
                    200,
                    json!({ "users": [], "total": 0 }).to_string(),
                ));
            }
        }
    }
    let filter = (!terms.is_empty()).then(|| terms.join(" and "));
    page(
        exchange,
        "User",
        "users",
        filter,
        limit,
        Derive::Memberships,
    )
    .await
}

async fn groups(exchange: &Exchange<'_>) -> Result<Reply, Failure> {
    let filter = exchange.parts.query("filter").map(str::to_owned);
    let limit = limit(exchange)?;
    page(exchange, "Group", "groups", filter, limit, Derive::Nothing).await
}

/// The filter for those who belong to a department; `None` when no group is that department.
async fn in_department(exchange: &Exchange<'_>, name: &str) -> Result<Option<String>, Failure> {
    let kind = kind(exchange);
    let rules = exchange.access().tenant.rules();
    let mut terms = Vec::new();
    for group in exchange.store.groups().await? {
        let targets = rules.targets(&group.group());
        let is_it = |target: &&Target| target.kind == kind && target.name == name;
        if let Some(target) = targets.iter().find(is_it) {
            let id = Value::from(group.id.as_str());
            terms.push(match target.nested {
                true => format!("groups.value eq {id}"),
                false => format!("groups[value eq {id} and type eq \"direct\"]"),
            });
        }
    }
    if terms.len() > MAX_GROUPS_OF_DEPARTMENT {
        return Err(ScimError::new(
            400,
            format!(
                "{} groups are this {kind}, and a query looks at {MAX_GROUPS_OF_DEPARTMENT} at most: ask for users by group.",
                terms.len()
            ),
        )
        .into());
    }
    Ok((!terms.is_empty()).then(|| format!("({})", terms.join(" or "))))
}

/// GET /events: what changed since a position, see [`feed::answer`].
async fn events(exchange: &Exchange<'_>) -> Result<Reply, Failure> {
    let read = async |after, limit| Ok(exchange.store.events(after, limit).await?);
    feed::answer(exchange.parts, read).await
}

fn kind<'a>(exchange: &'a Exchange<'_>) -> &'a str {
    exchange.parts.query("kind").unwrap_or(DEPARTMENT)
}

/// GET /departments: each with its groups, by priority and name; another `kind` by that parameter.
/// Reads every group of the tenant.
async fn departments(exchange: &Exchange<'_>) -> Result<Reply, Failure> {
    let kind = kind(exchange);
    let groups = exchange.store.groups().await?;
    let mut all = overview(exchange.access().tenant.rules(), &groups);
    if let Value::Array(targets) = &mut all["targets"] {
        targets.retain(|target| target["kind"] == kind);
    }
    let body = json!({
        "departments": all["targets"].take(),
        "complete": groups.len() < MAX_GROUPS,
    });
    Ok(Reply::json(200, body.to_string()))
}

fn limit(exchange: &Exchange<'_>) -> Result<Option<i64>, ScimError> {
    let limit = exchange.parts.number("limit", 1..=MAX_LIMIT)?;
    Ok(limit.map(i64::from))
}

/// A page of one type, in the order of creation. The cursor is RFC 9865's, as the SCIM lists have it.
async fn page(
    exchange: &Exchange<'_>,
    type_name: &str,
    plural: &'static str,
    filter: Option<String>,
    limit: Option<i64>,
    derive: Derive,
) -> Result<Reply, Failure> {
    let definition = definition(exchange, type_name)?;
    let request = SearchRequest {
        attributes: None,
        excluded_attributes: None,
        filter,
        sort_by: None,
        descending: false,
        count: limit,
        paging: Paging::Cursor(exchange.parts.query("cursor").map(str::to_owned)),
    };
    let types = std::slice::from_ref(definition);
    let projections = [Projection::parse(None, None, definition)?];
    let (page, found) = lists::page(exchange, types, &request, &projections, Some(derive)).await?;
    let shown = found
        .iter()
        .map(|entry| shown(exchange, definition, &entry.found))
        .collect::<Result<Vec<_>, _>>()?;
    let mut body = json!({ plural: shown, "total": page.total_results });
    if let Some(cursor) = page.next_cursor {
        body["next"] = cursor.into();
    }
    Ok(Reply::json(200, body.to_string()))
}

/// GET /users/{id} and GET /groups/{id}
async fn one(exchange: &Exchange<'_>, type_name: &str, id: &str) -> Result<Reply, Failure> {
    let definition = definition(exchange, type_name)?;
    let derive = match definition.groups() {
        Some(_) => Derive::Memberships,
        None => Derive::Nothing,
    };
    let found = exchange
        .store
        .get(type_name, id, derive, &exchange.base, None)
        .await?;
    match found {
        Some(found) => {
            let body = shown(exchange, definition, &found)?.to_string();
            Ok(Reply::json(200, body))
        }
        None => Err(ScimError::new(404, format!("There is no {type_name} {id:?}.")).into()),
    }
}

fn definition<'a>(exchange: &'a Exchange<'_>, name: &str) -> Result<&'a Definition, ScimError> {
    let registry = &exchange.access().tenant.registry;
    registry
        .definition(name)
        .ok_or_else(|| ScimError::new(500, format!("The resource type {name} is missing.")))
}

/// A resource for the product: what it asks for by name, and the whole SCIM resource.
fn shown(
    exchange: &Exchange<'_>,
    definition: &Definition,
    found: &Found,
) -> Result<Value, ScimError> {
    let broken = |_| ScimError::new(500, "A stored document cannot be read.");
    let alone = Found::new(found.stored.clone(), None);
    let whole = Projection::parse(None, None, definition)?;
    let resource = exchange.render(definition, &alone, &whole)?;
    let resource: Value = crate::scim::json::read(&resource).map_err(broken)?;
    let rules = exchange.access().tenant.rules();
    let mut shown = json!({
        "id": found.stored.id,
        "external_id": resource["externalId"],
        "created": DateTime::from_millis(found.stored.created).to_rfc3339(),
        "last_modified": DateTime::from_millis(found.stored.modified).to_rfc3339(),
    });
    if definition.groups().is_some() {
        let derived = found.derived.as_deref().unwrap_or("[]");
        let memberships: Value = crate::scim::json::read(derived).map_err(broken)?;
        let memberships = Membership::read_all(&memberships);
        describe_user(&mut shown, &resource, &memberships, rules);
    } else {
        let display = resource["displayName"].as_str().unwrap_or_default();
        shown["name"] = display.into();
        let group = Group {
            id: &found.stored.id,
            external_id: resource["externalId"].as_str(),
            display,
        };
        let targets = rules.targets(&group);
        let target = |target: &Target| json!({ "kind": target.kind, "name": target.name });
        shown["targets"] = targets.iter().map(target).collect();
    }
    shown["scim"] = resource;
    Ok(shown)
}

fn describe_user(shown: &mut Value, user: &Value, memberships: &[Membership], rules: &Rules) {
    let emails = user["emails"].as_array().map_or(&[][..], Vec::as_slice);
    let primary = emails.iter().find(|email| email["primary"] == true);
    let email = primary.or(emails.first());
    let belongings = belongings(rules, memberships);
    let departments = belongings.iter().map(|one| &one.target);
    let departments = departments.filter(|target| target.kind == DEPARTMENT);
    let target = |one: &Belonging| json!({ "kind": one.target.kind, "name": one.target.name, "groups": one.through });
    let group = |one: &Membership| json!({ "id": one.group.id, "name": one.group.display, "direct": one.direct });
    let more = json!({
        "user_name": user["userName"],
        "active": user["active"].as_bool().unwrap_or(true),
        "email": email.map_or(Value::Null, |email| email["value"].clone()),
        "given_name": user["name"]["givenName"],
        "family_name": user["name"]["familyName"],
        "display_name": user["displayName"],
        "preferred_language": user["preferredLanguage"],
        "departments": departments.map(|target| &target.name).collect::<Vec<_>>(),
        "targets": belongings.iter().map(target).collect::<Vec<_>>(),
        "groups": memberships.iter().map(group).collect::<Vec<_>>(),
    });
    if let (Value::Object(shown), Value::Object(more)) = (shown, more) {
        shown.extend::<Map>(more);
    }
}
