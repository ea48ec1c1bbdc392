//! Opening a store: from the configuration to the first connection, with errors that say what to do.

use std::str::FromStr as _;

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use tenantry_domain::ports::BoxError;
use tokio::time::timeout;

use crate::{
    config::PostgresConfig,
    error::cause,
    migrations::{self, SchemaState},
};

/// Why a store cannot be opened or migrated. No message holds the password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Not a URL of a PostgreSQL database.
    #[error("the PostgreSQL URL is not valid: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// No connection.
    #[error("cannot connect to PostgreSQL at {place}")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The database does not keep text as UTF-8.
    #[error(
        "the database at {place} has the encoding {encoding}; create one with the encoding UTF8"
    )]
    Encoding {
        /// Host, port and database.
        place: String,
        /// What it has instead.
        encoding: String,
    },
    /// A newer release has migrated the database.
    #[error(
        "the schema of the database is newer than this binary: it has the migration {version}, this binary knows \
         those up to {known}"
    )]
    NewerSchema {
        /// The newest migration of the database.
        version: i64,
        /// The newest that this binary has.
        known: i64,
    },
    /// Somebody has changed a migration after it was applied.
    #[error(
        "the migration {version} was applied to the database in another form than this binary has it"
    )]
    AlteredMigration {
        /// Which one.
        version: i64,
    },
    /// A migration failed, or the database did.
    #[error("the database cannot be migrated")]
    Migration {
        /// Why.
        #[source]
        source: BoxError,
    },
}

/// Where a database is, as errors name it.
pub(crate) fn place(options: &PgConnectOptions) -> String {
    let database = options
        .get_database()
        .unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{}, database {database}", socket.display()),
        None => format!(
            "{}:{}, database {database}",
            options.get_host(),
            options.get_port()
        ),
    }
}

/// Reads the URL and adds what the configuration says.
pub(crate) fn options(config: &PostgresConfig) -> Result<PgConnectOptions, OpenError> {
    let invalid = |reason: String| OpenError::Url { reason };
    if !config.url.starts_with("postgres://") && !config.url.starts_with("postgresql://") {
        return Err(invalid("it has to start with postgres://".to_owned()));
    }
    let mut options = PgConnectOptions::from_str(&config.url).map_err(|error| match error {
        // The reason alone: "relative URL without a base", "invalid port number".
        sqlx::Error::Configuration(reason) => invalid(reason.to_string()),
        _ => invalid("it cannot be read".to_owned()),
    })?;
    // A password with a bare '#', '/' or '?' ends up in other parts of the URL, which errors would then name.
    let misplaced = config.url.contains('#')
        || options
            .get_database()
            .is_some_and(|name| name.contains('@'));
    if misplaced || options.get_host().contains('@') {
        return Err(invalid("the characters #, /, ? and @ in a password have to be written as %23, %2F, %3F and %40".to_owned()));
    }
    if options.get_application_name().is_none() {
        options = options.application_name("tenantry");
    }
    // Only floats need it, there are none, and PgBouncer refuses it.
    options = options.extra_float_digits(None);
    // sqlx would write the whole statement into the log, and callers decide how long it is.
    options = options.disable_statement_logging();
    if !config.prepared_statements {
        options = options.statement_cache_capacity(0);
    }
    Ok(options)
}

/// The options of connections that serve calls: those of [`options`] and the limit on statements.
pub(crate) fn bounded(options: PgConnectOptions, config: &PostgresConfig) -> PgConnectOptions {
    // A filter of a few hundred terms runs in milliseconds, and took a minute and a half to compile.
    let just_in_time = ("jit", "off".to_owned());
    // Every query names its organization, and an index finds that; what is read beside is others', however many there are.
    let whole_tables = ("enable_seqscan", "off".to_owned());
    match config.statement_timeout {
        Some(limit) => options.options([
            ("statement_timeout", limit.as_millis().to_string()),
            just_in_time,
            whole_tables,
        ]),
        None => options,
    }
}

/// One connection outside of the pool.
pub(crate) async fn connection(
    options: &PgConnectOptions,
    config: &PostgresConfig,
) -> Result<PgConnection, OpenError> {
    let unreachable = |source: BoxError| OpenError::Unreachable {
        place: place(options),
        source,
    };
    match timeout(config.operation_timeout, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(unreachable(cause(error))),
        Err(_) => Err(unreachable("it does not answer".into())),
    }
}

/// Refuses a database that this binary cannot work with. In one transaction: a proxy that pools transactions may send what is outside
/// of one half to this server connection and half to that one.
pub(crate) async fn inspect(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<SchemaState, OpenError> {
    let unreachable = |error| OpenError::Unreachable {
        place: place(options),
        source: cause(error),
    };
    let mut transaction = connection.begin().await.map_err(unreachable)?;
    let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')")
        .persistent(false)
        .fetch_one(&mut *transaction)
        .await
        .map_err(unreachable)?;
    if encoding != "UTF8" {
        return Err(OpenError::Encoding {
            place: place(options),
            encoding,
        });
    }
    let state = migrations::state(&mut transaction).await?;
    transaction.commit().await.map_err(unreachable)?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_urls_are_refused_without_their_password() {
        for (url, expected) in [
            (
                "tenantry",
                "the PostgreSQL URL is not valid: it has to start with postgres://",
            ),
            (
                "mysql://u:pa55@h/d",
                "the PostgreSQL URL is not valid: it has to start with postgres://",
            ),
            (
                "postgres://u:pa55@h:port/d",
                "the PostgreSQL URL is not valid: invalid port number",
            ),
            (
                "postgres://u:12#pa55@h/d",
                "the PostgreSQL URL is not valid: the characters #, /, ? and @ in a password have to be written as \
                 %23, %2F, %3F and %40",
            ),
            (
                "postgres://u:12/pa55@h/d",
                "the PostgreSQL URL is not valid: the characters #, /, ? and @ in a password have to be written as \
                 %23, %2F, %3F and %40",
            ),
        ] {
            let error = options(&PostgresConfig::new(url)).unwrap_err();
            assert_eq!(error.to_string(), expected, "{url}");
            assert!(!format!("{error:?}").contains("pa55"), "{url}");
        }
    }

    #[test]
    fn places_name_host_and_database() {
        for (url, expected) in [
            (
                "postgres://u:pa55@db.example:6432/tenantry",
                "db.example:6432, database tenantry",
            ),
            (
                "postgres://u@localhost/tenantry?host=/run/pg",
                "/run/pg, database tenantry",
            ),
        ] {
            assert_eq!(
                place(&options(&PostgresConfig::new(url)).unwrap()),
                expected
            );
        }
    }
}
