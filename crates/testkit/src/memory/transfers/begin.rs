//! Beginning a transfer, with the organization or into one.

use std::collections::{BTreeSet, HashMap};

use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Entity, Organization, OrganizationId, PasswordPolicy,
    Role, RoleId, SealedSecret, SecretDigest, Snapshot,
    ports::RepositoryError,
    transfer::{
        Holder, Ids, OrganizationRecord, SourceName, Transfer, organization_creation,
        plan::can_be_kept,
    },
};

use super::{
    super::{
        secrets::Secrets,
        state::{AccountRow, Event, OrganizationRow, PolicyRow, State},
    },
    TransferRow,
};

impl State {
    pub(super) fn begin(
        &mut self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) -> Result<Transfer, RepositoryError> {
        let there = (record.organization.id, record.default_account.account.id);
        let mut record = self.check_begin(source, ids, record)?;
        let (id, account_id) = match ids {
            Ids::Kept => there,
            Ids::Assigned => (self.next_organization(), self.next_account()),
        };
        self.note_organization(id);
        self.note_account(account_id);
        record = record.numbered(id, account_id);
        self.insert_roles(ids, record.roles.clone());
        self.add(&record, change);
        Ok(self.begun(source, ids, there, &record))
    }

    /// The organization as it arrives, if a transfer of it can begin.
    pub(super) fn check_begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
    ) -> Result<OrganizationRecord<SealedSecret>, RepositoryError> {
        self.check_source(source)?;
        let record = record.clone().arriving();
        if self.holder(record.secret.digest).is_some() {
            return Err(conflict(Entity::Organization, "secret"));
        }
        if ids == Ids::Kept {
            let default = &record.default_account.account;
            self.check_numbers(&record.organization, default)?;
            let in_use = self.roles.keys().copied().collect();
            return Ok(record.without_role_numbers(&in_use));
        }
        Ok(record)
    }

    /// The organization that has this secret.
    pub(super) fn holder(&self, secret: SecretDigest) -> Option<Holder> {
        let mut rows = self.organizations.values();
        let row = rows.find(|row| row.secrets.contain(secret))?;
        let organization = row.organization.id;
        let mut transfers = self.transfers.values();
        let own = transfers.find(|row| row.is_own && row.organization == organization);
        Some(Holder {
            organization,
            source: own.map(|row| row.source.clone()),
        })
    }

    /// Roles without a number get the next ones behind those that have one.
    fn insert_roles(&mut self, ids: Ids, mut roles: Vec<Role>) {
        let is_kept = |role: &Role| ids == Ids::Kept && role.id != RoleId::new(0);
        roles.sort_by_key(|role| !is_kept(role));
        for mut role in roles {
            if !is_kept(&role) {
                let last = self.roles.keys().last().map_or(0, |last| last.get());
                role.id = RoleId::new(last + 1);
            }
            self.roles.insert(role.id, role);
        }
    }

    pub(super) fn begin_into(
        &mut self,
        source: &SourceName,
        ids: Ids,
        organization: OrganizationId,
        default_account: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError> {
        let Some(row) = self.organizations.get(&organization) else {
            return Ok(None);
        };
        let account = row.organization.default_account_id;
        self.check_source(source)?;
        Ok(Some(self.remember_begun(TransferRow {
            source: source.clone(),
            organization,
            ids,
            is_own: false,
            finished: false,
            numbers: HashMap::from([((Entity::Account, default_account.get()), account.get())]),
        })))
    }

    fn check_source(&self, source: &SourceName) -> Result<(), RepositoryError> {
        match self.transfer(source) {
            Some(_) => Err(conflict(Entity::Organization, "source")),
            None => Ok(()),
        }
    }

    fn check_numbers(
        &self,
        organization: &Organization,
        account: &Account,
    ) -> Result<(), RepositoryError> {
        let check = |entity, number, taken: bool| {
            if can_be_kept(entity, number) && !taken {
                return Ok(());
            }
            Err(conflict(entity, "id"))
        };
        let taken = self.organizations.contains_key(&organization.id);
        check(Entity::Organization, organization.id.get(), taken)?;
        let taken = self.accounts.contains_key(&account.id);
        check(Entity::Account, account.id.get(), taken)
    }

    fn add(&mut self, record: &OrganizationRecord<SealedSecret>, change: &Change) {
        let organization = record.organization.clone();
        let default = record.default_account.clone();
        let new = organization_creation(record);
        let created = AuditAction::Created;
        let event = Event::of_organization(organization.id, created, Snapshot::new(), new);
        self.record(event, change);
        let new = default.account.snapshot();
        let event = Event::of_account(&default.account, created, Snapshot::new(), new);
        self.record(event, change);
        let policy = record.policy.as_ref().map_or(
            PolicyRow {
                policy: PasswordPolicy::default(),
                is_set: false,
                created_at: organization.created_at,
                updated_at: organization.created_at,
            },
            |set| PolicyRow {
                policy: set.policy.clone(),
                is_set: true,
                created_at: set.created_at,
                updated_at: set.updated_at,
            },
        );
        let known = self.known_roles(organization.id, &default.roles);
        self.accounts.insert(
            default.account.id,
            AccountRow {
                account: default.account,
                grants: BTreeSet::from_iter(known),
            },
        );
        self.organizations.insert(
            organization.id,
            OrganizationRow {
                organization,
                secrets: Secrets::new(record.secret.clone()),
                policy,
            },
        );
    }

    fn begun(
        &mut self,
        source: &SourceName,
        ids: Ids,
        (organization, account): (OrganizationId, AccountId),
        here: &OrganizationRecord<SealedSecret>,
    ) -> Transfer {
        let id = here.organization.id;
        let default = here.default_account.account.id;
        self.remember_begun(TransferRow {
            source: source.clone(),
            organization: id,
            ids,
            is_own: true,
            finished: false,
            numbers: HashMap::from([
                ((Entity::Organization, organization.get()), id.get()),
                ((Entity::Account, account.get()), default.get()),
            ]),
        })
    }

    fn remember_begun(&mut self, row: TransferRow) -> Transfer {
        let number = self.transfers.keys().last().map_or(1, |last| last + 1);
        let transfer = row.transfer(number);
        self.transfers.insert(number, row);
        transfer
    }
}

fn conflict(entity: Entity, field: &'static str) -> RepositoryError {
    RepositoryError::Conflict { entity, field }
}
