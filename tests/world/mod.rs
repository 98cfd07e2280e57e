//! A database as D1 has it, with resources, and the same resources as JSON.

use std::sync::{Arc, LazyLock};

use rusqlite::limits::Limit;
use rusqlite::{Connection, StatementStatus, params};
use scim_edge::scim::datetime::DateTime;
use scim_edge::scim::filter::check::check;
use scim_edge::scim::filter::parse::parse;
use scim_edge::scim::mode::Mode;
use scim_edge::scim::resource::index::{IndexEntry, IndexPath, indexed_values};
use scim_edge::scim::schema::{Registry, Schema};
use scim_edge::store::filter_sql::{Columns, compile};
use scim_edge::store::folded::{folded_document, folded_text};
use scim_edge::store::literals::Literals;
use serde_json::{Value, json};

use crate::generate::{Generator, Random};

const BASE: &str = "https://scim.example/t/demo/scim/v2";
const TENANT: i64 = 7;

/// The standard types, each with an extension that has an attribute of every type.
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        let probe: Schema = serde_json::from_str(include_str!("../cases/filter/probe-schema.json"))
            .expect("a schema");
        let probe = Arc::new(probe);
        let mut registry = Registry::builtin().clone();
        for definition in &mut registry.definitions {
            definition.extensions.push(probe.clone());
        }
        registry
    });
    &REGISTRY
}

pub struct World {
    database: Connection,
    /// Whole, in the order of `seq`.
    resources: Vec<(String, Value)>,
    indexed: Vec<String>,
    /// Group and member, by their places.
    joined: Vec<(usize, usize)>,
}

impl World {
    pub fn new() -> Self {
        let database = Connection::open_in_memory().expect("SQLite");
        database
            .execute_batch(include_str!("../../schema.sql"))
            .expect("schema.sql");
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
            (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
        ] {
            database.set_limit(limit, value).expect("a limit");
        }
        let indexed = [
            "userName",
            "externalId",
            "displayName",
            "emails.value",
            "phoneNumbers.value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
            "urn:example:params:scim:schemas:extension:Probe:words",
            "urn:example:params:scim:schemas:extension:Probe:items.value",
        ];
        let indexed = indexed.map(str::to_owned).to_vec();
        Self {
            database,
            resources: Vec::new(),
            indexed,
            joined: Vec::new(),
        }
    }

    /// Users and groups by chance, some users in some groups, and the generator behind them.
    pub fn generated(random: Random, count: usize) -> (Self, Generator<'static>) {
        let mut world = Self::new();
        let definition = registry().definition("User").expect("known");
        let mut generator = Generator {
            random,
            definition,
            writable_only: false,
        };
        for number in 0..count {
            let resource_type = if number % 3 == 2 { "Group" } else { "User" };
            generator.definition = registry().definition(resource_type).expect("known");
            let mut resource = generator.resource(number);
            // Ids differ in their case too.
            resource["id"] = format!("{}{number}", generator.random.pick(&["id", "ID"])).into();
            world.add(resource_type, &resource);
        }
        for group in (2..count).step_by(3) {
            for member in 0..count {
                if member != group && generator.random.one_in(3) {
                    let displays = [None, Some("Work"), Some("home"), Some("Ärger")];
                    let display = generator.random.pick(&displays);
                    world.join(group, member, display);
                }
            }
        }
        world.nest();
        (world, generator)
    }

    /// Users that differ in everything, all in the group "g0" but one, who is in "g1".
    pub fn crowd(count: usize) -> Self {
        let mut world = Self::new();
        world
            .database
            .execute_batch("BEGIN")
            .expect("a transaction");
        for number in 0..count {
            let user = json!({
                "id": format!("id{number}"),
                "userName": format!("user{number}"),
                "externalId": format!("e{number}"),
                "active": number % 2 == 0,
                "emails": [{"type": "work", "value": format!("user{number}@example.com")}]
            });
            world.add("User", &user);
        }
        for id in ["g0", "g1"] {
            world.add("Group", &json!({"id": id, "displayName": id}));
        }
        for member in 1..count {
            world.join(count, member, None);
        }
        world.join(count + 1, 0, None);
        world
            .database
            .execute_batch("COMMIT")
            .expect("a transaction");
        world
    }

    /// Stores what a client would send, with an `id` if it matters; the rest is made up.
    pub fn add(&mut self, resource_type: &str, sent: &Value) {
        let definition = registry().definition(resource_type).expect("a known type");
        let number = self.resources.len();
        let mut document = sent.clone();
        let members = document.as_object_mut().expect("an object");
        let id = match members.remove("id") {
            Some(Value::String(id)) => id,
            _ => format!("id{number}"),
        };
        let (created, version) = (1_700_000_000_000 + number as i64 % 5, number as i64 % 3 + 1);
        let modified = created + number as i64 % 2;
        let display = ["displayName", "userName"]
            .iter()
            .find_map(|name| members.get(*name));
        let display = display.and_then(Value::as_str).map(str::to_owned);
        self.database
            .execute(
                "INSERT INTO resources \
                 (tenant, type, id, version, created, modified, display, document, folded) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    TENANT,
                    resource_type,
                    id,
                    version,
                    created,
                    modified,
                    display,
                    document.to_string(),
                    folded_document(definition, &document)
                ],
            )
            .expect("a row");
        let seq = self.database.last_insert_rowid();
        assert_eq!(seq as usize, number + 1);
        // Not every path leads somewhere in every type.
        let paths: Vec<IndexPath> = self
            .indexed
            .iter()
            .filter_map(|path| IndexPath::parse(path, definition).ok())
            .collect();
        let entries = indexed_values(document.as_object().expect("an object"), &paths);
        for IndexEntry { path, value, .. } in entries {
            self.database
                .execute(
                    "INSERT INTO attribute_index VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![TENANT, resource_type, path, value, id, seq],
                )
                .expect("a row");
        }
        let mut resource = document;
        resource["id"] = id.as_str().into();
        resource["meta"] = json!({
            "resourceType": resource_type,
            "created": timestamp(created),
            "lastModified": timestamp(modified),
            "location": format!("{BASE}{}/{id}", definition.resource_type.endpoint),
            "version": format!("W/\"{version}\""),
        });
        self.resources.push((resource_type.to_owned(), resource));
    }

    /// Makes the `member`th resource a member of the `group`th.
    fn join(&mut self, group: usize, member: usize, display: Option<&str>) {
        self.database
            .execute(
                "INSERT INTO members (\"group\", member, display, folded) VALUES (?1, ?2, ?3, ?4)",
                params![
                    group as i64 + 1,
                    member as i64 + 1,
                    display,
                    display.and_then(folded_text)
                ],
            )
            .expect("a row");
        let kind = self.resources[member].0.clone();
        let of_group = self.element(member, &kind, display);
        let of_member = self.element(group, "direct", None);
        push(&mut self.resources[group].1, "members", of_group);
        if kind == "User" {
            push(&mut self.resources[member].1, "groups", of_member);
        }
        self.joined.push((group, member));
    }

    /// Shows each user the groups that its groups are in.
    fn nest(&mut self) {
        let above = |member: usize| {
            let joined = self
                .joined
                .iter()
                .filter(move |(_, known)| *known == member);
            joined.map(|(group, _)| *group).collect::<Vec<_>>()
        };
        let mut indirect = Vec::new();
        for user in 0..self.resources.len() {
            let direct = above(user);
            let mut seen = direct.clone();
            let mut next = direct.clone();
            while let Some(group) = next.pop() {
                for further in above(group) {
                    if !seen.contains(&further) {
                        seen.push(further);
                        next.push(further);
                    }
                }
            }
            seen.retain(|group| !direct.contains(group));
            if self.resources[user].0 == "User" {
                indirect.extend(seen.into_iter().map(|group| (user, group)));
            }
        }
        for (user, group) in indirect {
            let element = self.element(group, "indirect", None);
            push(&mut self.resources[user].1, "groups", element);
        }
    }

    fn element(&self, place: usize, kind: &str, display: Option<&str>) -> Value {
        let (resource_type, resource) = &self.resources[place];
        let name = resource.get("displayName").or(resource.get("userName"));
        let mut element = json!({
            "value": resource["id"], "type": kind, "$ref": resource["meta"]["location"]
        });
        assert!(["User", "Group"].contains(&resource_type.as_str()));
        if let Some(display) = display.map(Value::from).or(name.cloned()) {
            element["display"] = display;
        }
        element
    }

    pub fn columns(&self, resource_type: &str) -> Columns<'_> {
        let definition = registry().definition(resource_type).expect("a known type");
        Columns {
            definition,
            tenant: "?1",
            indexed: &self.indexed,
            base_url: BASE,
        }
    }

    pub fn of_type(&self, resource_type: &str) -> impl Iterator<Item = &Value> {
        let of_type = self
            .resources
            .iter()
            .filter(move |(kind, _)| kind == resource_type);
        of_type.map(|(_, resource)| resource)
    }

    pub fn sample(&self, random: &mut Random, resource_type: &str) -> &Value {
        let all: Vec<&Value> = self.of_type(resource_type).collect();
        all[random.below(all.len())]
    }

    /// An expression over the resources under the condition.
    pub fn select(&self, column: &str, condition: &str, literals: &Literals) -> Vec<String> {
        let sql = format!("SELECT {column} FROM resources r WHERE {condition}");
        let mut statement = self
            .database
            .prepare(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        // A statement need not have both.
        let parameters = [Value::from(TENANT).to_string(), literals.to_json()];
        let count = statement.parameter_count();
        for (index, parameter) in parameters.iter().enumerate().take(count) {
            match index {
                0 => statement.raw_bind_parameter(1, TENANT),
                _ => statement.raw_bind_parameter(index + 1, parameter),
            }
            .expect("bound");
        }
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{error}: {sql}")) {
            found.push(row.get(0).expect("text"));
        }
        found
    }

    /// How SQLite means to run a page of the filter, and how many instructions it then took.
    pub fn plan(&self, resource_type: &str, filter: &str) -> (String, i32) {
        let columns = self.columns(resource_type);
        let parsed = parse(filter, Mode::Compat).expect(filter);
        let checked = check(&parsed, columns.definition, Mode::Compat).expect(filter);
        let mut literals = Literals::new("?2");
        let condition = compile(&checked, &columns, &mut literals).scoped(&columns, &mut literals);
        let after = literals.add("");
        let sql = format!(
            "SELECT r.document FROM resources r WHERE {condition} AND r.id > {after} \
             ORDER BY r.id LIMIT 1000"
        );
        let parameters = params![TENANT, literals.to_json()];
        let mut explain = self
            .database
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .expect(&sql);
        let lines = explain
            .query_map(parameters, |row| row.get::<_, String>(3))
            .expect("a plan");
        let plan: Vec<String> = lines.map(|line| line.expect("a line")).collect();
        let mut statement = self.database.prepare(&sql).expect(&sql);
        let rows = statement
            .query_map(parameters, |_| Ok(()))
            .expect("rows")
            .count();
        assert!(rows <= 1000);
        (
            plan.join("\n"),
            statement.get_status(StatementStatus::VmStep),
        )
    }
}

fn push(resource: &mut Value, list: &str, element: Value) {
    match &mut resource[list] {
        Value::Array(elements) => elements.push(element),
        absent => *absent = json!([element]),
    }
}

fn timestamp(milliseconds: i64) -> String {
    let nanos = (milliseconds % 1000) as u32 * 1_000_000;
    DateTime {
        seconds: milliseconds / 1000,
        nanos,
    }
    .to_sortable()
}
