//! Errors of SQLite as errors of the ports. It must not let a bound value into a message.

use std::sync::Arc;

use rusqlite::{ErrorCode, ffi};
use tenantry_domain::{
    Entity,
    ports::{BoxError, RepositoryError},
};

/// What goes wrong while a connection is used: an answer of the port, or an error of the engine.
#[derive(Debug)]
pub(crate) enum Failure {
    Repository(RepositoryError),
    Engine(rusqlite::Error),
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self::Repository(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Failure> for RepositoryError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Repository(error) => error,
            Failure::Engine(error) => of_engine(error),
        }
    }
}

impl Failure {
    pub(crate) fn conflict(entity: Entity, field: &'static str) -> Self {
        Self::Repository(RepositoryError::Conflict { entity, field })
    }

    pub(crate) fn corrupt(entity: Entity, id: i64, source: BoxError) -> Self {
        Self::Repository(RepositoryError::Corrupt { entity, id, source })
    }

    pub(crate) fn backend(source: impl Into<BoxError>) -> Self {
        Self::Repository(RepositoryError::Backend {
            source: source.into(),
        })
    }
}

/// Why the writes that would have been committed together were not. Each of them gets one.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the transaction could not be committed")]
pub(crate) struct NotCommitted(#[source] Arc<rusqlite::Error>);

impl NotCommitted {
    pub(crate) fn because(error: rusqlite::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<NotCommitted> for RepositoryError {
    fn from(error: NotCommitted) -> Self {
        if is_transient(&error.0) {
            Self::Unavailable {
                source: Box::new(error),
            }
        } else {
            Self::Backend {
                source: Box::new(error),
            }
        }
    }
}

pub(crate) fn unavailable(why: &'static str) -> RepositoryError {
    RepositoryError::Unavailable { source: why.into() }
}

fn of_engine(error: rusqlite::Error) -> RepositoryError {
    if let Some((entity, field)) = conflict(&error) {
        return RepositoryError::Conflict { entity, field };
    }
    if is_transient(&error) {
        return RepositoryError::Unavailable {
            source: Box::new(error),
        };
    }
    // Nothing but the limit of a read interrupts.
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        return RepositoryError::TooSlow {
            source: Box::new(error),
        };
    }
    RepositoryError::Backend {
        source: Box::new(error),
    }
}

/// What the constraint that was violated is called in the API. SQLite names the columns of a unique index.
fn conflict(error: &rusqlite::Error) -> Option<(Entity, &'static str)> {
    let rusqlite::Error::SqliteFailure(code, Some(message)) = error else {
        return None;
    };
    if !matches!(
        code.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
    ) {
        return None;
    }
    match message.strip_prefix("UNIQUE constraint failed: ")? {
        "users.email_folded" => Some((Entity::User, "email")),
        "accounts.organization_id, accounts.external_id" => Some((Entity::Account, "externalId")),
        "organizations.kind" | "organizations.id" => Some((Entity::Organization, "kind")),
        "user_roles.organization_id, user_roles.user_id, user_roles.role_id" => {
            Some((Entity::Role, "key"))
        }
        _ => None,
    }
}

/// Whether the same call may succeed later: the file is locked, the disk full or failing, the time used up.
fn is_transient(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OperationAborted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32, message: &str) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(message.to_owned()))
    }

    #[test]
    fn codes_and_constraints_become_the_errors_of_the_ports() {
        for (code, message, expected) in [
            (
                ffi::SQLITE_CONSTRAINT_UNIQUE,
                "UNIQUE constraint failed: users.email_folded",
                "the email of this user is in use or does not allow it",
            ),
            (
                ffi::SQLITE_CONSTRAINT_UNIQUE,
                "UNIQUE constraint failed: accounts.organization_id, accounts.external_id",
                "the externalId of this account is in use or does not allow it",
            ),
            (
                ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
                "UNIQUE constraint failed: user_roles.organization_id, user_roles.user_id, user_roles.role_id",
                "the key of this role is in use or does not allow it",
            ),
            (
                ffi::SQLITE_CONSTRAINT_UNIQUE,
                "UNIQUE constraint failed: user_secrets.digest",
                "the store failed",
            ),
            (
                ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
                "FOREIGN KEY constraint failed",
                "the store failed",
            ),
            (
                ffi::SQLITE_BUSY,
                "database is locked",
                "the store is unavailable",
            ),
            (
                ffi::SQLITE_FULL,
                "database or disk is full",
                "the store is unavailable",
            ),
            (
                ffi::SQLITE_IOERR_WRITE,
                "disk I/O error",
                "the store is unavailable",
            ),
            (
                ffi::SQLITE_INTERRUPT,
                "interrupted",
                "the store would take too long",
            ),
            (
                ffi::SQLITE_CORRUPT,
                "database disk image is malformed",
                "the store failed",
            ),
            (
                ffi::SQLITE_ERROR,
                "no such table: users",
                "the store failed",
            ),
        ] {
            let error = RepositoryError::from(Failure::from(failure(code, message)));
            assert_eq!(error.to_string(), expected, "{message}");
        }
    }

    #[test]
    fn whether_a_failed_commit_can_be_repeated_depends_on_why() {
        let full = NotCommitted::because(failure(ffi::SQLITE_FULL, "database or disk is full"));
        assert!(RepositoryError::from(full).is_retryable());
        let corrupt = NotCommitted::because(failure(
            ffi::SQLITE_CORRUPT,
            "database disk image is malformed",
        ));
        assert!(!RepositoryError::from(corrupt).is_retryable());
    }
}
