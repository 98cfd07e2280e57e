//! `tests/RFC.md` cannot rot: what it names is there.

use std::fs;
use std::path::Path;

/// The last cell: pairs of a file in backticks and text in quotes, or a sentence behind a dash.
#[test]
fn every_row_names_what_holds_it() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let map = fs::read_to_string(tests.join("RFC.md")).expect("the map is there");
    let (mut rows, mut without, mut wrong) = (0, 0, Vec::new());
    for (at, line) in map.lines().enumerate() {
        let is_row = line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit());
        if !is_row {
            continue;
        }
        rows += 1;
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, _, held] = cells.as_slice() else {
            wrong.push(format!("line {}: {} cells", at + 1, cells.len()));
            continue;
        };
        if let Some(why) = held.strip_prefix("— ") {
            without += 1;
            if why.len() < 10 {
                wrong.push(format!("line {}: no reason", at + 1));
            }
            continue;
        }
        for pair in held.split("; `") {
            if let Err(why) = check(&tests, pair.trim_start_matches('`')) {
                wrong.push(format!("line {}: {why}", at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 200 && without * 10 < rows, "{without} of {rows}");
}

/// `path` "text", whose quotes are escaped.
fn check(tests: &Path, pair: &str) -> Result<(), String> {
    let (file, text) = pair.split_once("` ").ok_or("no file and text")?;
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let text = text.ok_or_else(|| format!("{file}: no text in quotes"))?;
    let path = if file.starts_with("src/") {
        tests.join("..").join(file)
    } else {
        tests.join(file)
    };
    let held = fs::read_to_string(&path).map_err(|_| format!("{file} is not there"))?;
    let mut wanted = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        wanted.extend(if c == '\\' {
            characters.next()
        } else {
            Some(c)
        });
    }
    // Texts of cases may be written either way: as JSON has them, or as they read.
    let as_json = wanted.replace('"', "\\\"");
    if text.is_empty() || !(held.contains(&wanted) || held.contains(&as_json)) {
        return Err(format!("{file} does not hold {wanted:?}"));
    }
    Ok(())
}
