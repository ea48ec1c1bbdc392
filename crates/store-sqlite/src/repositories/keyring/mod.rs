//! What is remembered of the master key, and everything that one sealed.

mod reseal;
mod walk;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tenantry_domain::{
    KeyId, Sealed, SealedPlace,
    ports::{KeyringRepository, RepositoryError, Resealed, SealedBatch},
};

use self::{reseal::reseal, walk::walk};
use crate::{
    engine::Engine,
    error::Failure,
    rows::{Cells, secret},
    sql::Sql,
};

pub(crate) struct Keyring(pub(crate) Engine);

#[async_trait]
impl KeyringRepository for Keyring {
    async fn sentinel(&self) -> Result<Option<Sealed>, RepositoryError> {
        self.0.look_up(find).await
    }

    async fn record_sentinel(&self, sentinel: &Sealed) -> Result<Sealed, RepositoryError> {
        let sentinel = sentinel.clone();
        self.0
            .write(move |connection| {
                connection
                    .prepare_cached("INSERT INTO keyring (id, key_id, sealed) VALUES (1, ?, ?) ON CONFLICT DO NOTHING")?
                    .execute(params![secret::key_name(sentinel.key_id), sentinel.bytes])?;
                Ok(find(connection)?.unwrap_or(sentinel))
            })
            .await
    }

    async fn replace_sentinel(&self, old: &Sealed, new: &Sealed) -> Result<bool, RepositoryError> {
        let (old, new) = (old.clone(), new.clone());
        self.0
            .write(move |connection| {
                let replaced = connection
                    .prepare_cached(
                        "UPDATE keyring SET key_id = ?, sealed = ? WHERE key_id = ? AND sealed = ?",
                    )?
                    .execute(params![
                        secret::key_name(new.key_id),
                        new.bytes,
                        secret::key_name(old.key_id),
                        old.bytes,
                    ])?;
                Ok(replaced > 0)
            })
            .await
    }

    async fn count_sealed(&self, up_to: u64) -> Result<u64, RepositoryError> {
        let mut sql = Sql::new(
            "SELECT count(*) FROM (SELECT 1 FROM organization_secrets \
             UNION ALL SELECT 1 FROM user_secrets \
             UNION ALL SELECT 1 FROM instance_secrets \
             UNION ALL SELECT 1 FROM instance_configurations WHERE sealed IS NOT NULL \
             UNION ALL SELECT 1 FROM replies WHERE sealed IS NOT NULL LIMIT ",
        );
        sql.bind(i64::try_from(up_to).unwrap_or(i64::MAX)).push(")");
        let found: Option<i64> = self
            .0
            .read(move |connection| sql.row(connection, |row| Ok(row.get(0)?)))
            .await?;
        Ok(found
            .and_then(|found| u64::try_from(found).ok())
            .unwrap_or(0))
    }

    async fn sealed_by_others(
        &self,
        key: KeyId,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<SealedBatch, RepositoryError> {
        self.0
            .read(move |connection| walk(connection, key, after.as_ref(), limit))
            .await
    }

    async fn reseal(&self, items: &[Resealed]) -> Result<u64, RepositoryError> {
        let items = items.to_vec();
        self.0
            .write(move |connection| reseal(connection, &items))
            .await
    }
}

fn find(connection: &Connection) -> Result<Option<Sealed>, Failure> {
    let found = connection
        .prepare_cached("SELECT key_id, sealed FROM keyring")?
        .query_row([], |row| Ok(secret::read_sealed(&mut Cells::of(row))))
        .optional()?;
    found.transpose().map_err(Failure::backend)
}
