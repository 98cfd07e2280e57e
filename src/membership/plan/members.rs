//! Members that come and go, step by step. PURE.

use super::{GROUP, Planner};
use crate::membership::roll::Journal;
use crate::membership::steps::{self, MemberValue, Step};
use crate::membership::target::Target;
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::Filter;
use crate::scim::filter::check::check_element;
use crate::scim::mode::Quirk;
use crate::store::members::Sweep;

impl Planner<'_> {
    /// Applies member steps to a target.
    pub(super) fn step(
        &mut self,
        target: &mut Target,
        steps: &[Step],
        journal: &mut Journal,
    ) -> Result<()> {
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
        let id = &target.stored.id;
        let is_it = |sweep: &&Sweep| sweep.group == *id && sweep.filter == *filter;
        if let Some(sweep) = self.sweeps.iter().find(is_it) {
            target.roll.sweep(sweep, journal);
        }
        Ok(())
    }
}
