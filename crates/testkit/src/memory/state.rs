//! The data of the store, and what several ports do with it.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_domain::{
    Account, AccountId, AuditAction, AuditId, AuditRecord, ChainHead, ChainLink, Change, Element,
    ElementId, Entity, Instance, InstanceId, Organization, OrganizationId, PasswordHash,
    PasswordPolicy, Reach, ReplyKey, Role, RoleId, RoleKey, Scope, Sealed, SecretDigest, Snapshot,
    User, UserId,
    ports::{LoginToken, RepositoryError},
};
use time::OffsetDateTime;

use super::{secrets::Secrets, transfers::TransferRow};

/// All data.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) organizations: BTreeMap<OrganizationId, OrganizationRow>,
    pub(super) accounts: BTreeMap<AccountId, AccountRow>,
    pub(super) users: BTreeMap<UserId, UserRow>,
    pub(super) instances: BTreeMap<InstanceId, Instance>,
    pub(super) elements: BTreeMap<ElementId, Element>,
    pub(super) roles: BTreeMap<RoleId, Role>,
    pub(super) audit: BTreeMap<AuditId, AuditRecord>,
    pub(super) links: BTreeMap<AuditId, ChainLink>,
    pub(super) heads: BTreeMap<OrganizationId, ChainHead>,
    pub(super) replies: BTreeMap<ReplyKey, Reply>,
    pub(super) refused_logins: Vec<OffsetDateTime>,
    pub(super) sentinel: Option<Sealed>,
    pub(super) transfers: BTreeMap<i64, TransferRow>,
    /// The last number given, so that none is ever given twice.
    pub(super) last_instance: i64,
    pub(super) last_entry: i64,
    last_tenant: i64,
    last_account: i64,
    last_user: i64,
    last_record: i64,
}

/// An organization with its secrets and its password policy.
#[derive(Debug)]
pub(super) struct OrganizationRow {
    pub(super) organization: Organization,
    pub(super) secrets: Secrets,
    pub(super) policy: PolicyRow,
}

/// The password policy in force in an organization, and since when.
#[derive(Clone, Debug)]
pub(super) struct PolicyRow {
    pub(super) policy: PasswordPolicy,
    pub(super) is_set: bool,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
}

/// A call that was begun under a key, and its reply, if it is done.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) fingerprint: SecretDigest,
    pub(super) sealed: Option<Sealed>,
    pub(super) expires_at: OffsetDateTime,
}

/// An account with the roles that are granted to all of its users.
#[derive(Debug)]
pub(super) struct AccountRow {
    pub(super) account: Account,
    pub(super) grants: BTreeSet<RoleKey>,
}

/// A user with its secrets, its login tokens, its passwords and its direct grants.
#[derive(Debug)]
pub(super) struct UserRow {
    pub(super) user: User,
    pub(super) secrets: Secrets,
    pub(super) tokens: Vec<LoginToken>,
    pub(super) hash: Option<PasswordHash>,
    /// The newest first.
    pub(super) former_hashes: Vec<PasswordHash>,
    pub(super) failures: u32,
    pub(super) grants: BTreeSet<RoleKey>,
}

/// What an audit record says beyond who and when.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) organization: OrganizationId,
    pub(super) account: Option<AccountId>,
    pub(super) action: AuditAction,
    pub(super) target: Entity,
    pub(super) target_id: i64,
    pub(super) old: Snapshot,
    pub(super) new: Snapshot,
}

impl Event {
    /// Something done to an account.
    pub(super) fn of_account(
        account: &Account,
        action: AuditAction,
        old: Snapshot,
        new: Snapshot,
    ) -> Self {
        Self {
            organization: account.organization_id,
            account: Some(account.id),
            action,
            target: Entity::Account,
            target_id: account.id.get(),
            old,
            new,
        }
    }

    /// Something done to an organization.
    pub(super) fn of_organization(
        id: OrganizationId,
        action: AuditAction,
        old: Snapshot,
        new: Snapshot,
    ) -> Self {
        Self {
            organization: id,
            account: None,
            action,
            target: Entity::Organization,
            target_id: id.get(),
            old,
            new,
        }
    }

    /// Something done to an instance.
    pub(super) fn of_instance(
        instance: &Instance,
        action: AuditAction,
        old: Snapshot,
        new: Snapshot,
    ) -> Self {
        Self {
            organization: instance.organization_id,
            account: Some(instance.account_id),
            action,
            target: Entity::Instance,
            target_id: instance.id.get(),
            old,
            new,
        }
    }

    /// Something done to a user.
    pub(super) fn of_user(user: &User, action: AuditAction, old: Snapshot, new: Snapshot) -> Self {
        Self {
            organization: user.organization_id,
            account: Some(user.account_id),
            action,
            target: Entity::User,
            target_id: user.id.get(),
            old,
            new,
        }
    }
}

impl State {
    /// Number 1 is the system organization's, customers' begin with 2.
    pub(super) fn next_organization(&mut self) -> OrganizationId {
        OrganizationId::new(next(&mut self.last_tenant))
    }

    /// Number 1 is the system organization's.
    pub(super) fn next_account(&mut self) -> AccountId {
        AccountId::new(next(&mut self.last_account))
    }

    /// Numbers up to this one are given out no more.
    pub(super) fn note_organization(&mut self, id: OrganizationId) {
        self.last_tenant = self.last_tenant.max(id.get());
    }

    /// Numbers up to this one are given out no more.
    pub(super) fn note_account(&mut self, id: AccountId) {
        self.last_account = self.last_account.max(id.get());
    }

    /// Numbers up to this one are given out no more.
    pub(super) fn note_user(&mut self, id: UserId) {
        self.last_user = self.last_user.max(id.get());
    }

    pub(super) fn last_account(&self) -> i64 {
        self.last_account
    }

    pub(super) fn last_user(&self) -> i64 {
        self.last_user
    }

    /// Number 1 is the system organization's.
    pub(super) fn next_user(&mut self) -> UserId {
        UserId::new(next(&mut self.last_user))
    }

    /// The user of that id in `scope`.
    pub(super) fn user(&self, scope: &Scope, id: UserId) -> Option<&UserRow> {
        self.users.get(&id).filter(|row| covers(scope, &row.user))
    }

    /// The same, to be changed.
    pub(super) fn user_mut(&mut self, scope: &Scope, id: UserId) -> Option<&mut UserRow> {
        self.users
            .get_mut(&id)
            .filter(|row| covers(scope, &row.user))
    }

    /// Whether any user of the deployment but `except` has this e-mail.
    pub(super) fn email_in_use(&self, folded: &str, except: Option<UserId>) -> bool {
        self.users
            .values()
            .any(|row| row.user.email.folded() == folded && Some(row.user.id) != except)
    }

    /// The account's role keys among those that the organization has.
    pub(super) fn known_roles(
        &self,
        organization: OrganizationId,
        asked: &[RoleKey],
    ) -> BTreeSet<RoleKey> {
        asked
            .iter()
            .copied()
            .filter(|key| self.role(organization, *key).is_some())
            .collect()
    }

    /// The organization's role with this key.
    pub(super) fn role(&self, organization: OrganizationId, key: RoleKey) -> Option<&Role> {
        self.roles
            .values()
            .find(|role| role.organization_id == organization && role.key == key)
    }

    /// Refuses what would leave the organization without an active user who has `org-admin` directly. `stays` says
    /// whether `row` will be one afterwards.
    pub(super) fn guard_administrators(
        &self,
        row: &UserRow,
        stays: bool,
    ) -> Result<(), RepositoryError> {
        let administrates =
            |row: &UserRow| row.user.active && row.grants.contains(&RoleKey::OrgAdmin);
        if stays || !administrates(row) {
            return Ok(());
        }
        let another = self.users.values().any(|other| {
            other.user.organization_id == row.user.organization_id
                && other.user.id != row.user.id
                && administrates(other)
        });
        if another {
            Ok(())
        } else {
            Err(RepositoryError::LAST_ADMINISTRATOR)
        }
    }

    /// The account of that id in `scope`.
    pub(super) fn account(&self, scope: &Scope, id: AccountId) -> Option<&AccountRow> {
        self.accounts
            .get(&id)
            .filter(|row| self.covers_account(scope, &row.account))
    }

    /// The same, to be changed.
    pub(super) fn account_mut(&mut self, scope: &Scope, id: AccountId) -> Option<&mut AccountRow> {
        self.account(scope, id)?;
        self.accounts.get_mut(&id)
    }

    /// Erases the instances that `doomed` selects; each leaves a record.
    pub(super) fn erase_instances(&mut self, change: &Change, doomed: impl Fn(&Instance) -> bool) {
        let erased: Vec<Instance> = self
            .instances
            .extract_if(.., |_, instance| doomed(instance))
            .map(|(_, instance)| instance)
            .collect();
        for instance in erased {
            let old = instance.snapshot();
            let event = Event::of_instance(&instance, AuditAction::Deleted, old, Snapshot::new());
            self.record(event, change);
        }
    }

    /// Erases the replies that are kept for a user.
    pub(super) fn erase_replies(&mut self, user: UserId) {
        self.replies.retain(|key, _| key.user_id != user);
    }

    /// Writes an audit record.
    pub(super) fn record(&mut self, event: Event, change: &Change) {
        self.last_record += 1;
        let id = AuditId::new(self.last_record);
        let record = AuditRecord {
            id,
            organization_id: event.organization,
            account_id: event.account,
            change: *change,
            action: event.action,
            target: event.target,
            target_id: event.target_id,
            old: event.old,
            new: event.new,
        };
        self.audit.insert(id, record);
    }

    /// Whether an account lies in `scope`; a user's scope covers that user's account.
    pub(super) fn covers_account(&self, scope: &Scope, account: &Account) -> bool {
        account.organization_id == scope.organization_id()
            && match scope.reach() {
                Reach::Organization => true,
                Reach::Account(own) => account.id == own,
                Reach::User(user) => self
                    .user(scope, user)
                    .is_some_and(|row| row.user.account_id == account.id),
            }
    }
}

fn covers(scope: &Scope, user: &User) -> bool {
    scope.covers(user.organization_id, user.account_id, user.id)
}

fn next(last: &mut i64) -> i64 {
    *last = (*last).max(1) + 1;
    *last
}
