//! Why an organization cannot move in.

use crate::{
    Entity, OrganizationId,
    ports::{BoxError, RepositoryError, SourceError},
    transfer::{Holder, Ids, SourceName},
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
    /// A file of an organization that is here.
    #[error(
        "it moved in before, as the organization {0}: give --organization {0} to compare it, and to bring what has come since"
    )]
    MovedBefore(OrganizationId),
    /// It moves with other numbers already.
    #[error("it was begun with {}: run the command as then", described(*.0))]
    OtherIds(Ids),
    /// The number of the organization, or of its default account, is in use here.
    #[error(
        "the number of the {0}, which it has there, is in use here: let everything have new numbers (--new-ids)"
    )]
    IdInUse(Entity),
    /// An organization here has the secret already.
    #[error("the organization {organization} here has the same secret: {}", reason(.from.as_ref()))]
    SecretInUse {
        /// Which one it is.
        organization: OrganizationId,
        /// From where it moved in, if it came into being so.
        from: Option<SourceName>,
    },
    /// It is the operator's own.
    #[error(
        "the organization {0} is the operator's own, whose users can do everything to all others: nothing moves into it. \
         Create its users one by one"
    )]
    System(OrganizationId),
    /// Another run began the same at the same moment.
    #[error("another run has begun to move the same: wait for its end")]
    BegunMeanwhile,
    /// Nobody takes in what is reported.
    #[error("what became of records cannot be reported")]
    Report(#[source] BoxError),
}

impl From<Holder> for ImportError {
    fn from(holder: Holder) -> Self {
        Self::SecretInUse {
            organization: holder.organization,
            from: holder.source,
        }
    }
}

fn reason(source: Option<&SourceName>) -> String {
    source.map_or_else(
        || "no two can have one. Give one of them a new one".to_owned(),
        |source| {
            let name = source.as_str();
            format!("it was moved before, from {name}. Run the command with that as then")
        },
    )
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
                field: "source", ..
            } => Self::BegunMeanwhile,
            other => Self::Repository(other),
        }
    }
}
