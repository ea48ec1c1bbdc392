//! The signals that end the server, SIGTERM and SIGINT (Ctrl-C), and SIGHUP, which asks it to read its keys again.

use std::io;

/// Waits for signals. From its making on, they no longer end the process by themselves.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes the signals over.
    #[cfg(unix)]
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Takes the signals over.
    #[cfg(not(unix))]
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The name of the next signal, once it comes.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// The name of the next signal, once it comes.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without signals there is nothing to wait for.
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}

/// Waits for SIGHUP. From its making on, it no longer ends the process.
#[derive(Debug)]
pub(crate) struct Hangups {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Hangups {
    /// Takes the signal over.
    #[cfg(unix)]
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// There is no such signal.
    #[cfg(not(unix))]
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Returns when the next one comes.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        if self.hangup.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Never returns.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
