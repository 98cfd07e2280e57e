//! A body as a new resource of each type: nothing panics, the document is canonical at once, and
//! every projection of it can be rendered.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_edge::scim::resource::index::{IndexPath, indexed_values};
use scim_edge::scim::resource::project::Projection;
use scim_edge::scim::resource::render::{Shown, render};
use scim_edge::scim::resource::{MAX_DEPTH, Map, parse_body, validate};
use scim_edge::scim::schema::Definition;
use scim_edge::store::document::prepare;
use scim_edge_fuzz::{MODES, definitions};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = parse_body(bytes, MAX_DEPTH) else {
        return;
    };
    for mode in MODES {
        for definition in definitions() {
            let Ok(document) = validate::create(definition, &body, mode) else {
                continue;
            };
            let again = validate::create(definition, &document, mode).expect("a valid document");
            assert_eq!(again, document, "the document is not canonical in {mode:?}");
            show(definition, &document);
        }
    }
});

fn show(definition: &Definition, document: &Map) {
    let paths: Vec<IndexPath> = ["userName", "emails", "tags", "bought", "codes"]
        .iter()
        .filter_map(|path| IndexPath::parse(path, definition).ok())
        .collect();
    assert!(indexed_values(document, &paths).is_sorted());
    let prepared = prepare(definition, document, &paths);
    let shown = Shown {
        location: "https://scim.example/scim/v2/Things/1",
        etag: "W/\"1\"",
        created: 0,
        modified: 1,
        document: &prepared.new.document,
        derived: None,
    };
    for (attributes, excluded) in [
        (None, None),
        (Some("userName,emails.value,tags,maker.name"), None),
        (None, Some("name.givenName,emails,parts.number,meta")),
    ] {
        let projection = Projection::parse(attributes, excluded, definition).expect("a projection");
        let text = render(definition, &shown, &projection).expect("a stored document");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert!(value.get("schemas").is_some());
        if attributes.is_none() && excluded.is_none() {
            let mut whole = value;
            whole
                .as_object_mut()
                .expect("an object")
                .shift_remove("meta");
            let visible = document.iter().all(|(name, one)| {
                whole.get(name) == Some(one) || definition.resource_type.name != "User"
            });
            assert!(visible, "{whole}");
        }
    }
}
