//! Sealing: encryption and authentication with a key of one purpose. It must not know what is sealed.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use tenantry_domain::{KeyId, Sealed, ports::VaultError};
use zeroize::Zeroizing;

use crate::{MasterKey, random};

/// What a derived key is for.
#[derive(Clone, Copy)]
pub(super) struct Purpose {
    /// Tells its key from the others derived from the same master key.
    pub(super) info: &'static [u8],
    /// The first bytes of what is authenticated besides the content.
    pub(super) label: &'static [u8],
}

/// Seals and opens for one purpose, with a key derived from one master key and wiped on drop.
pub(super) struct Sealer {
    key_id: KeyId,
    label: &'static [u8],
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    pub(super) fn new(key: &MasterKey, purpose: Purpose) -> Self {
        Self {
            key_id: key.id(),
            label: purpose.label,
            cipher: XChaCha20Poly1305::new((&*derive(key, purpose.info)).into()),
        }
    }

    /// Seals `clear` so that it opens only together with `context`.
    pub(super) fn seal(&self, context: &[u8], clear: &[u8]) -> Sealed {
        let nonce: [u8; NONCE] = random::bytes();
        let aad = self.bound_to(context);
        let payload = Payload {
            msg: clear,
            aad: &aad,
        };
        let Ok(ciphertext) = self.cipher.encrypt(&XNonce::from(nonce), payload) else {
            unreachable!("XChaCha20-Poly1305 takes up to 256 GiB");
        };
        Sealed {
            key_id: self.key_id,
            bytes: [&nonce[..], &ciphertext].concat(),
        }
    }

    /// What was sealed together with `context`.
    pub(super) fn open(&self, context: &[u8], bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, ciphertext) = bytes
            .split_first_chunk::<NONCE>()
            .ok_or(VaultError::Altered)?;
        let aad = self.bound_to(context);
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| VaultError::Altered)
    }

    /// Unambiguous, because an id has 16 bytes, no label begins another one, and the contexts of one label are.
    fn bound_to(&self, context: &[u8]) -> Vec<u8> {
        [self.label, context, self.key_id.0.as_bytes()].concat()
    }
}

/// The key of one purpose.
pub(super) fn derive(key: &MasterKey, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    let Ok(()) = Hkdf::<Sha256>::new(None, key.bytes()).expand(info, &mut derived[..]) else {
        unreachable!("HKDF-SHA256 gives up to 8160 bytes");
    };
    derived
}

/// Long enough to be drawn at random as often as one likes.
const NONCE: usize = 24;
