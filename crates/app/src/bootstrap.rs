//! From a configuration to a store that can be used: schema, master keys, the operator's organization, and on request a
//! first organization.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use tenantry_caller_cache::CallerCache;
use tenantry_domain::{
    Email, Entity, Name, Password, Person, RequestId,
    ports::{Repositories, RepositoryError},
    services::{IssuedOrganization, NewOrganization, OrganizationService, ServiceError},
};
use tracing::info;

use crate::{
    config::{Config, DatabaseUrl},
    failure::Failure,
    master_key::{self, Keys},
    new_file::create_private_directory,
    randomness,
    wire_up::{self, Services, Store},
};

/// A store that is ready, and the use cases over it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) repositories: Repositories,
    pub(crate) services: Services,
    pub(crate) keys: Keys,
    /// The callers that the use cases remember, if they do, once it follows the store's feed.
    pub(crate) callers: Option<CallerCache>,
}

/// A store that was in use before, for commands that look after it.
#[derive(Debug)]
pub(crate) struct Initialized {
    pub(crate) store: Store,
    pub(crate) repositories: Repositories,
    pub(crate) keys: Keys,
}

/// The first organization of a new store. Nobody else knows its secrets and password.
#[derive(Debug)]
pub(crate) struct FirstOrganization {
    pub(crate) issued: IssuedOrganization,
    pub(crate) password: Password,
}

/// Opens the store, brings its schema up to date, checks the master key, and makes sure of the operator's organization.
pub(crate) async fn open(config: &Config, request_id: RequestId) -> Result<Opened, Failure> {
    prepare_data_dir(config)?;
    let store = Store::open(config).await?;
    let callers = wire_up::callers(config);
    let stored = store.repositories();
    let repositories = match &callers {
        None => stored,
        Some(callers) => callers.over(&stored),
    };
    match make_ready(config, &store, &repositories, request_id).await {
        Ok((services, keys)) => Ok(Opened {
            store,
            repositories,
            services,
            keys,
            callers,
        }),
        Err(failure) => {
            store.close().await;
            Err(failure)
        }
    }
}

/// Opens a store that was in use before. Creates nothing: a misspelt path is an error.
pub(crate) async fn open_initialized(config: &Config) -> Result<Initialized, Failure> {
    if let DatabaseUrl::Sqlite(path) = &config.database_url
        && !path.is_file()
    {
        return Err(Failure::usage(anyhow!(
            "there is no store in {}: put --data-dir or --database-url right",
            path.display()
        )));
    }
    let store = Store::open(config).await?;
    match unlock(config, &store).await {
        Ok((repositories, keys)) => Ok(Initialized {
            store,
            repositories,
            keys,
        }),
        Err(failure) => {
            store.close().await;
            Err(failure)
        }
    }
}

async fn unlock(config: &Config, store: &Store) -> Result<(Repositories, Keys), Failure> {
    store.migrate().await?;
    let repositories = store.repositories();
    let keys = master_key::unlock_initialized(config, repositories.keyring.as_ref()).await?;
    Ok((repositories, keys))
}

async fn make_ready(
    config: &Config,
    store: &Store,
    repositories: &Repositories,
    request_id: RequestId,
) -> Result<(Services, Keys), Failure> {
    let migrated = store.migrate().await?;
    info!(database = %config.database_url, migrated, "store opened");
    let keys = master_key::unlock(
        config,
        repositories.keyring.as_ref(),
        repositories.organizations.as_ref(),
    )
    .await?;
    let services = wire_up::services(config, repositories, &keys.vault)?;
    let operator = NewOrganization {
        name: name("System")?,
        admin_email: Email::parse("operator@system.tenantry.local")?,
        admin_first_name: name("System")?,
        admin_last_name: name("Operator")?,
        admin_password: None,
    };
    let created = services
        .platform
        .organizations
        .ensure_system(operator, request_id)
        .await
        .context("the operator's organization cannot be created")?;
    if created {
        info!("the operator's organization was created");
    }
    Ok((services, keys))
}

/// Creates a first organization if the store has none; `None` if it has.
pub(crate) async fn first_organization(
    organizations: &OrganizationService,
    request_id: RequestId,
) -> Result<Option<FirstOrganization>, Failure> {
    let email = Email::parse("admin@tenantry.local")?;
    let (first_name, last_name) = (name("First")?, name("Admin")?);
    let password = randomness::password(&Person {
        first_name: &first_name,
        last_name: &last_name,
        email: &email,
    });
    let new = NewOrganization {
        name: name("First Organization")?,
        admin_email: email,
        admin_first_name: first_name,
        admin_last_name: last_name,
        admin_password: Some(password.clone()),
    };
    match organizations.create(new, request_id).await {
        Ok(issued) => Ok(Some(FirstOrganization { issued, password })),
        // Another node that started at the same moment was first.
        Err(ServiceError::Repository(RepositoryError::Conflict {
            entity: Entity::User,
            ..
        })) if organizations.has_customers().await? => Ok(None),
        Err(error) => Err(Failure::Failed(
            anyhow::Error::new(error).context("the first organization cannot be created"),
        )),
    }
}

/// Creates the data directory, for its owner alone, if something is to be kept in it. No other directory: a misspelt path
/// of a SQLite file is an error, and not the place of a new store.
pub(crate) fn prepare_data_dir(config: &Config) -> Result<(), Failure> {
    if let DatabaseUrl::Sqlite(path) = &config.database_url {
        let directory = path.parent().unwrap_or(Path::new(""));
        let is_there = directory.as_os_str().is_empty() || directory.is_dir();
        if !is_there && directory != config.data_dir {
            return Err(Failure::usage(anyhow!(
                "database_url names the file {}, but there is no directory {}: create it for the server's user, or put the path \
                 right",
                path.display(),
                directory.display()
            )));
        }
    }
    let holds_database = matches!(&config.database_url, DatabaseUrl::Sqlite(path) if path.starts_with(&config.data_dir));
    let holds_key = config.master_key.is_none();
    if !holds_database && !holds_key || config.data_dir.is_dir() {
        return Ok(());
    }
    create_private_directory(&config.data_dir).with_context(|| {
        format!(
            "the data directory {} cannot be created: create it for the server's user, or choose another by --data-dir",
            config.data_dir.display()
        )
    })?;
    Ok(())
}

fn name(text: &str) -> Result<Name, Failure> {
    Ok(Name::parse(text)?)
}
