//! What the server is given: the use cases, and how it shall behave.

use std::{sync::Arc, time::Duration};

use tenantry_domain::{
    ports::{Clock, KeyringRepository, RequestIds},
    services::{
        AccountService, AuthenticationService, OwnOrganizationService, RoleService, UserService,
    },
};

use crate::{Network, ThrottleConfig};

/// The use cases, and what else the server needs from the world.
#[derive(Clone)]
pub struct Platform {
    /// The use cases of users.
    pub users: Arc<UserService>,
    /// The use cases of accounts.
    pub accounts: Arc<AccountService>,
    /// The use cases of roles.
    pub roles: Arc<RoleService>,
    /// The use cases of the caller's own organization.
    pub organization: Arc<OwnOrganizationService>,
    /// Who is calling.
    pub authentication: Arc<AuthenticationService>,
    /// Asked by `/readyz`: whoever can read the sentinel can serve.
    pub keyring: Arc<dyn KeyringRepository>,
    /// Names the requests.
    pub request_ids: Arc<dyn RequestIds>,
    /// Says whether locks still last.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").finish_non_exhaustive()
    }
}

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Largest body, in bytes.
    pub body_limit: usize,
    /// How long a client may take to send the header.
    pub header_timeout: Duration,
    /// How long a client may take to send the body.
    pub body_timeout: Duration,
    /// How long a client may leave a reply unread.
    pub write_timeout: Duration,
    /// How many connections there may be; further ones wait.
    pub connections: usize,
    /// How long running requests have to finish after the signal to stop.
    pub shutdown_timeout: Duration,
    /// Origins (`https://console.example.org`) whose scripts may call with credentials.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether `/metrics` answers.
    pub metrics: bool,
    /// When an address has tried too many passwords.
    pub throttle: ThrottleConfig,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            body_limit: 1024 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 10_000,
            shutdown_timeout: Duration::from_secs(30),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics: true,
            throttle: ThrottleConfig::default(),
        }
    }
}
