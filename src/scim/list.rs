//! ListResponse (RFC 7644 §3.4.2, RFC 9865 §2), written around resources that are text already.

use serde_json::Value;

pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What an answer says about the page it is. What is `None` is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub total_results: Option<u64>,
    pub start_index: Option<u64>,
    pub previous_cursor: Option<String>,
    pub next_cursor: Option<String>,
}

/// `resources` are JSON texts of whole resources.
pub fn list_response<T: AsRef<str>>(page: &Page, resources: &[T]) -> String {
    let length: usize = resources.iter().map(|text| text.as_ref().len() + 1).sum();
    let mut text = String::with_capacity(length + 256);
    text.push_str("{\"schemas\":[\"");
    text.push_str(LIST_RESPONSE_URN);
    text.push_str("\"]");
    let members: [(&str, Option<Value>); 5] = [
        ("totalResults", page.total_results.map(Value::from)),
        ("itemsPerPage", Some(resources.len().into())),
        ("startIndex", page.start_index.map(Value::from)),
        (
            "previousCursor",
            page.previous_cursor.as_deref().map(Value::from),
        ),
        ("nextCursor", page.next_cursor.as_deref().map(Value::from)),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            text.push_str(&format!(",\"{name}\":{value}"));
        }
    }
    text.push_str(",\"Resources\":[");
    for (at, resource) in resources.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(resource.as_ref());
    }
    text.push_str("]}");
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(page: &Page, resources: &[&str], expected: Value) {
        let text = list_response(page, resources);
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written, expected);
    }

    #[test]
    fn pages() {
        let page = Page {
            total_results: Some(0),
            start_index: Some(1),
            ..Page::default()
        };
        check(
            &page,
            &[],
            json!({"schemas": [LIST_RESPONSE_URN], "totalResults": 0, "itemsPerPage": 0,
                "startIndex": 1, "Resources": []}),
        );
        let page = Page {
            total_results: Some(9),
            next_cursor: Some("b".into()),
            ..Page::default()
        };
        check(
            &page,
            &[r#"{"id":"1"}"#, r#"{"id":"2"}"#],
            json!({"schemas": [LIST_RESPONSE_URN], "totalResults": 9, "itemsPerPage": 2,
                "nextCursor": "b", "Resources": [{"id": "1"}, {"id": "2"}]}),
        );
    }
}
