//! Linking the audit log into a chain, proving that it is whole, and letting go of what is old enough (decision 009).
//!
//! Nobody calls this but the server itself and its operator.

use std::sync::Arc;

use time::OffsetDateTime;

use super::ServiceError;
use crate::{
    AuditRecord, ChainFault, ChainHead, ChainLink, OrganizationId,
    ports::{AuditChain, ChainSeal},
};

/// How many records are read and linked at a time.
const BATCH: u32 = 500;
/// How many batches of one organization are linked before others have their turn.
const TURN: u32 = 16;

/// Keeps and proves the chain.
pub struct AuditChainService {
    chain: Arc<dyn AuditChain>,
    seal: Arc<dyn ChainSeal>,
}

/// What came out of proving the chain of one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Whose chain.
    pub organization: OrganizationId,
    /// How many linked records were looked at.
    pub records: u64,
    /// How many records are not linked yet, counted no further than a batch; nothing is proved of them.
    pub unlinked: u64,
    /// Where the chain begins and ends. Kept elsewhere and compared later, it shows whether the whole store was taken back
    /// to an older state.
    pub head: Option<ChainHead>,
    /// What is wrong; nothing if the chain is whole.
    pub fault: Option<ChainFault>,
}

/// What came of signing a head anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedAnew {
    /// No record of the organization was linked yet.
    NoHead,
    /// The current key had signed it.
    Already,
    /// A former key had signed it, and now the current one has.
    Done,
    /// No key at hand had signed it: it stays as it is.
    Foreign,
}

impl AuditChainService {
    /// Over these ports.
    pub fn new(chain: Arc<dyn AuditChain>, seal: Arc<dyn ChainSeal>) -> Self {
        Self { chain, seal }
    }

    /// Links what is committed and not linked yet, of every organization whose head is signed; answers how many records
    /// that were.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn link_pending(&self) -> Result<u64, ServiceError> {
        let mut linked = 0;
        loop {
            let waiting = self.chain.unlinked_organizations(BATCH).await?;
            let mut more = waiting.len() == BATCH as usize;
            let mut progress = 0;
            let mut failed = None;
            for organization in waiting {
                match self.link_some_of(organization).await {
                    Ok((links, ended)) => {
                        progress += links;
                        more |= !ended;
                    }
                    // Where the store is away, the next one would wait for it just as long.
                    Err(error) if error.is_retryable() => return Err(error),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            linked += progress;
            // What has come meanwhile is left to the next time: under load there would be no end.
            if !more || progress == 0 {
                return failed.map_or(Ok(linked), Err);
            }
        }
    }

    /// Links what waits in one organization, as much as its turn lasts; answers how much that was, and whether it was all of it. What
    /// another node is linking is left to that one.
    async fn link_some_of(
        &self,
        organization: OrganizationId,
    ) -> Result<(u64, bool), ServiceError> {
        let mut linked = 0;
        for _ in 0..TURN {
            let links = self.link_organization(organization).await?;
            linked += links;
            if links < u64::from(BATCH) {
                return Ok((linked, true));
            }
        }
        Ok((linked, false))
    }

    /// Links one batch; answers 0 if there was nothing, or another node was faster. Nothing is linked to a head that no key
    /// at hand signed: what follows would be signed, and the head of whoever altered the store good again.
    async fn link_organization(&self, organization: OrganizationId) -> Result<u64, ServiceError> {
        let old = self.chain.head(organization).await?;
        if old
            .as_ref()
            .is_some_and(|head| !self.is_signed(organization, head))
        {
            return Err(ServiceError::BrokenChain {
                organization,
                fault: ChainFault::Signature,
            });
        }
        let records = self.chain.unlinked(organization, BATCH).await?;
        let (start, mut end) = match &old {
            Some(head) => (head.start, head.end),
            None => (ChainLink::ORIGIN, ChainLink::ORIGIN),
        };
        let mut links = Vec::with_capacity(records.len());
        for record in &records {
            end = self.next(&end, record);
            links.push((record.id, end));
        }
        if links.is_empty() {
            return Ok(0);
        }
        let new = self.signed_head(organization, start, end);
        let kept = self
            .chain
            .link(organization, old.as_ref(), &links, &new)
            .await?;
        Ok(if kept { links.len() as u64 } else { 0 })
    }

    /// Proves the chain of one organization, while others go on writing and linking.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn verify(&self, organization: OrganizationId) -> Result<ChainReport, ServiceError> {
        let unlinked = self.chain.unlinked(organization, BATCH).await?.len() as u64;
        let mut report = ChainReport {
            organization,
            records: 0,
            unlinked,
            head: None,
            fault: None,
        };
        let mut at = ChainLink::ORIGIN;
        loop {
            let head = self.chain.head(organization).await?;
            let Some(head) = head else {
                let stray = self.chain.linked(organization, 0, 1).await?;
                report.fault = (!stray.is_empty()).then_some(ChainFault::NoHead);
                return Ok(report);
            };
            if !self.is_signed(organization, &head) {
                report.fault = Some(ChainFault::Signature);
                report.head = Some(head);
                return Ok(report);
            }
            // Where the beginning was let go meanwhile, the proof goes on behind it.
            if head.start.position > at.position {
                at = head.start;
            }
            let settled = report.head.as_ref() == Some(&head);
            report.head = Some(head.clone());
            if let Some(fault) = self.walk(&head, &mut at, &mut report).await? {
                // It may have been let go between two reads: then the head has moved.
                if self.chain.head(organization).await?.as_ref() != Some(&head) {
                    continue;
                }
                report.fault = Some(fault);
                return Ok(report);
            }
            if settled {
                return Ok(report);
            }
        }
    }

    /// Follows the chain from `at` to the end of `head`, and looks whether it ends there.
    async fn walk(
        &self,
        head: &ChainHead,
        at: &mut ChainLink,
        report: &mut ChainReport,
    ) -> Result<Option<ChainFault>, ServiceError> {
        let organization = report.organization;
        while at.position < head.end.position {
            let found = self.chain.linked(organization, at.position, BATCH).await?;
            if found.is_empty() {
                return Ok(Some(ChainFault::Missing(at.position + 1)));
            }
            for (record, link) in found {
                if at.position == head.end.position {
                    break;
                }
                let expected = self.next(at, &record);
                if link.position != expected.position {
                    return Ok(Some(ChainFault::Missing(expected.position)));
                }
                if link != expected {
                    return Ok(Some(ChainFault::Altered {
                        position: link.position,
                        record: record.id,
                    }));
                }
                *at = link;
                report.records += 1;
            }
        }
        if *at != head.end {
            return Ok(Some(ChainFault::Missing(head.end.position)));
        }
        let beyond = self.chain.linked(organization, at.position, 1).await?;
        Ok(beyond
            .first()
            .map(|(_, link)| ChainFault::Beyond(link.position)))
    }

    /// The link at `position`, or nothing if there is none: it was let go, or never was. To be compared with a head that was
    /// kept elsewhere.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn link_at(
        &self,
        organization: OrganizationId,
        position: i64,
    ) -> Result<Option<ChainLink>, ServiceError> {
        let head = self.chain.head(organization).await?;
        if let Some(head) = head
            && head.start.position == position
        {
            return Ok(Some(head.start));
        }
        let before = position.saturating_sub(1);
        let found = self.chain.linked(organization, before, 1).await?;
        let link = found.first().map(|(_, link)| *link);
        Ok(link.filter(|link| link.position == position))
    }

    /// Where the organization's chain begins and ends; nothing if no record was linked yet.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn head(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<ChainHead>, ServiceError> {
        Ok(self.chain.head(organization).await?)
    }

    /// Lets go of the organization's linked records from before `cutoff`; answers how many. The chain begins behind them
    /// then, and stays provable. Nothing goes while the head is not signed with a key at hand.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn prune(
        &self,
        organization: OrganizationId,
        cutoff: OffsetDateTime,
    ) -> Result<u64, ServiceError> {
        let mut pruned = 0;
        while let Some(old) = self.chain.head(organization).await? {
            if !self.is_signed(organization, &old) {
                break;
            }
            let found = self
                .chain
                .linked(organization, old.start.position, BATCH)
                .await?;
            let last = found
                .iter()
                .take_while(|(record, _)| record.change.at < cutoff)
                .last();
            let Some((_, link)) = last else {
                break;
            };
            let new = self.signed_head(organization, *link, old.end);
            if !self.chain.prune(organization, &old, &new).await? {
                break;
            }
            pruned += link.position.abs_diff(old.start.position);
        }
        Ok(pruned)
    }

    /// Signs the head of the organization's chain anew, with the current master key, if another one of this deployment's
    /// keys signed it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn sign_anew(
        &self,
        organization: OrganizationId,
    ) -> Result<SignedAnew, ServiceError> {
        while let Some(old) = self.chain.head(organization).await? {
            if !self.is_signed(organization, &old) {
                return Ok(SignedAnew::Foreign);
            }
            let new = self.signed_head(organization, old.start, old.end);
            if new.signature.key_id == old.signature.key_id {
                return Ok(SignedAnew::Already);
            }
            if self.chain.link(organization, Some(&old), &[], &new).await? {
                return Ok(SignedAnew::Done);
            }
        }
        Ok(SignedAnew::NoHead)
    }

    /// The next organizations with ids beyond `after`, by id.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn organizations(
        &self,
        after: Option<OrganizationId>,
    ) -> Result<Vec<OrganizationId>, ServiceError> {
        Ok(self.chain.organizations(after, BATCH).await?)
    }

    fn next(&self, previous: &ChainLink, record: &AuditRecord) -> ChainLink {
        ChainLink {
            position: previous.position + 1,
            hash: self.seal.link(&previous.hash, &record.canonical()),
        }
    }

    fn signed_head(
        &self,
        organization: OrganizationId,
        start: ChainLink,
        end: ChainLink,
    ) -> ChainHead {
        let signature = self
            .seal
            .sign(organization, &ChainHead::signed_bytes(&start, &end));
        ChainHead {
            start,
            end,
            signature,
        }
    }

    fn is_signed(&self, organization: OrganizationId, head: &ChainHead) -> bool {
        let bytes = ChainHead::signed_bytes(&head.start, &head.end);
        self.seal.is_signed(organization, &bytes, &head.signature)
    }
}

impl std::fmt::Debug for AuditChainService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditChainService").finish_non_exhaustive()
    }
}
