//! Sealing everything anew.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use tenantry_domain::{
    ChainSignature, KeyId, OrganizationId, Sealed, SealedPlace, SealedSecret, SecretDigest,
    SecretText,
    ports::{
        ChainSeal, Issued, IssuedToken, KeyringRepository, RepositoryError, Resealed, SealedBatch,
        SecretKind, SecretVault, VaultError,
    },
    services::{AuditChainService, KeyRotationService, KeysInUse, RotationProgress},
};
use tenantry_testkit::{PlainChainSeal, PlainVault, run};
use uuid::Uuid;

use crate::world::World;

const fn key(number: u128) -> KeyId {
    KeyId(Uuid::from_u128(number))
}

fn nobody(_: &RotationProgress) {}

fn nobody_looks(_: &KeysInUse) {}

/// The rotation from the key number 1, which sealed everything so far, to the key number 2.
fn rotation(world: &World) -> KeyRotationService {
    rotation_over(world, world.repositories.keyring.clone())
}

fn rotation_over(world: &World, keyring: Arc<dyn KeyringRepository>) -> KeyRotationService {
    let keys = Arc::new(TwoKeys {
        current: (PlainVault::with_key(2), PlainChainSeal::with_key(2)),
        former: (PlainVault::new(), PlainChainSeal::new()),
    });
    KeyRotationService::new(
        keyring,
        keys.clone(),
        AuditChainService::new(world.repositories.audit_chain.clone(), keys),
    )
}

/// What links the log of a server that has read both keys and does not sign with the new one yet.
fn server_with_the_former_key(world: &World) -> AuditChainService {
    let keys = TwoKeys {
        current: (PlainVault::new(), PlainChainSeal::new()),
        former: (PlainVault::with_key(2), PlainChainSeal::with_key(2)),
    };
    AuditChainService::new(world.repositories.audit_chain.clone(), Arc::new(keys))
}

/// A world of eight linked records: one organization secret, six user secrets, and a sentinel.
async fn world() -> World {
    let world = World::linked(8).await;
    let sentinel = PlainVault::new().sentinel();
    let recorded = world.repositories.keyring.record_sentinel(&sentinel).await;
    assert_eq!(recorded.unwrap(), sentinel);
    world
}

#[test]
fn everything_is_sealed_anew_and_the_sentinel_by_a_pass_that_finds_nothing_else() {
    run(async {
        let world = world().await;
        let rotation = rotation(&world);
        assert!(rotation.is_unfinished().await.unwrap());
        // Seven secrets, the head and the sentinel.
        assert_eq!(rotation.count().await.unwrap(), 9);
        let reports = Mutex::new(Vec::new());
        let report = |progress: &RotationProgress| {
            reports.lock().unwrap().push(progress.clone());
        };
        let first = rotation.pass(&report).await.unwrap();
        let expected = RotationProgress {
            examined: 9,
            resealed: 8,
            signed: 1,
            ..RotationProgress::default()
        };
        assert_eq!(first, expected);
        assert_eq!(reports.into_inner().unwrap().last(), Some(&expected));
        assert!(rotation.is_unfinished().await.unwrap());

        let second = rotation.pass(&nobody).await.unwrap();
        let expected = RotationProgress {
            examined: 9,
            resealed: 1,
            finished: true,
            ..RotationProgress::default()
        };
        assert_eq!(second, expected);
        assert!(!rotation.is_unfinished().await.unwrap());
        let again = rotation.pass(&nobody).await.unwrap();
        assert_eq!(
            (again.examined, again.resealed, again.finished),
            (9, 0, true)
        );

        // Who has the new key alone can do everything now.
        let report = world.chain_with_key(2).verify(world.id()).await.unwrap();
        assert_eq!((report.records, report.fault), (8, None));
        let stored = world
            .repositories
            .credentials
            .organization_secret(world.id())
            .await;
        let clear = PlainVault::with_key(2).reveal(&stored.unwrap().unwrap());
        assert_eq!(clear, Ok(SecretText::new("to_Shire")));
    });
}

#[test]
fn keys_are_counted_until_nothing_names_the_former_one() {
    run(async {
        let world = world().await;
        let rotation = rotation(&world);
        let before = rotation.in_use(u64::MAX, &nobody_looks).await.unwrap();
        // Seven secrets, the head and the sentinel.
        assert_eq!((before.of(key(1)), before.of(key(2))), (9, 0));
        assert!(before.complete);
        assert_eq!(before.examined, 9);
        let begun = rotation.in_use(1, &nobody_looks).await.unwrap();
        assert_eq!((begun.complete, begun.examined), (false, 1));

        for _ in 0..2 {
            rotation.pass(&nobody).await.unwrap();
        }
        let after = rotation.in_use(u64::MAX, &nobody_looks).await.unwrap();
        assert_eq!((after.of(key(1)), after.of(key(2))), (0, 9));
        assert!(after.complete);
    });
}

#[test]
fn what_cannot_be_opened_is_named_and_stays_and_the_rest_goes_on() {
    run(async {
        let world = world().await;
        let (lost, altered) = (world.user(100).await, world.user(101).await);
        assert!(world.store.damage_user_secret(lost.id, key(9)));
        assert!(world.store.damage_user_secret(altered.id, key(1)));
        let rotation = rotation(&world);
        let done = rotation.pass(&nobody).await.unwrap();
        assert_eq!((done.examined, done.resealed), (11, 8));
        let mut why: Vec<_> = done.unreadable.iter().map(|(_, error)| *error).collect();
        why.sort_by_key(ToString::to_string);
        assert_eq!(why, [VaultError::Altered, VaultError::UnknownKey(key(9))]);

        // However often it is run again, it is the same rotation, and the sentinel keeps the former key.
        for _ in 0..2 {
            let again = rotation.pass(&nobody).await.unwrap();
            assert_eq!((again.resealed, again.finished), (0, false));
            assert_eq!(again.unreadable.len(), 2);
            assert!(rotation.is_unfinished().await.unwrap());
        }
        let left = rotation.in_use(u64::MAX, &nobody_looks).await.unwrap();
        assert_eq!([1, 2, 9].map(|number| left.of(key(number))), [2, 8, 1]);
    });
}

#[test]
fn a_head_that_no_key_at_hand_signed_is_counted_and_stays_and_nothing_is_finished() {
    run(async {
        let world = world().await;
        let id = world.id();
        world.store.forge_audit_log(|log| {
            log.heads.get_mut(&id).unwrap().signature.code = [0; 32];
        });
        let rotation = rotation(&world);
        let first = rotation.pass(&nobody).await.unwrap();
        assert_eq!((first.resealed, first.signed, first.unsigned), (7, 0, 1));
        let second = rotation.pass(&nobody).await.unwrap();
        assert_eq!((second.resealed, second.finished), (0, false));
        assert!(rotation.is_unfinished().await.unwrap());
    });
}

#[test]
fn a_rotation_that_fails_in_a_later_pass_is_gone_on_with() {
    run(async {
        let world = world().await;
        let keyring = Arc::new(Failing {
            keyring: world.repositories.keyring.clone(),
            fails: AtomicBool::new(false),
        });
        let rotation = rotation_over(&world, keyring.clone());
        rotation.pass(&nobody).await.unwrap();
        keyring.fails.store(true, Ordering::Relaxed);
        let error = rotation.pass(&nobody).await.unwrap_err();
        assert!(error.is_retryable());
        assert!(rotation.is_unfinished().await.unwrap());

        keyring.fails.store(false, Ordering::Relaxed);
        assert!(rotation.pass(&nobody).await.unwrap().finished);
        assert!(!rotation.is_unfinished().await.unwrap());
    });
}

#[test]
fn a_server_that_goes_on_with_the_former_key_keeps_the_rotation_unfinished() {
    run(async {
        let world = world().await;
        let rotation = rotation(&world);
        rotation.pass(&nobody).await.unwrap();
        // A secret alone, and then a secret and the head.
        for (number, links, anew) in [(100, false, 1), (101, true, 2)] {
            world.user(number).await;
            if links {
                let linked = server_with_the_former_key(&world).link_pending().await;
                assert_eq!(linked.unwrap(), 2);
            }
            let pass = rotation.pass(&nobody).await.unwrap();
            assert_eq!((pass.resealed, pass.finished), (anew, false));
            assert!(rotation.is_unfinished().await.unwrap());
        }
        assert!(rotation.pass(&nobody).await.unwrap().finished);
    });
}

/// A keyring whose store goes away while something is read.
struct Failing {
    keyring: Arc<dyn KeyringRepository>,
    fails: AtomicBool,
}

#[async_trait]
impl KeyringRepository for Failing {
    async fn sentinel(&self) -> Result<Option<Sealed>, RepositoryError> {
        self.keyring.sentinel().await
    }

    async fn record_sentinel(&self, sentinel: &Sealed) -> Result<Sealed, RepositoryError> {
        self.keyring.record_sentinel(sentinel).await
    }

    async fn replace_sentinel(&self, old: &Sealed, new: &Sealed) -> Result<bool, RepositoryError> {
        self.keyring.replace_sentinel(old, new).await
    }

    async fn count_sealed(&self, up_to: u64) -> Result<u64, RepositoryError> {
        self.keyring.count_sealed(up_to).await
    }

    async fn sealed_by_others(
        &self,
        key: KeyId,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<SealedBatch, RepositoryError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(RepositoryError::Unavailable {
                source: "the store went away".into(),
            });
        }
        self.keyring.sealed_by_others(key, after, limit).await
    }

    async fn reseal(&self, items: &[Resealed]) -> Result<u64, RepositoryError> {
        self.keyring.reseal(items).await
    }
}

/// A vault and a chain seal with a former key beside the current one.
struct TwoKeys {
    current: (PlainVault, PlainChainSeal),
    former: (PlainVault, PlainChainSeal),
}

impl TwoKeys {
    fn vault(&self, key: KeyId) -> &PlainVault {
        if key == self.former.0.current_key() {
            &self.former.0
        } else {
            &self.current.0
        }
    }
}

impl SecretVault for TwoKeys {
    fn issue(&self, kind: SecretKind) -> Issued {
        self.current.0.issue(kind)
    }

    fn issue_token(&self) -> IssuedToken {
        self.current.0.issue_token()
    }

    fn adopt(&self, secret: &SecretText) -> SealedSecret {
        self.current.0.adopt(secret)
    }

    fn digest(&self, secret: &SecretText) -> Option<SecretDigest> {
        self.current.0.digest(secret)
    }

    fn reveal(&self, secret: &SealedSecret) -> Result<SecretText, VaultError> {
        self.vault(secret.sealed.key_id).reveal(secret)
    }

    fn seal(&self, place: &SealedPlace, clear: &[u8]) -> Sealed {
        self.current.0.seal(place, clear)
    }

    fn open(&self, place: &SealedPlace, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        self.vault(sealed.key_id).open(place, sealed)
    }

    fn fingerprint(&self, call: &[u8]) -> SecretDigest {
        self.current.0.fingerprint(call)
    }

    fn current_key(&self) -> KeyId {
        self.current.0.current_key()
    }

    fn sentinel(&self) -> Sealed {
        self.current.0.sentinel()
    }

    fn recognize(&self, sentinel: &Sealed) -> Result<(), VaultError> {
        self.vault(sentinel.key_id).recognize(sentinel)
    }
}

impl ChainSeal for TwoKeys {
    fn link(&self, previous: &[u8; 32], record: &[u8]) -> [u8; 32] {
        self.current.1.link(previous, record)
    }

    fn sign(&self, organization: OrganizationId, head: &[u8]) -> ChainSignature {
        self.current.1.sign(organization, head)
    }

    fn is_signed(
        &self,
        organization: OrganizationId,
        head: &[u8],
        signature: &ChainSignature,
    ) -> bool {
        self.current.1.is_signed(organization, head, signature)
            || self.former.1.is_signed(organization, head, signature)
    }
}
