//! A resource in the course of a plan, and what in the end is written of it. PURE.

use super::roll::Roll;
use crate::scim::resource::index::{self, IndexEntry};
use crate::store::document::Prepared;
use crate::store::members::{ChangedGroup, Indexed, NewGroup, NewMember, NewMemberOfNew, Writes};
use crate::store::resources::Stored;

pub struct Target {
    pub stored: Stored,
    pub resource_type: String,
    /// Version in D1; `None` when the plan creates it.
    pub from: Option<i64>,
    pub exists: bool,
    pub changed: bool,
    /// The document, when it is another than in D1.
    pub prepared: Option<Prepared>,
    /// The index entries in D1, when they may change.
    pub index_before: Vec<IndexEntry>,
    pub roll: Roll,
}

impl Target {
    pub fn loaded(resource_type: String, stored: Stored) -> Self {
        Self {
            from: Some(stored.version),
            stored,
            resource_type,
            exists: true,
            changed: false,
            prepared: None,
            index_before: Vec::new(),
            roll: Roll::default(),
        }
    }

    /// `seq` stands for the one that the resource will get.
    pub fn created(resource_type: &str, (seq, id): (i64, &str), prepared: Prepared) -> Self {
        Self {
            stored: Stored {
                seq,
                id: id.to_owned(),
                version: 1,
                // Only the transaction will know them.
                created: 0,
                modified: 0,
                document: prepared.new.document.clone(),
            },
            resource_type: resource_type.to_owned(),
            from: None,
            exists: true,
            changed: true,
            prepared: Some(prepared),
            index_before: Vec::new(),
            roll: Roll::default(),
        }
    }

    pub fn touch(&mut self) {
        self.stored.version += 1;
        self.changed = true;
    }

    pub fn write(mut self, writes: &mut Writes) {
        // Made and deleted by the same batch: nothing of it was ever there.
        if !self.exists && self.from.is_none() {
            return;
        }
        self.write_index(writes);
        if !self.exists || !self.changed {
            return;
        }
        let Stored {
            seq, id, version, ..
        } = self.stored;
        let added = self.roll.added();
        let (new_ones, members): (Vec<_>, Vec<_>) = added.partition(|(seq, ..)| *seq < 0);
        let text = |display: Option<&str>| display.map(str::to_owned);
        let new_ones = new_ones
            .into_iter()
            .map(|(_, known, display)| NewMemberOfNew {
                group_id: id.clone(),
                resource_type: known.resource_type.clone(),
                id: known.id.clone(),
                display: text(display),
            });
        writes.added_new.extend(new_ones);
        let members = members.into_iter().map(|(seq, known, display)| NewMember {
            seq,
            id: known.id.clone(),
            display: text(display),
        });
        let new = self.prepared.take().map(|prepared| prepared.new);
        let Some(from) = self.from else {
            writes.created.extend(new.map(|new| NewGroup {
                resource_type: self.resource_type,
                id,
                version,
                times: None,
                new,
                members: members.collect(),
            }));
            return;
        };
        writes.added.extend(members.map(|member| (seq, member)));
        writes
            .removed
            .extend(self.roll.removed().map(|gone| (seq, gone)));
        writes.kept.extend(self.roll.kept().map(|kept| (seq, kept)));
        writes.changed.push(ChangedGroup {
            seq,
            id,
            from,
            to: version,
            new,
        });
    }

    fn write_index(&self, writes: &mut Writes) {
        let after = match &self.prepared {
            Some(prepared) => prepared.index.as_slice(),
            None if self.exists => return,
            None => &[],
        };
        let (removed, added) = index::difference(&self.index_before, after);
        let named = |entry| Indexed {
            resource_type: self.resource_type.clone(),
            id: self.stored.id.clone(),
            entry,
        };
        writes.index_removed.extend(removed.into_iter().map(named));
        writes.index_added.extend(added.into_iter().map(named));
    }
}
