//! How a command can fail, and the exit code that says so.

use std::process::ExitCode;

/// How a command failed. The error's chain says what happened and what to do.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, the configuration or the master key has to be put right first.
    Usage(anyhow::Error),
    /// It did not work out.
    Failed(anyhow::Error),
}

impl Failure {
    /// Wraps an error that somebody has to put right on the command line or in the configuration.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    /// What happened.
    pub(crate) fn error(&self) -> &anyhow::Error {
        match self {
            Self::Usage(error) | Self::Failed(error) => error,
        }
    }

    /// What the shell gets to see.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::from(1),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
