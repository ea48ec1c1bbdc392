//! Counts changes, and remembers by which count somebody was changed last. Whoever remembers something about a user notes the
//! count before it asks the store; it is true as long as the user was not changed since.
//!
//! Places are shared by whoever the table leads there: to forget too much is harmless.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_domain::ports::CallerChange;

const PLACES: usize = 1 << 16;

/// When everybody was changed last.
#[derive(Debug)]
pub(crate) struct Epochs {
    places: Box<[AtomicU64]>,
    /// When nothing that was learned before counted any more.
    all: AtomicU64,
    /// Grows with every change of anybody.
    now: AtomicU64,
}

/// How many changes there had been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

impl Epochs {
    pub(crate) fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            all: AtomicU64::new(0),
            now: AtomicU64::new(0),
        }
    }

    /// Whatever was noted of it before is no longer true.
    pub(crate) fn advance(&self, changed: CallerChange) {
        self.mark(self.place(changed));
    }

    /// The same of everybody.
    pub(crate) fn advance_all(&self) {
        self.mark(&self.all);
    }

    /// To be noted before the store is asked.
    pub(crate) fn now(&self) -> Epoch {
        Epoch(self.now.load(Ordering::SeqCst))
    }

    /// Whether none of these was changed since `noted`.
    pub(crate) fn unchanged(&self, several: &[CallerChange], noted: Epoch) -> bool {
        let before = |place: &AtomicU64| place.load(Ordering::SeqCst) <= noted.0;
        before(&self.all) && several.iter().all(|one| before(self.place(*one)))
    }

    /// Who notes the new count before the place has it asked the store after the change, so the place being late harms nobody.
    fn mark(&self, place: &AtomicU64) {
        let count = self.now.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        place.fetch_max(count, Ordering::SeqCst);
    }

    fn place(&self, of: CallerChange) -> &AtomicU64 {
        let (kind, id) = match of {
            CallerChange::Organization(id) => (1, id.get()),
            CallerChange::Account(id) => (2, id.get()),
            CallerChange::User(id) => (3, id.get()),
            CallerChange::Instance(id) => (4, id.get()),
        };
        // Fibonacci hashing: ids that follow each other are spread over the table.
        let mixed = id
            .cast_unsigned()
            .wrapping_mul(4)
            .wrapping_add(kind)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = usize::try_from(mixed >> (64 - PLACES.trailing_zeros())).unwrap_or_default();
        &self.places[place % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{AccountId, UserId};

    use super::*;

    #[test]
    fn a_change_is_seen_by_those_who_noted_it_before_and_by_nobody_else() {
        let epochs = Epochs::new();
        let (frodo, sam) = (UserId::new(3), UserId::new(4));
        let (of_frodo, of_sam) = (CallerChange::User(frodo), CallerChange::User(sam));
        let account = CallerChange::Account(AccountId::new(3));
        let noted = epochs.now();
        epochs.advance(of_sam);
        assert!(epochs.unchanged(&[of_frodo, account], noted));
        epochs.advance(of_frodo);
        assert!(!epochs.unchanged(&[of_frodo, account], noted));
        assert!(epochs.unchanged(&[account], noted));
        assert!(epochs.unchanged(&[of_frodo, of_sam], epochs.now()));
        epochs.advance_all();
        assert!(!epochs.unchanged(&[account], noted));
        assert!(epochs.unchanged(&[of_frodo, account], epochs.now()));
    }
}
