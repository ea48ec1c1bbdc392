//! Calls that are repeated under one key: done once, answered alike (contract, section 3, `Idempotency-Key`).

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::ServiceError;
use crate::{
    Actor, Admission, Entity, ReplyKey, SealedPlace,
    ports::{Begun, Clock, ReplyRepository, RepositoryError, SecretVault},
};

/// How long a reply is kept.
const KEPT: Duration = Duration::hours(24);
/// After so long, a call that neither finished nor failed is taken for lost with the server that ran it.
const RUNS: Duration = Duration::minutes(2);

/// Remembers replies, sealed: they may hold secrets.
pub struct ReplyService {
    replies: Arc<dyn ReplyRepository>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
}

/// What a call under a key is.
#[derive(Debug)]
pub enum Repetition {
    /// The first one: do it, and say what came of it.
    First(FirstCall),
    /// Another one while the first is running.
    Running,
    /// Another call under the same key.
    Other,
    /// The first one is done; this is its reply.
    Done(Vec<u8>),
}

/// The first call under a key, to be ended by its reply or without one.
#[derive(Debug)]
pub struct FirstCall {
    key: ReplyKey,
    /// Tells it from a later call that takes the key over.
    running_until: OffsetDateTime,
}

impl ReplyService {
    /// Over these ports.
    pub fn new(
        replies: Arc<dyn ReplyRepository>,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            replies,
            vault,
            clock,
        }
    }

    /// Begins a call of `actor` under `key`; `call` is what tells it from other calls. It is another call as well once the
    /// actor is admitted to something else or may do something else: nobody gets by a key what he could not have done.
    ///
    /// # Errors
    /// `Unauthenticated` if the actor was erased since it was authenticated; if the store fails, or a kept reply cannot be
    /// opened.
    pub async fn begin(
        &self,
        actor: &Actor,
        key: String,
        call: &[u8],
    ) -> Result<Repetition, ServiceError> {
        let fingerprint = self.vault.fingerprint(&fingerprinted(actor, call));
        let key = ReplyKey {
            organization_id: actor.identity().organization_id,
            user_id: actor.identity().user_id,
            key,
        };
        let now = self.clock.now();
        let running_until = now + RUNS;
        let begun = match self
            .replies
            .begin(&key, &fingerprint, now, running_until)
            .await
        {
            Err(RepositoryError::Conflict {
                entity: Entity::User,
                ..
            }) => return Err(ServiceError::Unauthenticated),
            begun => begun?,
        };
        Ok(match begun {
            Begun::First => Repetition::First(FirstCall { key, running_until }),
            Begun::Running => Repetition::Running,
            Begun::Other => Repetition::Other,
            Begun::Done(sealed) => {
                Repetition::Done(self.vault.open(&SealedPlace::Reply(key), &sealed)?)
            }
        })
    }

    /// Keeps the reply of the first call, unless it took so long that another one has its key.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn finish(&self, call: FirstCall, reply: &[u8]) -> Result<(), ServiceError> {
        let place = SealedPlace::Reply(call.key.clone());
        let sealed = self.vault.seal(&place, reply);
        let kept_until = self.clock.now() + KEPT;
        self.replies
            .finish(&call.key, call.running_until, &sealed, kept_until)
            .await?;
        Ok(())
    }

    /// Frees the key, if no other call has it by now: the first one came to nothing, and may be tried again.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn abandon(&self, call: FirstCall) -> Result<(), ServiceError> {
        self.replies.abandon(&call.key, call.running_until).await?;
        Ok(())
    }
}

/// Who calls and what, as bytes. What comes before the call has one length.
fn fingerprinted(actor: &Actor, call: &[u8]) -> Vec<u8> {
    let identity = actor.identity();
    let admission: u8 = match actor.admission() {
        Admission::Platform => 1,
        Admission::Instance => 2,
        Admission::PasswordChange => 3,
    };
    let mut bytes = Vec::with_capacity(call.len() + 18);
    bytes.push(admission);
    bytes.push(identity.rank as u8);
    bytes.extend(identity.privileges.bits().to_be_bytes());
    bytes.extend(identity.account_id.get().to_be_bytes());
    bytes.extend(call);
    bytes
}

impl std::fmt::Debug for ReplyService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplyService").finish_non_exhaustive()
    }
}
