//! Password policies.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Entity, OrganizationId, PasswordPolicy, Revision,
    ports::{PasswordPolicyRepository, PolicyInForce, RepositoryError},
};
use tenantry_wire::{read, write};

use crate::{error::About, remote::Remote, transport::Call};

#[derive(Debug)]
pub(crate) struct Policies(pub(crate) Arc<Remote>);

const ABOUT: About = About::only(Entity::Organization);
const PATH: &str = "/organizations/password-policies";

#[async_trait]
impl PasswordPolicyRepository for Policies {
    async fn find(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let Some(session) = self.0.session(organization) else {
            return Ok(None);
        };
        session
            .find(&Call::get(PATH), &ABOUT, None, read::password_policy)
            .await
    }

    async fn set<'a>(
        &self,
        organization: OrganizationId,
        policy: Option<&'a PasswordPolicy>,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let Some(session) = self.0.session(organization) else {
            return Ok(None);
        };
        let Some(policy) = policy else {
            let call = Call::delete(PATH).expecting(expected);
            session.done(&call, &ABOUT).await?;
            return self.find(organization).await;
        };
        let call = Call::put(PATH)
            .with_body(write::password_policy(policy))
            .expecting(expected);
        session
            .find(&call, &ABOUT, None, read::password_policy)
            .await
    }
}
