//! Replies that may have to be sent again.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Entity, ReplyKey, Sealed, SecretDigest,
    ports::{Begun, ReplyRepository, RepositoryError},
};
use time::OffsetDateTime;

use crate::{
    database::Database,
    row::{Fields, number},
    sql::Statement,
};

/// How often a key is tried whose call is abandoned every time just before it can be read.
const TRIES: u32 = 3;

/// Replies in this database.
pub(crate) struct PostgresReplies(pub(crate) Arc<Database>);

#[async_trait]
impl ReplyRepository for PostgresReplies {
    async fn begin(
        &self,
        key: &ReplyKey,
        fingerprint: &SecretDigest,
        now: OffsetDateTime,
        running_until: OffsetDateTime,
    ) -> Result<Begun, RepositoryError> {
        for _ in 0..TRIES {
            if self.claim(key, fingerprint, now, running_until).await? {
                return Ok(Begun::First);
            }
            if let Some(begun) = self.known(key, fingerprint, now).await? {
                return Ok(begun);
            }
        }
        Ok(Begun::Running)
    }

    async fn finish(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
        reply: &Sealed,
        kept_until: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let statement = keyed(
            "UPDATE replies SET sealed = $4, key_id = $5, expires_at = $6 \
             WHERE organization_id = $1 AND user_id = $2 AND key = $3 AND sealed IS NULL AND expires_at = $7",
            key,
        )
        .bind(reply.bytes.as_slice())
        .bind(reply.key_id.0)
        .bind(kept_until)
        .bind(running_until);
        self.0.write(statement).await.map(drop)
    }

    async fn abandon(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let statement = keyed(
            "DELETE FROM replies \
             WHERE organization_id = $1 AND user_id = $2 AND key = $3 AND sealed IS NULL AND expires_at = $4",
            key,
        )
        .bind(running_until);
        self.0.write(statement).await.map(drop)
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        // What another node is just erasing is left to it.
        let rows = self
            .0
            .write(
                Statement::new(
                    "WITH over AS MATERIALIZED (SELECT organization_id, user_id, key FROM replies \
                     WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
                     erased AS (DELETE FROM replies USING over WHERE replies.organization_id = over.organization_id \
                     AND replies.user_id = over.user_id AND replies.key = over.key RETURNING 1) \
                     SELECT count(*) FROM erased",
                )
                .bind(now)
                .bind(i64::from(limit)),
            )
            .await?;
        number(rows.first())
    }
}

impl PostgresReplies {
    /// Takes the key if nobody has it any more. Whoever takes it at the same moment is waited for.
    async fn claim(
        &self,
        key: &ReplyKey,
        fingerprint: &SecretDigest,
        now: OffsetDateTime,
        running_until: OffsetDateTime,
    ) -> Result<bool, RepositoryError> {
        let statement = keyed(
            "INSERT INTO replies (organization_id, user_id, key, fingerprint, expires_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (organization_id, user_id, key) DO UPDATE \
             SET fingerprint = excluded.fingerprint, sealed = NULL, key_id = NULL, expires_at = excluded.expires_at \
             WHERE replies.expires_at <= $6 RETURNING 1",
            key,
        )
        .bind(fingerprint.as_bytes().as_slice())
        .bind(running_until)
        .bind(now);
        Ok(!self.0.write(statement).await?.is_empty())
    }

    /// What became of the call that has the key; `None` if it was abandoned since.
    async fn known(
        &self,
        key: &ReplyKey,
        fingerprint: &SecretDigest,
        now: OffsetDateTime,
    ) -> Result<Option<Begun>, RepositoryError> {
        let statement = keyed(
            "SELECT user_id AS id, fingerprint, sealed IS NULL AS running, sealed, key_id FROM replies \
             WHERE organization_id = $1 AND user_id = $2 AND key = $3 AND expires_at > $4",
            key,
        )
        .bind(now);
        let rows = self.0.read(statement).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        // Errors have no word for a reply, so they name the user.
        let fields = Fields::of(Entity::User, row)?;
        Ok(Some(if fields.digest("fingerprint")? != *fingerprint {
            Begun::Other
        } else if fields.get("running")? {
            Begun::Running
        } else {
            Begun::Done(fields.sealed()?)
        }))
    }
}

/// The statement, with the parts of the key as $1, $2 and $3.
fn keyed(text: &'static str, key: &ReplyKey) -> Statement {
    Statement::new(text)
        .bind(key.organization_id.get())
        .bind(key.user_id.get())
        .bind(key.key.as_str())
}
