//! What only a bulk needs of the SQL around membership: parameters of any length, members that the
//! same transaction creates, and what a group is inside of.

use serde_json::{Value, json};

use super::d1::{Parameter, Statement};
use super::folded::folded_text;
use super::members::NewMemberOfNew;
use super::resources::NewDocument;

/// Bytes of one parameter, unless one item alone is longer: D1 takes 2 MB.
const MAX_PARAMETER: usize = 1_500_000;

/// What one item may need of a parameter.
const MAX_ITEM: usize = 1_900_000;

/// Whether a document can be part of a parameter, in which each of its quotes is escaped.
pub fn fits(new: &NewDocument) -> bool {
    let texts = [Some(new.document.as_str()), new.folded.as_deref()];
    let texts = texts.into_iter().flatten();
    // Few are long enough to be worth a look at each byte.
    let length: usize = texts.clone().map(str::len).sum();
    let escaped = |byte: &u8| matches!(byte, b'"' | b'\\');
    let escapes = || texts.flat_map(str::bytes).filter(escaped).count();
    length * 2 < MAX_ITEM || length + escapes() < MAX_ITEM
}

/// Items as JSON arrays, a parameter each: as few as their length allows, none for no items.
pub fn chunks<T>(items: impl IntoIterator<Item = T>, show: impl Fn(T) -> Value) -> Vec<Parameter> {
    joined(&mut items.into_iter().map(|item| show(item).to_string()))
}

fn joined(texts: &mut dyn Iterator<Item = String>) -> Vec<Parameter> {
    let mut parts: Vec<String> = Vec::new();
    for text in texts {
        match parts.last_mut() {
            Some(part) if part.len() + text.len() < MAX_PARAMETER => part.push(','),
            _ => parts.push("[".to_owned()),
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&text);
        }
    }
    parts
        .into_iter()
        .map(|part| Parameter::Text(part + "]"))
        .collect()
}

/// As for other members, NOT NULL undoes the batch where one of the two is not there.
pub fn members_of_new(tenant: i64, members: &[NewMemberOfNew]) -> Vec<Statement> {
    let sql = "INSERT INTO members (\"group\", member, display, folded) SELECT \
         (SELECT seq FROM resources WHERE tenant = ?1 AND type = 'Group' AND id = e.value ->> 0), \
         (SELECT seq FROM resources WHERE tenant = ?1 AND type = e.value ->> 1 \
         AND id = e.value ->> 2), e.value ->> 3, e.value ->> 4 FROM json_each(?2) e";
    let show = |new: &NewMemberOfNew| {
        let folded = new.display.as_deref().and_then(folded_text);
        json!([new.group_id, new.resource_type, new.id, new.display, folded])
    };
    chunks(members, show)
        .into_iter()
        .map(|part| Statement::new(sql, [tenant.into(), part]))
        .collect()
}

/// Each of these groups, and each that one of them is in at any depth, with those it is in itself.
pub fn nesting(tenant: i64, groups: &[String]) -> Statement {
    Statement::new(
        "WITH RECURSIVE up (child, parent) AS (\
         SELECT m.member, m.\"group\" FROM json_each(?2) e CROSS JOIN resources g \
         ON g.tenant = ?1 AND g.type = 'Group' AND g.id = e.value \
         CROSS JOIN members m ON m.member = g.seq \
         UNION SELECT m.member, m.\"group\" FROM up CROSS JOIN members m ON m.member = up.parent) \
         SELECT c.id AS child, p.id AS parent FROM up CROSS JOIN resources c ON c.seq = up.child \
         CROSS JOIN resources p ON p.seq = up.parent",
        [tenant.into(), json!(groups).to_string().into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_fit_with_their_escapes() {
        let check = |document: String, expected: bool| {
            let new = NewDocument {
                folded: Some(document.clone()),
                document,
                display: None,
            };
            assert_eq!(fits(&new), expected);
        };
        check("{}".to_owned(), true);
        check("x".repeat(900_000), true);
        check("\"".repeat(900_000), false);
        check("x".repeat(1_000_000), false);
    }

    #[test]
    fn parameters_stay_below_their_limit() {
        let check = |lengths: &[usize], expected: &[usize]| {
            let parts = chunks(lengths, |length| Value::from("x".repeat(*length)));
            let counts: Vec<usize> = parts
                .iter()
                .map(|part| match part {
                    Parameter::Text(text) => {
                        let list: Vec<Value> = serde_json::from_str(text).unwrap();
                        list.len()
                    }
                    _ => 0,
                })
                .collect();
            assert_eq!(counts, expected);
        };
        check(&[], &[]);
        check(&[1, 2, 3], &[3]);
        check(&[700_000, 700_000, 700_000], &[2, 1]);
        check(&[2_000_000, 1, 2_000_000], &[1, 1, 1]);
    }
}
