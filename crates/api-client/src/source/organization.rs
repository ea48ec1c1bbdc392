//! The organization itself: what it is called, its secret, its policy, its roles, and the account that it began with.

use tenantry_domain::{
    Account, AccountId, Entity, Organization, OrganizationId, Role, SecretText,
    ports::{PolicyInForce, SourceError},
    transfer::{AccountRecord, OrganizationRecord, PolicyRecord},
};
use tenantry_wire::{
    JsonObject,
    read::{self, Unreadable},
};

use super::{
    RemoteSource,
    accounts::{self, account_roles},
    calls::Asker,
    failure::incomplete,
};
use crate::transport::Call;

const ME: &str = "/organizations/me";

/// Whose credentials they are.
pub(super) async fn whose(asker: &Asker) -> Result<OrganizationId, SourceError> {
    let object = own(asker).await?;
    read::organization_id(&object).map_err(|error| broken(Entity::Organization, &error))
}

async fn own(asker: &Asker) -> Result<JsonObject, SourceError> {
    let object = asker.object("the organization", &Call::get(ME)).await?;
    object.ok_or_else(|| incomplete(format!("the remote server has no {ME}: check the address")))
}

impl RemoteSource {
    pub(super) async fn read_organization(
        &mut self,
    ) -> Result<OrganizationRecord<Option<SecretText>>, SourceError> {
        let object = own(&self.asker).await?;
        let default = self.look_at_accounts().await?;
        let read = read::organization(&object, default.id, None)
            .map_err(|error| broken(Entity::Organization, &error))?;
        let roles = self.read_roles().await?;
        let granted = account_roles(&self.asker, vec![default.id]).await?;
        let granted = granted.into_iter().next().unwrap_or_default();
        self.granted.insert(default.id, granted.clone());
        let in_force = self.read_policy(&object).await?;
        Ok(OrganizationRecord {
            // The caller named it, so it is known in any case.
            secret: Some(self.asker.remote.own.organization.clone()),
            organization: since_its_policy(read.organization, in_force.as_ref()),
            policy: in_force
                .filter(|policy| policy.is_set)
                .map(|policy| PolicyRecord {
                    policy: policy.policy,
                    created_at: policy.created_at,
                    updated_at: policy.updated_at,
                }),
            roles,
            default_account: AccountRecord {
                account: default,
                roles: granted,
            },
        })
    }

    /// Notes which accounts there are, and answers the default one.
    async fn look_at_accounts(&mut self) -> Result<Account, SourceError> {
        let mut default = None;
        let mut listing = accounts::listing(self.options.page_size);
        let known = self.asker.known();
        while let Some(objects) = listing.next(&self.asker).await? {
            for object in &objects {
                match read::account(object, &known) {
                    Ok(account) => {
                        self.note_account(account.id);
                        if account.is_default {
                            default = Some(account);
                        }
                    }
                    Err(error) => self.note_account(AccountId::new(error.id)),
                }
            }
        }
        let default = default.ok_or_else(|| {
            incomplete("the remote server shows no default account: the secrets must be those of an administrator of the organization")
        })?;
        self.default_account = default.id;
        Ok(default)
    }

    /// Those that are known here.
    async fn read_roles(&self) -> Result<Vec<Role>, SourceError> {
        let call = Call::get("/organizations/roles");
        let objects = self.asker.objects("the roles", &call).await?;
        let known = self.asker.known();
        let roles = objects.unwrap_or_default();
        let roles = roles.iter().map(|object| read::role(object, &known));
        let roles: Result<Vec<_>, _> = roles.collect();
        let roles = roles.map_err(|error| broken(Entity::Role, &error))?;
        Ok(roles.into_iter().flatten().collect())
    }

    /// Older servers show the policy as a part of the organization alone.
    async fn read_policy(&self, of: &JsonObject) -> Result<Option<PolicyInForce>, SourceError> {
        let call = Call::get("/organizations/password-policies");
        let asked = self.asker.ask(&call, |reply| {
            read::one(&reply.body)
                .map_err(|error| crate::error::unreadable(&error, reply.request_id()))
        });
        let found = match asked.await {
            Ok(object) => Some(object),
            Err((attempts, failure)) if super::failure::is_passing(&failure) => {
                return Err(super::failure::ended(
                    "the password policy",
                    attempts,
                    failure,
                ));
            }
            Err(_) => match of.get("passwordPolicy") {
                Some(serde_json::Value::Object(policy)) => Some(JsonObject::from(policy.clone())),
                _ => None,
            },
        };
        let Some(object) = found else {
            return Ok(None);
        };
        let policy = read::password_policy(&object, &self.asker.known());
        policy
            .map(Some)
            .map_err(|error| broken(Entity::Organization, &error))
    }
}

/// The default policy is as old as its organization, of which replies show the day alone: so the policy tells the time of it.
fn since_its_policy(organization: Organization, policy: Option<&PolicyInForce>) -> Organization {
    let default = policy.filter(|policy| !policy.is_set);
    let Some(at) = default.map(|policy| policy.created_at) else {
        return organization;
    };
    if at.date() != organization.created_at.date() {
        return organization;
    }
    Organization {
        created_at: at,
        updated_at: organization.updated_at.max(at),
        ..organization
    }
}

fn broken(entity: Entity, error: &Unreadable) -> SourceError {
    incomplete(format!(
        "the remote server shows the {entity} {} wrongly: {error}",
        error.id
    ))
}
