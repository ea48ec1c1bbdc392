//! A file that is there whole or not at all, and that nobody else reads. It must not know what is in it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// A file that is being written under another name, in the same directory. Gone on drop, unless it was finished.
#[derive(Debug)]
pub(crate) struct NewFile {
    target: PathBuf,
    partial: PathBuf,
    file: Option<BufWriter<File>>,
}

impl NewFile {
    /// Begins to write, for the owner alone. Devices and pipes are no files that another could take the place of.
    pub(crate) fn create(target: &Path) -> io::Result<Self> {
        if fs::metadata(target).is_ok_and(|there| !there.is_file()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no regular file",
            ));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = target.with_file_name(name);
        // What a program left that was killed, and had the same number.
        if let Err(error) = fs::remove_file(&partial)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let file = private().write(true).create_new(true).open(&partial)?;
        Ok(Self {
            target: target.to_owned(),
            partial,
            file: Some(BufWriter::new(file)),
        })
    }

    /// Waits for the disk and gives the file its name; with `replace` also if another has it.
    pub(crate) fn finish(mut self, replace: bool) -> io::Result<()> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        drop(file);
        if !replace && self.target.try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.partial, &self.target)?;
        sync_directory(&self.target)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Of a finished one the name is gone already.
        let _ = fs::remove_file(&self.partial);
    }
}

/// How a file is opened that nobody else reads if it comes into being.
pub(crate) fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes a directory, and those above it, for the owner alone.
#[cfg(unix)]
pub(crate) fn create_private_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// Makes a directory, and those above it.
#[cfg(not(unix))]
pub(crate) fn create_private_directory(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// The name is on the disk only with its directory.
fn sync_directory(target: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let parent = target
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(names(directory.path()), Vec::<String>::new());

        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        file.finish(false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(directory.path()), ["a"]);

        let file = NewFile::create(&path).unwrap();
        assert_eq!(
            file.finish(false).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        NewFile::create(&path).unwrap().finish(true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn what_is_no_file_stays_what_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let error = NewFile::create(directory.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(names(directory.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        NewFile::create(&path).unwrap().finish(false).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
