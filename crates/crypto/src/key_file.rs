//! Master keys in files: made once, never overwritten, refused when others can read them. It must not know where a
//! deployment keeps its files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

use zeroize::Zeroizing;

use crate::master_key::{MalformedKey, MasterKey, MasterKeyError, TEXT_LENGTH};

impl MasterKey {
    /// Reads the key in the file `path`.
    ///
    /// # Errors
    /// If the file cannot be read or holds something else, and on Unix also if its mode grants anything to its group or to
    /// others.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Self, MasterKeyError> {
        let path = path.as_ref();
        let unreadable = |source| MasterKeyError::Read {
            path: path.into(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        refuse_exposed(&file, path)?;
        // Room for all that is read: a buffer that grows leaves its old self in memory.
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST));
        file.take(LONGEST as u64)
            .read_to_end(&mut text)
            .map_err(unreadable)?;
        std::str::from_utf8(&text)
            .map_err(|_| MalformedKey::Scheme)
            .and_then(Self::from_text)
            .map_err(|problem| MasterKeyError::MalformedFile {
                path: path.into(),
                problem,
            })
    }

    /// Makes a new key and keeps it in the new file `path`, which on Unix only its owner can read.
    ///
    /// When this returns, the key is on disk, so what is sealed with it can be opened after a power cut.
    ///
    /// # Errors
    /// [`MasterKeyError::Exists`] if there is anything at `path`; of two processes that try at once, one gets this.
    /// [`MasterKeyError::Write`] if the file cannot be written; nothing is left behind then.
    pub fn create_file(path: impl AsRef<Path>) -> Result<Self, MasterKeyError> {
        let path = path.as_ref();
        let file = create_new(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => MasterKeyError::Exists { path: path.into() },
            _ => MasterKeyError::Write {
                path: path.into(),
                source,
            },
        })?;
        let key = Self::generate();
        match write_durably(&key, file, path) {
            Ok(()) => Ok(key),
            Err(source) => {
                // Half a key would block the next attempt. If even this fails, the next start says what to do.
                let _ = fs::remove_file(path);
                Err(MasterKeyError::Write {
                    path: path.into(),
                    source,
                })
            }
        }
    }
}

fn write_durably(key: &MasterKey, mut file: File, path: &Path) -> io::Result<()> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST));
    line.push_str(&key.to_text());
    line.push('\n');
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    sync_directory(path)
}

#[cfg(unix)]
fn create_new(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(not(unix))]
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Asks the open file, not the path, which could be another file by now.
#[cfg(unix)]
fn refuse_exposed(file: &File, path: &Path) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata().map_err(|source| MasterKeyError::Read {
        path: path.into(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(MasterKeyError::Exposed {
            path: path.into(),
            mode,
        });
    }
    Ok(())
}

/// Without modes there is nothing to ask.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn refuse_exposed(_file: &File, _path: &Path) -> Result<(), MasterKeyError> {
    Ok(())
}

/// A file is only there after a power cut if its directory was written too.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Other systems do not open directories as files.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// More than a key and the white space around it. What is longer is cut, and then it is no key.
const LONGEST: usize = 4 * TEXT_LENGTH;
