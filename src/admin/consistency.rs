//! GET /admin/v1/tenants/{slug}/consistency: whether the tenant's tables contradict one another.

use serde_json::json;

use crate::http::Failure;
use crate::http::reply::Reply;
use crate::store::d1::Database;
use crate::store::{consistency, tenants};

/// `None` when there is no such tenant.
pub async fn check(database: &Database, slug: &str) -> Result<Option<Reply>, Failure> {
    let Some(context) = tenants::find(database, slug).await? else {
        return Ok(None);
    };
    let findings = consistency::findings(database, &context).await?;
    let body = json!({ "consistent": findings.is_empty(), "findings": findings });
    Ok(Some(Reply::json(200, body.to_string())))
}
