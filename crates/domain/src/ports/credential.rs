//! Where secrets and password hashes are kept.

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::RepositoryError;
use crate::{
    Change, Identity, OrganizationId, PasswordHash, Scope, SealedSecret, SecretDigest, UserId,
};

/// A user's password as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassword {
    /// The hash; `None` if the user has no password.
    pub hash: Option<PasswordHash>,
    /// Until when the user is locked.
    pub locked_until: Option<OffsetDateTime>,
    /// Wrong passwords since the last right one.
    pub failures: u32,
}

/// How many wrong passwords in a row lock a user, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout {
    /// So many wrong ones in a row lock.
    pub after: u32,
    /// For so long.
    pub lasts: Duration,
}

impl Lockout {
    /// The contract's rule (section 4): five in a row, thirty minutes.
    pub const STANDARD: Self = Self {
        after: 5,
        lasts: Duration::minutes(30),
    };
}

/// The two secrets of a caller, by their digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The user's.
    pub user: SecretDigest,
    /// The organization's.
    pub organization: SecretDigest,
}

/// Where secrets and password hashes are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait CredentialRepository: Send + Sync {
    /// Who has these two secrets, in one round trip; `None` if either is unknown, if the user does not belong to that
    /// organization, or if user, account or organization is inactive. (A locked user's secrets go on working: the lock
    /// is about passwords.)
    async fn authenticate(&self, caller: &Caller) -> Result<Option<Identity>, RepositoryError>;

    /// The user's password; `None` if there is no such user in `scope`.
    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError>;

    /// Counts a wrong password, and locks the user when `lockout` says so; counting starts again after a lock. A lock
    /// that lasts longer already, such as an administrator's, stays. Neither changes the revision. A lock has an audit record ([`AuditAction::Locked`](crate::AuditAction)), a mere failure
    /// has none.
    async fn password_failed(
        &self,
        scope: &Scope,
        user: UserId,
        lockout: &Lockout,
        change: &Change,
    ) -> Result<(), RepositoryError>;

    /// Forgets the wrong passwords so far; stores `upgraded`, a better hash of the same password, if given.
    async fn password_succeeded<'a>(
        &self,
        scope: &Scope,
        user: UserId,
        upgraded: Option<&'a PasswordHash>,
    ) -> Result<(), RepositoryError>;

    /// The organization's secret as the store keeps it; `None` if there is no such organization.
    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError>;

    /// The user's secret as the store keeps it; `None` if there is no such user in `scope`.
    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError>;
}
