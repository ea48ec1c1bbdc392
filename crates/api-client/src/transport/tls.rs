//! TLS: rustls over ring, with the certificates that the system trusts.
//!
//! Given to reqwest ready made, so that no provider has to be installed for the whole process.

use std::sync::Arc;

use rustls::{ClientConfig, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::ConfigError;

pub(super) fn client_config() -> Result<ClientConfig, ConfigError> {
    let failed = |error: rustls::Error| ConfigError::Client(error.into());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_platform_verifier()
        .map_err(failed)?;
    Ok(config.with_no_client_auth())
}
