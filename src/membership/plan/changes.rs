//! One change in its turn: what it makes of its target, or why it is refused. PURE.

use super::Planner;
use crate::membership::message::{Change, Done, Envelope};
use crate::membership::roll::Journal;
use crate::membership::steps::{self, Step};
use crate::membership::target::Target;
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::Mode;
use crate::scim::patch::{PatchRequest, apply_resolved, resolve_operation};
use crate::scim::resource::index::indexed_values;
use crate::scim::resource::reactivate::{USER_NAME, reactivated};
use crate::scim::resource::{Map, validate};
use crate::scim::schema::Definition;
use crate::store::bulk::fits;
use crate::store::document::{Prepared, parse, prepare};
use crate::store::members::Gone;

impl Planner<'_> {
    pub(super) fn change(&mut self, envelope: &Envelope) -> Result<Done> {
        let (resource_type, id) = envelope.change.target();
        let definition = self
            .rules
            .registry
            .definition(resource_type)
            .ok_or_else(|| ScimError::not_found("The resource type"))?;
        let mode = self.rules.mode;
        match &envelope.change {
            Change::Create { body, .. } => self.create(definition, id, body),
            Change::Replace { body, .. } => {
                let old = self.document(definition, id, envelope)?;
                let (document, steps) = steps::of_replacement(definition, body, &old, mode)?;
                self.apply(definition, id, &old, document, &steps)
            }
            Change::Patch { body, .. } => {
                let old = self.document(definition, id, envelope)?;
                let request = PatchRequest::parse(body, mode)?;
                let steps = steps::of_patch(definition, &request, mode)?;
                let document = patched(definition, &old, &request, mode)?;
                self.apply(definition, id, &old, document, &steps)
            }
            Change::Delete { .. } => self.delete(definition, id, envelope),
        }
    }

    /// The present document of an existing target whose conditions hold.
    fn document(&self, definition: &Definition, id: &str, envelope: &Envelope) -> Result<Map> {
        let target = self
            .targets
            .get(&key(definition, id))
            .filter(|target| target.exists)
            .ok_or_else(|| not_found(definition, id))?;
        envelope.conditions.check(Some(target.stored.version))?;
        parse(&target.stored.document)
    }

    fn create(&mut self, definition: &Definition, id: &str, body: &Map) -> Result<Done> {
        if self.rules.reactivates && self.targets.contains_key(&key(definition, id)) {
            return self.reactivate(definition, id, body);
        }
        let mut document = validate::create(definition, body, self.rules.mode)?;
        let members = steps::of_document(&mut document)?;
        document.shift_insert(0, "id".to_owned(), id.into());
        let prepared = self.prepare(definition, &document)?;
        let name = &definition.resource_type.name;
        let seq = self.candidates.get(id).map_or(0, |promised| promised.seq);
        let index = prepared.index.clone();
        let mut target = Target::created(name, (seq, id), prepared);
        let mut journal = Journal::default();
        self.step(&mut target, &[Step::Add(members)], &mut journal)?;
        self.claims.claim(name, id, &[], &index)?;
        if let Err(refusal) = self.take_room(name) {
            self.claims.release(name, &index);
            return Err(refusal);
        }
        self.tell_created(definition, &document, &target, &journal);
        let done = done(&target, journal.left_out);
        self.targets.insert(key(definition, id), target);
        Ok(done)
    }

    /// What the same batch deletes makes no room: the transaction creates first.
    fn take_room(&mut self, name: &str) -> Result<()> {
        let quota = self.rules.quotas.get(name).copied();
        match (self.room.get_mut(name), quota) {
            (Some(room), Some(quota)) if *room <= 0 => Err(ScimError::quota(name, quota)),
            (Some(room), _) => {
                *room -= 1;
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    /// A user who is there, and for whom only a POST stands in the plan: see `reactivation`.
    fn reactivate(&mut self, definition: &Definition, id: &str, body: &Map) -> Result<Done> {
        let target = self.targets.get(&key(definition, id));
        let target = target.ok_or_else(|| not_found(definition, id))?;
        let old = parse(&target.stored.document)?;
        match reactivated(definition, &old, body, self.rules.mode)? {
            Some(document) => self.apply(definition, id, &old, document, &[]),
            None => Err(ScimError::uniqueness(format!(
                "Another {} has the {USER_NAME} already.",
                definition.resource_type.name
            ))),
        }
    }

    fn apply(
        &mut self,
        definition: &Definition,
        id: &str,
        old: &Map,
        document: Map,
        steps: &[Step],
    ) -> Result<Done> {
        let key = key(definition, id);
        let Some(mut target) = self.targets.remove(&key) else {
            return Err(not_found(definition, id));
        };
        let mut journal = Journal::default();
        let stepped = self.step(&mut target, steps, &mut journal);
        let changed =
            stepped.and_then(|()| self.write_document(definition, &mut target, old, &document));
        let document_changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                target.roll.undo(journal);
                self.targets.insert(key, target);
                return Err(error);
            }
        };
        if document_changed || target.roll.is_changed(&journal) {
            target.touch();
            self.tell_changed(definition, (old, &document), &target, &journal);
        }
        let done = done(&target, journal.left_out);
        self.targets.insert(key, target);
        Ok(done)
    }

    /// Whether the target's document became another.
    fn write_document(
        &mut self,
        definition: &Definition,
        target: &mut Target,
        old: &Map,
        document: &Map,
    ) -> Result<bool> {
        if document == old {
            return Ok(false);
        }
        let prepared = self.prepare(definition, document)?;
        let before = indexed_values(old, self.rules.index.of(definition));
        let (name, id) = (&target.resource_type, &target.stored.id);
        self.claims.claim(name, id, &before, &prepared.index)?;
        if target.prepared.is_none() && target.from.is_some() {
            target.index_before = before;
        }
        target.stored.document = prepared.new.document.clone();
        target.prepared = Some(prepared);
        Ok(true)
    }

    /// What goes leaves every group that it is in, and each of those has a new version then.
    fn delete(&mut self, definition: &Definition, id: &str, envelope: &Envelope) -> Result<Done> {
        let old = self.document(definition, id, envelope)?;
        let index = indexed_values(&old, self.rules.index.of(definition));
        self.claims.release(&definition.resource_type.name, &index);
        let Some(mut target) = self.targets.remove(&key(definition, id)) else {
            return Err(not_found(definition, id));
        };
        target.exists = false;
        if target.prepared.take().is_none() {
            target.index_before = index;
        }
        let seq = target.stored.seq;
        let done = done(&target, Vec::new());
        let from = target.from;
        self.candidates.remove(id);
        let containing = self.containing.get(&seq).cloned().unwrap_or_default();
        let mut left = Vec::new();
        for (key, group) in self.targets.iter_mut().filter(|(_, group)| group.exists) {
            let was_member = containing.contains(&group.stored.seq);
            if group.roll.lose(seq, was_member) {
                group.touch();
                left.push(key.clone());
            }
        }
        left.sort();
        self.tell_deleted(definition, &old, &target, &left);
        self.targets.insert(key(definition, id), target);
        self.gone.extend(from.map(|version| Gone {
            seq,
            id: id.to_owned(),
            version,
            containing: containing.len(),
        }));
        Ok(done)
    }

    fn prepare(&self, definition: &Definition, document: &Map) -> Result<Prepared> {
        let prepared = prepare(definition, document, self.rules.index.of(definition));
        if !fits(&prepared.new) {
            return Err(ScimError::new(413, "The resource is too large to be kept."));
        }
        Ok(prepared)
    }
}

/// A PATCH's effect on the document, which has no members.
fn patched(definition: &Definition, old: &Map, request: &PatchRequest, mode: Mode) -> Result<Map> {
    let mut document = old.clone();
    for operation in &request.operations {
        for resolved in resolve_operation(definition, operation, mode)? {
            if !steps::is_about_members(&resolved) {
                apply_resolved(&mut document, &resolved, mode)?;
            }
        }
    }
    validate::finish(definition, document)
}

fn done(target: &Target, left_out: Vec<String>) -> Done {
    Done {
        stored: target.stored.clone(),
        left_out,
    }
}

fn key(definition: &Definition, id: &str) -> (String, String) {
    (definition.resource_type.name.clone(), id.to_owned())
}

fn not_found(definition: &Definition, id: &str) -> ScimError {
    ScimError::not_found(&format!("{} {id}", definition.resource_type.name))
}
