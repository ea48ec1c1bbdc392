//! Where secrets and password hashes are kept.

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::RepositoryError;
use crate::{
    CalledInstance, Change, Email, Identity, Name, OrganizationId, PasswordHash, PasswordState,
    Scope, SealedSecret, SecretDigest, User, UserId,
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

/// A password that was found to be right, for the write that follows from it. Others may have given the user another one
/// since it was compared: then nothing follows any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedPassword {
    /// What it was compared with.
    pub hash: PasswordHash,
    /// A better hash of the same password, to be kept instead.
    pub upgraded: Option<PasswordHash>,
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

/// What a caller presents, by digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// `User …, Organization …`, and perhaps `Element …`
    Secrets {
        /// The user's.
        user: SecretDigest,
        /// The organization's.
        organization: SecretDigest,
        /// The token of the instance that the call is about.
        instance: Option<SecretDigest>,
    },
    /// `User …, Element …`
    Instance {
        /// The user's.
        user: SecretDigest,
        /// The token of the instance that the call goes through.
        instance: SecretDigest,
    },
    /// `Bearer …`, and perhaps `Element …`
    Token {
        /// The login token.
        token: SecretDigest,
        /// The token of the instance that the call is about.
        instance: Option<SecretDigest>,
    },
}

/// Who a caller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Who it is.
    pub identity: Identity,
    /// The user's password, as far as it is known.
    pub password: PasswordState,
    /// The instance whose token was presented.
    pub instance: Option<CalledInstance>,
    /// Until when what was presented is good by itself: a login token, or a secret that was replaced with an overlap. `None`
    /// if time alone ends none of it.
    pub good_until: Option<OffsetDateTime>,
}

/// What a login needs to know of the user who has an e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginCandidate {
    /// The user.
    pub user: User,
    /// Its password.
    pub password: StoredPassword,
    /// Name of the user's account.
    pub account_name: Name,
    /// Name of the user's organization.
    pub organization_name: Name,
    /// Whether user, account and organization are active.
    pub active: bool,
}

/// A login token as the store keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginToken {
    /// What it is found by.
    pub digest: SecretDigest,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
}

/// Where secrets and password hashes are kept.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait CredentialRepository: Send + Sync {
    /// Who presents this at `now`, in one round trip; `None` if any part is unknown or no longer good, if the user does
    /// not belong to that organization, if the instance is not of the user's organization, or if user, account or
    /// organization is inactive. (A locked user's secrets and tokens go on working: the lock is about passwords.)
    async fn authenticate(
        &self,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, RepositoryError>;

    /// The user who logs in with this e-mail, ignoring case, in whatever organization: people name none.
    async fn login_candidate(
        &self,
        email: &Email,
    ) -> Result<Option<LoginCandidate>, RepositoryError>;

    /// Logs a user in at `change.at`: keeps `token`, sets `last_login_at`, forgets the wrong passwords so far, and stores
    /// the better hash of `verified`, if there is one. Answers the user as it is then; `None`, and nothing is changed, if
    /// there is no such user in `scope`, if user, account or organization is inactive by now, or if the user's hash is by
    /// now another one than `verified.hash`. The revision grows only if the day of the last login (UTC), which everybody
    /// sees, is another one. No audit record.
    async fn log_in(
        &self,
        scope: &Scope,
        user: UserId,
        token: &LoginToken,
        verified: &VerifiedPassword,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError>;

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

    /// Writes, durably, that somebody could not log in, where [`password_failed`](Self::password_failed) has no user to
    /// count it for, or must not. Nobody reads it: it is there to take as long, so that nobody can tell by the time
    /// whether an e-mail is in use. [`forget_expired`](Self::forget_expired) erases what is older than a day.
    async fn login_refused(&self, change: &Change) -> Result<(), RepositoryError>;

    /// Forgets the wrong passwords so far, and stores the better hash of `verified`, if there is one; nothing if the user's
    /// hash is by now another one than `verified.hash`.
    async fn password_succeeded(
        &self,
        scope: &Scope,
        user: UserId,
        verified: &VerifiedPassword,
    ) -> Result<(), RepositoryError>;

    /// The organization's present secret as the store keeps it; `None` if there is no such organization.
    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError>;

    /// The user's present secret as the store keeps it; `None` if there is no such user in `scope`.
    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError>;

    /// Up to `limit` former password hashes of the user, the newest first, without the present one.
    async fn former_passwords(
        &self,
        scope: &Scope,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<PasswordHash>, RepositoryError>;

    /// Gives the user another secret. The one so far goes on working until `old_until`, or stops at once; those that were
    /// replaced before keep their time, but never beyond `old_until`. Counts as a write of the user: its revision grows.
    /// One audit record ([`AuditAction::SecretReset`](crate::AuditAction)) without values. `false` if there is no such
    /// user in `scope`.
    ///
    /// # Errors
    /// `Conflict` on the user's `secret` if any secret has this digest.
    async fn replace_user_secret(
        &self,
        scope: &Scope,
        user: UserId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError>;

    /// The same for an organization.
    ///
    /// # Errors
    /// `Conflict` on the organization's `secret` if any secret has this digest.
    async fn replace_organization_secret(
        &self,
        organization: OrganizationId,
        secret: &SealedSecret,
        old_until: Option<OffsetDateTime>,
        change: &Change,
    ) -> Result<bool, RepositoryError>;

    /// Erases up to `limit` login tokens and replaced secrets that are no longer good at `now`, and of
    /// what [`login_refused`](Self::login_refused) wrote over a day before; answers how many.
    async fn forget_expired(&self, now: OffsetDateTime, limit: u32)
    -> Result<u64, RepositoryError>;
}
