//! How many resources of a type a tenant may have. The settings say it; triggers of schema.sql bring it
//! beside the counters, in the transaction that changes either, and refuse what would be too many:
//! [`super::error::StoreError::Quota`]. So a quota holds whoever creates, and costs nothing.

use std::collections::HashMap;

use super::d1::{Columns, Statement};

/// By resource type, how many more there may be; types without a quota are not in it.
pub type Room = HashMap<String, i64>;

/// What [`room`] reads.
pub fn statement(tenant: i64) -> Statement {
    Statement::new(
        "SELECT type, quota - resources AS room FROM counters \
         WHERE tenant = ?1 AND quota IS NOT NULL",
        [tenant.into()],
    )
}

pub fn room<R: Columns>(rows: &[R]) -> Room {
    let read = |row: &R| Some((row.text("type")?, row.integer("room")?));
    rows.iter().filter_map(read).collect()
}
