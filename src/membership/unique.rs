//! Unique values in the course of a plan: who has which, and who is to get it. PURE.

use crate::scim::error::{Result, ScimError};
use crate::scim::resource::Map;
use crate::scim::resource::index::{IndexEntry, IndexPath, indexed_values};
use crate::store::unique::{Holders, Unique};

pub struct Claims {
    holders: Holders,
    /// Values whose holders nobody asked for. They count as free; the database knows better.
    pub unasked: Vec<Unique>,
}

impl Claims {
    pub fn new(holders: Holders) -> Self {
        Self {
            holders,
            unasked: Vec::new(),
        }
    }

    /// Refuses a change of `id` that takes what another resource has. `before` and `after` are its
    /// own values.
    pub fn check(
        &mut self,
        resource_type: &str,
        id: &str,
        before: &[IndexEntry],
        after: &[IndexEntry],
    ) -> Result<()> {
        for entry in after.iter().filter(|entry| entry.unique) {
            if before.contains(entry) {
                continue;
            }
            let unique = named(resource_type, entry);
            match self.holders.0.get(&unique) {
                Some(Some(holder)) if holder != id => {
                    return Err(ScimError::uniqueness(format!(
                        "Another {resource_type} has the {} {:?} already.",
                        entry.path, entry.value
                    )));
                }
                Some(_) => {}
                None => self.unasked.push(unique),
            }
        }
        Ok(())
    }

    pub fn change(
        &mut self,
        resource_type: &str,
        id: &str,
        before: &[IndexEntry],
        after: &[IndexEntry],
    ) {
        let mut set = |entry: &IndexEntry, holder: Option<&str>| {
            if entry.unique {
                let holder = holder.map(str::to_owned);
                self.holders.0.insert(named(resource_type, entry), holder);
            }
        };
        before.iter().for_each(|entry| set(entry, None));
        after.iter().for_each(|entry| set(entry, Some(id)));
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
