//! Creating a user in an account.

use super::{UserService, UserWithRoles};
use crate::{
    AccountId, Actor, EffectiveRole, Email, Entity, Name, Password, Person, Profile, Role, RoleKey,
    Scope, SecretText, UserDraft, policy,
    ports::{RepositoryError, SecretKind},
    services::{ServiceError, roles::grantable},
};

/// The permit to create users in an account.
#[derive(Debug)]
pub struct CreateUsers<'a> {
    pub(super) service: &'a UserService,
    pub(super) actor: &'a Actor,
    pub(super) account: AccountId,
}

/// What is needed to create a user.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What the user logs in with.
    pub email: Email,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// Without it the user cannot log in, but can call with its secret.
    pub password: Option<Password>,
    /// Whether the user can authenticate at once.
    pub active: bool,
    /// Address, telephone, and the caller's own key.
    pub profile: Profile,
    /// Roles to grant. The one that the account's users have anyway may be among them.
    pub roles: Vec<RoleKey>,
}

impl CreateUsers<'_> {
    /// Creates the user; answers it with its roles and its secret.
    ///
    /// # Errors
    /// `Invalid` if the password is too weak; `Forbidden` if a role may not be granted; `NotFound` if the organization
    /// has no such account; a conflict if the e-mail is in use or the account is inactive.
    pub async fn create(&self, new: NewUser) -> Result<(UserWithRoles, SecretText), ServiceError> {
        let identity = self.actor.identity();
        let roles = self.grantable(&new.roles).await?;
        let password = match &new.password {
            None => None,
            Some(password) => {
                let person = Person {
                    first_name: &new.first_name,
                    last_name: &new.last_name,
                    email: &new.email,
                };
                let policy = self.service.passwords.policy(identity.organization_id);
                let policy = policy.await?;
                let hashed = self.service.passwords.first(&policy, password, &person);
                Some(hashed.await?)
            }
        };
        let secret = self.service.vault.issue(SecretKind::User);
        let draft = UserDraft {
            account_id: self.account,
            email: new.email,
            first_name: new.first_name,
            last_name: new.last_name,
            active: new.active,
            profile: new.profile,
            password,
            secret: secret.stored,
            roles,
        };
        let change = self.actor.change(self.service.clock.now());
        let created = match self
            .service
            .users
            .create_with_roles(identity.organization_id, &draft, &change)
            .await
        {
            Err(RepositoryError::Conflict {
                entity: Entity::Account,
                field: "id",
            }) => {
                return Err(ServiceError::no_such(Entity::Account, self.account));
            }
            other => other?,
        };
        let created = match created.roles {
            Some(held) => UserWithRoles::new(created.user, held),
            None => self.service.with_roles(created.user).await?,
        };
        Ok((created, secret.clear))
    }

    /// The roles to store as direct grants: those asked for, without the one that the system gives anyway.
    async fn grantable(&self, asked: &[RoleKey]) -> Result<Vec<RoleKey>, ServiceError> {
        let identity = self.actor.identity();
        let in_default = self.account == identity.default_account_id;
        let given_anyway = RoleKey::of_account(in_default);
        let mut grants: Vec<RoleKey> = Vec::new();
        for key in asked.iter().copied().filter(|key| *key != given_anyway) {
            if !grants.contains(&key) {
                grants.push(key);
            }
        }
        let above_all = policy::above_accounts(identity);
        if above_all && grants.is_empty() {
            return Ok(grants);
        }
        let known = self.service.roles.list(identity.organization_id).await?;
        for key in &grants {
            grantable(identity, &known, *key, in_default)?;
        }
        if !above_all {
            self.outweighs_account(&known, given_anyway).await?;
        }
        Ok(grants)
    }

    /// The secret of the new user is the caller's to see. So nobody creates users whose account makes them mightier than
    /// the caller.
    async fn outweighs_account(
        &self,
        known: &[Role],
        given_anyway: RoleKey,
    ) -> Result<(), ServiceError> {
        let identity = self.actor.identity();
        let organization = Scope::organization(identity.organization_id);
        let of_account = self.service.roles.of_account(&organization, self.account);
        let Some(of_account) = of_account.await? else {
            return Ok(());
        };
        let by_system = known.iter().filter(|role| role.key == given_anyway);
        let held: Vec<_> = by_system
            .chain(&of_account)
            .map(|role| EffectiveRole {
                role: role.clone(),
                by_system: role.key == given_anyway,
                through_account: role.key != given_anyway,
                direct: false,
            })
            .collect();
        Ok(policy::may_act_on(identity, &held)?)
    }
}
