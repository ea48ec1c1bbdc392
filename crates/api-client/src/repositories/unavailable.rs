//! What no server hands out, or lets anybody do from outside: digests, hashes, sealed things, the chain, kept replies,
//! organizations as a whole.

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, AuditId, AuditRecord, ChainHead, ChainLink, Change, Email, KeyId, OrganizationId,
    PasswordHash, ReplyKey, Scope, Sealed, SealedPlace, SealedSecret, SecretDigest, User, UserId,
    ports::{
        AuditChain, Authenticated, Begun, Caller, CredentialRepository, KeyringRepository, Lockout,
        LoginCandidate, LoginToken, ReplyRepository, RepositoryError, Resealed, SealedBatch,
        StoredPassword, TransferRepository, VerifiedPassword,
    },
    transfer::{
        Finding, Holder, Ids, OrganizationRecord, Part, SealedRecord, SourceName, Transfer,
    },
};
use time::OffsetDateTime;

/// Nothing of this can be done from outside.
#[derive(Debug)]
pub(crate) struct Unavailable;

/// One trait, all of whose methods answer `Unsupported`.
macro_rules! unavailable {
    ($trait:ident: $($method:ident $(<$life:lifetime>)? ($($argument:ty),*) -> $answer:ty, $what:literal;)*) => {
        #[async_trait]
        impl $trait for Unavailable {
            $(
                async fn $method $(<$life>)? (&self, $(_: $argument),*) -> Result<$answer, RepositoryError> {
                    Err(RepositoryError::Unsupported { what: $what })
                }
            )*
        }
    };
}

unavailable! {
    CredentialRepository:
    authenticate(&Caller, OffsetDateTime) -> Option<Authenticated>, "telling by digests who is calling";
    login_candidate(&Email) -> Option<LoginCandidate>, "reading the hash of a password";
    log_in(&Scope, UserId, &LoginToken, &VerifiedPassword, &Change) -> Option<User>, "logging in without the password";
    password(&Scope, UserId) -> Option<StoredPassword>, "reading the hash of a password";
    password_failed(&Scope, UserId, &Lockout, &Change) -> (), "counting wrong passwords";
    login_refused(&Change) -> (), "counting wrong passwords";
    password_succeeded(&Scope, UserId, &VerifiedPassword) -> (), "counting wrong passwords";
    organization_secret(OrganizationId) -> Option<SealedSecret>, "reading a sealed secret";
    user_secret(&Scope, UserId) -> Option<SealedSecret>, "reading a sealed secret";
    former_passwords(&Scope, UserId, u32) -> Vec<PasswordHash>, "reading the hash of a password";
    replace_user_secret(&Scope, UserId, &SealedSecret, Option<OffsetDateTime>, &Change) -> bool, "replacing a secret by a given one";
    replace_organization_secret(OrganizationId, &SealedSecret, Option<OffsetDateTime>, &Change) -> bool, "replacing a secret by a given one";
    forget_expired(OffsetDateTime, u32) -> u64, "the upkeep of secrets";
}

unavailable! {
    KeyringRepository:
    sentinel() -> Option<Sealed>, "reading what the master key sealed";
    record_sentinel(&Sealed) -> Sealed, "reading what the master key sealed";
    replace_sentinel(&Sealed, &Sealed) -> bool, "sealing anew";
    count_sealed(u64) -> u64, "reading what the master key sealed";
    sealed_by_others(KeyId, Option<SealedPlace>, u32) -> SealedBatch, "reading what the master key sealed";
    reseal(&[Resealed]) -> u64, "sealing anew";
}

unavailable! {
    ReplyRepository:
    begin(&ReplyKey, &SecretDigest, OffsetDateTime, OffsetDateTime) -> Begun, "keeping replies";
    finish(&ReplyKey, OffsetDateTime, &Sealed, OffsetDateTime) -> (), "keeping replies";
    abandon(&ReplyKey, OffsetDateTime) -> (), "keeping replies";
    forget_expired(OffsetDateTime, u32) -> u64, "keeping replies";
}

unavailable! {
    AuditChain:
    organizations(Option<OrganizationId>, u32) -> Vec<OrganizationId>, "listing all organizations";
    unlinked_organizations(u32) -> Vec<OrganizationId>, "the chain of the audit log";
    head(OrganizationId) -> Option<ChainHead>, "the chain of the audit log";
    unlinked(OrganizationId, u32) -> Vec<AuditRecord>, "the chain of the audit log";
    link<'a>(OrganizationId, Option<&'a ChainHead>, &[(AuditId, ChainLink)], &ChainHead) -> bool, "the chain of the audit log";
    linked(OrganizationId, i64, u32) -> Vec<(AuditRecord, ChainLink)>, "the chain of the audit log";
    prune(OrganizationId, &ChainHead, &ChainHead) -> bool, "the chain of the audit log";
}

unavailable! {
    TransferRepository:
    find(&SourceName) -> Option<Transfer>, "moving an organization in";
    begin(&SourceName, Ids, &OrganizationRecord<SealedSecret>, &Change) -> Transfer, "moving an organization in";
    check_begin(&SourceName, Ids, &OrganizationRecord<SealedSecret>) -> (), "moving an organization in";
    holder(SecretDigest) -> Option<Holder>, "moving an organization in";
    begin_into(&SourceName, Ids, OrganizationId, AccountId) -> Option<Transfer>, "moving an organization in";
    examine(&Transfer, &[SealedRecord]) -> Vec<Finding>, "moving an organization in";
    write(&Transfer, &[SealedRecord], &Change) -> Vec<Finding>, "moving an organization in";
    finish(&Transfer) -> (), "moving an organization in";
    organization(OrganizationId) -> Option<OrganizationRecord<SealedSecret>>, "reading a sealed secret";
    read(OrganizationId, Part, i64, u32) -> Vec<SealedRecord>, "reading a sealed secret";
    count(OrganizationId, Part) -> u64, "moving an organization out";
}
