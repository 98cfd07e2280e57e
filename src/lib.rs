pub mod admin;
pub mod auth;
pub mod http;
pub mod membership;
pub mod scim;
pub mod store;

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    http::respond(request, env, context).await
}
