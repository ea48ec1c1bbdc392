//! The use cases of roles: what an organization's roles allow, and which are granted to whole accounts.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Account, AccountId, Actor, Entity, Expected, Identity, Name, Privilege, PrivilegeSet, Problem,
    Revision, Role, RoleChange, RoleId, RoleKey, Scope, Text,
    policy::{self, Forbidden},
    ports::{AccountRepository, Clock, RepositoryError, Revocation, RoleRepository},
};

/// The use cases of roles.
pub struct RoleService {
    roles: Arc<dyn RoleRepository>,
    accounts: Arc<dyn AccountRepository>,
    clock: Arc<dyn Clock>,
}

/// The permit to configure the organization's roles.
#[derive(Debug)]
pub struct ConfigureRoles<'a> {
    service: &'a RoleService,
    actor: &'a Actor,
    scope: Scope,
}

/// How a caller names a role of the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleName {
    /// By id.
    Id(RoleId),
    /// By key.
    Key(RoleKey),
}

/// What a caller wants changed of a role. `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleEdit {
    /// Which role.
    pub role: RoleName,
    /// The name shown to people.
    pub name: Option<Name>,
    /// The description shown to people.
    pub description: Option<Text>,
    /// What it shall allow, all of it.
    pub privileges: Option<PrivilegeSet>,
}

impl RoleService {
    /// Over these ports.
    pub fn new(
        roles: Arc<dyn RoleRepository>,
        accounts: Arc<dyn AccountRepository>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            roles,
            accounts,
            clock,
        }
    }

    /// The permit to configure roles.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn configure<'a>(&'a self, actor: &'a Actor) -> Result<ConfigureRoles<'a>, ServiceError> {
        let scope = policy::holds(actor.identity(), Privilege::ConfigureRoles)?;
        Ok(ConfigureRoles {
            service: self,
            actor,
            scope,
        })
    }
}

impl ConfigureRoles<'_> {
    /// The organization's four roles, in the order in which they were created.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(&self) -> Result<Vec<Role>, ServiceError> {
        let roles = self
            .service
            .roles
            .list(self.scope.organization_id())
            .await?;
        Ok(roles
            .into_iter()
            .filter(|role| role.key != RoleKey::SysAdmin)
            .collect())
    }

    /// Changes roles, all of them or none; answers all of the organization's roles.
    ///
    /// # Errors
    /// `NotFound` for an id that is none of the organization's roles; `Forbidden` for a privilege that may not be given
    /// or taken.
    pub async fn update(&self, edits: Vec<RoleEdit>) -> Result<Vec<Role>, ServiceError> {
        let roles = self.list().await?;
        let mut changes = Vec::with_capacity(edits.len());
        for edit in edits {
            let role = match edit.role {
                RoleName::Id(id) => {
                    let found = roles.iter().find(|role| role.id == id);
                    found.ok_or_else(|| ServiceError::no_such(Entity::Role, id))?
                }
                RoleName::Key(key) => {
                    let found = roles.iter().find(|role| role.key == key);
                    found.ok_or_else(|| not_here(key))?
                }
            };
            // The name and the description of a role above the own ones are nobody's to change either.
            let privileges = edit.privileges.unwrap_or(role.privileges);
            policy::may_configure(self.actor.identity(), role, privileges)?;
            changes.push(RoleChange {
                id: role.id,
                name: edit.name,
                description: edit.description,
                privileges: edit.privileges,
            });
        }
        self.write(&changes).await
    }

    /// Makes all roles what they were when the organization was created, ids and order included.
    ///
    /// # Errors
    /// `Forbidden` if the defaults allow more than the caller may hand out.
    pub async fn reset(&self) -> Result<Vec<Role>, ServiceError> {
        let roles = self.list().await?;
        let changes: Vec<_> = roles.iter().map(Role::reset).collect();
        for (role, change) in roles.iter().zip(&changes) {
            if let Some(privileges) = change.privileges {
                policy::may_configure(self.actor.identity(), role, privileges)?;
            }
        }
        self.write(&changes).await
    }

    /// The roles granted to an account.
    ///
    /// # Errors
    /// `NotFound` if the organization has no such account.
    pub async fn of_account(&self, id: AccountId) -> Result<Vec<Role>, ServiceError> {
        let found = self.service.roles.of_account(&self.scope, id).await?;
        found.ok_or_else(|| ServiceError::no_such(Entity::Account, id))
    }

    /// Grants a role to every user of an account. Refusals come in the order of the contract, section 8.
    ///
    /// # Errors
    /// `Invalid` for an unknown key, `NotFound` for the account, `Forbidden` for a role above the caller or not grantable
    /// there, stale if `expected` is not the account's revision, `AlreadyGranted`.
    pub async fn grant_to_account(
        &self,
        id: AccountId,
        key: &str,
        expected: &Expected,
    ) -> Result<Role, ServiceError> {
        let (key, expected) = self.check(id, key, expected).await?;
        let change = self.actor.change(self.service.clock.now());
        match self
            .service
            .roles
            .grant_to_account(&self.scope, id, key, expected, &change)
            .await
        {
            Ok(role) => role.ok_or_else(|| ServiceError::no_such(Entity::Account, id)),
            Err(RepositoryError::Conflict {
                entity: Entity::Role,
                ..
            }) => Err(ServiceError::AlreadyGranted {
                role: key.as_str(),
                to: Entity::Account,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a role from an account.
    ///
    /// # Errors
    /// As [`grant_to_account`](Self::grant_to_account); `NotFound` if it is not granted.
    pub async fn revoke_from_account(
        &self,
        id: AccountId,
        key: &str,
        expected: &Expected,
    ) -> Result<(), ServiceError> {
        let (key, expected) = self.check(id, key, expected).await?;
        let change = self.actor.change(self.service.clock.now());
        match self
            .service
            .roles
            .revoke_from_account(&self.scope, id, key, expected, &change)
            .await?
        {
            Some(Revocation::Revoked) => Ok(()),
            Some(Revocation::NotGranted) => Err(ServiceError::NotFound {
                entity: Entity::Role,
                key: format!("key '{}' granted to account {id}", key.as_str()),
            }),
            None => Err(ServiceError::no_such(Entity::Account, id)),
        }
    }

    /// Answers the role, and the revision that the store must find.
    async fn check(
        &self,
        id: AccountId,
        key: &str,
        expected: &Expected,
    ) -> Result<(RoleKey, Option<Revision>), ServiceError> {
        let key = known(key)?;
        let account = self.account(id).await?;
        let roles = self.list().await?;
        grantable(self.actor.identity(), &roles, key, account.is_default)?;
        Ok((key, expected.check(Entity::Account, account.revision)?))
    }

    /// The account; one that is out of sight is refused if its id was ever given away (decision 006).
    async fn account(&self, id: AccountId) -> Result<Account, ServiceError> {
        if let Some(account) = self.service.accounts.find(&self.scope, id).await? {
            return Ok(account);
        }
        if self.service.accounts.was_assigned(id).await? {
            return Err(Forbidden::rule("The account is of another organization.").into());
        }
        Err(ServiceError::no_such(Entity::Account, id))
    }

    async fn write(&self, changes: &[RoleChange]) -> Result<Vec<Role>, ServiceError> {
        let change = self.actor.change(self.service.clock.now());
        let organization = self.scope.organization_id();
        let updated = self
            .service
            .roles
            .update(organization, changes, &change)
            .await?;
        let updated =
            updated.ok_or_else(|| ServiceError::no_such(Entity::Organization, organization))?;
        Ok(updated
            .into_iter()
            .filter(|role| role.key != RoleKey::SysAdmin)
            .collect())
    }
}

/// The role with this key, or what the keys are.
pub(super) fn known(key: &str) -> Result<RoleKey, ServiceError> {
    RoleKey::parse(key).ok_or_else(|| {
        let keys: Vec<_> = RoleKey::OF_AN_ORGANIZATION
            .iter()
            .map(|key| key.as_str())
            .collect();
        ServiceError::Invalid(vec![Problem::new(
            "key",
            format!("'{key}' is no role; the roles are {}", keys.join(", ")),
        )])
    })
}

/// Whether `caller` may grant the role of this key, or take it away, among users of such an account.
///
/// # Errors
/// `Forbidden`, also for the operator's role, which no organization but the operator's has.
pub(super) fn grantable(
    caller: &Identity,
    roles: &[Role],
    key: RoleKey,
    in_default_account: bool,
) -> Result<(), ServiceError> {
    let role = roles.iter().find(|role| role.key == key);
    let role = role.ok_or_else(|| not_here(key))?;
    Ok(policy::may_grant(caller, role, in_default_account)?)
}

fn not_here(key: RoleKey) -> ServiceError {
    Forbidden::rule(format!(
        "The role '{}' cannot be granted through an organization.",
        key.as_str()
    ))
    .into()
}

impl std::fmt::Debug for RoleService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoleService").finish_non_exhaustive()
    }
}
