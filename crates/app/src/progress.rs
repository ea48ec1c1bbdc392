//! How far a long command is: one line on standard error that changes, for people alone. It shows nothing where standard
//! error is no terminal, or the result is for programs.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::output::Output;

const BAR: usize = 30;
/// How often the line changes at most.
const EVERY: Duration = Duration::from_millis(100);

/// The line. It is wiped on drop.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    total: Option<u64>,
    began: Instant,
    /// When it was drawn last; `None` where nobody sees it.
    drawn: Option<Mutex<Option<Instant>>>,
}

impl Progress {
    /// Of so many things, if that is known.
    pub(crate) fn new(what: &'static str, total: Option<u64>, output: Output) -> Self {
        let is_seen = !output.json && io::stderr().is_terminal();
        Self {
            what,
            total,
            began: now(),
            drawn: is_seen.then(Mutex::default),
        }
    }

    /// Shows that so many are done.
    pub(crate) fn show(&self, done: u64) {
        let Some(drawn) = &self.drawn else {
            return;
        };
        let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        if drawn.is_some_and(|last| now.duration_since(last) < EVERY) {
            return;
        }
        *drawn = Some(now);
        let line = line(self.what, done, self.total, now.duration_since(self.began));
        // Who does not see it misses nothing but this.
        let _ = write!(io::stderr(), "\r{line}\x1b[K");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// `sealed anew [#####-----] 500 of 1000, 250 a second, 0:02 left`
fn line(what: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let milliseconds = elapsed.as_millis().max(1);
    let rate = u128::from(done) * 1000 / milliseconds;
    let Some(total) = total.filter(|total| *total > 0) else {
        return format!("{what} {done}, {rate} a second");
    };
    let part = u128::from(done.min(total)) * BAR as u128 / u128::from(total);
    let part = usize::try_from(part).unwrap_or(BAR);
    let bar = format!("{}{}", "#".repeat(part), "-".repeat(BAR - part));
    let left = if done == 0 {
        String::new()
    } else {
        let rest = u128::from(total.saturating_sub(done));
        let seconds = rest * milliseconds / u128::from(done) / 1000;
        format!(", {}:{:02} left", seconds / 60, seconds % 60)
    };
    format!("{what} [{bar}] {done} of {total}, {rate} a second{left}")
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a command has been running, for the person who waits for it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_shows_rate_and_time_left() {
        let seconds = Duration::from_secs;
        assert_eq!(
            line("looked at", 500, Some(1000), seconds(2)),
            "looked at [###############---------------] 500 of 1000, 250 a second, 0:02 left"
        );
        assert_eq!(
            line("looked at", 10, Some(10_000), seconds(1)),
            "looked at [------------------------------] 10 of 10000, 10 a second, 16:39 left"
        );
        assert_eq!(
            line("looked at", 0, Some(10), Duration::ZERO),
            "looked at [------------------------------] 0 of 10, 0 a second"
        );
        // More than there were when they were counted.
        assert_eq!(
            line("looked at", 12, Some(10), seconds(1)),
            "looked at [##############################] 12 of 10, 12 a second, 0:00 left"
        );
        assert_eq!(
            line("looked at", 12, None, seconds(4)),
            "looked at 12, 3 a second"
        );
    }
}
