//! Why a source cannot be read further, in words for whoever started the command.

use tenantry_domain::ports::SourceError;

use crate::transport::{Cause, Failure};

/// Why a source cannot be read further.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(
        "the remote server failed {0} times in a row, with growing waits in between. Run the same command again: it goes on \
         where it stopped"
    )]
    Away(u32, #[source] Failure),
    #[error(
        "the remote server does not show {0}: the secrets must be those of an administrator of the organization"
    )]
    Refused(&'static str, #[source] Failure),
    #[error("the remote server does not show {0}")]
    Other(&'static str, #[source] Failure),
}

/// What went wrong when `what` was asked for, so many times.
pub(super) fn ended(what: &'static str, attempts: u32, failure: Failure) -> SourceError {
    let source = match failure {
        failure if is_passing(&failure) => Ended::Away(attempts, failure),
        failure @ (Failure::Denied(_) | Failure::Unauthenticated(_)) => {
            Ended::Refused(what, failure)
        }
        failure => Ended::Other(what, failure),
    };
    if matches!(source, Ended::Refused(..)) {
        return SourceError::Refused {
            source: source.into(),
        };
    }
    SourceError::Unavailable {
        source: source.into(),
    }
}

/// Whether it may be over later: the server is away, breaks down, or something on the way answers in its place.
pub(super) fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Away(_) => true,
        Failure::Nonsense(cause) => is_passing_cause(cause),
        Failure::Unauthenticated(_)
        | Failure::Denied(_)
        | Failure::Missing(_)
        | Failure::Conflict(_)
        | Failure::Stale(_)
        | Failure::Invalid(_) => false,
    }
}

fn is_passing_cause(cause: &Cause) -> bool {
    match cause {
        Cause::Status(refusal) => refusal.status >= 500,
        Cause::Connection { .. } | Cause::ContentType(_) | Cause::Unreadable(_) => true,
        Cause::TooLarge(_) => false,
        Cause::In(_, cause) => is_passing_cause(cause),
    }
}

/// A reply without something that every organization has.
pub(super) fn incomplete(what: impl Into<String>) -> SourceError {
    SourceError::Invalid { what: what.into() }
}
