//! A chain seal without cryptography: hashes and codes differ when what they are of differs, and no more.

use tenantry_domain::{ChainSignature, KeyId, OrganizationId, ports::ChainSeal};
use uuid::Uuid;

use super::mix;

/// Signs with the key of a number.
#[derive(Debug)]
pub struct PlainChainSeal {
    key_id: KeyId,
}

impl PlainChainSeal {
    /// A seal with the key number 1.
    pub const fn new() -> Self {
        Self::with_key(1)
    }

    /// A seal with the key of this number: what another key signed is not signed to it.
    pub const fn with_key(number: u128) -> Self {
        Self {
            key_id: KeyId(Uuid::from_u128(number)),
        }
    }
}

impl Default for PlainChainSeal {
    fn default() -> Self {
        Self::new()
    }
}

impl ChainSeal for PlainChainSeal {
    fn link(&self, previous: &[u8; 32], record: &[u8]) -> [u8; 32] {
        mix(&[previous.as_slice(), record].concat())
    }

    fn sign(&self, organization: OrganizationId, head: &[u8]) -> ChainSignature {
        let parts = [
            self.key_id.0.as_bytes().as_slice(),
            &organization.get().to_be_bytes(),
            head,
        ];
        ChainSignature {
            key_id: self.key_id,
            code: mix(&parts.concat()),
        }
    }

    fn is_signed(
        &self,
        organization: OrganizationId,
        head: &[u8],
        signature: &ChainSignature,
    ) -> bool {
        self.sign(organization, head) == *signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_signatures_are_of_all_that_they_are_given() {
        let seal = PlainChainSeal::new();
        assert_eq!(seal.link(&[0; 32], b"a"), seal.link(&[0; 32], b"a"));
        assert_ne!(seal.link(&[0; 32], b"a"), seal.link(&[0; 32], b"b"));
        assert_ne!(seal.link(&[0; 32], b"a"), seal.link(&[1; 32], b"a"));

        let shire = OrganizationId::new(2);
        let signature = seal.sign(shire, b"head");
        assert!(seal.is_signed(shire, b"head", &signature));
        assert!(!seal.is_signed(shire, b"other", &signature));
        assert!(!seal.is_signed(OrganizationId::new(3), b"head", &signature));
        assert!(!PlainChainSeal::with_key(2).is_signed(shire, b"head", &signature));
    }
}
