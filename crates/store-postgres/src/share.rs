//! Shares of the connections: the lists of no organization occupy all of them, so that what one asks for, however long it takes,
//! holds up nobody else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tenantry_domain::OrganizationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right of an organization to one connection for a list, until this is dropped.
pub(crate) type Share = OwnedSemaphorePermit;

/// From so many organizations on, those that read nothing are forgotten.
const SWEPT_FROM: usize = 1024;

pub(crate) struct Shares {
    size: usize,
    of: Mutex<HashMap<OrganizationId, Weak<Semaphore>>>,
}

impl Shares {
    /// The lists of each organization have `size` connections at the most.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size: size.clamp(1, Semaphore::MAX_PERMITS),
            of: Mutex::default(),
        }
    }

    /// Waits until the organization may have another connection.
    pub(crate) async fn enter(&self, organization: OrganizationId) -> Option<Share> {
        self.semaphore(organization).acquire_owned().await.ok()
    }

    /// It lives as long as anybody of the organization reads, or waits for it.
    fn semaphore(&self, organization: OrganizationId) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = of.get(&organization).and_then(Weak::upgrade) {
            return semaphore;
        }
        if of.len() >= SWEPT_FROM {
            of.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.size));
        of.insert(organization, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn organizations_that_read_nothing_are_forgotten() {
        let shares = Shares::new(1);
        let held = shares.enter(OrganizationId::new(0)).await;
        for number in 1..3000 {
            drop(shares.enter(OrganizationId::new(number)).await);
        }
        assert!(shares.of.lock().unwrap().len() <= SWEPT_FROM);
        let again = shares.semaphore(OrganizationId::new(0));
        assert_eq!(again.available_permits(), 0, "its share is taken still");
        drop(held);
        assert_eq!(again.available_permits(), 1);
    }
}
