//! The server that an organization comes from, and as whom it is asked.

use std::{env, sync::Arc};

use anyhow::anyhow;
use tenantry_api_client::{
    Credentials, Passwords, RemoteConfig, RemoteSource, SourceOptions, UserSecrets,
};

use super::{explain_source, read, user_secrets};
use crate::{
    cli::{Import, PasswordsThere},
    failure::Failure,
    randomness::RandomRequestIds,
};

/// Asks the server for the organization of the secrets in the environment.
pub(super) async fn source(import: &Import) -> Result<RemoteSource, Failure> {
    let Some(url) = &import.from else {
        return Err(Failure::usage(anyhow!("--from URL is missing")));
    };
    let known = match &import.user_secrets {
        Some(path) => user_secrets::parse(&read("--user-secrets", path)?)?,
        None => UserSecrets::new(),
    };
    let options = SourceOptions {
        user_secrets: known,
        passwords: match import.passwords {
            PasswordsThere::MustChange => Passwords::MustChange,
            PasswordsThere::LegacyLogin => Passwords::LegacyLogin,
        },
        ..SourceOptions::default()
    };
    let credentials = Credentials::new(
        secret("TENANTRY_USER_SECRET")?,
        secret("TENANTRY_ORGANIZATION_SECRET")?,
    );
    let ids = Arc::new(RandomRequestIds);
    RemoteSource::connect(RemoteConfig::new(url), credentials, ids, options)
        .await
        .map_err(explain_source)
}

fn secret(variable: &str) -> Result<String, Failure> {
    match env::var(variable) {
        Ok(secret) if !secret.trim().is_empty() => Ok(secret.trim().to_owned()),
        _ => Err(Failure::usage(anyhow!(
            "the environment variable {variable} is missing: it has the secret of an administrator of the organization that is \
             to move"
        ))),
    }
}
