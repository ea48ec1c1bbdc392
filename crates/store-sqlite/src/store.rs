//! The handle on an open store.

use std::{sync::Arc, time::Duration};

use tenantry_domain::ports::{CallerFeed, Repositories, RepositoryError};

use crate::{
    caller_feed::SqliteCallerFeed,
    config::SqliteConfig,
    engine::Engine,
    migrate::{self, Schema},
    open_error::OpenError,
    repositories::{
        Accounts, Audit, Chains, Credentials, Elements, Instances, Keyring, Organizations,
        Policies, Replies, Roles, Transfers, Users,
    },
    trigrams,
};

/// Who gives up earlier leaves a large store as it was, each time.
const LONGEST_MIGRATION: Duration = Duration::from_hours(24);

/// An open SQLite database. Cheap to clone. When the last clone and the last of its repositories are gone, its threads
/// end by themselves; [`SqliteStore::close`] waits for that.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    engine: Engine,
}

impl SqliteStore {
    /// Opens the database file, which is created if it is missing. Does not [migrate](Self::migrate) it.
    ///
    /// # Errors
    /// Names the file and what to do about it.
    pub async fn open(config: SqliteConfig) -> Result<Self, OpenError> {
        Ok(Self {
            engine: Engine::open(config, |connection| {
                trigrams::write_waiting(connection).map(drop)
            })
            .await?,
        })
    }

    /// Brings the schema up to date in one transaction, then the index of letters, where it is new or another program has changed users;
    /// answers how many migrations were applied. Takes as long as it takes: half a minute of a core for a million users.
    ///
    /// # Errors
    /// `Unavailable` if another process keeps the file locked.
    pub async fn migrate(&self) -> Result<usize, RepositoryError> {
        let engine = &self.engine;
        let applied = engine
            .write_within(LONGEST_MIGRATION, migrate::apply)
            .await?;
        while engine
            .write_within(LONGEST_MIGRATION, |connection| {
                Ok(trigrams::write_waiting(connection)?)
            })
            .await?
        {}
        Ok(applied)
    }

    /// How far the schema is.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn schema(&self) -> Result<Schema, RepositoryError> {
        self.engine
            .read(|connection| Ok(migrate::schema(connection)?))
            .await
    }

    /// Whether [`SqliteStore::migrate`] has something to do.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn needs_migration(&self) -> Result<bool, RepositoryError> {
        Ok(self.schema().await?.is_behind())
    }

    /// The ports over this store.
    pub fn repositories(&self) -> Repositories {
        let engine = || self.engine.clone();
        Repositories {
            organizations: Arc::new(Organizations(engine())),
            accounts: Arc::new(Accounts(engine())),
            users: Arc::new(Users(engine())),
            instances: Arc::new(Instances(engine())),
            roles: Arc::new(Roles(engine())),
            credentials: Arc::new(Credentials(engine())),
            keyring: Arc::new(Keyring(engine())),
            policies: Arc::new(Policies(engine())),
            elements: Arc::new(Elements(engine())),
            replies: Arc::new(Replies(engine())),
            audit: Arc::new(Audit(engine())),
            audit_chain: Arc::new(Chains(engine())),
            transfers: Arc::new(Transfers(engine())),
        }
    }

    /// What other programs change of callers: a command line beside the server.
    pub fn caller_feed(&self) -> Arc<dyn CallerFeed> {
        Arc::new(SqliteCallerFeed::new(self.engine.clone()))
    }

    /// Whether the store answers and has a schema that calls can use.
    ///
    /// # Errors
    /// `Unavailable` if it does not answer, or has to be migrated first.
    pub async fn ping(&self) -> Result<(), RepositoryError> {
        if self.needs_migration().await? {
            return Err(RepositoryError::Unavailable {
                source: "the schema has to be migrated first".into(),
            });
        }
        Ok(())
    }

    /// How many transactions with a change in them were committed since the store was opened; fewer than writes, because
    /// writes that wait together are committed together.
    pub fn commits(&self) -> u64 {
        self.engine.commits()
    }

    /// Lets what was begun end, writes the log back into the file and ends the threads. Calls after that, through
    /// whichever clone, are answered with `Unavailable`.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
