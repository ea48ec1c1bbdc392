//! Puts the program together. The only file that knows every adapter.

use std::sync::Arc;

use anyhow::Context as _;
use tenantry_crypto::{Argon2Hasher, HasherConfig, Vault};
use tenantry_domain::{
    ports::{Clock, PasswordHasher, Repositories, SecretVault},
    services::{
        AccountService, AuthenticationService, OrganizationService, OwnOrganizationService,
        RoleService, UserService,
    },
};
use tenantry_http_server::{HttpConfig, Platform, ThrottleConfig};
use tenantry_store_postgres::{PostgresConfig, PostgresStore};
use tenantry_store_sqlite::{SqliteConfig, SqliteStore};

use crate::{
    clock::SystemClock,
    config::{Config, DatabaseUrl},
    failure::Failure,
    randomness::RandomRequestIds,
};

/// The store that the configuration names.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(Box<PostgresStore>),
}

impl Store {
    /// Opens it. A SQLite file that is missing is created; the schema stays as it is.
    pub(crate) async fn open(config: &Config) -> Result<Self, Failure> {
        match &config.database_url {
            DatabaseUrl::Sqlite(path) => {
                let settings = SqliteConfig {
                    readers: config.sqlite.readers,
                    ..SqliteConfig::at(path)
                };
                match SqliteStore::open(settings).await {
                    Ok(store) => Ok(Self::Sqlite(store)),
                    Err(error @ tenantry_store_sqlite::OpenError::Directory { .. }) => {
                        Err(Failure::usage(error))
                    }
                    Err(error) => Err(error.into()),
                }
            }
            DatabaseUrl::Postgres(url) => {
                let settings = PostgresConfig {
                    max_connections: config.postgres.max_connections,
                    statement_timeout: config.postgres.statement_timeout,
                    prepared_statements: config.postgres.prepared_statements,
                    ..PostgresConfig::new(url)
                };
                match PostgresStore::connect(settings).await {
                    Ok(store) => Ok(Self::Postgres(Box::new(store))),
                    Err(error @ tenantry_store_postgres::OpenError::Url { .. }) => {
                        Err(Failure::usage(error))
                    }
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    /// Brings the schema up to date; answers whether there was something to do.
    pub(crate) async fn migrate(&self) -> Result<bool, Failure> {
        match self {
            Self::Sqlite(store) => {
                let applied = store
                    .migrate()
                    .await
                    .context("the schema cannot be brought up to date")?;
                Ok(applied > 0)
            }
            Self::Postgres(store) => {
                let behind = store.needs_migration().await?;
                if behind {
                    store.migrate().await?;
                }
                Ok(behind)
            }
        }
    }

    /// The ports.
    pub(crate) fn repositories(&self) -> Repositories {
        match self {
            Self::Sqlite(store) => store.repositories(),
            Self::Postgres(store) => store.repositories(),
        }
    }

    /// Ends what was begun, and lets the store go.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// The use cases over one store.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) organizations: Arc<OrganizationService>,
    pub(crate) platform: Platform,
}

/// Builds the use cases.
pub(crate) fn services(config: &Config, repositories: &Repositories, vault: Vault) -> Services {
    let hashing = HasherConfig {
        parallelism: config.password_hashing.parallelism,
        queue: config.password_hashing.queue,
    };
    let hasher: Arc<dyn PasswordHasher> = Arc::new(Argon2Hasher::new(hashing));
    let vault: Arc<dyn SecretVault> = Arc::new(vault);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let authentication = Arc::new(AuthenticationService::new(
        Arc::clone(&repositories.credentials),
        Arc::clone(&hasher),
        Arc::clone(&vault),
        Arc::clone(&clock),
    ));
    let users = UserService::new(
        repositories,
        Arc::clone(&hasher),
        Arc::clone(&vault),
        Arc::clone(&clock),
        Arc::clone(&authentication),
    );
    let accounts = AccountService::new(Arc::clone(&repositories.accounts), Arc::clone(&clock));
    let roles = RoleService::new(
        Arc::clone(&repositories.roles),
        Arc::clone(&repositories.accounts),
        Arc::clone(&clock),
    );
    let organization = OwnOrganizationService::new(
        Arc::clone(&repositories.organizations),
        Arc::clone(&repositories.credentials),
        Arc::clone(&vault),
        Arc::clone(&clock),
    );
    let organizations = OrganizationService::new(
        Arc::clone(&repositories.organizations),
        hasher,
        vault,
        Arc::clone(&clock),
    );
    let platform = Platform {
        users: Arc::new(users),
        accounts: Arc::new(accounts),
        roles: Arc::new(roles),
        organization: Arc::new(organization),
        authentication,
        keyring: Arc::clone(&repositories.keyring),
        request_ids: Arc::new(RandomRequestIds),
        clock,
    };
    Services {
        organizations: Arc::new(organizations),
        platform,
    }
}

/// How the HTTP server shall behave.
pub(crate) fn http(config: &Config) -> HttpConfig {
    HttpConfig {
        body_limit: config.limits.body_bytes,
        header_timeout: config.limits.header_timeout,
        body_timeout: config.limits.body_timeout,
        write_timeout: config.limits.write_timeout,
        connections: config.limits.connections,
        shutdown_timeout: config.limits.shutdown,
        allowed_origins: config.http.allowed_origins.clone(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        metrics: config.http.metrics,
        throttle: ThrottleConfig {
            failures: config.limits.failed_attempts,
            window: config.limits.failed_attempts_window,
            ..ThrottleConfig::default()
        },
    }
}
