//! What a use case may answer instead of what was asked.

use crate::{
    ChainFault, Entity, OrganizationId, Problem,
    policy::Forbidden,
    ports::{HashError, LegacyLoginError, RepositoryError, VaultError},
};

/// What a use case may answer instead of what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The caller's credentials are missing, wrong, or no longer good.
    #[error("the credentials are missing or wrong")]
    Unauthenticated,
    /// The caller is known, but may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// What was sent is wrong; all problems at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    /// The caller's present password was given along with something else, and is another.
    #[error("the current password is wrong")]
    WrongCurrentPassword,
    /// There is no such thing, as far as the caller may see.
    #[error("no {entity} found with {key}")]
    NotFound {
        /// Of what kind.
        entity: Entity,
        /// How it was asked for, for example `ID 42`.
        key: String,
    },
    /// The role that was to be granted is granted already.
    #[error("the role '{role}' is granted already")]
    AlreadyGranted {
        /// Its key.
        role: &'static str,
        /// What has it: a user or an account.
        to: Entity,
    },
    /// The audit chain of an organization is broken, so nothing is linked to it.
    #[error(
        "the audit chain of organization {organization} stands still: {fault}; see `tenantry audit verify`"
    )]
    BrokenChain {
        /// Whose.
        organization: OrganizationId,
        /// What is wrong with it.
        fault: ChainFault,
    },
    /// A port failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A password could not be hashed or checked.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A password is held elsewhere, and could not be verified there.
    #[error(transparent)]
    LegacyLogin(#[from] LegacyLoginError),
    /// A secret could not be revealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl ServiceError {
    /// There is no `entity` with this id.
    pub fn no_such(entity: Entity, id: impl std::fmt::Display) -> Self {
        Self::NotFound {
            entity,
            key: format!("ID {id}"),
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Repository(error) => error.is_retryable(),
            Self::Hash(error) => matches!(error, HashError::Busy),
            Self::LegacyLogin(error) => matches!(error, LegacyLoginError::Away { .. }),
            Self::Unauthenticated
            | Self::Forbidden(_)
            | Self::Invalid(_)
            | Self::WrongCurrentPassword
            | Self::NotFound { .. }
            | Self::AlreadyGranted { .. }
            | Self::BrokenChain { .. }
            | Self::Vault(_) => false,
        }
    }
}
