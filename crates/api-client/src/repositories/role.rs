//! Roles and grants.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Change, EffectiveRole, Entity, OrganizationId, Revision, Role, RoleChange, RoleKey,
    Scope, UserId,
    ports::{
        AccountRepository as _, RepositoryError, Revocation, RoleRepository, UserRepository as _,
    },
};
use tenantry_wire::{read, write};

use super::{Accounts, Users, account};
use crate::{
    error::About,
    remote::{Remote, Session},
    transport::Call,
};

#[derive(Debug)]
pub(crate) struct Roles(pub(crate) Arc<Remote>);

const ABOUT: About = About {
    entity: Entity::Role,
    conflicts: &[(Entity::Role, "key")],
};

/// A grant: the revision that is expected is that of the user or account, not the role's.
const fn grant_of(target: Entity) -> About {
    About {
        entity: target,
        ..ABOUT
    }
}

/// The roles that the call answers, without those that nobody here knows; `None` if its target is not there.
async fn roles(
    session: &Session<'_>,
    call: &Call<'_>,
) -> Result<Option<Vec<Role>>, RepositoryError> {
    let roles = session.all(call, &ABOUT, read::role).await?;
    Ok(roles.map(|roles| roles.into_iter().flatten().collect()))
}

async fn of_account(
    session: &Session<'_>,
    id: AccountId,
) -> Result<Option<Vec<Role>>, RepositoryError> {
    roles(session, &Call::get(format!("/accounts/{id}/roles"))).await
}

/// The operator's role belongs to no organization that the API shows the roles of.
fn is_there(role: RoleKey) -> bool {
    role != RoleKey::SysAdmin
}

impl Roles {
    /// Grants by the path of the target, which is there.
    async fn put(
        &self,
        session: &Session<'_>,
        (kind, path): (Entity, String),
        role: RoleKey,
        expected: Option<Revision>,
    ) -> Result<Option<Role>, RepositoryError> {
        let call = Call::put(format!("{path}/roles/{}", role.as_str())).expecting(expected);
        let granted = session
            .find(&call, &grant_of(kind), None, read::role)
            .await?;
        Ok(granted.flatten())
    }

    async fn delete(
        &self,
        session: &Session<'_>,
        (kind, path): (Entity, String),
        role: RoleKey,
        expected: Option<Revision>,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let call = Call::delete(format!("{path}/roles/{}", role.as_str())).expecting(expected);
        Ok(Some(if session.done(&call, &grant_of(kind)).await? {
            Revocation::Revoked
        } else {
            Revocation::NotGranted
        }))
    }
}

#[async_trait]
impl RoleRepository for Roles {
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError> {
        let Some(session) = self.0.session(organization) else {
            return Ok(Vec::new());
        };
        let listed = roles(&session, &Call::get("/organizations/roles")).await?;
        Ok(listed.unwrap_or_default())
    }

    /// The API does not say where a role comes from: one that the account or the system gives anyway counts as not granted
    /// directly.
    async fn effective(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Vec<EffectiveRole>>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        let Some(user) = Users(Arc::clone(&self.0)).find(scope, user).await? else {
            return Ok(None);
        };
        let call = Call::get(format!("/users/{}/roles", user.id));
        let Some(held) = roles(&session, &call).await? else {
            return Ok(None);
        };
        let account = account::find(&session, user.account_id).await?;
        let by_system = RoleKey::of_account(account.is_some_and(|it| it.is_default));
        let granted = of_account(&session, user.account_id).await?;
        let granted = granted.unwrap_or_default();
        let effective = |role: Role| {
            let through_account = granted.iter().any(|own| own.key == role.key);
            let by_system = role.key == by_system;
            EffectiveRole {
                direct: !(through_account || by_system),
                through_account,
                by_system,
                role,
            }
        };
        let mut held: Vec<_> = held.into_iter().map(effective).collect();
        held.sort_by_key(|held| held.role.id);
        Ok(Some(held))
    }

    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        let target = Users(Arc::clone(&self.0)).find(scope, user).await?;
        if target.is_none() || !is_there(role) {
            return Ok(None);
        }
        self.put(
            &session,
            (Entity::User, format!("/users/{user}")),
            role,
            expected,
        )
        .await
    }

    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        let target = Users(Arc::clone(&self.0)).find(scope, user).await?;
        if target.is_none() {
            return Ok(None);
        }
        if !is_there(role) {
            return Ok(Some(Revocation::NotGranted));
        }
        self.delete(
            &session,
            (Entity::User, format!("/users/{user}")),
            role,
            expected,
        )
        .await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        changes: &[RoleChange],
        _: &Change,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let Some(session) = self.0.session(organization) else {
            return Ok(None);
        };
        let call = Call::put("/organizations/roles").with_body(write::role_changes(changes));
        roles(&session, &call).await
    }

    async fn of_account(
        &self,
        scope: &Scope,
        account: AccountId,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let session = self.0.session(scope.organization_id());
        let target = Accounts(Arc::clone(&self.0)).find(scope, account).await?;
        match (session, target) {
            (Some(session), Some(_)) => of_account(&session, account).await,
            _ => Ok(None),
        }
    }

    async fn grant_to_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let session = self.0.session(scope.organization_id());
        let target = Accounts(Arc::clone(&self.0)).find(scope, account).await?;
        match (session, target) {
            (Some(session), Some(_)) if is_there(role) => {
                self.put(
                    &session,
                    (Entity::Account, format!("/accounts/{account}")),
                    role,
                    expected,
                )
                .await
            }
            _ => Ok(None),
        }
    }

    async fn revoke_from_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let session = self.0.session(scope.organization_id());
        let target = Accounts(Arc::clone(&self.0)).find(scope, account).await?;
        match (session, target) {
            (Some(session), Some(_)) if is_there(role) => {
                self.delete(
                    &session,
                    (Entity::Account, format!("/accounts/{account}")),
                    role,
                    expected,
                )
                .await
            }
            (Some(_), Some(_)) => Ok(Some(Revocation::NotGranted)),
            _ => Ok(None),
        }
    }
}
