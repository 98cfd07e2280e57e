//! What must be read before changes can be planned. PURE.
//!
//! Changes that are refused for their form alone ask nothing of members; the plan refuses them
//! again.

use std::collections::{HashMap, HashSet};

use super::message::{Change, Envelope};
use super::plan::Rules;
use super::steps::{self, Step};
use super::unique::unique_values;
use crate::scim::error::Result;
use crate::scim::filter::Filter;
use crate::scim::filter::check::check_element;
use crate::scim::mode::Mode;
use crate::scim::patch::PatchRequest;
use crate::scim::resource::reactivate::USER_NAME;
use crate::scim::resource::{Map, validate};
use crate::scim::schema::{Definition, Registry};
use crate::store::members::{Asked, Question, Sweep};

pub fn question(envelopes: &[Envelope], rules: &Rules) -> Question {
    let mut question = Question::default();
    let mut hashes = HashSet::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut named: Vec<HashSet<String>> = Vec::new();
    for envelope in envelopes {
        if hashes.insert(&envelope.token_hash) {
            question.token_hashes.push(envelope.token_hash.clone());
        }
        let (resource_type, id) = envelope.change.target();
        let Some(definition) = rules.registry.definition(resource_type) else {
            continue;
        };
        let place = *places.entry((resource_type, id)).or_insert_with(|| {
            named.push(HashSet::new());
            question.targets.push(Asked {
                resource_type: resource_type.to_owned(),
                id: id.to_owned(),
                named: Vec::new(),
            });
            named.len() - 1
        });
        if matches!(envelope.change, Change::Create { .. }) {
            question.room |= rules.quotas.contains_key(resource_type);
        }
        if matches!(envelope.change, Change::Delete { .. }) {
            let target = (resource_type.to_owned(), id.to_owned());
            push_new(&mut question.deleted, target);
        }
        let (document, steps) = read(&envelope.change, definition, rules.mode).unwrap_or_default();
        let index = rules.index.of(definition);
        let unique = question.unique.len();
        question
            .unique
            .extend(unique_values(resource_type, &document, index));
        let is_posted = matches!(envelope.change, Change::Create { .. });
        if rules.reactivates && is_posted && definition.groups().is_some() {
            let mut unique = question.unique[unique..].iter();
            let name = unique.find(|one| one.path == USER_NAME);
            question
                .posted
                .extend(name.map(|name| (id.to_owned(), name.clone())));
        }
        for step in steps {
            match step {
                Step::Clear => push_new(&mut question.others_of, id.to_owned()),
                Step::Add(members) => {
                    named[place].extend(members.into_iter().map(|member| member.id));
                }
                Step::Remove(ids) => named[place].extend(ids),
                Step::RemoveWhere(filter) => {
                    if let Some(sweep) = sweep(definition, id, &filter, rules.mode) {
                        push_new(&mut question.sweeps, sweep);
                    }
                }
            }
        }
    }
    for (target, ids) in question.targets.iter_mut().zip(named) {
        target.named = ids.into_iter().collect();
        // In the order of creation, which is the order in which they lie.
        target.named.sort_unstable();
    }
    if question
        .targets
        .iter()
        .any(|target| !target.named.is_empty())
    {
        question.member_types = member_types(rules.registry);
    }
    question
}

/// `None` for a filter that the plan refuses.
fn sweep(definition: &Definition, id: &str, filter: &Filter, mode: Mode) -> Option<Sweep> {
    let node = check_element(filter, definition.members()?, mode).ok()?;
    Sweep::new(id, filter, &node, definition)
}

/// Whether a change can take anybody out of a group.
pub fn removes_members(change: &Change, rules: &Rules) -> bool {
    let definition = rules.registry.definition(change.target().0);
    let steps = definition.map(|definition| read(change, definition, rules.mode));
    let removes = |step: &Step| !matches!(step, Step::Add(_));
    matches!(change, Change::Delete { .. })
        || matches!(steps, Some(Ok((_, steps))) if steps.iter().any(removes))
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// The resource types that can be members, as the schema's references say.
fn member_types(registry: &Registry) -> Vec<String> {
    let mut types = Vec::new();
    let members = registry
        .definitions
        .iter()
        .filter_map(|definition| definition.members());
    for reference in members.filter_map(|members| members.sub("$ref")) {
        for name in &reference.reference_types {
            push_new(&mut types, name.clone());
        }
    }
    types
}

/// What a change says of the new document, and of members. A PUT is read without the document that
/// it replaces; what a PATCH makes of one nobody knows yet.
fn read(change: &Change, definition: &Definition, mode: Mode) -> Result<(Map, Vec<Step>)> {
    match change {
        Change::Create { body, .. } => {
            let mut document = validate::create(definition, body, mode)?;
            let members = steps::of_document(&mut document)?;
            Ok((document, vec![Step::Add(members)]))
        }
        Change::Replace { body, .. } => steps::of_replacement(definition, body, &Map::new(), mode),
        Change::Patch { body, .. } => {
            let request = PatchRequest::parse(body, mode)?;
            Ok((Map::new(), steps::of_patch(definition, &request, mode)?))
        }
        Change::Delete { .. } => Ok((Map::new(), Vec::new())),
    }
}
