//! The use cases of users. Each starts with a permit; one file per permit.

mod change_roles;
mod create;
mod delete;
mod edit;
mod view;
mod view_roles;

use std::sync::Arc;

pub use self::{
    change_roles::ChangeRoles,
    create::{CreateUsers, NewUser},
    delete::DeleteUser,
    edit::{EditUser, UserChanges},
    view::{FoundUser, ViewUsers},
    view_roles::ViewRoles,
};
use super::{AuthenticationService, ServiceError, passwords::Passwords, totals::Totals};
use crate::{
    Actor, EffectiveRole, Email, Entity, Expected, Rank, Revision, Role, Scope, User, UserId,
    policy::{self, Action, Door, Forbidden},
    ports::{
        AccountRepository, Clock, CredentialRepository, PasswordHasher, Repositories,
        RepositoryError, RoleRepository, SecretVault, UserAndRoles, UserRepository,
    },
};

/// How a caller names one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserKey {
    /// By id.
    Id(UserId),
    /// By e-mail, ignoring case.
    Email(Email),
}

/// A user with the roles it has, from wherever it has them.
#[derive(Clone, Debug)]
pub struct UserWithRoles {
    /// The user.
    pub user: User,
    /// Its effective roles, by id.
    pub roles: Vec<Role>,
}

/// The use cases of users.
pub struct UserService {
    users: Arc<dyn UserRepository>,
    accounts: Arc<dyn AccountRepository>,
    roles: Arc<dyn RoleRepository>,
    credentials: Arc<dyn CredentialRepository>,
    passwords: Passwords,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
    authentication: Arc<AuthenticationService>,
    totals: Totals,
}

impl UserService {
    /// Over these ports.
    pub fn new(
        repositories: &Repositories,
        hasher: Arc<dyn PasswordHasher>,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
        authentication: Arc<AuthenticationService>,
    ) -> Self {
        Self {
            users: Arc::clone(&repositories.users),
            accounts: Arc::clone(&repositories.accounts),
            roles: Arc::clone(&repositories.roles),
            credentials: Arc::clone(&repositories.credentials),
            passwords: Passwords::new(repositories, hasher),
            vault,
            totals: Totals::new(Arc::clone(&clock)),
            clock,
            authentication,
        }
    }

    /// The permit to list users through `door`.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn list<'a>(&'a self, actor: &'a Actor, door: Door) -> Result<ViewUsers<'a>, ServiceError> {
        let scope = policy::scope(actor.identity(), Action::List, door, None)?;
        Ok(ViewUsers {
            service: self,
            actor,
            door,
            scope,
        })
    }

    /// The permit to look users up through `door`, one at a time.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn view<'a>(&'a self, actor: &'a Actor, door: Door) -> Result<ViewUsers<'a>, ServiceError> {
        let scope = policy::scope(actor.identity(), Action::View, door, None)?;
        Ok(ViewUsers {
            service: self,
            actor,
            door,
            scope,
        })
    }

    /// The permit to create users through `door`.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn create<'a>(
        &'a self,
        actor: &'a Actor,
        door: Door,
    ) -> Result<CreateUsers<'a>, ServiceError> {
        policy::scope(actor.identity(), Action::Add, door, None)?;
        let account = match door {
            Door::Account(id) => id,
            Door::Users | Door::Organization => actor.identity().default_account_id,
        };
        Ok(CreateUsers {
            service: self,
            actor,
            account,
        })
    }

    /// The permit to change this user through `door`.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn edit<'a>(
        &'a self,
        actor: &'a Actor,
        door: Door,
        id: UserId,
    ) -> Result<EditUser<'a>, ServiceError> {
        let reach = policy::scope(actor.identity(), Action::Edit, door, Some(id))?;
        Ok(EditUser {
            service: self,
            actor,
            door,
            reach,
            id,
        })
    }

    /// The permit to erase this user through `door`.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing, or the user is the caller.
    pub fn delete<'a>(
        &'a self,
        actor: &'a Actor,
        door: Door,
        id: UserId,
    ) -> Result<DeleteUser<'a>, ServiceError> {
        let reach = policy::scope(actor.identity(), Action::Delete, door, Some(id))?;
        if id == actor.identity().user_id {
            return Err(Forbidden::rule("Nobody can delete oneself.").into());
        }
        Ok(DeleteUser {
            service: self,
            actor,
            door,
            reach,
            id,
        })
    }

    /// The permit to see the roles of this user.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn view_roles<'a>(
        &'a self,
        actor: &Actor,
        id: UserId,
    ) -> Result<ViewRoles<'a>, ServiceError> {
        let scope = policy::scope(actor.identity(), Action::ViewRoles, Door::Users, Some(id))?;
        Ok(ViewRoles {
            service: self,
            scope,
            id,
        })
    }

    /// The permit to grant roles to users and take them away.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn change_roles<'a>(
        &'a self,
        actor: &'a Actor,
        id: UserId,
    ) -> Result<ChangeRoles<'a>, ServiceError> {
        let reach = policy::scope(actor.identity(), Action::ChangeRoles, Door::Users, Some(id))?;
        Ok(ChangeRoles {
            service: self,
            actor,
            reach,
            id,
        })
    }

    /// The target of a change, with its roles. `reach` is where the caller may change users; a target that the caller
    /// merely sees is forbidden, one that the caller does not see is not found.
    async fn target(
        &self,
        actor: &Actor,
        door: Door,
        reach: &Scope,
        id: UserId,
    ) -> Result<(User, Vec<EffectiveRole>), ServiceError> {
        let Some(found) = self.users.find_with_roles(reach, id).await? else {
            let seen = policy::scope(actor.identity(), Action::View, door, Some(id)).ok();
            return Err(match seen {
                Some(seen) if seen != *reach && self.users.find(&seen, id).await?.is_some() => {
                    Forbidden::rule(
                        "The user is of an account whose users the caller cannot change.",
                    )
                    .into()
                }
                _ => ServiceError::no_such(Entity::User, id),
            });
        };
        let UserAndRoles { user, roles } = found;
        let roles = if let Some(roles) = roles {
            roles
        } else {
            let held = self.roles.effective(reach, id).await?;
            held.ok_or_else(|| ServiceError::no_such(Entity::User, id))?
        };
        if id != actor.identity().user_id {
            policy::may_act_on(actor.identity(), &roles)?;
        }
        Ok((user, roles))
    }

    async fn with_roles(&self, user: User) -> Result<UserWithRoles, ServiceError> {
        let scope = Scope::organization(user.organization_id);
        let held = self
            .roles
            .effective(&scope, user.id)
            .await?
            .unwrap_or_default();
        Ok(UserWithRoles::new(user, held))
    }
}

impl UserWithRoles {
    fn new(user: User, held: Vec<EffectiveRole>) -> Self {
        Self {
            user,
            roles: held.into_iter().map(|held| held.role).collect(),
        }
    }
}

impl std::fmt::Debug for UserService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserService").finish_non_exhaustive()
    }
}

/// The revision at which `actor` was found to be allowed to change `user`, if that may be over by the time of the write:
/// a role granted meanwhile can lift the user above the actor, but above nobody who administers the organization.
fn pinned(actor: &Actor, user: &User) -> Option<Revision> {
    let identity = actor.identity();
    let safe = identity.rank >= Rank::OrganizationAdministrator || identity.user_id == user.id;
    (!safe).then_some(user.revision)
}

/// How often a change is tried on a user that others change at the same moment. More writes than this are no accident.
const ATTEMPTS: usize = 32;

/// Makes `attempt` again while others change the user between its look and its write, unless the caller named the revision.
async fn repeated<T, F>(
    expected: &Expected,
    attempt: impl Fn() -> F + Send,
) -> Result<T, ServiceError>
where
    F: Future<Output = Result<T, ServiceError>> + Send,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(ServiceError::Repository(RepositoryError::Stale { .. }))
                if *expected == Expected::Anything => {}
            outcome => return outcome,
        }
    }
    attempt().await
}
