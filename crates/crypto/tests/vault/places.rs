//! What is sealed opens at its place and nowhere else.

use proptest::{prelude::*, sample::select};
use tenantry_domain::{
    OrganizationId, ReplyKey, Sealed, SealedPlace, SealedSecret, SecretDigest, SecretText, UserId,
    ports::{SecretVault, VaultError},
};

use super::{KEY, KEY_OF_THE_SAME_NAME, SECRET, key_id, stored, unhex, vault};

const CONFIGURATION: &str =
    "6465666768696a6b6c6d6e6f707172737475767778797a7bcd587f3707e2996bc1de81f3301110c49c5f003d";
const REPLY: &str =
    "6465666768696a6b6c6d6e6f707172737475767778797a7bbd8560c9f5eed3fac64b548464fd2611b907";

fn configuration(instance: SecretDigest, key: &str) -> SealedPlace {
    SealedPlace::Configuration {
        instance,
        key: key.into(),
    }
}

fn reply(organization: i64, user: i64, key: &str) -> SealedPlace {
    SealedPlace::Reply(ReplyKey {
        organization_id: OrganizationId::new(organization),
        user_id: UserId::new(user),
        key: key.into(),
    })
}

fn sealed(hex: &str) -> Sealed {
    Sealed {
        key_id: key_id(),
        bytes: unhex(hex),
    }
}

#[test]
fn what_the_first_release_sealed_is_opened() {
    let vault = vault(KEY);
    let stored = stored();
    for place in [
        SealedPlace::UserSecret(stored.digest),
        SealedPlace::OrganizationSecret(stored.digest),
        SealedPlace::InstanceToken(stored.digest),
    ] {
        let clear = vault.open(&place, &stored.sealed).unwrap();
        assert_eq!(clear, SECRET.as_bytes());
    }
    let place = configuration(stored.digest, "db.password");
    assert_eq!(vault.open(&place, &sealed(CONFIGURATION)).unwrap(), b"p4ss");
    let place = reply(2, 4, "order-7");
    assert_eq!(vault.open(&place, &sealed(REPLY)).unwrap(), b"{}");
}

#[test]
fn a_secret_sealed_by_its_place_is_revealed() {
    let vault = vault(KEY);
    let digest = stored().digest;
    let sealed = vault.seal(&SealedPlace::UserSecret(digest), SECRET.as_bytes());
    assert_eq!(
        vault.reveal(&SealedSecret { digest, sealed }),
        Ok(SecretText::new(SECRET))
    );
}

#[test]
fn places_of_different_kinds_are_not_taken_for_each_other() {
    let vault = vault(KEY);
    let places = [
        SealedPlace::UserSecret(stored().digest),
        configuration(stored().digest, ""),
        reply(2, 4, ""),
    ];
    for sealed_at in &places {
        let sealed = vault.seal(sealed_at, b"clear");
        for place in &places {
            let expected = if place == sealed_at {
                Ok(b"clear".to_vec())
            } else {
                Err(VaultError::Altered)
            };
            assert_eq!(
                vault.open(place, &sealed),
                expected,
                "{sealed_at:?} {place:?}"
            );
        }
        assert_eq!(vault.recognize(&sealed), Err(VaultError::Altered));
        assert_eq!(
            vault.open(sealed_at, &vault.sentinel()),
            Err(VaultError::Altered)
        );
    }
}

#[test]
fn another_key_opens_no_place() {
    let wrong = vault(KEY_OF_THE_SAME_NAME);
    for (place, hex) in [
        (configuration(stored().digest, "db.password"), CONFIGURATION),
        (reply(2, 4, "order-7"), REPLY),
    ] {
        assert_eq!(wrong.open(&place, &sealed(hex)), Err(VaultError::Altered));
    }
}

/// Few of each kind, so that many of two differ in one part alone.
fn any_place() -> impl Strategy<Value = SealedPlace> {
    let digest = || select(vec![[0; 32], [1; 32]]).prop_map(SecretDigest::new);
    let key = || "[ab\\x00]{0,2}";
    let id = || select(vec![0_i64, 1, 256]);
    prop_oneof![
        digest().prop_map(SealedPlace::UserSecret),
        (digest(), key()).prop_map(|(digest, key)| configuration(digest, &key)),
        (id(), id(), key()).prop_map(|(organization, user, key)| reply(organization, user, &key)),
    ]
}

proptest! {
    #[test]
    fn what_is_sealed_opens_at_its_place_alone(
        sealed_at in any_place(),
        place in any_place(),
        clear in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let vault = vault(KEY);
        let sealed = vault.seal(&sealed_at, &clear);
        prop_assert_eq!(sealed.key_id, key_id());
        let expected = if place == sealed_at { Ok(clear.clone()) } else { Err(VaultError::Altered) };
        prop_assert_eq!(vault.open(&place, &sealed), expected);
        prop_assert_eq!(vault.open(&sealed_at, &sealed), Ok(clear));
    }
}
