//! How often a legacy platform was asked for e-mails that nobody has here. Whoever has one here is locked after so many wrong
//! passwords; this bounds in the same way how many are tried there under one that the platform alone may know. Kept in memory,
//! of this node: it must not know whether the platform knows the e-mail.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;

use crate::{Email, ports::Lockout};

/// How many e-mails are remembered. Beyond that the one that was refused longest ago is forgotten: some MiB at the most.
const MOST: usize = 16 * 1024;

/// The refusals of late, by folded e-mail.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashMap<String, Refusals>>);

#[derive(Clone, Copy)]
struct Refusals {
    count: u32,
    last: OffsetDateTime,
}

impl Refusals {
    fn is_over(&self, now: OffsetDateTime) -> bool {
        self.last + Lockout::STANDARD.lasts <= now
    }
}

impl Strangers {
    /// Whether the platform may be asked for `email`: fewer refusals than lock a user, or the last one long enough ago.
    pub(super) fn may_be_asked_for(&self, email: &Email, now: OffsetDateTime) -> bool {
        let refusals = self.lock();
        refusals.get(email.folded()).is_none_or(|refusals| {
            refusals.count < Lockout::STANDARD.after || refusals.is_over(now)
        })
    }

    /// Counts a refusal for which the platform was asked.
    pub(super) fn refused(&self, email: &Email, now: OffsetDateTime) {
        let mut refusals = self.lock();
        if !refusals.contains_key(email.folded()) && refusals.len() >= MOST {
            make_room(&mut refusals, now);
        }
        let of_it = refusals
            .entry(email.folded().to_owned())
            .or_insert(Refusals {
                count: 0,
                last: now,
            });
        if of_it.is_over(now) {
            of_it.count = 0;
        }
        of_it.count = of_it.count.saturating_add(1);
        of_it.last = now;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Refusals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is over, and if nothing is, the oldest.
fn make_room(refusals: &mut HashMap<String, Refusals>, now: OffsetDateTime) {
    refusals.retain(|_, refusals| !refusals.is_over(now));
    if refusals.len() < MOST {
        return;
    }
    let oldest = refusals.iter().min_by_key(|(_, refusals)| refusals.last);
    if let Some(oldest) = oldest.map(|(email, _)| email.clone()) {
        refusals.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn after_five_refusals_nobody_asks_for_half_an_hour() {
        let (strangers, rosie) = (Strangers::default(), email("rosie@shire.example"));
        for minute in 0..5 {
            let now = START + Duration::minutes(minute);
            assert!(strangers.may_be_asked_for(&rosie, now));
            strangers.refused(&rosie, now);
        }
        let shouted = email("ROSIE@Shire.example");
        let last = START + Duration::minutes(4);
        let over = last + Duration::minutes(30);
        for (at, expected) in [
            (last, false),
            (over - Duration::NANOSECOND, false),
            (over, true),
        ] {
            assert_eq!(strangers.may_be_asked_for(&shouted, at), expected, "{at}");
        }
        assert!(strangers.may_be_asked_for(&email("sam@shire.example"), last));
        // It begins anew.
        strangers.refused(&rosie, over);
        assert!(strangers.may_be_asked_for(&rosie, over));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let strangers = Strangers::default();
        let nobody = |number: usize| email(&format!("nobody{number}@shire.example"));
        let at = |number: usize| START + Duration::milliseconds(i64::try_from(number).unwrap());
        for number in 0..=MOST {
            strangers.refused(&nobody(number), at(number));
        }
        let emails = |strangers: &Strangers| strangers.lock().len();
        assert_eq!(emails(&strangers), MOST);
        let knows = |email: &Email| strangers.lock().contains_key(email.folded());
        assert!(!knows(&nobody(0)) && knows(&nobody(1)) && knows(&nobody(MOST)));
        // All that is over goes at once.
        strangers.refused(&nobody(0), at(MOST) + Duration::minutes(30));
        assert_eq!(emails(&strangers), 1);
    }
}
