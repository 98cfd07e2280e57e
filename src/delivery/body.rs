//! What a receiver is sent of an event: the event as the feed has it, or a SET.

use std::rc::Rc;

use serde_json::{Value, json};
use worker::console_error;

use crate::auth::signing::{self, Signer};
use crate::events::describe;
use crate::events::set::{self, Audience, Format};
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::events::Event;
use crate::store::webhooks::Webhook;

/// What a test is: a verification event of the Shared Signals Framework 1.0 (§8.1.4).
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

/// How one webhook is told of events.
pub struct Bodies<'a> {
    webhook: &'a Webhook,
    /// `None`: it gets no SETs.
    sets: Option<(Format, Rc<Signer>)>,
}

impl<'a> Bodies<'a> {
    pub async fn of(
        webhook: &'a Webhook,
        database: &Database,
        now: i64,
    ) -> Result<Self, StoreError> {
        let sets = match Format::named(&webhook.format) {
            None => None,
            Some(format) => Some((format, signing::current(database, now).await?)),
        };
        Ok(Self { webhook, sets })
    }

    /// `None` where there is nothing to be told. The error is for people.
    pub async fn of_event(&self, event: &Event) -> Result<Option<String>, String> {
        let Some((format, signer)) = &self.sets else {
            return Ok(Some(describe::to_json(event)));
        };
        let audience = Audience {
            origin: &self.webhook.origin,
            name: self.audience(),
            format: *format,
        };
        match set::claims(event, audience) {
            Some(claims) => signed(signer, &claims).await.map(Some),
            None => Ok(None),
        }
    }

    /// Of an event that tells nothing, `test` as the feed would have it.
    pub async fn of_test(&self, id: &str, test: &Value, now: i64) -> Result<String, String> {
        let Some((_, signer)) = &self.sets else {
            return Ok(test.to_string());
        };
        let issuer = match test["tenant"].as_str() {
            Some(slug) => set::issuer(&self.webhook.origin, slug),
            None => self.webhook.origin.clone(),
        };
        let claims = json!({
            "iss": issuer,
            "iat": now / 1000,
            "jti": id,
            "txn": id,
            "aud": self.audience(),
            "sub_id": { "format": "opaque", "id": self.webhook.id },
            "events": { VERIFICATION: {} },
        });
        signed(signer, &claims).await
    }

    fn audience(&self) -> &str {
        self.webhook.audience.as_ref().unwrap_or(&self.webhook.url)
    }
}

async fn signed(signer: &Signer, claims: &Value) -> Result<String, String> {
    signer.sign(set::TYPE, claims).await.map_err(|error| {
        console_error!("webhooks: {error:?}");
        "it could not be signed".to_owned()
    })
}
