//! Why a store cannot be opened, in words for the person who runs the server.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a store cannot be opened. Every message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path is a directory.
    #[error("'{}' is a directory: name a file in it, for example '{}'", path.display(), path.join("tenantry.db").display())]
    Directory {
        /// The path given.
        path: PathBuf,
    },
    /// The directory of the file is missing and cannot be made.
    #[error("the directory '{}' cannot be created: create it for the server's user, or choose another path", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file can be neither created nor opened.
    #[error("'{}' cannot be opened for reading and writing: give the server's user access to the file and its directory", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("'{}' is not a SQLite database: choose another path, or restore the file from a backup", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A SQLite database that belongs to another program.
    #[error("'{}' is a SQLite database of another program: choose another path", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later release.
    #[error(
        "'{}' has schema version {found}, this program knows {known} at most: run the release that wrote it, or a later one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: usize,
        /// The latest that this program knows.
        known: usize,
    },
    /// SQLite refuses for another reason, for example because another process keeps the file locked.
    #[error("SQLite cannot open '{}'", path.display())]
    Engine {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The operating system gives no thread.
    #[error("a thread for '{}' cannot be started", path.display())]
    Thread {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl OpenError {
    pub(crate) fn of_engine(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            _ => Self::Engine { path, source },
        }
    }
}
