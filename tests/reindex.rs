//! What re-indexing writes for resources that exist is what writing them would have written.

use rusqlite::{Connection, params, params_from_iter};
use scim_edge::scim::mode::Mode;
use scim_edge::scim::resource::Map;
use scim_edge::scim::resource::index::{IndexPath, indexed_values};
use scim_edge::scim::schema::{Declared, Definition, Registry};
use scim_edge::store::document::prepare;
use scim_edge::store::reindex::fill_sql;
use scim_edge::store::tenant_schemas::json_path;
use serde_json::{Value, json};

const URN: &str = "urn:example:thing:1.0";
const MORE: &str = "urn:example:more:1.0";

fn registry() -> Registry {
    let attributes = json!([
        {"name": "label"},
        {"name": "code", "caseExact": true},
        {"name": "link", "type": "reference", "referenceTypes": ["uri"], "caseExact": true},
        {"name": "tags", "multiValued": true},
        {"name": "maker", "type": "complex", "subAttributes": [{"name": "name"}, {"name": "sites", "multiValued": true}]},
        {"name": "parts", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "value"}, {"name": "code", "caseExact": true}, {"name": "marks", "multiValued": true}]},
    ]);
    let schema = |id: &str| {
        let schema = json!({"id": id, "name": id, "attributes": attributes});
        std::sync::Arc::new(serde_json::from_value(schema).expect("a schema"))
    };
    let types = json!([{"id": "Thing", "name": "Thing", "endpoint": "/Things", "schema": URN,
        "schemaExtensions": [{"schema": MORE, "required": false}]}]);
    Registry::with_own(&Declared {
        schemas: vec![schema(URN), schema(MORE)],
        types: serde_json::from_value(types).expect("types"),
    })
    .expect("they fit together")
}

fn documents(definition: &Definition) -> Vec<Map> {
    let values = json!({
        "label": "Großer ÄPFELkorb", "code": "Aé\"B", "link": "https://example.com/A",
        "tags": ["One", "ONE", "zwö", "ΣΊΣΥΦΟΣ"],
        "maker": {"name": "Åcme", "sites": ["Örebro", "x"]},
        "parts": [
            {"value": "P1", "code": "c", "marks": ["M", "n"]},
            {"value": "p1", "code": "C"},
            {"code": "Ü"},
        ],
    });
    let ascii = json!({"label": "plain", "tags": ["A"], "parts": [{"value": "Q"}]});
    let bodies = [
        values.clone(),
        ascii.clone(),
        json!({"label": "only", MORE: values}),
        json!({"label": "last", MORE: ascii}),
        json!({"code": "none of the others"}),
    ];
    let canonical = |body: &Value| {
        let body = body.as_object().expect("an object");
        scim_edge::scim::resource::validate::create(definition, body, Mode::Compat).expect("valid")
    };
    bodies.iter().map(canonical).collect()
}

#[test]
fn entries_are_those_that_writes_make() {
    let registry = registry();
    let thing = registry.definition("Thing").expect("declared");
    let database = Connection::open_in_memory().expect("SQLite");
    database
        .execute_batch(include_str!("../schema.sql"))
        .expect("schema.sql");
    let documents = documents(thing);
    for (seq, document) in documents.iter().enumerate() {
        let new = prepare(thing, document, &[]).new;
        database
            .execute(
                "INSERT INTO resources (seq, tenant, type, id, created, modified, document, folded) \
                 VALUES (?1, 7, 'Thing', ?2, 0, 0, ?3, ?4)",
                params![seq as i64, format!("id-{seq}"), new.document, new.folded],
            )
            .expect("a resource");
    }
    let names = [
        "label",
        "code",
        "link",
        "tags",
        "maker.name",
        "maker.sites",
        "parts",
        "parts.code",
        "parts.marks",
    ];
    let qualified = names.map(|name| format!("{MORE}:{name}"));
    for name in names
        .into_iter()
        .chain(qualified.iter().map(String::as_str))
    {
        let path = IndexPath::parse(name, thing).expect(name);
        let (outer, sub) = path.route();
        let mut parameters = vec![
            "7".to_owned(),
            "Thing".to_owned(),
            String::new(),
            "id-9".to_owned(),
            path.path.clone(),
            json_path(outer),
        ];
        parameters.extend(sub.map(|sub| json_path([sub])));
        database
            .execute(&fill_sql(&path), params_from_iter(parameters))
            .expect(name);
        let mut expected: Vec<(i64, String)> = Vec::new();
        for (seq, document) in documents.iter().enumerate() {
            let entries = indexed_values(document, std::slice::from_ref(&path));
            expected.extend(entries.into_iter().map(|entry| (seq as i64, entry.value)));
        }
        let mut statement = database
            .prepare("SELECT resource, value FROM attribute_index WHERE path = ?1 ORDER BY 1, 2")
            .expect("SQL");
        let written: Vec<(i64, String)> = statement
            .query_map([&path.path], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("rows");
        assert_eq!(written, expected, "{name}");
        assert!(!written.is_empty(), "{name}");
    }
}
