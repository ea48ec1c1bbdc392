//! The database file and connections to it, set up the one way that the store needs.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig, ffi};

use super::lane::{Lane, Next};
use crate::{config::SqliteConfig, migrate, open_error::OpenError, sql};

/// Prepared statements that each connection keeps.
const CACHED_STATEMENTS: usize = 64;
/// How long nothing has to come until a thread gives its memory back.
const QUIET: Duration = Duration::from_millis(500);
/// What the log may occupy when it is not in use, in bytes.
const LOG_LIMIT: i64 = 16 * 1024 * 1024;

/// Creates the file if it is missing, and its directory, for the owner's eyes only. SQLite gives the files beside it the
/// same mode.
pub(super) fn create_file(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Err(OpenError::Directory {
            path: path.to_owned(),
        });
    }
    if let Some(directory) = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        private_directory(directory).map_err(|source| OpenError::NoDirectory {
            path: directory.to_owned(),
            source,
        })?;
    }
    let inaccessible = |source| OpenError::Inaccessible {
        path: path.to_owned(),
        source,
    };
    let file = private_file(path).map_err(inaccessible)?;
    warn_if_others_can_read(path, &file.metadata().map_err(inaccessible)?);
    Ok(())
}

/// The connection of the writer. It sets what stays in the file, unless the file is not the store's.
pub(super) fn open_writer(config: &SqliteConfig) -> Result<Connection, OpenError> {
    let of_engine = |error| OpenError::of_engine(&config.path, error);
    let connection = open(config, config.writer_cache_kib).map_err(of_engine)?;
    migrate::check(&connection, &config.path)?;
    set_up_writer(&connection).map_err(of_engine)?;
    Ok(connection)
}

/// A connection that cannot write. (It is not opened read-only, because it could then not read a log that another
/// process left behind.)
pub(super) fn open_reader(config: &SqliteConfig) -> Result<Connection, OpenError> {
    let set_up = || {
        let connection = open(config, config.cache_kib)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    set_up().map_err(|error| OpenError::of_engine(&config.path, error))
}

fn open(config: &SqliteConfig, cache_kib: u32) -> rusqlite::Result<Connection> {
    // Without `SQLITE_OPEN_URI`, so that no path has a meaning beyond itself, and without a mutex: every connection is
    // used by one thread at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&config.path, flags)?;
    connection.busy_timeout(config.busy_timeout.min(Duration::from_hours(1)))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    // Mapped pages count as resident memory.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    sql::set_up(&connection)?;
    Ok(connection)
}

/// Waits for a job, and gives back the pages that the connection has in memory when none has come for a while: the system has
/// them too, and most servers have nothing to do most of the time.
pub(super) fn next_of<J>(connection: &Connection, lane: &Lane<J>) -> Option<J> {
    match lane.next_within(QUIET) {
        Next::Job(job) => Some(job),
        Next::End => None,
        Next::Quiet => {
            // There is nobody to tell, and what is not given back does no harm.
            let _kept = connection.execute_batch("PRAGMA shrink_memory");
            lane.next()
        }
    }
}

fn set_up_writer(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        // Readers and the writer would lock each other out.
        let code = ffi::Error::new(ffi::SQLITE_IOERR_SHMOPEN);
        let message =
            "the file system does not support a write-ahead log; network file systems often do not";
        return Err(rusqlite::Error::SqliteFailure(
            code,
            Some(message.to_owned()),
        ));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
    // What is deleted is overwritten: a stolen file does not give back erased secrets and hashes.
    connection.pragma_update(None, "secure_delete", true)
}

fn private_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn warn_if_others_can_read(path: &Path, file: &fs::Metadata) {
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.permissions());
    if mode & 0o077 != 0 {
        let mode = format!("{:o}", mode & 0o777);
        tracing::warn!(path = %path.display(), mode, "others can read the database file: run chmod 600 on it");
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_path: &Path, _file: &fs::Metadata) {}
