//! Kept replies in memory.

use async_trait::async_trait;
use tenantry_domain::{
    Entity, ReplyKey, Scope, Sealed, SecretDigest,
    ports::{Begun, ReplyRepository, RepositoryError},
};
use time::OffsetDateTime;

use super::{MemoryStore, state::Reply};

#[async_trait]
impl ReplyRepository for MemoryStore {
    async fn begin(
        &self,
        key: &ReplyKey,
        fingerprint: &SecretDigest,
        now: OffsetDateTime,
        running_until: OffsetDateTime,
    ) -> Result<Begun, RepositoryError> {
        let mut state = self.state();
        let known = state
            .replies
            .get(key)
            .filter(|reply| now < reply.expires_at);
        let Some(known) = known else {
            let scope = Scope::organization(key.organization_id);
            if state.user(&scope, key.user_id).is_none() {
                return Err(RepositoryError::Conflict {
                    entity: Entity::User,
                    field: "id",
                });
            }
            let begun = Reply {
                fingerprint: *fingerprint,
                sealed: None,
                expires_at: running_until,
            };
            state.replies.insert(key.clone(), begun);
            return Ok(Begun::First);
        };
        Ok(match &known.sealed {
            _ if known.fingerprint != *fingerprint => Begun::Other,
            None => Begun::Running,
            Some(sealed) => Begun::Done(sealed.clone()),
        })
    }

    async fn finish(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
        reply: &Sealed,
        kept_until: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        if let Some(begun) = state.replies.get_mut(key)
            && begun.is_running_until(running_until)
        {
            begun.sealed = Some(reply.clone());
            begun.expires_at = kept_until;
        }
        Ok(())
    }

    async fn abandon(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        let running = |reply: &Reply| reply.is_running_until(running_until);
        if state.replies.get(key).is_some_and(running) {
            state.replies.remove(key);
        }
        Ok(())
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let over = |_: &ReplyKey, reply: &mut Reply| reply.expires_at <= now;
        Ok(state
            .replies
            .extract_if(.., over)
            .take(limit)
            .map(|_| 1)
            .sum())
    }
}

impl Reply {
    /// Whether it is still that of the call that was begun to run until then.
    fn is_running_until(&self, running_until: OffsetDateTime) -> bool {
        self.sealed.is_none() && self.expires_at == running_until
    }
}
