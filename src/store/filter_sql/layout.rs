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

/// A list whose elements are resources `o` on the other side of `members m`.
pub(super) struct Relation {
    /// The elements of one resource `r`; its WHERE is still open.
    pub elements: &'static str,
    /// The `r.seq` of those who have the element; `o.tenant` and `o.id` are still to be said.
    pub holders: &'static str,
    /// As `o.display`, folded. A display that the client sent has no folded form: beyond ASCII its
    /// case counts.
    display: &'static str,
    kind: &'static str,
    endpoint: &'static str,
}

const MEMBERS: Relation = Relation {
    elements: "SELECT 1 FROM members m CROSS JOIN resources o ON o.seq = m.member \
        WHERE m.\"group\" = r.seq AND",
    holders: "SELECT m.\"group\" FROM resources o CROSS JOIN members m ON m.member = o.seq \
        WHERE o.type IN ('User', 'Group')",
    display: "coalesce(m.display, \
        json_extract(coalesce(o.folded, o.document), '$.displayName'), \
        json_extract(coalesce(o.folded, o.document), '$.userName'))",
    kind: "o.type",
    endpoint: "CASE o.type WHEN 'Group' THEN '/Groups/' ELSE '/Users/' END",
};

const GROUPS: Relation = Relation {
    elements: "SELECT 1 FROM members m CROSS JOIN resources o ON o.seq = m.\"group\" \
        WHERE m.member = r.seq AND",
    holders: "SELECT m.member FROM resources o CROSS JOIN members m ON m.\"group\" = o.seq \
        WHERE o.type = 'Group'",
    display: "json_extract(coalesce(o.folded, o.document), '$.displayName')",
    kind: "'direct'",
    endpoint: "'/Groups/'",
};

impl Relation {
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
