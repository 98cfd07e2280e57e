//! From queued changes and what D1 holds to each change's outcome and one set of writes. PURE.
//!
//! Changes apply in the order they came, each to what the ones before it left. One that is refused
//! changes nothing and hinders nobody else.

use std::collections::HashMap;

use super::message::{Change, Done, Envelope, Outcome};
use super::nesting::Nesting;
use super::question::removes_members;
use super::roll::Journal;
use super::steps::{self, MemberValue, Step};
use super::target::Target;
use super::unique::Claims;
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::Filter;
use crate::scim::filter::check::check_element;
use crate::scim::mode::{Mode, Quirk};
use crate::scim::patch::{PatchRequest, apply_resolved, resolve_operation};
use crate::scim::resource::index::indexed_values;
use crate::scim::resource::{Map, validate, version};
use crate::scim::schema::{Definition, Registry};
use crate::store::bulk::fits;
use crate::store::document::{IndexPaths, Prepared, parse, prepare};
use crate::store::members::{Gone, Ground, Named, Writes};
use crate::store::resources::Stored;

/// The tenant's rules, as the object has them.
pub struct Rules<'a> {
    pub registry: &'a Registry,
    pub mode: Mode,
    pub revision: i64,
    pub index: &'a IndexPaths,
}

/// The outcome of each change, and the writes that make them true. There are fewer outcomes than
/// changes where one would cover up what D1 has yet to judge of those before it: it waits for the
/// next batch, with all that follow. The first never waits.
pub fn plan(envelopes: &[Envelope], rules: &Rules, ground: Ground) -> (Vec<Outcome>, Writes) {
    let mut planner = Planner::new(rules, ground);
    let mut outcomes = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        if planner.must_wait(envelope) {
            break;
        }
        outcomes.push(planner.outcome(envelope));
    }
    (outcomes, planner.writes())
}

pub(super) struct Planner<'a> {
    rules: &'a Rules<'a>,
    tokens: HashMap<String, i64>,
    targets: HashMap<(String, String), Target>,
    /// Resources that may become members, by id.
    candidates: HashMap<String, Named>,
    /// What is to go → the groups that it is in.
    containing: HashMap<i64, Vec<i64>>,
    claims: Claims,
    nesting: Option<Nesting>,
    gone: Vec<Gone>,
    acyclic: Vec<String>,
    used_tokens: Vec<String>,
}

const GROUP: &str = "Group";

impl<'a> Planner<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, ground: Ground) -> Self {
        let mut planner = Self {
            rules,
            tokens: ground.tokens.into_iter().collect(),
            targets: HashMap::new(),
            candidates: HashMap::new(),
            containing: HashMap::new(),
            claims: Claims::new(ground.holders),
            nesting: ground.nesting.map(Nesting::new),
            gone: Vec::new(),
            acyclic: Vec::new(),
            used_tokens: Vec::new(),
        };
        for (resource_type, stored) in ground.targets {
            planner.load(resource_type, stored);
        }
        for (gone, group) in ground.containing {
            planner.containing.entry(gone).or_default().push(group.seq);
            planner.load(GROUP.to_owned(), group);
        }
        let mut by_seq: HashMap<i64, &mut Target> = planner
            .targets
            .values_mut()
            .map(|target| (target.stored.seq, target))
            .collect();
        for named in ground.named {
            if let Some(target) = named.group.and_then(|seq| by_seq.get_mut(&seq)) {
                target.roll.learn(&named);
            }
            planner.candidates.insert(named.id.clone(), named);
        }
        for (seq, count) in ground.counts {
            if let Some(target) = by_seq.get_mut(&seq) {
                target.roll.count(count);
            }
        }
        planner
    }

    fn load(&mut self, resource_type: String, stored: Stored) {
        let key = (resource_type.clone(), stored.id.clone());
        if let Some(definition) = self.rules.registry.definition(&resource_type)
            && let Ok(document) = parse(&stored.document)
        {
            let index = indexed_values(&document, self.rules.index.of(definition));
            self.claims.hold(&resource_type, &stored.id, &index);
        }
        self.targets
            .entry(key)
            .or_insert_with(|| Target::loaded(resource_type, stored));
    }

    /// A second name would hide that the first was taken, a departure that a circle was closed.
    fn must_wait(&self, envelope: &Envelope) -> bool {
        let (_, id) = envelope.change.target();
        let departs = || removes_members(&envelope.change, self.rules);
        self.claims.is_unsure(id) || (!self.acyclic.is_empty() && departs())
    }

    /// A resource that a later change of the plan creates: it can be named as a member already.
    pub(super) fn promise(&mut self, resource_type: &str, id: &str) {
        let promised = Named {
            group: None,
            // Below zero until the transaction that writes the plan gives it a true one.
            seq: -1 - self.candidates.len() as i64,
            id: id.to_owned(),
            resource_type: resource_type.to_owned(),
            is_member: false,
            display: None,
            shown: None,
        };
        self.candidates.insert(id.to_owned(), promised);
    }

    pub(super) fn outcome(&mut self, envelope: &Envelope) -> Outcome {
        if self.tokens.get(&envelope.token_hash) != Some(&self.rules.revision)
            || envelope.revision != self.rules.revision
        {
            return Outcome::Stale;
        }
        match self.change(envelope) {
            Ok(done) => {
                if !self.used_tokens.contains(&envelope.token_hash) {
                    self.used_tokens.push(envelope.token_hash.clone());
                }
                Outcome::Done(done)
            }
            Err(error) => Outcome::from(error),
        }
    }

    fn change(&mut self, envelope: &Envelope) -> Result<Done> {
        let (resource_type, id) = envelope.change.target();
        let definition = self
            .rules
            .registry
            .definition(resource_type)
            .ok_or_else(|| ScimError::not_found("The resource type"))?;
        let mode = self.rules.mode;
        match &envelope.change {
            Change::Create { body, .. } => self.create(definition, id, body, envelope.now),
            Change::Replace { body, .. } => {
                let old = self.document(definition, id, envelope)?;
                let (document, steps) = steps::of_replacement(definition, body, &old, mode)?;
                self.apply(definition, id, &old, document, &steps, envelope.now)
            }
            Change::Patch { body, .. } => {
                let old = self.document(definition, id, envelope)?;
                let request = PatchRequest::parse(body, mode)?;
                let steps = steps::of_patch(definition, &request, mode)?;
                let document = patched(definition, &old, &request, mode)?;
                self.apply(definition, id, &old, document, &steps, envelope.now)
            }
            Change::Delete { .. } => self.delete(definition, id, envelope),
        }
    }

    /// The present document of an existing target whose If-Match holds.
    fn document(&self, definition: &Definition, id: &str, envelope: &Envelope) -> Result<Map> {
        let target = self
            .targets
            .get(&key(definition, id))
            .filter(|target| target.exists)
            .ok_or_else(|| not_found(definition, id))?;
        version::check_if_match(envelope.if_match.as_deref(), target.stored.version)?;
        parse(&target.stored.document)
    }

    fn create(&mut self, definition: &Definition, id: &str, body: &Map, now: i64) -> Result<Done> {
        let mut document = validate::create(definition, body, self.rules.mode)?;
        let members = steps::of_document(&mut document)?;
        document.shift_insert(0, "id".to_owned(), id.into());
        let prepared = self.prepare(definition, &document)?;
        let name = &definition.resource_type.name;
        let seq = self.candidates.get(id).map_or(0, |promised| promised.seq);
        let index = prepared.index.clone();
        let mut target = Target::created(name, (seq, id), prepared, now);
        let mut journal = Journal::default();
        self.step(&mut target, &[Step::Add(members)], &mut journal)?;
        self.claims.claim(name, id, &[], &index)?;
        let done = done(&target, journal.left_out);
        self.targets.insert(key(definition, id), target);
        Ok(done)
    }

    fn apply(
        &mut self,
        definition: &Definition,
        id: &str,
        old: &Map,
        document: Map,
        steps: &[Step],
        now: i64,
    ) -> Result<Done> {
        let key = key(definition, id);
        let Some(mut target) = self.targets.remove(&key) else {
            return Err(not_found(definition, id));
        };
        let mut journal = Journal::default();
        let stepped = self.step(&mut target, steps, &mut journal);
        let changed =
            stepped.and_then(|()| self.write_document(definition, &mut target, old, document));
        let document_changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                target.roll.undo(journal);
                self.targets.insert(key, target);
                return Err(error);
            }
        };
        if document_changed || target.roll.is_changed(&journal) {
            target.touch(now);
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
        document: Map,
    ) -> Result<bool> {
        if document == *old {
            return Ok(false);
        }
        let prepared = self.prepare(definition, &document)?;
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
        let Some(target) = self.targets.get_mut(&key(definition, id)) else {
            return Err(not_found(definition, id));
        };
        target.exists = false;
        if target.prepared.take().is_none() {
            target.index_before = index;
        }
        let seq = target.stored.seq;
        let done = done(target, Vec::new());
        let from = target.from;
        self.candidates.remove(id);
        let containing = self.containing.get(&seq).cloned().unwrap_or_default();
        for group in self.targets.values_mut().filter(|group| group.exists) {
            let was_member = containing.contains(&group.stored.seq);
            if group.roll.lose(seq, was_member) {
                group.touch(envelope.now);
            }
        }
        self.gone.extend(from.map(|version| Gone {
            seq,
            id: id.to_owned(),
            version,
            containing: containing.len(),
        }));
        Ok(done)
    }

    /// Applies member steps to a target.
    fn step(&mut self, target: &mut Target, steps: &[Step], journal: &mut Journal) -> Result<()> {
        for step in steps {
            match step {
                Step::Clear => target.roll.clear(journal),
                Step::Add(members) => {
                    for member in members {
                        self.add(target, member, journal)?;
                    }
                }
                Step::Remove(ids) => {
                    for named in ids.iter().filter_map(|id| self.candidates.get(id)) {
                        target.roll.remove(named.seq, journal);
                    }
                }
                Step::RemoveWhere(filter) => self.remove_where(target, filter, journal)?,
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        target: &mut Target,
        member: &MemberValue,
        journal: &mut Journal,
    ) -> Result<()> {
        let Some(candidate) = self.candidates.get(&member.id) else {
            if self.rules.mode.allows(Quirk::MissingMembers) {
                journal.left_out.push(member.id.clone());
                return Ok(());
            }
            return Err(ScimError::invalid_value(format!(
                "members: no user or group has the id {:?}.",
                member.id
            )));
        };
        if member.id == target.stored.id {
            return Err(ScimError::invalid_value(
                "members: a group cannot be a member of itself.",
            ));
        }
        target.roll.add(candidate, member.display.clone(), journal);
        match candidate.resource_type.as_str() {
            GROUP => self.nest(&target.stored.id, &member.id),
            _ => Ok(()),
        }
    }

    /// Refuses a group that would be inside itself, as far as the plan knows; the write makes sure.
    fn nest(&mut self, id: &str, member: &str) -> Result<()> {
        if !self.acyclic.iter().any(|known| known == id) {
            self.acyclic.push(id.to_owned());
        }
        let Some(nesting) = &mut self.nesting else {
            return Ok(());
        };
        let is_member = |group: &str, member: &str| {
            let group = self.targets.get(&(GROUP.to_owned(), group.to_owned()));
            group.is_none_or(|group| group.exists && group.roll.may_have(member))
        };
        if nesting.is_inside(id, member, is_member) {
            return Err(steps::inside_itself());
        }
        nesting.add(member, id);
        Ok(())
    }

    fn remove_where(
        &self,
        target: &mut Target,
        filter: &Filter,
        journal: &mut Journal,
    ) -> Result<()> {
        let definition = self
            .rules
            .registry
            .definition(&target.resource_type)
            .ok_or_else(|| ScimError::not_found("The resource type"))?;
        let Some(attribute) = definition.members() else {
            return Ok(());
        };
        let node = check_element(filter, attribute, self.rules.mode)?;
        let is_meant = |id: &str, resource_type: &str, display: Option<&str>| {
            node.matches(&serde_json::json!({
                "value": id,
                "type": resource_type,
                "display": display,
            }))
        };
        target.roll.remove_where(is_meant, journal);
        Ok(())
    }

    fn prepare(&self, definition: &Definition, document: &Map) -> Result<Prepared> {
        let prepared = prepare(definition, document, self.rules.index.of(definition));
        if !fits(&prepared.new) {
            return Err(ScimError::new(413, "The resource is too large to be kept."));
        }
        Ok(prepared)
    }

    pub(super) fn writes(self) -> Writes {
        let mut writes = Writes {
            token_hashes: self.used_tokens,
            revision: self.rules.revision,
            gone: self.gone,
            unasked: self.claims.unasked,
            ..Writes::default()
        };
        let mut targets: Vec<Target> = self.targets.into_values().collect();
        targets.sort_by(|one, other| one.stored.id.cmp(&other.stored.id));
        for target in targets {
            target.write(&mut writes);
        }
        // A group that did not exist is in none: it cannot close a circle.
        let mut acyclic = self.acyclic;
        acyclic.retain(|id| writes.changed.iter().any(|group| group.id == *id));
        writes.acyclic = acyclic;
        writes
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
