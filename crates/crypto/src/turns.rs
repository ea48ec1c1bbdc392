//! [`TurnsByEmail`]: the port [`PasswordTurns`], one line for each e-mail. It must not know what is done in a turn.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tenantry_domain::{
    Email,
    ports::{HashError, PasswordTurns, Turn},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets one at a time try passwords of an e-mail; first come, first served.
///
/// Lines exist while somebody is in them, so they take no more memory than the requests in flight. Who stops waiting (a
/// client that hangs up) leaves the line.
pub struct TurnsByEmail {
    queue: usize,
    lines: Arc<Lines>,
}

impl TurnsByEmail {
    /// Lets `queue` wait for each e-mail beside the one whose turn it is. Who comes when so many wait gets
    /// [`HashError::Busy`].
    pub fn new(queue: usize) -> Self {
        Self {
            queue,
            lines: Arc::default(),
        }
    }
}

/// 64 may wait: more than people and their programs need, and fewer than would hold the last of them up for long.
impl Default for TurnsByEmail {
    fn default() -> Self {
        Self::new(64)
    }
}

#[async_trait]
impl PasswordTurns for TurnsByEmail {
    async fn wait(&self, email: &Email) -> Result<Turn, HashError> {
        let (place, slot) = self.lines.join(email, self.queue)?;
        let Ok(permit) = slot.acquire_owned().await else {
            unreachable!("the semaphore is never closed");
        };
        Ok(Turn::new(Guard {
            _permit: permit,
            _place: place,
        }))
    }
}

/// No e-mails: they are people's.
impl fmt::Debug for TurnsByEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnsByEmail")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// A turn. The fields are dropped in this order: if the line went before the permit, whoever came in between would begin a
/// new line and have a turn at the same moment.
struct Guard {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

/// The lines, by folded e-mail.
#[derive(Default)]
struct Lines(Mutex<HashMap<String, Line>>);

impl Lines {
    fn join(
        self: &Arc<Self>,
        email: &Email,
        queue: usize,
    ) -> Result<(Place, Arc<Semaphore>), HashError> {
        let mut lines = self.lock();
        let line = lines.entry(email.folded().to_owned()).or_default();
        if line.people > queue {
            return Err(HashError::Busy);
        }
        line.people += 1;
        let place = Place {
            email: email.folded().to_owned(),
            lines: Arc::clone(self),
        };
        Ok((place, Arc::clone(&line.slot)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Line {
    /// Those who wait, and the one whose turn it is.
    people: usize,
    /// One permit. The semaphore is fair, and drops a waiter's place with its future.
    slot: Arc<Semaphore>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            people: 0,
            slot: Arc::new(Semaphore::new(1)),
        }
    }
}

/// A place in a line, left on drop. The last one takes the line away.
struct Place {
    email: String,
    lines: Arc<Lines>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.lines.lock();
        if let Some(line) = lines.get_mut(&self.email) {
            line.people -= 1;
            if line.people == 0 {
                lines.remove(&self.email);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Turn, HashError>> + Send + 'a>>;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    fn poll(waiting: &mut Waiting<'_>) -> Option<Result<Turn, HashError>> {
        match waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    fn people(turns: &TurnsByEmail) -> Vec<(String, usize)> {
        let mut people: Vec<_> = turns
            .lines
            .lock()
            .iter()
            .map(|(email, line)| (email.clone(), line.people))
            .collect();
        people.sort();
        people
    }

    #[test]
    fn one_at_a_time_in_the_order_they_came() {
        let (turns, frodo) = (TurnsByEmail::default(), email("frodo@shire.me"));
        let mut first = turns.wait(&frodo);
        let mut second = turns.wait(&frodo);
        let mut third = turns.wait(&frodo);
        let turn = poll(&mut first).unwrap().unwrap();
        assert!(poll(&mut second).is_none());
        assert!(poll(&mut third).is_none());

        drop(turn);
        assert!(poll(&mut third).is_none());
        let turn = poll(&mut second).unwrap().unwrap();
        assert!(poll(&mut third).is_none());
        drop(turn);
        poll(&mut third).unwrap().unwrap();
    }

    #[test]
    fn e_mails_do_not_wait_for_each_other_whatever_their_case() {
        let turns = TurnsByEmail::default();
        let (frodo, shouted, sam) = (
            email("frodo@shire.me"),
            email("FRODO@Shire.me"),
            email("sam@shire.me"),
        );
        let _frodos = poll(&mut turns.wait(&frodo)).unwrap().unwrap();
        let mut again = turns.wait(&shouted);
        assert!(poll(&mut again).is_none());
        let _sams = poll(&mut turns.wait(&sam)).unwrap().unwrap();
        assert_eq!(
            people(&turns),
            [("frodo@shire.me".into(), 2), ("sam@shire.me".into(), 1)]
        );
    }

    #[test]
    fn so_many_wait_and_the_next_is_turned_away() {
        let (turns, frodo) = (TurnsByEmail::new(1), email("frodo@shire.me"));
        let turn = poll(&mut turns.wait(&frodo)).unwrap().unwrap();
        let mut second = turns.wait(&frodo);
        assert!(poll(&mut second).is_none());
        assert!(matches!(
            poll(&mut turns.wait(&frodo)),
            Some(Err(HashError::Busy))
        ));
        assert!(poll(&mut turns.wait(&email("sam@shire.me"))).is_some());

        // Who gives up makes room.
        drop(second);
        let mut fourth = turns.wait(&frodo);
        assert!(poll(&mut fourth).is_none());
        drop(turn);
        poll(&mut fourth).unwrap().unwrap();
    }

    #[test]
    fn without_a_queue_nobody_waits() {
        let (turns, frodo) = (TurnsByEmail::new(0), email("frodo@shire.me"));
        let turn = poll(&mut turns.wait(&frodo)).unwrap().unwrap();
        assert!(matches!(
            poll(&mut turns.wait(&frodo)),
            Some(Err(HashError::Busy))
        ));
        drop(turn);
        poll(&mut turns.wait(&frodo)).unwrap().unwrap();
    }

    #[test]
    fn a_turn_given_to_one_who_left_goes_to_the_next() {
        let (turns, frodo) = (TurnsByEmail::default(), email("frodo@shire.me"));
        let turn = poll(&mut turns.wait(&frodo)).unwrap().unwrap();
        let mut second = turns.wait(&frodo);
        let mut third = turns.wait(&frodo);
        assert!(poll(&mut second).is_none());
        assert!(poll(&mut third).is_none());
        // It is the second's turn now, who never asks.
        drop(turn);
        drop(second);
        poll(&mut third).unwrap().unwrap();
    }

    #[test]
    fn lines_that_nobody_is_in_are_gone() {
        let (turns, frodo) = (TurnsByEmail::default(), email("frodo@shire.me"));
        let turn = poll(&mut turns.wait(&frodo)).unwrap().unwrap();
        let mut second = turns.wait(&frodo);
        assert!(poll(&mut second).is_none());
        drop(turn);
        assert_eq!(people(&turns), [("frodo@shire.me".into(), 1)]);
        drop(second);
        assert_eq!(people(&turns), []);
        drop(turns.wait(&frodo));
        assert_eq!(people(&turns), []);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_threads_have_one_turn_at_a_time() {
        let turns = Arc::new(TurnsByEmail::default());
        // Whoever has a turn can lock it at once.
        let alone = Arc::new(Mutex::new(0));
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (turns, alone) = (Arc::clone(&turns), Arc::clone(&alone));
                tokio::spawn(async move {
                    let _turn = turns.wait(&email("frodo@shire.me")).await.unwrap();
                    *alone.try_lock().unwrap() += 1;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*alone.lock().unwrap(), 64);
        assert_eq!(people(&turns), []);
    }

    #[test]
    fn nobodys_e_mail_is_printed() {
        let turns = TurnsByEmail::default();
        let _turn = poll(&mut turns.wait(&email("frodo@shire.me"))).unwrap();
        assert_eq!(format!("{turns:?}"), "TurnsByEmail { queue: 64, .. }");
    }
}
