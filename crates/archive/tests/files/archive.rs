//! Archives: what is written is read again, and nothing else is.

use std::{io::Cursor, sync::Arc};

use proptest::prelude::*;
use tenantry_archive::{Archive, ArchiveWriter};
use tenantry_domain::{
    PasswordHash, PasswordState, SecretText,
    ports::{TransferSource as _, TransferTarget as _},
    transfer::{Record, UserRecord},
};
use tenantry_testkit::{run, strategies::whole_organizations};

use crate::support::{PlainSeal, read, read_with, sample, seal, written};

proptest! {
    #[test]
    fn what_is_written_is_read_again(whole in whole_organizations(true)) {
        let bytes = written(&whole, Some(seal()));
        let again = read(&bytes, Some(seal())).unwrap();
        prop_assert_eq!(&again, &whole);
        prop_assert!(written(&again, Some(seal())) == bytes);
    }

    #[test]
    fn without_secrets_too(whole in whole_organizations(false)) {
        let bytes = written(&whole, None);
        let again = read(&bytes, None).unwrap();
        prop_assert_eq!(&again, &whole);
        prop_assert!(written(&again, None) == bytes);
    }

    /// Every byte counts: also those outside of what is sealed, and whatever it becomes.
    #[test]
    fn whatever_is_altered_is_noticed(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = written(&sample(true), Some(seal()));
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(read(&bytes, Some(seal())).is_err(), "byte {}", at);
    }
}

#[test]
fn an_archive_that_is_torn_off_or_has_a_wrong_letter_is_refused() {
    let bytes = written(&sample(true), Some(seal()));
    for at in (0..bytes.len()).step_by(7) {
        let mut altered = bytes.clone();
        altered[at] ^= 0x20;
        assert!(read(&altered, Some(seal())).is_err(), "byte {at}");
        assert!(read(&bytes[..at], Some(seal())).is_err(), "until {at}");
    }
}

/// Somebody who computes the digest anew, but has not the passphrase.
#[test]
fn a_forged_digest_is_noticed_by_the_seal() {
    let whole = sample(true);
    let mut forged = whole.clone();
    forged.0.organization.active = !whole.0.organization.active;
    let (bytes, other) = (
        written(&whole, Some(seal())),
        written(&forged, Some(seal())),
    );
    let mut lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    let end: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let sealed_of = |line: &[u8]| {
        let line = String::from_utf8(line.to_vec()).unwrap();
        let at = line.find(r#","sealed""#).unwrap();
        (line[..at].to_owned(), line[at..].to_owned())
    };
    let (digest, _) = sealed_of(lines.last().unwrap());
    let (_, sealed) = sealed_of(end.last().unwrap());
    let forged_end = format!("{digest}{sealed}");
    *lines.last_mut().unwrap() = forged_end.as_bytes();
    let error = read(&lines.concat(), Some(seal())).unwrap_err();
    assert!(
        error.ends_with("what is sealed in its last line is another digest"),
        "{error}"
    );
}

#[test]
fn what_is_sealed_stays_in_its_line_and_its_archive() {
    let whole = sample(true);
    let bytes = written(&whole, Some(seal()));
    let error = read(&bytes, Some(Arc::new(PlainSeal { key: 8 }))).unwrap_err();
    assert!(
        error.ends_with("what is sealed in it was altered, or belongs elsewhere"),
        "{error}"
    );
    let error = read(&bytes, None).unwrap_err();
    assert_eq!(error, "the archive is sealed: it needs its passphrase");
}

#[test]
fn secrets_are_not_written_without_a_seal() {
    let (organization, records) = sample(true);
    run(async {
        let mut writer = ArchiveWriter::new(Vec::new(), None);
        let (plain, _) = sample(false);
        writer.begin(&plain).await.unwrap();
        let user = records
            .iter()
            .find(|record| matches!(record, Record::User(user) if user.password.is_some()));
        let error = writer.write(&[user.unwrap().clone()]).await.unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("has secrets, which only a sealed archive may hold"),
            "{error}"
        );
        let mut writer = ArchiveWriter::new(Vec::new(), None);
        let mut organization = organization.clone();
        organization.secret = Some(tenantry_domain::SecretText::new("s3cret"));
        assert!(writer.begin(&organization).await.is_err());
        assert!(
            !String::from_utf8(writer.into_inner())
                .unwrap()
                .contains("s3cret")
        );
    });
}

type User = UserRecord<Option<SecretText>>;

/// What comes of a user with these hashes.
fn moved(password: &str, former: &[&str], elsewhere: bool) -> User {
    let (organization, records) = sample(true);
    let user = records.into_iter().find_map(|record| match record {
        Record::User(user) => Some(*user),
        _ => None,
    });
    let mut user = user.unwrap();
    user.user.password = PasswordState::Set {
        changed_at: user.user.created_at,
        must_change: false,
    };
    user.password = Some(PasswordHash::new(password));
    user.former_passwords = former.iter().copied().map(PasswordHash::new).collect();
    let whole = (organization, vec![Record::User(Box::new(user.clone()))]);
    let bytes = written(&whole, Some(seal()));
    let (_, mut records) = read_with(&bytes, Some(seal()), elsewhere).unwrap();
    let Some(Record::User(moved)) = records.pop() else {
        unreachable!("it is the only one");
    };
    // That there was one is known, so that its loss is reported.
    assert_eq!(moved.user, user.user);
    *moved
}

#[test]
fn only_hashes_that_are_accepted_come_along() {
    let endless = "x".repeat(1_500_000);
    for (hash, taken) in [
        ("plain$s3cret", true),
        ("outdated$s3cret", true),
        ("costly$s3cret", true),
        ("", false),
        ("$argon2id$v=19$m=4194304,t=1,p=1$x$x", false),
        ("\u{1b}[2J\0", false),
        (&endless, false),
        ("$elsewhere$", false),
    ] {
        let expected = taken.then(|| PasswordHash::new(hash));
        assert_eq!(moved(hash, &[], false).password, expected);
    }
    let elsewhere = moved("$elsewhere$", &[], true).password;
    assert_eq!(elsewhere, Some(PasswordHash::held_elsewhere()));
    assert_eq!(moved("$elsewhere", &[], true).password, None);
}

#[test]
fn former_hashes_that_are_refused_or_costly_are_left_behind() {
    let former = [
        "plain$0ne",
        "costly$tw0",
        "$elsewhere$",
        "",
        "outdated$thr33",
    ];
    let moved = moved("plain$s3cret", &former, true);
    assert_eq!(
        moved.former_passwords,
        ["plain$0ne", "outdated$thr33"].map(PasswordHash::new)
    );
}

#[test]
fn a_store_that_repeats_itself_is_an_error() {
    let (organization, records) = sample(false);
    run(async {
        let mut writer = ArchiveWriter::new(Vec::new(), None);
        writer.begin(&organization).await.unwrap();
        writer.write(&records[..1]).await.unwrap();
        let error = writer.write(&records[..1]).await.unwrap_err();
        assert!(error.to_string().ends_with("stands here twice"), "{error}");
    });
}

#[test]
fn later_archives_of_an_organization_have_its_name() {
    let (mut organization, records) = sample(false);
    organization.organization.created_at = time::macros::datetime!(2026-01-02 03:04:05 UTC);
    let named = |whole: &crate::support::Whole| {
        let bytes = written(whole, None);
        let archive = Archive::open(Cursor::new(bytes)).unwrap();
        archive.name().as_str().to_owned()
    };
    let id = organization.organization.id;
    assert_eq!(
        named(&(organization.clone(), records)),
        format!("archive of organization {id}, created 2026-01-02T03:04:05.000000Z")
    );
    let whole = (organization, Vec::new());
    assert_eq!(named(&whole), named(&whole));
}
