//! A logged request as a command line. PURE.
//!
//! The token is a placeholder that the shell fills in; everything else is quoted, so that nothing a
//! client once sent is more than text to the shell of whoever looks into it.

use serde_json::Value;

use super::redact::HIDDEN;

/// `origin` is "https://host".
pub fn curl(entry: &Value, origin: &str) -> String {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let mut url = format!("{origin}{}", text("path"));
    if let Some(query) = entry["query"].as_str() {
        url = format!("{url}?{query}");
    }
    let request = &entry["request"];
    let (body, is_cut) = (request["body"].as_str(), request["cut"] == true);
    let mut lines = vec![
        format!(
            "curl -i --globoff -X {} {}",
            quoted(text("method")),
            quoted(&url)
        ),
        "-H \"Authorization: Bearer $TOKEN\"".to_owned(),
    ];
    let mut notes = Vec::new();
    if url.contains("%5Bredacted%5D") || body.is_some_and(|body| body.contains(HIDDEN)) {
        notes.push(format!("# What is {HIDDEN} has to be filled in."));
    }
    if url.contains("%22%E2%80%A6%22") {
        notes.push("# The filter's values, \"…\", have to be filled in.".to_owned());
    }
    if request["bytes"] != 0 {
        let content_type = entry["content_type"].as_str();
        let content_type = content_type.unwrap_or("application/scim+json");
        lines.push(format!(
            "-H {}",
            quoted(&format!("Content-Type: {content_type}"))
        ));
        lines.push(match body {
            Some(body) if !is_cut => format!("--data-raw {}", quoted(body)),
            _ => {
                let bytes = &request["bytes"];
                notes.push(format!(
                    "# The body of {bytes} bytes was not kept whole: put it into body.json."
                ));
                "--data-binary @body.json".to_owned()
            }
        });
    }
    notes.push(lines.join(" \\\n  "));
    notes.join("\n") + "\n"
}

/// As one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(entry: Value, expected: &str) {
        assert_eq!(curl(&entry, "https://scim.example.com"), expected);
    }

    #[test]
    fn command_lines() {
        check(
            json!({"method": "GET", "path": "/t/a/scim/v2/Users", "query": "count=1", "request": {"bytes": 0}}),
            "curl -i --globoff -X 'GET' 'https://scim.example.com/t/a/scim/v2/Users?count=1' \\\n  -H \"Authorization: Bearer $TOKEN\"\n",
        );
        check(
            json!({
                "method": "POST", "path": "/scim/v2/Users", "content_type": "application/json",
                "request": {"bytes": 30, "body": "{\"userName\":\"o'brien $HOME `id`\",\"password\":\"[redacted]\"}"},
            }),
            "# What is [redacted] has to be filled in.\ncurl -i --globoff -X 'POST' 'https://scim.example.com/scim/v2/Users' \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '{\"userName\":\"o'\\''brien $HOME `id`\",\"password\":\"[redacted]\"}'\n",
        );
        check(
            json!({"method": "PATCH", "path": "/x", "request": {"bytes": 99_999, "body": "{", "cut": true}}),
            "# The body of 99999 bytes was not kept whole: put it into body.json.\ncurl -i --globoff -X 'PATCH' 'https://scim.example.com/x' \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/scim+json' \\\n  --data-binary @body.json\n",
        );
    }
}
