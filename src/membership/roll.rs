//! The members of one group in the course of a plan. PURE.
//!
//! Only those are known whom a change names: a group of a hundred thousand costs what its changes
//! do.

use std::collections::BTreeMap;

use crate::events::describe::Member;
use crate::store::members::{Named, Sweep};

/// A group's members, as far as they matter.
#[derive(Default)]
pub struct Roll {
    known: BTreeMap<i64, Membership>,
    /// How many members no change names, or more than changes can take away. `None` when nobody
    /// asked.
    others: Option<i64>,
    /// Whether those others went.
    cleared: bool,
    /// What takes some of them out.
    sweeps: Vec<Sweep>,
    /// Those others who were deleted before that.
    lost: Vec<i64>,
}

/// What a change did to a roll, for those who want to hear of it.
pub struct Difference {
    pub added: Vec<Member>,
    pub removed: Vec<Member>,
    /// Who got another display: id, before, after.
    pub redisplayed: Vec<(String, Option<String>, Option<String>)>,
    /// Whether the change took out all whom no change names.
    pub others: bool,
    /// Which of those it took out otherwise.
    pub swept: Vec<Sweep>,
    /// Who is not meant by these two.
    pub told: Vec<i64>,
}

#[derive(Clone)]
pub struct Membership {
    pub id: String,
    pub resource_type: String,
    shown: Option<String>,
    before: Seat,
    now: Seat,
    /// Deleted as a member: the deletion itself takes the membership along, so that it can bring it
    /// back.
    is_lost: bool,
}

/// `None` for a stranger; a member has the display that its client gave it, or none.
pub type Seat = Option<Option<String>>;

/// What a change did to a roll: enough to undo it.
#[derive(Default)]
pub struct Journal {
    seats: BTreeMap<i64, Seat>,
    others: Option<(Option<i64>, bool, Vec<Sweep>)>,
    pub left_out: Vec<String>,
}

impl Roll {
    /// What D1 says of somebody, before the plan begins.
    pub fn learn(&mut self, named: &Named) {
        let seat = named.is_member.then(|| named.display.clone());
        // What a filter found is known better than what a change named.
        if self
            .known
            .get(&named.seq)
            .is_some_and(|known| known.shown.is_some())
        {
            return;
        }
        self.known.insert(
            named.seq,
            Membership {
                id: named.id.clone(),
                resource_type: named.resource_type.clone(),
                shown: named.shown.clone(),
                before: seat.clone(),
                now: seat,
                is_lost: false,
            },
        );
    }

    pub fn count(&mut self, count: i64) {
        let known = self.known.values().filter(|known| known.before.is_some());
        self.others = Some((count - known.count() as i64).max(0));
    }

    pub fn add(&mut self, named: &Named, display: Option<String>, journal: &mut Journal) {
        let membership = self.known.entry(named.seq).or_insert_with(|| Membership {
            id: named.id.clone(),
            resource_type: named.resource_type.clone(),
            shown: named.shown.clone(),
            before: None,
            now: None,
            is_lost: false,
        });
        journal.note(named.seq, &membership.now);
        membership.now = match (membership.now.take(), display) {
            // A member that is named again without a display keeps the one it was given.
            (Some(old), None) => Some(old),
            (_, display) => Some(display),
        };
    }

    pub fn remove(&mut self, seq: i64, journal: &mut Journal) {
        if let Some(membership) = self.known.get_mut(&seq) {
            journal.note(seq, &membership.now);
            membership.now = None;
        }
    }

    pub fn clear(&mut self, journal: &mut Journal) {
        self.note_others(journal);
        self.sweeps.clear();
        // Without others every departure is a known one, and only the difference is written.
        if self.others != Some(0) {
            self.others = Some(0);
            self.cleared = true;
        }
        for (seq, membership) in &mut self.known {
            journal.note(*seq, &membership.now);
            membership.now = None;
        }
    }

    fn note_others(&self, journal: &mut Journal) {
        let before = || (self.others, self.cleared, self.sweeps.clone());
        journal.others.get_or_insert_with(before);
    }

    /// Removes also members of whom the plan does not know.
    pub fn sweep(&mut self, sweep: &Sweep, journal: &mut Journal) {
        if !self.cleared && !self.sweeps.contains(sweep) {
            self.note_others(journal);
            self.sweeps.push(sweep.clone());
        }
    }

    pub fn is_swept(&self) -> bool {
        !self.sweeps.is_empty()
    }

    /// Removes the members of whom `is_meant(id, resource type, display)` is true.
    pub fn remove_where(
        &mut self,
        is_meant: impl Fn(&str, &str, Option<&str>) -> bool,
        journal: &mut Journal,
    ) {
        for (seq, membership) in &mut self.known {
            let Some(given) = &membership.now else {
                continue;
            };
            let display = given.as_deref().or(membership.shown.as_deref());
            if is_meant(&membership.id, &membership.resource_type, display) {
                journal.note(*seq, &membership.now);
                membership.now = None;
            }
        }
    }

    /// Somebody is deleted who was in the group when the plan began or not: was it a member now?
    pub fn lose(&mut self, seq: i64, was_member: bool) -> bool {
        match self.known.get_mut(&seq) {
            Some(membership) => {
                membership.is_lost = membership.now.take().is_some();
                membership.is_lost
            }
            None if was_member && !self.cleared => {
                if let Some(others) = &mut self.others {
                    *others -= 1;
                }
                self.lost.push(seq);
                true
            }
            None => false,
        }
    }

    pub fn is_changed(&self, journal: &Journal) -> bool {
        let seat = |seq| self.known.get(seq).and_then(|known| known.now.as_ref());
        journal
            .others
            .as_ref()
            .is_some_and(|(others, cleared, sweeps)| {
                (*others, *cleared) != (self.others, self.cleared) || *sweeps != self.sweeps
            })
            || journal
                .seats
                .iter()
                .any(|(seq, before)| before.as_ref() != seat(seq))
    }

    pub fn difference(&self, journal: &Journal) -> Difference {
        let mut difference = Difference {
            added: Vec::new(),
            removed: Vec::new(),
            redisplayed: Vec::new(),
            others: false,
            swept: Vec::new(),
            told: Vec::new(),
        };
        for (seq, before) in &journal.seats {
            let Some(known) = self.known.get(seq) else {
                continue;
            };
            match (before, &known.now) {
                (None, Some(display)) => difference.added.push(known.named(display.clone())),
                (Some(_), None) => difference.removed.push(known.named(None)),
                (Some(old), Some(new)) if old != new => {
                    let change = (known.id.clone(), old.clone(), new.clone());
                    difference.redisplayed.push(change);
                }
                _ => {}
            }
        }
        // No plan changes a group further once it is swept: all its sweeps are this change's.
        if let Some((_, was_cleared, _)) = &journal.others {
            difference.others = self.cleared && !was_cleared;
            difference.swept = self.sweeps.clone();
            difference.told = self.known.keys().chain(&self.lost).copied().collect();
        }
        difference
    }

    pub fn undo(&mut self, journal: Journal) {
        if let Some(before) = journal.others {
            (self.others, self.cleared, self.sweeps) = before;
        }
        for (seq, before) in journal.seats {
            if let Some(membership) = self.known.get_mut(&seq) {
                membership.now = before;
            }
        }
    }

    /// The only members left, when all others went.
    pub fn kept(&self) -> Option<Vec<i64>> {
        let stays = |known: &Membership| known.now.is_some() || known.is_lost;
        let stay = self.known.iter().filter(|(_, known)| stays(known));
        self.cleared.then(|| stay.map(|(seq, _)| *seq).collect())
    }

    /// Who went, seq by seq; [`Roll::kept`] says it where all others went too.
    pub fn removed(&self) -> impl Iterator<Item = i64> + '_ {
        let went =
            |known: &Membership| known.before.is_some() && known.now.is_none() && !known.is_lost;
        let is_listed = !self.cleared;
        let known = self.known.iter().filter(move |_| is_listed);
        known
            .filter(move |(_, known)| went(known))
            .map(|(seq, _)| *seq)
    }

    /// `false` where this one is known to be no member, or no member any more.
    pub fn may_have(&self, id: &str) -> bool {
        match self.known.values().find(|known| known.id == id) {
            Some(known) => known.now.is_some(),
            None => !self.cleared,
        }
    }

    /// Who came, or got another display: seq, who, display.
    pub fn added(&self) -> impl Iterator<Item = (i64, &Membership, Option<&str>)> {
        self.known.iter().filter_map(|(seq, known)| {
            let display = known.now.as_ref()?;
            let is_new = known.before.as_ref() != Some(display);
            is_new.then_some((*seq, known, display.as_deref()))
        })
    }
}

impl Membership {
    fn named(&self, display: Option<String>) -> Member {
        Member {
            id: self.id.clone(),
            resource_type: self.resource_type.clone(),
            display,
        }
    }
}

impl Journal {
    fn note(&mut self, seq: i64, seat: &Seat) {
        self.seats.entry(seq).or_insert_with(|| seat.clone());
    }
}
