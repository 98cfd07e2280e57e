//! JWTs as bearer tokens: from one that an issuer signed to the tenant that trusts it.
//!
//! An isolate remembers tenants with their issuers, by slug. What does not pass by what it
//! remembers is held against D1 once more before it is refused, for a new issuer holds at once;
//! what passes is checked again by the store, whose guard reads the issuer's row.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Refusal;
use super::jwt::keys::{self, Failure, Moment};
use super::jwt::{Invalid, Jwt};
use super::trust::Trust;
use crate::limits::SignIns;
use crate::scim::json;
use crate::store::Access;
use crate::store::d1::Database;
use crate::store::error::StoreError;
use crate::store::issuers::{self, Trusting};

/// Tenants an isolate keeps; past that it forgets all and starts anew.
const REMEMBERED: usize = 1000;

thread_local! {
    static TENANTS: RefCell<HashMap<String, Rc<Tenant>>> = RefCell::default();
}

struct Tenant {
    loaded: Trusting,
    /// Beside `loaded.issuers`.
    trusts: Vec<Trust>,
}

/// Who sends this JWT to the tenant with this slug.
pub async fn authenticate(
    database: &Database,
    text: &str,
    slug: Option<&str>,
    moment: Moment,
    sign_ins: &SignIns<'_>,
) -> Result<Access, Refusal> {
    let invalid = |why: Invalid| Refusal::Invalid(why.0);
    let slug = slug.ok_or(Refusal::Invalid(
        "A JWT is taken at the tenant's own URL only: /t/{tenant}/scim/v2.",
    ))?;
    let jwt = Jwt::parse(text).map_err(invalid)?;
    let known = TENANTS.with_borrow(|tenants| tenants.get(slug).cloned());
    if let Some(tenant) = known
        && let Ok(at) = tenant.issuer(&jwt, moment.now)
    {
        return tenant.admit(&jwt, at, moment).await;
    }
    sign_ins.begin().await?;
    let tenant = load(database, slug).await?.ok_or(invalid(UNKNOWN))?;
    let at = tenant.issuer(&jwt, moment.now).map_err(invalid)?;
    tenant.admit(&jwt, at, moment).await
}

/// Drops what the isolate remembers of this tenant: the store found it stale.
pub fn forget(slug: &str) {
    TENANTS.with_borrow_mut(|tenants| tenants.remove(slug));
}

const UNKNOWN: Invalid = Invalid("The JWT's issuer (iss) is none that this tenant trusts.");

async fn load(database: &Database, slug: &str) -> Result<Option<Rc<Tenant>>, Refusal> {
    let loaded = issuers::load(database, slug)
        .await
        .map_err(Refusal::Store)?;
    let Some(loaded) = loaded else {
        return Ok(None);
    };
    let trusts = loaded.issuers.iter().map(|issuer| {
        let object = json::read(&issuer.trust).ok();
        object.and_then(|object| Trust::from_json(&object))
    });
    let trusts = trusts.collect::<Option<_>>().ok_or_else(|| {
        Refusal::Store(StoreError::Failed(format!(
            "an issuer of {slug} cannot be read"
        )))
    })?;
    let tenant = Rc::new(Tenant { loaded, trusts });
    // What is said of a suspended tenant never comes to the store's guard.
    if tenant.loaded.is_suspended {
        return Ok(Some(tenant));
    }
    TENANTS.with_borrow_mut(|tenants| {
        if tenants.len() >= REMEMBERED {
            tenants.clear();
        }
        tenants.insert(slug.to_owned(), tenant.clone());
    });
    Ok(Some(tenant))
}

impl Tenant {
    /// The place of the issuer whose token this says to be, by its claims. Live ones stand first.
    fn issuer(&self, jwt: &Jwt<'_>, now: i64) -> Result<usize, Invalid> {
        let mut why = UNKNOWN;
        for (at, trust) in self.trusts.iter().enumerate() {
            let checked = trust.check(jwt, now);
            if checked.is_ok() && !self.loaded.issuers[at].is_revoked {
                return Ok(at);
            }
            if why == UNKNOWN && jwt.text("iss") == Some(&trust.issuer) {
                why = checked.err().unwrap_or(Invalid(
                    "The JWT's issuer (iss) is no longer trusted by this tenant: it was revoked.",
                ));
            }
        }
        Err(why)
    }

    async fn admit(&self, jwt: &Jwt<'_>, at: usize, moment: Moment) -> Result<Access, Refusal> {
        keys::verify(jwt, &self.trusts[at].source(), moment)
            .await
            .map_err(|failure| match failure {
                Failure::Invalid(why) => Refusal::Invalid(why.0),
                Failure::Unavailable => Refusal::NoKeys,
            })?;
        if self.loaded.is_suspended {
            return Err(Refusal::Suspended);
        }
        let issuer = &self.loaded.issuers[at];
        Ok(Access {
            token_hash: issuer.hash.clone(),
            token: issuer.token.clone(),
            tenant: self.loaded.context.clone(),
        })
    }
}
