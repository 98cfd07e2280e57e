//! `sortBy` (RFC 7644 §3.4.2.3) → one SQL expression.

use super::Columns;
use super::condition::{Compiler, Scope};
use super::layout::{Column, Relation};
use crate::scim::error::{Result, ScimError};
use crate::scim::filter::check::Path;
use crate::scim::fold::ignores_case;
use crate::scim::schema::Type;
use crate::store::literals::Literals;

/// Characters of a text that sorting looks at.
const LENGTH: usize = 200;

/// The value to sort by: text folded where its case does not count, dateTimes by time, of a list
/// the primary element's or else the first that there is. A resource without one gets an empty
/// blob, which SQLite sorts behind everything else: last when ascending, first when descending, as
/// the RFC wants.
///
/// The order is total with `r.seq` behind it: `ORDER BY {key} DESC, r.seq DESC`, and the next page
/// is `WHERE ({key}, r.seq) < (ifnull({last key}, x''), {last seq})`, where the last key was read as
/// `nullif({key}, x'')` and came back among the literals, which know null and no blob.
///
/// A text counts with its first [`LENGTH`] characters: a cursor has to carry them.
pub fn sort_key(path: &Path, columns: &Columns, literals: &mut Literals) -> Result<String> {
    let unsortable = || ScimError::invalid_value(format!("Cannot sort by {:?}.", path.name()));
    if Relation::of(path, columns.definition).is_some() {
        return Err(unsortable());
    }
    match Column::of(path, columns, literals) {
        Some(Column::Text(sql)) => return Ok(sql),
        Some(Column::Time(sql)) => return Ok(sql.to_owned()),
        Some(Column::Whole) => return Err(unsortable()),
        None => {}
    }
    let attribute = path.attributes.last().ok_or_else(unsortable)?;
    let steps: Vec<_> = path.steps().collect();
    let exact = attribute.kind != Type::DateTime && !ignores_case(attribute);
    let lists = steps.iter().filter(|(_, is_list)| *is_list).count();
    let mut compiler = Compiler::new(columns, literals);
    let folded = |value: String| {
        if ignores_case(attribute) {
            format!("lower({value})")
        } else {
            value
        }
    };
    let key = match lists {
        0 => {
            let keys: Vec<&str> = steps.iter().map(|(key, _)| *key).collect();
            folded(compiler.extract(&Scope::Resource, &keys, exact))
        }
        1 => {
            let list = path
                .attributes
                .iter()
                .find(|attribute| attribute.multi_valued);
            let by_primary = list.is_some_and(|list| list.sub("primary").is_some());
            compiler.first_element(&steps, exact, by_primary, folded)
        }
        _ => return Err(unsortable()),
    };
    let key = match attribute.kind {
        Type::String | Type::Reference | Type::Binary => format!("substr({key}, 1, {LENGTH})"),
        _ => key,
    };
    Ok(format!("ifnull({key}, x'')"))
}

/// [`sort_key`] over several types of resources; those of other types have no value.
pub fn sort_keys(types: &[(Columns, &Path)], literals: &mut Literals) -> Result<String> {
    if let [(columns, path)] = types {
        return sort_key(path, columns, literals);
    }
    let mut cases = String::new();
    for (columns, path) in types {
        let key = sort_key(path, columns, literals)?;
        let resource_type = literals.add(columns.definition.resource_type.name.as_str());
        cases += &format!(" WHEN {resource_type} THEN {key}");
    }
    Ok(match cases.as_str() {
        "" => "x''".to_owned(),
        cases => format!("ifnull(CASE r.type{cases} END, x'')"),
    })
}
