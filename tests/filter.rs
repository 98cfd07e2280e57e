//! `scim::filter::matches` and `store::filter_sql` against each other, on the SQLite that D1 is and
//! with D1's limits: the cases under `tests/cases/filter/` and thousands by chance.

mod generate;
mod world;

use std::fs;

use generate::Random;
use scim_edge::scim::error::{Result, ScimError};
use scim_edge::scim::filter::check::{check, check_sort};
use scim_edge::scim::filter::parse::parse;
use scim_edge::scim::mode::Mode;
use scim_edge::store::filter_sql::{self, compile, sort_key};
use scim_edge::store::literals::Literals;
use serde::Deserialize;
use serde_json::Value;
use world::{World, registry};

/// A file under `tests/cases/filter/`.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    resource_type: String,
    #[serde(default)]
    mode: Mode,
    resource: Value,
    cases: Vec<(String, Expected)>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expected {
    Matches(bool),
    Refused { at: usize, says: String },
}

#[test]
fn cases() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/filter");
    let mut count = 0;
    for entry in fs::read_dir(directory).expect("the cases are there") {
        let path = entry.expect("readable").path();
        if path.ends_with("probe-schema.json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable");
        let file: File = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let mut world = World::new();
        world.add(&file.resource_type, &file.resource);
        for (filter, expected) in &file.cases {
            count += 1;
            match (
                search(&world, &file.resource_type, filter, file.mode),
                expected,
            ) {
                (Ok(found), Expected::Matches(expected)) => {
                    assert_eq!(!found.is_empty(), *expected, "{path:?}: {filter}");
                }
                (Err(error), Expected::Refused { at, says }) => {
                    let place = format!("character {at}:");
                    let detail = &error.detail;
                    assert_eq!(error.status, 400, "{path:?}: {filter}");
                    assert!(
                        detail.contains(&place) && detail.contains(says),
                        "{path:?}: {filter}: {detail}"
                    );
                }
                (found, expected) => panic!("{path:?}: {filter}: {found:?}, not {expected:?}"),
            }
        }
    }
    assert!(count > 100, "only {count} cases");
}

/// `FILTER_ROUNDS=1000 cargo test --test filter` for more.
#[test]
fn generated() {
    let rounds = std::env::var("FILTER_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let (mut filters, mut matches, mut comparisons) = (0, 0, 0);
    for seed in 0..rounds.unwrap_or(20) {
        let (world, mut generator) = World::generated(Random(seed), 24);
        for resource_type in ["User", "Group"] {
            generator.definition = registry().definition(resource_type).expect("known");
            for _ in 0..100 {
                let sample = world.sample(&mut generator.random, resource_type);
                let filter = generator.filter(sample);
                let found = search(&world, resource_type, &filter, Mode::RfcStrict)
                    .unwrap_or_else(|error| panic!("seed {seed}: {filter}: {}", error.detail));
                filters += 1;
                matches += found.len();
                comparisons += world.of_type(resource_type).count();
            }
        }
    }
    println!("{filters} filters, {comparisons} comparisons, {matches} matches");
    assert!(
        matches * 10 > comparisons && matches * 10 < comparisons * 9,
        "too one-sided"
    );
}

#[test]
fn a_hundred_terms_and_fifty_levels_stay_within_the_limits_of_d1() {
    let (world, _) = World::generated(Random(1), 4);
    let term = r#"urn:example:params:scim:schemas:extension:Probe:items.exactNames co "ÄB""#;
    let chain = |operator: &str| vec![term; 100].join(operator);
    let nested = |operator: &str, open: &str, levels: usize| {
        (0..levels).fold(term.to_owned(), |inner, level| {
            let operator = if level % 2 == 0 { operator } else { " or " };
            format!("{term}{operator}{open}{inner})")
        })
    };
    let brackets = format!(
        "{}emails[{}type eq \"a\"{}]{}",
        "not (".repeat(25),
        "not (value co \"ä\" or ".repeat(24),
        ")".repeat(24),
        ")".repeat(25),
    );
    for filter in [
        chain(" and "),
        chain(" or "),
        nested(" and ", "(", 50),
        nested(" and ", "not (", 50),
        nested(" or ", "not (", 50),
        brackets,
        vec![r#"userName sw "a""#; 100].join(" or "),
        vec![r#"emails[type eq "work"].value eq "x""#; 50].join(" or "),
        vec![r#"groups[display eq "work"].value eq "x""#; 50].join(" or "),
        vec![r#"groups.display co "x""#; 100].join(" or "),
        vec![r#"userName eq "x" and groups.display co "x""#; 50].join(" or "),
    ] {
        assert!(!is_too_large(&world, &filter), "{filter}");
        search(&world, "User", &filter, Mode::Compat).expect(&filter[..100]);
    }
    // As deep as may be, and one group more: refused, or answered.
    let mut refused = 0;
    let groups = r#" and groups.type eq "direct""#;
    for (levels, more) in (0..50).flat_map(|levels| [(levels, 1), (levels, 50)]) {
        let filter = nested(" and ", "(", levels) + &groups.repeat(more);
        match is_too_large(&world, &filter) {
            true => refused += 1,
            false => drop(search(&world, "User", &filter, Mode::Compat).expect(&filter)),
        }
    }
    assert!(refused < 40, "{refused}");
    let deep = "(".repeat(51) + "active pr" + &")".repeat(51);
    let many = vec!["active pr"; 101].join(" and ");
    let long = format!("userName eq \"{}\"", "x".repeat(8 * 1024));
    for (filter, says) in [(deep, "levels"), (many, "comparisons"), (long, "longer")] {
        let error = search(&world, "User", &filter, Mode::Compat).expect_err(says);
        assert!(error.detail.contains(says), "{}", error.detail);
    }
}

/// Driven filters read what they find, however many resources there are.
#[test]
fn indexes_drive() {
    let world = World::crowd(3000);
    let check = |filter: &str, drives: bool| {
        let (plan, steps) = world.plan("User", filter);
        let few = steps < 3000;
        assert_eq!(few, drives, "{filter}: {steps} steps\n{plan}");
        assert_eq!(
            !plan.contains("SEARCH r USING INDEX"),
            drives,
            "{filter}\n{plan}"
        );
    };
    check(r#"userName eq "USER17""#, true);
    check(r#"id eq "id17""#, true);
    check(r#"externalId eq "e17" and active eq true"#, true);
    check(r#"active eq true and externalId eq "e17""#, true);
    check(r#"userName sw "user170""#, true);
    check(r#"emails.value eq "user17@example.com""#, true);
    check(r#"emails eq "user17@example.com""#, true);
    check(
        r#"emails[type eq "work"].value eq "user17@example.com""#,
        true,
    );
    check(
        r#"emails[type eq "work" and value eq "user17@example.com"] and active pr"#,
        true,
    );
    check(
        r#"userName eq "user1" or externalId eq "e2" or id eq "id3""#,
        true,
    );
    check(
        r#"(userName eq "user1" and active pr) or (emails[type eq "work"].value eq "x" and title pr)"#,
        true,
    );
    check(
        r#"(userName eq "user1" or externalId eq "e2") and (title pr or active pr)"#,
        true,
    );
    check(r#"groups.value eq "g1""#, true);
    check(r#"groups[value eq "g1"] and active pr"#, true);
    check(&[r#"userName eq "user1""#; 10].join(" or "), true);
    check("userName pr", false);
    check(r#"userName sw """#, false);
    check(r#"not (userName eq "user1")"#, false);
    check(r#"userName eq "user1" or title pr"#, false);
    check(r#"userName co "user17""#, false);
}

#[test]
fn sorting() {
    let world = World::new();
    let check = |sort_by: &str, resources: &[&str], expected: &[usize]| {
        let mut world = World::new();
        for (index, resource) in resources.iter().enumerate() {
            let mut resource: Value = serde_json::from_str(resource).expect("JSON");
            resource["id"] = index.to_string().into();
            world.add("User", &resource);
        }
        let order = |descending| world.sorted("User", sort_by, descending).expect(sort_by);
        assert_eq!(order(false), expected, "{sort_by}");
        let backwards: Vec<usize> = expected.iter().rev().copied().collect();
        assert_eq!(order(true), backwards, "{sort_by} descending");
    };
    check(
        "userName",
        &[
            r#"{"userName": "b"}"#,
            r#"{}"#,
            r#"{"userName": "Ä"}"#,
            r#"{"userName": "A"}"#,
            r#"{"userName": "z"}"#,
        ],
        &[3, 0, 4, 2, 1],
    );
    check(
        "emails",
        &[
            r#"{"emails": [{"value": "a"}, {"value": "C", "primary": true}]}"#,
            r#"{"emails": []}"#,
            r#"{"emails": [{"type": "home"}, {"value": "b"}, {"value": "a"}]}"#,
        ],
        &[2, 0, 1],
    );
    check(
        "urn:example:params:scim:schemas:extension:Probe:since",
        &[
            r#"{"urn:example:params:scim:schemas:extension:Probe": {"since": "2024-01-01T00:30:00+01:00"}}"#,
            r#"{}"#,
            r#"{"urn:example:params:scim:schemas:extension:Probe": {"since": "2023-12-31T23:00:00Z"}}"#,
        ],
        &[2, 0, 1],
    );
    check("meta.created", &["{}", "{}"], &[0, 1]);
    check("id", &["{}", "{}"], &[0, 1]);
    check(
        "name.familyName",
        &[
            r#"{"name": {"familyName": "x"}}"#,
            r#"{"name": {"familyName": "W"}}"#,
        ],
        &[1, 0],
    );
    for refused in [
        "name",
        "meta",
        "groups",
        "groups.value",
        "unknown",
        "password",
        "",
    ] {
        assert!(world.sorted("User", refused, false).is_err(), "{refused}");
    }
}

impl World {
    fn sorted(&self, resource_type: &str, sort_by: &str, descending: bool) -> Result<Vec<usize>> {
        let columns = self.columns(resource_type);
        let path = check_sort(sort_by, columns.definition)?;
        let mut literals = Literals::new("?2");
        let key = sort_key(&path, &columns, &mut literals)?;
        let (direction, beyond) = if descending {
            ("DESC", "<")
        } else {
            ("ASC", ">")
        };
        let order = format!("ORDER BY {key} {direction}, r.seq {direction}");
        // Page by page, each beginning behind the last one's end, and all at once.
        let mut after = "1".to_owned();
        let mut paged = Vec::new();
        loop {
            let page = format!("{after} {order} LIMIT 1");
            let Some(id) = self.select("r.id", &page, &literals).pop() else {
                break;
            };
            let end = format!("json_array(nullif({key}, x''), r.seq)");
            let end = self.select(&end, &page, &literals).remove(0);
            let end: Vec<Value> = serde_json::from_str(&end).expect("JSON");
            let [value, seq] = [&end[0], &end[1]].map(|value| literals.add(value.clone()));
            after = format!("({key}, r.seq) {beyond} (ifnull({value}, x''), {seq})");
            paged.push(id);
        }
        let ids = self.select("r.id", &format!("1 {order}"), &literals);
        assert_eq!(paged, ids, "{sort_by} by pages");
        Ok(ids.iter().map(|id| id.parse().expect("a number")).collect())
    }
}

/// Whether the service refuses it as a whole.
fn is_too_large(world: &World, filter: &str) -> bool {
    let columns = world.columns("User");
    let parsed = parse(filter, Mode::Compat).expect(filter);
    let checked = check(&parsed, columns.definition, Mode::Compat).expect(filter);
    let clause = compile(&checked, &columns, &mut Literals::new("?2"));
    filter_sql::is_too_large([&clause].into_iter())
}

/// The ids of what both implementations find; they must agree.
fn search(
    world: &World,
    resource_type: &str,
    filter: &str,
    mode: Mode,
) -> Result<Vec<String>, ScimError> {
    let columns = world.columns(resource_type);
    let parsed = parse(filter, mode)?;
    let checked = check(&parsed, columns.definition, mode)?;
    let matching = world
        .of_type(resource_type)
        .filter(|resource| checked.matches(resource));
    let mut expected: Vec<_> = matching
        .map(|resource| resource["id"].as_str().expect("an id").to_owned())
        .collect();
    let mut literals = Literals::new("?2");
    let condition = compile(&checked, &columns, &mut literals).scoped(&columns, &mut literals);
    let mut found = world.select("r.id", &condition, &literals);
    expected.sort();
    found.sort();
    assert_eq!(
        found,
        expected,
        "{filter}\n{condition}\n{}",
        literals.to_json()
    );
    Ok(found)
}
