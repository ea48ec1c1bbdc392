//! What PostgreSQL and sqlx say, in the words of the ports. Must not know any statement.

use std::{borrow::Cow, fmt};

use sqlx::postgres::{PgDatabaseError, PgSeverity};
use tenantry_domain::{
    Entity,
    ports::{BoxError, RepositoryError},
};

/// Why an operation failed: still in sqlx's words, so that it can be decided whether to repeat it, or already decided.
#[derive(Debug)]
pub(crate) enum Failure {
    /// PostgreSQL or the connection to it.
    Sql(sqlx::Error),
    /// A rule of the port.
    Rule(RepositoryError),
    /// Others wrote meanwhile what this transaction had looked up and was about to write.
    Overtaken,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self::Rule(error)
    }
}

impl From<Failure> for RepositoryError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rule(error) => error,
            Failure::Sql(error) => of_sql(error),
            Failure::Overtaken => Self::Unavailable {
                source: "others write the same at this moment".into(),
            },
        }
    }
}

impl Failure {
    /// Whether the connection is of no more use. A connection that became read-only leads to a server that was demoted.
    pub(crate) fn breaks_connection(&self) -> bool {
        match self {
            Self::Rule(_) | Self::Overtaken => false,
            Self::Sql(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                code.starts_with("08")
                    || matches!(&*code, "57P01" | "57P02" | "57P03" | "25006")
                    || ends_session(error.as_ref())
            }
            Self::Sql(error) => matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::WorkerCrashed
            ),
        }
    }

    /// Whether other transactions stood in the way. PostgreSQL has rolled this one back, so it can be repeated.
    pub(crate) fn is_contention(&self) -> bool {
        match self {
            Self::Overtaken => true,
            Self::Rule(_) => false,
            Self::Sql(error) => {
                self.code()
                    .is_some_and(|code| matches!(code.as_str(), "40001" | "40P01"))
                    || took_a_number(error)
            }
        }
    }

    /// Of a transaction that looks up whether something is in use before it writes it: if a constraint says that it is,
    /// somebody else has written it since.
    pub(crate) fn or_overtaken(self) -> Self {
        match self.code().as_deref() {
            Some("23505") => Self::Overtaken,
            _ => self,
        }
    }

    /// Whether PostgreSQL itself said that it will not execute the statement, since it ends the connection.
    pub(crate) fn is_refused_by_shutdown(&self) -> bool {
        self.code()
            .is_some_and(|code| matches!(code.as_str(), "57P01" | "57P02" | "57P03" | "25006"))
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error.code().map(Cow::into_owned),
            _ => None,
        }
    }
}

/// Whether PostgreSQL ends the connection after it, whatever the reason: a time limit of its own (`25P04`, `57P05`), no memory.
fn ends_session(error: &(dyn sqlx::error::DatabaseError + 'static)) -> bool {
    error
        .try_downcast_ref::<PgDatabaseError>()
        .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// An operation that took too long.
pub(crate) fn timed_out() -> RepositoryError {
    RepositoryError::Unavailable {
        source: "PostgreSQL did not answer in time".into(),
    }
}

/// A search whose steps take too long together, each of which PostgreSQL would have answered.
pub(crate) fn too_slow() -> RepositoryError {
    RepositoryError::TooSlow {
        source: "the steps of the search take too long together".into(),
    }
}

/// The error of a statement that several had made together, for another of them.
pub(crate) fn copied(error: &RepositoryError) -> RepositoryError {
    let words = |source: &BoxError| BoxError::from(source.to_string());
    match error {
        RepositoryError::Unavailable { source } => RepositoryError::Unavailable {
            source: words(source),
        },
        RepositoryError::Backend { source } => RepositoryError::Backend {
            source: words(source),
        },
        other => RepositoryError::Backend {
            source: other.to_string().into(),
        },
    }
}

/// The error of a read that grows with the data: where PostgreSQL broke it off at its `statement_timeout`, the read is the
/// reason, and not the server.
pub(crate) fn of_long_read(error: RepositoryError) -> RepositoryError {
    match error {
        RepositoryError::Unavailable { source }
            if source
                .downcast_ref::<DatabaseFailure>()
                .is_some_and(|failure| failure.code == "57014") =>
        {
            RepositoryError::TooSlow { source }
        }
        other => other,
    }
}

/// A connection that could not be had, whatever the reason: it is not the call's fault.
pub(crate) fn no_connection(error: sqlx::Error) -> RepositoryError {
    RepositoryError::Unavailable {
        source: cause(error),
    }
}

/// An e-mail that another user has. It is found out without violating the constraint wherever that is possible:
/// PostgreSQL writes the violating value into its own log.
pub(crate) const EMAIL_IN_USE: RepositoryError = RepositoryError::Conflict {
    entity: Entity::User,
    field: "email",
};

/// A row that cannot be.
pub(crate) fn corrupt(entity: Entity, id: i64, source: impl Into<BoxError>) -> RepositoryError {
    RepositoryError::Corrupt {
        entity,
        id,
        source: source.into(),
    }
}

/// What PostgreSQL says, less what it says about values: the detail of a violated constraint quotes them.
#[derive(Debug)]
pub(crate) struct DatabaseFailure {
    code: String,
    message: String,
}

impl fmt::Display for DatabaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL answers {}: {}", self.code, self.message)
    }
}

impl std::error::Error for DatabaseFailure {}

/// The cause as logs may show it.
pub(crate) fn cause(error: sqlx::Error) -> BoxError {
    match error {
        sqlx::Error::Database(error) => Box::new(DatabaseFailure {
            code: error.code().unwrap_or_default().into_owned(),
            message: error.message().to_owned(),
        }),
        other => Box::new(other),
    }
}

fn of_sql(error: sqlx::Error) -> RepositoryError {
    if let Some((entity, field)) = error.as_database_error().and_then(violated) {
        return RepositoryError::Conflict { entity, field };
    }
    if is_unavailability(&error) {
        return RepositoryError::Unavailable {
            source: cause(error),
        };
    }
    RepositoryError::Backend {
        source: cause(error),
    }
}

/// The constraints that a caller can violate, by name.
fn violated(error: &(dyn sqlx::error::DatabaseError + 'static)) -> Option<(Entity, &'static str)> {
    let error = error.try_downcast_ref::<PgDatabaseError>()?;
    if !matches!(error.code(), "23505" | "23503") {
        return None;
    }
    Some(match error.constraint()? {
        "users_email_key" => (Entity::User, "email"),
        "users_account_fkey" => (Entity::Account, "id"),
        "user_secrets_pkey" => (Entity::User, "secret"),
        // The system organization is always number 1, so a second one may violate either.
        "organizations_system_key" | "organizations_pkey" => (Entity::Organization, "kind"),
        "organization_secrets_pkey" => (Entity::Organization, "secret"),
        "accounts_external_id_key" => (Entity::Account, "externalId"),
        "accounts_organization_fkey" => (Entity::Organization, "id"),
        "user_roles_pkey" | "account_roles_pkey" => (Entity::Role, "key"),
        "instances_user_fkey" | "replies_user_fkey" => (Entity::User, "id"),
        "instance_secrets_pkey" => (Entity::Instance, "token"),
        _ => return None,
    })
}

/// Whether the number that a counter gave out is in use: it was given out just before an organization moved in with that
/// number. The next one is not.
fn took_a_number(error: &sqlx::Error) -> bool {
    let constraint = error
        .as_database_error()
        .and_then(|error| error.constraint());
    matches!(
        constraint,
        Some(
            "accounts_pkey"
                | "accounts_id_key"
                | "users_pkey"
                | "users_id_key"
                | "roles_pkey"
                | "roles_id_key"
                | "elements_pkey"
                | "elements_id_key"
                | "instances_pkey"
                | "instances_id_key"
                | "instance_configurations_pkey"
                | "instance_configurations_id_key"
        )
    )
}

/// Whether the same statement may succeed later: the server or the connection is the reason, not the statement.
fn is_unavailability(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            // Connection, resources (disk full, too many connections), intervention (shutdown, statement timeout),
            // system; then deadlock and serialization, a lock not granted, a server that became read-only.
            ["08", "53", "57", "58"]
                .iter()
                .any(|class| code.starts_with(class))
                || matches!(&*code, "40001" | "40P01" | "55P03" | "25006")
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => false,
    }
}
