//! Puts the program together. The only file that knows every adapter.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tenantry_api_client::{RemoteConfig, RemoteLogin, Retries};
use tenantry_caller_cache::CallerCache;
use tenantry_crypto::{Argon2Hasher, HasherConfig, ReloadingVault, TurnsByEmail};
use tenantry_domain::{
    ports::{CallerFeed, LegacyLogin, PasswordHasher, Repositories},
    services::{
        AuditChainService, ExportService, ImportService, KeyRotationService, Retention,
        UpkeepService,
    },
};
use tenantry_http_server::{HttpConfig, Machinery, Platform, ThrottleConfig};
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

    /// What others change of callers.
    pub(crate) fn caller_feed(&self) -> Arc<dyn CallerFeed> {
        match self {
            Self::Sqlite(store) => store.caller_feed(),
            Self::Postgres(store) => store.caller_feed(),
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

/// Remembers callers, if that is wanted. It remembers nobody before somebody follows the store's feed.
pub(crate) fn callers(config: &Config) -> Option<CallerCache> {
    let wanted = config.cache.callers > 0;
    wanted.then(|| CallerCache::new(config.cache.callers))
}

/// The use cases over one store.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) platform: Platform,
    pub(crate) upkeep: Arc<UpkeepService>,
}

/// Builds the use cases.
pub(crate) fn services(
    config: &Config,
    repositories: &Repositories,
    vault: &Arc<ReloadingVault>,
) -> Result<Services, Failure> {
    let hashing = HasherConfig {
        parallelism: config.password_hashing.parallelism,
        queue: config.password_hashing.queue,
    };
    let machinery = Machinery {
        hasher: Arc::new(Argon2Hasher::new(hashing)),
        turns: Arc::new(TurnsByEmail::default()),
        vault: Arc::clone(vault) as _,
        clock: Arc::new(SystemClock),
        request_ids: Arc::new(RandomRequestIds),
        legacy_login: legacy_login(config)?,
    };
    let upkeep = UpkeepService::new(
        Arc::clone(&repositories.credentials),
        Arc::clone(&repositories.replies),
        audit_chain(repositories, vault),
        Arc::new(SystemClock),
        // Zero days are none: records are kept for ever.
        Retention::of_days(config.audit.retention_days).ok(),
    );
    Ok(Services {
        platform: Platform::new(repositories, machinery),
        upkeep: Arc::new(upkeep),
    })
}

/// Who is asked for passwords that could not be brought along.
fn legacy_login(config: &Config) -> Result<Option<Arc<dyn LegacyLogin>>, Failure> {
    let Some(server) = &config.legacy_login.server else {
        return Ok(None);
    };
    let remote = RemoteConfig {
        timeout: config.legacy_login.timeout,
        concurrency: 32,
        reply_limit: 1024 * 1024,
        retries: Retries {
            first_wait: Duration::from_millis(100),
            ..Retries::default()
        },
        ..RemoteConfig::new(server)
    };
    let login = RemoteLogin::new(remote).context("legacy_login.server cannot be asked")?;
    Ok(Some(Arc::new(login)))
}

/// The chain of the audit log.
pub(crate) fn audit_chain(
    repositories: &Repositories,
    vault: &Arc<ReloadingVault>,
) -> AuditChainService {
    AuditChainService::new(
        Arc::clone(&repositories.audit_chain),
        Arc::clone(vault) as _,
    )
}

/// Moving organizations in.
pub(crate) fn import(repositories: &Repositories, vault: &Arc<ReloadingVault>) -> ImportService {
    ImportService::new(
        Arc::clone(&repositories.transfers),
        Arc::clone(vault) as _,
        Arc::new(SystemClock),
    )
}

/// Moving organizations out.
pub(crate) fn export(repositories: &Repositories, vault: &Arc<ReloadingVault>) -> ExportService {
    ExportService::new(Arc::clone(&repositories.transfers), Arc::clone(vault) as _)
}

/// What knows the hashes of passwords that come along.
pub(crate) fn hasher() -> Arc<dyn PasswordHasher> {
    Arc::new(Argon2Hasher::new(HasherConfig::default()))
}

/// The rotation of the master keys.
pub(crate) fn key_rotation(
    repositories: &Repositories,
    vault: &Arc<ReloadingVault>,
) -> KeyRotationService {
    KeyRotationService::new(
        Arc::clone(&repositories.keyring),
        Arc::clone(vault) as _,
        audit_chain(repositories, vault),
    )
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
        refused_login: config
            .legacy_login
            .server
            .as_ref()
            .map(|_| config.legacy_login.refusal),
    }
}
