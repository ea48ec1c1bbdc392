//! Why there is no reply of success. Holds no secret, and no address of what was called: it may name a person.

use std::{error::Error, fmt};

use reqwest::StatusCode;

/// Why there is no reply of success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// 401.
    #[error("the remote server does not accept the credentials")]
    Unauthenticated,
    /// 403.
    #[error("the remote server refuses it: {0}")]
    Denied(String),
    /// 404, said by the API.
    #[error("{0}")]
    Missing(#[from] Missing),
    /// 409.
    #[error("the remote server has something against it: {0}")]
    Conflict(String),
    /// 412.
    #[error("it was changed meanwhile")]
    Stale,
    /// 400 and 422.
    #[error("the remote server does not understand it: {0}")]
    Invalid(Cause),
    /// It cannot be reached, has no time, or did not answer.
    #[error("the remote server is unavailable")]
    Away(#[source] Cause),
    /// Anything else.
    #[error("the remote server failed")]
    Nonsense(#[source] Cause),
}

/// The target is not there.
#[derive(Debug, thiserror::Error)]
#[error("the remote server has no such thing: {0}")]
pub(crate) struct Missing(pub(crate) Cause);

/// What happened, and in which request of the server.
#[derive(Debug)]
pub(crate) enum Cause {
    /// A status and what was said with it.
    Status {
        status: u16,
        message: Option<String>,
        request_id: Option<String>,
    },
    /// Below HTTP. `what` has all its causes.
    Connection {
        what: String,
        request_id: Option<String>,
    },
    /// A reply of another type than JSON.
    ContentType(String),
    /// A reply that does not end.
    TooLarge(usize),
    /// A reply that cannot be read.
    Unreadable(String),
    /// The request in which one of the above happened.
    In(String, Box<Self>),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, id) = match self {
            Self::Status {
                status,
                message,
                request_id,
            } => {
                let said = message.as_deref().unwrap_or("without a message");
                (format!("status {status}: {said}"), request_id.as_ref())
            }
            Self::Connection { what, request_id } => (what.clone(), request_id.as_ref()),
            Self::ContentType(found) if found.is_empty() => {
                ("a reply without a content type".to_owned(), None)
            }
            Self::ContentType(found) => {
                (format!("a reply of type '{found}' instead of JSON"), None)
            }
            Self::TooLarge(limit) => (format!("a reply of more than {limit} bytes"), None),
            Self::Unreadable(what) => (format!("a reply that cannot be read: {what}"), None),
            Self::In(id, cause) => (cause.to_string(), Some(id)),
        };
        f.write_str(&text)?;
        match id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl Error for Cause {}

impl Cause {
    fn within(self, request_id: Option<String>) -> Self {
        match request_id {
            Some(id) => Self::In(id, Box::new(self)),
            None => self,
        }
    }
}

/// What reqwest says with all causes, without the address.
pub(crate) fn failed(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut what = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        what = format!("{what}: {cause}");
        source = cause.source();
    }
    what
}

impl Failure {
    pub(super) fn of_status(
        status: StatusCode,
        message: Option<String>,
        request_id: Option<String>,
    ) -> Self {
        let code = status.as_u16();
        // Whoever answers without a word is something else on the way, such as a proxy.
        let said = message.clone();
        let cause = Cause::Status {
            status: code,
            message,
            request_id,
        };
        match (code, said) {
            (401, _) => Self::Unauthenticated,
            (403, Some(said)) => Self::Denied(said),
            (404, Some(_)) => Self::Missing(Missing(cause)),
            (409, Some(said)) => Self::Conflict(said),
            (412, _) => Self::Stale,
            (400 | 422, Some(_)) => Self::Invalid(cause),
            (408 | 429 | 502 | 503 | 504, _) => Self::Away(cause),
            _ => Self::Nonsense(cause),
        }
    }

    /// What reqwest says, without the address.
    pub(super) fn of_client(error: reqwest::Error, request_id: Option<String>) -> Self {
        let what = failed(error);
        Self::Away(Cause::Connection { what, request_id })
    }

    pub(crate) fn nonsense(cause: Cause, request_id: Option<String>) -> Self {
        Self::Nonsense(cause.within(request_id))
    }

    /// Nothing was sent, and nothing will be.
    pub(super) fn closed() -> Self {
        Self::Away(Cause::Connection {
            what: "the client is closed".to_owned(),
            request_id: None,
        })
    }

    /// The same, as something that may be over later.
    pub(super) fn into_away(self) -> Self {
        match self {
            Self::Conflict(message) => Self::Away(Cause::Status {
                status: 409,
                message: Some(message),
                request_id: None,
            }),
            other => other,
        }
    }
}
