//! Why a call was not answered with success.

use crate::transport::{Cause, Failure, Missing, Refusal};

/// Why a call was not answered with success. Holds no secret, and no address of what was called: it may name a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server answered that it does not. What may be over later was tried again before.
    #[error("{0}")]
    Refused(Refusal),
    /// There is no server, or it did not answer in time.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// What came back is no reply of the API.
    #[error("the server's reply cannot be understood: {0}")]
    Unreadable(String),
    /// The credentials hold characters that no header can carry.
    #[error("the secrets hold characters that cannot be sent: copy them anew")]
    Credentials,
}

impl ApiError {
    /// The status, if there was a reply.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// Whether the target is not there, or a list is empty, in the words of the API. A 404 without words is a wrong address.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404 && refusal.message.is_some())
    }

    /// Whether this is how the API says that a list has nothing: `No users found`. That the account in the path is not there is
    /// something else: `No account found with ID 7`.
    pub fn is_empty_list(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        let said = refusal.said().trim_end_matches('.');
        refusal.status == 404 && said.starts_with("No ") && said.ends_with(" found")
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unauthenticated(None) => Self::Credentials,
            Failure::Unauthenticated(Some(refusal))
            | Failure::Denied(refusal)
            | Failure::Conflict(refusal)
            | Failure::Stale(refusal)
            | Failure::Missing(Missing(Cause::Status(refusal)))
            | Failure::Invalid(Cause::Status(refusal))
            | Failure::Away(Cause::Status(refusal))
            | Failure::Nonsense(Cause::Status(refusal)) => Self::Refused(refusal),
            Failure::Away(cause) => Self::Unreachable(cause.to_string()),
            Failure::Missing(Missing(cause))
            | Failure::Invalid(cause)
            | Failure::Nonsense(cause) => Self::Unreadable(cause.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_told_from_a_missing_target() {
        for (status, message, empty, missing) in [
            (404, Some("No users found"), true, true),
            (404, Some("No users found."), true, true),
            (404, Some("No account found with ID 7"), false, true),
            (404, None, false, false),
            (400, Some("No users found"), false, false),
        ] {
            let error = ApiError::Refused(Refusal {
                status,
                message: message.map(str::to_owned),
                request_id: None,
            });
            assert_eq!(error.is_empty_list(), empty, "{message:?}");
            assert_eq!(error.is_not_found(), missing, "{message:?}");
        }
    }
}
