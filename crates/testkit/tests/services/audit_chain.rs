//! Linking, proving and pruning.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use async_trait::async_trait;
use tenantry_domain::{
    AuditId, AuditRecord, ChainHead, ChainLink, OrganizationId, Scope, UserPatch,
    ports::{AuditChain, RepositoryError},
    services::{AuditChainService, ChainReport, SignedAnew},
};
use tenantry_testkit::{PlainChainSeal, run, samples::change_at};

use crate::world::World;

#[test]
fn records_are_linked_once_and_proved() {
    run(async {
        let world = World::new().await;
        world.user(1).await;
        let before = world.verify().await;
        let expected = ChainReport {
            organization: world.id(),
            records: 0,
            unlinked: 4,
            head: None,
            fault: None,
        };
        assert_eq!(before, expected);

        let chain = world.chain();
        assert_eq!(chain.link_pending().await.unwrap(), 4);
        assert_eq!(chain.link_pending().await.unwrap(), 0);
        let after = world.verify().await;
        let head = after.head.clone().unwrap();
        assert_eq!((after.records, after.unlinked, after.fault), (4, 0, None));
        assert_eq!(head.start, ChainLink::ORIGIN);
        assert_eq!(head.end.position, 4);

        world.user(2).await;
        assert_eq!(world.verify().await.unlinked, 1);
        assert_eq!(chain.link_pending().await.unwrap(), 1);
        assert_eq!(world.verify().await.records, 5);
        // The chain went on from where it was.
        let kept = chain.link_at(world.id(), 4).await.unwrap();
        assert_eq!(kept, Some(head.end));
        for position in [-1, 0, 6, i64::MAX] {
            let found = chain.link_at(world.id(), position).await.unwrap();
            let start = (position == 0).then_some(ChainLink::ORIGIN);
            assert_eq!(found, start, "{position}");
        }
    });
}

#[test]
fn more_records_than_one_batch_and_several_organizations_are_linked_in_one_go() {
    run(async {
        let world = World::new().await;
        let gondor = world.organization("Gondor").await.organization.id;
        for number in 0..1100 {
            world.user(number).await;
        }
        let chain = world.chain();
        assert_eq!(chain.link_pending().await.unwrap(), 1106);
        let ours = world.verify().await;
        assert_eq!((ours.records, ours.fault), (1103, None));
        let theirs = chain.verify(gondor).await.unwrap();
        assert_eq!((theirs.records, theirs.fault), (3, None));
        let all = chain.organizations(None).await.unwrap();
        assert_eq!(all, [world.id(), gondor]);
        assert_eq!(chain.organizations(Some(gondor)).await.unwrap(), []);
    });
}

#[test]
fn who_is_overtaken_by_another_node_links_the_rest() {
    run(async {
        let world = World::new().await;
        let slow = AuditChainService::new(
            Arc::new(Meanwhile {
                chain: world.repositories.audit_chain.clone(),
                event: Event::Overtaken {
                    faster: world.chain(),
                    done: AtomicBool::new(false),
                },
            }),
            Arc::new(PlainChainSeal::new()),
        );
        // Of its three links none is kept: the other node's are.
        assert_eq!(slow.link_pending().await.unwrap(), 0);
        world.user(1).await;
        assert_eq!(slow.link_pending().await.unwrap(), 1);
        let report = world.verify().await;
        assert_eq!(
            (report.records, report.unlinked, report.fault),
            (4, 0, None)
        );
    });
}

#[test]
fn what_comes_while_others_are_linked_is_left_to_the_next_time() {
    run(async {
        let world = World::new().await;
        let busy = AuditChainService::new(
            Arc::new(Meanwhile {
                chain: world.repositories.audit_chain.clone(),
                event: Event::Change(Box::new(world), AtomicU32::new(1)),
            }),
            Arc::new(PlainChainSeal::new()),
        );
        for records in [3, 1, 1] {
            assert_eq!(busy.link_pending().await.unwrap(), records);
        }
    });
}

#[test]
fn an_organization_with_much_to_link_lets_others_have_their_turn() {
    run(async {
        let world = World::new().await;
        let gondor = world.organization("Gondor").await.organization.id;
        let (users, sam) = (&world.repositories.users, world.user(1).await.id);
        let scope = Scope::organization(world.id());
        for number in 1..8_000 {
            let patch = UserPatch {
                active: Some(number % 2 == 0),
                ..UserPatch::default()
            };
            let change = change_at(number);
            let changed = users.update(&scope, sam, &patch, None, &change);
            assert!(changed.await.unwrap().is_some());
        }
        let turns = Arc::default();
        let chain = AuditChainService::new(
            Arc::new(Meanwhile {
                chain: world.repositories.audit_chain.clone(),
                event: Event::Noted(Arc::clone(&turns)),
            }),
            Arc::new(PlainChainSeal::new()),
        );
        assert_eq!(chain.link_pending().await.unwrap(), 8_006);
        let mut expected = vec![world.id(); 16];
        expected.extend([gondor, world.id()]);
        assert_eq!(*turns.lock().unwrap(), expected);
    });
}

#[test]
fn many_nodes_make_one_chain() {
    run(async {
        let world = World::new().await;
        for number in 0..40 {
            world.user(number).await;
        }
        let linkers: Vec<_> = (0..8)
            .map(|_| {
                let chain = world.chain();
                tokio::spawn(async move { chain.link_pending().await.unwrap() })
            })
            .collect();
        for number in 40..60 {
            world.user(number).await;
        }
        let mut linked = 0;
        for linker in linkers {
            linked += linker.await.unwrap();
        }
        linked += world.chain().link_pending().await.unwrap();
        assert_eq!(linked, 63);
        let report = world.verify().await;
        assert_eq!(
            (report.records, report.unlinked, report.fault),
            (63, 0, None)
        );
    });
}

#[test]
fn what_is_old_enough_is_let_go_and_the_rest_stays_provable() {
    run(async {
        let world = World::linked(8).await;
        let (chain, id) = (world.chain(), world.id());
        // Records 1 to 3 are from second 0, record n from second n - 1.
        for (cutoff, pruned, left) in [(0, 0, 8), (5, 5, 3), (5, 0, 3), (6, 1, 2)] {
            let count = chain.prune(id, change_at(cutoff).at).await.unwrap();
            assert_eq!(count, pruned, "before second {cutoff}");
            let report = world.verify().await;
            assert_eq!((report.records, report.fault), (left, None));
        }
        assert_eq!(world.records().await.len(), 2);

        // Everything may go: the chain goes on from where it was.
        assert_eq!(chain.prune(id, change_at(100).at).await.unwrap(), 2);
        let empty = world.verify().await;
        let head = empty.head.unwrap();
        assert_eq!((empty.records, empty.fault), (0, None));
        assert_eq!((head.start, head.end.position), (head.end, 8));
        assert_eq!(chain.link_at(id, 8).await.unwrap(), Some(head.end));
        assert_eq!(chain.link_at(id, 7).await.unwrap(), None);
        world.user(200).await;
        chain.link_pending().await.unwrap();
        let report = world.verify().await;
        assert_eq!((report.records, report.fault), (1, None));
        assert_eq!(report.head.unwrap().end.position, 9);
    });
}

#[test]
fn what_is_not_linked_is_not_let_go() {
    run(async {
        let world = World::linked(4).await;
        world.user(4).await;
        let pruned = world.chain().prune(world.id(), change_at(100).at).await;
        assert_eq!(pruned.unwrap(), 4);
        let report = world.verify().await;
        assert_eq!(
            (report.records, report.unlinked, report.fault),
            (0, 1, None)
        );
    });
}

#[test]
fn a_head_is_signed_anew_by_who_knows_the_old_key_alone() {
    run(async {
        let world = World::linked(4).await;
        let stranger = world.chain_with_key(2);
        let signed =
            |chain: AuditChainService, id| async move { chain.sign_anew(id).await.unwrap() };
        let strange = signed(stranger, world.id()).await;
        assert_eq!(strange, SignedAnew::Foreign);
        assert_eq!(world.verify().await.fault, None);
        let own = signed(world.chain(), world.id()).await;
        assert_eq!(own, SignedAnew::Already);
        let nobodys = signed(world.chain(), OrganizationId::new(99)).await;
        assert_eq!(nobodys, SignedAnew::NoHead);
    });
}

/// What happens between the reading of one node and its writing.
struct Meanwhile {
    chain: Arc<dyn AuditChain>,
    event: Event,
}

enum Event {
    /// Another node links everything, once.
    Overtaken {
        faster: AuditChainService,
        done: AtomicBool,
    },
    /// Somebody makes a change, each time.
    Change(Box<World>, AtomicU32),
    /// Nothing; whose batch it is is noted.
    Noted(Arc<Mutex<Vec<OrganizationId>>>),
}

impl Event {
    async fn happens(&self, organization: OrganizationId) {
        match self {
            Self::Overtaken { faster, done } => {
                if !done.swap(true, Ordering::Relaxed) {
                    assert_eq!(faster.link_pending().await.unwrap(), 3);
                }
            }
            Self::Change(world, number) => {
                world.user(number.fetch_add(1, Ordering::Relaxed)).await;
            }
            Self::Noted(turns) => turns.lock().unwrap().push(organization),
        }
    }
}

#[async_trait]
impl AuditChain for Meanwhile {
    async fn organizations(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        self.chain.organizations(after, limit).await
    }

    async fn unlinked_organizations(
        &self,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, RepositoryError> {
        self.chain.unlinked_organizations(limit).await
    }

    async fn head(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<ChainHead>, RepositoryError> {
        self.chain.head(organization).await
    }

    async fn unlinked(
        &self,
        organization: OrganizationId,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RepositoryError> {
        self.chain.unlinked(organization, limit).await
    }

    async fn link<'a>(
        &self,
        organization: OrganizationId,
        old: Option<&'a ChainHead>,
        links: &[(AuditId, ChainLink)],
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        self.event.happens(organization).await;
        self.chain.link(organization, old, links, new).await
    }

    async fn linked(
        &self,
        organization: OrganizationId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(AuditRecord, ChainLink)>, RepositoryError> {
        self.chain.linked(organization, after, limit).await
    }

    async fn prune(
        &self,
        organization: OrganizationId,
        old: &ChainHead,
        new: &ChainHead,
    ) -> Result<bool, RepositoryError> {
        self.chain.prune(organization, old, new).await
    }
}
