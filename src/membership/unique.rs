//! Unique values in the course of a plan: who has which, and who is to get it. PURE.

use std::collections::HashSet;

use crate::scim::error::{Result, ScimError};
use crate::scim::resource::Map;
use crate::scim::resource::index::{IndexEntry, IndexPath, indexed_values};
use crate::store::unique::{Holders, Unique};

pub struct Claims {
    holders: Holders,
    /// Values whose holders nobody asked for. They count as free; the database knows better.
    pub unasked: Vec<Unique>,
    /// The ids of those who took one of them.
    unsure: HashSet<String>,
}

impl Claims {
    pub fn new(holders: Holders) -> Self {
        Self {
            holders,
            unasked: Vec::new(),
            unsure: HashSet::new(),
        }
    }

    /// What a resource has when the plan begins.
    pub fn hold(&mut self, resource_type: &str, id: &str, index: &[IndexEntry]) {
        let unique = index.iter().filter(|entry| entry.unique);
        let held = unique.map(|entry| (named(resource_type, entry), Some(id.to_owned())));
        self.holders.0.extend(held);
    }

    /// Whether only the database can tell if this one has what the plan gave it.
    pub fn is_unsure(&self, id: &str) -> bool {
        self.unsure.contains(id)
    }

    /// Gives `id` the values `after` in place of `before`. Refused where another has one of them.
    pub fn claim(
        &mut self,
        resource_type: &str,
        id: &str,
        before: &[IndexEntry],
        after: &[IndexEntry],
    ) -> Result<()> {
        let is_new = |entry: &&IndexEntry| entry.unique && !before.contains(entry);
        let mut unasked = Vec::new();
        for entry in after.iter().filter(is_new) {
            let unique = named(resource_type, entry);
            match self.holders.0.get(&unique) {
                Some(Some(holder)) if holder != id => {
                    return Err(ScimError::uniqueness(format!(
                        "Another {resource_type} has the {} {:?} already.",
                        entry.path, entry.value
                    )));
                }
                Some(_) => {}
                None => unasked.push(unique),
            }
        }
        if !unasked.is_empty() {
            self.unsure.insert(id.to_owned());
            self.unasked.extend(unasked);
        }
        self.release(resource_type, before);
        self.hold(resource_type, id, after);
        Ok(())
    }

    pub fn release(&mut self, resource_type: &str, index: &[IndexEntry]) {
        let unique = index.iter().filter(|entry| entry.unique);
        let free = unique.map(|entry| (named(resource_type, entry), None));
        self.holders.0.extend(free);
    }
}

/// The unique values of a document.
pub fn unique_values<'a>(
    resource_type: &'a str,
    document: &Map,
    index: &[IndexPath],
) -> impl Iterator<Item = Unique> + use<'a> {
    indexed_values(document, index)
        .into_iter()
        .filter(|entry| entry.unique)
        .map(move |entry| named(resource_type, &entry))
}

fn named(resource_type: &str, entry: &IndexEntry) -> Unique {
    Unique {
        resource_type: resource_type.to_owned(),
        path: entry.path.clone(),
        value: entry.value.clone(),
    }
}
