//! What a change of schemas and resource types takes from resources that exist. PURE.
//!
//! A value is stored, indexed and compared as its attribute's characteristics say. So as long as a
//! resource holds one, the attribute can neither go nor change those; what nobody holds, and what is
//! added, changes freely.

use super::{Attribute, Definition, Registry, Schema, Type};

/// Resources of one type that stand in the way of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub resource_type: String,
    pub held: Held,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Any resource of the type.
    Anything,
    /// Those that hold one of these.
    Values(Vec<HeldValue>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldValue {
    /// As people write it: "urn:…:User:color".
    pub path: String,
    /// From the document to the value, or to the list whose elements have `sub`.
    pub keys: Vec<String>,
    /// A sub-attribute of the elements.
    pub sub: Option<String>,
}

/// By resource type, what `new` would no longer understand of resources written under `old`.
pub fn touched(old: &Registry, new: &Registry) -> Vec<Touched> {
    let of = |before: &Definition| {
        let name = &before.resource_type.name;
        let mut all = new.definitions.iter();
        let held = match all.find(|after| after.resource_type.name == *name) {
            Some(after) if after.core.id == before.core.id => Held::Values(values(before, after)),
            _ => Held::Anything,
        };
        (held != Held::Values(Vec::new())).then(|| Touched {
            resource_type: name.clone(),
            held,
        })
    };
    old.definitions.iter().filter_map(of).collect()
}

fn values(before: &Definition, after: &Definition) -> Vec<HeldValue> {
    let mut values = Vec::new();
    compare(None, &before.core, Some(&after.core), &mut values);
    for extension in &before.extensions {
        let same = after.extensions.iter().find(|one| one.id == extension.id);
        if same.is_none() {
            values.push(HeldValue {
                path: extension.id.clone(),
                keys: vec![extension.id.clone()],
                sub: None,
            });
        } else {
            compare(
                Some(&extension.id),
                extension,
                same.map(AsRef::as_ref),
                &mut values,
            );
        }
    }
    values
}

fn compare(urn: Option<&str>, before: &Schema, after: Option<&Schema>, found: &mut Vec<HeldValue>) {
    for old in &before.attributes {
        let new = after.and_then(|schema| same_name(&schema.attributes, old));
        let value = |path: &str, keys: &[&str], sub: Option<&str>| HeldValue {
            path: urn.map_or(path.to_owned(), |urn| format!("{urn}:{path}")),
            keys: urn
                .iter()
                .chain(keys)
                .map(|key| (*key).to_owned())
                .collect(),
            sub: sub.map(str::to_owned),
        };
        let Some(new) = new.filter(|new| agree(old, new)) else {
            found.push(value(&old.name, &[&old.name], None));
            continue;
        };
        for sub in &old.sub_attributes {
            if same_name(&new.sub_attributes, sub).is_some_and(|new| agree(sub, new)) {
                continue;
            }
            let path = format!("{}.{}", old.name, sub.name);
            found.push(if old.multi_valued {
                value(&path, &[&old.name], Some(&sub.name))
            } else {
                value(&path, &[&old.name, &sub.name], None)
            });
        }
    }
}

/// Letter for letter: documents hold the name as the schema spells it.
fn same_name<'a>(attributes: &'a [Attribute], wanted: &Attribute) -> Option<&'a Attribute> {
    attributes.iter().find(|one| one.name == wanted.name)
}

/// Whether values that were stored under one are good under the other.
fn agree(old: &Attribute, new: &Attribute) -> bool {
    old.kind == new.kind
        && old.multi_valued == new.multi_valued
        && (old.case_exact == new.case_exact || old.kind == Type::Complex)
        && old.uniqueness == new.uniqueness
        && (new.is_kept() || !old.is_kept())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::Declared;
    use super::*;

    fn registry(attributes: &Value, extension: Option<&Value>) -> Registry {
        let schema = |id: &str, attributes: &Value| -> Arc<Schema> {
            Arc::new(
                serde_json::from_value(json!({"id": id, "name": id, "attributes": attributes}))
                    .unwrap(),
            )
        };
        let mut schemas = vec![schema("urn:ab:c", attributes)];
        schemas.extend(extension.map(|attributes| schema("urn:ab:e", attributes)));
        let extensions = extension.map(|_| json!({"schema": "urn:ab:e", "required": false}));
        let types = json!([{"id": "C", "name": "C", "endpoint": "/C", "schema": "urn:ab:c", "schemaExtensions": extensions.into_iter().collect::<Vec<_>>()}]);
        Registry::with_own(&Declared {
            schemas,
            types: serde_json::from_value(types).unwrap(),
        })
        .unwrap()
    }

    fn paths(touched: &[Touched]) -> Vec<&str> {
        let values = touched.iter().flat_map(|one| match &one.held {
            Held::Anything => &[][..],
            Held::Values(values) => values.as_slice(),
        });
        values.map(|value| value.path.as_str()).collect()
    }

    #[test]
    fn attributes() {
        let check = |old: Value, new: Value, expected: &[&str]| {
            let found = touched(&registry(&old, None), &registry(&new, None));
            assert_eq!(paths(&found), expected, "{old} to {new}");
            let found = touched(
                &registry(&json!([]), Some(&old)),
                &registry(&json!([]), Some(&new)),
            );
            let qualified: Vec<_> = expected
                .iter()
                .map(|path| format!("urn:ab:e:{path}"))
                .collect();
            assert_eq!(paths(&found), qualified, "{old} to {new}, in an extension");
        };
        let a = || json!([{"name": "a"}]);
        check(a(), a(), &[]);
        check(
            a(),
            json!([{"name": "a", "description": "x", "returned": "request", "required": true}, {"name": "b"}]),
            &[],
        );
        check(a(), json!([]), &["a"]);
        check(a(), json!([{"name": "A"}]), &["a"]);
        for change in [
            json!({"type": "integer"}),
            json!({"multiValued": true}),
            json!({"caseExact": true}),
            json!({"uniqueness": "server"}),
            json!({"returned": "never"}),
            json!({"mutability": "writeOnly"}),
        ] {
            let mut new = json!([{"name": "a"}]);
            new[0]
                .as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            check(a(), new, &["a"]);
        }
        let complex = |many: bool, sub: &str| json!([{"name": "a", "type": "complex", "multiValued": many, "subAttributes": [{"name": sub}]}]);
        check(complex(false, "x"), complex(false, "y"), &["a.x"]);
        check(complex(true, "x"), complex(true, "y"), &["a.x"]);
        check(complex(true, "x"), complex(false, "x"), &["a"]);
    }

    #[test]
    fn keys_lead_to_the_value() {
        let sub = |many: bool| {
            let with = |sub: &str| json!([{"name": "a", "type": "complex", "multiValued": many, "subAttributes": [{"name": sub}]}]);
            let (old, new) = (with("x"), with("y"));
            let mut found = touched(
                &registry(&json!([]), Some(&old)),
                &registry(&json!([]), Some(&new)),
            );
            let Some(Touched {
                held: Held::Values(mut values),
                ..
            }) = found.pop()
            else {
                panic!("one type is touched")
            };
            let value = values.pop().unwrap();
            (value.keys.join(" "), value.sub)
        };
        assert_eq!(sub(false), ("urn:ab:e a x".to_owned(), None));
        assert_eq!(sub(true), ("urn:ab:e a".to_owned(), Some("x".to_owned())));
    }

    #[test]
    fn whole_types_and_extensions() {
        let attributes = json!([{"name": "a"}]);
        let with = registry(&attributes, Some(&attributes));
        let without = registry(&attributes, None);
        assert_eq!(paths(&touched(&with, &without)), ["urn:ab:e"]);
        assert_eq!(touched(&without, &with), []);
        let gone = touched(&with, Registry::builtin());
        assert_eq!(gone[0].held, Held::Anything);
        assert_eq!(gone[0].resource_type, "C");
    }
}
