//! What an administrator may say, and what a newer version left behind.

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
fn quotas_are_patched_one_by_one() {
    let merge = |settings: &Settings, patch: Value| {
        let patch = json!({ "quotas": patch });
        settings.merged(patch.as_object().unwrap(), Registry::builtin())
    };
    let check = |settings: &Settings, expected: &[(&str, u32)]| {
        let quotas: Vec<_> = settings.quotas.iter().collect();
        let quotas: Vec<_> = quotas
            .iter()
            .map(|(name, most)| (name.as_str(), **most))
            .collect();
        assert_eq!(quotas, expected);
    };
    let both = merge(&Settings::default(), json!({"User": 5, "Group": 0})).unwrap();
    check(&both, &[("Group", 0), ("User", 5)]);
    check(
        &merge(&both, json!({"User": 7})).unwrap(),
        &[("Group", 0), ("User", 7)],
    );
    check(
        &merge(&both, json!({"User": null})).unwrap(),
        &[("Group", 0)],
    );
    check(&merge(&both, Value::Null).unwrap(), &[]);
    for (patch, words) in [
        (json!({"Users": 5}), "no resource type \"Users\""),
        (json!({"User": -1}), "settings.quotas"),
        (json!({"User": 1.5}), "settings.quotas"),
        (json!(["User"]), "settings.quotas"),
    ] {
        let error = merge(&both, patch).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    let gone = Settings {
        quotas: [("Device".to_owned(), 1)].into(),
        ..Settings::default()
    };
    check(
        &merge(&gone, json!({"User": 1})).unwrap(),
        &[("Device", 1), ("User", 1)],
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
    check(json!({"rate_limit": 5}), "settings.rate_limit");
    check(json!({"delete_policy": "keep"}), "settings.delete_policy");
    for (number, most) in [
        ("max_body_bytes", 1_048_576),
        ("max_results", 1000),
        ("max_filter_bytes", 8192),
        ("max_filter_terms", 100),
        ("bulk_max_operations", 1000),
        ("bulk_max_payload_size", 1_048_576),
    ] {
        check(json!({number: most + 1}), &format!("settings.{number}"));
        check(json!({number: 0}), &most.to_string());
    }
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
