//! Organizations. The server decides both secrets of a new one; the store remembers them.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Entity, Name, Organization, OrganizationDraft, OrganizationId, Revision,
    ports::{CreatedOrganization, OrganizationRepository, RepositoryError},
};
use tenantry_wire::{read, write};

use super::account;
use crate::{
    Credentials,
    error::{About, found, unreadable, unsupported},
    remote::{Remote, Session},
    transport::Call,
};

#[derive(Debug)]
pub(crate) struct Organizations(pub(crate) Arc<Remote>);

const ABOUT: About = About {
    entity: Entity::Organization,
    conflicts: &[(Entity::User, "email")],
};
const ME: &str = "/organizations/me";

/// The organization that the call answers.
async fn organization(
    session: &Session<'_>,
    call: &Call<'_>,
) -> Result<Option<Organization>, RepositoryError> {
    let answered = found(session.object(call).await).map_err(|failure| ABOUT.error(failure))?;
    let default = account::find_default(session).await?;
    let (Some((object, revision)), Some(default)) = (answered, default) else {
        return Ok(None);
    };
    let read = read::organization(&object, default.id, revision);
    Ok(Some(
        read.map_err(|error| ABOUT.corrupt(error))?.organization,
    ))
}

#[async_trait]
impl OrganizationRepository for Organizations {
    async fn create(
        &self,
        draft: &OrganizationDraft,
        _: &Change,
    ) -> Result<CreatedOrganization, RepositoryError> {
        let body = write::sign_up(draft).map_err(unsupported)?;
        let call = Call::post("/signup-partners", body);
        let reply = self.0.transport.send(&call, &self.0.own).await;
        let reply = reply.map_err(|failure| ABOUT.error(failure))?;
        let object = read::one(&reply.body)
            .map_err(|error| ABOUT.error(unreadable(&error, reply.request_id())))?;
        let signed_up = read::signed_up(&object).map_err(|error| ABOUT.corrupt(error))?;
        let (id, admin) = (signed_up.organization, signed_up.user);
        let credentials = Credentials {
            user: signed_up.user_secret.clone(),
            organization: signed_up.organization_secret,
        };
        self.0.book.learn_organization(id, credentials);
        self.0.book.learn_user(id, admin, signed_up.user_secret);
        // The reply names them; what they are is asked for with the new credentials.
        let session = self
            .0
            .session(id)
            .ok_or_else(account::unknown_organization)?;
        let organization = organization(&session, &Call::get(ME)).await?;
        let account = account::find(&session, signed_up.account).await?;
        let call = Call::get(format!("/users/{admin}"));
        let admin = session
            .find(&call, &About::only(Entity::User), None, read::user)
            .await?;
        match (organization, account, admin) {
            (Some(organization), Some(account), Some(admin)) => Ok(CreatedOrganization {
                organization,
                account,
                admin: admin.user,
            }),
            _ => Err(RepositoryError::Backend {
                source: "what was signed up is not there".into(),
            }),
        }
    }

    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, RepositoryError> {
        match self.0.session(id) {
            Some(session) => organization(&session, &Call::get(ME)).await,
            None => Ok(None),
        }
    }

    async fn find_system(&self) -> Result<Option<Organization>, RepositoryError> {
        Err(RepositoryError::Unsupported {
            what: "looking for the operator's organization",
        })
    }

    async fn count_customers(&self, _: u64) -> Result<u64, RepositoryError> {
        Err(RepositoryError::Unsupported {
            what: "counting organizations",
        })
    }

    async fn rename(
        &self,
        id: OrganizationId,
        name: &Name,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Organization>, RepositoryError> {
        let Some(session) = self.0.session(id) else {
            return Ok(None);
        };
        let call = Call::put(ME)
            .with_body(write::organization_name(name))
            .expecting(expected);
        organization(&session, &call).await
    }
}
