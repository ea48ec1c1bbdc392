//! What the server is given: the use cases, and how it shall behave.

use std::{sync::Arc, time::Duration};

use tenantry_domain::{
    ports::{
        Clock, KeyringRepository, LegacyLogin, PasswordHasher, PasswordTurns, Repositories,
        RequestIds, SecretVault,
    },
    services::{
        AccountService, AuditService, AuthenticationService, ElementService, InstanceService,
        OrganizationService, OwnOrganizationService, PasswordPolicyService, ReplyService,
        RoleService, UserService,
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
    /// The use cases of the organization's password policy.
    pub policies: Arc<PasswordPolicyService>,
    /// The use cases of instances.
    pub instances: Arc<InstanceService>,
    /// The use cases of the catalog of elements.
    pub elements: Arc<ElementService>,
    /// The use cases of the audit log.
    pub audit: Arc<AuditService>,
    /// Replies that may have to be sent again.
    pub replies: Arc<ReplyService>,
    /// Signs partners up.
    pub organizations: Arc<OrganizationService>,
    /// Who is calling.
    pub authentication: Arc<AuthenticationService>,
    /// Asked by `/readyz`: whoever can read the sentinel can serve.
    pub keyring: Arc<dyn KeyringRepository>,
    /// Names the requests.
    pub request_ids: Arc<dyn RequestIds>,
    /// Says whether locks still last.
    pub clock: Arc<dyn Clock>,
}

/// What the use cases need beside a store.
#[derive(Clone)]
pub struct Machinery {
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Lets passwords of one e-mail be tried one at a time.
    pub turns: Arc<dyn PasswordTurns>,
    /// Makes and keeps secrets.
    pub vault: Arc<dyn SecretVault>,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Names the requests.
    pub request_ids: Arc<dyn RequestIds>,
    /// Asked for passwords that are held elsewhere, if they are to be moved here.
    pub legacy_login: Option<Arc<dyn LegacyLogin>>,
}

impl std::fmt::Debug for Machinery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machinery").finish_non_exhaustive()
    }
}

impl Platform {
    /// All use cases over one store.
    pub fn new(repositories: &Repositories, machinery: Machinery) -> Self {
        let Machinery {
            hasher,
            turns,
            vault,
            clock,
            request_ids,
            legacy_login,
        } = machinery;
        let authentication = AuthenticationService::new(
            repositories,
            Arc::clone(&hasher),
            turns,
            Arc::clone(&vault),
            Arc::clone(&clock),
        );
        let authentication = Arc::new(match legacy_login {
            Some(legacy) => authentication.with_legacy_login(legacy),
            None => authentication,
        });
        let users = UserService::new(
            repositories,
            Arc::clone(&hasher),
            Arc::clone(&vault),
            Arc::clone(&clock),
            Arc::clone(&authentication),
        );
        let roles = RoleService::new(
            Arc::clone(&repositories.roles),
            Arc::clone(&repositories.accounts),
            Arc::clone(&clock),
        );
        let own = OwnOrganizationService::new(repositories, Arc::clone(&vault), Arc::clone(&clock));
        let instances = InstanceService::new(repositories, Arc::clone(&vault), Arc::clone(&clock));
        let organizations = OrganizationService::new(
            Arc::clone(&repositories.organizations),
            hasher,
            Arc::clone(&vault),
            Arc::clone(&clock),
        );
        let accounts = AccountService::new(Arc::clone(&repositories.accounts), Arc::clone(&clock));
        let policies =
            PasswordPolicyService::new(Arc::clone(&repositories.policies), Arc::clone(&clock));
        let elements = ElementService::new(Arc::clone(&repositories.elements));
        let audit = AuditService::new(Arc::clone(&repositories.audit), Arc::clone(&clock));
        let replies =
            ReplyService::new(Arc::clone(&repositories.replies), vault, Arc::clone(&clock));
        Self {
            users: Arc::new(users),
            accounts: Arc::new(accounts),
            roles: Arc::new(roles),
            organization: Arc::new(own),
            policies: Arc::new(policies),
            instances: Arc::new(instances),
            elements: Arc::new(elements),
            audit: Arc::new(audit),
            replies: Arc::new(replies),
            organizations: Arc::new(organizations),
            authentication,
            keyring: Arc::clone(&repositories.keyring),
            request_ids,
            clock,
        }
    }
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
    /// How soon a refused login is answered at the earliest, counted from when it was read: so long that nobody can tell by the
    /// time where the password was compared. `None`: as soon as it is refused.
    pub refused_login: Option<Duration>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            body_limit: 1024 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 16_384,
            shutdown_timeout: Duration::from_secs(30),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics: true,
            throttle: ThrottleConfig::default(),
            refused_login: None,
        }
    }
}
