//! Organizations in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Entity, Name, Organization, OrganizationDraft,
    OrganizationId, OrganizationKind, PasswordPolicy, PasswordState, Profile, Revision, Role,
    RoleId, RoleKey, Snapshot, User, UserId,
    ports::{CreatedOrganization, OrganizationRepository, RepositoryError},
};

use super::{
    MemoryStore,
    secrets::Secrets,
    state::{AccountRow, Event, OrganizationRow, PolicyRow, State, UserRow},
};

#[async_trait]
impl OrganizationRepository for MemoryStore {
    async fn create(
        &self,
        draft: &OrganizationDraft,
        change: &Change,
    ) -> Result<CreatedOrganization, RepositoryError> {
        let mut state = self.state();
        if draft.kind == OrganizationKind::System && state.system().is_some() {
            return Err(RepositoryError::Conflict {
                entity: Entity::Organization,
                field: "kind",
            });
        }
        if state.email_in_use(draft.admin.email.folded(), None) {
            return Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "email",
            });
        }
        let created = state.new_organization(draft, change);
        state.add_roles(&created.organization);
        state.add_organization(&created, draft, change);
        Ok(created)
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, RepositoryError> {
        let state = self.state();
        let row = state.organizations.get(&id);
        Ok(row.map(|row| row.organization.clone()))
    }

    async fn find_system(&self) -> Result<Option<Organization>, RepositoryError> {
        Ok(self.state().system().cloned())
    }

    async fn count_customers(&self, up_to: u64) -> Result<u64, RepositoryError> {
        let state = self.state();
        let customers = state
            .organizations
            .values()
            .filter(|row| row.organization.kind == OrganizationKind::Customer);
        let found: u64 = customers.map(|_| 1).sum();
        Ok(found.min(up_to))
    }

    async fn rename(
        &self,
        id: OrganizationId,
        name: &Name,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Organization>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.organizations.get_mut(&id) else {
            return Ok(None);
        };
        let organization = &mut row.organization;
        if expected.is_some_and(|expected| expected != organization.revision) {
            return Err(RepositoryError::Stale {
                entity: Entity::Organization,
            });
        }
        let before = Snapshot::new().field("name", &organization.name);
        let after = Snapshot::new().field("name", name);
        organization.name = name.clone();
        organization.updated_at = change.at;
        organization.revision = organization.revision.next();
        let renamed = organization.clone();
        if before != after {
            let event = Event::of_organization(id, AuditAction::Updated, before, after);
            state.record(event, change);
        }
        Ok(Some(renamed))
    }
}

impl State {
    fn system(&self) -> Option<&Organization> {
        self.organizations
            .values()
            .map(|row| &row.organization)
            .find(|organization| organization.kind == OrganizationKind::System)
    }

    fn new_organization(
        &mut self,
        draft: &OrganizationDraft,
        change: &Change,
    ) -> CreatedOrganization {
        let (id, account_id, user_id) = match draft.kind {
            OrganizationKind::System => (OrganizationId::new(1), AccountId::new(1), UserId::new(1)),
            OrganizationKind::Customer => (
                self.next_organization(),
                self.next_account(),
                self.next_user(),
            ),
        };
        let organization = Organization {
            id,
            name: draft.name.clone(),
            active: true,
            kind: draft.kind,
            default_account_id: account_id,
            external_id: None,
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        let account = Account {
            id: account_id,
            organization_id: id,
            name: draft.name.clone(),
            description: None,
            external_id: None,
            active: true,
            is_default: true,
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        let admin = User {
            id: user_id,
            organization_id: id,
            account_id,
            email: draft.admin.email.clone(),
            first_name: draft.admin.first_name.clone(),
            last_name: draft.admin.last_name.clone(),
            active: true,
            profile: Profile::default(),
            password: match draft.admin.password {
                None => PasswordState::Absent,
                Some(_) => PasswordState::Set {
                    changed_at: change.at,
                    must_change: draft.admin.must_change,
                },
            },
            locked_until: None,
            last_login_at: None,
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        CreatedOrganization {
            organization,
            account,
            admin,
        }
    }

    fn add_roles(&mut self, organization: &Organization) {
        let operators = match organization.kind {
            OrganizationKind::System => Some(RoleKey::SysAdmin),
            OrganizationKind::Customer => None,
        };
        for key in RoleKey::OF_AN_ORGANIZATION.iter().copied().chain(operators) {
            let number = self.roles.keys().last().map_or(1, |last| last.get() + 1);
            let role = Role {
                id: RoleId::new(number),
                organization_id: organization.id,
                key,
                name: key.name().to_owned(),
                description: key.description().to_owned(),
                privileges: key.default_privileges(),
            };
            self.roles.insert(role.id, role);
        }
    }

    fn add_organization(
        &mut self,
        created: &CreatedOrganization,
        draft: &OrganizationDraft,
        change: &Change,
    ) {
        let CreatedOrganization {
            organization,
            account,
            admin,
        } = created;
        self.organizations.insert(
            organization.id,
            OrganizationRow {
                organization: organization.clone(),
                secrets: Secrets::new(draft.secret.clone()),
                policy: PolicyRow {
                    policy: PasswordPolicy::default(),
                    is_set: false,
                    created_at: change.at,
                    updated_at: change.at,
                },
            },
        );
        self.accounts.insert(
            account.id,
            AccountRow {
                account: account.clone(),
                grants: BTreeSet::new(),
            },
        );
        let granted = match organization.kind {
            OrganizationKind::System => RoleKey::SysAdmin,
            OrganizationKind::Customer => RoleKey::OrgAdmin,
        };
        self.users.insert(
            admin.id,
            UserRow {
                user: admin.clone(),
                secrets: Secrets::new(draft.admin.secret.clone()),
                tokens: Vec::new(),
                hash: draft.admin.password.clone(),
                former_hashes: Vec::new(),
                failures: 0,
                grants: BTreeSet::from([granted]),
            },
        );
        let event = |target, target_id, account, new| Event {
            organization: organization.id,
            account,
            action: AuditAction::Created,
            target,
            target_id,
            old: Snapshot::new(),
            new,
        };
        let own = Snapshot::new()
            .field("name", &organization.name)
            .field("active", organization.active);
        let (in_account, id) = (Some(account.id), organization.id.get());
        for event in [
            event(Entity::Organization, id, None, own),
            event(
                Entity::Account,
                account.id.get(),
                in_account,
                account.snapshot(),
            ),
            event(
                Entity::User,
                admin.id.get(),
                in_account,
                admin.creation(&[granted]),
            ),
        ] {
            self.record(event, change);
        }
    }
}
