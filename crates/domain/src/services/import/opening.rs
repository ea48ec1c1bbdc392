//! What a source is to this store: begun before, new, or to become part of what is here.

use super::{Destination, ImportError, ImportOptions, ImportService, seal};
use crate::{
    OrganizationId, OrganizationKind, SecretText,
    ports::TransferSource,
    transfer::{Ids, OrganizationRecord, Part, Recognition, Transfer},
};

/// What the source is, before anything is written.
pub(super) enum Opening {
    /// It was begun before.
    Resumed(Transfer, Ids),
    /// It moves into a new organization.
    New(Ids),
    /// It moves into one that is here.
    Into(OrganizationId, Ids),
}

/// What the source says of the organization.
pub(super) type Sought = OrganizationRecord<Option<SecretText>>;

impl ImportService {
    /// Whether something can move into this organization. The operator's own is none: whoever is of it can do everything to
    /// all others, and no file or server is to say who that is.
    pub(super) async fn takes_in(&self, id: OrganizationId) -> Result<(), ImportError> {
        let found = self.transfers.organization(id).await?;
        let found = found.ok_or(ImportError::NoSuchOrganization(id))?;
        match found.organization.kind {
            OrganizationKind::System => Err(ImportError::System(id)),
            OrganizationKind::Customer => Ok(()),
        }
    }

    /// An organization that has the source's secret is the source's, moved in under another name. All of it would come again,
    /// under new numbers.
    async fn is_another(&self, id: OrganizationId, record: &Sought) -> Result<(), ImportError> {
        let Some(secret) = &record.secret else {
            return Ok(());
        };
        let digest = self.vault.adopt(secret).digest;
        match self.transfers.holder(digest).await? {
            Some(holder) if holder.organization == id => Err(holder.into()),
            _ => Ok(()),
        }
    }

    /// What the organization is there, and what is to be done with it.
    pub(super) async fn open(
        &self,
        source: &mut dyn TransferSource,
        options: ImportOptions,
    ) -> Result<(Opening, Sought), ImportError> {
        let here = match options.into {
            Destination::New => None,
            Destination::Existing(id) | Destination::UsersOf(id) => {
                self.takes_in(id).await?;
                Some(id)
            }
        };
        let record = tidied(source.organization().await?);
        let opening = match (self.transfers.find(&source.name()).await?, here) {
            // Whoever knows what an archive of the organization says could write one that adds to it.
            (Some(transfer), None) if transfer.finished && !source.is_proven() => {
                return Err(ImportError::MovedBefore(transfer.organization));
            }
            (Some(transfer), _) => {
                let ids = agreed(&transfer, here, options.ids)?;
                Opening::Resumed(transfer, ids)
            }
            (None, None) => Opening::New(options.ids.unwrap_or(Ids::Kept)),
            (None, Some(id)) => {
                self.is_another(id, &record).await?;
                let ids = match options.ids {
                    Some(ids) => ids,
                    None if self.is_empty(id).await? => Ids::Kept,
                    None => Ids::Assigned,
                };
                Opening::Into(id, ids)
            }
        };
        Ok((opening, record))
    }

    /// Whether nothing is there but what every organization has from its beginning.
    async fn is_empty(&self, id: OrganizationId) -> Result<bool, ImportError> {
        for part in Part::ALL {
            // The administrator.
            let most = u64::from(*part == Part::Users);
            if self.transfers.count(id, *part).await? > most {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// How the earlier run dealt with numbers, unless somebody wants it otherwise now.
fn agreed(
    transfer: &Transfer,
    here: Option<OrganizationId>,
    wanted: Option<Ids>,
) -> Result<Ids, ImportError> {
    if here.is_some_and(|id| id != transfer.organization) {
        return Err(ImportError::OtherDestination(transfer.organization));
    }
    match transfer.recognition {
        Recognition::ByNumber { ids, .. } if wanted.is_none_or(|wanted| wanted == ids) => Ok(ids),
        Recognition::ByNumber { ids, .. } => Err(ImportError::OtherIds(ids)),
        Recognition::ByEmail => Ok(Ids::Kept),
    }
}

/// As it arrives, with revisions that exist.
fn tidied(record: Sought) -> Sought {
    let mut record = record.arriving();
    record.organization.revision = seal::written(record.organization.revision);
    record.default_account = seal::account(&record.default_account);
    record
}
