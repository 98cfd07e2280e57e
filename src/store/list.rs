//! Lists: a page and its total, in one round trip. Pages go on behind the last one's end, by key, so
//! that a walk reads each row once and what comes and goes beside it moves nothing.

mod query;

pub use query::{Listed, Order, Position, Query};

use super::Store;
use super::d1::Rows;
use super::derive::{Found, fewer};
use super::error::StoreError;
use super::fill::{self, PAGE_BYTES};

pub struct Page {
    pub found: Vec<Entry>,
    pub total: u64,
    /// There are resources behind the last one found.
    pub more: bool,
}

pub struct Entry {
    pub resource_type: String,
    pub found: Found,
    pub position: Position,
    /// Bytes of the document.
    pub(super) size: usize,
}

impl Store {
    /// One round trip, unless the page has resources too large for it (see [`fill`]), or look-ups
    /// that should find few resources find more than a page.
    pub async fn list(&self, query: &Query<'_>) -> Result<Page, StoreError> {
        let mut page = Page {
            found: Vec::new(),
            total: 0,
            more: false,
        };
        if query.types.is_empty() {
            self.verify().await?;
            return Ok(page);
        }
        let counts = query.total.is_none() && (query.limit == 0 || !query.is_few());
        let mut per_row = fill::per_row(query.limit + 1);
        let mut rows = loop {
            let mut statements = Vec::new();
            if query.limit > 0 {
                statements.push(query.page(self.tenant(), per_row));
            }
            if counts {
                statements.push(query.count(self.tenant()));
            }
            match self.read(&statements).await {
                Err(StoreError::TooLarge) if per_row > 1 => per_row = fewer(per_row),
                rows => break rows?,
            }
        };
        let mut total = query.total;
        if counts {
            total = rows.pop().as_ref().map(read_total);
        }
        if let Some(rows) = rows.first() {
            page.found = rows
                .iter()
                .filter_map(|row| {
                    let resource_type = query.resource_type(&row)?;
                    let mut found = Found::read(&row, query.derive(&resource_type))?;
                    let size = fill::size(&mut found.stored.document);
                    Some(Entry {
                        position: query.position(&row, &resource_type, &found)?,
                        resource_type,
                        size,
                        found,
                    })
                })
                .collect();
            page.more = page.found.len() > query.limit as usize;
            page.found.truncate(query.limit as usize);
        }
        let end = query.offset + page.found.len() as u64;
        let seen_all = query.after.is_none() && !page.more && (end == 0 || !page.found.is_empty());
        page.total = match total {
            Some(total) => total,
            None if seen_all => end,
            None => {
                let rows = self.read(&[query.count(self.tenant())]).await?;
                rows.first().map(read_total).unwrap_or_default()
            }
        };
        page.more |= self.fill(&mut page.found, query.base, PAGE_BYTES).await?;
        Ok(page)
    }
}

fn read_total(rows: &Rows) -> u64 {
    let total = rows.first().and_then(|row| row.integer("total"));
    total.unwrap_or_default().max(0) as u64
}
