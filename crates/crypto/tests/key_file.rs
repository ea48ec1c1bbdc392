//! Master keys in files.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use tenantry_crypto::{MalformedKey, MasterKey, MasterKeyError};

fn write(path: &Path, content: impl AsRef<[u8]>) {
    // Made first, so that the mode is right on every system.
    MasterKey::create_file(path).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_created_key_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let key = MasterKey::create_file(&path).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!("{}\n", *key.to_text())
    );
    assert_eq!(
        MasterKey::read_file(&path).unwrap().to_text(),
        key.to_text()
    );
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let key = MasterKey::create_file(&path).unwrap();
    let error = MasterKey::create_file(&path).unwrap_err();
    assert!(matches!(&error, MasterKeyError::Exists { path: at } if *at == path));
    assert_eq!(
        error.to_string(),
        format!(
            "{} already exists and is not overwritten; use it, or name another file",
            path.display()
        )
    );
    assert_eq!(
        MasterKey::read_file(&path).unwrap().to_text(),
        key.to_text()
    );
}

#[test]
fn what_is_no_key_is_reported_with_its_file() {
    let directory = tempfile::tempdir().unwrap();
    for (name, content, expected) in [
        ("empty", &b""[..], MalformedKey::Empty),
        ("binary", &[0xff, 0xfe, 0x00][..], MalformedKey::Scheme),
        ("long", &[b'A'; 10_000][..], MalformedKey::Scheme),
    ] {
        let path = directory.path().join(name);
        write(&path, content);
        let error = MasterKey::read_file(&path).unwrap_err();
        assert!(
            matches!(&error, MasterKeyError::MalformedFile { path: at, problem }
                if *at == path && *problem == expected),
            "{error}"
        );
    }
}

#[test]
fn a_missing_file_or_directory_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("none").join("master.key");
    let error = MasterKey::read_file(&path).unwrap_err();
    assert!(matches!(error, MasterKeyError::Read { .. }));
    let error = MasterKey::create_file(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the master key cannot be written to {}; check that its directory exists and can be written to",
            path.display()
        )
    );
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_created_file_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        MasterKey::create_file(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
    }

    #[test]
    fn a_file_open_to_others_is_refused_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        MasterKey::create_file(&path).unwrap();
        for mode in [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = MasterKey::read_file(&path).unwrap_err();
            let expected = format!(
                "the master key in {0} is open to others (mode {mode:04o}); run: chmod 600 '{0}'",
                path.display()
            );
            assert_eq!(error.to_string(), expected);
        }
        for mode in [0o400, 0o600, 0o700] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            MasterKey::read_file(&path).unwrap();
        }
    }

    #[test]
    fn a_dangling_link_is_not_followed_when_creating() {
        let directory = tempfile::tempdir().unwrap();
        let (link, target) = (
            directory.path().join("link"),
            directory.path().join("target"),
        );
        symlink(&target, &link).unwrap();
        assert!(matches!(
            MasterKey::create_file(&link),
            Err(MasterKeyError::Exists { .. })
        ));
        assert!(!target.exists());
    }
}
