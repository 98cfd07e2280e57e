//! Text → filter → checked → a decision and SQL. No text panics, brackets around all of it change
//! nothing, `not` turns the decision around, and the SQL keeps within what D1 takes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_edge::scim::filter::check::{check, check_sort};
use scim_edge::scim::filter::parse::parse;
use scim_edge::store::filter_sql::{Columns, compile, sort_key};
use scim_edge::store::literals::Literals;
use scim_edge_fuzz::{MODES, definitions, document};
use serde_json::Value;

/// D1's limit for the text of a statement.
const SQL_BYTES: usize = 100_000;

fuzz_target!(|text: &str| {
    for mode in MODES {
        let Ok(filter) = parse(text, mode) else {
            continue;
        };
        let bracketed = parse(&format!("({text})"), mode);
        let negated = parse(&format!("not ({text})"), mode);
        for definition in definitions() {
            let Ok(checked) = check(&filter, definition, mode) else {
                continue;
            };
            let resource = Value::Object(document(definition));
            let found = checked.matches(&resource);
            // One level or a few bytes more may be one too many.
            if let Ok(bracketed) = &bracketed {
                let again = check(bracketed, definition, mode).expect("checked without brackets");
                assert_eq!(again.root, checked.root);
            }
            if let Ok(negated) = &negated {
                let not = check(negated, definition, mode).expect("checked without negation");
                assert_ne!(not.matches(&resource), found);
            }
            let indexed = ["userName".to_owned(), "emails.value".to_owned()];
            let columns = Columns {
                definition,
                tenant: "?1",
                indexed: &indexed,
                base_url: "https://scim.example/scim/v2",
            };
            let mut literals = Literals::new("?2");
            let sql = compile(&checked, &columns, &mut literals).scoped(&columns, &mut literals);
            assert!(sql.len() < SQL_BYTES, "{} bytes", sql.len());
            let path = text.split(' ').next().unwrap_or_default();
            if let Ok(path) = check_sort(path, definition) {
                let _ = sort_key(&path, &columns, &mut literals);
            }
        }
    }
});
