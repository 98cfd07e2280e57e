//! The SQL of the Membership object: all it needs to know of a group of changes in one round trip,
//! and all that they do in another. What is read here is only a plan's ground; the write asserts
//! that the ground still holds, so that two objects at once are slow and never wrong.

use serde_json::{Value, json};

use super::bulk::{self, chunks};
use super::d1::{Database, Parameter, Row, Rows, Statement};
use super::error::{self, StoreError};
use super::resources::{NewDocument, Stored};
use super::unique::{self, Holders, Unique};
use crate::scim::resource::index::IndexEntry;

/// What a batch of changes names.
#[derive(Debug, Default)]
pub struct Question {
    pub token_hashes: Vec<String>,
    /// Resource type and id of what is to change.
    pub targets: Vec<(String, String)>,
    /// Group id, and the ids of members that its changes name.
    pub named: Vec<(String, Vec<String>)>,
    /// Resource types that can be members.
    pub member_types: Vec<String>,
    /// Ids of groups of which all members must be known.
    pub all_members_of: Vec<String>,
    /// Ids of groups of which only the number of members must be known.
    pub count_members_of: Vec<String>,
    /// Resource type and id of what is to go.
    pub deleted: Vec<(String, String)>,
    /// Values whose holders must be known.
    pub unique: Vec<Unique>,
    /// Ids of groups of which must be known what they are inside of.
    pub nested: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Live token hashes and their tenant's revision.
    pub tokens: Vec<(String, i64)>,
    /// By resource type.
    pub targets: Vec<(String, Stored)>,
    pub named: Vec<Named>,
    /// Group's seq → its number of members.
    pub counts: Vec<(i64, i64)>,
    /// What is to go → a group that it is in.
    pub containing: Vec<(i64, Stored)>,
    pub holders: Holders,
    /// Ids of a group and of one that it is in; `None` when nobody asked.
    pub nesting: Option<Vec<(String, String)>>,
}

/// A resource that a change names as a member of a group. It need not be one.
#[derive(Debug, Clone)]
pub struct Named {
    /// `None` for a group that does not exist.
    pub group: Option<i64>,
    pub seq: i64,
    pub id: String,
    pub resource_type: String,
    pub is_member: bool,
    /// As the client sent it when it added the member.
    pub display: Option<String>,
    /// The document, for filters over members: only of `all_members_of`.
    pub shown: Option<String>,
}

#[derive(Debug)]
pub struct NewGroup {
    pub resource_type: String,
    pub id: String,
    pub version: i64,
    pub created: i64,
    pub new: NewDocument,
}

#[derive(Debug)]
pub struct ChangedGroup {
    pub seq: i64,
    /// Version before and after: several changes of one batch count each.
    pub from: i64,
    pub to: i64,
    pub modified: i64,
    /// `None`: only its members changed.
    pub new: Option<NewDocument>,
}

#[derive(Debug)]
pub struct NewMember {
    pub group_id: String,
    pub member: i64,
    pub display: Option<String>,
}

/// One whose `seq` only the transaction itself will know.
#[derive(Debug)]
pub struct NewMemberOfNew {
    pub group_id: String,
    pub resource_type: String,
    pub id: String,
    pub display: Option<String>,
}

#[derive(Debug)]
pub struct Gone {
    pub seq: i64,
    pub version: i64,
    /// How many groups it was in when the plan was made.
    pub containing: usize,
}

/// What a batch of changes does.
#[derive(Debug, Default)]
pub struct Writes {
    pub token_hashes: Vec<String>,
    pub created: Vec<NewGroup>,
    pub changed: Vec<ChangedGroup>,
    /// Resource type, id, entry.
    pub index_removed: Vec<(String, String, IndexEntry)>,
    pub index_added: Vec<(String, String, IndexEntry)>,
    /// Groups from which all members go but these.
    pub kept: Vec<(i64, Vec<i64>)>,
    pub removed: Vec<(i64, i64)>,
    pub added: Vec<NewMember>,
    pub gone: Vec<Gone>,
    /// Members that the same plan creates.
    pub added_new: Vec<NewMemberOfNew>,
    /// Ids of groups that got groups as members: they must not be their own members in the end.
    pub acyclic: Vec<String>,
    /// Unique values that are added although nobody asked for their holders: ask, and plan anew.
    pub unasked: Vec<Unique>,
}

impl Writes {
    pub fn is_empty(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }
}

/// One round trip. Statements that nothing asks for are left out.
pub async fn read(
    database: &Database,
    tenant: i64,
    now: i64,
    question: &Question,
) -> Result<Ground, StoreError> {
    let targets = pairs(&question.targets);
    let mut statements = vec![
        Statement::new(
            "SELECT k.hash, t.revision FROM json_each(?1) e JOIN tokens k ON k.hash = e.value \
             JOIN tenants t ON t.id = k.tenant WHERE k.tenant = ?2 AND k.revoked IS NULL \
             AND (k.expires IS NULL OR k.expires > ?3) AND t.suspended IS NULL",
            [json_text(&question.token_hashes), tenant.into(), now.into()],
        ),
        Statement::new(
            format!(
                "SELECT r.type, {} FROM json_each(?2) e CROSS JOIN resources r \
                 ON r.tenant = ?1 AND r.type = e.value ->> 0 AND r.id = e.value ->> 1",
                Stored::COLUMNS
            ),
            [tenant.into(), targets],
        ),
    ];
    let mut asked = Vec::new();
    if !question.named.is_empty() {
        asked.push(Asked::Named);
        statements.push(Statement::new(
            "SELECT g.seq AS \"group\", r.seq, r.id, r.type, m.member, m.display \
             FROM json_each(?2) e CROSS JOIN json_each(e.value, '$[1]') n \
             CROSS JOIN json_each(?3) y CROSS JOIN resources r \
             ON r.tenant = ?1 AND r.type = y.value AND r.id = n.value \
             LEFT JOIN resources g ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value ->> 0 \
             LEFT JOIN members m ON m.\"group\" = g.seq AND m.member = r.seq",
            [
                tenant.into(),
                Value::from(
                    question
                        .named
                        .iter()
                        .map(|(id, ids)| json!([id, ids]))
                        .collect::<Vec<_>>(),
                )
                .to_string()
                .into(),
                json_text(&question.member_types),
            ],
        ));
    }
    if !question.all_members_of.is_empty() {
        asked.push(Asked::Named);
        statements.push(Statement::new(
            "SELECT g.seq AS \"group\", r.seq, r.id, r.type, m.member, m.display, \
             coalesce(m.display, r.display) AS shown \
             FROM json_each(?2) e CROSS JOIN resources g \
             ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value \
             CROSS JOIN members m ON m.\"group\" = g.seq CROSS JOIN resources r ON r.seq = m.member",
            [tenant.into(), json_text(&question.all_members_of)],
        ));
    }
    if !question.count_members_of.is_empty() {
        asked.push(Asked::Counts);
        statements.push(Statement::new(
            "SELECT g.seq, (SELECT count(*) FROM members m WHERE m.\"group\" = g.seq) AS members \
             FROM json_each(?2) e CROSS JOIN resources g \
             ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value",
            [tenant.into(), json_text(&question.count_members_of)],
        ));
    }
    if !question.deleted.is_empty() {
        asked.push(Asked::Containing);
        statements.push(Statement::new(
            format!(
                "SELECT d.seq AS gone, {} FROM json_each(?2) e CROSS JOIN resources d \
                 ON d.tenant = ?1 AND d.type = e.value ->> 0 AND d.id = e.value ->> 1 \
                 CROSS JOIN members m ON m.member = d.seq CROSS JOIN resources r ON r.seq = m.\"group\"",
                Stored::COLUMNS
            ),
            [tenant.into(), pairs(&question.deleted)],
        ));
    }
    if !question.unique.is_empty() {
        asked.push(Asked::Holders);
        statements.push(unique::statement(tenant, &question.unique));
    }
    if !question.nested.is_empty() {
        asked.push(Asked::Nesting);
        statements.push(bulk::nesting(tenant, &question.nested));
    }
    let rows = database.batch(&statements).await?;
    let mut ground = Ground {
        tokens: collect(&rows[0], |row| {
            Some((row.text("hash")?, row.integer("revision")?))
        })?,
        targets: collect(&rows[1], |row| {
            Some((row.text("type")?, Stored::read(row)?))
        })?,
        ..Ground::default()
    };
    for (asked, rows) in asked.iter().zip(&rows[2..]) {
        match asked {
            Asked::Named => ground.named.extend(collect(rows, named)?),
            Asked::Counts => {
                ground.counts = collect(rows, |row| {
                    Some((row.integer("seq")?, row.integer("members")?))
                })?;
            }
            Asked::Containing => {
                ground.containing =
                    collect(rows, |row| Some((row.integer("gone")?, Stored::read(row)?)))?;
            }
            Asked::Holders => ground.holders.learn(&question.unique, rows),
            Asked::Nesting => {
                ground.nesting = Some(collect(rows, |row| {
                    Some((row.text("child")?, row.text("parent")?))
                })?);
            }
        }
    }
    Ok(ground)
}

enum Asked {
    Named,
    Counts,
    Containing,
    Holders,
    Nesting,
}

fn named(row: &Row) -> Option<Named> {
    Some(Named {
        group: row.integer("group"),
        seq: row.integer("seq")?,
        id: row.text("id")?,
        resource_type: row.text("type")?,
        is_member: row.integer("member").is_some(),
        display: row.text("display"),
        shown: row.text("shown"),
    })
}

fn collect<T>(rows: &Rows, read: impl Fn(&Row) -> Option<T>) -> Result<Vec<T>, StoreError> {
    let all: Option<Vec<T>> = rows.iter().map(|row| read(&row)).collect();
    all.ok_or_else(|| StoreError::Failed("a row lacks a column that is NOT NULL".to_owned()))
}

/// One transaction, one round trip: all of it, or, where an assertion fails, nothing.
pub async fn write(
    database: &Database,
    tenant: i64,
    now: i64,
    writes: &Writes,
) -> Result<(), StoreError> {
    let mut batch = assertions(tenant, now, writes);
    let mut push = |used: bool, sql: &'static str, parameters: Vec<Parameter>| {
        if used {
            batch.push(Statement::new(sql, parameters));
        }
    };
    for part in chunks(&writes.created, |new| {
        let NewDocument {
            document,
            folded,
            display,
        } = &new.new;
        json!([
            new.resource_type,
            new.id,
            new.version,
            new.created,
            display,
            document,
            folded
        ])
    }) {
        push(
            true,
            "INSERT INTO resources \
             (tenant, type, id, version, created, modified, display, document, folded) \
             SELECT ?1, e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 3, \
             e.value ->> 4, e.value ->> 5, e.value ->> 6 FROM json_each(?2) e",
            vec![tenant.into(), part],
        );
    }
    push(
        writes.changed.iter().any(|group| group.new.is_none()),
        "UPDATE resources SET version = e.value ->> 1, modified = e.value ->> 2 \
         FROM json_each(?1) e WHERE seq = e.value ->> 0",
        vec![array(
            writes.changed.iter().filter(|group| group.new.is_none()),
            |group| json!([group.seq, group.to, group.modified]),
        )],
    );
    for part in chunks(
        writes
            .changed
            .iter()
            .filter_map(|group| Some((group, group.new.as_ref()?))),
        |(
            group,
            NewDocument {
                document,
                folded,
                display,
            },
        )| {
            json!([
                group.seq,
                group.to,
                group.modified,
                display,
                document,
                folded
            ])
        },
    ) {
        push(
            true,
            "UPDATE resources SET version = e.value ->> 1, modified = e.value ->> 2, \
             display = e.value ->> 3, document = e.value ->> 4, folded = e.value ->> 5 \
             FROM json_each(?1) e WHERE seq = e.value ->> 0",
            vec![part],
        );
    }
    for part in chunks(&writes.index_removed, indexed) {
        push(
            true,
            "DELETE FROM attribute_index WHERE tenant = ?1 AND (type, path, value, slot) IN \
             (SELECT e.value ->> 0, e.value ->> 2, e.value ->> 3, e.value ->> 4 FROM json_each(?2) e)",
            vec![tenant.into(), part],
        );
    }
    push(
        !writes.kept.is_empty(),
        "DELETE FROM members WHERE \"group\" IN (SELECT e.value ->> 0 FROM json_each(?1) e) \
         AND (\"group\", member) NOT IN (SELECT e.value ->> 0, k.value FROM json_each(?1) e \
         CROSS JOIN json_each(e.value, '$[1]') k)",
        vec![array(&writes.kept, |(group, members)| {
            json!([group, members])
        })],
    );
    push(
        !writes.removed.is_empty(),
        "DELETE FROM members WHERE (\"group\", member) IN \
         (SELECT e.value ->> 0, e.value ->> 1 FROM json_each(?1) e)",
        vec![array(&writes.removed, |(group, member)| {
            json!([group, member])
        })],
    );
    for part in chunks(&writes.added, |new| {
        json!([new.group_id, new.member, new.display])
    }) {
        push(
            true,
            "INSERT INTO members (\"group\", member, display) \
             SELECT g.seq, r.seq, e.value ->> 2 FROM json_each(?2) e CROSS JOIN resources r \
             ON r.seq = e.value ->> 1 CROSS JOIN resources g \
             ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value ->> 0 WHERE true \
             ON CONFLICT DO UPDATE SET display = excluded.display",
            vec![tenant.into(), part],
        );
    }
    for part in chunks(&writes.added_new, bulk::member_of_new) {
        push(true, bulk::ADDED_NEW, vec![tenant.into(), part]);
    }
    let gone = || array(&writes.gone, |gone| json!(gone.seq));
    for sql in [
        "DELETE FROM members WHERE \"group\" IN (SELECT value FROM json_each(?1))",
        "DELETE FROM members WHERE member IN (SELECT value FROM json_each(?1))",
        "DELETE FROM resources WHERE seq IN (SELECT value FROM json_each(?1))",
    ] {
        push(!writes.gone.is_empty(), sql, vec![gone()]);
    }
    for part in chunks(&writes.index_added, indexed) {
        push(
            true,
            "INSERT INTO attribute_index (tenant, type, path, value, slot, resource) \
             SELECT r.tenant, r.type, e.value ->> 2, e.value ->> 3, e.value ->> 4, r.seq \
             FROM json_each(?2) e CROSS JOIN resources r \
             ON r.tenant = ?1 AND r.type = e.value ->> 0 AND r.id = e.value ->> 1",
            vec![tenant.into(), part],
        );
    }
    if !writes.acyclic.is_empty() {
        batch.push(Statement::new(
            format!(
                "INSERT INTO assertions SELECT NOT EXISTS (\
                 WITH RECURSIVE inside (root, seq) AS (\
                 SELECT g.seq, m.member FROM json_each(?2) e CROSS JOIN resources g \
                 ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value \
                 CROSS JOIN members m ON m.\"group\" = g.seq \
                 UNION SELECT i.root, m.member FROM inside i CROSS JOIN members m ON m.\"group\" = i.seq) \
                 SELECT 1 FROM inside WHERE root = seq), '{}'",
                error::CYCLE
            ),
            [tenant.into(), json_text(&writes.acyclic)],
        ));
    }
    database.batch(&batch).await.map(|_| ())
}

/// What the plan stands on: live tokens, the versions it read, and the groups of what goes.
fn assertions(tenant: i64, now: i64, writes: &Writes) -> Vec<Statement> {
    let mut statements = vec![Statement::new(
        format!(
            "INSERT INTO assertions SELECT count(*) = json_array_length(?1), '{}' \
             FROM json_each(?1) e JOIN tokens k ON k.hash = e.value \
             JOIN tenants t ON t.id = k.tenant WHERE k.tenant = ?2 AND k.revoked IS NULL \
             AND (k.expires IS NULL OR k.expires > ?3) AND t.suspended IS NULL",
            error::GUARD
        ),
        [json_text(&writes.token_hashes), tenant.into(), now.into()],
    )];
    let changed = writes.changed.iter().map(|group| (group.seq, group.from));
    let versions: Vec<_> = changed
        .chain(writes.gone.iter().map(|gone| (gone.seq, gone.version)))
        .collect();
    if !versions.is_empty() {
        statements.push(Statement::new(
            format!(
                "INSERT INTO assertions SELECT count(*) = json_array_length(?1), '{}' \
                 FROM json_each(?1) e CROSS JOIN resources r \
                 ON r.seq = e.value ->> 0 AND r.version = e.value ->> 1",
                error::VERSION
            ),
            [array(&versions, |(seq, version)| json!([seq, version]))],
        ));
    }
    if !writes.gone.is_empty() {
        statements.push(Statement::new(
            format!(
                "INSERT INTO assertions SELECT NOT EXISTS (SELECT 1 FROM json_each(?1) e \
                 WHERE (SELECT count(*) FROM members m WHERE m.member = e.value ->> 0) \
                 <> e.value ->> 1), '{}'",
                error::VERSION
            ),
            [array(&writes.gone, |gone| {
                json!([gone.seq, gone.containing])
            })],
        ));
    }
    statements
}

fn indexed((resource_type, id, entry): &(String, String, IndexEntry)) -> Value {
    json!([
        resource_type,
        id,
        entry.path,
        entry.value,
        if entry.unique { "" } else { id }
    ])
}

fn array<T>(items: impl IntoIterator<Item = T>, show: impl Fn(T) -> Value) -> Parameter {
    Value::from(items.into_iter().map(show).collect::<Vec<_>>())
        .to_string()
        .into()
}

fn json_text(texts: &[String]) -> Parameter {
    array(texts, |text| json!(text))
}

fn pairs(pairs: &[(String, String)]) -> Parameter {
    array(pairs, |(one, other)| json!([one, other]))
}
