//! Resources and filters by chance, from a seed: for the comparison of `matches` with SQL, natively
//! in `tests/filter.rs` and against a running Worker through `examples/filter-cases.rs`.

use scim_edge::scim::schema::{Attribute, Definition, Mutability, Type};
use serde_json::{Map, Value, json};

/// SplitMix64: small, and the same on every machine.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// Words that fold in every way there is, and some that SQL or JSON might trip over.
const WORDS: &[&str] = &[
    "a",
    "A",
    "ab",
    "aB c",
    "work",
    "Work",
    "home",
    "Ärger",
    "ärger",
    "ΟΔΟΣ",
    "οδος",
    "οδοσ",
    "Straße",
    "STRASSE",
    "STRAẞE",
    "İstanbul",
    "istanbul",
    "\u{212A}elvin",
    "kelvin",
    "ǅ",
    "日本",
    "😀x",
    "x%_y",
    "'; --",
    "\"q\\",
    "a\tb",
    "[1]",
    "e\u{301}",
    "é",
    "\u{10FFFF}z",
    "1",
    "true",
];
const TIMES: &[&str] = &[
    "2024-02-29T12:00:00Z",
    "2024-02-29T13:00:00+01:00",
    "2024-02-29T12:00:00.000Z",
    "2024-02-29T12:00:00.0005Z",
    "2024-02-29T12:00:00.001Z",
    "2023-12-31T23:59:59.999999999-05:00",
    "2024-01-01T04:59:59.999999999Z",
    "1969-07-20T20:17:40Z",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "1000",
    "9007199254740993",
    "9223372036854775807",
];
const FRACTIONS: &[&str] = &["0.5", "2.0", "1e3", "-0.25", "9007199254740992.0", "1.0E-3"];
const BLOBS: &[&str] = &["YQ==", "yq==", "AAAA", "aaaa"];
const LINKS: &[&str] = &[
    "https://example.com/A",
    "https://example.com/a",
    "urn:example:a",
];
const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"];

pub struct Generator<'a> {
    pub random: Random,
    pub definition: &'a Definition,
    /// Only what a client can write, for resources that a server stores: no `id`, no `meta`.
    pub writable_only: bool,
}

impl<'a> Generator<'a> {
    /// A resource as a client sends it. `number` makes its unique attributes unique.
    pub fn resource(&mut self, number: usize) -> Value {
        let core = &self.definition.core;
        let mut resource = Map::new();
        let mut schemas = vec![core.id.clone()];
        let external_id = self
            .definition
            .top("externalId")
            .expect("every resource has one");
        for attribute in core.attributes.iter().chain([external_id]) {
            let name = &attribute.name;
            match name.as_str() {
                "userName" | "displayName" if attribute.required => {
                    let word = self.random.pick(WORDS);
                    resource.insert(name.clone(), format!("{word}{number}").into());
                }
                _ if self.is_written(attribute) && !self.random.one_in(3) => {
                    resource.insert(name.clone(), self.value(attribute));
                }
                _ => {}
            }
        }
        for extension in &self.definition.extensions {
            let written = extension.attributes.iter().filter(|a| self.is_written(a));
            let written: Vec<&Attribute> = written.collect();
            let mut attributes = Map::new();
            for attribute in written {
                if !self.random.one_in(3) {
                    attributes.insert(attribute.name.clone(), self.value(attribute));
                }
            }
            if !attributes.is_empty() {
                schemas.push(extension.id.clone());
                resource.insert(extension.id.clone(), attributes.into());
            }
        }
        resource.insert("schemas".to_owned(), schemas.into());
        resource.into()
    }

    /// A filter that fits the definition; half of its literals are close to the sample's values.
    pub fn filter(&mut self, sample: &Value) -> String {
        self.any(sample, 4)
    }

    fn any(&mut self, sample: &Value, depth: usize) -> String {
        let space = self.random.pick(&[" ", " ", "  ", "\t"]);
        match self.random.below(if depth == 0 { 4 } else { 8 }) {
            0..=2 => self.comparison(sample),
            3 => self.value_path(sample),
            4 => format!("({})", self.any(sample, depth - 1)),
            5 => format!("not{space}({})", self.any(sample, depth - 1)),
            6 => self.chain(sample, depth, "and", space),
            _ => self.chain(sample, depth, "or", space),
        }
    }

    fn chain(&mut self, sample: &Value, depth: usize, operator: &str, space: &str) -> String {
        let count = 2 + self.random.below(3);
        let parts: Vec<_> = (0..count).map(|_| self.any(sample, depth - 1)).collect();
        parts.join(&format!("{space}{}{space}", self.recase(operator)))
    }

    fn comparison(&mut self, sample: &Value) -> String {
        let (prefix, scope, attribute) = self.attribute(sample);
        let found = scope.and_then(|scope| scope.get(&attribute.name));
        if attribute.kind == Type::Complex && !self.random.one_in(4) {
            let sub = self.random.pick(&attribute.sub_attributes);
            if self.is_searched(&sub) {
                let found = found.map(first).and_then(|value| value.get(&sub.name));
                let path = format!("{}.{}", attribute.name, sub.name);
                let path = format!("{prefix}{}", self.recase(&path));
                return self.test(&path, &sub, found);
            }
        }
        let path = format!("{prefix}{}", self.recase(&attribute.name));
        self.test(&path, &attribute, found)
    }

    fn value_path(&mut self, sample: &Value) -> String {
        let (prefix, scope, attribute) = self.attribute(sample);
        let found = scope
            .and_then(|scope| scope.get(&attribute.name))
            .map(first);
        let simple = attribute.kind != Type::Complex;
        if simple && !attribute.multi_valued {
            return self.comparison(sample);
        }
        let mut parts = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let test = if simple {
                self.test(
                    "value",
                    &Attribute {
                        multi_valued: false,
                        ..attribute.clone()
                    },
                    found,
                )
            } else {
                let sub = self.random.pick(&attribute.sub_attributes);
                let found = found.and_then(|value| value.get(&sub.name));
                self.test(&sub.name, &sub, found)
            };
            parts.push(if self.random.one_in(4) {
                format!("not ({test})")
            } else {
                test
            });
        }
        let operator = self.random.pick(&[" and ", " AND ", " or "]);
        let path = format!("{prefix}{}[{}]", attribute.name, parts.join(operator));
        if simple || self.random.one_in(2) {
            return path;
        }
        let sub = self.random.pick(&attribute.sub_attributes);
        let found = found.and_then(|value| value.get(&sub.name));
        let tail = self.test(&sub.name, &sub, found);
        format!("{path}.{tail}")
    }

    /// An attribute with what stands before its name, and the object that may hold it.
    fn attribute<'v>(&mut self, sample: &'v Value) -> (String, Option<&'v Value>, Attribute) {
        loop {
            let definition = self.definition;
            let schemas: Vec<_> = [&definition.core, &definition.core, &definition.common]
                .into_iter()
                .chain(&definition.extensions)
                .collect();
            let index = self.random.below(schemas.len());
            let schema = schemas[index];
            let attribute = self.random.pick(&schema.attributes);
            if !self.is_searched(&attribute) {
                continue;
            }
            return match index {
                0 | 2 => (String::new(), Some(sample), attribute),
                1 => (format!("{}:", schema.id), Some(sample), attribute),
                _ => (format!("{}:", schema.id), sample.get(&schema.id), attribute),
            };
        }
    }

    fn test(&mut self, path: &str, attribute: &Attribute, found: Option<&Value>) -> String {
        if self.random.one_in(6) {
            return format!("{path} {}", self.recase("pr"));
        }
        if self.random.one_in(20) {
            return format!("{path} {} null", self.random.pick(&["eq", "ne"]));
        }
        let compared = match attribute.kind {
            Type::Complex => attribute.sub("value"),
            _ => Some(attribute),
        };
        let Some(compared) = compared else {
            return format!("{path} pr");
        };
        let found = found
            .map(first)
            .map(|value| value.get("value").unwrap_or(value))
            .map(first);
        let operators = match compared.kind {
            Type::Boolean => &OPERATORS[..2],
            Type::Binary => &OPERATORS[..5],
            Type::Integer | Type::Decimal | Type::DateTime => {
                &["eq", "eq", "ne", "gt", "lt", "ge", "le"][..]
            }
            _ => OPERATORS,
        };
        let operator = self.random.pick(operators);
        let literal = match found {
            Some(Value::String(text)) if self.random.one_in(2) => {
                let near = if compared.kind == Type::DateTime {
                    text.clone()
                } else {
                    self.near(text)
                };
                Value::from(near)
            }
            Some(value @ (Value::Number(_) | Value::Bool(_))) if self.random.one_in(2) => {
                value.clone()
            }
            _ => self.scalar(compared),
        };
        let literal = self.spell(&literal);
        format!("{path} {} {literal}", self.recase(operator))
    }

    fn value(&mut self, attribute: &Attribute) -> Value {
        if !attribute.multi_valued {
            return self.single(attribute);
        }
        let mut elements: Vec<Value> = (0..1 + self.random.below(3))
            .map(|_| self.single(attribute))
            .collect();
        // One primary at most (RFC 7643 §2.4).
        let mut seen = false;
        for element in elements.iter_mut().filter_map(Value::as_object_mut) {
            if element.get("primary") == Some(&Value::Bool(true)) {
                element.insert("primary".to_owned(), (!seen).into());
                seen = true;
            }
        }
        elements.dedup();
        elements.into()
    }

    fn single(&mut self, attribute: &Attribute) -> Value {
        if attribute.kind != Type::Complex {
            return self.scalar(attribute);
        }
        let mut members = Map::new();
        for sub in &attribute.sub_attributes {
            let wanted = sub.name == "value" || !self.random.one_in(3);
            if self.is_written(sub) && wanted {
                members.insert(sub.name.clone(), self.value(sub));
            }
        }
        members.into()
    }

    fn scalar(&mut self, attribute: &Attribute) -> Value {
        let number = |text: &str| serde_json::from_str(text).expect("a JSON number");
        match attribute.kind {
            Type::Boolean => self.random.one_in(2).into(),
            Type::Integer => number(self.random.pick(NUMBERS)),
            Type::Decimal if self.random.one_in(2) => number(self.random.pick(NUMBERS)),
            Type::Decimal => number(self.random.pick(FRACTIONS)),
            Type::DateTime => json!(self.random.pick(TIMES)),
            Type::Binary => json!(self.random.pick(BLOBS)),
            Type::Reference => json!(self.random.pick(LINKS)),
            Type::String | Type::Complex if attribute.canonical_values.is_empty() => {
                json!(self.random.pick(WORDS))
            }
            Type::String | Type::Complex => json!(self.random.pick(&attribute.canonical_values)),
        }
    }

    /// The text, a part of it, or the text in another case.
    fn near(&mut self, text: &str) -> String {
        let count = text.chars().count();
        match self.random.below(6) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text.chars().take(1 + count / 2).collect(),
            3 => text.chars().skip(count / 2).collect(),
            4 => text.chars().skip(1).take(count.saturating_sub(2)).collect(),
            _ => text.to_owned(),
        }
    }

    /// JSON, now and then with every character escaped.
    fn spell(&mut self, literal: &Value) -> String {
        match literal {
            Value::String(text) if self.random.one_in(5) => {
                let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
                format!("\"{}\"", units.collect::<String>())
            }
            other => other.to_string(),
        }
    }

    fn recase(&mut self, word: &str) -> String {
        match self.random.below(6) {
            0 => word.to_ascii_uppercase(),
            1 => word.to_ascii_lowercase(),
            _ => word.to_owned(),
        }
    }

    fn is_written(&self, attribute: &Attribute) -> bool {
        attribute.is_kept()
            && attribute.mutability != Mutability::ReadOnly
            && !["members", "groups"].contains(&attribute.name.as_str())
    }

    fn is_searched(&self, attribute: &Attribute) -> bool {
        attribute.is_kept() && (!self.writable_only || self.is_written(attribute))
    }
}

fn first(value: &Value) -> &Value {
    match value {
        Value::Array(elements) => elements.first().unwrap_or(value),
        single => single,
    }
}
