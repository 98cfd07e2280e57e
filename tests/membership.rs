//! The plan of the Membership object on the SQLite that D1 is, against a model that makes one change
//! after the other: the same outcomes, members and versions, however the changes fall into batches.

#[allow(dead_code)]
mod generate;
mod replica;

use std::collections::BTreeMap;

use generate::Random;
use replica::Replica;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use scim_edge::membership::message::{Change, Envelope, Outcome};
use scim_edge::membership::plan::{Rules, plan};
use scim_edge::membership::question::question;
use scim_edge::scim::error::ScimError;
use scim_edge::scim::mode::Mode;
use scim_edge::scim::resource::version::Conditions;
use scim_edge::scim::schema::Registry;
use scim_edge::store::d1::{Columns, Parameter, Statement};
use scim_edge::store::document::IndexPaths;
use scim_edge::store::error::StoreError;
use scim_edge::store::events;
use scim_edge::store::members::{Writes, read, write};
use serde_json::{Value, json};

const TENANT: i64 = 1;
const NOW: i64 = 1_700_000_000_000;

struct Line(BTreeMap<String, Sql>);

impl Columns for Line {
    fn text(&self, column: &str) -> Option<String> {
        match self.0.get(column)? {
            Sql::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn integer(&self, column: &str) -> Option<i64> {
        match self.0.get(column)? {
            Sql::Integer(integer) => Some(*integer),
            _ => None,
        }
    }
}

struct Edge {
    database: Connection,
    mode: Mode,
    index: IndexPaths,
}

impl Edge {
    fn new(mode: Mode, users: usize) -> Self {
        let database = Connection::open_in_memory().expect("SQLite");
        database
            .execute_batch(include_str!("../schema.sql"))
            .expect("schema.sql");
        database
            .execute_batch(
                "INSERT INTO tenants (slug, name, secret, created) VALUES ('t', 'T', '', 0); \
                 INSERT INTO tokens (hash, tenant, id, label, created) VALUES ('h', 1, 'i', 'l', 0)",
            )
            .expect("a tenant");
        for number in 0..users {
            let id = format!("u{number}");
            let sql = "INSERT INTO resources (tenant, type, id, created, modified, display, document) \
                 VALUES (1, 'User', ?1, 1, 1, ?1, json_object('id', ?1, 'userName', ?1))";
            database.execute(sql, [&id]).expect("a user");
            let sql = "INSERT INTO attribute_index VALUES (1, 'User', 'userName', ?1, '', ?2)";
            let seq = database.last_insert_rowid();
            database.execute(sql, (&id, seq)).expect("an entry");
        }
        Self {
            database,
            mode,
            index: IndexPaths::new(Registry::builtin(), &[]),
        }
    }

    /// As D1's `batch`: all statements or none, and numbers bound as REAL.
    fn batch(&self, statements: &[Statement]) -> Result<Vec<Vec<Line>>, StoreError> {
        let failed = |error: rusqlite::Error| StoreError::from_message(error.to_string());
        self.database.execute_batch("BEGIN").map_err(failed)?;
        let all = statements.iter().map(|statement| {
            let parameters = statement
                .parameters
                .iter()
                .map(|parameter| match parameter {
                    Parameter::Text(text) => {
                        assert!(text.len() < 2_000_000, "D1 takes 2 MB");
                        Sql::Text(text.clone())
                    }
                    Parameter::Integer(integer) => Sql::Real(*integer as f64),
                    Parameter::Null => Sql::Null,
                });
            let mut prepared = self.database.prepare(&statement.sql)?;
            let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
            let rows = prepared.query_map(params_from_iter(parameters), |row| {
                let cells = names.iter().enumerate();
                let cells = cells.map(|(at, name)| Ok((name.clone(), row.get(at)?)));
                Ok(Line(cells.collect::<rusqlite::Result<_>>()?))
            })?;
            rows.collect()
        });
        let rows: rusqlite::Result<Vec<Vec<Line>>> = all.collect();
        let end = if rows.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.database.execute_batch(end).map_err(failed)?;
        rows.map_err(failed)
    }

    /// As the object runs a batch: halved while it cannot commit.
    fn run(&self, envelopes: &[Envelope]) -> Vec<Outcome> {
        let rules = Rules {
            registry: Registry::builtin(),
            mode: self.mode,
            revision: 1,
            index: &self.index,
            kept_days: None,
            quotas: &BTreeMap::new(),
            reactivates: false,
        };
        let question = question(envelopes, &rules);
        let rows = self
            .batch(&read::statements(TENANT, NOW, &question))
            .expect("reads do not fail");
        let ground = read::ground(&question, &rows).expect("whole rows");
        let (outcomes, writes) = plan(envelopes, &rules, ground);
        assert!(!outcomes.is_empty(), "the first never waits");
        let (envelopes, rest) = envelopes.split_at(outcomes.len());
        let outcomes = self.written(envelopes, outcomes, &writes);
        if rest.is_empty() {
            return outcomes;
        }
        [outcomes, self.run(rest)].concat()
    }

    fn written(
        &self,
        envelopes: &[Envelope],
        outcomes: Vec<Outcome>,
        writes: &Writes,
    ) -> Vec<Outcome> {
        if writes.is_empty() {
            return outcomes;
        }
        match self.batch(&write::statements(TENANT, NOW, writes)) {
            Ok(_) => outcomes,
            Err(StoreError::Conflict { .. } | StoreError::Cycle) if envelopes.len() > 1 => {
                let (first, second) = envelopes.split_at(envelopes.len() / 2);
                [self.run(first), self.run(second)].concat()
            }
            Err(StoreError::Conflict { .. }) => vec![refused(409)],
            Err(StoreError::Cycle) => vec![refused(400)],
            Err(error) => panic!("{error:?}"),
        }
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let mut prepared = self.database.prepare(sql).expect("SQL");
        let rows = prepared.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|row| row.expect("text")).collect()
    }

    /// Group, version, name, and each member with what it shows.
    fn groups(&self) -> Vec<String> {
        self.rows(
            "SELECT g.id || ' v' || g.version || ' ' || g.display || ' ' || coalesce((SELECT \
             group_concat(r.id || '=' || coalesce(m.display, ''), ' ' ORDER BY r.id) \
             FROM members m JOIN resources r ON r.seq = m.member WHERE m.\"group\" = g.seq), '') \
             FROM resources g WHERE g.type = 'Group' ORDER BY g.id",
        )
    }

    /// Hands on what the outbox has behind a position, and answers where it ends.
    fn replay(&self, replica: &mut Replica, after: i64) -> i64 {
        let sql = "SELECT position, type, data FROM events WHERE position > ?1 ORDER BY position";
        let mut prepared = self.database.prepare(sql).expect("SQL");
        let rows = prepared.query_map([after], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let mut last = after;
        for row in rows.expect("rows") {
            let (position, kind, data): (i64, String, String) = row.expect("an event");
            assert_eq!(position, last + 1, "a position was skipped");
            last = position;
            replica.take(&kind, &serde_json::from_str(&data).expect("JSON"));
        }
        last
    }

    fn check_whole(&self) {
        let dangling = "SELECT 'members' FROM members m WHERE \
             NOT EXISTS (SELECT 1 FROM resources WHERE seq = m.\"group\" AND type = 'Group') \
             OR NOT EXISTS (SELECT 1 FROM resources WHERE seq = m.member) \
             UNION ALL SELECT 'index' FROM attribute_index i \
             WHERE NOT EXISTS (SELECT 1 FROM resources WHERE seq = i.resource)";
        assert_eq!(self.rows(dangling), Vec::<String>::new());
        let unindexed = "SELECT id FROM resources r WHERE type = 'Group' AND (SELECT count(*) \
             FROM attribute_index WHERE resource = r.seq AND value = r.display) <> 1";
        assert_eq!(self.rows(unindexed), Vec::<String>::new());
    }
}

fn refused(status: u16) -> Outcome {
    Outcome::from(ScimError::new(status, ""))
}

/// The status, and a new version where there is one.
fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(done) => format!("v{} {:?}", done.stored.version, done.left_out),
        Outcome::Refused(refusal) => refusal.status.to_string(),
        other => format!("{other:?}"),
    }
}

#[derive(Default)]
struct Group {
    name: String,
    version: i64,
    members: BTreeMap<String, String>,
}

/// One change after the other, as simply as can be said.
struct Model {
    mode: Mode,
    users: Vec<String>,
    groups: BTreeMap<String, Group>,
}

/// A change in the model's words, from which the request is made too.
#[derive(Debug, Clone)]
enum Act {
    Create(String, String, Vec<String>),
    Put(String, String, Option<Vec<String>>),
    Patch(String, Vec<Part>),
    Delete(String),
}

#[derive(Debug, Clone)]
enum Part {
    Add(Vec<(String, Option<String>)>),
    Remove(String),
    RemoveWhere(String),
    Replace(Vec<String>),
    Rename(String),
}

impl Model {
    fn run(&mut self, act: &Act, if_match: Option<i64>) -> String {
        match act {
            Act::Create(id, name, members) => {
                let adding = Part::Add(members.iter().map(|m| (m.clone(), None)).collect());
                let made = Group {
                    name: name.clone(),
                    version: 1,
                    members: BTreeMap::new(),
                };
                match self.parts(id, made, &[adding]) {
                    Ok((group, left_out)) => self.store(id, group, left_out),
                    Err(status) => status.to_string(),
                }
            }
            Act::Delete(id) => {
                let is_user = self.users.contains(id);
                if !is_user && !self.groups.contains_key(id) {
                    return "404".to_owned();
                }
                let version = self.groups.get(id).map_or(1, |group| group.version);
                if if_match.is_some_and(|expected| expected != version) {
                    return "412".to_owned();
                }
                self.users.retain(|user| user != id);
                self.groups.remove(id);
                for group in self.groups.values_mut() {
                    group.version += i64::from(group.members.remove(id).is_some());
                }
                format!("v{version} []")
            }
            Act::Put(id, ..) | Act::Patch(id, ..) => {
                let Some(old) = self.groups.get(id) else {
                    return "404".to_owned();
                };
                if if_match.is_some_and(|expected| expected != old.version) {
                    return "412".to_owned();
                }
                let parts = match act {
                    Act::Put(_, name, members) => {
                        let members = members.clone().map(Part::Replace);
                        [Some(Part::Rename(name.clone())), members]
                            .into_iter()
                            .flatten()
                            .collect()
                    }
                    Act::Patch(_, parts) => parts.clone(),
                    _ => Vec::new(),
                };
                let copy = Group {
                    name: old.name.clone(),
                    version: old.version,
                    members: old.members.clone(),
                };
                let before = (copy.name.clone(), copy.members.clone());
                match self.parts(id, copy, &parts) {
                    Ok((mut group, left_out)) => {
                        let is_new = (&group.name, &group.members) != (&before.0, &before.1);
                        group.version += i64::from(is_new);
                        self.store(id, group, left_out)
                    }
                    Err(status) => status.to_string(),
                }
            }
        }
    }

    fn parts(
        &self,
        id: &str,
        mut group: Group,
        parts: &[Part],
    ) -> Result<(Group, Vec<String>), u16> {
        let mut left_out = Vec::new();
        for part in parts {
            let added = match part {
                Part::Rename(name) => {
                    group.name = name.clone();
                    continue;
                }
                Part::Remove(member) => {
                    group.members.remove(member);
                    continue;
                }
                Part::RemoveWhere(shown) => {
                    group.members.retain(|member, given| {
                        let display = if given.is_empty() { member } else { given };
                        display.to_lowercase() != shown.to_lowercase()
                    });
                    continue;
                }
                Part::Replace(members) => {
                    group.members.clear();
                    members
                        .iter()
                        .map(|member| (member.clone(), None))
                        .collect()
                }
                Part::Add(members) => members.clone(),
            };
            for (member, display) in added {
                if member == id {
                    return Err(400);
                }
                if !self.users.contains(&member) && !self.groups.contains_key(&member) {
                    if self.mode != Mode::Compat {
                        return Err(400);
                    }
                    left_out.push(member);
                    continue;
                }
                let given = group.members.entry(member).or_default();
                if let Some(display) = display {
                    *given = display;
                }
            }
        }
        Ok((group, left_out))
    }

    fn store(&mut self, id: &str, group: Group, left_out: Vec<String>) -> String {
        let taken = |(other, one): (&String, &Group)| other != id && one.name == group.name;
        if self.groups.iter().any(taken) {
            return "409".to_owned();
        }
        let summary = format!("v{} {left_out:?}", group.version);
        let old = self.groups.insert(id.to_owned(), group);
        if self.is_inside(id, id, 0) {
            match old {
                Some(old) => self.groups.insert(id.to_owned(), old),
                None => self.groups.remove(id),
            };
            return "400".to_owned();
        }
        summary
    }

    fn is_inside(&self, sought: &str, id: &str, depth: usize) -> bool {
        depth < 20
            && self.groups.get(id).is_some_and(|group| {
                let mut members = group.members.keys();
                members.any(|member| member == sought || self.is_inside(sought, member, depth + 1))
            })
    }

    fn groups(&self) -> Vec<String> {
        let show = |(id, group): (&String, &Group)| {
            let members = group
                .members
                .iter()
                .map(|(id, given)| format!("{id}={given}"));
            let members = members.collect::<Vec<_>>().join(" ");
            format!("{id} v{} {} {members}", group.version, group.name)
        };
        self.groups.iter().map(show).collect()
    }
}

fn envelope(act: &Act, if_match: Option<i64>) -> Envelope {
    let members =
        |list: &[String]| -> Value { list.iter().map(|id| json!({ "value": id })).collect() };
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]);
    let body = |value: Value| value.as_object().cloned().unwrap_or_default();
    let of_type = |id: &str| if id.starts_with('u') { "User" } else { "Group" }.to_owned();
    let change = match act.clone() {
        Act::Create(id, name, list) => Change::Create {
            resource_type: of_type(&id),
            id,
            body: body(json!({"schemas": schemas, "displayName": name, "members": members(&list)})),
        },
        Act::Put(id, name, list) => {
            let mut sent = body(json!({"schemas": schemas, "displayName": name}));
            if let Some(list) = list {
                sent.insert("members".to_owned(), members(&list));
            }
            Change::Replace {
                resource_type: of_type(&id),
                id,
                body: sent,
            }
        }
        Act::Patch(id, parts) => {
            let operation = |part: &Part| match part {
                Part::Add(list) => {
                    let list = list.iter().map(|(id, display)| match display {
                        Some(display) => json!({"value": id, "display": display}),
                        None => json!({"value": id}),
                    });
                    json!({"op": "add", "path": "members", "value": list.collect::<Value>()})
                }
                Part::Remove(id) => {
                    json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})
                }
                Part::RemoveWhere(shown) => {
                    json!({"op": "remove", "path": format!("members[display eq \"{shown}\"]")})
                }
                Part::Replace(list) => {
                    json!({"op": "replace", "path": "members", "value": members(list)})
                }
                Part::Rename(name) => {
                    json!({"op": "replace", "path": "displayName", "value": name})
                }
            };
            let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
            let operations: Vec<Value> = parts.iter().map(operation).collect();
            Change::Patch {
                resource_type: of_type(&id),
                id,
                body: body(json!({"schemas": [schema], "Operations": operations})),
            }
        }
        Act::Delete(id) => Change::Delete {
            resource_type: of_type(&id),
            id,
        },
    };
    Envelope {
        token_hash: "h".to_owned(),
        tenant: TENANT,
        revision: 1,
        now: NOW,
        conditions: Conditions {
            if_match: if_match.map(|version| format!("W/\"{version}\"")),
            if_none_match: None,
        },
        change,
    }
}

struct Chance {
    random: Random,
    made: usize,
    mode: Mode,
}

impl Chance {
    /// Sometimes of one that is gone, or never was.
    fn group(&mut self) -> String {
        format!("g{}", self.random.below(self.made + 1))
    }

    fn member(&mut self) -> String {
        if self.random.one_in(5) {
            return self.group();
        }
        format!("u{}", self.random.below(11))
    }

    fn members(&mut self) -> Vec<String> {
        (0..self.random.below(4)).map(|_| self.member()).collect()
    }

    fn name(&mut self) -> String {
        format!("n{}", self.random.below(30))
    }

    fn part(&mut self) -> Part {
        match self.random.below(10) {
            0..4 => {
                let members = self.members();
                let display = |_| self.random.pick(&[None, None, Some("D".to_owned())]);
                let displays: Vec<_> = members.iter().map(display).collect();
                Part::Add(members.into_iter().zip(displays).collect())
            }
            4..7 => Part::Remove(self.member()),
            7 => Part::Replace(self.members()),
            8 => Part::Rename(self.name()),
            // What a group is called may change in the same batch: users' names do not.
            _ => Part::RemoveWhere(self.random.pick(&["D", "u1", "u2"]).to_owned()),
        }
    }

    fn act(&mut self) -> (Act, Option<i64>) {
        let act = match self.random.below(12) {
            0 | 1 => {
                let made = Act::Create(format!("g{}", self.made), self.name(), self.members());
                self.made += 1;
                made
            }
            2 => {
                let members = self.random.one_in(2).then(|| self.members());
                Act::Put(self.group(), self.name(), members)
            }
            3 => Act::Delete(self.member()),
            _ => {
                let parts = (0..1 + self.random.below(3)).map(|_| self.part()).collect();
                Act::Patch(self.group(), parts)
            }
        };
        let creates = matches!(act, Act::Create(..));
        let guarded = !creates && self.random.one_in(6);
        (act, guarded.then(|| self.random.below(6) as i64))
    }
}

/// `MEMBERSHIP_ROUNDS=5000 cargo test --test membership` for more.
#[test]
fn batches_do_what_one_change_after_the_other_does() {
    let rounds = std::env::var("MEMBERSHIP_ROUNDS").ok();
    let rounds: u64 = rounds.and_then(|text| text.parse().ok()).unwrap_or(40);
    let (mut changes, mut batches, mut done) = (0, 0, 0);
    for seed in 0..rounds {
        let mode = [Mode::Compat, Mode::RfcStrict][seed as usize % 2];
        let edge = Edge::new(mode, 10);
        let mut model = Model {
            mode,
            users: (0..10).map(|number| format!("u{number}")).collect(),
            groups: BTreeMap::new(),
        };
        let mut chance = Chance {
            random: Random(seed),
            made: 0,
            mode,
        };
        let largest = chance.random.pick(&[1, 3, 8, 30]);
        let (mut replica, mut position) = (Replica::default(), 0);
        for _ in 0..40 {
            // A client learns a group's id only when it is made.
            let known = chance.made;
            let size = 1 + chance.random.below(largest);
            let acts: Vec<_> = (0..size).map(|_| chance.act()).collect();
            let acts: Vec<_> = acts
                .into_iter()
                .filter(|(act, _)| knows_only(act, known))
                .collect();
            if acts.is_empty() {
                continue;
            }
            let envelopes: Vec<_> = acts.iter().map(|(act, m)| envelope(act, *m)).collect();
            let outcomes = edge.run(&envelopes);
            for ((act, if_match), outcome) in acts.iter().zip(&outcomes) {
                let expected = model.run(act, *if_match);
                assert_eq!(
                    summary(outcome),
                    expected,
                    "seed {seed} ({:?}): {act:?} if {if_match:?}\n{outcome:?}\n{:#?}",
                    chance.mode,
                    acts
                );
                changes += 1;
                done += usize::from(matches!(outcome, Outcome::Done(_)));
            }
            batches += 1;
            assert_eq!(edge.groups(), model.groups(), "seed {seed}: {acts:#?}");
            edge.check_whole();
            position = edge.replay(&mut replica, position);
            let groups = model.groups();
            assert_eq!(replica.groups(), groups, "seed {seed}: events of {acts:#?}");
        }
        let mut from_zero = Replica::default();
        edge.replay(&mut from_zero, 0);
        assert_eq!(from_zero.groups(), model.groups(), "seed {seed}");
    }
    println!("{changes} changes in {batches} batches, {done} not refused");
    assert!(done * 4 > changes, "too many refused");
}

/// The oldest go and are noted; the newest stays, however old it is.
#[test]
fn old_events_are_forgotten() {
    let edge = Edge::new(Mode::Compat, 0);
    for created in [1, 2, 5, 3, 1] {
        let sql = "INSERT INTO events (tenant, created, type, data) VALUES (1, ?1, '', '{}')";
        edge.database.execute(sql, [created]).expect("an event");
    }
    let check = |cutoff: i64, left: &[&str], pruned: &[&str]| {
        edge.batch(&events::write::pruned(cutoff)).expect("pruned");
        let positions = "SELECT CAST(position AS TEXT) FROM events ORDER BY position";
        assert_eq!(edge.rows(positions), left);
        assert_eq!(edge.rows("SELECT CAST(pruned AS TEXT) FROM outbox"), pruned);
    };
    check(1, &["1", "2", "3", "4", "5"], &[]);
    check(3, &["3", "4", "5"], &["2"]);
    check(3, &["3", "4", "5"], &["2"]);
    check(9, &["5"], &["4"]);
    check(9, &["5"], &["4"]);
}

fn knows_only(act: &Act, known: usize) -> bool {
    let is_known = |id: &String| {
        let number = id
            .strip_prefix('g')
            .and_then(|text| text.parse::<usize>().ok());
        number.is_none_or(|number| number < known)
    };
    let all_known = |list: &[String]| list.iter().all(is_known);
    match act {
        Act::Create(_, _, members) => all_known(members),
        Act::Put(id, _, members) => is_known(id) && members.as_deref().is_none_or(all_known),
        Act::Delete(id) => is_known(id),
        Act::Patch(id, parts) => {
            is_known(id)
                && parts.iter().all(|part| match part {
                    Part::Add(list) => list.iter().all(|(id, _)| is_known(id)),
                    Part::Replace(list) => all_known(list),
                    Part::Remove(id) => is_known(id),
                    Part::RemoveWhere(_) | Part::Rename(_) => true,
                })
        }
    }
}

/// As many members as a megabyte can name: no parameter passes D1's 2 MB.
#[test]
fn the_largest_body_fits() {
    let edge = Edge::new(Mode::Compat, 0);
    edge.database
        .execute_batch(
            "WITH RECURSIVE n (n) AS (SELECT 1000000 UNION ALL SELECT n + 1 FROM n WHERE n < 1026000) \
             INSERT INTO resources (seq, tenant, type, id, created, modified, document) \
             SELECT n, 1, 'User', printf('01900000-0000-7000-8000-%012d', n), 1, 1, '{}' FROM n",
        )
        .expect("users");
    let ids: Vec<String> = (1_000_000..1_026_000)
        .map(|number| format!("01900000-0000-7000-8000-{number:012}"))
        .collect();
    let act = Act::Create("g0".to_owned(), "n".to_owned(), ids.clone());
    assert_eq!(summary(&edge.run(&[envelope(&act, None)])[0]), "v1 []");
    let act = Act::Create("g1".to_owned(), "m".to_owned(), Vec::new());
    edge.run(&[envelope(&act, None)]);
    let act = Act::Put("g1".to_owned(), "m".to_owned(), Some(ids));
    assert_eq!(summary(&edge.run(&[envelope(&act, None)])[0]), "v2 []");
    let count = "SELECT CAST(count(*) AS TEXT) FROM members";
    assert_eq!(edge.rows(count), ["52000"]);
    // What goes without being named is told by the database itself.
    let act = Act::Put("g1".to_owned(), "m".to_owned(), Some(Vec::new()));
    assert_eq!(summary(&edge.run(&[envelope(&act, None)])[0]), "v3 []");
    let longest = "SELECT CAST(max(length(data)) < 100000 AS TEXT) FROM events";
    assert_eq!(edge.rows(longest), ["1"]);
    let mut replica = Replica::default();
    edge.replay(&mut replica, 0);
    let groups = replica.groups();
    assert_eq!(groups[0].matches('=').count(), 26_000);
    assert_eq!(groups[1], "g1 v3 m ");
}

/// A filter over members takes out by SQL those of whom the plan knows nothing, and leaves to the plan
/// those that changes name.
#[test]
fn sweeps() {
    let edge = Edge::new(Mode::Compat, 40);
    let users: Vec<String> = (0..40).map(|number| format!("u{number}")).collect();
    let create = |id: &str, members| Act::Create(id.to_owned(), id.to_owned(), members);
    edge.run(&[envelope(&create("inner", vec!["u0".to_owned()]), None)]);
    let body = |value: Value| value.as_object().cloned().unwrap_or_default();
    let patch = |operations: Value| Envelope {
        change: Change::Patch {
            resource_type: "Group".to_owned(),
            id: "outer".to_owned(),
            body: body(json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": operations
            })),
        },
        ..envelope(&Act::Delete("outer".to_owned()), None)
    };
    let remove = |filter: &str| json!({"op": "remove", "path": format!("members[{filter}]")});
    let add = |id: &str| json!({"op": "add", "path": "members", "value": [{"value": id}]});
    let check = |changes: &[Value], summaries: &[&str], left: &str| {
        let members = [users.clone(), vec!["inner".to_owned()]].concat();
        edge.run(&[envelope(&create("outer", members), None)]);
        let envelopes: Vec<_> = changes.iter().cloned().map(patch).collect();
        let outcomes = edge.run(&envelopes);
        assert_eq!(outcomes.iter().map(summary).collect::<Vec<_>>(), summaries);
        let outer = edge.groups().pop().expect("a group");
        let (_, members) = outer.split_once(" outer ").expect("its name");
        assert_eq!(members, left, "{changes:?}");
        let mut replica = Replica::default();
        edge.replay(&mut replica, 0);
        assert_eq!(replica.groups(), edge.groups(), "{changes:?}");
        edge.check_whole();
        edge.run(&[envelope(&Act::Delete("outer".to_owned()), None)]);
    };
    let people = remove("type eq \"User\"");
    check(&[json!([people])], &["v2 []"], "inner=");
    check(
        &[json!([people, add("u3"), add("u7")])],
        &["v2 []"],
        "inner= u3= u7=",
    );
    check(&[json!([add("u3"), people])], &["v2 []"], "inner=");
    check(
        &[json!([people, {"op": "replace", "path": "members", "value": [{"value": "u9"}]}])],
        &["v2 []"],
        "u9=",
    );
    check(&[json!([people, people])], &["v2 []"], "inner=");
    // The second waits until D1 has judged the first, and finds nothing to do.
    check(
        &[json!([people]), json!([people])],
        &["v2 []", "v2 []"],
        "inner=",
    );
    check(
        &[
            json!([people]),
            json!([add("u5")]),
            json!([remove("type eq \"Group\"")]),
        ],
        &["v2 []", "v3 []", "v4 []"],
        "u5=",
    );
    check(
        &[json!([remove(
            "type ne \"Group\" and not (display sw \"u1\")"
        )])],
        &["v2 []"],
        "inner= u1= u10= u11= u12= u13= u14= u15= u16= u17= u18= u19=",
    );
    // What is refused takes nobody out.
    let mut all = [users.clone(), vec!["inner".to_owned()]].concat();
    all.sort();
    let all: Vec<_> = all.iter().map(|id| format!("{id}=")).collect();
    check(&[json!([people, add("outer")])], &["400"], &all.join(" "));
    // Whoever it means, few are read.
    edge.run(&[envelope(&create("outer", users.clone()), None)]);
    let rules = Rules {
        kept_days: None,
        reactivates: false,
        registry: Registry::builtin(),
        mode: Mode::Compat,
        revision: 1,
        index: &edge.index,
        quotas: &BTreeMap::new(),
    };
    let question = question(&[patch(json!([people]))], &rules);
    let rows = edge
        .batch(&read::statements(TENANT, NOW, &question))
        .expect("rows");
    assert!(rows.iter().map(Vec::len).sum::<usize>() <= 5);
}
