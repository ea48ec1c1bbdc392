//! Between a line and what is sealed in it.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tenantry_domain::ports::ArchiveSeal;

/// The seal of one archive, bound to its first line.
pub(super) struct Sealing {
    seal: Arc<dyn ArchiveSeal>,
    header: [u8; 32],
}

impl Sealing {
    /// Of the archive with this first line.
    pub(super) fn new(seal: Arc<dyn ArchiveSeal>, header: &[u8]) -> Self {
        Self {
            seal,
            header: Sha256::digest(header).into(),
        }
    }

    /// `secrets`, so that they can be read in this line of this archive alone.
    pub(super) fn seal<T: Serialize>(
        &self,
        kind: &str,
        id: i64,
        secrets: &T,
    ) -> Result<String, serde_json::Error> {
        let clear = serde_json::to_vec(secrets)?;
        Ok(self.seal_bytes(kind, id, &clear))
    }

    pub(super) fn seal_bytes(&self, kind: &str, id: i64, clear: &[u8]) -> String {
        STANDARD.encode(self.seal.seal(&self.place(kind, id), clear))
    }

    /// What was sealed here. The errors show nothing of it.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        kind: &str,
        id: i64,
        sealed: Option<&str>,
    ) -> Result<T, String> {
        let clear = self.open_bytes(kind, id, sealed)?;
        serde_json::from_slice(&clear)
            .map_err(|_| "what is sealed in it was not written by this version".to_owned())
    }

    pub(super) fn open_bytes(
        &self,
        kind: &str,
        id: i64,
        sealed: Option<&str>,
    ) -> Result<Vec<u8>, String> {
        let sealed = sealed.ok_or("the field sealed is missing")?;
        STANDARD
            .decode(sealed)
            .ok()
            .and_then(|sealed| self.seal.open(&self.place(kind, id), &sealed).ok())
            .ok_or_else(|| "what is sealed in it was altered, or belongs elsewhere".to_owned())
    }

    /// Unambiguous: the header has one length, and no kind holds a zero byte.
    fn place(&self, kind: &str, id: i64) -> Vec<u8> {
        [
            &self.header[..],
            kind.as_bytes(),
            &[0],
            &id.to_be_bytes()[..],
        ]
        .concat()
    }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing").finish_non_exhaustive()
    }
}
