//! How a command can fail, and the exit code that says so.

use std::process::ExitCode;

/// How a command failed. The error's chain says what happened and what to do.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, the configuration or the master key has to be put right first.
    Usage(anyhow::Error),
    /// It did not work out.
    Failed(anyhow::Error),
    /// Nobody reads a list any longer.
    ReadEnough(anyhow::Error),
}

impl Failure {
    /// Wraps an error that somebody has to put right on the command line or in the configuration.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    /// What happened.
    pub(crate) fn error(&self) -> &anyhow::Error {
        match self {
            Self::Usage(error) | Self::Failed(error) | Self::ReadEnough(error) => error,
        }
    }

    /// Of a list that was not read to its end, as behind `| head`: whoever closed it knows.
    pub(crate) fn of_list(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ReadEnough(error.into()),
            _ => Self::Failed(error.into()),
        }
    }

    /// What the shell gets to see.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) | Self::ReadEnough(_) => ExitCode::from(1),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
