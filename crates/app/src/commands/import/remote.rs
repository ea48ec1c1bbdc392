//! The server that an organization comes from, and as whom it is asked.

use std::sync::Arc;

use anyhow::anyhow;
use tenantry_api_client::{Passwords, RemoteConfig, RemoteSource, SourceOptions, UserSecrets};

use super::{super::platform, explain_source, read, user_secrets};
use crate::{
    cli::{Import, PasswordsThere},
    failure::Failure,
    randomness::RandomRequestIds,
};

/// Asks the server for the organization of the secrets.
pub(super) async fn source(import: &Import) -> Result<RemoteSource, Failure> {
    let found = platform::remote(import.from.clone(), import.profile.clone())?;
    let Some((url, credentials)) = found else {
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
    let ids = Arc::new(RandomRequestIds);
    RemoteSource::connect(RemoteConfig::new(url), credentials, ids, options)
        .await
        .map_err(explain_source)
}
