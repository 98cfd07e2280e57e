//! `/admin/v1/webhooks`, which hear of all tenants, and `/admin/v1/tenants/{slug}/webhooks`, which
//! hear of one: where events are sent to.

use serde_json::{Value, json};
use worker::console_error;

use super::problem::{Result, problem};
use super::streams::check_told;
use super::tokens::overlap;
use super::{
    Body, Call, check_label, deliveries, fresh_id, listed, no_tenant, not_allowed, page, random,
    time,
};
use crate::auth::jwt::address;
use crate::auth::signing;
use crate::delivery::wake::{self, Call as Ask};
use crate::delivery::{is_local, sign};
use crate::events::kinds::Kinds;
use crate::events::set::Format;
use crate::scim::json;
use crate::store::error::StoreError;
use crate::store::parties::Made;
use crate::store::webhooks::{self, MAX_WEBHOOKS, Webhook};
use crate::wire::reply::Reply;
use crate::wire::request::Parts;

/// What a webhook has unless named.
const TIMEOUT_S: i64 = 15;
const RETRY_S: i64 = 5;
const GIVE_UP_S: i64 = 3 * 24 * 3600;
const DISABLE_S: i64 = 5 * 24 * 3600;

/// The most that may be chosen. Events are kept for longer than any of them is tried.
const MAX_TIMEOUT_S: i64 = 30;
const MAX_RETRY_S: i64 = 3600;
const MAX_GIVE_UP_S: i64 = 14 * 24 * 3600;
const MAX_DISABLE_S: i64 = 28 * 24 * 3600;

pub async fn answered(
    call: &Call<'_>,
    slug: Option<&str>,
    method: &str,
    rest: &[&str],
    allow: &'static str,
) -> Result<Reply> {
    match (method, rest) {
        ("GET", []) => list(call, slug).await,
        ("POST", []) => create(call, slug).await,
        ("GET", [id]) => get(call, slug, id).await,
        ("PATCH", [id]) => patch(call, slug, id).await,
        ("DELETE", [id]) => delete(call, slug, id).await,
        ("POST", [id, "rotate"]) => rotate(call, slug, id).await,
        ("POST", [id, "test"]) => deliveries::test(call, slug, id).await,
        ("POST", [id, "redeliver"]) => deliveries::redeliver(call, slug, id).await,
        ("GET", [id, "deliveries"]) => deliveries::list(call, slug, id).await,
        ("GET", [id, "dead-letters"]) => deliveries::dead_letters(call, slug, id).await,
        _ => not_allowed(call, allow),
    }
}

struct Request {
    label: Option<String>,
    url: Option<String>,
    /// All, unless named.
    types: Option<Vec<String>>,
    /// `event`, unless named.
    format: Option<String>,
    /// Its address, unless named.
    audience: Option<String>,
    enabled: Option<bool>,
    timeout_s: Option<i64>,
    retry_s: Option<i64>,
    give_up_s: Option<i64>,
    disable_s: Option<i64>,
    /// The position behind which a new one begins; the end, unless named.
    after: Option<i64>,
}

impl Request {
    fn read(parts: &Parts) -> Result<Self> {
        let mut body = Body::read(parts)?;
        let request = Self {
            label: body.take("label")?,
            url: body.take("url")?,
            types: body.take("types")?,
            format: body.take("format")?,
            audience: body.take("audience")?,
            enabled: body.take("enabled")?,
            timeout_s: body.take("timeout_s")?,
            retry_s: body.take("retry_s")?,
            give_up_s: body.take("give_up_s")?,
            disable_s: body.take("disable_s")?,
            after: body.take("after")?,
        };
        body.end()?;
        Ok(request)
    }
}

/// POST …/webhooks: the only time that the secret is shown, but for a new one's.
async fn create(call: &Call<'_>, slug: Option<&str>) -> Result<Reply> {
    let request = Request::read(call.parts)?;
    if request.label.is_none() || request.url.is_none() {
        return problem(400, "A webhook has a label and a url.");
    }
    if request.after.is_some_and(|after| after < 0) {
        return problem(400, "after is the position of an event, or 0.");
    }
    let mut new = Webhook {
        id: fresh_id(call)?,
        tenant: webhooks::ALL,
        label: String::new(),
        url: String::new(),
        types: String::new(),
        format: webhooks::AS_EVENT.to_owned(),
        audience: None,
        origin: call.parts.origin.clone(),
        secret: secret()?,
        old_secret: None,
        timeout_s: TIMEOUT_S,
        retry_s: RETRY_S,
        give_up_s: GIVE_UP_S,
        disable_s: DISABLE_S,
        start: 0,
        created: call.parts.now,
        disabled: None,
        reason: None,
        deleted: None,
    };
    change(call, &mut new, &request)?;
    have_key(call, &new).await?;
    let entry = call.entry(Some(&new.id), Some(json!({ "label": new.label })));
    match webhooks::create(call.database, slug, &mut new, request.after, &entry).await? {
        Made::Yes => {}
        Made::Missing => return no_tenant(slug.unwrap_or_default()),
        Made::Full => {
            return problem(
                409,
                format!("There are at most {MAX_WEBHOOKS} webhooks here: delete one first."),
            );
        }
    }
    // One that does not hear is told by the first event.
    if let Err(error) = resume(call, &new).await {
        console_error!("webhook {}: {error:?}", new.id);
    }
    let mut body = shown(&new);
    body["secret"] = new.secret.into();
    Ok(Reply::json(201, body.to_string()))
}

/// GET …/webhooks: `?limit=` of them behind the id `?after=`, oldest first.
async fn list(call: &Call<'_>, slug: Option<&str>) -> Result<Reply> {
    let (after, limit) = page(call.parts)?;
    let Some(found) = webhooks::list(call.database, slug, after, limit).await? else {
        return no_tenant(slug.unwrap_or_default());
    };
    Ok(listed("webhooks", &found, limit, shown, |one| {
        one.id.clone()
    }))
}

/// GET …/webhooks/{id}: with how far it came.
async fn get(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let webhook = existing(call, slug, id).await?;
    let mut body = shown(&webhook);
    let state = wake::call(call.env, id, &Ask::State).await?;
    body["delivery"] = json::read(&state).unwrap_or_default();
    Ok(Reply::json(200, body.to_string()))
}

/// PATCH …/webhooks/{id}: what is not named stays. Whatever waits is tried at once; 503 says that the
/// object did not hear of it.
async fn patch(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let request = Request::read(call.parts)?;
    if request.after.is_some() {
        return problem(
            400,
            "after is for a new webhook: POST …/redeliver sends this one back.",
        );
    }
    let mut webhook = existing(call, slug, id).await?;
    change(call, &mut webhook, &request)?;
    have_key(call, &webhook).await?;
    let detail = json!({ "label": webhook.label, "enabled": webhook.disabled.is_none() });
    update(call, slug, &webhook, detail).await?;
    resume(call, &webhook).await?;
    Ok(Reply::json(200, shown(&webhook).to_string()))
}

/// DELETE …/webhooks/{id}: nothing more is sent, and what waits is forgotten.
async fn delete(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let entry = call.entry(Some(id), None);
    if !webhooks::delete(call.database, slug, id, &entry).await? {
        return none();
    }
    wake::wake_one(call.env, id).await;
    Ok(Reply::empty(204))
}

/// POST …/webhooks/{id}/rotate: a new secret, shown this once. Until the overlap ends, the old one
/// signs as well.
async fn rotate(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Reply> {
    let mut body = Body::read(call.parts)?;
    let overlap = overlap(body.take("overlap_s")?)?;
    body.end()?;
    let mut webhook = existing(call, slug, id).await?;
    let old = std::mem::replace(&mut webhook.secret, secret()?);
    webhook.old_secret = (overlap > 0).then(|| (old, call.parts.now + overlap * 1000));
    update(call, slug, &webhook, json!({ "overlap_s": overlap })).await?;
    let mut body = shown(&webhook);
    body["secret"] = webhook.secret.into();
    Ok(Reply::json(200, body.to_string()))
}

async fn update(
    call: &Call<'_>,
    slug: Option<&str>,
    webhook: &Webhook,
    detail: Value,
) -> Result<()> {
    let entry = call.entry(Some(&webhook.id), Some(detail));
    match webhooks::update(call.database, slug, webhook, &entry).await? {
        true => Ok(()),
        false => none(),
    }
}

pub(super) async fn existing(call: &Call<'_>, slug: Option<&str>, id: &str) -> Result<Webhook> {
    let found = webhooks::get(call.database, slug, id).await?;
    found.map_or_else(none, Ok)
}

fn none<T>() -> Result<T> {
    problem(404, "There is no such webhook here.")
}

/// What the request names, checked.
fn change(call: &Call<'_>, webhook: &mut Webhook, request: &Request) -> Result<()> {
    if let Some(label) = &request.label {
        check_label("label", label)?;
        webhook.label.clone_from(label);
    }
    if let Some(url) = &request.url {
        address::check(url, is_local(call.env)).or_else(|why| problem(400, why.0))?;
        webhook.url.clone_from(url);
    }
    if let Some(types) = &request.types {
        let kinds = Kinds::parse(types.iter().map(String::as_str));
        let kinds = kinds.or_else(|error| problem(400, error))?;
        webhook.types = kinds.names().join(" ");
    }
    if let Some(format) = &request.format {
        if format != webhooks::AS_EVENT && Format::named(format).is_none() {
            return problem(400, "format is event, full or notice.");
        }
        webhook.format.clone_from(format);
    }
    if let Some(audience) = &request.audience {
        check_label("audience", audience)?;
        webhook.audience = Some(audience.clone());
    }
    if webhook.format != webhooks::AS_EVENT {
        check_told(&Kinds::parse(webhook.types.split_whitespace()).unwrap_or_default())?;
    }
    if let Some(enabled) = request.enabled {
        webhook.disabled = match enabled {
            true => None,
            false => webhook.disabled.or(Some(call.parts.now)),
        };
        webhook.reason = webhook.reason.take().filter(|_| !enabled);
    }
    for (name, asked, most, place) in [
        (
            "timeout_s",
            request.timeout_s,
            MAX_TIMEOUT_S,
            &mut webhook.timeout_s,
        ),
        (
            "retry_s",
            request.retry_s,
            MAX_RETRY_S,
            &mut webhook.retry_s,
        ),
        (
            "give_up_s",
            request.give_up_s,
            MAX_GIVE_UP_S,
            &mut webhook.give_up_s,
        ),
        (
            "disable_s",
            request.disable_s,
            MAX_DISABLE_S,
            &mut webhook.disable_s,
        ),
    ] {
        match asked {
            None => {}
            Some(seconds) if (1..=most).contains(&seconds) => *place = seconds,
            Some(_) => return problem(400, format!("{name} is 1 to {most} seconds.")),
        }
    }
    Ok(())
}

/// Makes the first key where there is none, so that receivers find it before the first SET.
async fn have_key(call: &Call<'_>, webhook: &Webhook) -> std::result::Result<(), StoreError> {
    if webhook.format != webhooks::AS_EVENT {
        signing::current(call.database, call.parts.now).await?;
    }
    Ok(())
}

/// Tells the object.
async fn resume(call: &Call<'_>, webhook: &Webhook) -> std::result::Result<(), StoreError> {
    let resume = Ask::Resume(webhook.into());
    let told = wake::call(call.env, &webhook.id, &resume).await;
    told.map(|_| ())
}

fn secret() -> Result<String> {
    let mut bytes = [0; sign::SECRET_BYTES];
    random(&mut bytes)?;
    Ok(sign::secret(bytes))
}

fn shown(webhook: &Webhook) -> Value {
    let mut shown = json!({
        "id": webhook.id,
        "label": webhook.label,
        "url": webhook.url,
        "types": webhook.types.split_whitespace().collect::<Vec<_>>(),
        "format": webhook.format,
        "enabled": webhook.disabled.is_none(),
        "timeout_s": webhook.timeout_s,
        "retry_s": webhook.retry_s,
        "give_up_s": webhook.give_up_s,
        "disable_s": webhook.disable_s,
        "created": time(webhook.created),
    });
    if webhook.format != webhooks::AS_EVENT {
        shown["audience"] = webhook
            .audience
            .as_ref()
            .unwrap_or(&webhook.url)
            .as_str()
            .into();
    }
    if let Some(reason) = &webhook.reason {
        shown["disabled_reason"] = reason.as_str().into();
    }
    let old = webhook.old_secret.as_ref().map(|(_, until)| *until);
    for (name, millis) in [("disabled", webhook.disabled), ("old_secret_until", old)] {
        if let Some(millis) = millis {
            shown[name] = time(millis).into();
        }
    }
    shown
}
