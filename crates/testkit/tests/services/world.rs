//! The Shire in a store of its own, and what looks after its log.

use std::sync::Arc;

use tenantry_domain::{
    AuditId, AuditRecord, OrganizationId, Scope, User,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::{CreatedOrganization, Repositories},
    services::{AuditChainService, ChainReport},
};
use tenantry_testkit::{
    PlainChainSeal,
    memory::MemoryStore,
    samples::{self, change_at},
};

/// A store with the Shire in it, whose log has three records of its creation.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) repositories: Repositories,
    pub(crate) shire: CreatedOrganization,
}

impl World {
    pub(crate) async fn new() -> Self {
        let store = MemoryStore::new();
        let repositories = store.repositories();
        let shire = organization(&repositories, "Shire").await;
        Self {
            store,
            repositories,
            shire,
        }
    }

    /// The Shire, with this many linked records in its log.
    pub(crate) async fn linked(records: u32) -> Self {
        let world = Self::new().await;
        for number in 3..records {
            world.user(number).await;
        }
        let linked = world.chain().link_pending().await.unwrap();
        assert_eq!(linked, u64::from(records));
        world
    }

    pub(crate) fn id(&self) -> OrganizationId {
        self.shire.organization.id
    }

    /// One more organization.
    pub(crate) async fn organization(&self, name: &str) -> CreatedOrganization {
        organization(&self.repositories, name).await
    }

    /// One more user, which is one more record, so many seconds after the start.
    pub(crate) async fn user(&self, seconds: u32) -> User {
        let address = format!("user{seconds}@shire.example");
        let draft = samples::user_draft(self.shire.account.id, &address);
        let users = &self.repositories.users;
        let created = users.create(self.id(), &draft, &change_at(seconds)).await;
        created.unwrap()
    }

    /// What keeps the chain, with the key number 1.
    pub(crate) fn chain(&self) -> AuditChainService {
        self.chain_with_key(1)
    }

    pub(crate) fn chain_with_key(&self, number: u128) -> AuditChainService {
        AuditChainService::new(
            self.repositories.audit_chain.clone(),
            Arc::new(PlainChainSeal::with_key(number)),
        )
    }

    pub(crate) async fn verify(&self) -> ChainReport {
        self.chain().verify(self.id()).await.unwrap()
    }

    /// The records of the Shire, the oldest first.
    pub(crate) async fn records(&self) -> Vec<AuditRecord> {
        let scope = Scope::organization(self.id());
        let page = self
            .repositories
            .audit
            .list(
                &scope,
                &Filter::All,
                &Sort::by_id(),
                &PageRequest::first(100),
            )
            .await;
        page.unwrap().items
    }

    /// The record at this position, where nothing was pruned and records were linked in their order.
    pub(crate) async fn at(&self, position: usize) -> AuditId {
        self.records().await[position - 1].id
    }
}

async fn organization(repositories: &Repositories, name: &str) -> CreatedOrganization {
    let draft = samples::organization_draft(name);
    let created = repositories
        .organizations
        .create(&draft, &samples::change())
        .await;
    created.unwrap()
}
