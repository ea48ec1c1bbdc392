//! The passphrase of an archive: from a file, the environment, or whoever sits at the terminal. Nobody else sees it there.

use std::{
    env, fs,
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use anyhow::{Context as _, anyhow};
use tenantry_domain::Password;

use crate::{failure::Failure, prompt};

/// The environment variable that may hold it.
pub(crate) const VARIABLE: &str = "TENANTRY_PASSPHRASE";

/// In characters. What it seals may be tried on the fastest machines, for years.
const SHORTEST: usize = 12;
/// In bytes.
const LONGEST: u64 = 4096;

/// What the passphrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To seal: asked for twice, and not too short.
    Seal,
    /// To open what was sealed.
    Open,
}

/// The passphrase, wherever it is.
pub(crate) fn get(file: Option<&Path>, purpose: Purpose) -> Result<Password, Failure> {
    let passphrase = if let Some(path) = file {
        of_file(path)?
    } else if let Some(text) = env::var_os(VARIABLE) {
        let text = text.into_string();
        text.map_err(|_| Failure::usage(anyhow!("{VARIABLE} is not UTF-8")))?
    } else {
        asked(purpose)?
    };
    check(&passphrase, purpose).map_err(Failure::usage)?;
    Ok(Password::new(passphrase))
}

fn check(passphrase: &str, purpose: Purpose) -> Result<(), anyhow::Error> {
    if passphrase.is_empty() {
        return Err(anyhow!("the passphrase is empty"));
    }
    if purpose == Purpose::Seal && passphrase.chars().count() < SHORTEST {
        return Err(anyhow!(
            "the passphrase must have at least {SHORTEST} characters: whoever finds the file can try as many as they like"
        ));
    }
    Ok(())
}

fn of_file(path: &Path) -> Result<String, Failure> {
    let read = || {
        let mut text = String::new();
        fs::File::open(path)?
            .take(LONGEST)
            .read_to_string(&mut text)?;
        io::Result::Ok(text)
    };
    let text = read()
        .with_context(|| format!("--passphrase-file: {} cannot be read", path.display()))
        .map_err(Failure::usage)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn asked(purpose: Purpose) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(anyhow!(
            "there is no terminal to ask for the passphrase: give --passphrase-file, or {VARIABLE} in the environment"
        )));
    }
    let first = hidden("Passphrase: ")?;
    if purpose == Purpose::Seal {
        check(&first, purpose).map_err(Failure::usage)?;
        if hidden("The same again: ")? != first {
            return Err(Failure::usage(anyhow!("the two passphrases differ")));
        }
    }
    Ok(first)
}

fn hidden(question: &str) -> Result<String, Failure> {
    Ok(prompt::secret(question)?.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_the_passphrase() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        fs::write(&path, "correct horse battery\r\nsecond line\n").unwrap();
        let passphrase = get(Some(&path), Purpose::Seal).unwrap();
        assert_eq!(passphrase.expose(), "correct horse battery");
    }

    #[test]
    fn short_ones_open_but_do_not_seal() {
        assert!(check("short", Purpose::Open).is_ok());
        assert_eq!(
            check("elevenchars", Purpose::Seal).unwrap_err().to_string(),
            "the passphrase must have at least 12 characters: whoever finds the file can try as many as they like"
        );
        assert!(check("twelve chars", Purpose::Seal).is_ok());
        assert!(check("", Purpose::Open).is_err());
    }
}
