//! Heads of audit chains that nobody with the master key signed: neither linking nor retention makes them good.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tenantry_domain::{
    ChainFault, ChainHead, ChainSignature, KeyId, OrganizationId,
    ports::{CreatedOrganization, Repositories},
    services::AuditChainService,
};
use tenantry_testkit::{
    PlainChainSeal,
    memory::MemoryStore,
    run,
    samples::{self, change, change_at},
};

#[test]
fn nothing_is_linked_to_a_forged_head_and_other_chains_go_on() {
    run(async {
        let world = World::new();
        let shire = world.organization("Shire").await;
        let gondor = world.organization("Gondor").await;
        world.chain.link_pending().await.unwrap();
        let (id, other) = (shire.organization.id, gondor.organization.id);
        let forged = world.forge_head(id).await;
        world.add_user(&shire, "sam@shire.example").await;
        world.add_user(&gondor, "faramir@gondor.example").await;
        assert_eq!(world.chain.link_pending().await.unwrap(), 1);
        assert_eq!(world.head(id).await, forged);
        let report = world.chain.verify(id).await.unwrap();
        assert_eq!(report.fault, Some(ChainFault::Signature));
        assert_eq!(report.unlinked, 1);
        let report = world.chain.verify(other).await.unwrap();
        assert_eq!((report.fault, report.unlinked), (None, 0));
    });
}

#[test]
fn nothing_is_let_go_behind_a_forged_head() {
    run(async {
        let world = World::new();
        let shire = world.organization("Shire").await;
        world.chain.link_pending().await.unwrap();
        let id = shire.organization.id;
        let forged = world.forge_head(id).await;
        let cutoff = change_at(1000).at;
        assert_eq!(world.chain.prune(id, cutoff).await.unwrap(), 0);
        assert_eq!(world.head(id).await, forged);
    });
}

/// A store whose audit log is linked with the key number 1.
struct World {
    repositories: Repositories,
    chain: AuditChainService,
}

impl World {
    fn new() -> Self {
        let repositories = MemoryStore::new().repositories();
        let chain = AuditChainService::new(
            repositories.audit_chain.clone(),
            Arc::new(PlainChainSeal::new()),
        );
        Self {
            repositories,
            chain,
        }
    }

    async fn organization(&self, name: &str) -> CreatedOrganization {
        let draft = samples::organization_draft(name);
        let organizations = &self.repositories.organizations;
        organizations.create(&draft, &change()).await.unwrap()
    }

    async fn add_user(&self, of: &CreatedOrganization, email: &str) {
        let draft = samples::user_draft(of.account.id, email);
        let users = &self.repositories.users;
        let created = users.create(of.organization.id, &draft, &change()).await;
        created.unwrap();
    }

    async fn head(&self, id: OrganizationId) -> ChainHead {
        let head = self.repositories.audit_chain.head(id).await;
        head.unwrap().unwrap()
    }

    /// As somebody does it who writes to the database, and has no master key: another end, under a signature of zeros.
    async fn forge_head(&self, id: OrganizationId) -> ChainHead {
        let old = self.head(id).await;
        let mut forged = old.clone();
        forged.end.hash = [7; 32];
        forged.signature = ChainSignature {
            key_id: KeyId(uuid::Uuid::from_u128(1)),
            code: [0; 32],
        };
        let chain = &self.repositories.audit_chain;
        let replaced = chain.link(id, Some(&old), &[], &forged).await;
        assert!(replaced.unwrap());
        forged
    }
}
