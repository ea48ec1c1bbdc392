//! The commands that speak the API: over the local store, as the operator, or over a server, as whoever's secrets are given.
//! One way for both, so that rules, validation and messages are the same. One file for each resource.

mod accounts;
mod audit;
mod backend;
mod body;
mod compare;
mod explain;
mod instances;
mod list;
mod local;
mod login;
mod organization;
mod place;
mod profile;
mod show;
mod table;
mod users;

use tenantry_api_client::Credentials;
use tenantry_domain::RequestId;

use self::{backend::Session, place::Place};
use crate::{
    cli::{
        Accounts, Compare, Instances, ListAudit, Login, ResetSecret, ShowOrganization, Target,
        Users,
    },
    config::Flags,
    failure::Failure,
    output::Output,
};

/// A command of the platform.
#[derive(Debug)]
pub(super) enum Platform {
    Login(Login),
    Users(Users),
    Accounts(Accounts),
    Instances(Instances),
    ShowOrganization(ShowOrganization),
    ResetSecret(ResetSecret),
    ListAudit(ListAudit),
    Compare(Compare),
}

/// What every one of them is given.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) flags: Flags,
    pub(super) output: Output,
    pub(super) request_id: RequestId,
}

/// Runs the command.
pub(super) async fn run(command: Platform, start: &Start) -> Result<(), Failure> {
    match command {
        Platform::Login(login) => login::run(login, start).await,
        Platform::Users(users) => users::run(users, start).await,
        Platform::Accounts(accounts) => accounts::run(accounts, start).await,
        Platform::Instances(instances) => instances::run(instances, start).await,
        Platform::ShowOrganization(show) => organization::show(show, start).await,
        Platform::ResetSecret(reset) => organization::reset_secret(reset, start).await,
        Platform::ListAudit(list) => audit::list(list, start).await,
        Platform::Compare(compare) => compare::run(compare, start).await,
    }
}

/// A server and the secrets for it, as every command finds them: `server` with those of the environment or the terminal, or
/// what `tenantry login` stored under the name of `profile`. `None` if neither is given.
pub(super) fn remote(
    server: Option<String>,
    profile: Option<String>,
) -> Result<Option<(String, Credentials)>, Failure> {
    if server.is_none() && profile.is_none() {
        return Ok(None);
    }
    let target = Target {
        server,
        profile,
        ..Target::default()
    };
    Ok(match place::find(&target, &Flags::default())? {
        Place::Remote {
            server,
            credentials,
        } => {
            backend::warn_if_unprotected(&server);
            Some((server, credentials))
        }
        Place::Local { .. } => None,
    })
}

impl Start {
    /// Does something with a session, and ends it whatever comes of it.
    async fn with(
        &self,
        target: &Target,
        work: impl AsyncFnOnce(&Session) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let session = Session::open(target, self).await?;
        let outcome = work(&session).await;
        session.close().await;
        outcome
    }
}
