//! /ServiceProviderConfig, /ResourceTypes and /Schemas (RFC 7644 §4).

use serde_json::Value;

use super::exchange::Exchange;
use crate::events::set;
use crate::scim::discovery::{self, AuthenticationScheme, Features, Pagination};
use crate::scim::error::ScimError;
use crate::scim::list::{Page, list_response};
use crate::scim::mode::Mode;
use crate::store::tenants::TenantContext;
use crate::wire::Failure;
use crate::wire::reply::Reply;

pub fn answer(exchange: &Exchange<'_>, segments: &[&str]) -> Result<Reply, Failure> {
    // RFC 7644 §4: a client that filters here must hear that it cannot, not get everything.
    if exchange.parts.query("filter").is_some() {
        return Err(ScimError::new(403, "Discovery endpoints cannot be filtered.").into());
    }
    let registry = &exchange.access().tenant.registry;
    let base = &exchange.base;
    match segments {
        ["ServiceProviderConfig"] => {
            let features = features(exchange);
            Ok(found(discovery::service_provider_config(&features, base)))
        }
        ["ResourceTypes"] => Ok(all(discovery::resource_types(registry, base))),
        ["ResourceTypes", id] => one(
            "ResourceType",
            id,
            discovery::resource_type(registry, id, base),
        ),
        ["Schemas"] => Ok(all(discovery::schemas(registry, base))),
        ["Schemas", urn] => one("Schema", urn, discovery::schema(registry, urn, base)),
        _ => Err(ScimError::not_found("This endpoint").into()),
    }
}

fn one(what: &str, id: &str, value: Option<Value>) -> Result<Reply, Failure> {
    let missing = || ScimError::not_found(&format!("{what} {id}"));
    Ok(found(value.ok_or_else(missing)?))
}

fn found(value: Value) -> Reply {
    let location = value["meta"]["location"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    Reply::json(200, value.to_string()).with("Content-Location", location)
}

fn all(values: Vec<Value>) -> Reply {
    let page = Page {
        total_results: Some(values.len() as u64),
        start_index: Some(1),
        ..Page::default()
    };
    let texts: Vec<String> = values.iter().map(Value::to_string).collect();
    Reply::json(200, list_response(&page, &texts))
}

fn features(exchange: &Exchange<'_>) -> Features {
    let settings = &exchange.access().tenant.settings;
    Features {
        documentation_uri: None,
        bulk: Some(super::bulk::limits(settings)),
        sort: true,
        max_results: settings.max_results,
        pagination: Pagination {
            default_page_size: super::lists::DEFAULT_COUNT.min(settings.max_results),
            cursor_timeout: settings.cursor_timeout_s,
        },
        event_uris: match exchange.access().tenant.has_sets {
            true => set::event_uris(),
            false => Vec::new(),
        },
        interop: exchange.mode() == Mode::Interop,
        authentication_schemes: authentication_schemes(exchange.access().tenant.as_ref()),
    }
}

/// What the tenant has, the client credentials grant only where there are clients.
fn authentication_schemes(tenant: &TenantContext) -> Vec<AuthenticationScheme> {
    let bearer = AuthenticationScheme {
        kind: "oauthbearertoken",
        name: "Bearer token",
        description: match tenant.has_issuers {
            true => {
                "A token of this tenant, or a JWT of an issuer that it trusts, in the Authorization header."
            }
            false => "A token of this tenant, in the Authorization header.",
        },
        spec_uri: Some("https://www.rfc-editor.org/info/rfc6750"),
        documentation_uri: None,
        primary: true,
    };
    let client_credentials = AuthenticationScheme {
        kind: "oauth2",
        name: "OAuth 2.0 client credentials",
        description: "A client gets short-lived bearer tokens at /oauth/token beside /scim/v2.",
        spec_uri: Some("https://www.rfc-editor.org/info/rfc6749"),
        documentation_uri: None,
        primary: false,
    };
    let clients = tenant.has_clients.then_some(client_credentials);
    [bearer].into_iter().chain(clients).collect()
}
