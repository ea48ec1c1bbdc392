//! What happens to reads and writes when something goes wrong. Nothing here knows a table of the store.

use std::{
    pin::Pin,
    sync::mpsc,
    task::{Context, Waker},
    time::Duration,
};

use rusqlite::Connection;
use tempfile::TempDir;
use tenantry_domain::{OrganizationId, ports::RepositoryError};
use tokio::sync::oneshot;

use super::Engine;
use crate::{config::SqliteConfig, error::Failure};

type Writing<'a> = Pin<Box<dyn Future<Output = Result<(), RepositoryError>> + 'a>>;

/// An engine over a file with the table `t (n INTEGER PRIMARY KEY, text)`.
async fn engine(change: impl FnOnce(&mut SqliteConfig)) -> (Engine, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut config = SqliteConfig::at(directory.path().join("test.db"));
    change(&mut config);
    let engine = Engine::open(config, |_| Ok(())).await.unwrap();
    engine
        .write(|connection| {
            Ok(connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)")?)
        })
        .await
        .unwrap();
    (engine, directory)
}

fn insert(n: i64) -> impl FnOnce(&Connection) -> Result<(), Failure> + Send + 'static {
    move |connection| {
        connection.execute("INSERT INTO t (n) VALUES (?)", [n])?;
        Ok(())
    }
}

async fn numbers(engine: &Engine) -> Vec<i64> {
    let read = |connection: &Connection| {
        let mut statement = connection.prepare("SELECT n FROM t ORDER BY n")?;
        let numbers = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(numbers)
    };
    engine.read(read).await.unwrap()
}

/// Polls a future once: a write is then in the queue.
fn begin<'a>(writing: impl Future<Output = Result<(), RepositoryError>> + 'a) -> Writing<'a> {
    let mut writing: Writing<'a> = Box::pin(writing);
    assert!(
        writing
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    writing
}

/// A write that has begun and does not end before the sender is used or dropped.
async fn stalled(engine: &Engine, n: i64) -> (Writing<'_>, mpsc::Sender<()>) {
    let (work, begun, go) = stalling(n);
    let writing = begin(engine.write(work));
    begun.await.unwrap();
    (writing, go)
}

/// What a stalled write does, what says that it has begun, and what lets it go on.
fn stalling(
    n: i64,
) -> (
    impl FnOnce(&Connection) -> Result<(), Failure> + Send + 'static,
    oneshot::Receiver<()>,
    mpsc::Sender<()>,
) {
    let (go, wait) = mpsc::channel::<()>();
    let (started, begun) = oneshot::channel();
    let work = move |connection: &Connection| {
        started.send(()).unwrap();
        let _go = wait.recv();
        insert(n)(connection)
    };
    (work, begun, go)
}

#[tokio::test]
async fn writes_that_wait_together_share_one_commit() {
    let (engine, _directory) = engine(|_| ()).await;
    let (first, go) = stalled(&engine, 0).await;
    let waiting: Vec<_> = (1..100).map(|n| begin(engine.write(insert(n)))).collect();
    let before = engine.commits();
    go.send(()).unwrap();
    first.await.unwrap();
    for writing in waiting {
        writing.await.unwrap();
    }
    assert_eq!(engine.commits() - before, 1);
    assert_eq!(numbers(&engine).await, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn nobody_waits_for_the_commit_of_a_long_write() {
    let (engine, _directory) = engine(|_| ()).await;
    let (first, go) = stalled(&engine, 1).await;
    let before = engine.commits();
    let second = begin(engine.write(insert(2)));
    let long = begin(engine.write_within(Duration::from_mins(5), insert(3)));
    let last = begin(engine.write(insert(4)));
    go.send(()).unwrap();
    for writing in [first, second, long, last] {
        writing.await.unwrap();
    }
    assert_eq!(engine.commits() - before, 3);
    assert_eq!(numbers(&engine).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_long_write_may_take_longer_than_others_wait_for_it() {
    let (engine, _directory) = engine(|_| ()).await;
    let (work, begun, go) = stalling(1);
    let long = begin(engine.write_within(Duration::from_mins(5), work));
    begun.await.unwrap();
    let waiting = begin(engine.write(insert(2)));
    // From here on time passes whenever nothing else happens.
    tokio::time::pause();
    let refused = waiting.await;
    tokio::time::resume();
    assert!(matches!(refused, Err(RepositoryError::Unavailable { .. })));
    go.send(()).unwrap();
    long.await.unwrap();
    assert_eq!(numbers(&engine).await, [1]);
}

#[tokio::test]
async fn a_write_that_fails_or_panics_is_undone_alone() {
    let (engine, _directory) = engine(|_| ()).await;
    let (first, go) = stalled(&engine, 1).await;
    let refused = begin(engine.write(|connection| {
        insert(2)(connection)?;
        Err(Failure::backend("refused"))
    }));
    let panicking = begin(engine.write(|connection| {
        insert(3)(connection)?;
        panic!("on purpose")
    }));
    let last = begin(engine.write(insert(4)));
    go.send(()).unwrap();
    first.await.unwrap();
    assert!(
        matches!(refused.await, Err(RepositoryError::Backend { source }) if source.to_string() == "refused")
    );
    assert!(
        matches!(panicking.await, Err(RepositoryError::Backend { source }) if source.to_string() == "a write panicked")
    );
    last.await.unwrap();
    assert_eq!(numbers(&engine).await, [1, 4]);
    engine.write(insert(5)).await.unwrap();
    assert_eq!(numbers(&engine).await, [1, 4, 5]);
}

#[tokio::test]
async fn a_write_that_has_begun_survives_its_caller_and_one_that_waits_does_not() {
    let (engine, _directory) = engine(|_| ()).await;
    let (begun, go) = stalled(&engine, 1).await;
    let waiting = begin(engine.write(insert(2)));
    drop(begun);
    drop(waiting);
    go.send(()).unwrap();
    engine.write(insert(3)).await.unwrap();
    assert_eq!(numbers(&engine).await, [1, 3]);
    // The one that came to its end was heard by nobody.
    assert_eq!(engine.unheard(), 1);
}

#[tokio::test]
async fn who_finds_the_queue_full_for_too_long_is_told_so_and_does_not_hang() {
    let (engine, _directory) = engine(|config| config.queue = 2).await;
    let (first, go) = stalled(&engine, 1).await;
    let second = begin(engine.write(insert(2)));
    let third = begin(engine.write(insert(3)));
    // From here on time passes whenever nothing else happens.
    tokio::time::pause();
    assert!(matches!(
        third.await,
        Err(RepositoryError::Unavailable { .. })
    ));
    tokio::time::resume();
    // Their time was up too. Gone before the writer goes on, so that it finds nobody waiting; the first had begun.
    drop((first, second));
    go.send(()).unwrap();
    engine.write(insert(4)).await.unwrap();
    assert_eq!(numbers(&engine).await, [1, 4]);
}

#[tokio::test]
async fn a_full_disk_makes_writes_unavailable_until_there_is_room_again() {
    let (engine, _directory) = engine(|_| ()).await;
    let room = |pages: i64| {
        move |connection: &Connection| {
            Ok(
                connection.pragma_update_and_check(None, "max_page_count", pages, |row| {
                    row.get::<_, i64>(0)
                })?,
            )
        }
    };
    let fill = |n: i64| {
        move |connection: &Connection| {
            connection.execute("INSERT INTO t VALUES (?, hex(zeroblob(1000000)))", [n])?;
            Ok(())
        }
    };
    engine.write(room(20)).await.unwrap();
    assert!(matches!(
        engine.write(fill(1)).await,
        Err(RepositoryError::Unavailable { .. })
    ));
    assert_eq!(numbers(&engine).await, [0_i64; 0]);
    engine.write(room(1_000_000)).await.unwrap();
    engine.write(fill(2)).await.unwrap();
    assert_eq!(numbers(&engine).await, [2]);
}

#[tokio::test]
async fn when_sqlite_gives_up_the_transaction_everybody_in_it_may_try_again() {
    let (engine, _directory) = engine(|_| ()).await;
    let (first, go) = stalled(&engine, 1).await;
    let fatal = begin(engine.write(|connection| Ok(connection.execute_batch("ROLLBACK")?)));
    let behind = begin(engine.write(insert(3)));
    go.send(()).unwrap();
    assert!(matches!(
        first.await,
        Err(RepositoryError::Unavailable { .. })
    ));
    assert!(matches!(
        fatal.await,
        Err(RepositoryError::Unavailable { .. })
    ));
    behind.await.unwrap();
    assert_eq!(numbers(&engine).await, [3]);
}

#[tokio::test]
async fn a_file_locked_by_another_process_is_unavailable_until_it_is_free() {
    let (engine, directory) = engine(|config| config.busy_timeout = Duration::ZERO).await;
    let other = Connection::open(directory.path().join("test.db")).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO t (n) VALUES (1)")
        .unwrap();
    assert!(matches!(
        engine.write(insert(2)).await,
        Err(RepositoryError::Unavailable { .. })
    ));
    assert_eq!(numbers(&engine).await, [0_i64; 0]);
    other.execute_batch("COMMIT").unwrap();
    engine.write(insert(3)).await.unwrap();
    assert_eq!(numbers(&engine).await, [1, 3]);
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_broken_off() {
    let (engine, _directory) = engine(|config| config.read_limit = Duration::ZERO).await;
    let endless = |connection: &Connection| {
        let sql = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    assert!(matches!(
        engine.read(endless).await,
        Err(RepositoryError::TooSlow { .. })
    ));
    assert!(matches!(
        engine.look_up(endless).await,
        Err(RepositoryError::TooSlow { .. })
    ));
    assert_eq!(numbers(&engine).await, [0_i64; 0]);
}

#[tokio::test]
async fn what_one_organization_reads_holds_up_no_other() {
    let (engine, _directory) = engine(|config| config.readers = 1).await;
    let (shire, gondor) = (OrganizationId::new(2), OrganizationId::new(3));
    let mut waiting = Vec::new();
    let mut slow = Vec::new();
    for _ in 0..3 {
        let (release, released) = std::sync::mpsc::channel::<()>();
        waiting.push(release);
        let engine = engine.clone();
        slow.push(tokio::spawn(async move {
            let work = move |_: &Connection| Ok(released.recv().is_ok());
            engine.read_for(shire, work).await.unwrap()
        }));
    }
    // Each of the slow ones has come as far as it can.
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert!(engine.read_for(gondor, |_| Ok(())).await.is_ok());
    for release in waiting {
        release.send(()).unwrap();
    }
    for read in slow {
        assert!(read.await.unwrap());
    }
}

#[tokio::test]
async fn a_read_that_panics_takes_nothing_with_it() {
    let (engine, _directory) = engine(|config| config.readers = 1).await;
    let answer: Result<(), _> = engine.read(|_| panic!("on purpose")).await;
    assert!(
        matches!(answer, Err(RepositoryError::Backend { source }) if source.to_string() == "a read panicked")
    );
    assert_eq!(numbers(&engine).await, [0_i64; 0]);
}

#[tokio::test]
async fn readers_cannot_write() {
    let (engine, _directory) = engine(|_| ()).await;
    for answer in [
        engine.read(insert(1)).await,
        engine.look_up(insert(1)).await,
    ] {
        let error = answer.unwrap_err();
        assert!(
            matches!(&error, RepositoryError::Unavailable { source } | RepositoryError::Backend { source }
            if source.to_string() == "attempt to write a readonly database")
        );
    }
}

#[tokio::test]
async fn after_the_close_every_call_is_refused_and_the_log_is_gone() {
    let (engine, directory) = engine(|_| ()).await;
    engine.write(insert(1)).await.unwrap();
    engine.close().await;
    engine.close().await;
    let refusals = [
        engine.write(insert(2)).await,
        engine.read(|_| Ok(())).await,
        engine.look_up(|_| Ok(())).await,
    ];
    for refusal in refusals {
        assert!(
            matches!(refusal, Err(RepositoryError::Unavailable { source }) if source.to_string() == "the database is closed")
        );
    }
    let files: Vec<_> = directory
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files, ["test.db"]);
}
