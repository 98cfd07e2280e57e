//! How far a stream comes, on the SQLite that D1 is.

use rusqlite::{Connection, params_from_iter, types::Value as Sql};

use super::*;

const TOLD: [&str; 2] = ["user.created", "user.updated"];

/// Tenant 1's stream with its types, behind the position 0.
fn world(types: &str) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database
        .execute_batch(include_str!("../../../schema.sql"))
        .unwrap();
    let stream = "INSERT INTO streams (tenant, id, label, format, types, position, created) \
        VALUES (1, 's', 'l', 'full', ?1, 0, 0)";
    database.execute(stream, [types]).unwrap();
    database
}

fn happen(database: &Connection, tenant: i64, kinds: &[&str]) {
    for kind in kinds {
        let event = "INSERT INTO events (tenant, created, type, data) VALUES (?1, 0, ?2, '{}')";
        database.execute(event, (tenant, kind)).unwrap();
    }
}

/// Where the stream is once these are taken.
fn advanced(database: &Connection, taken: &[i64]) -> (i64, String) {
    let progress = Progress {
        taken: taken.to_vec(),
        refused: None,
    };
    let statement = advance(1.into(), "s", &TOLD, &progress, 7);
    let parameters = statement.parameters.into_iter().map(|one| match one {
        Parameter::Text(text) => Sql::Text(text),
        Parameter::Integer(integer) => Sql::Integer(integer),
        Parameter::Null => Sql::Null,
    });
    database
        .execute(&statement.sql, params_from_iter(parameters))
        .unwrap();
    let place = "SELECT position, taken FROM streams WHERE polled = 7";
    database
        .query_row(place, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

#[test]
fn the_position_stops_before_what_is_still_to_be_taken() {
    let database = world("[]");
    happen(&database, 1, &["user.created", "credential.expiring"]);
    happen(&database, 2, &["user.created"]);
    happen(&database, 1, &["user.updated", "user.created"]);
    let check = |taken: &[i64], position: i64, noted: &str| {
        assert_eq!(advanced(&database, taken), (position, noted.to_owned()));
    };
    check(&[], 0, "[]");
    check(&[4, 3, 99], 0, "[4]");
    check(&[1], 4, "[]");
    check(&[1, 4], 4, "[]");
    check(&[5], 5, "[]");
    happen(&database, 2, &["user.created", "user.created"]);
    check(&[], 7, "[]");
}

#[test]
fn what_the_receiver_did_not_choose_is_passed_by() {
    let database = world(r#"["user.created","group.*"]"#);
    happen(
        &database,
        1,
        &["user.updated", "user.updated", "user.created"],
    );
    assert_eq!(advanced(&database, &[]).0, 2);
    assert_eq!(advanced(&database, &[3]).0, 3);
}

#[test]
fn no_more_is_looked_at_than_a_window() {
    let database = world(r#"["user.created"]"#);
    let window = usize::try_from(WINDOW).unwrap();
    happen(&database, 1, &vec!["user.updated"; window + 10]);
    happen(&database, 1, &["user.created"]);
    assert_eq!(advanced(&database, &[]).0, i64::from(WINDOW));
    assert_eq!(advanced(&database, &[]).0, i64::from(WINDOW) + 10);
}

#[test]
fn what_grew_old_before_it_was_taken_is_noted() {
    let database = world("[]");
    happen(&database, 1, &["user.created"; 3]);
    let missed = || -> Option<i64> {
        let missed = "SELECT missed FROM streams";
        database.query_row(missed, [], |row| row.get(0)).unwrap()
    };
    advanced(&database, &[]);
    assert_eq!(missed(), None);
    let prune = "DELETE FROM events WHERE position < 3; INSERT INTO outbox VALUES (1, 2)";
    database.execute_batch(prune).unwrap();
    advanced(&database, &[3]);
    assert_eq!(missed(), Some(2));
}
