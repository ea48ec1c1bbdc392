//! By which master key the store was initialized, and everything in it that is sealed.

mod reseal;
mod walk;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Entity, KeyId, Sealed, SealedPlace,
    ports::{KeyringRepository, RepositoryError, Resealed, SealedBatch},
};

use self::reseal::Reseal;
use crate::{
    database::Database,
    error::corrupt,
    row::{Fields, number},
    sql::Statement,
};

/// The keyring over this database.
pub(crate) struct PostgresKeyring(pub(crate) Arc<Database>);

#[async_trait]
impl KeyringRepository for PostgresKeyring {
    async fn sentinel(&self) -> Result<Option<Sealed>, RepositoryError> {
        let rows = self
            .0
            .read(Statement::new(
                "SELECT id::bigint AS id, key_id, sealed FROM keyring",
            ))
            .await?;
        // The keyring belongs to the system organization; errors have no closer word.
        rows.first()
            .map(|row| Fields::of(Entity::Organization, row)?.sealed())
            .transpose()
    }

    async fn record_sentinel(&self, sentinel: &Sealed) -> Result<Sealed, RepositoryError> {
        // Waits for another node that is about to record its own, and then does nothing.
        self.0
            .write(
                Statement::new("INSERT INTO keyring (id, key_id, sealed) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING")
                    .bind(sentinel.key_id.0)
                    .bind(sentinel.bytes.as_slice())
            )
            .await?;
        self.sentinel()
            .await?
            .ok_or_else(|| corrupt(Entity::Organization, 1, "the keyring vanished"))
    }

    async fn replace_sentinel(&self, old: &Sealed, new: &Sealed) -> Result<bool, RepositoryError> {
        let rows = self
            .0
            .write(
                Statement::new(
                    "UPDATE keyring SET key_id = $1, sealed = $2 WHERE id = 1 AND key_id = $3 AND sealed = $4 RETURNING id",
                )
                .bind(new.key_id.0)
                .bind(new.bytes.as_slice())
                .bind(old.key_id.0)
                .bind(old.bytes.as_slice()),
            )
            .await?;
        Ok(!rows.is_empty())
    }

    async fn count_sealed(&self, up_to: u64) -> Result<u64, RepositoryError> {
        let rows = self
            .0
            .read(
                Statement::new(
                    "SELECT count(*) FROM (SELECT 1 FROM organization_secrets \
                     UNION ALL SELECT 1 FROM user_secrets UNION ALL SELECT 1 FROM instance_secrets \
                     UNION ALL SELECT 1 FROM instance_configurations WHERE sealed IS NOT NULL \
                     UNION ALL SELECT 1 FROM replies WHERE sealed IS NOT NULL LIMIT $1) AS found",
                )
                .bind(i64::try_from(up_to).unwrap_or(i64::MAX)),
            )
            .await?;
        number(rows.first())
    }

    async fn sealed_by_others(
        &self,
        key: KeyId,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<SealedBatch, RepositoryError> {
        walk::stretch(&self.0, key, after, limit).await
    }

    async fn reseal(&self, items: &[Resealed]) -> Result<u64, RepositoryError> {
        self.0.transact(&Reseal { items }).await
    }
}
