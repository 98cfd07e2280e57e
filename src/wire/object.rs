//! Durable Objects by their names, made where the deployment says.

use worker::{Env, Request, Stub, web_sys};

use crate::store::error::StoreError;

/// The variable that says where objects are made: near D1, which each of their batches goes to.
const LOCATION_HINT_VAR: &str = "LOCATION_HINT";

/// Cloudflare, Durable Objects, data location.
const LOCATION_HINTS: [&str; 9] = [
    "wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me",
];

/// A stub of its own for each call: one that saw an exception may be broken for good.
pub fn stub(env: &Env, binding: &str, name: &str) -> Result<Stub, StoreError> {
    let unavailable = |error: worker::Error| StoreError::Unavailable(format!("{binding}: {error}"));
    let namespace = env.durable_object(binding).map_err(unavailable)?;
    let stub = match location_hint(env)? {
        Some(hint) => namespace.get_by_name_with_location_hint(name, &hint),
        None => namespace.get_by_name(name),
    };
    stub.map_err(unavailable)
}

/// A call to an object. The platform's own type, because [`worker::RequestInit`] brings all that `cf`
/// can say along.
pub fn call(url: &str, body: String) -> worker::Result<Request> {
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&body.into());
    Ok(web_sys::Request::new_with_str_and_init(url, &init)?.into())
}

fn location_hint(env: &Env) -> Result<Option<String>, StoreError> {
    let Ok(hint) = env.var(LOCATION_HINT_VAR) else {
        return Ok(None);
    };
    let hint = hint.to_string();
    if hint.is_empty() {
        return Ok(None);
    }
    if LOCATION_HINTS.contains(&hint.as_str()) {
        return Ok(Some(hint));
    }
    Err(StoreError::Failed(format!(
        "the variable {LOCATION_HINT_VAR} is {hint:?}: make it one of {}, or take it away",
        LOCATION_HINTS.join(", ")
    )))
}
