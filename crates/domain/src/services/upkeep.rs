//! What the server does for itself now and then: links the audit log, and erases what is no longer good.

use std::sync::Arc;

use time::Duration;

use super::{AuditChainService, ServiceError};
use crate::{
    Problem,
    ports::{Clock, CredentialRepository, ReplyRepository},
};

/// How many things are erased at a time: others write in between.
const BATCH: u32 = 500;

/// Does the server's own chores.
pub struct UpkeepService {
    credentials: Arc<dyn CredentialRepository>,
    replies: Arc<dyn ReplyRepository>,
    chain: AuditChainService,
    clock: Arc<dyn Clock>,
    retention: Option<Retention>,
}

/// How long audit records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention(Duration);

impl Retention {
    /// So many days.
    ///
    /// # Errors
    /// For none at all: records are needed until they are linked.
    pub fn of_days(days: u32) -> Result<Self, Problem> {
        if days == 0 {
            return Err(Problem::new("retention", "must be at least one day"));
        }
        Ok(Self(Duration::days(i64::from(days))))
    }
}

impl UpkeepService {
    /// Over these ports. Without `retention`, audit records are kept for ever.
    pub fn new(
        credentials: Arc<dyn CredentialRepository>,
        replies: Arc<dyn ReplyRepository>,
        chain: AuditChainService,
        clock: Arc<dyn Clock>,
        retention: Option<Retention>,
    ) -> Self {
        Self {
            credentials,
            replies,
            chain,
            clock,
            retention,
        }
    }

    /// Links what was written to the audit log since the last time; answers how many records. Meant for every second.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn link_audit_log(&self) -> Result<u64, ServiceError> {
        self.chain.link_pending().await
    }

    /// Erases login tokens, replaced secrets and kept replies whose time is over, and audit records beyond the retention;
    /// answers how many things. Meant for every few minutes.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn forget_expired(&self) -> Result<u64, ServiceError> {
        let now = self.clock.now();
        let mut forgotten = 0;
        loop {
            let some = self.credentials.forget_expired(now, BATCH).await?
                + self.replies.forget_expired(now, BATCH).await?;
            forgotten += some;
            if some == 0 {
                break;
            }
        }
        let Some(Retention(kept)) = self.retention else {
            return Ok(forgotten);
        };
        let Some(cutoff) = now.checked_sub(kept) else {
            return Ok(forgotten);
        };
        let mut after = None;
        loop {
            let organizations = self.chain.organizations(after).await?;
            let Some(last) = organizations.last().copied() else {
                return Ok(forgotten);
            };
            for organization in organizations {
                forgotten += self.chain.prune(organization, cutoff).await?;
            }
            after = Some(last);
        }
    }
}

impl std::fmt::Debug for UpkeepService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpkeepService").finish_non_exhaustive()
    }
}
