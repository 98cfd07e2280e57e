//! A SCIM request inside its tenant: what it asks for, and its resources as an answer shows them.

use worker::Env;

use super::large::Large;
use crate::membership::message::PANIC_HEADER;
use crate::scim::error::ScimError;
use crate::scim::mode::Mode;
use crate::scim::resource::index::IndexPath;
use crate::scim::resource::project::Projection;
use crate::scim::resource::render::{Shown, render};
use crate::scim::resource::version::{Conditions, etag_with};
use crate::scim::schema::{Attribute, Definition};
use crate::store::derive::{Derive, Found};
use crate::store::{Access, Store};
use crate::wire::reply::Body;
use crate::wire::request::Parts;

pub struct Exchange<'a> {
    pub parts: &'a Parts,
    pub env: &'a Env,
    pub store: Store,
    /// The absolute SCIM base URL, without a slash at its end.
    pub base: String,
}

impl Exchange<'_> {
    pub fn access(&self) -> &Access {
        &self.store.access
    }

    pub fn mode(&self) -> Mode {
        self.access().tenant.settings.mode
    }

    pub fn index(&self, definition: &Definition) -> &[IndexPath] {
        self.access().tenant.index.of(definition)
    }

    /// The paths that filters find by index.
    pub fn indexed(&self, definition: &Definition) -> &[String] {
        self.access().tenant.index.names(definition)
    }

    /// The request's `attributes` and `excludedAttributes` (RFC 7644 §3.9).
    pub fn projection(&self, definition: &Definition) -> Result<Projection, ScimError> {
        let parts = self.parts;
        let query = (parts.query("attributes"), parts.query("excludedAttributes"));
        Projection::parse(query.0, query.1, definition)
    }

    /// Which derived attribute an answer shows.
    pub fn derive(&self, definition: &Definition, projection: &Projection) -> Derive {
        let wanted = |attribute: Option<&Attribute>| {
            attribute.is_some_and(|attribute| projection.wants(definition, &attribute.name))
        };
        if wanted(definition.members()) {
            Derive::Members
        } else if wanted(definition.groups()) {
            Derive::Groups
        } else {
            Derive::Nothing
        }
    }

    /// Whether the client asks to see what a PATCH left, which a group does not show otherwise.
    pub fn wants_representation(&self) -> bool {
        let parts = self.parts;
        parts.query("attributes").is_some()
            || parts.query("excludedAttributes").is_some()
            || self.prefers_representation()
    }

    /// `Prefer: return=representation` (RFC 7240 §4.2).
    pub fn prefers_representation(&self) -> bool {
        self.prefers("return=representation")
    }

    /// Whether the request has a preference (RFC 7240 §2).
    pub fn prefers(&self, preference: &str) -> bool {
        let prefer = self.parts.header("prefer").unwrap_or_default();
        prefer
            .split([',', ';'])
            .any(|one| one.trim().eq_ignore_ascii_case(preference))
    }

    pub fn conditions(&self) -> Conditions {
        Conditions {
            if_match: self.parts.header("if-match"),
            if_none_match: self.parts.header("if-none-match"),
        }
    }

    /// Tests see to it that a panic harms nobody else, here and in the Membership object; a
    /// deployment never sets PANIC_ROUTE.
    pub fn is_to_panic(&self, place: &str) -> bool {
        self.parts.header(PANIC_HEADER).as_deref() == Some(place)
            && self
                .env
                .var("PANIC_ROUTE")
                .is_ok_and(|value| value.to_string() == "on")
    }

    /// A user's groups change without a new version of the user, so that they join its tag.
    pub fn etag(&self, definition: &Definition, found: &Found) -> String {
        let groups = found
            .derived
            .as_deref()
            .filter(|_| definition.groups().is_some());
        etag_with(found.stored.version, groups)
    }

    /// An answer's body: one resource.
    pub fn body(
        &self,
        definition: &Definition,
        found: &Found,
        projection: &Projection,
    ) -> Result<Body, ScimError> {
        Ok(match self.large(definition, found, projection)? {
            Some((open, large)) => large.body(open, ""),
            None => self.render(definition, found, projection)?.into(),
        })
    }

    /// A group of which not all members are read yet, and its JSON text without members and
    /// without its last brace.
    pub fn large(
        &self,
        definition: &Definition,
        found: &Found,
        projection: &Projection,
    ) -> Result<Option<(String, Large)>, ScimError> {
        let Some(after) = found.rest() else {
            return Ok(None);
        };
        let stored = found.stored.clone();
        let without = Found::new(stored.clone(), None);
        let mut open = self.render(definition, &without, projection)?;
        open.pop();
        let large = Large {
            store: self.store.clone(),
            base: self.base.clone(),
            stored,
            definition: definition.clone(),
            projection: projection.clone(),
            parts: found.derived.clone().into_iter().collect(),
            more: Some(after),
            request_id: self.parts.request_id.clone(),
        };
        Ok(Some((open, large)))
    }

    /// JSON text of a resource that is read whole.
    pub fn render(
        &self,
        definition: &Definition,
        found: &Found,
        projection: &Projection,
    ) -> Result<String, ScimError> {
        let Found {
            stored, derived, ..
        } = found;
        let attribute = definition.members().or_else(|| definition.groups());
        let derived = attribute
            .zip(derived.as_deref())
            .map(|(attribute, text)| (attribute.name.as_str(), text));
        let shown = Shown {
            location: &self.location(definition, &stored.id),
            etag: &self.etag(definition, found),
            created: stored.created,
            modified: stored.modified,
            document: &stored.document,
            derived,
        };
        render(definition, &shown, projection)
    }

    pub fn location(&self, definition: &Definition, id: &str) -> String {
        format!("{}{}/{id}", self.base, definition.resource_type.endpoint)
    }
}
