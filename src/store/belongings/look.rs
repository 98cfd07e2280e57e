//! Users as they are beside what was told of them, and the transaction that tells the difference.

use serde_json::{Value, json};

use super::Ground;
use crate::mapping::{
    Belonging, Membership, Named, Progress, Rules, Touched, belongings, difference,
};
use crate::scim::json::read;
use crate::scim::resource::version::etag;
use crate::store::assertion;
use crate::store::bulk::chunks;
use crate::store::d1::{Database, Row, Statement};
use crate::store::derive::{Derive, PER_ROW, read_derived};
use crate::store::error::{self, StoreError};
use crate::store::events::{NewEvent, TARGETS_CHANGED, write::statements};

/// A user as it is, and what was told of it.
struct Looked {
    id: String,
    /// What the event calls it by.
    names: Value,
    now: Vec<Belonging>,
    before: Vec<Named>,
    /// Whether what is kept of the user has to be written anew.
    differs: bool,
}

/// One transaction, if the tenant is as `ground` says.
pub(super) async fn write(
    database: &Database,
    ground: &Ground,
    progress: &Progress,
    touched: &Touched,
) -> Result<(), StoreError> {
    let looked = look(database, ground, &touched.users).await?;
    let changed: Vec<&Looked> = looked.iter().filter(|user| user.differs).collect();
    let mut events = Vec::new();
    for user in &changed {
        if let Some(mut data) = difference(&user.before, &user.now) {
            data["resource"] = user.names.clone();
            events.push(NewEvent::new(TARGETS_CHANGED, data));
        }
    }
    let mut rewritten: Vec<&str> = changed.iter().map(|user| user.id.as_str()).collect();
    rewritten.extend(touched.gone.iter().map(String::as_str));
    let tenant = ground.tenant;
    let mut batch = vec![still(ground)];
    if !rewritten.is_empty() {
        batch.push(Statement::new(
            "DELETE FROM belongings WHERE tenant = ?1 \
             AND user IN (SELECT value FROM json_each(?2))",
            [tenant.into(), json!(rewritten).to_string().into()],
        ));
    }
    let rows = changed.iter().flat_map(|user| rows(&user.id, &user.now));
    let rows: Vec<Value> = rows.collect();
    batch.extend(chunks(&rows, Value::clone).into_iter().map(|part| {
        Statement::new(
            "INSERT INTO belongings (tenant, user, kind, name, \"group\") \
             SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2)",
            [tenant.into(), part],
        )
    }));
    batch.extend(statements(tenant, &events));
    let next = serde_json::to_string(progress);
    let next = next.map_err(|error| StoreError::Failed(error.to_string()))?;
    batch.push(Statement::new(
        "UPDATE tenants SET told = ?2 WHERE id = ?1",
        [tenant.into(), next.into()],
    ));
    database.batch(&batch).await.map(|_| ())
}

/// Without rules nobody belongs anywhere, and nobody has to be told any more.
pub(super) async fn end(database: &Database, ground: &Ground) -> Result<(), StoreError> {
    let sql = "UPDATE tenants SET told = NULL WHERE id = ?1";
    let end = Statement::new(sql, [ground.tenant.into()]);
    database.batch(&[still(ground), end]).await.map(|_| ())
}

fn still(ground: &Ground) -> Statement {
    let parameters = [
        ground.tenant.into(),
        ground.told.as_str().into(),
        ground.revision.into(),
    ];
    assertion(
        "EXISTS (SELECT 1 FROM tenants WHERE id = ?1 AND told = ?2 AND revision = ?3)",
        error::GUARD,
        parameters,
    )
}

async fn look(
    database: &Database,
    ground: &Ground,
    users: &[String],
) -> Result<Vec<Looked>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT r.id, r.version, r.document ->> 'externalId' AS external_id, \
         r.document ->> 'userName' AS user_name, r.document ->> 'displayName' AS display_name, \
         {} AS derived, (SELECT json_group_array(json_array(b.kind, b.name, b.\"group\")) \
         FROM belongings b WHERE b.tenant = ?1 AND b.user = r.id) AS before \
         FROM (SELECT DISTINCT value AS id FROM json_each(?2)) u \
         CROSS JOIN resources r ON r.tenant = ?1 AND r.type = 'User' AND r.id = u.id",
        Derive::Memberships.sql("''", PER_ROW)
    );
    let parameters = [ground.tenant.into(), json!(users).to_string().into()];
    let rows = database.query(Statement::new(sql, parameters)).await?;
    let looked = rows.iter().filter_map(|row| looked(&row, &ground.rules));
    Ok(looked.collect())
}

fn looked(row: &Row, rules: &Rules) -> Option<Looked> {
    let json = |text: Option<String>| text.and_then(|text| read::<Value>(text).ok());
    let (memberships, _) = read_derived(row);
    let memberships = json(memberships).unwrap_or(Value::Null);
    let now = belongings(rules, &Membership::read_all(&memberships));
    let id = row.text("id")?;
    let kept = json(row.text("before"))?;
    let kept = kept.as_array()?;
    let wanted: Vec<Value> = rows(&id, &now).collect();
    // Only the user's id is not in what is kept.
    let differs = kept.len() != wanted.len()
        || wanted.iter().any(|row| {
            let is_it = |kept: &Value| (1..=3).all(|at| kept[at - 1] == row[at]);
            !kept.iter().any(is_it)
        });
    let named = |row: &Value| Some((row[0].as_str()?.to_owned(), row[1].as_str()?.to_owned()));
    let mut before: Vec<Named> = kept.iter().filter_map(named).collect();
    before.sort();
    before.dedup();
    let meta = json!({ "resourceType": "User", "version": etag(row.integer("version")?) });
    let mut names = json!({ "id": id });
    for (name, column) in [
        ("externalId", "external_id"),
        ("userName", "user_name"),
        ("displayName", "display_name"),
    ] {
        if let Some(value) = row.text(column) {
            names[name] = value.into();
        }
    }
    names["meta"] = meta;
    Some(Looked {
        id,
        names,
        now,
        before,
        differs,
    })
}

/// Rows of the table: a user's id, kind, name and group.
fn rows<'a>(id: &'a str, now: &'a [Belonging]) -> impl Iterator<Item = Value> + use<'a> {
    now.iter().flat_map(move |one| {
        let row = move |group: &String| json!([id, one.target.kind, one.target.name, group]);
        one.through.iter().map(row)
    })
}
