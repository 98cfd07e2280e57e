//! What a resource shows that its document does not hold: a group's members, a user's groups.

use super::Store;
use super::d1::{Row, Statement};
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
    pub derived: Option<String>,
    /// The member after which there are more.
    pub(super) more: Option<i64>,
}

impl Found {
    pub fn new(stored: Stored, derived: Option<String>) -> Self {
        Self {
            stored,
            derived,
            more: None,
        }
    }

    pub(super) fn read(row: &Row) -> Option<Self> {
        let (derived, more) = read_derived(row);
        // An empty list is an attribute without a value, which is not shown.
        let derived = derived.filter(|text| text != "[]");
        Some(Self {
            stored: Stored::read(row)?,
            derived,
            more,
        })
    }
}

/// JSON text, and behind a line break the member after which there are more.
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

/// Members that a row carries at the most: about 220 bytes each, of a row's 2 MB.
pub(super) const MEMBERS_PER_ROW: u32 = 4000;

impl Derive {
    /// A scalar expression over `resources r`: see [`read_derived`]. `members` is how many it shows
    /// at the most.
    pub(super) fn sql(self, base: &str, members: u32) -> String {
        match self {
            Self::Nothing => "NULL".to_owned(),
            Self::Groups | Self::Memberships => {
                let more = match self {
                    Self::Memberships => ", 'externalId', g.document ->> '$.externalId'",
                    _ => "",
                };
                let shown = |kind: &str| {
                    format!(
                        "json_object('value', g.id, '$ref', {base} || '/Groups/' || g.id, \
                         'display', g.display, 'type', {kind}{more})"
                    )
                };
                // Most people's groups are in no group: then one pass over the memberships is all.
                format!(
                    "(SELECT CASE WHEN \
                     max(EXISTS (SELECT 1 FROM members p WHERE p.member = m.\"group\")) \
                     THEN (WITH RECURSIVE up (seq, far) AS (\
                     SELECT m.\"group\", 0 FROM members m WHERE m.member = r.seq \
                     UNION SELECT m.\"group\", 1 FROM up CROSS JOIN members m ON m.member = up.seq) \
                     SELECT json_group_array({}) \
                     FROM (SELECT seq, min(far) AS far FROM up GROUP BY seq) u \
                     CROSS JOIN resources g ON g.seq = u.seq) \
                     ELSE json_group_array({}) END \
                     FROM members m CROSS JOIN resources g ON g.seq = m.\"group\" \
                     WHERE m.member = r.seq)",
                    shown("iif(u.far, 'indirect', 'direct')"),
                    shown("'direct'"),
                )
            }
            Self::Members => members_sql("r.seq", base, "0", members),
        }
    }
}

pub(super) fn members_sql(group: &str, base: &str, after: &str, limit: u32) -> String {
    format!(
        "(SELECT json_group_array(json_object('value', o.id, '$ref', \
         {base} || iif(o.type = 'Group', '/Groups/', '/Users/') || o.id, 'type', o.type, \
         'display', coalesce(m.display, o.display))) \
         || iif(count(*) = {limit}, char(10) || max(m.member), '') \
         FROM (SELECT member, display FROM members WHERE \"group\" = {group} AND member > {after} \
         ORDER BY member LIMIT {limit}) m CROSS JOIN resources o ON o.seq = m.member)"
    )
}

impl Store {
    /// Only what is derived of a resource that this request has just written: the guard held then,
    /// and nothing that fails now may make the change look as if it had not happened. So `None`
    /// also stands for what could not be read.
    pub async fn derived(
        &self,
        resource_type: &str,
        id: &str,
        derive: Derive,
        base: &str,
    ) -> Option<String> {
        let sql = format!(
            "SELECT {}, {} AS derived FROM resources r \
             WHERE r.tenant = ?1 AND r.type = ?2 AND r.id = ?3",
            Stored::COLUMNS,
            derive.sql("?4", MEMBERS_PER_ROW),
        );
        let parameters = [
            self.tenant().into(),
            resource_type.into(),
            id.into(),
            base.into(),
        ];
        let statement = Statement::new(sql, parameters);
        let rows = self.database.query(statement).await.ok()?;
        let mut found = Found::read(&rows.first()?)?;
        self.complete(&mut found, derive, base).await.ok()?;
        found.derived
    }

    /// Reads the members that did not fit into a group's row, [`MEMBERS_PER_ROW`] a round trip.
    pub(super) async fn complete(
        &self,
        found: &mut Found,
        derive: Derive,
        base: &str,
    ) -> Result<(), StoreError> {
        if derive != Derive::Members {
            return Ok(());
        }
        let Some(text) = &mut found.derived else {
            return Ok(());
        };
        let mut last = found.more;
        while let Some(after) = last {
            let statement = Statement::new(
                format!(
                    "SELECT {} AS derived",
                    members_sql("?1", "?2", "?3", MEMBERS_PER_ROW)
                ),
                [found.stored.seq.into(), base.into(), after.into()],
            );
            let rows = self.database.query(statement).await?;
            let Some(row) = rows.first() else { break };
            let (next, more) = read_derived(&row);
            append(text, next.as_deref());
            last = more;
        }
        Ok(())
    }
}
