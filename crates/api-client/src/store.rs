//! The handle on a remote server.

use std::sync::Arc;

use tenantry_domain::{
    Entity, OrganizationId, SecretText, UserId,
    ports::{Repositories, RepositoryError, RequestIds},
};
use tenantry_wire::read;

use crate::{
    ConfigError, Credentials, RemoteConfig,
    credentials::Book,
    error::{About, unreadable},
    remote::Remote,
    repositories::{
        Accounts, Audit, Elements, Instances, Organizations, Policies, Roles, Unavailable, Users,
    },
    transport::{Call, Transport},
};

/// A remote server as a store. Cheap to clone.
///
/// It sees the organization of the credentials that it was made with. Made with those of the operator it can create
/// organizations, and sees those that it created.
#[derive(Clone, Debug)]
pub struct RemoteStore {
    remote: Arc<Remote>,
    organization: OrganizationId,
}

impl RemoteStore {
    /// Asks the server whose credentials these are. `ids` names calls: a server that knows `Idempotency-Key` does what is
    /// sent twice under one name once, so no two calls may ever have the same.
    ///
    /// # Errors
    /// [`ConfigError`] as the source of a `Backend` error; `Denied` if the server does not accept the credentials;
    /// `Unavailable` if it does not answer.
    pub async fn connect(
        config: RemoteConfig,
        credentials: Credentials,
        ids: Arc<dyn RequestIds>,
    ) -> Result<Self, RepositoryError> {
        let backend = |error: ConfigError| RepositoryError::Backend {
            source: error.into(),
        };
        let transport = Transport::new(config, ids).map_err(backend)?;
        let about = About::only(Entity::Organization);
        let call = Call::get("/organizations/me");
        let reply = transport.send(&call, &credentials).await;
        let reply = reply.map_err(|failure| about.error(failure))?;
        let object = read::one(&reply.body)
            .map_err(|error| about.error(unreadable(&error, reply.request_id())))?;
        let organization = read::organization_id(&object).map_err(|error| about.corrupt(error))?;
        let book = Book::default();
        book.learn_organization(organization, credentials.clone());
        Ok(Self {
            remote: Arc::new(Remote {
                transport,
                book,
                own: credentials,
            }),
            organization,
        })
    }

    /// The organization of the credentials that the store was made with.
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Tells the store a user's secret. Instances are created with the secret of the user whose they are to be.
    pub fn learn(&self, organization: OrganizationId, user: UserId, secret: SecretText) {
        self.remote.book.learn_user(organization, user, secret);
    }

    /// With which secrets the store calls for an organization; of one that it created they are those that the server issued.
    pub fn credentials(&self, organization: OrganizationId) -> Option<Credentials> {
        self.remote.book.administrator(organization)
    }

    /// The secrets of a user that the store created, or was told of: those that the server issued.
    pub fn credentials_of(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Option<Credentials> {
        self.remote.book.user(organization, user)
    }

    /// The ports over this server.
    pub fn repositories(&self) -> Repositories {
        let remote = || Arc::clone(&self.remote);
        Repositories {
            organizations: Arc::new(Organizations(remote())),
            accounts: Arc::new(Accounts(remote())),
            users: Arc::new(Users(remote())),
            instances: Arc::new(Instances(remote())),
            roles: Arc::new(Roles(remote())),
            credentials: Arc::new(Unavailable),
            keyring: Arc::new(Unavailable),
            policies: Arc::new(Policies(remote())),
            elements: Arc::new(Elements(remote())),
            replies: Arc::new(Unavailable),
            audit: Arc::new(Audit(remote())),
            audit_chain: Arc::new(Unavailable),
            transfers: Arc::new(Unavailable),
        }
    }
}
