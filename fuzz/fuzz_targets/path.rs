//! Attribute paths and the paths of PATCH operations: no text panics, and what is cut apart can be
//! put together again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_edge::scim::filter::PatchPath;
use scim_edge::scim::patch::{Op, Operation, resolve_operation};
use scim_edge::scim::path::AttrPath;
use scim_edge::scim::resource::index::IndexPath;
use scim_edge::scim::resource::project::{Projection, project};
use scim_edge_fuzz::{MODES, definitions, document};
use serde_json::Value;

fuzz_target!(|text: &str| {
    if let Ok(path) = AttrPath::parse(text) {
        assert_eq!(joined(&path), text);
    }
    for mode in MODES {
        if let Ok(path) = PatchPath::parse(text, mode) {
            assert!(text.trim().starts_with(joined(&path.attr).as_str()));
        }
        for definition in definitions() {
            for (op, value) in [
                (Op::Remove, Value::Null),
                (Op::Add, Value::from("x")),
                (Op::Replace, serde_json::json!({ text: "x" })),
            ] {
                let path = (op != Op::Replace).then(|| text.to_owned());
                let operation = Operation { op, path, value };
                for resolved in resolve_operation(definition, &operation, mode).unwrap_or_default()
                {
                    let _ = resolved.path();
                    let _ = resolved.list_change(mode);
                }
            }
        }
    }
    for definition in definitions() {
        let _ = IndexPath::parse(text, definition);
        for asked in [(Some(text), None), (None, Some(text))] {
            let projection =
                Projection::parse(asked.0, asked.1, definition).expect("one of the two");
            let mut shown = document(definition);
            project(definition, &mut shown, &projection);
            assert!(shown.contains_key("id") && shown.contains_key("schemas"));
        }
    }
});

fn joined(path: &AttrPath) -> String {
    let urn = path.urn.as_ref().map(|urn| format!("{urn}:"));
    let sub = path.sub.as_ref().map(|sub| format!(".{sub}"));
    format!(
        "{}{}{}",
        urn.unwrap_or_default(),
        path.name,
        sub.unwrap_or_default()
    )
}
