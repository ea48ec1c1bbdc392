//! How the store reaches PostgreSQL. Must not know where the settings come from.

use std::{fmt, time::Duration};

/// How the store reaches PostgreSQL.
///
/// `Debug` hides the URL, which may hold a password.
#[derive(Clone)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database`, with the parameters that libpq knows (`sslmode`, `host`, …).
    pub url: String,
    /// Most connections that are open at once.
    pub max_connections: u32,
    /// How long a call waits for a connection.
    pub acquire_timeout: Duration,
    /// How long a call may take altogether, the wait for a connection and repeated tries included.
    pub operation_timeout: Duration,
    /// After how long the server itself gives a statement up. `None` leaves that to the server's configuration; choose
    /// it behind `PgBouncer`, which refuses connections that bring options.
    pub statement_timeout: Option<Duration>,
    /// Whether statements are prepared once per connection. `false` behind a proxy that pools transactions
    /// (`PgBouncer` with `pool_mode = transaction`): statements are then sent anew each time, inside of a transaction,
    /// so that nothing is left behind on the server's side, and there is no feed of what other nodes change.
    pub prepared_statements: bool,
}

impl PostgresConfig {
    /// The defaults, for this URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(4),
            operation_timeout: Duration::from_millis(4_500),
            statement_timeout: Some(Duration::from_secs(4)),
            prepared_statements: true,
        }
    }
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("url", &"********")
            .field("max_connections", &self.max_connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("operation_timeout", &self.operation_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("prepared_statements", &self.prepared_statements)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_not_printed() {
        let config = PostgresConfig::new("postgres://tenantry:pa55@db.example/tenantry");
        assert_eq!(
            format!("{config:?}"),
            "PostgresConfig { url: \"********\", max_connections: 10, acquire_timeout: 4s, operation_timeout: 4.5s, \
             statement_timeout: Some(4s), prepared_statements: true }"
        );
    }
}
