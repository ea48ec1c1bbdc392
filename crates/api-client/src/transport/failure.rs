//! Why there is no reply of success. Holds no secret, and no address of what was called: it may name a person.

use std::{error::Error, fmt};

/// Why there is no reply of success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// 401; without a refusal of the server if the credentials cannot even be sent.
    #[error("the remote server does not accept the credentials")]
    Unauthenticated(Option<Refusal>),
    /// 403.
    #[error("the remote server refuses it: {}", .0.said())]
    Denied(Refusal),
    /// 404, said by the API.
    #[error("{0}")]
    Missing(#[from] Missing),
    /// 409.
    #[error("the remote server has something against it: {}", .0.said())]
    Conflict(Refusal),
    /// 412.
    #[error("it was changed meanwhile")]
    Stale(Refusal),
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

/// What a server answers when it does not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of HTTP.
    pub status: u16,
    /// What the server said, without secrets. Whoever answers without a word is something else on the way, such as a proxy.
    pub message: Option<String>,
    /// Names the request, for the log of the server.
    pub request_id: Option<String>,
}

impl Refusal {
    /// What the server said.
    pub fn said(&self) -> &str {
        self.message.as_deref().unwrap_or("without a message")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}: {}", self.status, self.said())?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// What happened, and in which request of the server.
#[derive(Debug)]
pub(crate) enum Cause {
    /// A status and what was said with it.
    Status(Refusal),
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
            Self::Status(refusal) => (refusal.to_string(), None),
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
    fn is_too_large(&self) -> bool {
        match self {
            Self::TooLarge(_) => true,
            Self::In(_, cause) => cause.is_too_large(),
            _ => false,
        }
    }

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
    pub(super) fn of_refusal(refusal: Refusal) -> Self {
        // Whoever answers without a word is something else on the way, such as a proxy.
        match (refusal.status, &refusal.message) {
            (401, _) => Self::Unauthenticated(Some(refusal)),
            (403, Some(_)) => Self::Denied(refusal),
            (404, Some(_)) => Self::Missing(Missing(Cause::Status(refusal))),
            (409, Some(_)) => Self::Conflict(refusal),
            (412, _) => Self::Stale(refusal),
            (400 | 422, Some(_)) => Self::Invalid(Cause::Status(refusal)),
            (408 | 429 | 502 | 503 | 504, _) => Self::Away(Cause::Status(refusal)),
            _ => Self::Nonsense(Cause::Status(refusal)),
        }
    }

    /// What reqwest says, without the address.
    pub(super) fn of_client(error: reqwest::Error, request_id: Option<String>) -> Self {
        let what = failed(error);
        Self::Away(Cause::Connection { what, request_id })
    }

    /// Whether there was more than is taken in at once: less may be asked for.
    pub(crate) fn is_too_large(&self) -> bool {
        matches!(self, Self::Nonsense(cause) if cause.is_too_large())
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
            Self::Conflict(refusal) => Self::Away(Cause::Status(refusal)),
            other => other,
        }
    }
}
