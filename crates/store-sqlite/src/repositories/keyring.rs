//! What is remembered of the master key.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tenantry_domain::{
    Sealed,
    ports::{KeyringRepository, RepositoryError},
};

use crate::{
    engine::Engine,
    error::Failure,
    rows::{Cells, secret},
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
}

fn find(connection: &Connection) -> Result<Option<Sealed>, Failure> {
    let found = connection
        .prepare_cached("SELECT key_id, sealed FROM keyring")?
        .query_row([], |row| Ok(secret::read_sealed(&mut Cells::of(row))))
        .optional()?;
    found.transpose().map_err(Failure::backend)
}
