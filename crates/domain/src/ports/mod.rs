//! The ports: what the domain needs from the world. Adapters implement them, use cases call them.
//!
//! They speak one vocabulary: `create`, `find`, `find_by_…`, `list`, `count`, `update`, `delete`. There is no transaction
//! among them, because one adapter is remote; what must be atomic is one method. Missing is `None`, never an error.
//! The store assigns ids; the instant of a write comes with its [`Change`](crate::Change).

mod account;
mod audit;
mod clock;
mod credential;
mod error;
mod hasher;
mod instance;
mod keyring;
mod organization;
mod role;
mod user;
mod vault;

use std::sync::Arc;

pub use self::{
    account::AccountRepository,
    audit::AuditLog,
    clock::{Clock, RequestIds},
    credential::{Caller, CredentialRepository, Lockout, StoredPassword},
    error::{BoxError, RepositoryError},
    hasher::{HashError, PasswordHasher, Verdict},
    instance::InstanceRepository,
    keyring::KeyringRepository,
    organization::{CreatedOrganization, OrganizationRepository},
    role::{Revocation, RoleRepository},
    user::UserRepository,
    vault::{Issued, SecretKind, SecretVault, VaultError},
};
#[cfg(any(test, feature = "mock"))]
pub use self::{
    account::MockAccountRepository,
    audit::MockAuditLog,
    clock::{MockClock, MockRequestIds},
    credential::MockCredentialRepository,
    hasher::MockPasswordHasher,
    instance::MockInstanceRepository,
    keyring::MockKeyringRepository,
    organization::MockOrganizationRepository,
    role::MockRoleRepository,
    user::MockUserRepository,
    vault::MockSecretVault,
};

/// One store: all repositories over the same data.
#[derive(Clone)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Repositories {
    pub organizations: Arc<dyn OrganizationRepository>,
    pub accounts: Arc<dyn AccountRepository>,
    pub users: Arc<dyn UserRepository>,
    pub instances: Arc<dyn InstanceRepository>,
    pub roles: Arc<dyn RoleRepository>,
    pub credentials: Arc<dyn CredentialRepository>,
    pub keyring: Arc<dyn KeyringRepository>,
    pub audit: Arc<dyn AuditLog>,
}

impl std::fmt::Debug for Repositories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repositories").finish_non_exhaustive()
    }
}
