//! What other nodes changed: triggers tell it by NOTIFY, and this listens on a connection of its own.
//!
//! Notifications arrive in the order of the commits. So the feed sends a beat every now and then, like any other notification;
//! when it comes back, everything that was committed before it was sent has arrived. A beat that does not come back, for
//! example because a proxy that pools transactions stands between, means that nobody knows.
//!
//! Beats have a connection of their own too. On the pool they would wait behind calls, and be late when it matters. On the
//! connection that listens they would come back through such a proxy, which loses everything else.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tenantry_domain::{
    AccountId, InstanceId, OrganizationId, UserId,
    ports::{CallerChange, CallerFeed, FeedEvent},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// Between a beat that came back and the next one.
const PAUSE: Duration = Duration::from_millis(200);
/// Within which a beat has to be sent, and to come back.
const PATIENCE: Duration = Duration::from_millis(300);
/// Within which connections have to be made.
const CONNECTING: Duration = Duration::from_secs(2);
/// Before the second attempt in a row to listen; four times as long before each further one.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The channel of the triggers, which are where the tables are; and a name that no other feed has.
const PLACE: &str = "SELECT 'tenantry_callers_' || md5(pg_namespace.nspname) AS channel, gen_random_uuid()::text AS name \
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_class.oid = to_regclass('users')";

/// Listens.
pub(crate) struct PostgresCallerFeed {
    options: PgConnectOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    listening: Option<Listening>,
    /// How often it came to nothing since a beat came back.
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
        if let Some(mut listening) = state.listening.take() {
            let Some(event) = listening.event().await else {
                state.failures = state.failures.saturating_add(1);
                return FeedEvent::Lost;
            };
            if event == FeedEvent::Current {
                state.failures = 0;
            }
            state.listening = Some(listening);
            return event;
        }
        tokio::time::sleep(pause_after(state.failures)).await;
        match timeout(CONNECTING, Listening::begin(&self.options)).await {
            Ok(Ok(listening)) => state.listening = Some(listening),
            // The calls themselves find out, and say so, if PostgreSQL is away.
            Ok(Err(_)) | Err(_) => state.failures = state.failures.saturating_add(1),
        }
        // What happened before it listened was not heard.
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

/// A connection that listens, and one that sends beats.
struct Listening {
    listener: PgListener,
    beats: PgConnection,
    /// The statement that sends one.
    beat: String,
    /// Tells the own beats from those of other nodes.
    name: String,
    /// When the beat that is under way was sent.
    sent: Option<Instant>,
    /// When the next one is to be sent.
    next: Instant,
}

impl Listening {
    async fn begin(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let mut beats = PgConnection::connect_with(options).await?;
        // In a transaction, or a proxy that pools them may answer something else.
        let mut transaction = beats.begin().await?;
        let place = sqlx::query(PLACE).persistent(false);
        let place = place.fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        let (channel, name): (String, String) = (place.try_get("channel")?, place.try_get("name")?);
        // A pool that ends with the listener.
        let own = PgPoolOptions::new().max_connections(1).max_lifetime(None);
        let pool = own.connect_with(options.clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen(&channel).await?;
        Ok(Self {
            listener,
            beats,
            beat: format!("NOTIFY {channel}, 'b{name}'"),
            name,
            sent: None,
            next: Instant::now(),
        })
    }

    /// What comes next; `None` if it came to nothing, and the connections are of no more use.
    async fn event(&mut self) -> Option<FeedEvent> {
        loop {
            if self.sent.is_none() && Instant::now() >= self.next {
                self.send_beat().await?;
            }
            let until = self.sent.map_or(self.next, |sent| sent + PATIENCE);
            let wait = until.saturating_duration_since(Instant::now());
            let received = match timeout(wait, self.listener.try_recv()).await {
                Err(_) if self.sent.is_some() => return None,
                Err(_) => continue,
                // `None`: the connection was lost, and what was said meanwhile with it.
                Ok(received) => received.ok()??,
            };
            let said = received.payload();
            if said.strip_prefix('b') == Some(self.name.as_str()) {
                return self.beat_came_back();
            }
            if let Some(change) = change(said) {
                return Some(FeedEvent::Changed(change));
            }
        }
    }

    async fn send_beat(&mut self) -> Option<()> {
        self.sent = Some(Instant::now());
        let beat = sqlx::raw_sql(AssertSqlSafe(self.beat.as_str()));
        timeout(PATIENCE, self.beats.execute(beat))
            .await
            .ok()?
            .ok()
            .map(drop)
    }

    /// One that comes too late says nothing of the moment: this program may have been held up.
    fn beat_came_back(&mut self) -> Option<FeedEvent> {
        let (sent, now) = (self.sent.take()?, Instant::now());
        self.next = now + PAUSE;
        (now.saturating_duration_since(sent) <= PATIENCE).then_some(FeedEvent::Current)
    }
}

/// `u12`: user 12.
fn change(said: &str) -> Option<CallerChange> {
    let kind = said.chars().next()?;
    let id = said.get(kind.len_utf8()..)?.parse().ok()?;
    match kind {
        'o' => Some(CallerChange::Organization(OrganizationId::new(id))),
        'a' => Some(CallerChange::Account(AccountId::new(id))),
        'u' => Some(CallerChange::User(UserId::new(id))),
        'i' => Some(CallerChange::Instance(InstanceId::new(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_name_who_was_changed() {
        for (said, expected) in [
            ("u12", Some(CallerChange::User(UserId::new(12)))),
            ("a3", Some(CallerChange::Account(AccountId::new(3)))),
            (
                "o2",
                Some(CallerChange::Organization(OrganizationId::new(2))),
            ),
            ("i9", Some(CallerChange::Instance(InstanceId::new(9)))),
            ("b1", None),
            ("u", None),
            ("", None),
            ("ü1", None),
        ] {
            assert_eq!(change(said), expected, "{said}");
        }
    }

    #[test]
    fn attempts_to_listen_become_rare_while_they_fail() {
        let pauses = [0, 1, 2, 3, 6, 7, 100].map(|failures| pause_after(failures).as_millis());
        assert_eq!(pauses, [0, 0, 100, 400, 25_600, 30_000, 30_000]);
    }
}
