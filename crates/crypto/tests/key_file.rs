//! Master keys in files.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use tenantry_crypto::{Keyring, MalformedKey, MalformedKeyring, MasterKey, MasterKeyError};
use tenantry_domain::KeyId;

fn write(path: &Path, content: impl AsRef<[u8]>) {
    // Made first, so that the mode is right on every system.
    Keyring::create_file(path).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_created_key_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let keyring = Keyring::create_file(&path).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!("{}\n", *keyring.current().to_text())
    );
    assert_eq!(
        Keyring::read_file(&path).unwrap().to_text(),
        keyring.to_text()
    );
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let keyring = Keyring::create_file(&path).unwrap();
    let error = Keyring::create_file(&path).unwrap_err();
    assert!(matches!(&error, MasterKeyError::Exists { path: at } if *at == path));
    assert_eq!(
        error.to_string(),
        format!(
            "{} already exists and is not overwritten; use it, or name another file",
            path.display()
        )
    );
    assert_eq!(
        Keyring::read_file(&path).unwrap().to_text(),
        keyring.to_text()
    );
}

#[test]
fn what_is_no_key_is_reported_with_its_file() {
    let directory = tempfile::tempdir().unwrap();
    for (name, content, expected) in [
        ("empty", &b""[..], MalformedKey::Empty),
        ("binary", &[0xff, 0xfe, 0x00][..], MalformedKey::Scheme),
        ("long", &[b'A'; 10_000][..], MalformedKey::Scheme),
    ]
    .map(|(name, content, problem)| (name, content, MalformedKeyring::Current(problem)))
    .into_iter()
    .chain([("longer", &[b' '; 14_000][..], MalformedKeyring::TooLong)])
    {
        let path = directory.path().join(name);
        write(&path, content);
        let error = Keyring::read_file(&path).unwrap_err();
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
    let error = Keyring::read_file(&path).unwrap_err();
    assert!(matches!(error, MasterKeyError::Read { .. }));
    let error = Keyring::create_file(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the master key cannot be written to {}; check that its directory exists and can be written to",
            path.display()
        )
    );
}

fn ids(path: &Path) -> Vec<KeyId> {
    let keyring = Keyring::read_file(path).unwrap();
    std::iter::once(keyring.current())
        .chain(keyring.former())
        .map(MasterKey::id)
        .collect()
}

#[test]
fn rotating_puts_a_new_key_first_and_keeps_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let first = Keyring::create_file(&path).unwrap();
    let old_line = fs::read_to_string(&path).unwrap();

    let second = Keyring::rotate_file(&path).unwrap();
    assert_eq!(ids(&path), [second, first.current().id()]);
    let third = Keyring::rotate_file(&path).unwrap();
    assert_eq!(ids(&path), [third, second, first.current().id()]);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.ends_with(&old_line));
    // Nothing else is left in the directory.
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn former_keys_are_forgotten_and_the_current_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let first = Keyring::create_file(&path).unwrap().current().id();
    let second = Keyring::rotate_file(&path).unwrap();
    let third = Keyring::rotate_file(&path).unwrap();

    let error = Keyring::forget_former(&path, &[first, third]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the key {third} is the current one and cannot be forgotten; rotate the keys first"
        )
    );
    assert_eq!(ids(&path), [third, second, first]);

    let stranger = MasterKey::generate().id();
    let forgotten = Keyring::forget_former(&path, &[first, stranger]).unwrap();
    assert_eq!(forgotten, [first]);
    assert_eq!(ids(&path), [third, second]);
    assert_eq!(Keyring::forget_former(&path, &[first]).unwrap(), []);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn two_do_not_replace_the_keys_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let first = Keyring::create_file(&path).unwrap().current().id();
    // What another process has begun.
    let draft = directory.path().join("master.key.new");
    fs::write(&draft, "").unwrap();

    let error = Keyring::rotate_file(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} is there: the keys are being replaced at this moment, or that was interrupted; if nobody replaces them, \
             move that file away and try again",
            fs::canonicalize(&draft).unwrap().display()
        )
    );
    assert!(draft.exists());
    assert_eq!(ids(&path), [first]);

    fs::remove_file(draft).unwrap();
    let second = Keyring::rotate_file(&path).unwrap();
    assert_eq!(ids(&path), [second, first]);
}

#[test]
fn no_rotation_is_lost_among_threads() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    Keyring::create_file(&path).unwrap();
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Keyring::rotate_file(&path)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let there = ids(&path);
    let mut rotations = 0;
    for id in made {
        match id {
            Ok(id) => {
                assert!(there.contains(&id));
                rotations += 1;
            }
            Err(error) => assert!(matches!(error, MasterKeyError::Replacing { .. }), "{error}"),
        }
    }
    assert_eq!(there.len(), 1 + rotations);
}

#[test]
fn a_file_holds_no_more_keys_than_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    Keyring::create_file(&path).unwrap();
    for _ in 1..64 {
        Keyring::rotate_file(&path).unwrap();
    }
    let error = Keyring::rotate_file(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} holds no master key: it is longer than 64 keys are; forget former ones that nothing names any more",
            fs::canonicalize(&path).unwrap().display()
        )
    );
    assert_eq!(ids(&path).len(), 64);
}

#[test]
fn what_is_no_key_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("master.key");
    let error = Keyring::rotate_file(&path).unwrap_err();
    assert!(matches!(error, MasterKeyError::Read { .. }));
    write(&path, "none");
    let error = Keyring::rotate_file(&path).unwrap_err();
    assert!(matches!(error, MasterKeyError::MalformedFile { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), "none");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use super::*;

    #[test]
    fn a_created_file_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        Keyring::create_file(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
    }

    #[test]
    fn a_file_open_to_others_is_refused_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        Keyring::create_file(&path).unwrap();
        for mode in [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Keyring::read_file(&path).unwrap_err();
            let expected = format!(
                "the master key in {0} is open to others (mode {mode:04o}); run: chmod 600 '{0}'",
                path.display()
            );
            assert_eq!(error.to_string(), expected);
        }
        for mode in [0o400, 0o600, 0o700] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Keyring::read_file(&path).unwrap();
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
            Keyring::create_file(&link),
            Err(MasterKeyError::Exists { .. })
        ));
        assert!(!target.exists());
    }

    #[test]
    fn a_replaced_file_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let first = Keyring::create_file(&path).unwrap().current().id();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            Keyring::rotate_file(&path),
            Err(MasterKeyError::Exposed { mode: 0o640, .. })
        ));
        assert!(matches!(
            Keyring::forget_former(&path, &[]),
            Err(MasterKeyError::Exposed { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        let second = Keyring::rotate_file(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(ids(&path), [second, first]);
    }

    #[test]
    fn a_replaced_file_stays_its_owners() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        Keyring::create_file(&path).unwrap();
        // The superuser alone can give a file away; whoever else runs this keeps it.
        let given = chown(&path, Some(65_534), Some(65_534)).is_ok();
        let owner = fs::metadata(&path).unwrap().uid();
        assert_eq!(given, owner == 65_534);
        Keyring::rotate_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().uid(), owner);
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (link, target) = (
            directory.path().join("link"),
            directory.path().join("target"),
        );
        Keyring::create_file(&target).unwrap();
        symlink("target", &link).unwrap();
        let id = Keyring::rotate_file(&link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(ids(&target)[0], id);
    }
}
