//! A vault whose keys are rotated while it is in use.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;
use tenantry_crypto::{Keyring, MasterKey, MasterKeyError, ReloadError, ReloadingVault, Vault};
use tenantry_domain::{
    KeyId, OrganizationId, Sealed, SealedPlace, SecretDigest,
    ports::{ChainSeal, Clock, SecretKind, SecretVault, VaultError},
};
use time::{Duration, OffsetDateTime, macros::datetime};

const PLACE: SealedPlace = SealedPlace::UserSecret(SecretDigest::new([7; 32]));
const ORGANIZATION: OrganizationId = OrganizationId::new(2);

struct TestClock(Mutex<OffsetDateTime>);

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// A vault over a key file that others rotate.
struct Fixture {
    directory: TempDir,
    clock: Arc<TestClock>,
    readings: Arc<AtomicUsize>,
    vault: ReloadingVault,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let keyring = Keyring::create_file(&path).unwrap();
        let clock = Arc::new(TestClock(Mutex::new(datetime!(2026-03-04 05:06:07 UTC))));
        let readings = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&readings);
        let read = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Keyring::read_file(&path)
        };
        let vault = ReloadingVault::new(&keyring, read, clock.clone());
        Self {
            directory,
            clock,
            readings,
            vault,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("master.key")
    }

    fn rotate(&self) -> KeyId {
        Keyring::rotate_file(self.path()).unwrap()
    }

    /// What another process has that has just started.
    fn other(&self) -> Vault {
        Vault::new(&Keyring::read_file(self.path()).unwrap())
    }

    fn pass(&self, duration: Duration) {
        *self.clock.0.lock().unwrap() += duration;
    }

    fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }
}

/// Sealed with a key that is nowhere.
fn stranger() -> Sealed {
    Vault::new(&Keyring::new(MasterKey::generate())).seal(&PLACE, b"clear")
}

#[test]
fn what_another_process_sealed_with_a_new_key_is_opened() {
    let fixture = Fixture::new();
    let old = fixture.vault.seal(&PLACE, b"old");
    let id = fixture.rotate();
    let new = fixture.other().seal(&PLACE, b"new");
    assert_eq!(new.key_id, id);

    assert_eq!(fixture.vault.open(&PLACE, &new).unwrap(), b"new");
    assert_eq!(fixture.readings(), 1);
    // And what the old key sealed, and from now on the new one seals.
    assert_eq!(fixture.vault.open(&PLACE, &old).unwrap(), b"old");
    assert_eq!(fixture.vault.current_key(), id);
    assert_eq!(fixture.vault.seal(&PLACE, b"").key_id, id);
    assert_eq!(fixture.readings(), 1);
}

#[test]
fn whatever_names_an_unknown_key_makes_the_keys_be_read() {
    type Ask = fn(&ReloadingVault, &Vault) -> bool;
    let asks: [Ask; 4] = [
        |vault, other| {
            let issued = other.issue(SecretKind::User);
            vault.reveal(&issued.stored) == Ok(issued.clear)
        },
        |vault, other| vault.open(&PLACE, &other.seal(&PLACE, b"x")) == Ok(b"x".to_vec()),
        |vault, other| vault.recognize(&other.sentinel()) == Ok(()),
        |vault, other| {
            let signature = other.sign(ORGANIZATION, b"head");
            vault.is_signed(ORGANIZATION, b"head", &signature)
        },
    ];
    for (number, ask) in asks.into_iter().enumerate() {
        let fixture = Fixture::new();
        fixture.rotate();
        assert!(ask(&fixture.vault, &fixture.other()), "{number}");
        assert_eq!(fixture.readings(), 1, "{number}");
    }
}

#[test]
fn what_needs_no_unknown_key_reads_nothing() {
    let fixture = Fixture::new();
    let vault = &fixture.vault;
    let issued = vault.issue(SecretKind::Organization);
    assert_eq!(vault.reveal(&issued.stored), Ok(issued.clear.clone()));
    assert_eq!(vault.adopt(&issued.clear).digest, issued.stored.digest);
    assert_eq!(vault.digest(&issued.clear), Some(issued.stored.digest));
    let token = vault.issue_token();
    assert_eq!(vault.digest(&token.clear), Some(token.digest));
    assert_eq!(vault.recognize(&vault.sentinel()), Ok(()));
    let signature = vault.sign(ORGANIZATION, b"head");
    assert!(vault.is_signed(ORGANIZATION, b"head", &signature));
    assert_eq!(
        vault.link(&[1; 32], b"record"),
        fixture.other().link(&[1; 32], b"record")
    );
    assert_eq!(fixture.readings(), 0);
}

#[test]
fn keys_are_read_once_a_second_whoever_asks() {
    let fixture = Fixture::new();
    let sealed = stranger();
    let unknown = Err(VaultError::UnknownKey(sealed.key_id));
    assert_eq!(fixture.vault.open(&PLACE, &sealed), unknown);
    assert_eq!(fixture.vault.open(&PLACE, &sealed), unknown);
    fixture.pass(Duration::milliseconds(999));
    assert_eq!(fixture.vault.open(&PLACE, &sealed), unknown);
    assert_eq!(fixture.readings(), 1);
    fixture.pass(Duration::milliseconds(1));
    assert_eq!(fixture.vault.open(&PLACE, &sealed), unknown);
    assert_eq!(fixture.readings(), 2);
    // A clock that was set back.
    fixture.pass(Duration::days(-1));
    assert_eq!(fixture.vault.open(&PLACE, &sealed), unknown);
    assert_eq!(fixture.readings(), 3);
}

#[test]
fn a_reload_says_whether_anything_changed() {
    let fixture = Fixture::new();
    let first = fixture.vault.current_key();
    assert!(!fixture.vault.reload().unwrap());
    let second = fixture.rotate();
    // Asked for, it does not wait for the second to pass.
    assert!(fixture.vault.reload().unwrap());
    assert_eq!(fixture.vault.current_key(), second);
    assert!(!fixture.vault.reload().unwrap());

    Keyring::forget_former(fixture.path(), &[first]).unwrap();
    assert!(fixture.vault.reload().unwrap());
    assert_eq!(
        format!("{:?}", fixture.vault),
        format!(
            "ReloadingVault {{ present: Vault {{ current: KeyId({second}), former: [], .. }}, .. }}"
        )
    );
}

#[test]
fn keys_without_the_one_that_seals_are_refused() {
    let fixture = Fixture::new();
    let first = fixture.vault.current_key();
    let sealed = fixture.vault.seal(&PLACE, b"clear");

    fixture.rotate();
    Keyring::forget_former(fixture.path(), &[first]).unwrap();
    let error = fixture.vault.reload().unwrap_err();
    assert!(matches!(error, ReloadError::Lost(id) if id == first));
    assert_eq!(
        error.to_string(),
        format!(
            "the key {first}, which this process seals with, is not among the master keys any more; put it back: what was \
             sealed with it opens with no other"
        )
    );

    fs::remove_file(fixture.path()).unwrap();
    assert!(matches!(
        fixture.vault.reload(),
        Err(ReloadError::Unreadable(MasterKeyError::Read { .. }))
    ));
    assert_eq!(fixture.vault.open(&PLACE, &sealed).unwrap(), b"clear");
    assert_eq!(fixture.vault.current_key(), first);
}

#[test]
fn another_key_of_the_same_name_is_refused() {
    let fixture = Fixture::new();
    let (first, text) = (fixture.vault.current_key(), MasterKey::generate().to_text());
    let (_, bytes) = text.rsplit_once(':').unwrap();
    fs::write(
        fixture.path(),
        format!("tenantry-master-key:v1:{first}:{bytes}"),
    )
    .unwrap();
    assert!(matches!(
        fixture.vault.reload(),
        Err(ReloadError::Lost(id)) if id == first
    ));
}

#[test]
fn threads_that_meet_a_new_key_at_once_all_open_it() {
    let fixture = Fixture::new();
    fixture.rotate();
    let sealed = fixture.other().seal(&PLACE, b"clear");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(fixture.vault.open(&PLACE, &sealed).unwrap(), b"clear"));
        }
    });
    assert_eq!(fixture.readings(), 1);
}
