//! How a move begins: a new transfer, or one that was interrupted, and what becomes of the organization itself.

use super::{
    Destination, Fate, ImportError, ImportOptions, ImportService, Lost, Reported, Start,
    report::Report, seal,
};
use crate::{
    AccountId, Entity, OrganizationId, OrganizationKind, PasswordPolicy, Privilege, RequestId,
    Role, RoleId, RoleKey, SealedSecret, SecretText, Snapshot,
    ports::{SecretKind, TransferSource},
    transfer::{Ids, OrganizationRecord, Part, Recognition, Transfer, account_snapshot},
};

/// What a run works with.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) transfer: Transfer,
    pub(super) start: Start,
    /// The default account, as the source numbers it.
    pub(super) default_account: Option<AccountId>,
}

/// What the source is, before anything is written.
enum Opening {
    /// It was begun before.
    Resumed(Transfer, Ids),
    /// It moves into a new organization.
    New(Ids),
    /// It moves into one that is here.
    Into(OrganizationId, Ids),
}

type Sought = OrganizationRecord<Option<SecretText>>;

impl ImportService {
    /// Begins, or goes on.
    pub(super) async fn begin(
        &self,
        source: &mut dyn TransferSource,
        options: ImportOptions,
        request_id: RequestId,
        report: &mut Report<'_, '_>,
    ) -> Result<Begun, ImportError> {
        if let Destination::UsersOf(id) = options.into {
            return self.begin_users(id).await;
        }
        let (opening, record) = self.open(source, options).await?;
        let name = source.name();
        let (transfer, ids, issued) = match opening {
            Opening::Resumed(transfer, ids) => {
                self.recognize(&transfer, &record, options, report).await?;
                return Ok(Begun::resumed(transfer, ids, &record));
            }
            Opening::New(ids) => {
                let (sealed, issued) = self.sealed(&record);
                let change = self.change(request_id);
                let begun = self.transfers.begin(&name, ids, &sealed, &change).await;
                (begun.map_err(ImportError::of_begin)?, ids, issued)
            }
            Opening::Into(organization, ids) => {
                let account = record.default_account.account.id;
                let begun = self.transfers.begin_into(&name, ids, organization, account);
                let begun = begun.await.map_err(ImportError::of_begin)?;
                let missing = ImportError::NoSuchOrganization(organization);
                (begun.ok_or(missing)?, ids, None)
            }
        };
        let fate = match opening {
            Opening::New(_) => Fate::Created,
            _ => Fate::Unchanged,
        };
        self.report_created(&transfer, &record, fate, report)
            .await?;
        Ok(Begun {
            start: Start {
                issued,
                ..start(&transfer, ids)
            },
            transfer,
            default_account: Some(record.default_account.account.id),
        })
    }

    /// The same without writing anything.
    pub(super) async fn foresee(
        &self,
        source: &mut dyn TransferSource,
        options: ImportOptions,
        report: &mut Report<'_, '_>,
    ) -> Result<Begun, ImportError> {
        if let Destination::UsersOf(id) = options.into {
            return self.begin_users(id).await;
        }
        let (opening, record) = self.open(source, options).await?;
        let (transfer, organization, ids, fate) = match opening {
            Opening::Resumed(transfer, ids) => {
                self.recognize(&transfer, &record, options, report).await?;
                return Ok(Begun::resumed(transfer, ids, &record));
            }
            Opening::New(ids) => {
                let kept = (ids == Ids::Kept).then_some(record.organization.id);
                if let Some(id) = kept
                    && self.transfers.organization(id).await?.is_some()
                {
                    return Err(ImportError::IdInUse(Entity::Organization));
                }
                (Transfer::not_begun(kept, ids), kept, ids, Fate::New)
            }
            Opening::Into(id, ids) => {
                let transfer = Transfer::not_begun(Some(id), ids);
                (transfer, Some(id), ids, Fate::Unchanged)
            }
        };
        self.report_created(&transfer, &record, fate, report)
            .await?;
        Ok(Begun {
            start: Start {
                organization,
                ..start(&transfer, ids)
            },
            transfer,
            default_account: Some(record.default_account.account.id),
        })
    }

    /// Users alone, into an organization that is here.
    async fn begin_users(&self, id: OrganizationId) -> Result<Begun, ImportError> {
        self.exists(id).await?;
        Ok(Begun {
            transfer: Transfer {
                organization: id,
                recognition: Recognition::ByEmail,
                // Nothing is remembered, so everything is compared as a whole.
                finished: true,
            },
            start: Start {
                organization: Some(id),
                ids: None,
                resumed: false,
                finished: false,
                issued: None,
            },
            default_account: None,
        })
    }

    async fn exists(&self, id: OrganizationId) -> Result<(), ImportError> {
        let found = self.transfers.organization(id).await?;
        found.map(drop).ok_or(ImportError::NoSuchOrganization(id))
    }

    /// What the organization is there, and what is to be done with it.
    async fn open(
        &self,
        source: &mut dyn TransferSource,
        options: ImportOptions,
    ) -> Result<(Opening, Sought), ImportError> {
        let here = match options.into {
            Destination::New => None,
            Destination::Existing(id) | Destination::UsersOf(id) => {
                self.exists(id).await?;
                Some(id)
            }
        };
        let record = tidied(source.organization().await?);
        let opening = match (self.transfers.find(&source.name()).await?, here) {
            (Some(transfer), _) => {
                let ids = agreed(&transfer, here, options.ids)?;
                Opening::Resumed(transfer, ids)
            }
            (None, None) => Opening::New(options.ids.unwrap_or(Ids::Kept)),
            (None, Some(id)) => {
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
        for (part, most) in [(Part::Accounts, 0), (Part::Users, 1), (Part::Instances, 0)] {
            if self.transfers.count(id, part).await? > most {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn sealed(&self, record: &Sought) -> (OrganizationRecord<SealedSecret>, Option<SecretText>) {
        let given = record.secret.as_ref();
        let (secret, issued) = seal::secret(&*self.vault, SecretKind::Organization, given);
        let sealed = OrganizationRecord {
            secret,
            organization: record.organization.clone(),
            policy: record.policy.clone(),
            roles: record.roles.clone(),
            default_account: record.default_account.clone(),
        };
        (sealed, issued)
    }

    async fn report_created(
        &self,
        transfer: &Transfer,
        record: &Sought,
        fate: Fate,
        report: &mut Report<'_, '_>,
    ) -> Result<(), ImportError> {
        let here = self.transfers.organization(transfer.organization).await?;
        let ids = here.map(|here| {
            let account = here.default_account.account.id;
            (here.organization.id.get(), account.get())
        });
        report.take(&both(record, ids, fate.clone(), fate))
    }

    /// Reports the organization of an earlier run, and how it differs if it became one of its own.
    async fn recognize(
        &self,
        transfer: &Transfer,
        record: &Sought,
        options: ImportOptions,
        report: &mut Report<'_, '_>,
    ) -> Result<(), ImportError> {
        let here = self.transfers.organization(transfer.organization).await?;
        let here = here.ok_or(ImportError::NoSuchOrganization(transfer.organization))?;
        let compared = |here: &Snapshot, there: &Snapshot| {
            let (here, there) = Snapshot::difference(here, there);
            if options.into != Destination::New || here.is_empty() && there.is_empty() {
                Fate::Unchanged
            } else {
                Fate::Differs { here, there }
            }
        };
        let organization = compared(&snapshot(&here), &snapshot(record));
        let account = compared(
            &account_snapshot(&here.default_account),
            &account_snapshot(&record.default_account),
        );
        let account_id = here.default_account.account.id.get();
        let ids = (here.organization.id.get(), account_id);
        report.take(&both(record, Some(ids), organization, account))
    }
}

impl Begun {
    fn resumed(transfer: Transfer, ids: Ids, record: &Sought) -> Self {
        Self {
            transfer,
            start: Start {
                resumed: true,
                ..start(&transfer, ids)
            },
            default_account: Some(record.default_account.account.id),
        }
    }
}

fn start(transfer: &Transfer, ids: Ids) -> Start {
    Start {
        organization: Some(transfer.organization),
        ids: Some(ids),
        resumed: false,
        finished: transfer.finished,
        issued: None,
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

/// As an organization here is: a customer's, with its four roles in their order, and revisions that exist.
fn tidied(mut record: Sought) -> Sought {
    let organization = &mut record.organization;
    organization.kind = OrganizationKind::Customer;
    organization.revision = seal::written(organization.revision);
    record.default_account = seal::account(&record.default_account);
    let id = organization.id;
    let roles = RoleKey::OF_AN_ORGANIZATION.iter().map(|key| {
        let found = record.roles.iter().find(|role| role.key == *key);
        found.cloned().unwrap_or_else(|| Role {
            id: RoleId::new(0),
            organization_id: id,
            key: *key,
            name: key.name().to_owned(),
            description: key.description().to_owned(),
            privileges: key.default_privileges(),
        })
    });
    record.roles = roles.collect();
    record
}

/// What is compared of an organization.
fn snapshot<S>(record: &OrganizationRecord<S>) -> Snapshot {
    let organization = &record.organization;
    let default = PasswordPolicy::default();
    let policy = record.policy.as_ref().map_or(&default, |it| &it.policy);
    let snapshot = policy
        .snapshot()
        .field("name", &organization.name)
        .field("active", organization.active)
        .optional("externalId", organization.external_id.as_ref());
    record.roles.iter().fold(snapshot, |snapshot, role| {
        let privileges: Vec<_> = role.privileges.iter().map(Privilege::key).collect();
        let name = format!("roles.{}", role.key.as_str());
        snapshot.field(&name, privileges.join(","))
    })
}

/// The reports of an organization and its default account.
fn both(
    record: &Sought,
    here: Option<(i64, i64)>,
    of_organization: Fate,
    of_account: Fate,
) -> [Reported; 2] {
    let is_new = matches!(of_organization, Fate::New | Fate::Created);
    let lost = (is_new && record.secret.is_none()).then_some(Lost::Secret);
    [
        Reported {
            kind: Entity::Organization,
            there: record.organization.id.get(),
            here: here.map(|(organization, _)| organization),
            fate: of_organization,
            lost: lost.into_iter().collect(),
        },
        Reported {
            kind: Entity::Account,
            there: record.default_account.account.id.get(),
            here: here.map(|(_, account)| account),
            fate: of_account,
            lost: Vec::new(),
        },
    ]
}
