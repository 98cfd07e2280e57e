//! A body as a PATCH of each type's resource: nothing panics, what comes out is a valid document,
//! and to replace the same again changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_edge::scim::mode::Mode;
use scim_edge::scim::patch::{self, Op, PatchRequest};
use scim_edge::scim::resource::{MAX_DEPTH, Map, parse_body, validate};
use scim_edge::scim::schema::Definition;
use scim_edge_fuzz::{MODES, definitions, document};

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = parse_body(bytes, MAX_DEPTH) else {
        return;
    };
    for mode in MODES {
        let Ok(request) = PatchRequest::parse(&body, mode) else {
            continue;
        };
        for definition in definitions() {
            check(definition, &request, mode);
        }
    }
});

fn check(definition: &Definition, request: &PatchRequest, mode: Mode) {
    let Ok(new) = patch::apply(definition, &document(definition), request, mode) else {
        return;
    };
    let again = validate::replace(definition, &new, &new, mode).expect("a valid document");
    assert_eq!(again, new, "the document is not canonical in {mode:?}");
    if is_plain_replace(request) {
        let twice = patch::apply(definition, &new, request, mode).expect("it was possible before");
        assert_eq!(twice, new, "replaced twice in {mode:?}");
    }
}

/// One `replace` without a filter: a filter may find nothing the second time.
fn is_plain_replace(request: &PatchRequest) -> bool {
    let [operation] = request.operations.as_slice() else {
        return false;
    };
    let filtered = |text: &str| text.contains('[');
    let inner = |map: &Map| map.keys().any(|key| filtered(key));
    operation.op == Op::Replace
        && !operation.path.as_deref().is_some_and(filtered)
        && !operation.value.as_object().is_some_and(|map| {
            inner(map) || map.values().filter_map(|one| one.as_object()).any(inner)
        })
}
