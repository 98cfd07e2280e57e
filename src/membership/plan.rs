//! From queued changes and what D1 holds to each change's outcome and one set of writes. PURE.
//!
//! Changes apply in the order they came, each to what the ones before it left. One that is refused
//! changes nothing and hinders nobody else.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::message::{Change, Done, Envelope, Outcome};
use super::nesting::Nesting;
use super::steps::{self, MemberValue, Step};
use super::unique::{Claims, unique_values};
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::Filter;
use crate::scim::filter::check::check_element;
use crate::scim::mode::{Mode, Quirk};
use crate::scim::patch::{PatchRequest, apply_resolved, resolve_operation};
use crate::scim::resource::index::{self, IndexEntry, indexed_values};
use crate::scim::resource::{Map, validate, version};
use crate::scim::schema::{Definition, Registry};
use crate::store::bulk::fits;
use crate::store::document::{IndexPaths, Prepared, parse, prepare};
use crate::store::members::{
    ChangedGroup, Gone, Ground, Named, NewGroup, NewMember, NewMemberOfNew, Question, Writes,
};
use crate::store::resources::Stored;

/// The tenant's rules, as the object has them.
pub struct Rules<'a> {
    pub registry: &'a Registry,
    pub mode: Mode,
    pub revision: i64,
    pub index: &'a IndexPaths,
}

/// What must be read before `envelopes` can be planned. Changes that are refused for their form
/// alone ask nothing; the plan refuses them again.
pub fn question(envelopes: &[Envelope], rules: &Rules) -> Question {
    let mut question = Question::default();
    let mut hashes = HashSet::new();
    for envelope in envelopes {
        if hashes.insert(&envelope.token_hash) {
            question.token_hashes.push(envelope.token_hash.clone());
        }
        let (resource_type, id) = envelope.change.target();
        let Some(definition) = rules.registry.definition(resource_type) else {
            continue;
        };
        if !matches!(envelope.change, Change::Create { .. }) {
            question
                .targets
                .push((resource_type.to_owned(), id.to_owned()));
        }
        if matches!(envelope.change, Change::Delete { .. }) {
            question
                .deleted
                .push((resource_type.to_owned(), id.to_owned()));
        }
        let Ok((document, steps)) = read(&envelope.change, definition, rules.mode) else {
            continue;
        };
        if let Some(document) = document {
            let index = rules.index.of(definition);
            question
                .unique
                .extend(unique_values(resource_type, &document, index));
        }
        let mut ids: Vec<String> = Vec::new();
        for step in steps {
            match step {
                Step::Clear => question.count_members_of.push(id.to_owned()),
                Step::Add(members) => ids.extend(members.into_iter().map(|member| member.id)),
                Step::Remove(members) => ids.extend(members),
                Step::RemoveWhere(_) => question.all_members_of.push(id.to_owned()),
            }
        }
        if !ids.is_empty() {
            question.named.push((id.to_owned(), ids));
        }
    }
    if !question.named.is_empty() {
        question.member_types = member_types(rules.registry);
    }
    question
}

/// The resource types that can be members, as the schema's references say.
fn member_types(registry: &Registry) -> Vec<String> {
    let members = registry
        .definitions
        .iter()
        .filter_map(|definition| definition.members());
    let references = members.filter_map(|members| members.sub("$ref"));
    references
        .flat_map(|reference| reference.reference_types.clone())
        .collect()
}

/// For [`question`]: what a change says of the new document and of members. A PUT is read without
/// the document that it replaces, and what a PATCH makes of one is not known yet.
fn read(change: &Change, definition: &Definition, mode: Mode) -> Result<(Option<Map>, Vec<Step>)> {
    match change {
        Change::Create { body, .. } => {
            let mut document = validate::create(definition, body, mode)?;
            let members = steps::of_document(&mut document)?;
            Ok((Some(document), vec![Step::Add(members)]))
        }
        Change::Replace { body, .. } => {
            let (document, steps) = steps::of_replacement(definition, body, &Map::new(), mode)?;
            Ok((Some(document), steps))
        }
        Change::Patch { body, .. } => {
            let request = PatchRequest::parse(body, mode)?;
            Ok((None, steps::of_patch(definition, &request, mode)?))
        }
        Change::Delete { .. } => Ok((None, Vec::new())),
    }
}

/// The outcome of each change, and the writes that make them true.
pub fn plan(envelopes: &[Envelope], rules: &Rules, ground: Ground) -> (Vec<Outcome>, Writes) {
    let mut planner = Planner::new(rules, ground);
    let outcomes = envelopes
        .iter()
        .map(|envelope| planner.outcome(envelope))
        .collect();
    (outcomes, planner.writes())
}

pub(super) struct Planner<'a> {
    rules: &'a Rules<'a>,
    tokens: HashMap<String, i64>,
    targets: HashMap<(String, String), Target>,
    /// Resources that may become members, by id.
    candidates: HashMap<String, Named>,
    containing: HashMap<i64, Vec<i64>>,
    gone: Vec<Gone>,
    acyclic: Vec<String>,
    used_tokens: Vec<String>,
    claims: Claims,
    nesting: Option<Nesting>,
}

/// A resource in the course of the plan.
struct Target {
    stored: Stored,
    resource_type: String,
    /// Version in D1; `None` when the plan creates it.
    from: Option<i64>,
    exists: bool,
    changed: bool,
    prepared: Option<Prepared>,
    index_before: Vec<IndexEntry>,
    members: Members,
}

/// What is known of a group's members.
#[derive(Default)]
struct Members {
    /// By seq: member now, and when the plan began.
    known: BTreeMap<i64, Membership>,
    /// Members that no change names; `None` when nobody asked.
    others: Option<i64>,
    /// Whether those others all go.
    cleared: bool,
}

impl Members {
    /// `false` where the plan knows that this one is no member (any more).
    fn may_have(&self, id: &str) -> bool {
        match self.known.values().find(|membership| membership.id == id) {
            Some(membership) => membership.now.is_some(),
            None => !self.cleared,
        }
    }
}

#[derive(Clone)]
struct Membership {
    id: String,
    before: Option<Option<String>>,
    /// `Some(display)` for a member.
    now: Option<Option<String>>,
    shown: Option<String>,
    resource_type: String,
}

impl<'a> Planner<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, ground: Ground) -> Self {
        let mut planner = Self {
            rules,
            tokens: ground.tokens.into_iter().collect(),
            targets: HashMap::new(),
            candidates: HashMap::new(),
            containing: HashMap::new(),
            gone: Vec::new(),
            acyclic: Vec::new(),
            used_tokens: Vec::new(),
            claims: Claims::new(ground.holders),
            nesting: ground.nesting.map(Nesting::new),
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
                let membership = named.is_member.then(|| named.display.clone());
                target.members.known.insert(
                    named.seq,
                    Membership {
                        id: named.id.clone(),
                        before: membership.clone(),
                        now: membership,
                        shown: named.shown.clone(),
                        resource_type: named.resource_type.clone(),
                    },
                );
            }
            planner.candidates.insert(named.id.clone(), named);
        }
        for (seq, count) in ground.counts {
            if let Some(target) = by_seq.get_mut(&seq) {
                let known = target
                    .members
                    .known
                    .values()
                    .filter(|m| m.before.is_some())
                    .count();
                target.members.others = Some(count - known as i64);
            }
        }
        planner
    }

    fn load(&mut self, resource_type: String, stored: Stored) {
        let key = (resource_type.clone(), stored.id.clone());
        let from = Some(stored.version);
        self.targets.entry(key).or_insert_with(|| Target {
            stored,
            resource_type,
            from,
            exists: true,
            changed: false,
            prepared: None,
            index_before: Vec::new(),
            members: Members::default(),
        });
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
        match &envelope.change {
            Change::Create { body, .. } => self.create(definition, id, body, envelope.now),
            Change::Replace { body, .. } => {
                let old = self.document(definition, id, envelope)?;
                let (document, steps) =
                    steps::of_replacement(definition, body, &old, self.rules.mode)?;
                self.apply(definition, id, &old, document, steps, envelope.now)
            }
            Change::Patch { body, .. } => {
                let old = self.document(definition, id, envelope)?;
                let request = PatchRequest::parse(body, self.rules.mode)?;
                let steps = steps::of_patch(definition, &request, self.rules.mode)?;
                let document = patched(definition, &old, &request, self.rules.mode)?;
                self.apply(definition, id, &old, document, steps, envelope.now)
            }
            Change::Delete { .. } => self.delete(definition, id, envelope),
        }
    }

    /// The present document of an existing target whose If-Match holds.
    fn document(&self, definition: &Definition, id: &str, envelope: &Envelope) -> Result<Map> {
        let target = self.existing(definition, id)?;
        version::check_if_match(envelope.if_match.as_deref(), target.stored.version)?;
        parse(&target.stored.document)
    }

    fn existing(&self, definition: &Definition, id: &str) -> Result<&Target> {
        self.targets
            .get(&key(definition, id))
            .filter(|target| target.exists)
            .ok_or_else(|| not_found(definition, id))
    }

    fn create(&mut self, definition: &Definition, id: &str, body: &Map, now: i64) -> Result<Done> {
        let mut document = validate::create(definition, body, self.rules.mode)?;
        let members = steps::of_document(&mut document)?;
        document.shift_insert(0, "id".to_owned(), id.into());
        let prepared = self.prepare(definition, &document)?;
        let name = &definition.resource_type.name;
        self.claims.check(name, id, &[], &prepared.index)?;
        let index = prepared.index.clone();
        let mut target = Target {
            stored: Stored {
                seq: self.candidate(id).map_or(0, |promised| promised.seq),
                id: id.to_owned(),
                version: 1,
                created: now,
                modified: now,
                document: prepared.new.document.clone(),
            },
            resource_type: definition.resource_type.name.clone(),
            from: None,
            exists: true,
            changed: true,
            prepared: Some(prepared),
            index_before: Vec::new(),
            members: Members::default(),
        };
        let (_, left_out) = self.step_members(&mut target, &[Step::Add(members)])?;
        self.claims.change(name, id, &[], &index);
        let done = done(&target, left_out);
        self.targets.insert(key(definition, id), target);
        Ok(done)
    }

    fn apply(
        &mut self,
        definition: &Definition,
        id: &str,
        old: &Map,
        document: Map,
        steps: Vec<Step>,
        now: i64,
    ) -> Result<Done> {
        let name = &definition.resource_type.name;
        let mut changed = None;
        if document != *old {
            let before = indexed_values(old, self.rules.index.of(definition));
            let prepared = self.prepare(definition, &document)?;
            self.claims.check(name, id, &before, &prepared.index)?;
            changed = Some((before, prepared));
        }
        let key = key(definition, id);
        let Some(mut target) = self.targets.remove(&key) else {
            return Err(not_found(definition, id));
        };
        let before = target.members.known.clone();
        let (others, cleared) = (target.members.others, target.members.cleared);
        let stepped = self.step_members(&mut target, &steps);
        let (members_changed, left_out) = match stepped {
            Ok(stepped) => stepped,
            Err(error) => {
                target.members = Members {
                    known: before,
                    others,
                    cleared,
                };
                self.targets.insert(key, target);
                return Err(error);
            }
        };
        let document_changed = changed.is_some();
        if let Some((before, prepared)) = changed {
            self.claims.change(name, id, &before, &prepared.index);
            if target.prepared.is_none() && target.from.is_some() {
                target.index_before = before;
            }
            target.stored.document = prepared.new.document.clone();
            target.prepared = Some(prepared);
        }
        if document_changed || members_changed {
            target.touch(now);
        }
        let done = done(&target, left_out);
        self.targets.insert(key, target);
        Ok(done)
    }

    fn delete(&mut self, definition: &Definition, id: &str, envelope: &Envelope) -> Result<Done> {
        let old = self.document(definition, id, envelope)?;
        let index = indexed_values(&old, self.rules.index.of(definition));
        let name = &definition.resource_type.name;
        self.claims.change(name, id, &index, &[]);
        let Some(target) = self.targets.get_mut(&key(definition, id)) else {
            return Err(not_found(definition, id));
        };
        target.exists = false;
        if target.prepared.take().is_none() {
            target.index_before = index;
        }
        let seq = target.stored.seq;
        let done = done(target, Vec::new());
        self.candidates.remove(id);
        let containing = self.containing.get(&seq).cloned().unwrap_or_default();
        if let Some(version) = target.from {
            self.gone.push(Gone {
                seq,
                version,
                containing: containing.len(),
            });
        }
        for group in self.targets.values_mut().filter(|group| group.exists) {
            let known = group.members.known.get_mut(&seq);
            let is_member = match &known {
                Some(membership) => membership.now.is_some(),
                None => containing.contains(&group.stored.seq) && !group.members.cleared,
            };
            if let Some(membership) = known {
                membership.now = None;
            }
            if is_member {
                group.touch(envelope.now);
            }
        }
        Ok(done)
    }

    /// Applies member steps to a target: whether any changed something, and the ids of members
    /// that do not exist.
    fn step_members(&mut self, target: &mut Target, steps: &[Step]) -> Result<(bool, Vec<String>)> {
        let before: Vec<_> = target
            .members
            .known
            .iter()
            .map(|(seq, m)| (*seq, m.now.clone()))
            .collect();
        let mut others_gone = false;
        let mut left_out = Vec::new();
        for step in steps {
            match step {
                Step::Clear => {
                    others_gone |= !target.members.cleared && target.members.others != Some(0);
                    target.members.others = Some(0);
                    target.members.cleared = true;
                    for membership in target.members.known.values_mut() {
                        membership.now = None;
                    }
                }
                Step::Add(members) => {
                    for member in members {
                        if !self.add(target, member)? {
                            left_out.push(member.id.clone());
                        }
                    }
                }
                Step::Remove(ids) => {
                    for membership in target.members.known.values_mut() {
                        if ids.contains(&membership.id) {
                            membership.now = None;
                        }
                    }
                }
                Step::RemoveWhere(filter) => self.remove_where(target, filter)?,
            }
        }
        let before: HashMap<_, _> = before.into_iter().collect();
        let changed = others_gone
            || target
                .members
                .known
                .iter()
                .any(|(seq, membership)| before.get(seq).unwrap_or(&None) != &membership.now);
        Ok((changed, left_out))
    }

    /// `false` when nobody has this id and the mode lets that pass.
    fn add(&mut self, target: &mut Target, member: &MemberValue) -> Result<bool> {
        let Some(candidate) = self.candidate(&member.id) else {
            if self.rules.mode.allows(Quirk::MissingMembers) {
                return Ok(false);
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
        if candidate.resource_type == GROUP {
            self.nest(target, &candidate)?;
        }
        let membership = target
            .members
            .known
            .entry(candidate.seq)
            .or_insert_with(|| Membership {
                id: candidate.id.clone(),
                before: None,
                now: None,
                shown: candidate.shown.clone(),
                resource_type: candidate.resource_type.clone(),
            });
        let display = member.display.clone();
        membership.now = match (membership.now.take(), display) {
            // A member that is named again without a display keeps the one it was given.
            (Some(old), None) => Some(old),
            (_, display) => Some(display),
        };
        Ok(true)
    }

    /// Refuses a group that would be inside itself, as far as the plan knows; the write makes sure.
    fn nest(&mut self, target: &Target, member: &Named) -> Result<()> {
        let id = &target.stored.id;
        if !self.acyclic.contains(id) {
            self.acyclic.push(id.clone());
        }
        let Some(nesting) = &self.nesting else {
            return Ok(());
        };
        let is_member = |group: &str, member: &str| {
            let group = self.targets.get(&(GROUP.to_owned(), group.to_owned()));
            group.is_none_or(|group| group.exists && group.members.may_have(member))
        };
        if nesting.is_inside(id, &member.id, is_member) {
            return Err(steps::inside_itself());
        }
        if let Some(nesting) = &mut self.nesting {
            nesting.add(&member.id, id);
        }
        Ok(())
    }

    fn candidate(&self, id: &str) -> Option<Named> {
        self.candidates.get(id).cloned()
    }

    fn remove_where(&self, target: &mut Target, filter: &Filter) -> Result<()> {
        let definition = self
            .rules
            .registry
            .definition(&target.resource_type)
            .ok_or_else(|| ScimError::not_found("The resource type"))?;
        let Some(attribute) = definition.members() else {
            return Ok(());
        };
        let node = check_element(filter, attribute, self.rules.mode)?;
        for membership in target.members.known.values_mut() {
            let Some(display) = &membership.now else {
                continue;
            };
            let element = serde_json::json!({
                "value": membership.id,
                "type": membership.resource_type,
                "display": display.clone().or(membership.shown.clone()),
            });
            if node.matches(&element) {
                membership.now = None;
            }
        }
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
            gone: self.gone,
            acyclic: self.acyclic,
            unasked: self.claims.unasked,
            ..Writes::default()
        };
        let mut targets: Vec<Target> = self.targets.into_values().collect();
        targets.sort_by(|one, other| one.stored.id.cmp(&other.stored.id));
        for target in targets {
            target.write(&mut writes);
        }
        writes.acyclic.retain(|id| {
            let added = writes.added.iter().map(|added| &added.group_id);
            let new = writes.added_new.iter().map(|added| &added.group_id);
            added.chain(new).any(|group| group == id)
        });
        writes
    }
}

const GROUP: &str = "Group";

impl Target {
    fn touch(&mut self, now: i64) {
        self.stored.version += 1;
        self.stored.modified = now;
        self.changed = true;
    }

    fn write(self, writes: &mut Writes) {
        let Self {
            stored,
            resource_type,
            from,
            exists,
            changed,
            prepared,
            index_before,
            members,
        } = self;
        if !exists && from.is_none() {
            return;
        }
        let id = stored.id.clone();
        let index_after = prepared.as_ref().map(|prepared| prepared.index.as_slice());
        let (removed, added) = match index_after {
            None if exists => (Vec::new(), Vec::new()),
            after => index::difference(&index_before, after.unwrap_or_default()),
        };
        let named = |entry| (resource_type.clone(), id.clone(), entry);
        writes.index_removed.extend(removed.into_iter().map(named));
        writes.index_added.extend(added.into_iter().map(named));
        if !exists || !changed {
            return;
        }
        match from {
            Some(from) => writes.changed.push(ChangedGroup {
                seq: stored.seq,
                from,
                to: stored.version,
                modified: stored.modified,
                new: prepared.map(|prepared| prepared.new),
            }),
            None => writes.created.extend(prepared.map(|prepared| NewGroup {
                resource_type: resource_type.clone(),
                id: id.clone(),
                version: stored.version,
                created: stored.created,
                new: prepared.new,
            })),
        }
        if members.cleared {
            let kept = members.known.iter().filter(|(_, m)| m.now.is_some());
            writes
                .kept
                .push((stored.seq, kept.map(|(seq, _)| *seq).collect()));
        }
        for (seq, membership) in members.known {
            match (membership.before, membership.now) {
                (None, Some(display)) if seq < 0 => writes.added_new.push(NewMemberOfNew {
                    group_id: id.clone(),
                    resource_type: membership.resource_type,
                    id: membership.id,
                    display,
                }),
                (before, Some(now)) if before.as_ref() != Some(&now) => {
                    writes.added.push(NewMember {
                        group_id: id.clone(),
                        member: seq,
                        display: now,
                    });
                }
                (Some(_), None) if !members.cleared => writes.removed.push((stored.seq, seq)),
                _ => {}
            }
        }
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
