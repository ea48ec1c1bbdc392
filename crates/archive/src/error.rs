//! What is wrong with a file, and where.

use std::io;

use tenantry_domain::ports::SourceError;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A line is not what it should be. Nothing in it shows a secret.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A row of a CSV does not end.
    #[error(
        "line {line}: the row that begins here has no end: is a quote missing? Nothing behind it was read"
    )]
    Endless {
        /// Where it begins, from 1.
        line: u64,
    },
    /// What is sealed in the archive needs a passphrase.
    #[error("the archive is sealed: it needs its passphrase")]
    Sealed,
    /// The disk, or whatever it is read from.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

impl FileError {
    /// Something is wrong with this line.
    pub(crate) fn at(line: u64, what: impl Into<String>) -> Self {
        Self::Line {
            line,
            what: what.into(),
        }
    }
}

impl From<FileError> for SourceError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Line { .. } | FileError::Endless { .. } | FileError::Sealed => {
                Self::Invalid {
                    what: error.to_string(),
                }
            }
            FileError::Io(source) => Self::Unavailable {
                source: Box::new(source),
            },
        }
    }
}
