//! A query (RFC 7644 §3.4.2), from a URL's parameters or from the body of a POST to `/.search`
//! (§3.4.3): the same parameters with the same meaning.
//!
//! A parameter without a value, `count=`, is none, as scripts and templates send those that they leave
//! open. Only `filter` must say something (RFC 7644 §3.4.2.2): everybody is no answer to a mistake.
//!
//! Refused: a parameter that a URL has twice, wrong types, another `sortOrder` than the two there are, `attributes` beside
//! `excludedAttributes` (in [`super::resource::project`]), and `startIndex` beside `cursor`: RFC 9865
//! §3 lets a client ask for one way of paging or for the other.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::{Result, ScimError};
use super::mode::{Mode, Quirk};
use super::resource::{Map, SCHEMAS, member};
use super::schema::Definition;

pub const SEARCH_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Every parameter that a URL may have for SCIM.
pub const PARAMETERS: [&str; 8] = [
    "attributes",
    "excludedAttributes",
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
];

/// Names in `attributes` or `excludedAttributes`: each is looked at for each resource of a page.
const MAX_NAMES: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    /// Names with commas between them.
    pub attributes: Option<String>,
    /// Names with commas between them.
    pub excluded_attributes: Option<String>,
    pub filter: Option<String>,
    pub sort_by: Option<String>,
    pub descending: bool,
    pub count: Option<i64>,
    pub paging: Paging,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Paging {
    /// The 1-based number of the page's first resource.
    Index(u64),
    /// `None` asks for the first page.
    Cursor(Option<String>),
}

/// The parameters as they came.
#[derive(Default)]
struct Sent {
    attributes: Option<String>,
    excluded_attributes: Option<String>,
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
}

impl SearchRequest {
    pub fn from_query<'q>(query: impl Fn(&str) -> Option<&'q str>) -> Result<Self> {
        let text = |name: &str| query(name).map(str::to_owned);
        let given = |name: &str| query(name).filter(|text| !text.is_empty());
        let integer = |name: &str| given(name).map(|text| whole_number(name, text)).transpose();
        Sent {
            attributes: text("attributes"),
            excluded_attributes: text("excludedAttributes"),
            filter: text("filter"),
            sort_by: given("sortBy").map(str::to_owned),
            sort_order: given("sortOrder").map(str::to_owned),
            start_index: integer("startIndex")?,
            count: integer("count")?,
            cursor: text("cursor"),
        }
        .check()
    }

    pub fn from_body(body: &Map, mode: Mode) -> Result<Self> {
        let schemas = member(body, SCHEMAS).and_then(Value::as_array);
        let named = schemas.is_some_and(|urns| {
            let mut urns = urns.iter().filter_map(Value::as_str);
            urns.any(|urn| urn.eq_ignore_ascii_case(SEARCH_REQUEST_URN))
        });
        if !named && !mode.allows(Quirk::InferSchemas) {
            return Err(ScimError::invalid_syntax(format!(
                "schemas must name {SEARCH_REQUEST_URN}."
            )));
        }
        let given = |name: &str| member(body, name).filter(|value| !value.is_null());
        let text = |name: &str| match given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(mistyped(name, "a string")),
        };
        let names = |name: &str| match given(name) {
            None => Ok(None),
            Some(Value::Array(list)) => {
                let list: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
                let list = list.ok_or_else(|| mistyped(name, "a list of strings"))?;
                Ok(Some(list.join(",")))
            }
            Some(_) => Err(mistyped(name, "a list of strings")),
        };
        let integer = |name: &str| match given(name) {
            None => Ok(None),
            Some(Value::Number(number)) => whole_number(name, &number.to_string()).map(Some),
            Some(Value::String(text)) if mode.allows(Quirk::CoerceScalars) => {
                whole_number(name, text).map(Some)
            }
            Some(_) => Err(mistyped(name, "a whole number")),
        };
        Sent {
            attributes: names("attributes")?,
            excluded_attributes: names("excludedAttributes")?,
            filter: text("filter")?,
            sort_by: text("sortBy")?,
            sort_order: text("sortOrder")?,
            start_index: integer("startIndex")?,
            count: integer("count")?,
            cursor: text("cursor")?,
        }
        .check()
    }

    /// The same for requests that walk through the same resources in the same order.
    pub fn fingerprint(&self, types: &[Definition]) -> [u8; 32] {
        let names = types.iter().map(|one| one.resource_type.name.as_str());
        let sort = self
            .sort_by
            .as_ref()
            .map(|path| (path.to_ascii_lowercase(), self.descending));
        let filter = self.filter.as_deref().map(str::trim);
        let text = json!([names.collect::<Vec<_>>(), filter, sort]).to_string();
        Sha256::digest(text).into()
    }
}

impl Sent {
    fn check(self) -> Result<SearchRequest> {
        let names = [&self.attributes, &self.excluded_attributes];
        if names
            .into_iter()
            .flatten()
            .any(|names| names.split(',').count() > MAX_NAMES)
        {
            return Err(ScimError::invalid_value(format!(
                "A request can name {MAX_NAMES} attributes at the most."
            )));
        }
        let descending = match self
            .sort_order
            .as_deref()
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            None | Some("ascending") => false,
            Some("descending") => true,
            Some(_) => {
                return Err(ScimError::invalid_value(
                    "sortOrder is ascending or descending.",
                ));
            }
        };
        let paging = match (self.cursor, self.start_index) {
            (Some(_), Some(_)) => {
                return Err(ScimError::invalid_value(
                    "startIndex and cursor are two ways of paging: send one of them.",
                ));
            }
            (Some(cursor), None) => Paging::Cursor(Some(cursor).filter(|text| !text.is_empty())),
            (None, index) => Paging::Index(index.unwrap_or(1).max(1) as u64),
        };
        Ok(SearchRequest {
            attributes: self.attributes,
            excluded_attributes: self.excluded_attributes,
            filter: self.filter,
            sort_by: self.sort_by,
            descending,
            count: self.count,
            paging,
        })
    }
}

/// Which of two values a client means nobody knows.
pub fn check_once<'q>(names: impl Iterator<Item = &'q str>) -> Result<()> {
    let mut seen = Vec::new();
    for name in names.filter(|name| PARAMETERS.contains(name)) {
        if seen.contains(&name) {
            return Err(ScimError::invalid_value(format!(
                "{name} is in the URL more than once: send it once, a list with commas between its parts."
            )));
        }
        seen.push(name);
    }
    Ok(())
}

fn whole_number(name: &str, text: &str) -> Result<i64> {
    text.trim()
        .parse()
        .map_err(|_| ScimError::invalid_value(format!("{name}={text} is not a whole number.")))
}

fn mistyped(name: &str, expected: &str) -> ScimError {
    ScimError::invalid_syntax(format!("{name} must be {expected}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::error::ScimType;
    use crate::scim::schema::Registry;

    fn from_body(body: Value) -> Result<SearchRequest> {
        SearchRequest::from_body(body.as_object().unwrap(), Mode::Compat)
    }

    fn from_query(query: &[(&str, &str)]) -> Result<SearchRequest> {
        let query: std::collections::HashMap<_, _> = query.iter().copied().collect();
        SearchRequest::from_query(|name| query.get(name).copied())
    }

    #[test]
    fn url_and_body_say_the_same() {
        let query = [
            ("attributes", "userName,emails.value"),
            ("filter", "title pr"),
            ("sortBy", "userName"),
            ("sortOrder", "descending"),
            ("startIndex", "3"),
            ("count", "2"),
        ];
        let body = json!({
            "schemas": [SEARCH_REQUEST_URN], "attributes": ["userName", "emails.value"],
            "filter": "title pr", "sortBy": "userName", "SORTORDER": "Descending",
            "startIndex": 3, "count": 2, "excludedAttributes": null
        });
        assert_eq!(from_query(&query), from_body(body));
        assert_eq!(from_query(&[]), from_body(json!({})));
        assert_eq!(
            from_query(&[("cursor", "")]),
            from_body(json!({"cursor": ""}))
        );
    }

    #[test]
    fn what_is_left_open_is_left_out() {
        let names = ["startIndex", "count", "sortBy", "sortOrder"];
        let open: Vec<_> = names.iter().map(|name| (*name, "")).collect();
        assert_eq!(from_query(&open), from_query(&[]));
        let filter = from_query(&[("filter", "")]).unwrap().filter;
        assert_eq!(filter.as_deref(), Some(""), "the parser refuses it");
    }

    #[test]
    fn a_parameter_stands_once_in_a_url() {
        let check = |query: &[&str], refused: bool| {
            let result = check_once(query.iter().copied());
            assert_eq!(result.is_err(), refused, "{query:?}");
        };
        check(&PARAMETERS, false);
        check(&["x", "x", "count"], false);
        for name in PARAMETERS {
            check(&["x", name, "y", name], true);
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let many = vec!["a"; MAX_NAMES + 1];
        for (body, expected) in [
            (json!({"attributes": "userName"}), ScimType::InvalidSyntax),
            (json!({"attributes": [1]}), ScimType::InvalidSyntax),
            (json!({"attributes": many}), ScimType::InvalidValue),
            (json!({"filter": ["title pr"]}), ScimType::InvalidSyntax),
            (json!({"count": true}), ScimType::InvalidSyntax),
            (json!({"count": 1.5}), ScimType::InvalidValue),
            (json!({"sortOrder": "up"}), ScimType::InvalidValue),
            (
                json!({"startIndex": 1, "cursor": ""}),
                ScimType::InvalidValue,
            ),
            (json!({"cursor": 7}), ScimType::InvalidSyntax),
        ] {
            let error = from_body(body.clone()).expect_err("refused");
            assert_eq!(
                (error.status, error.scim_type),
                (400, Some(expected)),
                "{body}"
            );
        }
        let strict = SearchRequest::from_body(&Map::new(), Mode::RfcStrict);
        assert_eq!(
            strict.expect_err("refused").scim_type,
            Some(ScimType::InvalidSyntax)
        );
    }

    #[test]
    fn fingerprints_tell_queries_apart_and_not_their_pages() {
        let types = &Registry::builtin().definitions;
        let of = |query: &[(&str, &str)]| from_query(query).unwrap().fingerprint(types);
        let sorted = [("sortBy", "userName"), ("filter", "title pr")];
        assert_eq!(
            of(&sorted),
            of(&[
                ("sortBy", "USERNAME"),
                ("filter", "title pr"),
                ("count", "3"),
                ("cursor", "x")
            ])
        );
        assert_ne!(
            of(&sorted),
            of(&[sorted[0], sorted[1], ("sortOrder", "descending")])
        );
        assert_ne!(of(&sorted), of(&sorted[..1]));
        assert_ne!(
            of(&sorted),
            from_query(&sorted).unwrap().fingerprint(&types[..1])
        );
    }
}
