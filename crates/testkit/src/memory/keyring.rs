//! The keyring in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tenantry_domain::{
    ConfigurationValue, KeyId, Sealed, SealedPlace,
    ports::{KeyringRepository, RepositoryError, Resealed, SealedBatch},
};

use super::{MemoryStore, state::State};

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

    async fn replace_sentinel(&self, old: &Sealed, new: &Sealed) -> Result<bool, RepositoryError> {
        let mut state = self.state();
        let unchanged = state.sentinel.as_ref() == Some(old);
        if unchanged {
            state.sentinel = Some(new.clone());
        }
        Ok(unchanged)
    }

    async fn count_sealed(&self, up_to: u64) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let found: u64 = state.sealed().values().map(|_| 1).sum();
        Ok(found.min(up_to))
    }

    async fn sealed_by_others(
        &self,
        key: KeyId,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<SealedBatch, RepositoryError> {
        let mut state = self.state();
        let mut rest = state.sealed().into_iter().peekable();
        let mut batch = SealedBatch {
            others: Vec::new(),
            examined: 0,
            next: None,
        };
        while let Some((place, sealed)) = rest.next() {
            if after.as_ref().is_some_and(|after| place <= *after) {
                continue;
            }
            batch.examined += 1;
            let full = batch.examined >= u64::from(limit) && rest.peek().is_some();
            batch.next = full.then(|| place.clone());
            if sealed.key_id != key {
                batch.others.push((place, sealed.clone()));
            }
            if full {
                break;
            }
        }
        Ok(batch)
    }

    async fn reseal(&self, items: &[Resealed]) -> Result<u64, RepositoryError> {
        let mut state = self.state();
        let mut sealed = state.sealed();
        let mut replaced = 0;
        for item in items {
            if let Some(found) = sealed.get_mut(&item.place)
                && **found == item.old
            {
                **found = item.new.clone();
                replaced += 1;
            }
        }
        Ok(replaced)
    }
}

impl State {
    /// Everything that is sealed, by what it belongs to.
    fn sealed(&mut self) -> BTreeMap<SealedPlace, &mut Sealed> {
        let mut sealed = BTreeMap::new();
        for row in self.organizations.values_mut() {
            for secret in row.secrets.all_mut() {
                let place = SealedPlace::OrganizationSecret(secret.digest);
                sealed.insert(place, &mut secret.sealed);
            }
        }
        for row in self.users.values_mut() {
            for secret in row.secrets.all_mut() {
                let place = SealedPlace::UserSecret(secret.digest);
                sealed.insert(place, &mut secret.sealed);
            }
        }
        for instance in self.instances.values_mut() {
            let token = &mut instance.token;
            for entry in &mut instance.configuration {
                if let ConfigurationValue::Sealed(value) = &mut entry.value {
                    let place = SealedPlace::Configuration {
                        instance: token.digest,
                        key: entry.key.to_string(),
                    };
                    sealed.insert(place, value);
                }
            }
            sealed.insert(SealedPlace::InstanceToken(token.digest), &mut token.sealed);
        }
        for (key, reply) in &mut self.replies {
            if let Some(reply) = &mut reply.sealed {
                sealed.insert(SealedPlace::Reply(key.clone()), reply);
            }
        }
        sealed
    }
}
