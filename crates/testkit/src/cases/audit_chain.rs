//! The chain that proves that the audit log is whole.

use tenantry_domain::{
    AuditId, AuditRecord, ChainHead, ChainLink, ChainSignature, OrganizationId, ceql::Filter,
    ports::ChainSeal,
};

use super::{given::whole, meeting::together};
use crate::{
    Fresh, PlainChainSeal,
    samples::{change, change_at, login_token},
};

pub async fn organizations_are_handed_out_in_order(fresh: Fresh) {
    let mut ids = Vec::new();
    for name in ["Shire", "Gondor", "Rohan"] {
        ids.push(fresh.organization(name).await.organization.id);
    }
    let draft = crate::samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    let system = organizations.create(&draft, &change()).await.unwrap();
    ids.insert(0, system.organization.id);
    let chain = &fresh.repositories.audit_chain;
    for (after, limit, expected) in [
        (None, 9, &ids[..]),
        (None, 2, &ids[..2]),
        (Some(ids[0]), 2, &ids[1..3]),
        (Some(ids[2]), 2, &ids[3..]),
        (Some(ids[3]), 2, &[]),
        (Some(OrganizationId::new(0)), 1, &ids[..1]),
    ] {
        let found = chain.organizations(after, limit).await.unwrap();
        assert_eq!(found, expected, "{limit} after {after:?}");
    }
}

pub async fn a_new_record_is_without_a_link(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization.id;
    let gondor = fresh.organization("Gondor").await.organization.id;
    let chain = &fresh.repositories.audit_chain;
    assert_eq!(chain.head(shire).await.unwrap(), None);
    assert_eq!(chain.linked(shire, 0, 9).await.unwrap(), []);
    let log = fresh.log(shire).await;
    assert_eq!(log.len(), 3);
    for limit in 0..=4u32 {
        let expected = &log[..log.len().min(usize::try_from(limit).unwrap())];
        assert_eq!(chain.unlinked(shire, limit).await.unwrap(), expected);
    }
    let mut waiting = chain.unlinked_organizations(9).await.unwrap();
    waiting.sort();
    assert_eq!(waiting, [shire, gondor]);
    assert_eq!(chain.unlinked_organizations(1).await.unwrap().len(), 1);
    let nowhere = OrganizationId::new(4711);
    assert_eq!(chain.unlinked(nowhere, 9).await.unwrap(), []);
    assert_eq!(chain.head(nowhere).await.unwrap(), None);
}

pub async fn links_and_the_head_are_kept_as_they_were_given(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let log = fresh.log(id).await;
    let chain = &fresh.repositories.audit_chain;
    let first = extended(None, &log[..2]);
    assert!(link(&fresh, id, None, &first).await);
    assert_eq!(chain.head(id).await.unwrap(), Some(first.1.clone()));
    let expected: Vec<_> = log.iter().cloned().zip(links_of(&first)).collect();
    assert_eq!(chain.linked(id, 0, 9).await.unwrap(), expected);
    assert_eq!(chain.unlinked(id, 9).await.unwrap(), log[2..]);
    assert_eq!(chain.unlinked_organizations(9).await.unwrap(), [id]);

    fresh.user(&shire.account, "frodo@shire.example").await;
    let log = fresh.log(id).await;
    let second = extended(Some(&first.1), &log[2..]);
    assert!(link(&fresh, id, Some(&first.1), &second).await);
    assert_eq!(chain.head(id).await.unwrap(), Some(second.1.clone()));
    let all: Vec<_> = log
        .into_iter()
        .zip(links_of(&first).chain(links_of(&second)))
        .collect();
    for (after, limit, expected) in [
        (0, 9, &all[..]),
        (-1, 9, &all[..]),
        (0, 2, &all[..2]),
        (1, 2, &all[1..3]),
        (3, 9, &all[3..]),
        (4, 9, &[]),
    ] {
        let found = chain.linked(id, after, limit).await.unwrap();
        assert_eq!(found, expected, "{limit} after {after}");
    }
    assert_eq!(chain.unlinked(id, 9).await.unwrap(), []);
    assert_eq!(chain.unlinked_organizations(9).await.unwrap(), []);
}

/// Records are linked in the order of their commits, which need not be that of their ids.
pub async fn links_are_handed_out_by_position(fresh: Fresh) {
    let id = fresh.organization("Shire").await.organization.id;
    let log = fresh.log(id).await;
    let order = [log[2].clone(), log[0].clone(), log[1].clone()];
    let linked = extended(None, &order);
    assert!(link(&fresh, id, None, &linked).await);
    let chain = &fresh.repositories.audit_chain;
    let expected: Vec<_> = order.into_iter().zip(links_of(&linked)).collect();
    assert_eq!(chain.linked(id, 0, 9).await.unwrap(), expected);
    assert_eq!(chain.linked(id, 1, 1).await.unwrap(), expected[1..2]);
    // The log itself looks the same.
    assert_eq!(fresh.log(id).await, log);
}

pub async fn nothing_is_linked_to_a_head_that_is_another_by_now(fresh: Fresh) {
    let id = fresh.organization("Shire").await.organization.id;
    let log = fresh.log(id).await;
    let chain = &fresh.repositories.audit_chain;
    let first = extended(None, &log[..1]);
    // There is none yet.
    let early = extended(Some(&first.1), &log[1..]);
    assert!(!link(&fresh, id, Some(&first.1), &early).await);
    assert_eq!(chain.head(id).await.unwrap(), None);
    assert_eq!(chain.unlinked(id, 9).await.unwrap(), log);

    assert!(link(&fresh, id, None, &first).await);
    let head = &first.1;
    let but = |change: &dyn Fn(&mut ChainHead)| {
        let mut other = head.clone();
        change(&mut other);
        Some(other)
    };
    let link_of = |position, hash| ChainLink { position, hash };
    let signature = |key, code| ChainSignature {
        code,
        ..PlainChainSeal::with_key(key).sign(id, b"")
    };
    for wrong in [
        None,
        but(&|head| head.end = link_of(head.end.position, [9; 32])),
        but(&|head| head.end = link_of(7, head.end.hash)),
        but(&|head| head.start = link_of(1, head.start.hash)),
        but(&|head| head.start = link_of(0, [9; 32])),
        but(&|head| head.signature.code = [9; 32]),
        but(&|head| head.signature = signature(2, head.signature.code)),
    ] {
        let late = extended(Some(head), &log[1..]);
        assert!(!link(&fresh, id, wrong.as_ref(), &late).await, "{wrong:?}");
        assert_eq!(chain.head(id).await.unwrap().as_ref(), Some(head));
        assert_eq!(chain.unlinked(id, 9).await.unwrap(), log[1..]);
        assert_eq!(chain.linked(id, 0, 9).await.unwrap().len(), 1);
        if let Some(wrong) = wrong {
            let pruned = pruned(&wrong, &first.0[0].1);
            let outcome = chain.prune(id, &wrong, &pruned).await;
            assert!(!outcome.unwrap());
            assert_eq!(fresh.log(id).await, log);
        }
    }
}

pub async fn a_head_can_be_signed_anew(fresh: Fresh) {
    let id = fresh.organization("Shire").await.organization.id;
    let log = fresh.log(id).await;
    let first = extended(None, &log);
    assert!(link(&fresh, id, None, &first).await);
    let bytes = ChainHead::signed_bytes(&first.1.start, &first.1.end);
    let head = ChainHead {
        signature: PlainChainSeal::with_key(u128::MAX - 3).sign(id, &bytes),
        ..first.1.clone()
    };
    assert!(link(&fresh, id, Some(&first.1), &(vec![], head.clone())).await);
    let chain = &fresh.repositories.audit_chain;
    assert_eq!(chain.head(id).await.unwrap(), Some(head));
    assert_eq!(chain.linked(id, 0, 9).await.unwrap().len(), 3);
}

pub async fn chains_of_several_organizations_do_not_mix(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization.id;
    let gondor = fresh.organization("Gondor").await.organization.id;
    let chain = &fresh.repositories.audit_chain;
    let (ours, theirs) = (fresh.log(shire).await, fresh.log(gondor).await);
    let first = extended(None, &ours);
    assert!(link(&fresh, shire, None, &first).await);
    assert_eq!(chain.head(gondor).await.unwrap(), None);
    assert_eq!(chain.unlinked(gondor, 9).await.unwrap(), theirs);
    assert_eq!(chain.unlinked_organizations(9).await.unwrap(), [gondor]);

    // One of the records named is not the organization's.
    let mixed = extended(None, &[theirs[0].clone(), ours[0].clone()]);
    assert!(link(&fresh, gondor, None, &mixed).await);
    let expected: Vec<_> = ours.iter().cloned().zip(links_of(&first)).collect();
    assert_eq!(chain.linked(shire, 0, 9).await.unwrap(), expected);
    let found = chain.linked(gondor, 0, 9).await.unwrap();
    assert_eq!(found, [(theirs[0].clone(), mixed.0[0].1)]);

    // The same positions, and the same head, are another chain's there.
    let new = pruned(&first.1, &first.0[2].1);
    assert!(!chain.prune(gondor, &first.1, &new).await.unwrap());
    assert!(chain.prune(shire, &first.1, &new).await.unwrap());
    assert_eq!(fresh.log(shire).await, []);
    assert_eq!(fresh.log(gondor).await, theirs);
    assert_eq!(chain.linked(gondor, 0, 9).await.unwrap(), found);
}

pub async fn records_whose_time_is_over_are_pruned(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    for number in 0..4 {
        let address = format!("hobbit{number}@shire.example");
        fresh.user(&shire.account, &address).await;
    }
    let log = fresh.log(id).await;
    let first = extended(None, &log[..6]);
    assert!(link(&fresh, id, None, &first).await);
    let chain = &fresh.repositories.audit_chain;
    let new = pruned(&first.1, &first.0[3].1);
    assert!(chain.prune(id, &first.1, &new).await.unwrap());
    assert_eq!(chain.head(id).await.unwrap().as_ref(), Some(&new));
    // The one without a link stays.
    assert_eq!(fresh.log(id).await, log[4..]);
    assert_eq!(chain.unlinked(id, 9).await.unwrap(), log[6..]);
    let left: Vec<_> = log.iter().cloned().zip(links_of(&first)).skip(4).collect();
    assert_eq!(chain.linked(id, 0, 9).await.unwrap(), left);
    assert!(!chain.prune(id, &first.1, &new).await.unwrap());

    // The chain goes on, even when nothing is left of it.
    let second = extended(Some(&new), &log[6..]);
    assert!(link(&fresh, id, Some(&new), &second).await);
    let bare = pruned(&second.1, &second.1.end);
    assert!(chain.prune(id, &second.1, &bare).await.unwrap());
    assert_eq!(fresh.log(id).await, []);
    assert_eq!(chain.unlinked_organizations(9).await.unwrap(), []);
    fresh.user(&shire.account, "late@shire.example").await;
    let late = fresh.log(id).await;
    assert!(late[0].id > log[6].id, "an id is never used again");
    let third = extended(Some(&bare), &late);
    assert_eq!(third.0[0].1.position, 8);
    assert!(link(&fresh, id, Some(&bare), &third).await);
    let found = chain.linked(id, 7, 9).await.unwrap();
    assert_eq!(found, [(late[0].clone(), third.0[0].1)]);
}

/// Records of everything that leaves one: what is read back is what was linked, byte for byte.
pub async fn what_is_linked_is_what_was_recorded(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    fresh.instance(&frodo, "jira", "Ärger\t😀").await;
    fresh.log_user_in(&frodo, &login_token("tl_1", 9), 1).await;
    let users = &fresh.repositories.users;
    let change = tenantry_domain::Change {
        at: crate::samples::START + time::Duration::microseconds(1),
        ..crate::samples::change_by(frodo.id, 3)
    };
    let erased = users.delete(&whole(id), frodo.id, None, &change).await;
    assert!(erased.unwrap());
    let chain = &fresh.repositories.audit_chain;
    let unlinked = chain.unlinked(id, 99).await.unwrap();
    let all = extended(None, &unlinked);
    assert!(link(&fresh, id, None, &all).await);
    let mut previous = ChainLink::ORIGIN;
    for (record, link) in chain.linked(id, 0, 99).await.unwrap() {
        let hash = PlainChainSeal::new().link(&previous.hash, &record.canonical());
        assert_eq!(link.hash, hash, "{record:?}");
        assert_eq!(link.position, previous.position + 1);
        previous = link;
    }
    assert_eq!(previous, all.1.end);
}

pub async fn one_of_many_who_link_at_once_wins(fresh: Fresh) {
    let id = fresh.organization("Shire").await.organization.id;
    let log = fresh.log(id).await;
    let chain = &fresh.repositories.audit_chain;
    let mut head = None;
    for round in 0..3 {
        let next = extended(head.as_ref(), &log[round..=round]);
        let outcomes = together((0..8).map(|_| {
            let chain = fresh.repositories.audit_chain.clone();
            let (old, (links, new)) = (head.clone(), next.clone());
            async move { chain.link(id, old.as_ref(), &links, &new).await }
        }))
        .await;
        let won = outcomes.into_iter().map(Result::unwrap);
        assert_eq!(won.filter(|won| *won).count(), 1, "round {round}");
        assert_eq!(chain.head(id).await.unwrap().as_ref(), Some(&next.1));
        head = Some(next.1);
    }
    assert_eq!(chain.linked(id, 0, 9).await.unwrap().len(), 3);
}

/// While some write, one links: in the end every record has a link, at a position of its own.
pub async fn what_is_written_meanwhile_is_linked_later(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let account = shire.account.id;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let users = fresh.repositories.users.clone();
            tokio::spawn(async move {
                for number in 0..6 {
                    let address = format!("u{writer}-{number}@shire.example");
                    let draft = crate::samples::user_draft(account, &address);
                    users.create(id, &draft, &change_at(number)).await.unwrap();
                }
            })
        })
        .collect();
    let chain = &fresh.repositories.audit_chain;
    let mut head: Option<ChainHead> = None;
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let unlinked = chain.unlinked(id, 5).await.unwrap();
        if unlinked.is_empty() {
            if done {
                break;
            }
            tokio::task::yield_now().await;
            continue;
        }
        let next = extended(head.as_ref(), &unlinked);
        assert!(link(&fresh, id, head.as_ref(), &next).await);
        head = Some(next.1);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(chain.unlinked(id, 9).await.unwrap(), []);
    let linked = chain.linked(id, 0, 99).await.unwrap();
    let positions: Vec<_> = linked.iter().map(|(_, link)| link.position).collect();
    assert_eq!(positions, (1..=27).collect::<Vec<_>>());
    let log = fresh.log_in(&whole(id)).await;
    let mut ids: Vec<_> = linked.into_iter().map(|(record, _)| record.id).collect();
    ids.sort();
    assert_eq!(ids, log.iter().map(|record| record.id).collect::<Vec<_>>());
    let users = &fresh.repositories.users;
    let counted = users.count(&whole(id), &Filter::All, 99).await.unwrap();
    assert_eq!(counted, tenantry_domain::page::Count::Exact(25));
}

/// New links, and the head that they lead to.
type Extension = (Vec<(AuditId, ChainLink)>, ChainHead);

/// The chain that ends at `head`, with links for these records.
fn extended(head: Option<&ChainHead>, records: &[AuditRecord]) -> Extension {
    let seal = PlainChainSeal::new();
    let start = head.map_or(ChainLink::ORIGIN, |head| head.start);
    let mut end = head.map_or(ChainLink::ORIGIN, |head| head.end);
    let mut links = Vec::new();
    for record in records {
        end = ChainLink {
            position: end.position + 1,
            hash: seal.link(&end.hash, &record.canonical()),
        };
        links.push((record.id, end));
    }
    let organization = records
        .first()
        .map_or(0, |first| first.organization_id.get());
    let signed = ChainHead::signed_bytes(&start, &end);
    let head = ChainHead {
        start,
        end,
        signature: seal.sign(OrganizationId::new(organization), &signed),
    };
    (links, head)
}

/// The head of the chain without what stands up to `start`.
fn pruned(head: &ChainHead, start: &ChainLink) -> ChainHead {
    let signed = ChainHead::signed_bytes(start, &head.end);
    ChainHead {
        start: *start,
        end: head.end,
        signature: PlainChainSeal::new().sign(OrganizationId::new(0), &signed),
    }
}

fn links_of(extension: &Extension) -> impl Iterator<Item = ChainLink> {
    extension.0.iter().map(|(_, link)| *link)
}

async fn link(
    fresh: &Fresh,
    organization: OrganizationId,
    old: Option<&ChainHead>,
    (links, new): &Extension,
) -> bool {
    let chain = &fresh.repositories.audit_chain;
    let outcome = chain.link(organization, old, links, new).await;
    outcome.unwrap()
}
