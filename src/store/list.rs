//! Lists: a page and its total, in one round trip. Pages go on behind the last one's end, by key, so
//! that a walk reads each row once and what comes and goes beside it moves nothing.

mod query;

pub use query::{Listed, Order, Position, Query};

use super::Store;
use super::d1::Rows;
use super::derive::Found;
use super::error::StoreError;
use super::fill::PAGE_BYTES;

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
        let mut statements = Vec::new();
        if query.limit > 0 {
            statements.push(query.page(self.tenant()));
        }
        let counts = query.total.is_none() && (query.limit == 0 || !query.is_few());
        if counts {
            statements.push(query.count(self.tenant()));
        }
        let mut rows = self.read(&statements).await?;
        let mut total = query.total;
        if counts {
            total = rows.pop().as_ref().map(read_total);
        }
        if let Some(rows) = rows.first() {
            page.found = rows
                .iter()
                .filter_map(|row| {
                    let found = Found::read(&row)?;
                    Some(Entry {
                        position: query.position(&row, &found)?,
                        resource_type: row.text("type")?,
                        size: row.integer("size")?.max(0) as usize,
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
