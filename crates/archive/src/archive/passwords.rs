//! Which password hashes of an archive come along. Whoever has the passphrase may have written anything into it.

use std::{fmt, sync::Arc};

use tenantry_domain::{PasswordHash, ports::PasswordHasher};

/// Which passwords are taken from an archive. A user whose hash is not taken comes without a password, and the report says so.
#[derive(Clone)]
pub struct PasswordsTaken {
    /// Knows which hashes will be understood.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Whether [passwords that are held elsewhere](PasswordHash::held_elsewhere) may be asked for there from here too.
    pub elsewhere: bool,
}

impl PasswordsTaken {
    /// Whether users come with this hash of their password.
    pub(super) fn takes(&self, hash: &PasswordHash) -> bool {
        if hash.is_held_elsewhere() {
            return self.elsewhere;
        }
        self.hasher.accepts(hash).is_ok()
    }

    /// Whether a password that has this hash is refused as a former one. Each is compared with at every change of a password:
    /// a costly one would have to be paid for again and again, because no login ever replaces it.
    pub(super) fn takes_former(&self, hash: &PasswordHash) -> bool {
        self.hasher.accepts(hash).is_ok() && !self.hasher.is_costly(hash)
    }
}

impl fmt::Debug for PasswordsTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordsTaken")
            .field("elsewhere", &self.elsewhere)
            .finish_non_exhaustive()
    }
}
