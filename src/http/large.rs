//! Resources that are written while they are read: groups with more members than are to be in
//! memory at once.
//!
//! All of one answer is of one version. Where the group changes in between, the answer breaks off,
//! and the client, which has half a JSON text, asks again: never a mixture.

use std::collections::VecDeque;

use futures_util::stream::try_unfold;
use serde_json::Value;
use worker::console_error;

use crate::scim::json;
use crate::scim::resource::Map;
use crate::scim::resource::project::{Projection, project};
use crate::scim::schema::{Definition, MEMBERS};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::resources::Stored;
use crate::wire::reply::Body;

/// A group whose members are still to be read, but for the first.
pub struct Large {
    pub store: Store,
    pub base: String,
    pub stored: Stored,
    pub definition: Definition,
    pub projection: Projection,
    /// JSON text of lists of members.
    pub parts: VecDeque<String>,
    /// The member after which there are more.
    pub more: Option<i64>,
    /// For the log.
    pub request_id: String,
}

enum Place {
    Before,
    /// Whether a member was written.
    Among(bool),
    Behind,
}

impl Large {
    /// JSON text: `open`, which is all of the resource but its members and its last brace, then
    /// the members, the brace, and `close`.
    pub fn body(self, open: String, close: &'static str) -> Body {
        let start = (self, Place::Before, open);
        let stream = try_unfold(start, move |(mut large, place, open)| async move {
            let (text, place) = match place {
                Place::Before => (open, Place::Among(false)),
                Place::Among(is_begun) => match large.next(is_begun).await {
                    Ok(Some(text)) => (text, Place::Among(true)),
                    Ok(None) => {
                        let end = if is_begun { "]}" } else { "}" };
                        (format!("{end}{close}"), Place::Behind)
                    }
                    Err(error) => {
                        let request_id = &large.request_id;
                        console_error!("{request_id} broke off a large group: {error:?}");
                        return Err(worker::Error::from(
                            "The group changed while it was sent: ask for it again.",
                        ));
                    }
                },
                Place::Behind => return Ok(None),
            };
            Ok(Some((text.into_bytes(), (large, place, String::new()))))
        });
        Body::Streamed(Box::pin(stream))
    }

    /// The next members that show; `None` behind the last.
    async fn next(&mut self, is_begun: bool) -> Result<Option<String>, StoreError> {
        loop {
            while let Some(part) = self.parts.pop_front() {
                let elements = self.shown(part)?;
                if !elements.is_empty() {
                    let joint = if is_begun { "," } else { ",\"members\":[" };
                    return Ok(Some(format!("{joint}{elements}")));
                }
            }
            let Some(after) = self.more else {
                return Ok(None);
            };
            let further = self.store.further(&self.stored, after, &self.base);
            let (parts, more) = further.await?;
            self.parts.extend(parts);
            self.more = more;
        }
    }

    /// A list's elements as the request wants them, without brackets.
    fn shown(&self, list: String) -> Result<String, StoreError> {
        let list = if self.projection.is_plain() {
            list
        } else {
            let broken = |_| StoreError::Failed("a list of members cannot be read".to_owned());
            let value: Value = json::read(&list).map_err(broken)?;
            let mut whole = Map::from_iter([(MEMBERS.to_owned(), value)]);
            project(&self.definition, &mut whole, &self.projection);
            whole.get(MEMBERS).map(Value::to_string).unwrap_or_default()
        };
        let elements = list
            .strip_prefix('[')
            .and_then(|list| list.strip_suffix(']'));
        Ok(elements.unwrap_or_default().to_owned())
    }
}
