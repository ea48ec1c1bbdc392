//! The one row that tells by which master key the store was initialized.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Entity, Sealed,
    ports::{KeyringRepository, RepositoryError},
};

use crate::{database::Database, error::corrupt, row::Fields, sql::Statement};

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
}
