//! The secrets of one owner: the present one, and those that it replaced.

use tenantry_domain::{SealedSecret, SecretDigest};
use time::OffsetDateTime;

/// The secrets of a user or of an organization.
#[derive(Debug)]
pub(super) struct Secrets {
    pub(super) present: SealedSecret,
    replaced: Vec<Replaced>,
}

/// A secret that another one replaced, and until when it works.
#[derive(Debug)]
struct Replaced {
    secret: SealedSecret,
    until: OffsetDateTime,
}

impl Secrets {
    /// Only the first one.
    pub(super) fn new(present: SealedSecret) -> Self {
        Self {
            present,
            replaced: Vec::new(),
        }
    }

    /// Whether this digest is that of a secret which works at `now`.
    pub(super) fn work(&self, digest: SecretDigest, now: OffsetDateTime) -> bool {
        let former = |old: &Replaced| old.secret.digest == digest && now < old.until;
        self.present.digest == digest || self.replaced.iter().any(former)
    }

    /// Until when the secret with this digest works; `None` for the present one, which no time ends.
    pub(super) fn good_until(&self, digest: SecretDigest) -> Option<OffsetDateTime> {
        let mut former = self.replaced.iter();
        Some(former.find(|old| old.secret.digest == digest)?.until)
    }

    /// Whether one of them has this digest, working or not.
    pub(super) fn contain(&self, digest: SecretDigest) -> bool {
        self.all().any(|secret| secret.digest == digest)
    }

    /// Makes `secret` the present one. No other one works at `old_until` or later.
    pub(super) fn replace(&mut self, secret: SealedSecret, old_until: Option<OffsetDateTime>) {
        let old = std::mem::replace(&mut self.present, secret);
        let Some(until) = old_until else {
            self.replaced.clear();
            return;
        };
        for former in &mut self.replaced {
            former.until = former.until.min(until);
        }
        self.replaced.push(Replaced { secret: old, until });
    }

    /// Erases up to `limit` that work no longer; answers how many.
    pub(super) fn forget(&mut self, now: OffsetDateTime, limit: usize) -> usize {
        let over = |old: &mut Replaced| old.until <= now;
        self.replaced.extract_if(.., over).take(limit).count()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &SealedSecret> {
        let former = self.replaced.iter().map(|old| &old.secret);
        std::iter::once(&self.present).chain(former)
    }

    /// The same, to be changed.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut SealedSecret> {
        let former = self.replaced.iter_mut().map(|old| &mut old.secret);
        std::iter::once(&mut self.present).chain(former)
    }
}
