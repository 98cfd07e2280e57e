//! The memberships of an import. A line counts only for a group in the very state that it names:
//! one that somebody else changed is left as it is, members and all.

use super::line::Members;
use super::{Numbered, Outcome};
use crate::store::audit::Entry;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::import::{NewMembership, Present, State, add_members, nested, present};
use crate::store::members::nesting::Nesting;
use crate::store::tenants::Tenant;

const GROUP: &str = "Group";

/// Ids of a line that its refusal names.
const SHOWN: usize = 3;

/// Two round trips, three where groups are in groups.
pub async fn import(
    database: &Database,
    tenant: &Tenant,
    lines: Vec<Numbered<Members>>,
    outcome: &mut Outcome,
    entry: &mut Option<Entry>,
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<&str> = lines
        .iter()
        .flat_map(|(_, line)| {
            let members = line.members.iter().map(|member| member.id.as_str());
            std::iter::once(line.group.as_str()).chain(members)
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let present = present(database, tenant.id, &["User", GROUP], &ids, &[]).await?;
    let parents: Vec<String> = lines
        .iter()
        .filter(|(_, line)| {
            line.members
                .iter()
                .any(|member| member.resource_type == GROUP)
        })
        .map(|(_, line)| line.group.clone())
        .collect();
    let nesting = if parents.is_empty() {
        Nesting::new(Vec::new())
    } else {
        nested(database, tenant.id, &parents).await?
    };
    let mut plan = Plan {
        present,
        nesting,
        new: Vec::new(),
    };
    for (number, line) in &lines {
        match plan.take(line) {
            Ok(()) => {}
            Err(why) => outcome.refuse(*number, why),
        }
    }
    outcome.members += plan.new.len();
    if plan.new.is_empty() {
        return Ok(());
    }
    add_members(database, tenant, &plan.new, &parents, entry.as_ref()).await?;
    *entry = None;
    Ok(())
}

struct Plan {
    present: Present,
    nesting: Nesting,
    new: Vec<NewMembership>,
}

impl Plan {
    /// Takes what can be taken; the error tells of the rest.
    fn take(&mut self, line: &Members) -> Result<(), String> {
        let id = &line.group;
        let Some((group, state)) = self.seq(GROUP, id) else {
            return Err(format!("There is no group {id}."));
        };
        let wanted = State {
            version: line.version,
            modified: line.modified,
        };
        if state != wanted {
            return Err(format!(
                "Group {id} is in another state (version {}, here {}) and keeps the members that it has.",
                state.version, wanted.version
            ));
        }
        let (mut lost, mut circular) = (Vec::new(), Vec::new());
        for member in &line.members {
            let Some((seq, _)) = self.seq(&member.resource_type, &member.id) else {
                lost.push(member.id.as_str());
                continue;
            };
            if member.resource_type == GROUP {
                if self.nesting.is_inside(id, &member.id, |_, _| true) {
                    circular.push(member.id.as_str());
                    continue;
                }
                self.nesting.add(&member.id, id);
            }
            self.new.push(NewMembership {
                group,
                member: seq,
                display: member.display.clone(),
            });
        }
        let told = [
            ("are not there", lost),
            ("would put the group inside itself", circular),
        ]
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(what, ids)| {
            let shown = ids
                .iter()
                .take(SHOWN)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            let more = if ids.len() > SHOWN { ", …" } else { "" };
            format!("{} of its members {what}: {shown}{more}.", ids.len())
        })
        .collect::<Vec<_>>();
        match told.is_empty() {
            true => Ok(()),
            false => Err(told.join(" ")),
        }
    }

    fn seq(&self, resource_type: &str, id: &str) -> Option<(i64, State)> {
        let key = (resource_type.to_owned(), id.to_owned());
        self.present.resources.get(&key).copied()
    }
}
