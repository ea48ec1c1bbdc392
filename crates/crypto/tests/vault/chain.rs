//! The links and the signed heads of audit chains.

use proptest::prelude::*;
use tenantry_crypto::{Keyring, MasterKey, Vault};
use tenantry_domain::{ChainSignature, OrganizationId, ports::ChainSeal};

use super::{KEY, KEY_OF_THE_SAME_NAME, key_id, unhex, vault};

const LINK: &str = "05e0347ff46a47dc66e3eacca16ede335282a0409814c14efc6e136fe1f2dc03";
const CODE: &str = "62a8518a2ac558972a2ca9d2d8a35b5dbf270c15100c33d61855e1c5d5c0be99";
const ORGANIZATION: OrganizationId = OrganizationId::new(2);

fn signature() -> ChainSignature {
    ChainSignature {
        key_id: key_id(),
        code: unhex(CODE).try_into().unwrap(),
    }
}

#[test]
fn links_and_signatures_are_those_of_the_first_release() {
    let vault = vault(KEY);
    assert_eq!(vault.link(&[0; 32], b"record").to_vec(), unhex(LINK));
    assert_eq!(vault.sign(ORGANIZATION, b"head"), signature());
}

#[test]
fn a_link_depends_on_the_one_before_and_not_on_the_key() {
    let vault = vault(KEY);
    let link = vault.link(&[0; 32], b"record");
    assert_ne!(vault.link(&[1; 32], b"record"), link);
    assert_ne!(vault.link(&[0; 32], b"Record"), link);
    let other = Vault::new(&Keyring::new(MasterKey::generate()));
    assert_eq!(other.link(&[0; 32], b"record"), link);
}

#[test]
fn a_signature_is_of_one_organization_one_head_and_one_key() {
    let vault = vault(KEY);
    assert!(vault.is_signed(ORGANIZATION, b"head", &signature()));
    assert!(!vault.is_signed(OrganizationId::new(3), b"head", &signature()));
    assert!(!vault.is_signed(ORGANIZATION, b"heads", &signature()));
    assert!(!vault.is_signed(ORGANIZATION, b"", &signature()));

    let same_name = super::vault(KEY_OF_THE_SAME_NAME);
    assert!(!same_name.is_signed(ORGANIZATION, b"head", &signature()));
    let stranger = Vault::new(&Keyring::new(MasterKey::generate()));
    assert!(!stranger.is_signed(ORGANIZATION, b"head", &signature()));
}

#[test]
fn what_a_former_key_signed_is_signed() {
    let current = MasterKey::generate();
    let id = current.id();
    let keyring = Keyring::new(current)
        .with_former(MasterKey::parse(KEY).unwrap())
        .unwrap();
    let vault = Vault::new(&keyring);
    assert!(vault.is_signed(ORGANIZATION, b"head", &signature()));

    let anew = vault.sign(ORGANIZATION, b"head");
    assert_eq!(anew.key_id, id);
    assert!(vault.is_signed(ORGANIZATION, b"head", &anew));
    let renamed = ChainSignature {
        key_id: key_id(),
        ..anew
    };
    assert!(!vault.is_signed(ORGANIZATION, b"head", &renamed));
}

proptest! {
    #[test]
    fn one_altered_bit_of_a_signature_is_noticed(at in 0_usize..32, bit in 0_u32..8) {
        let mut altered = signature();
        altered.code[at] ^= 1 << bit;
        prop_assert!(!vault(KEY).is_signed(ORGANIZATION, b"head", &altered));
    }
}
