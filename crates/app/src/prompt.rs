//! Asking at the terminal. Questions go to standard error: standard output is for results.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
#[cfg(unix)]
use std::os::fd::AsFd;

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
    ask(question)?;
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

fn ask(question: &str) -> io::Result<()> {
    let mut stderr = io::stderr();
    stderr.write_all(question.as_bytes())?;
    stderr.flush()
}

/// Asks for a line that nobody sees. Ctrl-C is no answer; the terminal is as it was before in any case.
pub(crate) fn secret(question: &str) -> Result<SecretText, Failure> {
    let stdin = io::stdin();
    let _silence = Silence::begin(&stdin)?;
    ask(question)?;
    let answer = hidden_line(&mut stdin.lock());
    // The end of the line was not shown either.
    let _ = writeln!(io::stderr());
    match answer.context("the answer cannot be read")? {
        Some(answer) => Ok(SecretText::new(answer)),
        None => Err(Failure::usage(anyhow!("nothing was answered"))),
    }
}

/// What is typed until the end of the line; `None` if that is nothing, or was given up with Ctrl-C.
fn hidden_line(input: &mut impl io::BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let typed = input.fill_buf()?;
        if typed.is_empty() {
            break;
        }
        let end = typed
            .iter()
            .position(|byte| matches!(*byte, b'\n' | CTRL_C));
        line.extend_from_slice(&typed[..end.unwrap_or(typed.len())]);
        let given_up = end.is_some_and(|end| typed[end] == CTRL_C);
        let read = end.map_or(typed.len(), |end| end + 1);
        input.consume(read);
        if given_up {
            return Ok(None);
        }
        if end.is_some() {
            break;
        }
    }
    let mut text = String::from_utf8(line)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
    text.truncate(text.trim_end_matches('\r').len());
    Ok((!text.is_empty()).then_some(text))
}

/// What the key sends where it sends no signal.
const CTRL_C: u8 = 0x03;

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

/// The terminal does not show what is typed while this lives, and no key ends the program, which would leave the terminal like
/// that: Ctrl-C ends the line, and stands in it.
#[cfg(unix)]
struct Silence<T: AsFd> {
    terminal: T,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl<T: AsFd> Silence<T> {
    fn begin(terminal: T) -> io::Result<Self> {
        use rustix::termios::{
            LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
        };
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

#[cfg(unix)]
impl<T: AsFd> Drop for Silence<T> {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // There is nobody to tell if this fails.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(not(unix))]
struct Silence;

#[cfg(not(unix))]
impl Silence {
    fn begin<T>(_: T) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a secret cannot be asked for without showing it here: give it by the environment",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_its_end_or_is_given_up() {
        for (typed, expected, rest) in [
            ("s3cret\nmore", Some("s3cret"), "more"),
            ("s3cret\r\n", Some("s3cret"), ""),
            (" s3 cret \n", Some(" s3 cret "), ""),
            ("s3cret", Some("s3cret"), ""),
            ("\nmore", None, "more"),
            ("", None, ""),
            ("s3c\u{3}ret\n", None, "ret\n"),
            ("\u{3}", None, ""),
        ] {
            // However it comes in.
            for most in [1, 4, 64] {
                let mut input = io::BufReader::with_capacity(most, typed.as_bytes());
                let answer = hidden_line(&mut input).unwrap();
                assert_eq!(answer.as_deref(), expected, "{typed:?}");
                let mut left = String::new();
                input.read_to_string(&mut left).unwrap();
                assert_eq!(left, rest, "{typed:?}");
            }
        }
        assert!(hidden_line(&mut &b"\xff\n"[..]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn ctrl_c_ends_no_program_and_leaves_the_terminal_as_it_was() {
        use std::fs::File;

        use rustix::{
            pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
            termios::{LocalModes, tcgetattr},
        };

        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let shown = LocalModes::ECHO | LocalModes::ISIG;
        let modes = || tcgetattr(&terminal).unwrap().local_modes & shown;
        assert_eq!(modes(), shown);

        let silence = Silence::begin(&terminal).unwrap();
        assert_eq!(modes(), LocalModes::empty());
        // Without the end of a line: the key is one.
        rustix::io::write(&keyboard, b"s3cr\x03").unwrap();
        let mut input = io::BufReader::new(&terminal);
        assert_eq!(hidden_line(&mut input).unwrap(), None);
        drop(silence);
        assert_eq!(modes(), shown);
    }
}
