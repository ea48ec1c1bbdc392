//! The ports of a store, behind which callers are remembered: whatever changes them goes through here.

mod accounts;
mod credentials;
mod instances;
mod policies;
mod roles;
mod users;

use std::sync::Arc;

use tenantry_domain::ports::{CallerChange, Repositories};

use self::{
    accounts::Accounts, credentials::Credentials, instances::Instances, policies::Policies,
    roles::Roles, users::Users,
};
use crate::cache::Cache;

/// Puts the cache in front of a store.
pub(crate) struct Forgetful;

impl Forgetful {
    pub(crate) fn over(store: &Repositories, cache: &Arc<Cache>) -> Repositories {
        let cache = || Arc::clone(cache);
        Repositories {
            users: Arc::new(Users {
                store: Arc::clone(&store.users),
                cache: cache(),
            }),
            accounts: Arc::new(Accounts {
                store: Arc::clone(&store.accounts),
                cache: cache(),
            }),
            roles: Arc::new(Roles {
                store: Arc::clone(&store.roles),
                cache: cache(),
            }),
            policies: Arc::new(Policies {
                store: Arc::clone(&store.policies),
                cache: cache(),
            }),
            instances: Arc::new(Instances {
                store: Arc::clone(&store.instances),
                cache: cache(),
            }),
            credentials: Arc::new(Credentials {
                store: Arc::clone(&store.credentials),
                cache: cache(),
            }),
            ..store.clone()
        }
    }
}

/// Forgets when the write is over, however it ends: whoever is answered that something was changed finds it changed.
struct Forgetting<'a> {
    cache: &'a Cache,
    changed: CallerChange,
}

impl<'a> Forgetting<'a> {
    fn of(cache: &'a Cache, changed: CallerChange) -> Self {
        Self { cache, changed }
    }
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        self.cache.forget(self.changed);
    }
}
