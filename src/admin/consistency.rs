//! GET /admin/v1/tenants/{slug}/consistency: whether the tenant's tables contradict one another.

use serde_json::json;

use super::problem::Result;
use super::tenants::existing;
use super::{Call, Reply};
use crate::store::consistency;

pub async fn check(call: &Call<'_>, slug: &str) -> Result<Reply> {
    // Nothing is sealed here.
    let context = existing(call, slug).await?.context(String::new())?;
    let findings = consistency::findings(call.database, &context).await?;
    let body = json!({ "consistent": findings.is_empty(), "findings": findings });
    Ok(Reply::json(200, body.to_string()))
}
