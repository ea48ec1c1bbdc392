//! `tenantry serve`: opens the store, answers the API until a signal comes, and finishes what runs.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tenantry_domain::RequestId;
use tokio::{net::TcpSocket, sync::oneshot};
use tracing::{Instrument as _, info, info_span, warn};

use crate::{
    bootstrap::{self, FirstOrganization, Opened},
    config::{Config, DatabaseUrl, LegacyLogin},
    failure::Failure,
    open_files,
    output::Output,
    signals::{Hangups, Signals},
    upkeep::Upkeep,
    wire_up,
};

/// How long the store may take to close after the last request.
const STORE_CLOSES_WITHIN: Duration = Duration::from_secs(5);

/// Serves until a signal comes.
pub(super) async fn run(
    config: &Config,
    request_id: RequestId,
    output: Output,
) -> Result<(), Failure> {
    let span = info_span!("command", %request_id);
    let opened = bootstrap::open(config, request_id)
        .instrument(span.clone())
        .await?;
    let outcome = serve(config, &opened, request_id, output, span).await;
    if tokio::time::timeout(STORE_CLOSES_WITHIN, opened.store.close())
        .await
        .is_err()
    {
        warn!(
            "the store did not close in time; nothing is lost, the next start takes a moment longer"
        );
    }
    if outcome.is_ok() {
        info!("stopped");
    }
    outcome
}

async fn serve(
    config: &Config,
    opened: &Opened,
    request_id: RequestId,
    output: Output,
    span: tracing::Span,
) -> Result<(), Failure> {
    // Before anything is created: a port that is in use must not swallow credentials that are shown only once.
    let listener = bind(config.listen)?;
    let address = reachable(listener.local_addr()?);
    let unheard = "signals cannot be received";
    let (signals, hangups) = (
        Signals::install().context(unheard)?,
        Hangups::install().context(unheard)?,
    );
    let first = first_organization(opened, request_id, output)
        .instrument(span)
        .await?;
    say_where_passwords_go(&config.legacy_login);
    announce(address, first.as_ref(), output)?;
    drop(first);

    let mut http = wire_up::http(config);
    http.connections = open_files::ask_for(http.connections, connections_to_store(config));
    let router = tenantry_http_server::router(opened.services.platform.clone(), &http);
    let (stop, stopped) = oneshot::channel();
    let patience = config.limits.shutdown;
    tokio::spawn(async move { watch(signals, stop, patience).await });
    let shutdown = async {
        // An error means that the watch is gone, and with it every way to stop gently.
        let _ = stopped.await;
    };
    let upkeep = Upkeep::start(opened, hangups);
    let outcome = tenantry_http_server::serve(listener, router, &http, shutdown).await;
    upkeep.stop().await;
    Ok(outcome.context("the server failed")?)
}

fn connections_to_store(config: &Config) -> usize {
    match config.database_url {
        DatabaseUrl::Postgres(_) => {
            usize::try_from(config.postgres.max_connections).unwrap_or(usize::MAX / 4)
        }
        DatabaseUrl::Sqlite(_) => 0,
    }
}

fn say_where_passwords_go(legacy: &LegacyLogin) {
    let Some(server) = &legacy.server else {
        return;
    };
    info!(
        server,
        "legacy login is on: passwords that are not here yet are sent to that server"
    );
    if legacy.timeout >= legacy.refusal {
        warn!(
            "legacy_login.timeout_ms is not shorter than legacy_login.refusal_ms: the time of a refused login may tell whether \
             that server was asked"
        );
    }
}

/// So many may knock at the same moment. With the 128 of the standard library, a thousand clients that come back when a network
/// does wait for seconds: the system drops what does not fit, and they try again a second later, and then three. The system has a limit of
/// its own (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As the standard library does: a server that starts again need not wait for the connections of the one before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    listen(address).map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program answers there: stop it, or choose another address by --listen"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege: choose a higher port by --listen"
            }
            _ => "choose another address by --listen",
        };
        Failure::Failed(
            anyhow::Error::new(error).context(format!("cannot listen on {address}; {advice}")),
        )
    })
}

/// The address under which this machine reaches the server.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

async fn first_organization(
    opened: &Opened,
    request_id: RequestId,
    output: Output,
) -> Result<Option<FirstOrganization>, Failure> {
    let organizations = &opened.services.platform.organizations;
    if organizations
        .has_customers()
        .await
        .context("the store cannot be asked for its organizations")?
    {
        return Ok(None);
    }
    output
        .probe("The store is new: creating a first organization.")
        .context("the credentials of the first organization could not be shown: give the server a standard output that can be written to")?;
    let first = bootstrap::first_organization(organizations, request_id).await?;
    if let Some(first) = &first {
        info!(
            organization_id = first.issued.created.organization.id.get(),
            "the first organization was created"
        );
    }
    Ok(first)
}

/// Says where the server answers, and on a first start everything that is needed to call it.
fn announce(
    address: SocketAddr,
    first: Option<&FirstOrganization>,
    output: Output,
) -> Result<(), Failure> {
    let credentials = first.map(|first| Credentials::new(address, first));
    let report = match &credentials {
        None => json!({"listening": format!("http://{address}")}),
        Some(credentials) => {
            json!({"listening": format!("http://{address}"), "firstOrganization": credentials.to_json()})
        }
    };
    let text = || {
        let block = credentials
            .as_ref()
            .map(Credentials::to_text)
            .unwrap_or_default();
        format!("{block}listening on http://{address}")
    };
    info!(%address, "listening");
    match (output.result(&report, text), first) {
        (Ok(()), _) => Ok(()),
        (Err(error), None) => {
            warn!(%error, "standard output cannot be written to");
            Ok(())
        }
        (Err(error), Some(first)) => Err(Failure::Failed(anyhow::Error::new(error).context(anyhow!(
            "the first organization ({}) was created, but its credentials could not be shown: create another one with \
             `tenantry org create` and start again",
            first.issued.created.organization.id
        )))),
    }
}

/// What a first start shows, once.
struct Credentials<'a> {
    first: &'a FirstOrganization,
    base: String,
    curl: String,
}

impl<'a> Credentials<'a> {
    fn new(address: SocketAddr, first: &'a FirstOrganization) -> Self {
        let base = format!("http://{address}/elements/api-v2");
        let (user, organization) = (
            first.issued.user_secret.expose(),
            first.issued.organization_secret.expose(),
        );
        // Secrets and address hold nothing that a shell would change between these quotes.
        let curl = format!(
            "curl '{base}/users' -H 'Authorization: User {user}, Organization {organization}'"
        );
        Self { first, base, curl }
    }

    fn to_json(&self) -> serde_json::Value {
        let issued = &self.first.issued;
        json!({
            "organizationId": issued.created.organization.id.get(),
            "organizationName": issued.created.organization.name.as_str(),
            "organizationSecret": issued.organization_secret.expose(),
            "accountId": issued.created.account.id.get(),
            "userId": issued.created.admin.id.get(),
            "email": issued.created.admin.email.as_str(),
            "password": self.first.password.expose(),
            "userSecret": issued.user_secret.expose(),
            "curl": self.curl,
        })
    }

    fn to_text(&self) -> String {
        let issued = &self.first.issued;
        format!(
            "\n\
             This is shown only once:\n\
             \n  address              {}\
             \n  organization         {} ({})\
             \n  e-mail               {}\
             \n  password             {}\
             \n  user secret          {}\
             \n  organization secret  {}\
             \n\
             \n  {}\
             \n\n",
            self.base,
            issued.created.organization.name,
            issued.created.organization.id,
            issued.created.admin.email,
            self.first.password.expose(),
            issued.user_secret.expose(),
            issued.organization_secret.expose(),
            self.curl,
        )
    }
}

/// Passes the first signal on; a second one ends the process at once.
async fn watch(mut signals: Signals, stop: oneshot::Sender<()>, patience: Duration) {
    let signal = signals.next().await;
    info!(
        signal,
        patience_seconds = patience.as_secs(),
        "stopping: requests that run are finished first"
    );
    // The server may have ended by itself already.
    let _ = stop.send(());
    let signal = signals.next().await;
    warn!(signal, "stopping at once");
    std::process::exit(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_shown_is_one_that_can_be_called() {
        for (bound, expected) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), expected);
        }
    }

    #[test]
    fn a_port_in_use_is_explained() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let failure = bind(address).unwrap_err();
        assert_eq!(
            failure.error().to_string(),
            format!(
                "cannot listen on {address}; another program answers there: stop it, or choose another address by --listen"
            )
        );
    }
}
