//! Asking at the terminal. Questions go to standard error: standard output is for results.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, anyhow};
use tenantry_domain::{PasswordPolicy, SecretText};

use crate::failure::Failure;

/// Whether somebody is there to be asked.
pub(crate) fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Goes on if `--yes` was given, or somebody at the terminal says yes. `what` is a sentence without its end.
pub(crate) fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !somebody_is_there() {
        return Err(Failure::usage(anyhow!(
            "{what}, which cannot be undone, and there is no terminal to ask at: give --yes to do it"
        )));
    }
    let answer = line(&format!(
        "{what}. This cannot be undone. Type yes to go on: "
    ))?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(Failure::Failed(anyhow!("nothing was done")))
    }
}

/// Asks for a line.
pub(crate) fn line(question: &str) -> Result<String, Failure> {
    let mut stderr = io::stderr();
    stderr.write_all(question.as_bytes())?;
    stderr.flush()?;
    let mut text = String::new();
    let read = io::stdin()
        .lock()
        .read_line(&mut text)
        .context("the answer cannot be read")?;
    if read == 0 {
        return Err(Failure::Failed(anyhow!("nothing was answered")));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks for a line that nobody sees.
pub(crate) fn secret(question: &str) -> Result<SecretText, Failure> {
    let _silence = Silence::begin()?;
    let answer = line(question);
    // The end of the line was not shown either.
    let _ = writeln!(io::stderr());
    let answer = answer?;
    if answer.is_empty() {
        return Err(Failure::usage(anyhow!("nothing was answered")));
    }
    Ok(SecretText::new(answer))
}

/// A password from standard input: its first line. `option` says that it is there. Whoever types it is asked, and not shown
/// it.
pub(crate) fn password_of_stdin(option: &str) -> Result<SecretText, Failure> {
    if somebody_is_there() {
        return secret("Password: ");
    }
    // No longer than a password may be, in bytes, with the end of the line.
    let longest = u64::try_from(PasswordPolicy::MAX_LENGTH * 4 + 2).unwrap_or(u64::MAX);
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(longest)
        .read_line(&mut text)
        .context("the password cannot be read from standard input")?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(SecretText::new(line)),
        _ => Err(Failure::usage(anyhow!(
            "{option} was given, but standard input has no password in its first line"
        ))),
    }
}

/// The terminal does not show what is typed while this lives.
#[cfg(unix)]
struct Silence(rustix::termios::Termios);

#[cfg(unix)]
impl Silence {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // There is nobody to tell if this fails.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(not(unix))]
struct Silence;

#[cfg(not(unix))]
impl Silence {
    fn begin() -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a secret cannot be asked for without showing it here: give it by the environment",
        ))
    }
}
