//! What other nodes changed: triggers write it down in `caller_changes`, in the transaction that changes it, and this looks there.
//!
//! Each look has a snapshot, which says which transactions were over. The next one asks for what was written by all others; so
//! nothing is told twice, and nothing is missed, in whatever order transactions begin and end. A look that is answered in time is the
//! proof that everything is known that was committed before it.
//!
//! Looks have a connection of their own: on the pool they would wait behind calls, and be late when it matters. They are single
//! messages, so they may go through a proxy that pools transactions.

use std::{collections::VecDeque, mem, time::Duration};

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _,
    postgres::PgConnectOptions,
};
use tenantry_domain::{
    AccountId, InstanceId, OrganizationId, UserId,
    ports::{CallerChange, CallerFeed, FeedEvent},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until, timeout},
};

/// Between a look that was answered and the next one.
const PAUSE: Duration = Duration::from_millis(100);
/// Within which a look has to be answered, and what it found to be told.
const PATIENCE: Duration = Duration::from_millis(300);
/// Within which the connection has to be made.
const CONNECTING: Duration = Duration::from_secs(2);
/// Before the second attempt in a row; four times as long before each further one.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So many changes are told one by one. Of more, it is told that nobody knows.
const MOST: usize = 10_000;
/// How long a change is kept after it was committed. Whoever looks again so late has to begin anew.
const KEPT: Duration = Duration::from_mins(1);
/// So many are removed between two looks, so that no look comes late.
const REMOVED_AT_ONCE: u64 = 5_000;

/// Looks for changes.
pub(crate) struct PostgresCallerFeed {
    options: PgConnectOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watching: Option<Watching>,
    /// How often it came to nothing since a look was answered.
    failures: u32,
}

impl PostgresCallerFeed {
    pub(crate) fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            state: Mutex::default(),
        }
    }
}

#[async_trait]
impl CallerFeed for PostgresCallerFeed {
    async fn next(&self) -> FeedEvent {
        let mut state = self.state.lock().await;
        if let Some(mut watching) = state.watching.take() {
            let Some(event) = watching.event().await else {
                state.failures = state.failures.saturating_add(1);
                return FeedEvent::Lost;
            };
            if event == FeedEvent::Current {
                state.failures = 0;
            }
            state.watching = Some(watching);
            return event;
        }
        tokio::time::sleep(pause_after(state.failures)).await;
        match timeout(CONNECTING, Watching::begin(&self.options)).await {
            Ok(Ok(watching)) => state.watching = Some(watching),
            // The calls themselves find out, and say so, if PostgreSQL is away.
            Ok(Err(_)) | Err(_) => state.failures = state.failures.saturating_add(1),
        }
        // What happened before the first look is not known.
        FeedEvent::Lost
    }
}

/// The first time at once: a connection that worked may well be had again.
fn pause_after(failures: u32) -> Duration {
    match failures {
        0 | 1 => Duration::ZERO,
        more => AFTER_A_FAILURE
            .saturating_mul(4_u32.saturating_pow(more.saturating_sub(2)))
            .min(LONGEST_PAUSE),
    }
}

/// A connection that looks again and again.
struct Watching {
    connection: PgConnection,
    /// The last look.
    last: Look,
    /// An earlier one. Once it is [`KEPT`] old, what was over in it need not be kept any more.
    old: Look,
    /// The snapshot of one that is as old as that, until everything that was over in it is removed.
    cleaning: Option<String>,
    /// What the last look found, as far as it is not told yet.
    found: VecDeque<CallerChange>,
    /// When the last look was sent, until it is told that everything before that is known.
    sent: Option<Instant>,
    /// When the next one is to be sent.
    next: Instant,
}

/// What the database said of the moment of a look.
#[derive(Clone)]
struct Look {
    /// Since when changes are written down without a gap.
    epoch: Option<String>,
    /// Which transactions were over, in the words of PostgreSQL: `10:14:10,12`.
    snapshot: String,
    /// The database's clock, in milliseconds since 1970: this program may have been halted, and its clock with it.
    at: i64,
}

impl Watching {
    async fn begin(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect_with(options).await?;
        connection.execute(sqlx::raw_sql(BEGIN_EPOCH)).await?;
        let (first, _) = look(&mut connection, "FALSE").await?;
        Ok(Self {
            connection,
            last: first.clone(),
            old: first,
            cleaning: None,
            found: VecDeque::new(),
            sent: None,
            next: Instant::now(),
        })
    }

    /// What comes next; `None` if it came to nothing, and the connection is of no more use.
    async fn event(&mut self) -> Option<FeedEvent> {
        loop {
            if let Some(change) = self.found.pop_front() {
                return Some(FeedEvent::Changed(change));
            }
            // One that took too long says nothing of the moment: this program may have been held up.
            if let Some(sent) = self.sent.take() {
                return (sent.elapsed() <= PATIENCE).then_some(FeedEvent::Current);
            }
            if self.cleaning.is_some() {
                timeout(PATIENCE, self.clean()).await.ok()?.ok()?;
            }
            sleep_until(self.next).await;
            if !timeout(PATIENCE, self.look()).await.ok()?.ok()? {
                return Some(FeedEvent::Lost);
            }
        }
    }

    /// Looks once; answers whether everything since the last time is known.
    async fn look(&mut self) -> Result<bool, sqlx::Error> {
        let sent = Instant::now();
        let unseen = unseen_in(&self.last.snapshot);
        let (this, found) = look(&mut self.connection, &unseen).await?;
        if this.epoch.is_none() || this.epoch != self.last.epoch {
            return Err(sqlx::Error::RowNotFound);
        }
        let known = found.len() <= MOST && this.since(&self.last) < KEPT / 2;
        if known {
            self.found.extend(found);
            self.sent = Some(sent);
        }
        if this.since(&self.old) >= KEPT {
            self.cleaning = Some(mem::replace(&mut self.old, this.clone()).snapshot);
        }
        self.last = this;
        self.next = Instant::now() + PAUSE;
        Ok(known)
    }

    /// Removes some of what need not be kept any more.
    async fn clean(&mut self) -> Result<(), sqlx::Error> {
        if let Some(snapshot) = &self.cleaning {
            let removed = self
                .connection
                .execute(sqlx::raw_sql(AssertSqlSafe(removal(snapshot))))
                .await?;
            if removed.rows_affected() < REMOVED_AT_ONCE {
                self.cleaning = None;
            }
        }
        Ok(())
    }
}

impl Look {
    /// How much later this one was; none where the clock was set back.
    fn since(&self, earlier: &Self) -> Duration {
        Duration::from_millis(u64::try_from(self.at.saturating_sub(earlier.at)).unwrap_or(0))
    }
}

/// The condition of what was written by transactions that were not over in `snapshot`.
fn unseen_in(snapshot: &str) -> String {
    format!(
        "changed_in >= pg_snapshot_xmax('{snapshot}') OR changed_in = ANY (ARRAY(SELECT pg_snapshot_xip('{snapshot}')))"
    )
}

/// What was written by whom `condition` says, at most one more than [`MOST`]. The condition has no text in it but from here and from
/// PostgreSQL.
async fn look(
    connection: &mut PgConnection,
    condition: &str,
) -> Result<(Look, Vec<CallerChange>), sqlx::Error> {
    // One statement has one snapshot: what it finds is what was over in the one that it tells.
    let statement = format!(
        "SELECT NULL AS kind, NULL::bigint AS target_id, pg_current_snapshot()::text AS snapshot, \
         (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at, (SELECT epoch::text FROM caller_changes_epoch) AS epoch \
         UNION ALL \
         (SELECT DISTINCT kind, target_id, NULL, NULL::bigint, NULL FROM caller_changes WHERE {condition} LIMIT {MOST} + 1)"
    );
    let rows = connection
        .fetch_all(sqlx::raw_sql(AssertSqlSafe(statement)))
        .await?;
    let (mut moment, mut found) = (None, Vec::new());
    for row in &rows {
        match row.try_get::<Option<&str>, _>("kind")? {
            Some(kind) => found.extend(change(kind, row.try_get("target_id")?)),
            None => {
                moment = Some(Look {
                    epoch: row.try_get("epoch")?,
                    snapshot: row.try_get("snapshot")?,
                    at: row.try_get("at")?,
                });
            }
        }
    }
    Ok((moment.ok_or(sqlx::Error::RowNotFound)?, found))
}

/// Whoever comes first says since when changes are written down without a gap.
const BEGIN_EPOCH: &str = "INSERT INTO caller_changes_epoch DEFAULT VALUES ON CONFLICT DO NOTHING";

/// The statement that removes some of what was written by transactions that were over in `snapshot`, and what comes out of the backup of
/// another server: no transaction of this one could have written it. Where another node removes the same, it is left to that.
fn removal(snapshot: &str) -> String {
    format!(
        "DELETE FROM caller_changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM caller_changes \
         WHERE changed_in < pg_snapshot_xmin('{snapshot}') OR changed_in >= pg_snapshot_xmax(pg_current_snapshot()) \
         LIMIT {REMOVED_AT_ONCE} FOR UPDATE SKIP LOCKED))"
    )
}

/// Nodes that follow [`PostgresCallerFeed`] clean up behind themselves. Where none does, because
/// none remembers callers, upkeep does it by this. No transaction of the server takes a day.
pub(crate) const FORGET_UNREAD: &str = "WITH forgotten AS (DELETE FROM caller_changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM (\
     SELECT ctid, written_at FROM caller_changes WHERE changed_in < pg_snapshot_xmin(pg_current_snapshot()) \
     OR changed_in >= pg_snapshot_xmax(pg_current_snapshot()) ORDER BY changed_in LIMIT 10000) AS oldest \
     WHERE written_at < clock_timestamp() - interval '1 day')) RETURNING 1) SELECT count(*) FROM forgotten";

/// `u`, 12: user 12.
fn change(kind: &str, id: i64) -> Option<CallerChange> {
    match kind {
        "o" => Some(CallerChange::Organization(OrganizationId::new(id))),
        "a" => Some(CallerChange::Account(AccountId::new(id))),
        "u" => Some(CallerChange::User(UserId::new(id))),
        "i" => Some(CallerChange::Instance(InstanceId::new(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_name_who_was_changed() {
        for (kind, expected) in [
            ("u", Some(CallerChange::User(UserId::new(12)))),
            ("a", Some(CallerChange::Account(AccountId::new(12)))),
            (
                "o",
                Some(CallerChange::Organization(OrganizationId::new(12))),
            ),
            ("i", Some(CallerChange::Instance(InstanceId::new(12)))),
            ("b", None),
            ("", None),
        ] {
            assert_eq!(change(kind, 12), expected, "{kind}");
        }
    }

    #[test]
    fn attempts_to_connect_become_rare_while_they_fail() {
        let pauses = [0, 1, 2, 3, 6, 7, 100].map(|failures| pause_after(failures).as_millis());
        assert_eq!(pauses, [0, 0, 100, 400, 25_600, 30_000, 30_000]);
    }
}
