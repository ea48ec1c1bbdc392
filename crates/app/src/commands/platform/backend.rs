//! Who answers: a server, or the local store. What is called must not know which.

use async_trait::async_trait;
use serde_json::Value;
use tenantry_api_client::{
    Api, ApiCall, ApiError, ApiReply, Calls, ConfigError, RemoteConfig, RemoteLogin,
};
use tenantry_domain::{AccountId, UserId};
use tenantry_wire::path::encoded;
use tracing::warn;

use super::{
    Start,
    explain::explain,
    local::Local,
    place::{self, Place},
};
use crate::{
    cli::Target, failure::Failure, output::Output, randomness::RandomRequestIds, telemetry,
};

/// Whoever answers, for one command.
pub(super) struct Session {
    backend: Backend,
    pub(super) output: Output,
}

enum Backend {
    Local(Box<Local>),
    Remote(Api),
}

impl Session {
    pub(super) async fn open(target: &Target, start: &Start) -> Result<Self, Failure> {
        Self::at(place::find(target, &start.flags)?, start).await
    }

    pub(super) async fn at(place: Place, start: &Start) -> Result<Self, Failure> {
        let backend = match place {
            Place::Local { organization } => {
                Backend::Local(Box::new(Local::open(organization, start).await?))
            }
            Place::Remote {
                server,
                credentials,
            } => {
                telemetry::start_for_command(&start.flags)?;
                warn_if_unprotected(&server);
                let config = RemoteConfig::new(server);
                let ids = std::sync::Arc::new(RandomRequestIds);
                Backend::Remote(Api::new(config, credentials, ids).map_err(Failure::usage)?)
            }
        };
        Ok(Self {
            backend,
            output: start.output,
        })
    }

    pub(super) async fn close(&self) {
        if let Backend::Local(local) = &self.backend {
            local.close().await;
        }
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self.backend, Backend::Local(_))
    }

    /// Makes one call; what is refused says what to do.
    pub(super) async fn call(&self, call: &ApiCall) -> Result<ApiReply, Failure> {
        let reply = match &self.backend {
            Backend::Local(local) => local.call(call).await,
            Backend::Remote(api) => api.call(call).await,
        };
        reply.map_err(|error| self.explain(error))
    }

    /// The same, for what is to be the user's and not the operator's. Only for the local store.
    pub(super) async fn call_for(
        &self,
        user: UserId,
        account: AccountId,
        call: &ApiCall,
    ) -> Result<ApiReply, Failure> {
        let reply = match &self.backend {
            Backend::Local(local) => local.call_for(user, account, call).await,
            Backend::Remote(api) => api.call(call).await,
        };
        reply.map_err(|error| self.explain(error))
    }

    pub(super) fn explain(&self, error: ApiError) -> Failure {
        explain(error, self.is_local())
    }

    /// The user whom an id or an e-mail names.
    pub(super) async fn user(&self, named: &str) -> Result<Value, Failure> {
        let call = ApiCall::get(format!("/users/{}", encoded(named)));
        Ok(self.call(&call).await?.into_value())
    }

    /// The id of that user; who is named by an id is not looked up.
    pub(super) async fn user_id(&self, named: &str) -> Result<i64, Failure> {
        match named.parse() {
            Ok(id) => Ok(id),
            Err(_) => integer(&self.user(named).await?, "id"),
        }
    }
}

#[async_trait]
impl Calls for Session {
    async fn call(&self, call: &ApiCall) -> Result<ApiReply, ApiError> {
        match &self.backend {
            Backend::Local(local) => local.call(call).await,
            Backend::Remote(api) => api.call(call).await,
        }
    }
}

/// A field that has to be there.
pub(super) fn integer(object: &Value, field: &str) -> Result<i64, Failure> {
    object[field].as_i64().ok_or_else(|| {
        Failure::Failed(anyhow::anyhow!(
            "the server's reply has no {field}: is --server the address of this API?"
        ))
    })
}

/// Secrets go to this server in every call.
pub(super) fn warn_if_unprotected(server: &str) {
    if let Err(ConfigError::Unprotected) = RemoteLogin::check_url(server) {
        warn!(
            "secrets go to {server} in clear, where everybody on the way can read them: use https://"
        );
    }
}
