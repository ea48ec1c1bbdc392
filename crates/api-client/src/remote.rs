//! What all ports share: the transport, the known credentials, and reading what comes back.

use tenantry_domain::{AccountId, OrganizationId, Revision, UserId, ports::RepositoryError};
use tenantry_wire::{
    JsonObject,
    read::{self, Known, Unreadable},
};

use crate::{
    Credentials,
    credentials::Book,
    error::{About, found, unreadable},
    transport::{Call, Failure, Reply, Transport},
};

/// One server, and the credentials known there.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) transport: Transport,
    pub(crate) book: Book,
    /// Those that the store was made with.
    pub(crate) own: Credentials,
}

/// Calls for one organization.
#[derive(Clone, Debug)]
pub(crate) struct Session<'a> {
    remote: &'a Remote,
    pub(crate) organization: OrganizationId,
    credentials: Credentials,
}

impl Remote {
    /// Calls for the organization; `None` if nobody here has credentials for it: then nothing of it is there.
    pub(crate) fn session(&self, organization: OrganizationId) -> Option<Session<'_>> {
        Some(Session {
            remote: self,
            organization,
            credentials: self.book.administrator(organization)?,
        })
    }

    /// Calls as one user of it, if its secret is known.
    pub(crate) fn session_of(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Option<Session<'_>> {
        Some(Session {
            remote: self,
            organization,
            credentials: self.book.user(organization, user)?,
        })
    }
}

/// How an object of a reply is read.
pub(crate) type Read<T> = fn(&JsonObject, &Known) -> Result<T, Unreadable>;

impl Session<'_> {
    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Reply, Failure> {
        self.remote.transport.send(call, &self.credentials).await
    }

    /// The object that the call answers, and its revision.
    pub(crate) async fn object(
        &self,
        call: &Call<'_>,
    ) -> Result<(JsonObject, Option<Revision>), Failure> {
        let reply = self.send(call).await?;
        let object =
            read::one(&reply.body).map_err(|error| unreadable(&error, reply.request_id()))?;
        Ok((object, reply.revision()))
    }

    /// The same, read; `None` if the target is not there.
    pub(crate) async fn find<T>(
        &self,
        call: &Call<'_>,
        about: &About,
        account: Option<AccountId>,
        read: Read<T>,
    ) -> Result<Option<T>, RepositoryError> {
        let found = found(self.object(call).await).map_err(|failure| about.error(failure))?;
        let Some((object, revision)) = found else {
            return Ok(None);
        };
        let known = Known {
            organization: self.organization,
            account,
            revision,
        };
        let read = read(&object, &known).map_err(|error| about.corrupt(error))?;
        Ok(Some(read))
    }

    /// All objects that the call answers, which is no list with pages; `None` if the target is not there.
    pub(crate) async fn all<T>(
        &self,
        call: &Call<'_>,
        about: &About,
        read: Read<T>,
    ) -> Result<Option<Vec<T>>, RepositoryError> {
        let reply = found(self.send(call).await).map_err(|failure| about.error(failure))?;
        let Some(reply) = reply else {
            return Ok(None);
        };
        let objects = read::many(&reply.body)
            .map_err(|error| about.error(unreadable(&error, reply.request_id())))?;
        let known = Known::of_list(self.organization, None);
        let items = objects.iter().map(|object| read(object, &known));
        let items = items.collect::<Result<_, _>>();
        items.map(Some).map_err(|error| about.corrupt(error))
    }

    /// Does what answers nothing; `false` if the target is not there.
    pub(crate) async fn done(
        &self,
        call: &Call<'_>,
        about: &About,
    ) -> Result<bool, RepositoryError> {
        let done = found(self.send(call).await).map_err(|failure| about.error(failure))?;
        Ok(done.is_some())
    }
}
