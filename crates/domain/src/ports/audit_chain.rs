//! The chain that proves that the audit log is whole: every record is linked, some time after its commit, to the one
//! linked before it, so that writers never wait for each other (decision 009).

use async_trait::async_trait;

use super::RepositoryError;
use crate::{AuditId, AuditRecord, ChainHead, ChainLink, ChainSignature, OrganizationId};

/// Keeps the links of the audit log, one chain for each organization.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AuditChain: Send + Sync {
    /// Up to `limit` organizations with ids beyond `after`, by id.
    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError>;

    /// Up to `limit` organizations that have records without a link.
    async fn unlinked_organizations(
        &self,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError>;

    /// Where the chain of the organization begins and ends; `None` if no record was linked yet.
    async fn head(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<ChainHead>, RepositoryError>;

    /// Up to `limit` committed records of the organization without a link, by id.
    async fn unlinked(
        &self,
        organization: OrganizationId,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RepositoryError>;

    /// Keeps the links of these records and makes `new` the head, in one write, if the head is still `old`; `false` and
    /// nothing is kept if not: another node was faster.
    async fn link<'a>(
        &self,
        organization: OrganizationId,
        old: Option<&'a ChainHead>,
        links: &[(AuditId, ChainLink)],
        new: &ChainHead,
    ) -> Result<bool, RepositoryError>;

    /// Up to `limit` linked records of the organization at positions beyond `after`, by position.
    async fn linked(
        &self,
        organization: OrganizationId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(AuditRecord, ChainLink)>, RepositoryError>;

    /// Erases the linked records up to the position where `new` begins, and makes `new` the head, in one write, if the
    /// head is still `old`; `false` and nothing is erased if not.
    async fn prune(
        &self,
        organization: OrganizationId,
        old: &ChainHead,
        new: &ChainHead,
    ) -> Result<bool, RepositoryError>;
}

/// Computes links and signs heads. Holds keys; the store never sees them.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait ChainSeal: Send + Sync {
    /// The hash of a link: of the one before it and of the record as [`AuditRecord::canonical`] writes it.
    fn link(&self, previous: &[u8; 32], record: &[u8]) -> [u8; 32];

    /// Signs what [`ChainHead::signed_bytes`] says, with the current master key.
    fn sign(&self, organization: OrganizationId, head: &[u8]) -> ChainSignature;

    /// Whether the signature is one of this deployment's keys over these bytes.
    fn is_signed(
        &self,
        organization: OrganizationId,
        head: &[u8],
        signature: &ChainSignature,
    ) -> bool;
}
