//! What is done to a log behind everybody's back, and what the proof says.

use tenantry_domain::{AuditRecord, ChainFault, ChainHead, ChainLink, ports::ChainSeal as _};
use tenantry_testkit::{PlainChainSeal, run};

use crate::world::World;

/// The fault of a chain of eight records to which this was done.
async fn fault_of(world: &World) -> Option<ChainFault> {
    world.verify().await.fault
}

#[test]
fn a_removed_record_is_missed_wherever_it_was() {
    run(async {
        for position in [1, 4, 8] {
            let world = World::linked(8).await;
            let id = world.at(position).await;
            world.store.forge_audit_log(|log| {
                log.records.remove(&id);
                log.links.remove(&id);
            });
            let expected = ChainFault::Missing(i64::try_from(position).unwrap());
            assert_eq!(fault_of(&world).await, Some(expected));
        }
    });
}

#[test]
fn a_removed_end_is_missed() {
    run(async {
        let world = World::linked(8).await;
        let last = [world.at(7).await, world.at(8).await];
        world.store.forge_audit_log(|log| {
            for id in last {
                log.records.remove(&id);
                log.links.remove(&id);
            }
        });
        assert_eq!(fault_of(&world).await, Some(ChainFault::Missing(7)));
    });
}

#[test]
fn an_altered_record_is_named() {
    run(async {
        let world = World::linked(8).await;
        let id = world.at(4).await;
        world.store.forge_audit_log(|log| {
            log.records.get_mut(&id).unwrap().target_id += 1;
        });
        let expected = ChainFault::Altered {
            position: 4,
            record: id,
        };
        assert_eq!(fault_of(&world).await, Some(expected));
    });
}

#[test]
fn records_that_changed_places_are_named() {
    run(async {
        let world = World::linked(8).await;
        let (first, second) = (world.at(4).await, world.at(5).await);
        world.store.forge_audit_log(|log| {
            let (a, b) = (log.links[&first], log.links[&second]);
            log.links.insert(first, b);
            log.links.insert(second, a);
        });
        let expected = ChainFault::Altered {
            position: 4,
            record: second,
        };
        assert_eq!(fault_of(&world).await, Some(expected));
    });
}

#[test]
fn links_that_are_computed_anew_do_not_end_in_the_signed_head() {
    run(async {
        let world = World::linked(8).await;
        let ids: Vec<_> = world.records().await.iter().map(|r| r.id).collect();
        world.store.forge_audit_log(|log| {
            log.records.get_mut(&ids[3]).unwrap().target_id += 1;
            let mut link = ChainLink::ORIGIN;
            for id in &ids {
                let record: &AuditRecord = &log.records[id];
                let hash = PlainChainSeal::new().link(&link.hash, &record.canonical());
                link = ChainLink {
                    position: link.position + 1,
                    hash,
                };
                log.links.insert(*id, link);
            }
        });
        assert_eq!(fault_of(&world).await, Some(ChainFault::Missing(8)));
    });
}

#[test]
fn a_record_beyond_the_end_is_named() {
    run(async {
        let world = World::linked(8).await;
        let user = world.user(8).await;
        let id = world.at(9).await;
        assert_eq!(world.records().await[8].target_id, user.id.get());
        world.store.forge_audit_log(|log| {
            log.links.insert(
                id,
                ChainLink {
                    position: 9,
                    hash: [7; 32],
                },
            );
        });
        assert_eq!(fault_of(&world).await, Some(ChainFault::Beyond(9)));
    });
}

#[test]
fn a_head_that_nobody_with_the_key_signed_is_refused() {
    run(async {
        let forgeries: [fn(&mut ChainHead); 4] = [
            |head| head.end.position -= 1,
            |head| head.start.position += 1,
            |head| head.end.hash[0] ^= 1,
            |head| head.signature.code[31] ^= 1,
        ];
        for forge in forgeries {
            let world = World::linked(8).await;
            let id = world.id();
            world.store.forge_audit_log(|log| {
                forge(log.heads.get_mut(&id).unwrap());
            });
            assert_eq!(fault_of(&world).await, Some(ChainFault::Signature));
        }
    });
}

#[test]
fn a_head_signed_with_another_key_or_for_another_organization_is_refused() {
    run(async {
        let world = World::linked(8).await;
        let other = world.chain_with_key(2);
        let report = other.verify(world.id()).await.unwrap();
        assert_eq!(report.fault, Some(ChainFault::Signature));

        let gondor = world.organization("Gondor").await.organization.id;
        world.chain().link_pending().await.unwrap();
        let id = world.id();
        world.store.forge_audit_log(|log| {
            let theirs = log.heads[&gondor].clone();
            log.heads.insert(id, theirs);
        });
        assert_eq!(fault_of(&world).await, Some(ChainFault::Signature));
    });
}

#[test]
fn a_chain_without_its_head_is_refused() {
    run(async {
        let world = World::linked(8).await;
        let id = world.id();
        world.store.forge_audit_log(|log| {
            log.heads.remove(&id);
        });
        assert_eq!(fault_of(&world).await, Some(ChainFault::NoHead));
    });
}

#[test]
fn one_organizations_fault_is_not_anothers() {
    run(async {
        let world = World::linked(8).await;
        let gondor = world.organization("Gondor").await.organization.id;
        world.chain().link_pending().await.unwrap();
        let id = world.at(2).await;
        world.store.forge_audit_log(|log| {
            log.records.remove(&id);
        });
        assert_eq!(fault_of(&world).await, Some(ChainFault::Missing(2)));
        let theirs = world.chain().verify(gondor).await.unwrap();
        assert_eq!((theirs.records, theirs.fault), (3, None));
    });
}
