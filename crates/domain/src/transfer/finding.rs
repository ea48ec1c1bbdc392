//! What became of a record, or would.

use crate::{Entity, Snapshot};

/// What became of a record that was to be written, or what would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is not here yet: it would be created.
    New,
    /// It was created, with this number.
    Created(i64),
    /// It is here already, and the same.
    Unchanged(i64),
    /// It is here already, and differs. Nothing was written: whoever changed it here meant it.
    Differs {
        /// Its number here.
        id: i64,
        /// The fields that differ, as they are here.
        here: Snapshot,
        /// The same fields, as the source has them.
        there: Snapshot,
    },
    /// It cannot be created.
    Refused(Refusal),
}

/// Why a record cannot be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Something else has its number, or it is none that can be [kept](super::plan::can_be_kept).
    #[error("its number is in use by another {0}: let it have a new one (--new-ids)")]
    IdInUse(Entity),
    /// Another user has the e-mail.
    #[error("its e-mail is in use by another user of this deployment")]
    EmailInUse,
    /// Another active account of the organization has the `externalId`.
    #[error("its externalId is in use by another active account")]
    ExternalIdInUse,
    /// Another element of the catalog has the key, and another number.
    #[error("its key is in use by another element")]
    KeyInUse,
    /// Its secret, or token, is another's already.
    #[error("its secret is in use by another {0}")]
    SecretInUse(Entity),
    /// One of its configuration entries has a number that is in use.
    #[error(
        "the number of one of its configuration entries is in use: let it have a new one (--new-ids)"
    )]
    ConfigurationIdInUse,
    /// The account or user that it belongs to is not here.
    #[error("the {0} that it belongs to is not here")]
    OwnerMissing(Entity),
    /// Its user is of another account than it is.
    #[error("its user belongs to another account")]
    OwnerElsewhere,
}
