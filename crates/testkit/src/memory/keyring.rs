//! The keyring in memory.

use async_trait::async_trait;
use tenantry_domain::{
    Sealed,
    ports::{KeyringRepository, RepositoryError},
};

use super::MemoryStore;

#[async_trait]
impl KeyringRepository for MemoryStore {
    async fn sentinel(&self) -> Result<Option<Sealed>, RepositoryError> {
        Ok(self.state().sentinel.clone())
    }

    async fn record_sentinel(&self, sentinel: &Sealed) -> Result<Sealed, RepositoryError> {
        let mut state = self.state();
        Ok(state
            .sentinel
            .get_or_insert_with(|| sentinel.clone())
            .clone())
    }
}
