//! What roles allow, and roles that are granted to accounts.

use tenantry_domain::{
    AccountId, AuditAction, Entity, Privilege, PrivilegeSet, Revision, Role, RoleChange, RoleId,
    RoleKey, Scope, Snapshot, ports::Revocation,
};

use super::given::{Refusal, refusal, whole};
use crate::{
    Fresh,
    samples::{START, caller, change, change_at, name, text},
};

fn allowing(role: &Role, privileges: PrivilegeSet) -> RoleChange {
    RoleChange {
        id: role.id,
        name: None,
        description: None,
        privileges: Some(privileges),
    }
}

pub async fn what_a_role_allows_counts_from_the_next_call_on(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await;
    let (roles, credentials) = (&fresh.repositories.roles, &fresh.repositories.credentials);
    let organization = shire.organization.id;
    let all = roles.list(organization).await.unwrap();
    let only = PrivilegeSet::EMPTY.with(Privilege::ViewUsersOrg);
    let renamed = RoleChange {
        name: Some(name("Hobbit")),
        description: Some(text("Small")),
        ..allowing(&all[2], only)
    };
    let updated = roles
        .update(organization, &[renamed], &change_at(7))
        .await
        .unwrap()
        .unwrap();
    let expected = Role {
        name: "Hobbit".to_owned(),
        description: "Small".to_owned(),
        privileges: only,
        ..all[2].clone()
    };
    assert_eq!(
        updated,
        [all[0].clone(), all[1].clone(), expected, all[3].clone()]
    );
    assert_eq!(roles.list(organization).await.unwrap(), updated);
    let frodo = credentials
        .authenticate(&caller("frodo@shire.example", "Shire"), START)
        .await;
    assert_eq!(frodo.unwrap().unwrap().identity.privileges, only);
    // And back, exactly.
    let resets: Vec<_> = updated.iter().map(Role::reset).collect();
    assert_eq!(
        roles
            .update(organization, &resets, &change_at(8))
            .await
            .unwrap()
            .unwrap(),
        all
    );
}

pub async fn all_roles_are_updated_or_none(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let mordor = fresh.organization("Mordor").await.organization;
    let roles = &fresh.repositories.roles;
    let all = roles.list(shire.id).await.unwrap();
    let theirs = roles.list(mordor.id).await.unwrap();
    let before = fresh.log(shire.id).await;
    for wrong in [RoleId::new(-1), theirs[0].id] {
        let changes = [
            allowing(&all[1], PrivilegeSet::EMPTY),
            RoleChange {
                id: wrong,
                name: None,
                description: None,
                privileges: None,
            },
        ];
        assert_eq!(
            roles.update(shire.id, &changes, &change()).await.unwrap(),
            None
        );
    }
    assert_eq!(roles.list(shire.id).await.unwrap(), all);
    assert_eq!(roles.list(mordor.id).await.unwrap(), theirs);
    assert_eq!(fresh.log(shire.id).await, before);
    assert_eq!(
        roles.update(shire.id, &[], &change()).await.unwrap(),
        Some(all)
    );
}

pub async fn a_role_that_differs_is_recorded(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let roles = &fresh.repositories.roles;
    let all = roles.list(shire.id).await.unwrap();
    let before = fresh.log(shire.id).await.len();
    let only = PrivilegeSet::EMPTY.with(Privilege::ViewElements);
    let changes = [
        allowing(&all[0], all[0].privileges),
        allowing(&all[3], only),
    ];
    roles
        .update(shire.id, &changes, &change_at(7))
        .await
        .unwrap()
        .unwrap();
    let log = fresh.log(shire.id).await;
    assert_eq!(log.len(), before + 1);
    let record = &log[before];
    assert_eq!(
        (record.action, record.target, record.target_id),
        (AuditAction::Updated, Entity::Role, all[3].id.get())
    );
    assert_eq!((record.account_id, record.change), (None, change_at(7)));
    assert_eq!(
        record.new,
        Snapshot::new().field("privileges", "viewElements")
    );
}

pub async fn a_role_of_an_account_is_every_users_at_the_next_call(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let nob = fresh.user(&bree, "nob@bree.example").await;
    let (roles, scope) = (&fresh.repositories.roles, whole(shire.id));
    assert_eq!(
        roles.of_account(&scope, bree.id).await.unwrap(),
        Some(Vec::new())
    );
    let before = fresh.log(shire.id).await.len();
    let granted = roles
        .grant_to_account(&scope, bree.id, RoleKey::Admin, None, &change_at(7))
        .await;
    let granted = granted.unwrap().unwrap();
    assert_eq!(granted.key, RoleKey::Admin);
    assert_eq!(
        roles.of_account(&scope, bree.id).await.unwrap(),
        Some(vec![granted])
    );
    let held = roles.effective(&scope, nob.id).await.unwrap().unwrap();
    let flags: Vec<_> = held
        .iter()
        .map(|held| {
            (
                held.role.key,
                held.direct,
                held.through_account,
                held.by_system,
            )
        })
        .collect();
    assert_eq!(
        flags,
        [
            (RoleKey::Admin, false, true, false),
            (RoleKey::DefaultUser, false, false, true)
        ]
    );
    let credentials = &fresh.repositories.credentials;
    let nob = credentials
        .authenticate(&caller("nob@bree.example", "Shire"), START)
        .await
        .unwrap()
        .unwrap();
    let privileges = nob.identity.privileges;
    assert!(privileges.contains(Privilege::EditUsersAccount));
    let found = fresh
        .repositories
        .accounts
        .find(&scope, bree.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.revision, found.updated_at),
        (Revision::new(2), change_at(7).at)
    );

    let again = roles
        .grant_to_account(&scope, bree.id, RoleKey::Admin, None, &change())
        .await;
    assert_eq!(refusal(again), Refusal::Conflict(Entity::Role, "key"));
    let revoked = roles
        .revoke_from_account(&scope, bree.id, RoleKey::Admin, None, &change_at(8))
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));
    let revoked = roles
        .revoke_from_account(&scope, bree.id, RoleKey::Admin, None, &change_at(9))
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::NotGranted));
    let nob = credentials
        .authenticate(&caller("nob@bree.example", "Shire"), START)
        .await
        .unwrap()
        .unwrap();
    let privileges = nob.identity.privileges;
    assert!(!privileges.contains(Privilege::EditUsersAccount));

    let log = fresh.log(shire.id).await;
    let records: Vec<_> = log[before..]
        .iter()
        .map(|record| (record.action, record.target, record.target_id))
        .collect();
    let bree = (Entity::Account, bree.id.get());
    assert_eq!(
        records,
        [
            (AuditAction::RoleGranted, bree.0, bree.1),
            (AuditAction::RoleRevoked, bree.0, bree.1)
        ]
    );
    let admin = Snapshot::new().field("role", "admin");
    assert_eq!((&log[before].new, &log[before + 1].old), (&admin, &admin));
}

pub async fn granting_to_an_account_at_another_revision_is_stale(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let bree = fresh.account(shire.id, "Bree").await;
    let (roles, scope) = (&fresh.repositories.roles, whole(shire.id));
    let (first, second) = (Some(bree.revision), Some(bree.revision.next()));
    for (expected, stale) in [(second, true), (first, false), (first, true)] {
        let granted = roles
            .grant_to_account(&scope, bree.id, RoleKey::Admin, expected, &change())
            .await;
        if stale {
            assert_eq!(refusal(granted), Refusal::Stale(Entity::Account));
        } else {
            assert_eq!(granted.unwrap().unwrap().key, RoleKey::Admin);
        }
    }
    let revoked = roles
        .revoke_from_account(&scope, bree.id, RoleKey::Admin, first, &change())
        .await;
    assert_eq!(refusal(revoked), Refusal::Stale(Entity::Account));
    let revoked = roles
        .revoke_from_account(&scope, bree.id, RoleKey::Admin, second, &change())
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));
}

pub async fn roles_of_an_account_out_of_scope_are_not_there(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let mordor = fresh.organization("Mordor").await.organization;
    let bree = fresh.account(shire.id, "Bree").await.id;
    let roles = &fresh.repositories.roles;
    roles
        .grant_to_account(&whole(shire.id), bree, RoleKey::Admin, None, &change())
        .await
        .unwrap();
    for (scope, id) in [
        (whole(mordor.id), bree),
        (Scope::account(shire.id, shire.default_account_id), bree),
        (whole(shire.id), AccountId::new(-1)),
    ] {
        assert_eq!(roles.of_account(&scope, id).await.unwrap(), None);
        let granted = roles
            .grant_to_account(&scope, id, RoleKey::Org, None, &change())
            .await;
        assert_eq!(granted.unwrap(), None);
        let revoked = roles
            .revoke_from_account(&scope, id, RoleKey::Admin, None, &change())
            .await;
        assert_eq!(revoked.unwrap(), None);
    }
    let granted = roles
        .of_account(&whole(shire.id), bree)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(granted.len(), 1);
    let unknown = roles
        .grant_to_account(&whole(shire.id), bree, RoleKey::SysAdmin, None, &change())
        .await;
    assert_eq!(unknown.unwrap(), None, "the organization has no such role");
}
