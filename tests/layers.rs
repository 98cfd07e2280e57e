//! The direction rules of the source tree, as the map in `src/lib.rs` states them: who may import
//! whom, which files are pure, where SQL and status codes may stand.

use std::fs;
use std::path::{Path, PathBuf};

/// Module → the modules of ours that it may name.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("scim", &[]),
    ("store", &["scim", "mapping"]),
    ("events", &["scim", "store"]),
    ("feed", &["scim", "store", "events", "wire"]),
    ("limits", &["wire"]),
    ("auth", &["scim", "store", "wire", "limits"]),
    (
        "membership",
        &["scim", "store", "events", "delivery", "wire"],
    ),
    ("delivery", &["scim", "store", "events", "auth", "wire"]),
    ("mapping", &["scim"]),
    ("wire", &["scim", "store"]),
    ("log", &["scim", "store"]),
    ("maintenance", &["scim", "store", "membership", "delivery"]),
    (
        "admin",
        &[
            "scim", "mapping", "store", "events", "feed", "limits", "auth", "wire", "log",
            "delivery",
        ],
    ),
    (
        "http",
        &[
            "scim",
            "mapping",
            "store",
            "events",
            "feed",
            "limits",
            "auth",
            "membership",
            "delivery",
            "wire",
            "admin",
            "log",
        ],
    ),
];

/// Files and directories that know no platform: no `worker`, no clock, no randomness.
const PURE: &[&str] = &[
    "scim",
    "events",
    "store/events/write.rs",
    "store/document.rs",
    "store/filter_sql",
    "store/folded.rs",
    "store/literals.rs",
    "admin/expiry.rs",
    "admin/same_origin.rs",
    "admin/scope.rs",
    "store/scopes.rs",
    "store/settings.rs",
    "auth/client_keys.rs",
    "auth/grant.rs",
    "auth/jwt/address.rs",
    "auth/jwt/algorithm.rs",
    "auth/jwt/claims.rs",
    "auth/jwt/freshness.rs",
    "auth/jwt/key_set.rs",
    "auth/jwt/token.rs",
    "admin/endpoints.rs",
    "admin/import/line.rs",
    "auth/token.rs",
    "store/tombstones.rs",
    "log/curl.rs",
    "log/entry.rs",
    "log/redact.rs",
    "store/members/nesting.rs",
    "auth/trust.rs",
    "store/members/read.rs",
    "store/members/write.rs",
    "store/members/write",
    "mapping",
    "membership/bulk_answer.rs",
    "membership/bulk_plan.rs",
    "membership/plan.rs",
    "membership/plan",
    "membership/question.rs",
    "membership/reactivation.rs",
    "membership/roll.rs",
    "membership/target.rs",
    "membership/unique.rs",
    "membership/steps.rs",
    "limits/address.rs",
    "limits/recent.rs",
    "delivery/backoff.rs",
    "delivery/plan.rs",
    "delivery/settle.rs",
    "delivery/sign.rs",
    "http/allow.rs",
    "http/permission.rs",
    "http/route.rs",
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file below `root`, with its path from `src/` and its text without comments.
fn sources(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .map(|line| line.split("//").next().unwrap_or_default())
                .collect::<Vec<_>>()
                .join("\n");
            let name = path
                .strip_prefix(src())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            found.push((name, code));
        }
    }
    assert!(!found.is_empty(), "{} has no source", root.display());
    found
}

/// The modules of ours that a text names by `crate::`, also inside braces.
fn imported(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => rest,
        };
        let first = |text: &str| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            text.trim()
                .split(|c| !is_word(c))
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        match rest.starts_with('{') {
            true => names.extend(list.split(',').map(first)),
            false => names.push(first(list)),
        }
    }
    names
}

#[test]
fn modules_import_downwards_only() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        for (file, code) in sources(&src().join(module)) {
            for name in imported(&code) {
                if name != *module && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{file} imports {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_a_rule() {
    for entry in fs::read_dir(src()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let known = MAY_IMPORT.iter().any(|(module, _)| *module == name);
        assert!(
            known || name == "lib.rs",
            "src/{name} has no direction rule"
        );
    }
}

#[test]
fn pure_files_know_no_platform() {
    const PLATFORM: &[&str] = &[
        "worker::",
        "use worker",
        "js_sys",
        "wasm_bindgen",
        "getrandom",
        "SystemTime",
        "Instant::now",
    ];
    let mut wrong = Vec::new();
    for place in PURE {
        for (file, code) in sources(&src().join(place)) {
            for sign in PLATFORM.iter().filter(|sign| code.contains(**sign)) {
                wrong.push(format!("{file} names {sign}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_stands_in_the_store_only() {
    const SQL: &[&str] = &["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE resources"];
    let mut wrong = Vec::new();
    for (file, code) in sources(&src()) {
        if !file.starts_with("store/") && SQL.iter().any(|sign| code.contains(sign)) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
