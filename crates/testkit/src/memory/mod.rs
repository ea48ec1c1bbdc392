//! The reference store: one lock over plain maps. Simple enough to be seen to be right; the suite proves it anyway.
//!
//! It must not know how any other store works. [`Filter::matches`](tenantry_domain::ceql::Filter::matches) is its
//! filter.

mod accounts;
mod audit;
mod audit_chain;
mod credentials;
mod elements;
mod instances;
mod keyring;
mod listing;
mod operator;
mod organizations;
mod policies;
mod replies;
mod roles;
mod secrets;
mod state;
mod transfers;
mod users;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenantry_domain::ports::Repositories;

pub use self::operator::RawAuditLog;
use self::state::State;

/// A store in memory that implements every port. Clones share their data.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ports over this store.
    pub fn repositories(&self) -> Repositories {
        let store = Arc::new(self.clone());
        Repositories {
            organizations: store.clone(),
            accounts: store.clone(),
            users: store.clone(),
            instances: store.clone(),
            roles: store.clone(),
            credentials: store.clone(),
            keyring: store.clone(),
            policies: store.clone(),
            elements: store.clone(),
            replies: store.clone(),
            audit: store.clone(),
            audit_chain: store.clone(),
            transfers: store,
        }
    }

    /// Every write checks all it has to check before it changes anything, so a panic leaves nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
