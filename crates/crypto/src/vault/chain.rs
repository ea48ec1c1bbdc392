//! [`ChainSeal`]: the links of the audit log and the signatures of their heads (`docs/decisions/009-audit-chain.md`). It must
//! not know what a record says.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tenantry_domain::{ChainSignature, KeyId, OrganizationId, ports::ChainSeal};
use zeroize::Zeroizing;

use super::{Vault, seal::derive};
use crate::MasterKey;

impl ChainSeal for Vault {
    fn link(&self, previous: &[u8; 32], record: &[u8]) -> [u8; 32] {
        link(previous, record)
    }

    fn sign(&self, organization: OrganizationId, head: &[u8]) -> ChainSignature {
        self.current.chain.sign(organization, head)
    }

    fn is_signed(
        &self,
        organization: OrganizationId,
        head: &[u8],
        signature: &ChainSignature,
    ) -> bool {
        self.sealers(signature.key_id)
            .is_ok_and(|sealers| sealers.chain.is_signed(organization, head, signature))
    }
}

/// Needs no key: anybody who has the records can compute the links again.
pub(super) fn link(previous: &[u8; 32], record: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(LINK_LABEL)
        .chain_update(previous)
        .chain_update(record)
        .finalize()
        .into()
}

/// Signs heads, and marks calls, with keys derived from one master key and wiped on drop.
pub(super) struct Signer {
    key_id: KeyId,
    key: Zeroizing<[u8; 32]>,
    calls: Zeroizing<[u8; 32]>,
}

impl Signer {
    pub(super) fn new(key: &MasterKey) -> Self {
        Self {
            key_id: key.id(),
            key: derive(key, CHAIN_INFO),
            calls: derive(key, CALL_INFO),
        }
    }

    fn sign(&self, organization: OrganizationId, head: &[u8]) -> ChainSignature {
        ChainSignature {
            key_id: self.key_id,
            code: self.over(organization, head).finalize().into_bytes().into(),
        }
    }

    /// In the same time whatever is wrong with the code.
    fn is_signed(
        &self,
        organization: OrganizationId,
        head: &[u8],
        signature: &ChainSignature,
    ) -> bool {
        self.over(organization, head)
            .verify_slice(&signature.code)
            .is_ok()
    }

    pub(super) fn fingerprint(&self, call: &[u8]) -> [u8; 32] {
        let code = keyed(&self.calls).chain_update(call);
        code.finalize().into_bytes().into()
    }

    /// Unambiguous, because everything before the head has one length.
    fn over(&self, organization: OrganizationId, head: &[u8]) -> Hmac<Sha256> {
        keyed(&self.key)
            .chain_update(HEAD_LABEL)
            .chain_update(organization.get().to_be_bytes())
            .chain_update(head)
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let Ok(code) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length");
    };
    code
}

// Stored chains, and calls that are kept under a key, depend on every byte below.
const LINK_LABEL: &[u8] = b"tenantry/audit-link/v1\0";
const CHAIN_INFO: &[u8] = b"tenantry/audit-chain/v1";
const CALL_INFO: &[u8] = b"tenantry/call-fingerprint/v1";
const HEAD_LABEL: &[u8] = b"tenantry/audit-head/v1\0";
