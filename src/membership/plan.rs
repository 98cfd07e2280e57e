//! From queued changes and what D1 holds to each change's outcome and one set of writes. PURE.
//!
//! Changes apply in the order they came, each to what the ones before it left. One that is refused
//! changes nothing and hinders nobody else.

mod changes;
mod events;
mod members;

use std::collections::{BTreeMap, HashMap};

use super::message::{Change, Envelope, Outcome};
use super::question::removes_members;
use super::target::Target;
use super::unique::Claims;
use crate::scim::mode::Mode;
use crate::scim::resource::index::indexed_values;
use crate::scim::schema::Registry;
use crate::store::document::{IndexPaths, parse};
use crate::store::events::NewEvent;
use crate::store::members::nesting::Nesting;
use crate::store::members::{Gone, Ground, Named, Sweep, Writes};
use crate::store::quotas::Room;
use crate::store::resources::Stored;

/// The tenant's rules, as the object has them.
pub struct Rules<'a> {
    pub registry: &'a Registry,
    pub mode: Mode,
    pub revision: i64,
    pub index: &'a IndexPaths,
    /// How many days what is deleted can be brought back.
    pub kept_days: Option<u32>,
    /// How many resources there may be, by resource type.
    pub quotas: &'a BTreeMap<String, u32>,
    /// Whether users who were deactivated are active again when they are created anew.
    pub reactivates: bool,
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
    room: Room,
    sweeps: Vec<Sweep>,
    nesting: Option<Nesting>,
    gone: Vec<Gone>,
    acyclic: Vec<String>,
    used_tokens: Vec<String>,
    events: Vec<NewEvent>,
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
            room: ground.room,
            sweeps: ground.sweeps,
            nesting: ground.nesting.map(Nesting::new),
            gone: Vec::new(),
            acyclic: Vec::new(),
            used_tokens: Vec::new(),
            events: Vec::new(),
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

    /// A second name would hide that the first was taken, a departure that a circle was closed, and
    /// who is left in a group that was swept only D1 knows.
    fn must_wait(&self, envelope: &Envelope) -> bool {
        let (resource_type, id) = envelope.change.target();
        let departs = || removes_members(&envelope.change, self.rules);
        let is_delete = matches!(envelope.change, Change::Delete { .. });
        let is_swept = |(key, target): (&(String, String), &Target)| {
            target.roll.is_swept() && (is_delete || (key.0 == resource_type && key.1 == id))
        };
        self.claims.is_unsure(id)
            || (!self.acyclic.is_empty() && departs())
            || self.targets.iter().any(is_swept)
    }

    /// A resource that a later change of the plan creates: it can be named as a member already.
    pub(super) fn promise(&mut self, resource_type: &str, id: &str) {
        // One who is created anew is there.
        let key = (resource_type.to_owned(), id.to_owned());
        if self.targets.contains_key(&key) {
            return;
        }
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

    pub(super) fn writes(self) -> Writes {
        let mut writes = Writes {
            token_hashes: self.used_tokens,
            revision: self.rules.revision,
            gone: self.gone,
            kept_days: self.rules.kept_days,
            unasked: self.claims.unasked,
            events: self.events,
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
