//! The callers that are remembered, and what must be unchanged for that to be true.

use std::time::Duration;

use tenantry_domain::ports::{Authenticated, Caller, CallerChange};
use time::OffsetDateTime;

use crate::{
    epochs::{Epoch, Epochs},
    lease::Lease,
};

/// One caller, as the store knew it.
#[derive(Clone, Debug)]
struct Known {
    authenticated: Authenticated,
    /// Before the store was asked.
    noted: Epoch,
}

/// The callers that are remembered.
#[derive(Debug)]
pub(crate) struct Cache {
    known: quick_cache::sync::Cache<Caller, Known>,
    epochs: Epochs,
    lease: Lease,
}

/// What was true before the store was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    /// `None` while the feed is silent.
    noted: Option<Epoch>,
}

impl Cache {
    pub(crate) fn new(capacity: usize, trusted_for: Duration) -> Self {
        Self {
            known: quick_cache::sync::Cache::new(capacity),
            epochs: Epochs::new(),
            lease: Lease::new(trusted_for),
        }
    }

    /// Who the caller is, if that is remembered and true at `now`.
    pub(crate) fn find(&self, caller: &Caller, now: OffsetDateTime) -> Option<Authenticated> {
        if !self.lease.lasts() {
            return None;
        }
        let known = self.known.get(caller)?;
        let over = known
            .authenticated
            .good_until
            .is_some_and(|until| until <= now);
        let watched = watched(&known.authenticated);
        if over || !self.epochs.unchanged(&watched, known.noted) {
            self.known.remove(caller);
            return None;
        }
        Some(known.authenticated)
    }

    /// To be noted before the store is asked.
    pub(crate) fn before(&self) -> Before {
        Before {
            noted: self.lease.lasts().then(|| self.epochs.now()),
        }
    }

    /// Remembers what the store answered since `before`. Who was changed meanwhile may have been read before the change, and
    /// is not found here any more.
    pub(crate) fn remember(&self, caller: &Caller, found: &Authenticated, before: Before) {
        let Some(noted) = before.noted else {
            return;
        };
        let known = Known {
            authenticated: found.clone(),
            noted,
        };
        self.known.insert(*caller, known);
    }

    /// What is remembered of it is no longer true.
    pub(crate) fn forget(&self, changed: CallerChange) {
        self.epochs.advance(changed);
    }

    /// The feed has spoken.
    pub(crate) fn trust(&self) {
        self.lease.renew();
    }

    /// Nobody knows what was changed.
    pub(crate) fn distrust(&self) {
        self.lease.end();
        self.epochs.advance_all();
    }
}

/// Whose changes make it another answer. Where there is no instance, the organization stands in for what is of it.
fn watched(found: &Authenticated) -> [CallerChange; 6] {
    let identity = &found.identity;
    let organization = CallerChange::Organization(identity.organization_id);
    let of_instance = found.instance.as_ref().map(|instance| {
        [
            CallerChange::Instance(instance.id),
            // The instances of a user, or of the users of an account, go with them.
            CallerChange::Account(instance.account_id),
            CallerChange::User(instance.user_id),
        ]
    });
    let [instance, account, owner] = of_instance.unwrap_or([organization; 3]);
    [
        organization,
        CallerChange::Account(identity.account_id),
        CallerChange::User(identity.user_id),
        instance,
        account,
        owner,
    ]
}
