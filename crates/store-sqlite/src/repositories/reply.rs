//! Replies that may have to be sent again.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tenantry_domain::{
    Entity, ReplyKey, Scope, Sealed, SecretDigest,
    ports::{Begun, BoxError, ReplyRepository, RepositoryError},
};
use time::OffsetDateTime;

use crate::{
    engine::Engine,
    error::Failure,
    instant::to_micros,
    rows::{Cells, secret, user},
};

/// Finds the keys by the index on `expires_at`.
const FORGET: &str = "DELETE FROM replies WHERE (organization_id, user_id, key) IN \
    (SELECT organization_id, user_id, key FROM replies WHERE expires_at <= ? LIMIT ?)";

pub(crate) struct Replies(pub(crate) Engine);

#[async_trait]
impl ReplyRepository for Replies {
    async fn begin(
        &self,
        key: &ReplyKey,
        fingerprint: &SecretDigest,
        now: OffsetDateTime,
        running_until: OffsetDateTime,
    ) -> Result<Begun, RepositoryError> {
        let (key, fingerprint) = (key.clone(), *fingerprint);
        self.0
            .write(move |connection| begin(connection, &key, &fingerprint, now, running_until))
            .await
    }

    async fn finish(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
        reply: &Sealed,
        kept_until: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let (key, reply) = (key.clone(), reply.clone());
        self.0
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "UPDATE replies SET sealed = ?, key_id = ?, expires_at = ? \
                         WHERE organization_id = ? AND user_id = ? AND key = ? AND sealed IS NULL AND expires_at = ?",
                    )?
                    .execute(params![
                        reply.bytes,
                        secret::key_name(reply.key_id),
                        to_micros(kept_until),
                        key.organization_id.get(),
                        key.user_id.get(),
                        key.key,
                        to_micros(running_until),
                    ])?;
                Ok(())
            })
            .await
    }

    async fn abandon(
        &self,
        key: &ReplyKey,
        running_until: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let key = key.clone();
        self.0
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "DELETE FROM replies \
                         WHERE organization_id = ? AND user_id = ? AND key = ? AND sealed IS NULL AND expires_at = ?",
                    )?
                    .execute(params![
                        key.organization_id.get(),
                        key.user_id.get(),
                        key.key,
                        to_micros(running_until),
                    ])?;
                Ok(())
            })
            .await
    }

    async fn forget_expired(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        self.0
            .write(move |connection| {
                let erased = connection
                    .prepare_cached(FORGET)?
                    .execute([to_micros(now), i64::from(limit)])?;
                Ok(u64::try_from(erased).unwrap_or(u64::MAX))
            })
            .await
    }
}

/// Writes come one after the other, so of several calls one finds nothing, and the others find that one.
fn begin(
    connection: &Connection,
    key: &ReplyKey,
    fingerprint: &SecretDigest,
    now: OffsetDateTime,
    running_until: OffsetDateTime,
) -> Result<Begun, Failure> {
    let (organization, user) = (key.organization_id.get(), key.user_id.get());
    let known = connection
        .prepare_cached(
            "SELECT fingerprint, sealed IS NOT NULL, key_id, sealed FROM replies \
             WHERE organization_id = ? AND user_id = ? AND key = ? AND expires_at > ?",
        )?
        .query_row(
            params![organization, user, key.key, to_micros(now)],
            |row| Ok(begun(row, fingerprint)),
        )
        .optional()?;
    if let Some(known) = known {
        return known.map_err(Failure::backend);
    }
    // A foreign key that is violated does not say which one.
    let scope = Scope::organization(key.organization_id);
    if user::find(connection, &scope, key.user_id)?.is_none() {
        return Err(Failure::conflict(Entity::User, "id"));
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO replies (organization_id, user_id, key, fingerprint, expires_at) \
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            organization,
            user,
            key.key,
            fingerprint.as_bytes(),
            to_micros(running_until),
        ])?;
    Ok(Begun::First)
}

/// What a call that was begun before under the same key means for one with this fingerprint.
fn begun(row: &Row<'_>, fingerprint: &SecretDigest) -> Result<Begun, BoxError> {
    let mut cells = Cells::of(row);
    if SecretDigest::new(cells.take()?) != *fingerprint {
        return Ok(Begun::Other);
    }
    if cells.take()? {
        Ok(Begun::Done(secret::read_sealed(&mut cells)?))
    } else {
        Ok(Begun::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan_of;

    #[test]
    fn keys_whose_time_is_over_are_found_by_their_index() {
        let found = "SEARCH replies USING COVERING INDEX replies_expires_idx (expires_at<?)";
        assert!(plan_of(FORGET).iter().any(|step| step == found));
    }
}
