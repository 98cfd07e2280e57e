//! What an administrator chooses per tenant. This file is the whole list, with defaults and bounds.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scim::filter;
use crate::scim::mode::Mode;
use crate::scim::path::is_name;
use crate::scim::resource::Map;
use crate::scim::resource::index::IndexPath;
use crate::scim::schema::Registry;

/// How long a cursor can be made to live, in seconds: a minute to a day.
pub const CURSOR_TIMEOUT_S: RangeInclusive<u32> = 60..=86_400;

/// How long an access token can be made to live, in seconds: five minutes to a day.
pub const ACCESS_TOKEN_LIFETIME_S: RangeInclusive<u32> = 300..=86_400;

/// Attributes that a tenant can have indexed besides the standard ones: each costs a row written
/// with every value, and a resource's index entries go to D1 as one parameter.
pub const MAX_INDEXED: usize = 20;

/// How long a deleted resource can be brought back, in days.
pub const TOMBSTONE_DAYS: RangeInclusive<u32> = 1..=365;

/// How long requests are logged, in days.
pub const LOG_RETENTION_DAYS: RangeInclusive<u32> = 0..=365;

/// Names of attributes that the log hides.
pub const MAX_REDACTED: usize = 50;

/// Bytes of a request's body. What a body names goes to D1 as one parameter, which has 2 MB at the
/// most, and quoting can make it twice as long.
pub const BODY_BYTES: RangeInclusive<u32> = 16 * 1024..=1024 * 1024;

/// Resources on a page, which is whole in memory.
pub const RESULTS: RangeInclusive<u32> = 10..=1000;

/// Bytes and comparisons of a query's filter. The most is what the parser takes and what D1's
/// depth of expressions lets become SQL.
pub const FILTER_BYTES: RangeInclusive<u32> = 256..=filter::MAX_BYTES as u32;
pub const FILTER_TERMS: RangeInclusive<u32> = 2..=filter::MAX_TERMS as u32;

/// Operations of one bulk, which is one transaction.
pub const OPERATIONS: RangeInclusive<u32> = 1..=1000;

/// What is left out has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How far the RFCs are bent for what identity providers send: "compat" (the default),
    /// "rfc-strict" or "interop". See [`crate::scim::mode`].
    pub mode: Mode,
    /// How long an RFC 9865 cursor lives after it was given out, in seconds: 60 to 86400, by
    /// default 3600.
    pub cursor_timeout_s: u32,
    /// How long an access token lives that an OAuth client gets, in seconds: 300 to 86400, by
    /// default 3600.
    pub access_token_lifetime_s: u32,
    /// Attribute paths whose values are indexed besides the standard ones, at most 20, by default
    /// none: "title", "name.familyName", "urn:…:User:buildingId". Strings and references of any
    /// resource type that has them. A filter with `eq` or `sw` on one reads as many rows as match.
    pub indexed: Vec<String>,
    /// What a PATCH of a group answers: "none" (the default), 204 and nothing, as Entra ID and
    /// RFC 7644 §3.5.2 let a service; or "group", 200 and the whole group. A request that asks for
    /// attributes, or by `Prefer`, gets them either way.
    pub group_patch_returns: GroupPatchReturns,
    /// Whether a POST of a user whose `userName` a deactivated user has makes that one active again,
    /// with the same id, as Okta expects; by default false: 409.
    pub reactivate_on_create: bool,
    /// What DELETE does: "delete" (the default), or "tombstone", after which an administrator can
    /// bring the resource back for `tombstone_days`.
    pub delete_policy: DeletePolicy,
    /// How long a deleted resource can be brought back, in days: 1 to 365, by default 30.
    pub tombstone_days: u32,
    /// How long the request log keeps an entry, in days: 1 to 365, or 0 for no log; by default 14.
    pub log_retention_days: u32,
    /// Whether the request log keeps bodies and the values in filters, by default true.
    pub log_bodies: bool,
    /// Names of attributes whose values the request log hides besides passwords, at most 50, by
    /// default none: "phoneNumbers", "birthDate". In every schema and at every depth.
    pub redact: Vec<String>,
    /// How many resources there may be, by resource type: {"User": 500}. By default of each as many
    /// as come. What is there already stays, whatever is set.
    pub quotas: BTreeMap<String, u32>,
    /// Whether requests are counted and refused past the limits in wrangler.toml: "standard" (the
    /// default), or "none".
    pub rate_limit: RateLimit,
    /// How many bytes a body has at the most, a bulk's aside: 16384 to 1048576, which is the
    /// default.
    pub max_body_bytes: u32,
    /// Resources on a page at the most: 10 to 1000, by default 1000. Who asks for more gets these.
    pub max_results: u32,
    /// How many bytes the filter of a query has at the most: 256 to 8192, by default 8192.
    pub max_filter_bytes: u32,
    /// How many comparisons the filter of a query has at the most: 2 to 100, by default 100.
    pub max_filter_terms: u32,
    /// Operations of one bulk at the most: 1 to 1000, by default 1000.
    pub bulk_max_operations: u32,
    /// How many bytes a bulk has at the most: 16384 to 1048576, which is the default.
    pub bulk_max_payload_size: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupPatchReturns {
    #[default]
    None,
    Group,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletePolicy {
    #[default]
    Delete,
    Tombstone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateLimit {
    #[default]
    Standard,
    None,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            cursor_timeout_s: 3600,
            access_token_lifetime_s: 3600,
            indexed: Vec::new(),
            group_patch_returns: GroupPatchReturns::default(),
            reactivate_on_create: false,
            delete_policy: DeletePolicy::default(),
            tombstone_days: 30,
            log_retention_days: 14,
            log_bodies: true,
            redact: Vec::new(),
            quotas: BTreeMap::new(),
            rate_limit: RateLimit::default(),
            max_body_bytes: *BODY_BYTES.end(),
            max_results: *RESULTS.end(),
            max_filter_bytes: *FILTER_BYTES.end(),
            max_filter_terms: *FILTER_TERMS.end(),
            bulk_max_operations: *OPERATIONS.end(),
            bulk_max_payload_size: *BODY_BYTES.end(),
        }
    }
}

impl Settings {
    /// As D1 holds them; `None` is no JSON object. What a newer version wrote and this one does not
    /// know, a setting or a setting's value, counts as the default: taking a deployment back stops no
    /// tenant.
    pub fn read(text: &str) -> Option<Self> {
        let stored: Map = crate::scim::json::read(text).ok()?;
        let mut known = Map::new();
        for (key, value) in stored {
            let mut with = known.clone();
            with.insert(key, value);
            if serde_json::from_value::<Self>(with.clone().into()).is_ok() {
                known = with;
            }
        }
        serde_json::from_value(known.into()).ok()
    }

    /// How many days what is deleted can be brought back; `None` where it cannot.
    pub fn kept_days(&self) -> Option<u32> {
        (self.delete_policy == DeletePolicy::Tombstone).then_some(self.tombstone_days)
    }

    /// These settings with a merge patch (RFC 7396) over them: null means the default again. The
    /// error names the setting.
    pub fn merged(&self, patch: &Map, registry: &Registry) -> Result<Self, String> {
        let json = |settings: &Self| match serde_json::to_value(settings) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err("The settings cannot be written as JSON.".to_owned()),
        };
        let defaults = json(&Self::default())?;
        let mut merged = json(self)?;
        for (key, value) in patch {
            let Some(default) = defaults.get(key) else {
                let known: Vec<_> = defaults.keys().map(String::as_str).collect();
                return Err(format!(
                    "There is no setting {key:?}; there are {}.",
                    known.join(", ")
                ));
            };
            let value = match (value, merged.get(key)) {
                (Value::Null, _) => default.clone(),
                (Value::Object(patch), Some(Value::Object(old))) => with_members(old, patch).into(),
                _ => value.clone(),
            };
            merged.insert(key.clone(), value);
            serde_json::from_value::<Self>(merged.clone().into())
                .map_err(|error| format!("settings.{key}: {error}."))?;
        }
        let mut settings: Self =
            serde_json::from_value(merged.into()).map_err(|error| format!("settings: {error}."))?;
        for (name, value, bounds, unit) in settings.numbers() {
            let (least, most) = bounds.into_inner();
            if !(least..=most).contains(&value) {
                return Err(format!("settings.{name} must be {least} to {most} {unit}."));
            }
        }
        if settings.redact.len() > MAX_REDACTED || !settings.redact.iter().all(|name| is_name(name))
        {
            return Err(format!(
                "settings.redact lists at most {MAX_REDACTED} names of attributes, without their schemas and sub-attributes."
            ));
        }
        // A quota of a type that has gone since does not stand in the way of other changes.
        let named = settings
            .quotas
            .iter()
            .filter(|(name, _)| !self.quotas.contains_key(*name));
        for (name, _) in named {
            if registry.definition(name).is_none() {
                return Err(format!(
                    "settings.quotas: the tenant has no resource type {name:?}."
                ));
            }
        }
        settings.indexed = checked_paths(&settings.indexed, registry)?;
        Ok(settings)
    }
}

impl Settings {
    /// What has bounds: by its name, with them and what it counts.
    fn numbers(&self) -> [(&'static str, u32, RangeInclusive<u32>, &'static str); 10] {
        [
            (
                "cursor_timeout_s",
                self.cursor_timeout_s,
                CURSOR_TIMEOUT_S,
                "seconds",
            ),
            (
                "access_token_lifetime_s",
                self.access_token_lifetime_s,
                ACCESS_TOKEN_LIFETIME_S,
                "seconds",
            ),
            (
                "tombstone_days",
                self.tombstone_days,
                TOMBSTONE_DAYS,
                "days",
            ),
            (
                "log_retention_days",
                self.log_retention_days,
                LOG_RETENTION_DAYS,
                "days",
            ),
            ("max_body_bytes", self.max_body_bytes, BODY_BYTES, "bytes"),
            ("max_results", self.max_results, RESULTS, "resources"),
            (
                "max_filter_bytes",
                self.max_filter_bytes,
                FILTER_BYTES,
                "bytes",
            ),
            (
                "max_filter_terms",
                self.max_filter_terms,
                FILTER_TERMS,
                "comparisons",
            ),
            (
                "bulk_max_operations",
                self.bulk_max_operations,
                OPERATIONS,
                "operations",
            ),
            (
                "bulk_max_payload_size",
                self.bulk_max_payload_size,
                BODY_BYTES,
                "bytes",
            ),
        ]
    }
}

/// A merge patch over the members of one object.
fn with_members(old: &Map, patch: &Map) -> Map {
    let mut merged = old.clone();
    for (name, value) in patch {
        match value {
            Value::Null => merged.shift_remove(name),
            value => merged.insert(name.clone(), value.clone()),
        };
    }
    merged
}

/// Each path once, spelled as its schema does.
pub fn checked_paths(indexed: &[String], registry: &Registry) -> Result<Vec<String>, String> {
    if indexed.len() > MAX_INDEXED {
        return Err(format!(
            "settings.indexed lists at most {MAX_INDEXED} paths."
        ));
    }
    let mut paths = Vec::new();
    for path in indexed {
        let mut found = registry
            .definitions
            .iter()
            .filter_map(|definition| IndexPath::parse(path, definition).ok())
            .filter(IndexPath::is_text);
        let Some(found) = found.next() else {
            return Err(format!(
                "settings.indexed: {path:?} is no string or reference that a resource type of this tenant has and keeps."
            ));
        };
        if !paths.contains(&found.path) {
            paths.push(found.path);
        }
    }
    Ok(paths)
}
