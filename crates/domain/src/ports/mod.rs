//! The ports: what the domain needs from the world. Adapters implement them, use cases call them.
//!
//! They speak one vocabulary: `create`, `find`, `find_by_…`, `list`, `count`, `update`, `delete`. There is no transaction
//! among them, because one adapter is remote; what must be atomic is one method. Missing is `None`, never an error.
//! The store assigns ids; the instant of a write comes with its [`Change`](crate::Change).

mod account;
mod archive;
mod audit;
mod audit_chain;
mod caller_feed;
mod clock;
mod credential;
mod element;
mod error;
mod hasher;
mod instance;
mod keyring;
mod legacy_login;
mod organization;
mod password_policy;
mod replies;
mod role;
mod transfer;
mod user;
mod vault;

use std::sync::Arc;

pub use self::{
    account::AccountRepository,
    archive::{ArchiveSeal, SealParameters, TransferTarget},
    audit::AuditLog,
    audit_chain::{AuditChain, ChainSeal},
    caller_feed::{CallerChange, CallerFeed, FeedEvent},
    clock::{Clock, RequestIds},
    credential::{
        Authenticated, Caller, CredentialRepository, Lockout, LoginCandidate, LoginToken,
        StoredPassword, VerifiedPassword,
    },
    element::ElementRepository,
    error::{BoxError, RepositoryError},
    hasher::{HashError, PasswordHasher, PasswordTurns, Turn, Verdict},
    instance::InstanceRepository,
    keyring::{KeyringRepository, Resealed, SealedBatch},
    legacy_login::{LegacyLogin, LegacyLoginError},
    organization::{CreatedOrganization, OrganizationRepository},
    password_policy::{PasswordPolicyRepository, PolicyInForce},
    replies::{Begun, ReplyRepository},
    role::{Revocation, RoleRepository},
    transfer::{SourceError, TransferRepository, TransferSource},
    user::{UserAndRoles, UserRepository},
    vault::{Issued, IssuedToken, SecretKind, SecretVault, VaultError},
};
#[cfg(any(test, feature = "mock"))]
pub use self::{
    account::MockAccountRepository,
    archive::MockArchiveSeal,
    audit::MockAuditLog,
    audit_chain::{MockAuditChain, MockChainSeal},
    caller_feed::MockCallerFeed,
    clock::{MockClock, MockRequestIds},
    credential::MockCredentialRepository,
    element::MockElementRepository,
    hasher::{MockPasswordHasher, MockPasswordTurns},
    instance::MockInstanceRepository,
    keyring::MockKeyringRepository,
    legacy_login::MockLegacyLogin,
    organization::MockOrganizationRepository,
    password_policy::MockPasswordPolicyRepository,
    replies::MockReplyRepository,
    role::MockRoleRepository,
    transfer::MockTransferRepository,
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
    pub policies: Arc<dyn PasswordPolicyRepository>,
    pub elements: Arc<dyn ElementRepository>,
    pub replies: Arc<dyn ReplyRepository>,
    pub audit: Arc<dyn AuditLog>,
    pub audit_chain: Arc<dyn AuditChain>,
    pub transfers: Arc<dyn TransferRepository>,
}

impl std::fmt::Debug for Repositories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repositories").finish_non_exhaustive()
    }
}
