//! Why an organization cannot move in.

use crate::{
    Entity, OrganizationId,
    ports::{BoxError, RepositoryError, SourceError},
    transfer::Ids,
};

/// Why an organization cannot move in, or not further. What was written stays, and the next run goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The store fails.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// There is no such organization.
    #[error("there is no organization {0} here: leave --organization out to create one")]
    NoSuchOrganization(OrganizationId),
    /// It moves into another organization already.
    #[error(
        "it was begun to move into the organization {0}: say that one, or nothing, for --organization"
    )]
    OtherDestination(OrganizationId),
    /// It moves with other numbers already.
    #[error("it was begun with {}: run the command as then", described(*.0))]
    OtherIds(Ids),
    /// A number of the organization, its default account or a role is in use here.
    #[error(
        "the number of the {0}, which it has there, is in use here: let everything have new numbers (--new-ids)"
    )]
    IdInUse(Entity),
    /// An organization has the secret already.
    #[error(
        "an organization here has the same secret: it was moved before, from another address or file. Move into it \
         (--organization)"
    )]
    SecretInUse,
    /// Another run began the same at the same moment.
    #[error("another run has begun to move the same: wait for its end")]
    BegunMeanwhile,
    /// Nobody takes in what is reported.
    #[error("what became of records cannot be reported")]
    Report(#[source] BoxError),
}

fn described(ids: Ids) -> &'static str {
    match ids {
        Ids::Kept => "numbers kept (--keep-ids)",
        Ids::Assigned => "new numbers (--new-ids)",
    }
}

impl ImportError {
    /// What a conflict means to whoever begins.
    pub(super) fn of_begin(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Conflict {
                field: "id",
                entity,
            } => Self::IdInUse(entity),
            RepositoryError::Conflict {
                field: "secret", ..
            } => Self::SecretInUse,
            RepositoryError::Conflict {
                field: "source", ..
            } => Self::BegunMeanwhile,
            other => Self::Repository(other),
        }
    }
}
