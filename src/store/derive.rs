//! What a resource shows that its document does not hold: a group's members, a user's groups.

use super::Store;
use super::d1::{Row, Rows, Statement};
use super::error::StoreError;
use super::resources::Stored;

/// An attribute that is not in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derive {
    Nothing,
    /// A user's groups, direct and indirect.
    Groups,
    /// The same, each with its externalId: for the product, not for SCIM.
    Memberships,
    /// A group's members.
    Members,
}

/// A resource, and the JSON text of what was derived.
#[derive(Debug, Clone)]
pub struct Found {
    pub stored: Stored,
    /// All of it, or as much as is read at once: see [`Found::rest`].
    pub derived: Option<String>,
    pub(super) derive: Derive,
    /// The element after which there are more.
    pub(super) more: Option<i64>,
}

impl Found {
    pub fn new(stored: Stored, derived: Option<String>) -> Self {
        Self {
            stored,
            derived,
            derive: Derive::Nothing,
            more: None,
        }
    }

    pub(super) fn read(row: &Row, derive: Derive) -> Option<Self> {
        let (derived, more) = read_derived(row);
        // An empty list is an attribute without a value, which is not shown.
        let derived = derived.filter(|text| text != "[]");
        Some(Self {
            stored: Stored::read(row)?,
            derived,
            derive,
            more,
        })
    }

    /// The member after which [`Store::further`] goes on: a group that is too large to be held in
    /// memory is written while it is read.
    pub fn rest(&self) -> Option<i64> {
        self.more
    }
}

/// JSON text, and behind a line break the element after which there are more.
pub(super) fn read_derived(row: &Row) -> (Option<String>, Option<i64>) {
    let Some(mut text) = row.text("derived") else {
        return (None, None);
    };
    let Some(at) = text.rfind('\n') else {
        return (Some(text), None);
    };
    let more = text[at + 1..].parse().ok();
    text.truncate(at);
    (Some(text), more)
}

/// Joins a further list's JSON text to one that has elements.
pub(super) fn append(list: &mut String, further: Option<&str>) {
    let elements = further.and_then(|text| text.strip_prefix('['));
    if let Some(elements) = elements
        && elements != "]"
    {
        list.pop();
        list.push(',');
        list.push_str(elements);
    }
}

/// Elements that a row carries at the most: about 220 bytes each, of a row's 2 MB. Where long
/// displays make it more, [`fewer`] are asked for.
pub(super) const PER_ROW: u32 = 4000;

/// Rows of elements that one round trip reads: what of a large group is in memory at once.
const ROWS: u32 = 2;

/// Rows that are read at once where a group changes faster than it is read in parts: up to 20,000
/// members are a snapshot then.
const ROWS_AT_ONCE: u32 = 5;

/// A user's groups are all in memory at once: they are part of the entity tag.
const MAX_GROUPS: u32 = 40_000;

pub(super) fn fewer(elements: u32) -> u32 {
    (elements / 16).max(1)
}

/// Every group that a resource is in, as `seq`, and whether only through another.
fn up(member: &str) -> String {
    format!(
        "WITH RECURSIVE up (seq, far) AS (\
         SELECT m.\"group\", 0 FROM members m WHERE m.member = {member} \
         UNION SELECT m.\"group\", 1 FROM up CROSS JOIN members m ON m.member = up.seq)"
    )
}

impl Derive {
    /// A scalar expression over `resources r`: see [`read_derived`]. `limit` is how many elements
    /// it shows at the most.
    pub(super) fn sql(self, base: &str, limit: u32) -> String {
        match self {
            Self::Nothing => "NULL".to_owned(),
            // Most people's groups are in no group: then one pass over the memberships is all.
            Self::Groups | Self::Memberships => format!(
                "(SELECT CASE WHEN \
                 max(EXISTS (SELECT 1 FROM members p WHERE p.member = m.seq)) \
                 THEN ({} SELECT {} FROM (SELECT seq, min(far) AS given FROM up GROUP BY seq \
                 LIMIT {limit}) m CROSS JOIN resources o ON o.seq = m.seq) \
                 ELSE {} END FROM (SELECT \"group\" AS seq, 0 AS given FROM members \
                 WHERE member = r.seq LIMIT {limit}) m CROSS JOIN resources o ON o.seq = m.seq)",
                up("r.seq"),
                self.list(base, limit),
                self.list(base, limit),
            ),
            Self::Members => self.members("r.seq", base, "0", limit),
        }
    }

    /// Members of one group, as [`Derive::sql`] shows them.
    pub(super) fn members(self, group: &str, base: &str, after: &str, limit: u32) -> String {
        format!(
            "(SELECT {} FROM (SELECT member AS seq, display AS given FROM members \
             WHERE \"group\" = {group} AND member > {after} ORDER BY member LIMIT {limit}) m \
             CROSS JOIN resources o ON o.seq = m.seq)",
            self.list(base, limit)
        )
    }

    /// The elements of `m`, each with its resource `o`, as [`read_derived`] wants them.
    fn list(self, base: &str, limit: u32) -> String {
        let element = match self {
            Self::Nothing => "NULL".to_owned(),
            Self::Groups | Self::Memberships => {
                let more = match self {
                    Self::Memberships => ", 'externalId', o.document ->> '$.externalId'",
                    _ => "",
                };
                format!(
                    "json_object('value', o.id, '$ref', {base} || '/Groups/' || o.id, \
                     'display', o.display, 'type', iif(m.given, 'indirect', 'direct'){more})"
                )
            }
            Self::Members => format!(
                "json_object('value', o.id, '$ref', \
                 {base} || iif(o.type = 'Group', '/Groups/', '/Users/') || o.id, \
                 'type', o.type, 'display', coalesce(m.given, o.display))"
            ),
        };
        format!(
            "json_group_array({element}) || iif(count(*) = {limit}, char(10) || max(m.seq), '')"
        )
    }

    /// The resource ?1 and its elements behind ?3, in `rows` of `per_row` each: one statement, which
    /// is one snapshot. Parameter ?2 is the base URL. Each row goes on behind the one before it,
    /// from what [`Derive::list`] says at its end; window functions would read each element twice.
    fn window(self, per_row: u32, rows: u32) -> String {
        let after = "CAST(substr(p.derived, instr(p.derived, char(10)) + 1) AS INTEGER)";
        let elements = match self {
            // Where to go on is computed once, not for each group.
            Self::Groups | Self::Memberships => format!(
                "({}, a (after) AS MATERIALIZED (SELECT {after}) \
                 SELECT {} FROM (SELECT seq, min(far) AS given FROM a CROSS JOIN up \
                 ON up.seq > a.after GROUP BY seq ORDER BY seq LIMIT {per_row}) m \
                 CROSS JOIN resources o ON o.seq = m.seq)",
                up("?1"),
                self.list("?2", per_row)
            ),
            Self::Members | Self::Nothing => self.members("?1", "?2", after, per_row),
        };
        format!(
            "WITH RECURSIVE part (row, derived) AS (SELECT 0, char(10) || CAST(?3 AS INTEGER) \
             UNION ALL SELECT row + 1, {elements} FROM part p \
             WHERE row < {rows} AND instr(p.derived, char(10))) \
             SELECT {}, p.derived \
             FROM resources r LEFT JOIN part p ON p.row > 0 WHERE r.seq = ?1 ORDER BY p.row",
            Stored::columns("r", "iif(p.row > 1, '', r.document)")
        )
    }
}

/// What one round trip reads of a resource and of what is derived of it.
struct Window {
    stored: Stored,
    parts: Vec<String>,
    more: Option<i64>,
}

impl Store {
    /// Only what is derived of a resource that this request has just written, and the resource as
    /// it is then: others may have changed it again. The guard held for the change, and nothing
    /// that fails now may make it look as if it had not happened: so `None` also stands for what
    /// could not be read.
    pub async fn derived(&self, stored: &Stored, derive: Derive, base: &str) -> Option<Found> {
        let window = self.window(stored.seq, derive, base, 0, ROWS_AT_ONCE);
        Some(window.await.ok()?.into_found(derive))
    }

    /// The members behind `after`, in JSON lists, and the one after which there are more.
    pub async fn further(
        &self,
        stored: &Stored,
        after: i64,
        base: &str,
    ) -> Result<(Vec<String>, Option<i64>), StoreError> {
        let window = self
            .window(stored.seq, Derive::Members, base, after, ROWS)
            .await?;
        if window.stored.version != stored.version {
            return Err(StoreError::Version);
        }
        Ok((window.parts, window.more))
    }

    /// Reads on where the elements did not fit into a row: of a user's groups all, of a group's
    /// members one round trip's. What was found and what is read are of one version: when it moved,
    /// both are read anew, together.
    pub(super) async fn complete(&self, found: &mut Found, base: &str) -> Result<(), StoreError> {
        let Some(after) = found.more else {
            return Ok(());
        };
        if found.derive != Derive::Members {
            let (derive, rows) = (found.derive, MAX_GROUPS / PER_ROW);
            let window = self.window(found.stored.seq, derive, base, 0, rows);
            *found = window.await?.into_found(derive);
            return match found.more {
                Some(_) => Err(StoreError::TooManyGroups),
                None => Ok(()),
            };
        }
        match self.further(&found.stored, after, base).await {
            Ok((parts, more)) => {
                let text = found.derived.get_or_insert_default();
                for part in parts {
                    append(text, Some(&part));
                }
                found.more = more;
                Ok(())
            }
            Err(StoreError::Version) => {
                let window = self.window(found.stored.seq, Derive::Members, base, 0, ROWS_AT_ONCE);
                *found = window.await?.into_found(Derive::Members);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn window(
        &self,
        seq: i64,
        derive: Derive,
        base: &str,
        after: i64,
        rows: u32,
    ) -> Result<Window, StoreError> {
        let mut per_row = PER_ROW;
        let rows = loop {
            let parameters = [seq.into(), base.into(), after.into()];
            let statement = Statement::new(derive.window(per_row, rows), parameters);
            match self.read(&[statement]).await {
                Err(StoreError::TooLarge) if per_row > 1 => per_row = fewer(per_row),
                rows => break rows?,
            }
        };
        let mut window: Option<Window> = None;
        for row in rows.iter().flat_map(Rows::iter) {
            let (part, more) = read_derived(&row);
            let known = match &mut window {
                Some(window) => window,
                None => {
                    // Gone in between: the request is begun anew.
                    let stored = Stored::read(&row).ok_or(StoreError::Version)?;
                    window.insert(Window {
                        stored,
                        parts: Vec::new(),
                        more: None,
                    })
                }
            };
            known.parts.extend(part);
            known.more = more;
        }
        window.ok_or(StoreError::Version)
    }
}

impl Window {
    fn into_found(self, derive: Derive) -> Found {
        let mut parts = self.parts.into_iter();
        let mut derived = parts.next();
        for part in parts {
            append(derived.get_or_insert_default(), Some(&part));
        }
        Found {
            stored: self.stored,
            derived: derived.filter(|text| text != "[]"),
            derive,
            more: self.more,
        }
    }
}
