//! Whether and when a call is sent again. Pure: the waiting is done elsewhere.

use std::time::Duration;

use super::{Call, Failure, Reply};
use crate::Retries;

/// What came of one attempt.
pub(super) enum Outcome {
    Done(Reply),
    Failed(Failure),
    Again(Again),
}

/// It may work the next time.
pub(super) struct Again {
    /// Whether the server certainly did nothing.
    pub(super) undone: bool,
    /// What the server asked for.
    pub(super) after: Option<Duration>,
    /// What it is if there is no next time.
    pub(super) failure: Failure,
}

impl Outcome {
    /// A reply that broke off is asked for again; one that is too large would be as large.
    pub(super) fn of_broken_reply(failure: Failure) -> Self {
        match failure {
            Failure::Away(_) => Self::Again(Again {
                undone: false,
                after: None,
                failure,
            }),
            failure => Self::Failed(failure),
        }
    }
}

impl Again {
    /// How long to wait before the next attempt, after so many; `None` if there is to be none.
    pub(super) fn wait(
        &self,
        call: &Call<'_>,
        retries: &Retries,
        attempts: u32,
        key: &str,
    ) -> Option<Duration> {
        if attempts >= retries.attempts || !(self.undone || call.can_be_repeated()) {
            return None;
        }
        match self.after {
            Some(after) if after > retries.longest_wait => None,
            Some(after) => Some(after),
            None => Some(backoff(retries, attempts, key)),
        }
    }
}

/// The wait doubles with every attempt, and is shortened by up to a half, so that clients which failed together do not come
/// back together. Chance comes from the key of the call, which no other call has.
fn backoff(retries: &Retries, attempts: u32, key: &str) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
    let wait = retries.first_wait.saturating_mul(doubled);
    let wait = wait.min(retries.longest_wait);
    let chance = scatter(key, attempts) % 1024;
    wait.saturating_sub(wait / 2 * chance / 1023)
}

fn scatter(key: &str, attempts: u32) -> u32 {
    let bytes = key.bytes().chain(attempts.to_be_bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The low bits of FNV alone are poor.
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenantry_domain::Revision;

    use super::*;
    use crate::transport::failure::Cause;

    const RETRIES: Retries = Retries {
        attempts: 4,
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(10),
    };

    fn again(undone: bool, after: Option<u64>) -> Again {
        Again {
            undone,
            after: after.map(Duration::from_secs),
            failure: Failure::nonsense(Cause::TooLarge(0), None),
        }
    }

    #[test]
    fn calls_are_repeated_where_that_does_no_harm() {
        let get = Call::get("/users");
        let post = Call::post("/accounts", json!({}));
        let put = Call::put("/users/1/roles/admin");
        let patch = Call::patch("/users/1", json!({}));
        let delete = Call::delete("/users/1");
        let conditional = Call::delete("/users/1").expecting(Some(Revision::FIRST));
        for (call, unknown, undone) in [
            (&get, true, true),
            (&post, true, true),
            (&put, true, true),
            (&patch, false, true),
            (&delete, true, true),
            (&conditional, false, true),
        ] {
            let waits = |again: Again| again.wait(call, &RETRIES, 1, "k").is_some();
            assert_eq!(waits(again(false, None)), unknown, "{call:?}");
            assert_eq!(waits(again(true, None)), undone, "{call:?}");
        }
    }

    #[test]
    fn what_the_server_asks_for_counts_within_bounds() {
        let get = Call::get("/users");
        for (after, attempts, expected) in [
            (0, 1, Some(0)),
            (7, 1, Some(7)),
            (10, 3, Some(10)),
            (11, 1, None),
            (1, 4, None),
            (u64::MAX, 1, None),
        ] {
            let wait = again(true, Some(after)).wait(&get, &RETRIES, attempts, "k");
            assert_eq!(
                wait,
                expected.map(Duration::from_secs),
                "{after} {attempts}"
            );
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_differ_by_key() {
        for (attempts, longest) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (40, 10)] {
            let longest = Duration::from_secs(longest);
            let waits: Vec<_> = (0..100)
                .map(|key| backoff(&RETRIES, attempts, &format!("{key:024x}")))
                .collect();
            assert!(
                waits
                    .iter()
                    .all(|wait| (longest / 2..=longest).contains(wait))
            );
            let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
            assert!(distinct.len() > 50, "{}", distinct.len());
        }
        let none = Retries {
            first_wait: Duration::ZERO,
            ..RETRIES
        };
        assert_eq!(backoff(&none, 3, "k"), Duration::ZERO);
    }
}
