//! What an administrator chooses per tenant. This file is the whole list, with defaults and bounds.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
            let value = if value.is_null() { default } else { value };
            merged.insert(key.clone(), value.clone());
            serde_json::from_value::<Self>(merged.clone().into())
                .map_err(|error| format!("settings.{key}: {error}."))?;
        }
        let mut settings: Self =
            serde_json::from_value(merged.into()).map_err(|error| format!("settings: {error}."))?;
        for (name, seconds, bounds) in [
            (
                "cursor_timeout_s",
                settings.cursor_timeout_s,
                CURSOR_TIMEOUT_S,
            ),
            (
                "access_token_lifetime_s",
                settings.access_token_lifetime_s,
                ACCESS_TOKEN_LIFETIME_S,
            ),
        ] {
            if !bounds.contains(&seconds) {
                let (least, most) = bounds.into_inner();
                return Err(format!(
                    "settings.{name} must be {least} to {most} seconds."
                ));
            }
        }
        if !TOMBSTONE_DAYS.contains(&settings.tombstone_days) {
            return Err(format!(
                "settings.tombstone_days must be {} to {} days.",
                TOMBSTONE_DAYS.start(),
                TOMBSTONE_DAYS.end()
            ));
        }
        if !LOG_RETENTION_DAYS.contains(&settings.log_retention_days) {
            return Err(format!(
                "settings.log_retention_days must be {} to {} days.",
                LOG_RETENTION_DAYS.start(),
                LOG_RETENTION_DAYS.end()
            ));
        }
        if settings.redact.len() > MAX_REDACTED || !settings.redact.iter().all(|name| is_name(name))
        {
            return Err(format!(
                "settings.redact lists at most {MAX_REDACTED} names of attributes, without their schemas and sub-attributes."
            ));
        }
        settings.indexed = checked_paths(&settings.indexed, registry)?;
        Ok(settings)
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merge(patch: Value) -> Result<Settings, String> {
        let start = Settings {
            cursor_timeout_s: 600,
            ..Settings::default()
        };
        start.merged(patch.as_object().expect("an object"), Registry::builtin())
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let settings = merge(json!({"mode": "rfc-strict", "indexed": ["TITLE", "title"]})).unwrap();
        assert_eq!(settings.mode, Mode::RfcStrict);
        assert_eq!(settings.cursor_timeout_s, 600);
        assert_eq!(settings.indexed, ["title"]);
        assert_eq!(
            merge(json!({"cursor_timeout_s": null})).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn refusals_name_the_setting() {
        let check = |patch: Value, words: &str| {
            let error = merge(patch.clone()).unwrap_err();
            assert!(error.contains(words), "{patch}: {error}");
        };
        check(json!({"modus": "compat"}), "no setting \"modus\"");
        check(json!({"mode": "lenient"}), "settings.mode: unknown variant");
        check(json!({"cursor_timeout_s": 59}), "settings.cursor_timeout_s");
        check(
            json!({"cursor_timeout_s": 86_401}),
            "settings.cursor_timeout_s",
        );
        check(
            json!({"cursor_timeout_s": "60"}),
            "settings.cursor_timeout_s",
        );
        for lifetime in [299, 86_401] {
            check(
                json!({"access_token_lifetime_s": lifetime}),
                "settings.access_token_lifetime_s",
            );
        }
        check(
            json!({"group_patch_returns": true}),
            "settings.group_patch_returns",
        );
        check(json!({"log_retention_days": 366}), "0 to 365");
        check(json!({"tombstone_days": 0}), "1 to 365");
        check(json!({"delete_policy": "keep"}), "settings.delete_policy");
        check(json!({"log_bodies": 1}), "settings.log_bodies");
        for name in ["name.givenName", "", "urn:x:y"] {
            check(json!({"redact": [name]}), "settings.redact");
        }
        check(json!({"redact": vec!["title"; 51]}), "at most 50");
        for path in ["nothing", "active", "password", "name", "meta.created"] {
            check(json!({"indexed": [path]}), path);
        }
        check(json!({"indexed": vec!["title"; 21]}), "at most 20");
    }

    #[test]
    fn what_a_newer_version_wrote_is_passed_over() {
        let check = |stored: &str, expected: Option<(Mode, u32)>| {
            let settings = Settings::read(stored);
            let read = settings.map(|settings| (settings.mode, settings.cursor_timeout_s));
            assert_eq!(read, expected, "{stored}");
        };
        check(
            r#"{"later": 1, "mode": "interop"}"#,
            Some((Mode::Interop, 3600)),
        );
        check(
            r#"{"mode": "later", "cursor_timeout_s": 60}"#,
            Some((Mode::Compat, 60)),
        );
        check(
            r#"{"cursor_timeout_s": "1h", "mode": "interop"}"#,
            Some((Mode::Interop, 3600)),
        );
        check("[]", None);
    }
}
