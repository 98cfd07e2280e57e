//! A page's size in bytes. The rows of a list's first round trip hold about [`PAGE_BYTES`] at the
//! most, however large the resources are: longer documents are left out of them, and a group's
//! members beyond its share. Here they are read afterwards, and the page ends where it is full: a
//! thousand large groups must not exhaust the Worker's memory.

use super::Store;
use super::d1::{Rows, Statement};
use super::derive::{Derive, PER_ROW, append, read_derived};
use super::error::StoreError;
use super::list::Entry;
use super::resources::Stored;

pub const PAGE_BYTES: usize = 8 << 20;

/// How often is read on in one group: it can begin anew each time, because it changed.
const MOST_READS: usize = 8;

/// JSON text of one member or group, about.
const ELEMENT_BYTES: usize = 220;

/// What a page of so many rows has of each `resources r`: see [`Store::fill`].
pub fn columns(rows: u32) -> String {
    let share = PAGE_BYTES / rows as usize;
    let document = format!(
        "iif(octet_length(r.document) > {share}, octet_length(r.document) || '', r.document)"
    );
    Stored::columns("r", &document)
}

/// The size of a document of [`columns`]. One that was left out is its size, and becomes empty.
pub fn size(document: &mut String) -> usize {
    if document.starts_with('{') {
        return document.len();
    }
    std::mem::take(document).parse().unwrap_or_default()
}

pub fn per_row(rows: u32) -> u32 {
    let share = PAGE_BYTES / ELEMENT_BYTES / rows as usize;
    (share as u32).clamp(1, PER_ROW)
}

impl Store {
    /// True if resources had to be left out at the page's end. The first one stays whatever its
    /// size, so that every page goes on; if it is a group that alone is too large, it is the only
    /// one, with a [`super::derive::Found::rest`].
    pub(super) async fn fill(
        &self,
        page: &mut Vec<Entry>,
        base: &str,
        limit: usize,
    ) -> Result<bool, StoreError> {
        let cut = cut(page, limit);
        self.fill_documents(page).await?;
        self.fill_members(page, base).await?;
        let mut before = 0;
        for at in 0..page.len() {
            let entry = &mut page[at];
            for _ in 0..MOST_READS {
                if before + entry.bytes() > limit || entry.found.rest().is_none() {
                    break;
                }
                self.complete(&mut entry.found, base).await?;
            }
            before += entry.bytes();
            if before > limit || entry.found.rest().is_some() {
                let all = page.len();
                page.truncate(at.max(1));
                return Ok(cut || page.len() < all);
            }
        }
        Ok(cut)
    }

    /// The documents that were left out, in one round trip.
    async fn fill_documents(&self, page: &mut [Entry]) -> Result<(), StoreError> {
        let left_out = |entry: &&mut Entry| entry.found.stored.document.is_empty();
        let mut entries: Vec<_> = page.iter_mut().filter(left_out).collect();
        if entries.is_empty() {
            return Ok(());
        }
        let seqs: Vec<_> = entries.iter().map(|entry| entry.found.stored.seq).collect();
        let sql = format!(
            "SELECT {} FROM resources r WHERE r.seq IN (SELECT value FROM json_each(?1))",
            Stored::columns("r", "r.document")
        );
        let statement = Statement::new(sql, [serde_json::json!(seqs).to_string().into()]);
        let rows = self.read(&[statement]).await?;
        for row in rows.iter().flat_map(Rows::iter) {
            let Some(read) = Stored::read(&row) else {
                continue;
            };
            let here = entries.iter_mut().map(|entry| &mut entry.found.stored);
            for stored in here.filter(|stored| stored.id == read.id) {
                *stored = read.clone();
            }
        }
        // One was deleted in between: the page is begun anew.
        if entries
            .iter()
            .any(|entry| entry.found.stored.document.is_empty())
        {
            return Err(StoreError::Version);
        }
        Ok(())
    }

    /// The next members of all groups that have more and that did not change meanwhile, in one
    /// round trip.
    async fn fill_members(&self, page: &mut [Entry], base: &str) -> Result<(), StoreError> {
        let is_group = |entry: &&Entry| entry.found.derive == Derive::Members;
        let more = |entry: &Entry| {
            let stored = &entry.found.stored;
            Some((stored.seq, entry.found.more?, stored.version))
        };
        let groups: Vec<_> = page.iter().filter(is_group).filter_map(more).collect();
        if groups.len() < 2 {
            return Ok(());
        }
        let members = per_row(groups.len() as u32);
        let sql = format!(
            "SELECT r.seq, {} AS derived FROM json_each(?1) e CROSS JOIN resources r \
             ON r.seq = e.value ->> 0 AND r.version = e.value ->> 2",
            Derive::Members.members("r.seq", "?2", "(e.value ->> 1)", members)
        );
        let groups = serde_json::json!(groups).to_string();
        let statement = Statement::new(sql, [groups.into(), base.into()]);
        for row in self.read(&[statement]).await?.iter().flat_map(Rows::iter) {
            let seq = row.integer("seq");
            let entry = page
                .iter_mut()
                .find(|entry| Some(entry.found.stored.seq) == seq);
            if let Some(found) = entry.map(|entry| &mut entry.found)
                && let Some(text) = &mut found.derived
            {
                let (next, more) = read_derived(&row);
                append(text, next.as_deref());
                found.more = more;
            }
        }
        Ok(())
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        self.size + self.found.derived.as_ref().map_or(0, String::len)
    }
}

/// Ends the page where what is known of its resources is too much already.
fn cut(page: &mut Vec<Entry>, limit: usize) -> bool {
    let mut bytes = 0;
    let over = page.iter().position(|entry| {
        bytes += entry.bytes();
        bytes > limit
    });
    let Some(at) = over.map(|at| at.max(1)).filter(|at| *at < page.len()) else {
        return false;
    };
    page.truncate(at);
    true
}
