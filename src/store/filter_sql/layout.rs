//! Where attributes lie that are not in the document: the one place that knows `resources`' and
//! `members`' columns.

use super::Columns;
use crate::scim::filter::check::Path;
use crate::scim::schema::{Definition, GROUP_URN, USER_URN};
use crate::store::literals::Literals;

/// An attribute that is a column of `resources r`, never NULL.
pub(super) enum Column {
    /// SQL for the exact text.
    Text(String),
    /// Unix milliseconds.
    Time(&'static str),
    /// `meta` as a whole: there, but nothing to compare.
    Whole,
}

impl Column {
    pub fn of(path: &Path, columns: &Columns, literals: &mut Literals) -> Option<Self> {
        if path.extension.is_some() {
            return None;
        }
        let mut names = path
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_str());
        let resource_type = &columns.definition.resource_type;
        Some(match (names.next()?, names.next()) {
            ("id", None) => Self::Text("r.id".to_owned()),
            ("meta", None) => Self::Whole,
            ("meta", Some("created")) => Self::Time("r.created"),
            ("meta", Some("lastModified")) => Self::Time("r.modified"),
            ("meta", Some("version")) => Self::Text("('W/\"' || r.version || '\"')".to_owned()),
            ("meta", Some("resourceType")) => Self::Text(literals.add(resource_type.name.as_str())),
            ("meta", Some("location")) => {
                let prefix = format!("{}{}/", columns.base_url, resource_type.endpoint);
                Self::Text(format!("({} || r.id)", literals.add(prefix)))
            }
            _ => return None,
        })
    }
}

/// A list whose elements are resources `o` on the other side of `members`.
pub(super) struct Relation {
    /// The elements of one resource `r`; its WHERE is still open.
    elements: &'static str,
    /// The `r.seq` of those who have the element with `{id}` among the resources of `{tenant}`, and
    /// perhaps of resources of other types.
    holders: &'static str,
    /// As it is shown, still to be lowered.
    display: &'static str,
    kind: &'static str,
    endpoint: &'static str,
}

pub(super) const MEMBERS: Relation = Relation {
    elements: "SELECT 1 FROM members m CROSS JOIN resources o ON o.seq = m.member \
        WHERE m.\"group\" = r.seq AND",
    holders: "SELECT m.\"group\" FROM resources o CROSS JOIN members m ON m.member = o.seq \
        WHERE o.type IN ('User', 'Group') AND o.tenant = {tenant} AND o.id = {id}",
    display: "coalesce(m.folded, m.display, \
        json_extract(coalesce(o.folded, o.document), '$.displayName'), \
        json_extract(coalesce(o.folded, o.document), '$.userName'))",
    kind: "o.type",
    endpoint: "CASE o.type WHEN 'Group' THEN '/Groups/' ELSE '/Users/' END",
};

/// Direct and indirect ones, as `store::derive` shows them.
const GROUPS: Relation = Relation {
    elements: "WITH RECURSIVE up (seq) AS (\
        SELECT m.\"group\" FROM members m WHERE m.member = r.seq \
        UNION SELECT m.\"group\" FROM up CROSS JOIN members m ON m.member = up.seq) \
        SELECT 1 FROM up CROSS JOIN resources o ON o.seq = up.seq WHERE",
    holders: "WITH RECURSIVE down (seq) AS (SELECT o.seq FROM resources o \
        WHERE o.type = 'Group' AND o.tenant = {tenant} AND o.id = {id} \
        UNION SELECT m.member FROM down CROSS JOIN members m ON m.\"group\" = down.seq) \
        SELECT seq FROM down",
    display: "json_extract(coalesce(o.folded, o.document), '$.displayName')",
    kind: "iif(EXISTS (SELECT 1 FROM members m WHERE m.member = r.seq AND m.\"group\" = o.seq), \
        'direct', 'indirect')",
    endpoint: "'/Groups/'",
};

/// As [`GROUPS`], of [`GROUPS_OF_ONE`].
const SHARED_GROUPS: &str =
    "SELECT 1 FROM json_each(g.seqs) u CROSS JOIN resources o ON o.seq = u.value WHERE";

/// Has one row for each `r`, its groups at any depth: stands around a condition that asks for them
/// so often that each look-up cannot have a recursion of its own.
pub(super) const GROUPS_OF_ONE: &str = "WITH g (seqs) AS MATERIALIZED (\
    SELECT (WITH RECURSIVE up (seq) AS (\
    SELECT m.\"group\" FROM members m WHERE m.member = r.seq \
    UNION SELECT m.\"group\" FROM up CROSS JOIN members m ON m.member = up.seq) \
    SELECT json_group_array(seq) FROM up)) SELECT 1 FROM g WHERE";

impl Relation {
    /// [`Relation::elements`], inside of [`GROUPS_OF_ONE`] if `shared`.
    pub fn elements(&self, shared: bool) -> &'static str {
        if shared && self.elements == GROUPS.elements {
            SHARED_GROUPS
        } else {
            self.elements
        }
    }

    pub fn of(path: &Path, definition: &Definition) -> Option<&'static Self> {
        let first = path
            .attributes
            .first()
            .filter(|_| path.extension.is_none())?;
        match (definition.core.id.as_str(), first.name.as_str()) {
            (GROUP_URN, "members") => Some(&MEMBERS),
            (USER_URN, "groups") => Some(&GROUPS),
            _ => None,
        }
    }

    /// SELECTs who has the element; both parameters are SQL.
    pub fn holders(&self, tenant: &str, id: &str) -> String {
        let of_tenant = self.holders.replace("{tenant}", tenant);
        of_tenant.replace("{id}", id)
    }

    /// SQL for a sub-attribute.
    pub fn value(&self, name: &str, columns: &Columns, literals: &mut Literals) -> String {
        match name {
            "value" => "o.id".to_owned(),
            "display" => self.display.to_owned(),
            "type" => self.kind.to_owned(),
            "$ref" => {
                let base = literals.add(columns.base_url);
                format!("({base} || {} || o.id)", self.endpoint)
            }
            _ => "NULL".to_owned(),
        }
    }
}
