//! Prints filters, resources and whether they match, one JSON object a line:
//! `cargo run --example filter-cases -- --count 3000 --seed 1`. The end-to-end tests store the
//! resources in a running Worker and ask it the same.
//!
//! A resource comes before its cases: `{"resource": {…}}`, then `{"filter": "…", "expected": true}`
//! for each; every one of them has a `type` and the resource's `number`. Resources hold what a
//! client can write, under the standard schemas.

#[path = "../tests/generate/mod.rs"]
mod generate;

use std::io::{BufWriter, Write};

use generate::{Generator, Random};
use scim_edge::scim::filter::{check::check, parse::parse};
use scim_edge::scim::mode::Mode;
use scim_edge::scim::schema::Registry;
use serde_json::json;

const CASES_PER_RESOURCE: usize = 20;

fn main() -> std::io::Result<()> {
    let option = |name: &str, default: u64| {
        let arguments: Vec<String> = std::env::args().collect();
        let at = arguments.iter().position(|argument| argument == name);
        let text = at.and_then(|at| arguments.get(at + 1));
        text.map_or(default, |text| {
            text.parse().unwrap_or_else(|_| panic!("{name} {text}?"))
        })
    };
    let (count, seed) = (option("--count", 3000) as usize, option("--seed", 1));
    let mut output = BufWriter::new(std::io::stdout().lock());
    let types = &Registry::builtin().definitions;
    let mut generator = Generator {
        random: Random(seed),
        definition: &types[0],
        writable_only: true,
    };
    for number in 0..count.div_ceil(CASES_PER_RESOURCE) {
        let definition = &types[number % types.len()];
        generator.definition = definition;
        let resource_type = definition.resource_type.name.as_str();
        let resource = generator.resource(number);
        let line = json!({"type": resource_type, "number": number, "resource": resource});
        writeln!(output, "{line}")?;
        for _ in 0..CASES_PER_RESOURCE.min(count - number * CASES_PER_RESOURCE) {
            let filter = generator.filter(&resource);
            let parsed = parse(&filter, Mode::RfcStrict).expect("generated to fit");
            let checked = check(&parsed, definition, Mode::RfcStrict).expect("generated to fit");
            let expected = checked.matches(&resource);
            let line = json!({
                "type": resource_type, "number": number, "filter": filter, "expected": expected
            });
            writeln!(output, "{line}")?;
        }
    }
    output.flush()
}
