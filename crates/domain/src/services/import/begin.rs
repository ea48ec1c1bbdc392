//! How a move begins: a new transfer, or one that was interrupted, and what becomes of the organization itself.

use super::{
    Destination, Fate, ImportError, ImportOptions, ImportService, Lost, Reported, Start,
    opening::{Opening, Sought},
    report::Report,
    seal,
};
use crate::{
    AccountId, Entity, OrganizationId, PasswordPolicy, Privilege, RequestId, SealedSecret,
    SecretText, Snapshot,
    ports::{RepositoryError, SecretKind, TransferSource},
    transfer::{Ids, OrganizationRecord, Recognition, Transfer, account_snapshot},
};

/// What a run works with.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) transfer: Transfer,
    pub(super) start: Start,
    /// The default account, as the source numbers it.
    pub(super) default_account: Option<AccountId>,
}

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
        let (transfer, ids, issued, fate) = match opening {
            Opening::Resumed(transfer, ids) => {
                return self.resumed(transfer, ids, &record, report).await;
            }
            Opening::New(ids) => {
                let (sealed, issued) = self.sealed(&record);
                let change = self.change(request_id);
                match self.transfers.begin(&name, ids, &sealed, &change).await {
                    Ok(begun) => (begun, ids, issued, Fate::Created),
                    Err(error) => return Err(self.of_begin(error, &sealed.secret).await),
                }
            }
            Opening::Into(organization, ids) => {
                let account = record.default_account.account.id;
                let begun = self.transfers.begin_into(&name, ids, organization, account);
                let begun = begun.await.map_err(ImportError::of_begin)?;
                let missing = ImportError::NoSuchOrganization(organization);
                (begun.ok_or(missing)?, ids, None, Fate::Unchanged)
            }
        };
        self.report_created(&transfer, &record, fate, report)
            .await?;
        let start = Start {
            issued,
            ..start(&transfer, ids)
        };
        Ok(Begun::new(transfer, start, &record))
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
        let (organization, ids, fate) = match opening {
            Opening::Resumed(transfer, ids) => {
                return self.resumed(transfer, ids, &record, report).await;
            }
            Opening::New(ids) => {
                let (sealed, _) = self.sealed(&record);
                let name = source.name();
                if let Err(error) = self.transfers.check_begin(&name, ids, &sealed).await {
                    return Err(self.of_begin(error, &sealed.secret).await);
                }
                let kept = (ids == Ids::Kept).then_some(record.organization.id);
                (kept, ids, Fate::New)
            }
            Opening::Into(id, ids) => (Some(id), ids, Fate::Unchanged),
        };
        let transfer = Transfer::not_begun(organization, ids);
        self.report_created(&transfer, &record, fate, report)
            .await?;
        let start = Start {
            organization,
            ..start(&transfer, ids)
        };
        Ok(Begun::new(transfer, start, &record))
    }

    /// Where an earlier run left off.
    async fn resumed(
        &self,
        transfer: Transfer,
        ids: Ids,
        record: &Sought,
        report: &mut Report<'_, '_>,
    ) -> Result<Begun, ImportError> {
        self.recognize(&transfer, record, report).await?;
        let start = Start {
            resumed: true,
            ..start(&transfer, ids)
        };
        Ok(Begun::new(transfer, start, record))
    }

    /// What it means that a transfer cannot begin.
    async fn of_begin(&self, error: RepositoryError, secret: &SealedSecret) -> ImportError {
        let is_of_secret =
            matches!(error, RepositoryError::Conflict { field, .. } if field == "secret");
        if !is_of_secret {
            return ImportError::of_begin(error);
        }
        match self.transfers.holder(secret.digest).await {
            Ok(Some(holder)) => holder.into(),
            // It has another one by now: the next run begins.
            Ok(None) => error.into(),
            Err(error) => error.into(),
        }
    }

    /// Users alone, into an organization that is here.
    async fn begin_users(&self, id: OrganizationId) -> Result<Begun, ImportError> {
        self.takes_in(id).await?;
        Ok(Begun {
            transfer: Transfer {
                organization: id,
                is_own: false,
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
        report: &mut Report<'_, '_>,
    ) -> Result<(), ImportError> {
        let here = self.transfers.organization(transfer.organization).await?;
        let here = here.ok_or(ImportError::NoSuchOrganization(transfer.organization))?;
        let compared = |here: &Snapshot, there: &Snapshot| {
            let (here, there) = Snapshot::difference(here, there);
            if !transfer.is_own || here.is_empty() && there.is_empty() {
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
    fn new(transfer: Transfer, start: Start, record: &Sought) -> Self {
        Self {
            transfer,
            start,
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
