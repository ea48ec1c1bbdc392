//! The ports `SecretVault` and `ChainSeal` as their callers see them, and the stored formats, which must never change.
//!
//! The constants were made by other implementations (Python's hashlib and hmac, libsodium, OpenSSL).
#![expect(clippy::unwrap_used, reason = "tests")]

mod chain;
mod places;

use proptest::prelude::*;
use tenantry_crypto::{Keyring, MasterKey, Vault};
use tenantry_domain::{
    KeyId, Sealed, SealedSecret, SecretDigest, SecretText,
    ports::{SecretKind, SecretVault, VaultError},
};

const KEY: &str = "tenantry-master-key:v1:00112233-4455-4677-8899-aabbccddeeff:\
                   AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// The same id, one bit of difference.
const KEY_OF_THE_SAME_NAME: &str = "tenantry-master-key:v1:00112233-4455-4677-8899-aabbccddeeff:\
                                    AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const SECRET: &str = "tu_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0SiA8m";
const DIGEST: &str = "0eae7b884a8e688c8850534226a9591e25162aff5bc47f645472fb917be06924";
const SEALED: &str = "6465666768696a6b6c6d6e6f707172737475767778797a7b45f90ee6958314358f61f052defbb8bca2da20cbc2e7223d\
                      2a2a21aa067884a4a68a8242d755978074d0421b3522dd144c29dc55f8de9477290b754f82576e9e7e";
const SENTINEL: &str = "6465666768696a6b6c6d6e6f707172737475767778797a7b8a04d3bdd67b36f8ad586abf0cf1745f150529bdc2a19895";

fn vault(key: &str) -> Vault {
    Vault::new(&Keyring::new(MasterKey::parse(key).unwrap()))
}

fn key_id() -> KeyId {
    MasterKey::parse(KEY).unwrap().id()
}

fn unhex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn stored() -> SealedSecret {
    SealedSecret {
        digest: SecretDigest::new(unhex(DIGEST).try_into().unwrap()),
        sealed: Sealed {
            key_id: key_id(),
            bytes: unhex(SEALED),
        },
    }
}

#[test]
fn digests_are_those_of_the_first_release() {
    let vault = vault(KEY);
    let digest = |text: &str| vault.digest(&SecretText::new(text));
    assert_eq!(digest(SECRET), Some(stored().digest));
    let imported = unhex("da2916094e6bd814684747d981a26c18c58979373fb40ba21e67d70f3369ea7d");
    let imported = SecretDigest::new(imported.try_into().unwrap());
    assert_eq!(digest("0123456789abcdef0123456789abcdef"), Some(imported));
}

#[test]
fn what_the_first_release_sealed_is_revealed() {
    assert_eq!(vault(KEY).reveal(&stored()).unwrap().expose(), SECRET);
    let sentinel = Sealed {
        key_id: key_id(),
        bytes: unhex(SENTINEL),
    };
    assert_eq!(vault(KEY).recognize(&sentinel), Ok(()));
}

#[test]
fn an_issued_secret_is_found_and_revealed() {
    let vault = vault(KEY);
    for kind in [
        SecretKind::User,
        SecretKind::Organization,
        SecretKind::Instance,
    ] {
        let issued = vault.issue(kind);
        assert_eq!(vault.digest(&issued.clear), Some(issued.stored.digest));
        assert_eq!(vault.reveal(&issued.stored), Ok(issued.clear));
        assert_eq!(issued.stored.sealed.key_id, key_id());
        // Nonce, secret, tag.
        assert_eq!(issued.stored.sealed.bytes.len(), 24 + 49 + 16);
    }
}

#[test]
fn an_issued_token_is_found() {
    let vault = vault(KEY);
    let issued = vault.issue_token();
    assert!(issued.clear.expose().starts_with("tl_"));
    assert_eq!(issued.clear.expose().len(), 49);
    assert_eq!(vault.digest(&issued.clear), Some(issued.digest));
    assert_eq!(issued.digest, vault.adopt(&issued.clear).digest);
    assert_ne!(vault.issue_token().digest, issued.digest);
}

#[test]
fn an_adopted_secret_is_found_and_revealed() {
    let vault = vault(KEY);
    for text in [
        "q6sYOZhGBtMm2XGTaC3nUC9pGuBHJYXbGmsIGpzTlsY=",
        "schlüssel",
        "",
    ] {
        let secret = SecretText::new(text);
        let stored = vault.adopt(&secret);
        assert_eq!(vault.digest(&secret), Some(stored.digest));
        assert_eq!(vault.reveal(&stored), Ok(secret));
    }
}

#[test]
fn a_secret_sealed_twice_is_found_by_the_same_digest_and_looks_different() {
    let (a, b) = (
        vault(KEY).adopt(&SecretText::new(SECRET)),
        vault(KEY).adopt(&SecretText::new(SECRET)),
    );
    assert_eq!(a.digest, b.digest);
    assert_ne!(a.sealed.bytes, b.sealed.bytes);
}

#[test]
fn a_mistyped_secret_has_no_digest() {
    let mistyped = SecretText::new(SECRET.replace("0SiA8m", "0SiA8n"));
    assert_eq!(vault(KEY).digest(&mistyped), None);
}

#[test]
fn sealed_bytes_do_not_open_for_another_secret() {
    let vault = vault(KEY);
    let (a, b) = (
        vault.issue(SecretKind::User).stored,
        vault.issue(SecretKind::User).stored,
    );
    let moved = SealedSecret {
        digest: a.digest,
        sealed: b.sealed,
    };
    assert_eq!(vault.reveal(&moved), Err(VaultError::Altered));
}

#[test]
fn an_unknown_key_is_named() {
    let stranger = Vault::new(&Keyring::new(MasterKey::generate()));
    assert_eq!(
        stranger.reveal(&stored()),
        Err(VaultError::UnknownKey(key_id()))
    );
    assert_eq!(
        stranger.recognize(&vault(KEY).sentinel()),
        Err(VaultError::UnknownKey(key_id()))
    );
}

#[test]
fn another_key_of_the_same_name_opens_nothing() {
    let wrong = vault(KEY_OF_THE_SAME_NAME);
    assert_eq!(wrong.reveal(&stored()), Err(VaultError::Altered));
    assert_eq!(
        wrong.recognize(&vault(KEY).sentinel()),
        Err(VaultError::Altered)
    );
}

#[test]
fn a_former_key_opens_and_the_current_one_seals() {
    let current = MasterKey::generate();
    let id = current.id();
    let keyring = Keyring::new(current)
        .with_former(MasterKey::parse(KEY).unwrap())
        .unwrap();
    let vault = Vault::new(&keyring);
    assert_eq!(vault.reveal(&stored()).unwrap().expose(), SECRET);
    let sentinel = Sealed {
        key_id: key_id(),
        bytes: unhex(SENTINEL),
    };
    assert_eq!(vault.recognize(&sentinel), Ok(()));
    assert_eq!(vault.issue(SecretKind::User).stored.sealed.key_id, id);
    assert_eq!(vault.sentinel().key_id, id);
    assert_eq!(vault.current_key(), id);
    // Look-ups do not depend on the key.
    assert_eq!(
        vault.digest(&SecretText::new(SECRET)),
        Some(stored().digest)
    );
}

#[test]
fn a_sentinel_is_no_secret_and_a_secret_no_sentinel() {
    let vault = vault(KEY);
    let posing = SealedSecret {
        digest: stored().digest,
        sealed: vault.sentinel(),
    };
    assert_eq!(vault.reveal(&posing), Err(VaultError::Altered));
    assert_eq!(vault.recognize(&stored().sealed), Err(VaultError::Altered));
}

#[test]
fn cut_bytes_are_altered() {
    let vault = vault(KEY);
    for length in [0, 1, 23, 24, 39, 40, unhex(SEALED).len() - 1] {
        let mut cut = stored();
        cut.sealed.bytes.truncate(length);
        assert_eq!(vault.reveal(&cut), Err(VaultError::Altered), "{length}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let vault = vault(KEY);
    let issued = vault.issue(SecretKind::User);
    assert_eq!(
        format!("{vault:?}"),
        "Vault { current: KeyId(00112233-4455-4677-8899-aabbccddeeff), former: [], .. }"
    );
    assert!(!format!("{issued:?}").contains(issued.clear.expose()));
    assert_eq!(
        format!("{:?}", Keyring::new(MasterKey::parse(KEY).unwrap())),
        "Keyring { current: MasterKey { id: KeyId(00112233-4455-4677-8899-aabbccddeeff), .. }, former: [] }"
    );
}

proptest! {
    #[test]
    fn one_wrong_character_is_refused(at in 3_usize..49, other in 0x21_u8..0x7f) {
        let mut wrong = SECRET.as_bytes().to_vec();
        prop_assume!(wrong[at] != other);
        wrong[at] = other;
        let wrong = SecretText::new(String::from_utf8(wrong).unwrap());
        prop_assert_eq!(vault(KEY).digest(&wrong), None);
    }

    #[test]
    fn one_altered_bit_is_noticed(at in 0_usize..89, bit in 0_u32..8) {
        let mut altered = stored();
        altered.sealed.bytes[at] ^= 1 << bit;
        prop_assert_eq!(vault(KEY).reveal(&altered), Err(VaultError::Altered));
    }

    #[test]
    fn any_text_is_sealed_and_revealed(text in ".{0,300}") {
        let vault = vault(KEY);
        let secret = SecretText::new(text);
        prop_assert_eq!(vault.reveal(&vault.adopt(&secret)), Ok(secret));
    }
}
