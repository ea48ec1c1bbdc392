//! The API as it is, call by call, for those who want its words and not a store's: what was sent, what came back, and what the
//! server said against it. Goes the same way as [`RemoteStore`](crate::RemoteStore): limits, retries, TLS, no secret in errors.
//!
//! Must not know what bodies mean.

mod call;
mod error;
mod pager;
mod reply;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use tenantry_domain::{SecretText, ports::RequestIds};

pub use self::{call::ApiCall, error::ApiError, pager::Pager, reply::ApiReply};
use crate::{ConfigError, Credentials, RemoteConfig, credentials::Identity, transport::Transport};

/// Whoever answers calls of the API: a server far away ([`Api`]), or one within the same process.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Makes one call, and waits for the reply.
    ///
    /// # Errors
    /// [`ApiError::Refused`] to every reply that is none of success.
    async fn call(&self, call: &ApiCall) -> Result<ApiReply, ApiError>;
}

/// One server, and as whom it is called. Cheap to clone; clones share their limit of concurrent calls.
#[derive(Clone)]
pub struct Api {
    transport: Arc<Transport>,
    identity: Owned,
}

#[derive(Clone)]
enum Owned {
    Secrets(Credentials),
    Token(SecretText),
    Nobody,
}

impl Api {
    /// Calls with both secrets. Nothing is sent yet. `ids` names calls: a server that knows `Idempotency-Key` does what is
    /// sent twice under one name once, so no two calls may ever have the same.
    ///
    /// # Errors
    /// If no client can be made of the configuration.
    pub fn new(
        config: RemoteConfig,
        credentials: Credentials,
        ids: Arc<dyn RequestIds>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::anonymous(config, ids)?.with_credentials(credentials))
    }

    /// Calls without credentials, as logging in does.
    ///
    /// # Errors
    /// If no client can be made of the configuration.
    pub fn anonymous(config: RemoteConfig, ids: Arc<dyn RequestIds>) -> Result<Self, ConfigError> {
        Ok(Self {
            transport: Arc::new(Transport::new(config, ids)?),
            identity: Owned::Nobody,
        })
    }

    /// The same server, called with both secrets.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            identity: Owned::Secrets(credentials),
        }
    }

    /// The same server, called with the token that logging in answered.
    #[must_use]
    pub fn with_token(&self, token: SecretText) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            identity: Owned::Token(token),
        }
    }

    /// Makes one call, again if it makes sense, and waits for the reply.
    ///
    /// # Errors
    /// [`ApiError::Refused`] to every reply that is none of success.
    pub async fn call(&self, call: &ApiCall) -> Result<ApiReply, ApiError> {
        let identity = match &self.identity {
            Owned::Secrets(credentials) => Identity::Secrets(credentials),
            Owned::Token(token) => Identity::Token(token),
            Owned::Nobody => Identity::Nobody,
        };
        ApiReply::of(self.transport.send(&call.to_call(), identity).await?)
    }
}

#[async_trait]
impl Calls for Api {
    async fn call(&self, call: &ApiCall) -> Result<ApiReply, ApiError> {
        self.call(call).await
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
