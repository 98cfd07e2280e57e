//! Queries (RFC 7644 §3.4.2 and §3.4.3): GET of an endpoint or of the base, and POST to `.search`
//! under either.
//!
//! - Without `sortBy`, resources come in the order of their creation, type by type; with a filter
//!   on `meta.lastModified` alone or among others, in the order of their last change. Over several
//!   types that order is no index's: each page reads the matches that are left.
//! - A walk by cursor meets each resource that was there throughout once, whatever else comes and
//!   goes. One whose own sort value changes in between can be met twice or not at all, as it moves.
//! - The base lists all resource types without a filter too: it costs no more than a page.
//! - A filter's `totalResults` is counted on the first page of a walk, and is repeated on the others.

use std::cell::RefCell;

use super::exchange::Exchange;
use super::resources::body;
use super::walks::{End, Walk, Walks};
use crate::scim::cursor::{self, Cursor};
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::Filter;
use crate::scim::filter::check::{Path, check_sort, check_within};
use crate::scim::filter::parse::parse;
use crate::scim::list::{Page, list_response};
use crate::scim::resource::MAX_DEPTH;
use crate::scim::resource::project::Projection;
use crate::scim::schema::{Attribute, Definition, GROUP_URN, Type, USER_URN};
use crate::scim::search::{Paging, SearchRequest};
use crate::store::derive::Derive;
use crate::store::filter_sql::{Clause, Columns, Reads, compile, is_too_large, sort_keys};
use crate::store::list::{Entry, Listed, Order, Position, Query};
use crate::store::literals::Literals;
use crate::store::settings::{FILTER_TERMS, RESULTS, Settings};
use crate::wire::Failure;
use crate::wire::reply::Reply;

/// Resources on a page when the client does not say.
pub const DEFAULT_COUNT: u32 = 100;

thread_local! {
    static WALKS: RefCell<Walks> = RefCell::default();
}

/// GET /{endpoint} and GET / (RFC 7644 §3.4.2)
pub async fn list(exchange: &Exchange<'_>, types: &[Definition]) -> Result<Reply, Failure> {
    let request = SearchRequest::from_query(|name| exchange.parts.query(name))?;
    answer(exchange, types, request).await
}

/// POST /{endpoint}/.search and POST /.search (RFC 7644 §3.4.3)
pub async fn search(exchange: &Exchange<'_>, types: &[Definition]) -> Result<Reply, Failure> {
    let request = SearchRequest::from_body(&body(exchange, MAX_DEPTH)?, exchange.mode())?;
    answer(exchange, types, request).await
}

async fn answer(
    exchange: &Exchange<'_>,
    types: &[Definition],
    mut request: SearchRequest,
) -> Result<Reply, Failure> {
    let settings = &exchange.access().tenant.settings;
    check_filter(request.filter.as_deref(), settings)?;
    // More are cut to what the tenant has on a page, as RFC 7644 §3.4.2.4 lets a server.
    let most = i64::from(settings.max_results);
    let count = request.count.unwrap_or(i64::from(DEFAULT_COUNT));
    request.count = Some(count.min(most));
    let projections = projections(types, &request)?;
    let (shown, found) = page(exchange, types, &request, &projections, None).await?;
    let part = |entry: &Entry| part(types, &projections, entry);
    // A group too large for memory is alone on its page.
    if let [entry] = found.as_slice()
        && let (definition, projection) = part(entry)?
        && let Some((open, large)) = exchange.large(definition, &entry.found, projection)?
    {
        const CLOSE: &str = "]}";
        let mut open = list_response(&shown, &[open]);
        open.truncate(open.len() - CLOSE.len());
        return Ok(Reply::json(200, large.body(open, CLOSE)));
    }
    let text = |entry: &Entry| {
        let (definition, projection) = part(entry)?;
        exchange.render(definition, &entry.found, projection)
    };
    let texts = found.iter().map(text).collect::<Result<Vec<_>>>()?;
    Ok(Reply::json(200, list_response(&shown, &texts)))
}

/// A page and what is told of it. `derive` is what resources show besides their documents, whatever
/// the projections want.
pub async fn page(
    exchange: &Exchange<'_>,
    types: &[Definition],
    request: &SearchRequest,
    projections: &[Projection],
    derive: Option<Derive>,
) -> Result<(Page, Vec<Entry>), Failure> {
    let count = request.count.unwrap_or(i64::from(DEFAULT_COUNT));
    let limit = count.clamp(0, i64::from(*RESULTS.end())) as u32;
    let fingerprint = request.fingerprint(types);
    let tenant = &exchange.access().tenant;
    let walk = Walk {
        tenant: tenant.id,
        revision: tenant.revision,
        query: fingerprint,
    };
    let now = exchange.parts.now;
    let key = tenant.secret.as_bytes();
    let mut query = query(exchange, types, request, projections)?;
    query.limit = limit;
    if let Some(derive) = derive {
        query.types.iter_mut().for_each(|one| one.derive = derive);
    }
    let filtered = request.filter.is_some();
    match &request.paging {
        Paging::Cursor(None) => {}
        Paging::Cursor(Some(text)) => {
            let cursor: Cursor<Position> = cursor::open(text, &fingerprint, key, limit, now)?;
            query.after = Some(cursor.end);
            query.total = cursor.total;
        }
        Paging::Index(start_index) => {
            let known = WALKS.with_borrow(|walks| walks.end_before(&walk, *start_index, now));
            match known {
                Some(end) => {
                    query.total = Some(end.total).filter(|_| filtered);
                    query.after = Some(end.position);
                }
                None => query.offset = start_index - 1,
            }
        }
    }
    let page = exchange.store.list(&query).await?;
    let mut shown = Page {
        total_results: Some(page.total),
        ..Page::default()
    };
    let last = page.found.last().map(|entry| entry.position.clone());
    match (&request.paging, last) {
        (Paging::Cursor(_), Some(end)) if page.more => {
            let lifetime = i64::from(tenant.settings.cursor_timeout_s) * 1000;
            let cursor = Cursor {
                expires: now + lifetime,
                count: limit,
                total: Some(page.total).filter(|_| filtered),
                end,
            };
            shown.next_cursor = Some(cursor::seal(&cursor, &fingerprint, key));
        }
        (Paging::Cursor(_), _) => {}
        (Paging::Index(start_index), last) => {
            shown.start_index = Some(*start_index);
            if let Some(position) = last {
                let next = start_index.saturating_add(page.found.len() as u64);
                let total = page.total;
                let end = End { position, total };
                WALKS.with_borrow_mut(|walks| walks.remember(walk, next, end, now));
            }
        }
    }
    Ok((shown, page.found))
}

/// What a filter may be in this tenant; the most that one can be the parser knows itself.
fn check_filter(filter: Option<&str>, settings: &Settings) -> Result<()> {
    let Some(filter) = filter else { return Ok(()) };
    let most = settings.max_filter_bytes;
    if filter.len() > most as usize {
        return Err(ScimError::invalid_filter(format!(
            "The filter is longer than {most} bytes: ask for less at a time."
        )));
    }
    let most = settings.max_filter_terms;
    if most < *FILTER_TERMS.end() && parse(filter, settings.mode)?.terms() > most as usize {
        return Err(ScimError::invalid_filter(format!(
            "The filter has more than {most} comparisons: ask for less at a time."
        )));
    }
    Ok(())
}

fn projections(types: &[Definition], request: &SearchRequest) -> Result<Vec<Projection>> {
    let shown = request.attributes.as_deref();
    let hidden = request.excluded_attributes.as_deref();
    let of = |definition| Projection::parse(shown, hidden, definition);
    types.iter().map(of).collect()
}

/// What of each type is looked for, and in which order.
fn query<'a>(
    exchange: &'a Exchange<'_>,
    types: &'a [Definition],
    request: &SearchRequest,
    projections: &[Projection],
) -> Result<Query<'a>> {
    let mode = exchange.mode();
    let filter = request
        .filter
        .as_deref()
        .map(|text| parse(text, mode))
        .transpose()?;
    let mut literals = Literals::new("?2");
    let mut listed = Vec::new();
    for (definition, projection) in types.iter().zip(projections) {
        let columns = Columns {
            definition,
            tenant: "?1",
            indexed: exchange.indexed(definition),
            base_url: &exchange.base,
        };
        let check = |filter: &Filter| check_within(filter, definition, types, mode);
        let checked = filter.as_ref().map(check).transpose()?;
        if checked
            .as_ref()
            .is_some_and(|checked| checked.holds_never())
        {
            continue;
        }
        let clause = checked
            .filter(|checked| !checked.holds_always())
            .map(|checked| compile(&checked, &columns, &mut literals));
        listed.push(Listed {
            columns,
            clause,
            derive: exchange.derive(definition, projection),
        });
    }
    if is_too_large(listed.iter().filter_map(|one| one.clause.as_ref())) {
        return Err(ScimError::invalid_filter(
            "The filter is too large once it is spelled out: use fewer levels of brackets, or fewer terms.",
        ));
    }
    let paths = sort_paths(types, request)?;
    let of_listed = |columns: &Columns<'a>| {
        let is_it = |(definition, _): &&(&Definition, Path)| *definition == columns.definition;
        let (_, path) = paths.iter().find(is_it)?;
        Some((*columns, path))
    };
    let sorted: Vec<_> = listed
        .iter()
        .filter_map(|one| of_listed(&one.columns))
        .collect();
    let order = match paths.first().map(|(_, path)| path.name()).as_deref() {
        Some(name) if is_in_index(&listed, &paths) => Order::Indexed(name.to_owned()),
        Some("id") if types.len() == 1 => Order::Id,
        Some("meta.lastModified") if types.len() == 1 => Order::Modified,
        Some(_) => Order::Key(sort_keys(&sorted, &mut literals)?),
        None => Order::natural(&listed),
    };
    Ok(Query {
        types: listed,
        literals,
        order,
        descending: request.descending && request.sort_by.is_some(),
        after: None,
        offset: 0,
        limit: 0,
        total: None,
        base: &exchange.base,
    })
}

/// Whether one type's index has each resource once, in the order that is asked for, and no filter
/// knows a shorter way: so with the required attributes of the standard schemas, which no tenant
/// changes.
fn is_in_index(listed: &[Listed<'_>], paths: &[(&Definition, Path)]) -> bool {
    let ([one], [(definition, path)]) = (listed, paths) else {
        return false;
    };
    let reads_all = |clause: &Clause| clause.reads == Reads::All;
    let is_required = |attribute: &&Attribute| {
        attribute.required && attribute.kind == Type::String && !attribute.multi_valued
    };
    one.clause.as_ref().is_none_or(reads_all)
        && [USER_URN, GROUP_URN].contains(&definition.core.id.as_str())
        && path.extension.is_none()
        && path.attributes.iter().all(is_required)
        && one.columns.indexed.contains(&path.name())
}

/// Where `sortBy` leads in each type that has it; none has is an error, as in a filter.
fn sort_paths<'a>(
    types: &'a [Definition],
    request: &SearchRequest,
) -> Result<Vec<(&'a Definition, Path<'a>)>> {
    let Some(sort_by) = &request.sort_by else {
        return Ok(Vec::new());
    };
    let mut paths = Vec::new();
    let mut refused = None;
    for definition in types {
        match check_sort(sort_by, definition) {
            Ok(path) => paths.push((definition, path)),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) if paths.is_empty() => Err(error),
        _ => Ok(paths),
    }
}

/// An entry's resource type, and what is asked for of that.
fn part<'a>(
    types: &'a [Definition],
    projections: &'a [Projection],
    entry: &Entry,
) -> Result<(&'a Definition, &'a Projection)> {
    let mut both = types.iter().zip(projections);
    both.find(|(definition, _)| definition.resource_type.name == entry.resource_type)
        .ok_or_else(|| ScimError::new(500, "A stored resource is of a type that is not here."))
}
