//! What a change did, as events. PURE.
//!
//! Changes are told one after the other, whatever the transaction makes of several: a member who
//! came and went within one is told twice.

use super::Planner;
use crate::events::describe::{self, Member};
use crate::events::kinds::{MEMBER_ADDED, MEMBER_REMOVED, Verb};
use crate::membership::roll::{Difference, Journal};
use crate::membership::target::Target;
use crate::scim::resource::Map;
use crate::scim::schema::Definition;
use crate::store::document::parse;
use crate::store::events::{NewEvent, Others};

impl Planner<'_> {
    pub(super) fn tell_created(
        &mut self,
        definition: &Definition,
        document: &Map,
        target: &Target,
        journal: &Journal,
    ) {
        let event = describe::appeared(definition, Verb::Created, document, target.stored.version);
        self.events.push(event);
        self.tell_members(definition, document, target, journal);
    }

    pub(super) fn tell_changed(
        &mut self,
        definition: &Definition,
        (before, after): (&Map, &Map),
        target: &Target,
        journal: &Journal,
    ) {
        if before != after {
            let event = describe::changed(definition, before, after, target.stored.version);
            self.events.push(event);
        }
        self.tell_members(definition, after, target, journal);
    }

    fn tell_members(
        &mut self,
        definition: &Definition,
        document: &Map,
        target: &Target,
        journal: &Journal,
    ) {
        let Difference {
            added,
            removed,
            redisplayed,
            others,
            swept,
            told,
        } = target.roll.difference(journal);
        let group = describe::named(definition, document, target.stored.version);
        // Of a group that the plan creates there are no others.
        let sweeps = others.then_some(None).into_iter();
        for sweep in sweeps.chain(swept.into_iter().map(Some)) {
            if target.from.is_none() {
                break;
            }
            let data = serde_json::json!({ "resource": group });
            self.events.push(NewEvent {
                others: Some(Others {
                    group: target.stored.seq,
                    but: told.clone(),
                    sweep,
                }),
                ..NewEvent::new(MEMBER_REMOVED, data)
            });
        }
        describe::tell_members(&mut self.events, MEMBER_REMOVED, &group, &removed);
        describe::tell_members(&mut self.events, MEMBER_ADDED, &group, &added);
        if !redisplayed.is_empty() {
            let event =
                describe::redisplayed(definition, document, target.stored.version, &redisplayed);
            self.events.push(event);
        }
    }

    /// `groups` are those that the resource has left, by their keys.
    pub(super) fn tell_deleted(
        &mut self,
        definition: &Definition,
        document: &Map,
        gone: &Target,
        groups: &[(String, String)],
    ) {
        let member = [Member {
            id: gone.stored.id.clone(),
            resource_type: definition.resource_type.name.clone(),
            display: None,
        }];
        for group in groups.iter().filter_map(|key| self.targets.get(key)) {
            let left = self.rules.registry.definition(&group.resource_type);
            if let Some(left) = left
                && let Ok(document) = parse(&group.stored.document)
            {
                let group = describe::named(left, &document, group.stored.version);
                describe::tell_members(&mut self.events, MEMBER_REMOVED, &group, &member);
            }
        }
        let event = describe::deleted(definition, document, gone.stored.version);
        self.events.push(event);
    }
}
