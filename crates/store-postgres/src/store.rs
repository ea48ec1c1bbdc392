//! The handle: opens, migrates, checks and closes the store, and hands out its ports.

use std::{fmt, sync::Arc};

use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tenantry_domain::ports::{CallerFeed, Repositories, RepositoryError};

use crate::{
    account::PostgresAccounts,
    audit::PostgresAuditLog,
    audit_chain::PostgresAuditChain,
    caller_feed::PostgresCallerFeed,
    config::PostgresConfig,
    credential::PostgresCredentials,
    database::Database,
    element::PostgresElements,
    instance::PostgresInstances,
    keyring::PostgresKeyring,
    migrations::{self, SchemaState},
    open::{self, OpenError},
    organization::PostgresOrganizations,
    password_policy::PostgresPasswordPolicies,
    replies::PostgresReplies,
    role::PostgresRoles,
    sql::Statement,
    transfer::PostgresTransfers,
    trigrams,
    user::PostgresUsers,
};

/// A store in a PostgreSQL database. Clones share one pool of connections.
#[derive(Clone)]
pub struct PostgresStore {
    database: Arc<Database>,
    options: PgConnectOptions,
    config: PostgresConfig,
}

impl PostgresStore {
    /// Opens the store: connects once, to learn now rather than later whether the configuration is right. Afterwards a
    /// server that goes away makes calls fail with `Unavailable`, and once it is back they succeed again.
    ///
    /// # Errors
    /// If the URL is wrong, nobody answers, or the database was migrated by a newer release.
    pub async fn connect(config: PostgresConfig) -> Result<Self, OpenError> {
        let options = open::options(&config)?;
        let database = Arc::new(Database::new(
            open::bounded(options.clone(), &config),
            &config,
        ));
        let store = Self {
            database,
            options,
            config,
        };
        store.schema_state().await?;
        Ok(store)
    }

    /// Brings the schema up to date, step by step. May run on several nodes at once; they take turns by an advisory lock.
    ///
    /// # Errors
    /// If the database refuses, or was migrated by a newer release.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        let unprepared = self.options.clone().statement_cache_capacity(0);
        let mut connection = open::connection(&unprepared, &self.config).await?;
        open::inspect(&mut connection, &self.options).await?;
        let outcome = migrations::run(&mut connection).await;
        let _ = connection.close().await;
        outcome
    }

    /// How far the schema has come.
    ///
    /// # Errors
    /// If nobody answers, or the database was migrated by a newer release.
    pub async fn schema_state(&self) -> Result<SchemaState, OpenError> {
        let mut connection = self.connection().await?;
        let state = open::inspect(&mut connection, &self.options).await;
        let _ = connection.close().await;
        state
    }

    /// Whether [`migrate`](Self::migrate) would change something.
    ///
    /// # Errors
    /// As for [`schema_state`](Self::schema_state).
    pub async fn needs_migration(&self) -> Result<bool, OpenError> {
        Ok(self.schema_state().await? != SchemaState::Current)
    }

    /// What other nodes change of callers. Each feed has a connection of its own, outside of the pool.
    pub fn caller_feed(&self) -> Arc<dyn CallerFeed> {
        Arc::new(PostgresCallerFeed::new(self.options.clone()))
    }

    /// The ports.
    pub fn repositories(&self) -> Repositories {
        let database = || Arc::clone(&self.database);
        Repositories {
            organizations: Arc::new(PostgresOrganizations(database())),
            accounts: Arc::new(PostgresAccounts(database())),
            users: Arc::new(PostgresUsers::new(database())),
            instances: Arc::new(PostgresInstances(database())),
            roles: Arc::new(PostgresRoles(database())),
            credentials: Arc::new(PostgresCredentials(database())),
            keyring: Arc::new(PostgresKeyring(database())),
            policies: Arc::new(PostgresPasswordPolicies(database())),
            elements: Arc::new(PostgresElements(database())),
            replies: Arc::new(PostgresReplies(database())),
            audit: Arc::new(PostgresAuditLog(database())),
            audit_chain: Arc::new(PostgresAuditChain(database())),
            transfers: Arc::new(PostgresTransfers::new(database())),
        }
    }

    /// Puts into the indexes of names and e-mails the trigrams that wait before them, so that no call has to; answers how many pages
    /// of 8 kB they took. To be called several times a second.
    ///
    /// # Errors
    /// `Unavailable` if the server does not answer.
    pub async fn put_trigrams_in(&self) -> Result<u64, RepositoryError> {
        trigrams::put_in(&self.database).await
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// `Unavailable` if it does not.
    pub async fn ping(&self) -> Result<(), RepositoryError> {
        self.database
            .read(Statement::new("SELECT 1"))
            .await
            .map(drop)
    }

    /// Closes all connections; calls fail from now on.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// A connection outside of the pool, without a limit on statements: migrations may take their time.
    async fn connection(&self) -> Result<PgConnection, OpenError> {
        open::connection(&self.options, &self.config).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("place", &open::place(&self.options))
            .finish_non_exhaustive()
    }
}
