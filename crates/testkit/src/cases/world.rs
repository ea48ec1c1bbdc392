//! What lies inside of a scope and what outside: the world that the cases about scopes start from.

use tenantry_domain::{
    Account, Instance, OrganizationId, RoleKey, Scope, User, page::Count,
    ports::CreatedOrganization,
};

use crate::{
    Fresh,
    samples::{self, START, password_hash},
};

/// Two organizations. Frodo is in the account Bree of the Shire.
pub(super) struct World {
    pub(super) shire: CreatedOrganization,
    pub(super) gondor: CreatedOrganization,
    pub(super) bree: Account,
    pub(super) frodo: User,
    pub(super) sam: User,
    pub(super) instance: Instance,
    pub(super) log: usize,
}

impl World {
    pub(super) async fn new(fresh: &Fresh) -> Self {
        let shire = fresh.organization("Shire").await;
        let gondor = fresh.organization("Gondor").await;
        let bree = fresh.account(shire.organization.id, "Bree").await;
        let frodo = fresh
            .user_with(&bree, "frodo@shire.example", |draft| {
                draft.roles = vec![RoleKey::Admin];
                draft.password = Some(password_hash("s3cret"));
            })
            .await;
        let sam = fresh.user(&bree, "sam@shire.example").await;
        let instance = fresh.instance(&frodo, "jira", "Tickets").await;
        fresh.instance(&sam, "hubspot", "CRM").await;
        fresh.instance(&gondor.admin, "hubspot", "CRM").await;
        let log = fresh.log(shire.organization.id).await.len();
        Self {
            shire,
            gondor,
            bree,
            frodo,
            sam,
            instance,
            log,
        }
    }

    pub(super) fn id(&self) -> OrganizationId {
        self.shire.organization.id
    }

    /// Scopes that cover Frodo.
    pub(super) fn inside(&self) -> [Scope; 3] {
        [
            Scope::organization(self.id()),
            Scope::account(self.id(), self.bree.id),
            Scope::user(self.id(), self.frodo.id),
        ]
    }

    /// Scopes that do not, those included that name Frodo in another organization.
    pub(super) fn outside(&self) -> [Scope; 9] {
        let other = self.gondor.organization.id;
        [
            Scope::organization(other),
            Scope::organization(OrganizationId::new(4711)),
            Scope::account(self.id(), self.shire.account.id),
            Scope::account(self.id(), self.gondor.account.id),
            Scope::account(other, self.bree.id),
            Scope::account(other, self.gondor.account.id),
            Scope::user(self.id(), self.sam.id),
            Scope::user(other, self.frodo.id),
            Scope::user(other, self.gondor.admin.id),
        ]
    }

    pub(super) fn users_by_scope(&self) -> Vec<(Scope, Vec<tenantry_domain::UserId>)> {
        let (id, other) = (self.id(), self.gondor.organization.id);
        let (frodo, sam) = (self.frodo.id, self.sam.id);
        let (admin, theirs) = (self.shire.admin.id, self.gondor.admin.id);
        vec![
            (Scope::organization(id), vec![admin, frodo, sam]),
            (Scope::account(id, self.bree.id), vec![frodo, sam]),
            (Scope::account(id, self.shire.account.id), vec![admin]),
            (Scope::user(id, frodo), vec![frodo]),
            (Scope::user(id, theirs), vec![]),
            (Scope::account(id, self.gondor.account.id), vec![]),
            (Scope::organization(other), vec![theirs]),
            (Scope::account(other, self.bree.id), vec![]),
            (Scope::user(other, frodo), vec![]),
            (Scope::organization(OrganizationId::new(4711)), vec![]),
        ]
    }

    /// Frodo, his credentials, grants and instance are as they were, and nothing was recorded.
    pub(super) async fn is_untouched(&self, fresh: &Fresh) {
        let stores = &fresh.repositories;
        let scope = Scope::organization(self.id());
        let id = self.frodo.id;
        assert_eq!(fresh.reread(&self.frodo).await.as_ref(), Some(&self.frodo));
        let password = stores.credentials.password(&scope, id).await;
        let password = password.unwrap().unwrap();
        assert_eq!(password.hash, Some(password_hash("s3cret")));
        assert_eq!((password.failures, password.locked_until), (0, None));
        let held = stores.roles.effective(&scope, id).await.unwrap().unwrap();
        let direct: Vec<_> = held.iter().filter(|held| held.direct).collect();
        assert_eq!(direct.len(), 1);
        assert_eq!(direct[0].role.key, RoleKey::Admin);
        let found = stores.instances.find(&scope, self.instance.id).await;
        assert_eq!(found.unwrap().as_ref(), Some(&self.instance));
        let caller = samples::caller("frodo@shire.example", "Shire");
        let identity = stores
            .credentials
            .authenticate(&caller, START)
            .await
            .unwrap();
        assert_eq!(identity.unwrap().identity.user_id, id);
        assert_eq!(fresh.log(self.id()).await.len(), self.log);
    }
}

/// A count of exactly so many.
pub(super) fn exactly(number: usize) -> Count {
    Count::Exact(u64::try_from(number).unwrap())
}
