//! GET /{endpoint}: RFC 7644 §3.4.2.

use super::Failure;
use super::reply::Reply;
use super::scim::Exchange;
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::check::check;
use crate::scim::filter::parse::parse;
use crate::scim::list::{Page, list_response};
use crate::scim::schema::Definition;
use crate::store::filter_sql::{Columns, compile};
use crate::store::list::Query;
use crate::store::literals::Literals;

/// Resources on a page when the client does not say.
pub const DEFAULT_COUNT: u32 = 100;
/// Resources on a page at the most: more are cut to this (RFC 7644 §3.4.2.4 lets a server).
pub const MAX_COUNT: u32 = 1000;

pub async fn list(exchange: &Exchange<'_>, definition: &Definition) -> Result<Reply, Failure> {
    let parts = exchange.parts;
    let projection = exchange.projection(definition)?;
    let start_index = integer(exchange, "startIndex")?.unwrap_or(1).max(1) as u64;
    let count = integer(exchange, "count")?.unwrap_or(i64::from(DEFAULT_COUNT));
    let limit = count.clamp(0, i64::from(MAX_COUNT)) as u32;
    let text = parts.query("filter");
    let parsed = text.map(|text| parse(text, exchange.mode())).transpose()?;
    let checked = parsed
        .as_ref()
        .map(|parsed| check(parsed, definition, exchange.mode()))
        .transpose()?;
    let columns = Columns {
        definition,
        tenant: "?1",
        indexed: exchange.indexed(definition),
        base_url: &exchange.base,
    };
    let mut literals = Literals::new("?2");
    let clause = checked.as_ref().map(|checked| compile(checked, &columns, &mut literals));
    let listed = exchange
        .store
        .list(&Query {
            definition,
            clause,
            literals,
            columns,
            offset: start_index - 1,
            limit,
            derive: exchange.derive(definition, &projection),
            base: &exchange.base,
        })
        .await?;
    let texts = listed
        .found
        .iter()
        .map(|found| exchange.render(definition, found, &projection))
        .collect::<Result<Vec<_>>>()?;
    let page = Page {
        total_results: Some(listed.total),
        start_index: Some(start_index),
        ..Page::default()
    };
    Ok(Reply::json(200, list_response(&page, &texts)))
}

fn integer(exchange: &Exchange<'_>, name: &str) -> Result<Option<i64>> {
    let Some(text) = exchange.parts.query(name) else { return Ok(None) };
    text.trim()
        .parse()
        .map(Some)
        .map_err(|_| ScimError::invalid_value(format!("{name}={text} is not a whole number.")))
}
