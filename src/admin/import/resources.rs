//! The resources of an import: which are new, and which cannot be.

use std::collections::{HashMap, HashSet};

use super::line::Resource;
use super::{Numbered, Outcome};
use crate::events::describe;
use crate::events::kinds::Verb;
use crate::scim::error::ScimError;
use crate::store::audit::Entry;
use crate::store::bulk::fits;
use crate::store::d1::Database;
use crate::store::document::{Prepared, prepare};
use crate::store::error::StoreError;
use crate::store::import::{New, Present, State, create, present};
use crate::store::members::{Indexed, NewGroup};
use crate::store::quotas::Room;
use crate::store::settings::Settings;
use crate::store::tenants::{Tenant, TenantContext};
use crate::store::unique::Unique;

/// Two round trips; one when nothing is new.
pub async fn import(
    database: &Database,
    tenant: &Tenant,
    context: &TenantContext,
    lines: Vec<Numbered<Resource<'_>>>,
    outcome: &mut Outcome,
    entry: &mut Option<Entry>,
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let prepared: Vec<(usize, Resource, Prepared)> = lines
        .into_iter()
        .map(|(number, one)| {
            let prepared = prepare(
                one.definition,
                &one.document,
                context.index.of(one.definition),
            );
            (number, one, prepared)
        })
        .collect();
    let ground = ground(database, tenant, &prepared).await?;
    let mut plan = Plan::new(&ground, &context.settings);
    for (number, resource, prepared) in prepared {
        match plan.take(&resource, prepared) {
            Ok(true) => outcome.created += 1,
            Ok(false) => outcome.present += 1,
            Err(why) => outcome.refuse(number, why),
        }
    }
    if plan.new.resources.is_empty() {
        return Ok(());
    }
    create(database, tenant, &plan.new, entry.as_ref()).await?;
    *entry = None;
    Ok(())
}

async fn ground(
    database: &Database,
    tenant: &Tenant,
    lines: &[(usize, Resource<'_>, Prepared)],
) -> Result<Present, StoreError> {
    // Members are named by id alone, so that no user may have a group's.
    let mut types = vec!["User", "Group"];
    let mut unique = HashSet::new();
    for (_, resource, prepared) in lines {
        let name = resource.definition.resource_type.name.as_str();
        if !types.contains(&name) {
            types.push(name);
        }
        unique.extend(uniques(name, prepared));
    }
    let ids: Vec<&str> = lines.iter().map(|(_, one, _)| one.id.as_str()).collect();
    let unique: Vec<Unique> = unique.into_iter().collect();
    present(database, tenant.id, &types, &ids, &unique).await
}

fn uniques(name: &str, prepared: &Prepared) -> impl Iterator<Item = Unique> {
    let entries = prepared.index.iter().filter(|entry| entry.unique);
    entries.map(move |entry| Unique {
        resource_type: name.to_owned(),
        path: entry.path.clone(),
        value: entry.value.clone(),
    })
}

/// What is there, with what the lines so far bring.
struct Plan<'a> {
    settings: &'a Settings,
    /// By id: resource type and state.
    there: HashMap<String, Vec<(String, State)>>,
    holders: HashMap<Unique, String>,
    room: Room,
    new: New,
}

impl<'a> Plan<'a> {
    fn new(ground: &Present, settings: &'a Settings) -> Self {
        let mut there: HashMap<String, Vec<(String, State)>> = HashMap::new();
        for ((name, id), (_, state)) in &ground.resources {
            let of_id = there.entry(id.clone()).or_default();
            of_id.push((name.clone(), *state));
        }
        let held = ground.holders.0.iter();
        let held = held.filter_map(|(unique, id)| Some((unique.clone(), id.clone()?)));
        Self {
            settings,
            there,
            holders: held.collect(),
            room: ground.room.clone(),
            new: New::default(),
        }
    }

    /// `false` for one that is there already.
    fn take(&mut self, resource: &Resource<'_>, prepared: Prepared) -> Result<bool, String> {
        let name = &resource.definition.resource_type.name;
        let id = &resource.id;
        let state = State {
            version: resource.version,
            modified: resource.modified,
        };
        for (other, known) in self.there.get(id).into_iter().flatten() {
            if other == name && *known == state {
                return Ok(false);
            }
            if other == name {
                return Err(format!(
                    "{name} {id} is there already in another state (version {}, here {}) and stays as it is.",
                    known.version, state.version
                ));
            }
            if is_member(other) && is_member(name) {
                return Err(format!("A {other} has the id {id} already."));
            }
        }
        if !fits(&prepared.new) {
            return Err("The resource is too large to be kept.".to_owned());
        }
        let unique: Vec<Unique> = uniques(name, &prepared).collect();
        if let Some(taken) = unique.iter().find(|one| self.holders.contains_key(one)) {
            return Err(format!(
                "Another {name} has the {} {:?} already: {}.",
                taken.path, taken.value, self.holders[taken]
            ));
        }
        if let Some(room) = self.room.get_mut(name)
            && let Some(quota) = self.settings.quotas.get(name)
        {
            if *room <= 0 {
                return Err(ScimError::quota(name, *quota).detail);
            }
            *room -= 1;
        }
        self.holders
            .extend(unique.into_iter().map(|one| (one, id.clone())));
        let of_id = self.there.entry(id.clone()).or_default();
        of_id.push((name.clone(), state));
        let entries = prepared.index.into_iter().map(|entry| Indexed {
            resource_type: name.clone(),
            id: id.clone(),
            entry,
        });
        self.new.entries.extend(entries);
        let (definition, document) = (resource.definition, &resource.document);
        let event = describe::appeared(definition, Verb::Created, document, resource.version);
        self.new.events.push(event);
        self.new.resources.push(NewGroup {
            resource_type: name.clone(),
            id: id.clone(),
            version: resource.version,
            times: Some((resource.created, resource.modified)),
            new: prepared.new,
            members: Vec::new(),
        });
        Ok(true)
    }
}

fn is_member(name: &str) -> bool {
    matches!(name, "User" | "Group")
}
