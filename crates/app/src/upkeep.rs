//! What `serve` does beside answering: it links the audit log, erases what is over, puts trigrams into the indexes of PostgreSQL,
//! reads the master keys again, and follows what others change of the callers that it remembers. A chore that fails is tried
//! again after a while; it never ends the server.

use std::{sync::Arc, time::Duration};

use tenantry_caller_cache::CallerCache;
use tenantry_crypto::ReloadingVault;
use tenantry_domain::{
    ports::{CallerFeed, SecretVault as _},
    services::{ServiceError, UpkeepService},
};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use tracing::{debug, error, info, warn};

use crate::{bootstrap::Opened, signals::Hangups, wire_up::Store};

const LINK: Chore = Chore {
    what: "linking the audit log",
    every: Duration::from_secs(1),
};
const FORGET: Chore = Chore {
    what: "erasing what is over",
    every: Duration::from_mins(5),
};
/// Several times before 4 MB of them wait, which no call should be held up by (`gin_pending_list_limit`).
const PUT_IN: Chore = Chore {
    what: "putting trigrams into the indexes",
    every: Duration::from_millis(300),
};
/// How often the master keys are read again without anybody asking.
pub(crate) const KEYS_EVERY: Duration = Duration::from_secs(2);
/// The longest pause after failures, of a chore that is done more often than that.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How long the end may be held up by what the last requests left.
const LAST_LINK_TAKES: Duration = Duration::from_secs(5);

/// The chores of a running server.
#[derive(Debug)]
pub(crate) struct Upkeep {
    stop: watch::Sender<bool>,
    chores: JoinSet<()>,
    service: Arc<UpkeepService>,
}

impl Upkeep {
    /// Begins with all of them.
    pub(crate) fn start(opened: &Opened, hangups: Hangups) -> Self {
        let service = Arc::clone(&opened.services.upkeep);
        let (stop, stopped) = watch::channel(false);
        let mut chores = JoinSet::new();
        let linker = Arc::clone(&service);
        chores.spawn(LINK.repeat(stopped.clone(), move || {
            let linker = Arc::clone(&linker);
            async move { linker.link_audit_log().await }
        }));
        let eraser = Arc::clone(&service);
        chores.spawn(FORGET.repeat(stopped.clone(), move || {
            let eraser = Arc::clone(&eraser);
            async move { eraser.forget_expired().await }
        }));
        if let Store::Postgres(store) = &opened.store {
            let store = store.clone();
            chores.spawn(PUT_IN.repeat(stopped.clone(), move || {
                let store = store.clone();
                async move { Ok(store.put_trigrams_in().await?) }
            }));
        }
        if let Some(callers) = &opened.callers {
            let feed = opened.store.caller_feed();
            chores.spawn(follow(callers.clone(), feed, stopped.clone()));
        }
        chores.spawn(read_keys(Arc::clone(&opened.keys.vault), hangups, stopped));
        Self {
            stop,
            chores,
            service,
        }
    }

    /// Ends them, and links what the last requests wrote.
    pub(crate) async fn stop(mut self) {
        // They all listen until they end.
        let _ = self.stop.send(true);
        while self.chores.join_next().await.is_some() {}
        let last = tokio::time::timeout(LAST_LINK_TAKES, self.service.link_audit_log()).await;
        match last {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => warn!(
                error = &error as &dyn std::error::Error,
                "the audit log was not linked to its end; the next start does it"
            ),
            Err(_) => {
                warn!("the audit log was not linked to its end in time; the next start goes on");
            }
        }
    }
}

/// Something that is done again and again.
#[derive(Clone, Copy, Debug)]
struct Chore {
    what: &'static str,
    every: Duration,
}

impl Chore {
    /// Until it is stopped, also in the midst of it: whatever a store is asked for is done as a whole or not at all.
    async fn repeat<F>(self, mut stopped: watch::Receiver<bool>, act: impl Fn() -> F)
    where
        F: Future<Output = Result<u64, ServiceError>>,
    {
        let mut failures = 0;
        loop {
            let done = async {
                sleep(self.pause_after(failures)).await;
                act().await
            };
            let outcome = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                outcome = done => outcome,
            };
            failures = match outcome {
                Ok(things) => {
                    if failures > 0 {
                        info!(chore = self.what, failures, "works again");
                    }
                    debug!(chore = self.what, things, "done");
                    0
                }
                Err(error) => {
                    let failures = failures.saturating_add(1);
                    warn!(
                        chore = self.what,
                        error = &error as &dyn std::error::Error,
                        again_in_seconds = self.pause_after(failures).as_secs(),
                        "failed"
                    );
                    failures
                }
            };
        }
    }

    /// Twice as long after each failure, up to a limit.
    fn pause_after(self, failures: u32) -> Duration {
        let longest = LONGEST_PAUSE.max(self.every);
        let factor = 2_u32.saturating_pow(failures.min(16));
        self.every.saturating_mul(factor).min(longest)
    }
}

/// Hears what others change of callers.
async fn follow(
    callers: CallerCache,
    feed: Arc<dyn CallerFeed>,
    mut stopped: watch::Receiver<bool>,
) {
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = callers.follow(feed.as_ref()) => {}
    }
}

/// Reads the keys again now and then, and when somebody asks. Trouble is told once, not every time.
async fn read_keys(
    vault: Arc<ReloadingVault>,
    mut hangups: Hangups,
    mut stopped: watch::Receiver<bool>,
) {
    let mut trouble = None;
    loop {
        let asked = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = hangups.next() => true,
            () = sleep(KEYS_EVERY) => false,
        };
        match vault.reload() {
            Ok(changed) => {
                if changed || asked || trouble.is_some() {
                    info!(key_id = %vault.current_key(), changed, "the master keys were read again");
                }
                trouble = None;
            }
            Err(problem) => {
                let text = problem.to_string();
                if asked || trouble.as_ref() != Some(&text) {
                    error!(
                        error = &problem as &dyn std::error::Error,
                        "the master keys were not read again; the server goes on with those it has"
                    );
                }
                trouble = Some(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tenantry_domain::ports::RepositoryError;
    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn a_chore_that_fails_is_tried_less_often_up_to_a_limit() {
        let pauses = [0, 1, 2, 5, 6, 7, 100].map(|failures| LINK.pause_after(failures).as_secs());
        assert_eq!(pauses, [1, 2, 4, 32, 60, 60, 60]);
        let pauses = [0, 1, 100].map(|failures| FORGET.pause_after(failures).as_secs());
        assert_eq!(pauses, [300, 300, 300]);
    }

    #[tokio::test]
    async fn a_chore_survives_failures_and_ends_when_it_is_stopped() {
        let (stop, stopped) = watch::channel(false);
        let (calls, enough) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let chore = Chore {
            what: "a test",
            every: Duration::ZERO,
        };
        let running = tokio::spawn({
            let (calls, enough) = (Arc::clone(&calls), Arc::clone(&enough));
            chore.repeat(stopped, move || {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                if call == 3 {
                    enough.notify_one();
                }
                async move {
                    match call {
                        0 | 1 => Err(RepositoryError::Unavailable {
                            source: "away".into(),
                        }
                        .into()),
                        2 => Ok(7),
                        // Stopping does not wait for it.
                        _ => std::future::pending().await,
                    }
                }
            })
        });
        enough.notified().await;
        stop.send(true).unwrap();
        running.await.unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 4);
    }
}
