//! Where `tenantry login` keeps secrets: one file, which nobody but its owner may read.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use tenantry_api_client::Credentials;
use toml::{Table, Value};

use super::place::variable;
use crate::{
    failure::Failure,
    new_file::{NewFile, create_private_directory},
};

/// A server and the secrets for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) server: String,
    pub(super) credentials: Credentials,
}

/// `$XDG_CONFIG_HOME/tenantry/profiles.toml`, or the same below `~/.config`.
pub(super) fn path() -> Result<PathBuf, Failure> {
    let base = match (variable("XDG_CONFIG_HOME"), variable("HOME")) {
        (Some(base), _) => PathBuf::from(base),
        (None, Some(home)) => Path::new(&home).join(".config"),
        (None, None) => {
            return Err(Failure::usage(anyhow!(
                "nobody knows where profiles are: set HOME or XDG_CONFIG_HOME"
            )));
        }
    };
    Ok(base.join("tenantry").join("profiles.toml"))
}

/// The profile of that name.
pub(super) fn read(name: &str) -> Result<Profile, Failure> {
    let path = path()?;
    let profiles = load(&path)?;
    let shown = path.display();
    let Some(profile) = profiles.get(name) else {
        let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
        let known = match known.as_slice() {
            [] => "there is none yet".to_owned(),
            known => format!("there are {}", known.join(", ")),
        };
        return Err(Failure::usage(anyhow!(
            "there is no profile '{name}' in {shown} ({known}): store it with `tenantry login --server URL --profile {name}`"
        )));
    };
    let text = |field: &str| {
        profile.get(field).and_then(Value::as_str).ok_or_else(|| {
            Failure::usage(anyhow!(
                "the profile '{name}' in {shown} has no text {field}: store it anew with `tenantry login`"
            ))
        })
    };
    Ok(Profile {
        server: text("server")?.to_owned(),
        credentials: Credentials::new(text("user_secret")?, text("organization_secret")?),
    })
}

/// Puts a profile into the file, beside the others.
pub(super) fn write(name: &str, profile: &Profile) -> Result<PathBuf, Failure> {
    let path = path()?;
    let mut profiles = load(&path)?;
    let mut entry = Table::new();
    let credentials = &profile.credentials;
    for (field, value) in [
        ("server", profile.server.as_str()),
        ("user_secret", credentials.user.expose()),
        ("organization_secret", credentials.organization.expose()),
    ] {
        entry.insert(field.to_owned(), Value::String(value.to_owned()));
    }
    profiles.insert(name.to_owned(), Value::Table(entry));
    replace(&path, &profiles.to_string())
        .with_context(|| format!("the profile cannot be written to {}", path.display()))?;
    Ok(path)
}

/// All profiles; none if there is no file yet.
fn load(path: &Path) -> Result<Table, Failure> {
    let shown = path.display();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Table::new()),
        Err(error) => {
            return Err(Failure::usage(
                anyhow::Error::new(error).context(format!("{shown} cannot be read")),
            ));
        }
    };
    let unread = || format!("{shown} cannot be read");
    // Of what is open, not of what has the name by now.
    let metadata = file.metadata().with_context(unread)?;
    if let Some(objection) = objection(&metadata, &shown.to_string()) {
        return Err(Failure::usage(anyhow!(objection)));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(unread)?;
    // Not the error's own rendering, which quotes the line: it may hold a secret.
    toml::from_str(&text).map_err(|error| {
        Failure::usage(anyhow!(
            "{shown} is not TOML ({}): put it right, or remove it and log in anew",
            error.message()
        ))
    })
}

/// Writes the whole file or nothing of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    create_private_directory(directory)?;
    let mut file = NewFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.finish(true)
}

/// Why nobody should take secrets, or the address they are sent to, from that file.
#[cfg(unix)]
fn objection(metadata: &Metadata, shown: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    objection_to(metadata.uid(), me, metadata.mode(), shown)
}

#[cfg(unix)]
fn objection_to(owner: u32, me: u32, mode: u32, shown: &str) -> Option<String> {
    if owner != me {
        return Some(format!(
            "{shown} holds secrets, and belongs to the user with the number {owner}, who may change to whom they are sent, while you \
             are {me}: remove it and log in anew, or run this as its owner"
        ));
    }
    (mode & 0o077 != 0).then(|| {
        format!("{shown} holds secrets, and others may read or change it: run chmod 600 {shown}")
    })
}

#[cfg(not(unix))]
fn objection(_: &Metadata, _: &str) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_its_users_own() {
        let others = "profiles.toml holds secrets, and belongs to the user with the number 1000, who may change to whom they are sent, \
                      while you are 0: remove it and log in anew, or run this as its owner";
        let open = "profiles.toml holds secrets, and others may read or change it: run chmod 600 profiles.toml";
        for (owner, me, mode, expected) in [
            (1000, 1000, 0o100_600, None),
            (1000, 1000, 0o100_400, None),
            (0, 0, 0o100_600, None),
            (1000, 0, 0o100_600, Some(others)),
            (1000, 0, 0o100_666, Some(others)),
            (1000, 1000, 0o100_640, Some(open)),
            (1000, 1000, 0o100_602, Some(open)),
        ] {
            assert_eq!(
                objection_to(owner, me, mode, "profiles.toml").as_deref(),
                expected
            );
        }
    }
}
