//! Problem details (RFC 9457): every error of the admin API.

use serde_json::json;

use crate::scim::error::ScimError;
use crate::store::error::StoreError;
use crate::wire::reply::Reply;
use crate::wire::{Failure, TooMany};

const PROBLEM_JSON: &str = "application/problem+json";

const CHALLENGE: &str = "Bearer realm=\"scim-edge admin\"";

/// A refusal (RFC 9457 §3). `detail` says what to change.
pub struct Problem {
    status: u16,
    pub(super) detail: String,
    headers: Vec<(&'static str, String)>,
}

pub type Result<T> = std::result::Result<T, Failed>;

/// Why a call was not answered.
pub enum Failed {
    /// The client's to mend.
    Problem(Problem),
    Store(StoreError),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<ScimError> for Failed {
    fn from(error: ScimError) -> Self {
        Problem::from(&error).into()
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Scim(error) | Failure::Unauthorized { error, .. } => error.into(),
            Failure::TooMany(refusal) => refusal.into(),
            Failure::Store(error) => error.into(),
        }
    }
}

impl From<TooMany> for Failed {
    fn from(refusal: TooMany) -> Self {
        let problem = Problem::new(429, refusal.detail);
        problem
            .with("Retry-After", refusal.seconds.to_string())
            .into()
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub fn problem<T>(status: u16, detail: impl Into<String>) -> Result<T> {
    Err(Problem::new(status, detail).into())
}

impl Problem {
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        let challenge = (status == 401).then(|| ("WWW-Authenticate", CHALLENGE.to_owned()));
        Self {
            status,
            detail: detail.into(),
            headers: challenge.into_iter().collect(),
        }
    }

    /// Why, to programs (RFC 6750 §3): `error` and what belongs to it.
    pub fn challenge(self, error: &str, name: &str, value: &str) -> Self {
        let challenge = format!("{CHALLENGE}, error=\"{error}\", {name}=\"{value}\"");
        Self {
            headers: vec![("WWW-Authenticate", challenge)],
            ..self
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<&ScimError> for Problem {
    fn from(error: &ScimError) -> Self {
        Self::new(error.status, error.detail.as_str())
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let body = json!({
            "type": "about:blank",
            "title": title(problem.status),
            "status": problem.status,
            "detail": problem.detail,
        });
        let mut reply =
            Reply::json(problem.status, body.to_string()).with("Content-Type", PROBLEM_JSON);
        reply.headers.extend(problem.headers);
        reply
    }
}

/// What is refused before a call is looked at, or fails behind it.
pub fn reply(error: &ScimError) -> Reply {
    Problem::from(error).into()
}

/// `type` is about:blank, so the title is the status's own (RFC 9457 §4.2.1).
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
