//! Beginning a transfer, with the organization or into one.

use std::collections::{BTreeSet, HashMap};

use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Entity, Organization, OrganizationId,
    OrganizationKind, PasswordPolicy, Role, RoleId, RoleKey, SealedSecret, Snapshot,
    ports::RepositoryError,
    transfer::{AccountRecord, Ids, OrganizationRecord, SourceName, Transfer, plan::can_be_kept},
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
        self.check_source(source)?;
        let roles = record.roles.iter();
        let mut roles: Vec<_> = roles
            .filter(|role| RoleKey::OF_AN_ORGANIZATION.contains(&role.key))
            .cloned()
            .collect();
        let default = &record.default_account;
        let (id, account_id) = match ids {
            Ids::Kept => {
                self.check_numbers(&record.organization, &default.account, &roles)?;
                (record.organization.id, default.account.id)
            }
            Ids::Assigned => (self.next_organization(), self.next_account()),
        };
        let secret = record.secret.digest;
        let mut rows = self.organizations.values();
        if rows.any(|row| row.secrets.contain(secret)) {
            return Err(conflict(Entity::Organization, "secret"));
        }
        self.note_organization(id);
        self.note_account(account_id);
        for role in &mut roles {
            if ids == Ids::Assigned {
                let last = self.roles.keys().last().map_or(0, |last| last.get());
                role.id = RoleId::new(last + 1);
            }
            role.organization_id = id;
            self.roles.insert(role.id, role.clone());
        }
        let organization = Organization {
            id,
            kind: OrganizationKind::Customer,
            default_account_id: account_id,
            ..record.organization.clone()
        };
        let account = AccountRecord {
            account: Account {
                id: account_id,
                organization_id: id,
                is_default: true,
                active: true,
                ..default.account.clone()
            },
            roles: default.roles.clone(),
        };
        self.add(organization, account, record, change);
        Ok(self.begun(source, ids, id, default.account.id, account_id))
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
        Ok(Some(self.begun(
            source,
            ids,
            organization,
            default_account,
            account,
        )))
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
        roles: &[Role],
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
        check(Entity::Account, account.id.get(), taken)?;
        for role in roles {
            let taken = self.roles.contains_key(&role.id);
            check(Entity::Role, role.id.get(), taken)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        organization: Organization,
        default: AccountRecord,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) {
        let new = Snapshot::new()
            .field("name", &organization.name)
            .field("active", organization.active);
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
        organization: OrganizationId,
        default_there: AccountId,
        account: AccountId,
    ) -> Transfer {
        let row = TransferRow {
            source: source.clone(),
            organization,
            ids,
            finished: false,
            numbers: HashMap::from([((Entity::Account, default_there.get()), account.get())]),
        };
        let number = self.transfers.keys().last().map_or(1, |last| last + 1);
        let transfer = row.transfer(number);
        self.transfers.insert(number, row);
        transfer
    }
}

fn conflict(entity: Entity, field: &'static str) -> RepositoryError {
    RepositoryError::Conflict { entity, field }
}
