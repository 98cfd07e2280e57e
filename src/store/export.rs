//! A tenant's rows in the order in which an export has them, a page at a time: no page has more than an
//! isolate can hold, however long the documents are.

use super::d1::{Database, Row, Statement};
use super::error::StoreError;
use super::resources::Stored;

/// Resources of a page, unless their documents together have more characters than the next number.
const RESOURCES: i64 = 1000;
const CHARACTERS: i64 = 500_000;

/// Members of a page, each some 200 bytes.
const MEMBERS: i64 = 3000;

/// In the order of their ids, those behind `after`; none when there are no more.
pub async fn resources(
    database: &Database,
    tenant: i64,
    resource_type: &str,
    after: &str,
) -> Result<Vec<Stored>, StoreError> {
    let statement = Statement::new(
        format!(
            "SELECT {} FROM (SELECT *, sum(length(document)) OVER (ORDER BY id) - length(document) \
             AS before FROM (SELECT * FROM resources WHERE tenant = ?1 AND type = ?2 AND id > ?3 \
             ORDER BY id LIMIT {RESOURCES})) r WHERE r.before < {CHARACTERS} ORDER BY r.id",
            Stored::columns("r", "r.document")
        ),
        [tenant.into(), resource_type.into(), after.into()],
    );
    let rows = database.query(statement).await?;
    Ok(rows.iter().filter_map(|row| Stored::read(&row)).collect())
}

/// A member of a group, and the group's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub group: String,
    pub version: i64,
    /// Unix milliseconds.
    pub modified: i64,
    /// `resources.seq` of the member.
    pub seq: i64,
    pub id: String,
    pub resource_type: String,
    /// As the client sent it.
    pub display: Option<String>,
}

/// In the order of the groups' ids, and in a group of the members' `seq`: those behind the member
/// `after` of the group `group`; none when there are no more.
pub async fn members(
    database: &Database,
    tenant: i64,
    group: &str,
    after: i64,
) -> Result<Vec<Membership>, StoreError> {
    // Two statements, because SQLite finds neither by the pair of group and member.
    let rest = page("g.id = ?2 AND m.member > ?3");
    let rest = Statement::new(rest, [tenant.into(), group.into(), after.into()]);
    let mut found = read(database, rest).await?;
    if found.len() < MEMBERS as usize {
        let next = Statement::new(page("g.id > ?2"), [tenant.into(), group.into()]);
        found.extend(read(database, next).await?);
    }
    Ok(found)
}

fn page(condition: &str) -> String {
    format!(
        "SELECT g.id AS \"group\", g.version, g.modified, m.member AS seq, o.id, o.type, m.display \
         FROM resources g CROSS JOIN members m ON m.\"group\" = g.seq \
         CROSS JOIN resources o ON o.seq = m.member \
         WHERE g.tenant = ?1 AND g.type = 'Group' AND {condition} \
         ORDER BY g.id, m.member LIMIT {MEMBERS}"
    )
}

async fn read(database: &Database, statement: Statement) -> Result<Vec<Membership>, StoreError> {
    let membership = |row: Row| {
        Some(Membership {
            group: row.text("group")?,
            version: row.integer("version")?,
            modified: row.integer("modified")?,
            seq: row.integer("seq")?,
            id: row.text("id")?,
            resource_type: row.text("type")?,
            display: row.text("display"),
        })
    };
    let rows = database.query(statement).await?;
    Ok(rows.iter().filter_map(membership).collect())
}
