//! Master keys in files: made once, never overwritten, replaced as a whole, refused when others can read them. It must not
//! know where a deployment keeps its files.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use tenantry_domain::KeyId;
use zeroize::Zeroizing;

use crate::{
    Keyring, MasterKey,
    master_key::{MalformedKey, MalformedKeyring, MasterKeyError, TEXT_LENGTH},
};

impl Keyring {
    /// Reads the keys in the file `path`.
    ///
    /// # Errors
    /// If the file cannot be read or holds something else, and on Unix also if its mode grants anything to its group or to
    /// others.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Self, MasterKeyError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| unreadable(path, source))?;
        read(file, path)
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
            _ => unwritable(path, source),
        })?;
        let keyring = Self::new(MasterKey::generate());
        match write(&keyring, file).and_then(|()| sync_directory(path)) {
            Ok(()) => Ok(keyring),
            Err(source) => {
                // Half a key would block the next attempt. If even this fails, the next start says what to do.
                let _ = fs::remove_file(path);
                Err(unwritable(path, source))
            }
        }
    }

    /// Puts a new current key before the keys in the file `path`, and answers its id. The others go on opening.
    ///
    /// The file is replaced as a whole: whoever reads it finds the keys as they were or as they are. When this returns, the
    /// new key is on disk.
    ///
    /// # Errors
    /// As for [`read_file`](Self::read_file); [`MasterKeyError::Replacing`] if another process replaces the keys at this
    /// moment; [`MasterKeyError::Write`] if the file cannot be written.
    pub fn rotate_file(path: impl AsRef<Path>) -> Result<KeyId, MasterKeyError> {
        replace(path.as_ref(), |keyring| {
            let keyring = keyring.rotated();
            let id = keyring.current().id();
            Ok((keyring, id))
        })
    }

    /// Takes these former keys out of the file `path`, and answers which of them there were.
    ///
    /// What still names such a key cannot be opened any more.
    ///
    /// # Errors
    /// As for [`rotate_file`](Self::rotate_file); [`MasterKeyError::Current`] and nothing is taken out if one of them is the
    /// current key.
    pub fn forget_former(
        path: impl AsRef<Path>,
        ids: &[KeyId],
    ) -> Result<Vec<KeyId>, MasterKeyError> {
        replace(path.as_ref(), |mut keyring| {
            let current = keyring.current().id();
            if ids.contains(&current) {
                return Err(MasterKeyError::Current(current));
            }
            let forgotten = keyring.forget(ids);
            Ok((keyring, forgotten))
        })
    }
}

fn read(file: File, path: &Path) -> Result<Keyring, MasterKeyError> {
    refuse_exposed(&file, path)?;
    // Room for all that is read: a buffer that grows leaves its old self in memory.
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    file.take(LONGEST as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|source| unreadable(path, source))?;
    let keyring = match std::str::from_utf8(&text) {
        // Not cut: the keys that are cut off would be missed later.
        _ if text.len() > LONGEST => Err(MalformedKeyring::TooLong),
        Ok(text) => Keyring::from_text(text),
        Err(_) => Err(MalformedKey::Scheme.into()),
    };
    keyring.map_err(|problem| malformed(path, problem))
}

fn replace<T>(
    path: &Path,
    change: impl FnOnce(Keyring) -> Result<(Keyring, T), MasterKeyError>,
) -> Result<T, MasterKeyError> {
    // What a link leads to is replaced, not the link.
    let path = &fs::canonicalize(path).map_err(|source| unreadable(path, source))?;
    // Before the keys are read: of two that replace them at once, the later would undo what the other did.
    let (draft, file) = Draft::begin(path)?;
    let old = File::open(path).map_err(|source| unreadable(path, source))?;
    keep_owner(&old, &file).map_err(|source| unwritable(path, source))?;
    let (keyring, result) = change(read(old, path)?)?;
    if keyring.former().len() >= MOST_KEYS {
        return Err(malformed(path, MalformedKeyring::TooLong));
    }
    write(&keyring, file)
        .and_then(|()| draft.put_in_place(path))
        .map_err(|source| unwritable(path, source))?;
    Ok(result)
}

/// The file that is to take the place of another one, beside it. There is one at a time, and it is removed on drop.
struct Draft {
    path: PathBuf,
    /// Not in its place yet. Afterwards there may be another process's file at `path`.
    pending: bool,
}

impl Draft {
    fn begin(target: &Path) -> Result<(Self, File), MasterKeyError> {
        let mut path = OsString::from(target);
        path.push(".new");
        let path = PathBuf::from(path);
        match create_new(&path) {
            Ok(file) => Ok((
                Self {
                    path,
                    pending: true,
                },
                file,
            )),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                Err(MasterKeyError::Replacing { path })
            }
            Err(source) => Err(unwritable(&path, source)),
        }
    }

    fn put_in_place(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.pending = false;
        sync_directory(target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.pending {
            // If this fails, the next attempt says what to do.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn write(keyring: &Keyring, mut file: File) -> io::Result<()> {
    file.write_all(keyring.to_text().as_bytes())?;
    file.sync_all()
}

fn unreadable(path: &Path, source: io::Error) -> MasterKeyError {
    MasterKeyError::Read {
        path: path.into(),
        source,
    }
}

fn unwritable(path: &Path, source: io::Error) -> MasterKeyError {
    MasterKeyError::Write {
        path: path.into(),
        source,
    }
}

fn malformed(path: &Path, problem: MalformedKeyring) -> MasterKeyError {
    MasterKeyError::MalformedFile {
        path: path.into(),
        problem,
    }
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

    let metadata = file.metadata().map_err(|source| unreadable(path, source))?;
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

/// The superuser may replace the keys of a server that runs as somebody else, who has to be able to read them.
#[cfg(unix)]
fn keep_owner(old: &File, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let (old, present) = (old.metadata()?, new.metadata()?);
    if old.uid() != present.uid() {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    Ok(())
}

/// Without modes a new file is as readable as its directory says.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn keep_owner(_old: &File, _new: &File) -> io::Result<()> {
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

/// How many keys a file may hold: more than anybody has, so that a wrong file is not read to its end.
pub(crate) const MOST_KEYS: usize = 64;

/// Those keys, and as much white space around them.
const LONGEST: usize = 2 * MOST_KEYS * TEXT_LENGTH;
