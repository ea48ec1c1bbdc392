//! The local store as whoever answers: the server's own router within this process, called as the operator.

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use tenantry_api_client::{ApiCall, ApiError, ApiReply, Calls};
use tenantry_domain::{
    AccountId, Actor, Organization, OrganizationId, OrganizationKind, UserId, ports::Repositories,
};
use tenantry_http_server::{HttpConfig, InProcess};

use super::Start;
use crate::{
    bootstrap::{self, Initialized},
    config,
    failure::Failure,
    telemetry,
    wire_up::{self, Store},
};

/// So many organizations are listed where one has to be chosen.
const LISTED: usize = 20;

/// The local store.
#[derive(Debug)]
pub(super) struct Local {
    store: Store,
    server: InProcess,
    operator: Actor,
}

impl Local {
    /// Opens the store that the configuration names, as `org create` does, but creates none.
    pub(super) async fn open(organization: Option<i64>, start: &Start) -> Result<Self, Failure> {
        let (config, _) =
            config::load(&start.flags, std::env::vars_os()).map_err(Failure::usage)?;
        telemetry::start_for_command(&start.flags)?;
        let opened = bootstrap::open_initialized(&config).await?;
        let chosen = choose(&opened, organization).await;
        let organization = match chosen {
            Ok(organization) => organization,
            Err(failure) => {
                opened.store.close().await;
                return Err(failure);
            }
        };
        let services = wire_up::services(&config, &opened.repositories, &opened.keys.vault)?;
        let http = HttpConfig {
            metrics: false,
            ..wire_up::http(&config)
        };
        let router = tenantry_http_server::router(services.platform, &http);
        let operator = Actor::operator(
            organization.id,
            organization.default_account_id,
            start.request_id,
        );
        Ok(Self {
            server: InProcess::new(router, operator.clone()),
            store: opened.store,
            operator,
        })
    }

    pub(super) async fn close(&self) {
        self.store.close().await;
    }

    /// Creates what is to be this user's.
    pub(super) async fn call_for(
        &self,
        user: UserId,
        account: AccountId,
        call: &ApiCall,
    ) -> Result<ApiReply, ApiError> {
        let actor = self.operator.clone().on_behalf_of(user, account);
        send(&self.server.acting_as(actor), call).await
    }
}

#[async_trait]
impl Calls for Local {
    async fn call(&self, call: &ApiCall) -> Result<ApiReply, ApiError> {
        send(&self.server, call).await
    }
}

async fn send(server: &InProcess, call: &ApiCall) -> Result<ApiReply, ApiError> {
    let body = call.body.as_ref().map(ToString::to_string);
    let reply = server
        .call(
            call.method.clone(),
            &call.path_and_query(),
            call.expected,
            body,
        )
        .await
        .map_err(|error| ApiError::Unreadable(error.to_string()))?;
    ApiReply::read(reply.status, reply.headers, reply.body)
}

/// The organization that was named, or the only one there is.
async fn choose(opened: &Initialized, named: Option<i64>) -> Result<Organization, Failure> {
    let unread = "the store cannot be asked for its organizations";
    if let Some(id) = named {
        let organizations = &opened.repositories.organizations;
        let found = organizations.find(OrganizationId::new(id)).await;
        return found.context(unread)?.ok_or_else(|| {
            Failure::usage(anyhow!(
                "there is no organization {id}: put --organization right"
            ))
        });
    }
    let mut found = customers(opened, &opened.repositories)
        .await
        .context(unread)?;
    match found.len() {
        0 => Err(Failure::usage(anyhow!(
            "there is no organization yet: create one with `tenantry org create`"
        ))),
        1 => Ok(found.remove(0)),
        _ => Err(Failure::usage(anyhow!("{}", several(&found)))),
    }
}

/// The customers' organizations by id, one more at most than are listed.
async fn customers(
    opened: &Initialized,
    repositories: &Repositories,
) -> Result<Vec<Organization>, anyhow::Error> {
    let chain = wire_up::audit_chain(repositories, &opened.keys.vault);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let ids = chain.organizations(after).await?;
        let Some(last) = ids.last().copied() else {
            return Ok(found);
        };
        for id in ids {
            let organization = repositories.organizations.find(id).await?;
            found.extend(organization.filter(|it| it.kind == OrganizationKind::Customer));
            if found.len() > LISTED {
                return Ok(found);
            }
        }
        after = Some(last);
    }
}

fn several(found: &[Organization]) -> String {
    let names: Vec<String> = found
        .iter()
        .take(LISTED)
        .map(|it| format!("{} ({})", it.id, it.name))
        .collect();
    let more = if found.len() > LISTED { ", …" } else { "" };
    format!(
        "there are several organizations: choose one by --organization ID: {}{more}",
        names.join(", ")
    )
}
