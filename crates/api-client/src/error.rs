//! What a failure means to whoever called a port. The only place that knows both.

use std::borrow::Cow;

use tenantry_domain::{Entity, ports::RepositoryError};
use tenantry_wire::{NotAnObject, read::Unreadable, write::Unsaid};

use crate::transport::{Cause, Failure};

/// What a call is about, for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) entity: Entity,
    /// What can be in conflict: of several, the one whose field the server's message names counts, else the first.
    pub(crate) conflicts: &'static [(Entity, &'static str)],
}

impl About {
    /// Something that has nothing to conflict with.
    pub(crate) const fn only(entity: Entity) -> Self {
        Self {
            entity,
            conflicts: &[],
        }
    }

    /// What the failure is to whoever called.
    pub(crate) fn error(&self, failure: Failure) -> RepositoryError {
        match failure {
            Failure::Unauthenticated(_) => RepositoryError::Denied {
                reason: Cow::Borrowed("The remote server does not accept the credentials."),
            },
            Failure::Denied(refusal) => RepositoryError::Denied {
                reason: Cow::Owned(refusal.said().to_owned()),
            },
            Failure::Conflict(refusal) => self.conflict(refusal.said()),
            Failure::Stale(_) => RepositoryError::Stale {
                entity: self.entity,
            },
            away @ Failure::Away(_) => RepositoryError::Unavailable {
                source: away.into(),
            },
            other @ (Failure::Missing(_) | Failure::Invalid(_) | Failure::Nonsense(_)) => {
                RepositoryError::Backend {
                    source: other.into(),
                }
            }
        }
    }

    fn conflict(&self, message: &str) -> RepositoryError {
        let named = |(_, field): &&(Entity, &str)| {
            message
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word.eq_ignore_ascii_case(field))
        };
        let found = self.conflicts.iter().find(named);
        let (entity, field) = found
            .or(self.conflicts.first())
            .copied()
            .unwrap_or((self.entity, "id"));
        RepositoryError::Conflict { entity, field }
    }

    /// What an object that cannot be read is.
    pub(crate) fn corrupt(&self, unreadable: Unreadable) -> RepositoryError {
        RepositoryError::Corrupt {
            entity: self.entity,
            id: unreadable.id,
            source: unreadable.into(),
        }
    }
}

/// What the API has no words for.
pub(crate) fn unsupported(Unsaid(what): Unsaid) -> RepositoryError {
    RepositoryError::Unsupported { what }
}

/// A reply that is not what its kind of call is answered with.
pub(crate) fn unreadable(error: &NotAnObject, request_id: Option<String>) -> Failure {
    Failure::nonsense(Cause::Unreadable(error.to_string()), request_id)
}

/// `None` if the server says that the target is not there.
pub(crate) fn found<T>(outcome: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Missing(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Refusal;

    #[test]
    fn conflicts_are_told_by_the_message() {
        let about = About {
            entity: Entity::User,
            conflicts: &[
                (Entity::User, "email"),
                (Entity::Account, "active"),
                (Entity::Account, "id"),
            ],
        };
        for (message, expected) in [
            (
                "The email is in use by another user already.",
                (Entity::User, "email"),
            ),
            (
                "A user with the Email frodo@shire.example exists",
                (Entity::User, "email"),
            ),
            (
                "The account is inactive: its field active must be true before users can be created in it.",
                (Entity::Account, "active"),
            ),
            ("Conflict", (Entity::User, "email")),
        ] {
            let refusal = Refusal {
                status: 409,
                message: Some(message.to_owned()),
                request_id: None,
            };
            let error = about.error(Failure::Conflict(refusal));
            let RepositoryError::Conflict { entity, field } = error else {
                panic!("{error:?}");
            };
            assert_eq!((entity, field), expected, "{message}");
        }
    }
}
