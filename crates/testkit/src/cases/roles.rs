//! Roles, and who has them.

use tenantry_domain::{
    EffectiveRole, Entity, OrganizationId, PrivilegeSet, Revision, RoleKey, User, UserId,
    ports::Revocation,
};

use super::given::{Refusal, around, refusal};
use crate::{
    Fresh,
    samples::{self, change, change_at},
};

pub async fn an_organization_has_its_four_roles_in_order(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let listed = fresh.repositories.roles.list(shire.id).await.unwrap();
    let keys: Vec<_> = listed.iter().map(|role| role.key).collect();
    assert_eq!(keys, RoleKey::OF_AN_ORGANIZATION);
    for role in &listed {
        assert_eq!(role.organization_id, shire.id);
        assert_eq!(role.name, role.key.name());
        assert_eq!(role.description, role.key.description());
        assert_eq!(role.privileges, role.key.default_privileges());
    }
    assert!(listed.is_sorted_by(|left, right| left.id < right.id));
}

pub async fn the_system_organization_has_sys_admin_besides(fresh: Fresh) {
    let draft = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    let created = organizations.create(&draft, &change()).await.unwrap();
    let listed = fresh.repositories.roles.list(created.organization.id).await;
    let listed = listed.unwrap();
    let keys: Vec<_> = listed.iter().map(|role| role.key).collect();
    assert_eq!(keys[..4], *RoleKey::OF_AN_ORGANIZATION);
    assert_eq!(keys[4..], [RoleKey::SysAdmin]);
    assert_eq!(listed[4].privileges, RoleKey::SysAdmin.default_privileges());
}

pub async fn every_organization_has_roles_of_its_own(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    let gondor = fresh.organization("Gondor").await.organization;
    let roles = &fresh.repositories.roles;
    let ours = roles.list(shire.id).await.unwrap();
    let theirs = roles.list(gondor.id).await.unwrap();
    assert_eq!((ours.len(), theirs.len()), (4, 4));
    assert!(
        ours.iter()
            .all(|our| theirs.iter().all(|their| our.id != their.id))
    );
    let nobodys = roles.list(OrganizationId::new(4711)).await.unwrap();
    assert_eq!(nobodys, []);
}

pub async fn users_of_the_default_account_have_org_by_system(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let role = role(&fresh, frodo.organization_id, RoleKey::Org).await;
    assert_eq!(
        effective(&fresh, &frodo).await,
        [EffectiveRole {
            role,
            direct: false,
            through_account: false,
            by_system: true
        }]
    );
}

pub async fn users_of_other_accounts_have_default_user_by_system(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    let role = role(&fresh, sam.organization_id, RoleKey::DefaultUser).await;
    assert_eq!(
        effective(&fresh, &sam).await,
        [EffectiveRole {
            role,
            direct: false,
            through_account: false,
            by_system: true
        }]
    );
}

pub async fn one_role_can_come_from_several_places(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let roles = &fresh.repositories.roles;
    for key in [RoleKey::Org, RoleKey::DefaultUser, RoleKey::Admin] {
        let granted = roles
            .grant(&around(&frodo), frodo.id, key, None, &change_at(1))
            .await;
        assert_eq!(granted.unwrap().unwrap().key, key);
    }
    let held: Vec<_> = effective(&fresh, &frodo)
        .await
        .iter()
        .map(|held| (held.role.key, held.direct, held.by_system))
        .collect();
    assert_eq!(
        held,
        [
            (RoleKey::Admin, true, false),
            (RoleKey::Org, true, true),
            (RoleKey::DefaultUser, true, false),
        ]
    );
}

pub async fn granting_at_another_revision_is_stale(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let (roles, scope) = (&fresh.repositories.roles, around(&frodo));
    let (first, second) = (Some(frodo.revision), Some(frodo.revision.next()));
    let granted = roles
        .grant(&scope, frodo.id, RoleKey::Admin, second, &change_at(1))
        .await;
    assert_eq!(refusal(granted), Refusal::Stale(Entity::User));
    let nobody = UserId::new(-1);
    let missing = roles
        .grant(&scope, nobody, RoleKey::Admin, first, &change_at(1))
        .await;
    assert_eq!(missing.unwrap(), None);
    let granted = roles
        .grant(&scope, frodo.id, RoleKey::Admin, first, &change_at(1))
        .await;
    assert_eq!(granted.unwrap().unwrap().key, RoleKey::Admin);
    // What it was when the caller looked comes before what became of it.
    let again = roles
        .grant(&scope, frodo.id, RoleKey::Admin, first, &change_at(1))
        .await;
    assert_eq!(refusal(again), Refusal::Stale(Entity::User));
    for role in [RoleKey::Admin, RoleKey::OrgAdmin] {
        let revoked = roles
            .revoke(&scope, frodo.id, role, first, &change_at(1))
            .await;
        assert_eq!(refusal(revoked), Refusal::Stale(Entity::User));
    }
    let revoked = roles
        .revoke(&scope, frodo.id, RoleKey::Admin, second, &change_at(1))
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));
}

pub async fn a_granted_role_is_answered_and_counts_as_a_write(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let roles = &fresh.repositories.roles;
    let granted = roles
        .grant(
            &around(&frodo),
            frodo.id,
            RoleKey::Admin,
            None,
            &change_at(1),
        )
        .await;
    let admin = role(&fresh, frodo.organization_id, RoleKey::Admin).await;
    assert_eq!(granted.unwrap(), Some(admin));
    let expected = User {
        updated_at: change_at(1).at,
        revision: Revision::new(2),
        ..frodo.clone()
    };
    assert_eq!(fresh.reread(&frodo).await, Some(expected));
}

pub async fn a_role_granted_already_conflicts(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let roles = &fresh.repositories.roles;
    let admin = shire.admin;
    let outcome = roles
        .grant(
            &around(&admin),
            admin.id,
            RoleKey::OrgAdmin,
            None,
            &change_at(1),
        )
        .await;
    assert_eq!(refusal(outcome), Refusal::Conflict(Entity::Role, "key"));
    assert_eq!(fresh.reread(&admin).await.as_ref(), Some(&admin));
    assert_eq!(fresh.log(admin.organization_id).await.len(), 3);
}

pub async fn a_role_that_the_organization_does_not_have_is_none(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    let system = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    organizations.create(&system, &change()).await.unwrap();
    let roles = &fresh.repositories.roles;
    let granted = roles
        .grant(
            &around(&admin),
            admin.id,
            RoleKey::SysAdmin,
            None,
            &change_at(1),
        )
        .await;
    assert_eq!(granted.unwrap(), None);
    assert_eq!(fresh.reread(&admin).await, Some(admin));
}

pub async fn roles_of_an_unknown_user_are_none(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    let roles = &fresh.repositories.roles;
    let scope = around(&admin);
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let id = UserId::new(id);
        assert_eq!(roles.effective(&scope, id).await.unwrap(), None);
        let granted = roles
            .grant(&scope, id, RoleKey::Admin, None, &change_at(1))
            .await;
        assert_eq!(granted.unwrap(), None);
        let revoked = roles
            .revoke(&scope, id, RoleKey::Admin, None, &change_at(1))
            .await;
        assert_eq!(revoked.unwrap(), None);
    }
}

pub async fn a_revoked_role_is_gone_and_counts_as_a_write(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.roles = vec![RoleKey::Admin, RoleKey::OrgAdmin];
        })
        .await;
    let roles = &fresh.repositories.roles;
    let revoked = roles
        .revoke(
            &around(&frodo),
            frodo.id,
            RoleKey::OrgAdmin,
            None,
            &change_at(1),
        )
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));
    let keys: Vec<_> = effective(&fresh, &frodo)
        .await
        .iter()
        .map(|held| held.role.key)
        .collect();
    assert_eq!(keys, [RoleKey::Admin, RoleKey::Org]);
    let expected = User {
        updated_at: change_at(1).at,
        revision: Revision::new(2),
        ..frodo.clone()
    };
    assert_eq!(fresh.reread(&frodo).await, Some(expected));
}

pub async fn a_role_that_was_not_granted_directly_cannot_be_revoked(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let before = fresh.log(frodo.organization_id).await;
    let roles = &fresh.repositories.roles;
    for key in [RoleKey::Admin, RoleKey::Org, RoleKey::SysAdmin] {
        let revoked = roles
            .revoke(&around(&frodo), frodo.id, key, None, &change_at(1))
            .await;
        assert_eq!(revoked.unwrap(), Some(Revocation::NotGranted), "{key:?}");
    }
    assert_eq!(fresh.reread(&frodo).await, Some(frodo.clone()));
    assert_eq!(fresh.log(frodo.organization_id).await, before);
}

pub async fn grants_come_and_go_with_what_they_allow(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let roles = &fresh.repositories.roles;
    let allowed =
        async || -> PrivilegeSet { EffectiveRole::privileges(&effective(&fresh, &frodo).await) };
    let basic = RoleKey::Org.default_privileges();
    assert_eq!(allowed().await, basic);
    let scope = around(&frodo);
    let granted = roles
        .grant(&scope, frodo.id, RoleKey::OrgAdmin, None, &change_at(1))
        .await;
    granted.unwrap();
    assert_eq!(
        allowed().await,
        basic.union(RoleKey::OrgAdmin.default_privileges())
    );
    let revoked = roles
        .revoke(&scope, frodo.id, RoleKey::OrgAdmin, None, &change_at(2))
        .await;
    revoked.unwrap();
    assert_eq!(allowed().await, basic);
}

async fn effective(fresh: &Fresh, user: &User) -> Vec<EffectiveRole> {
    let roles = &fresh.repositories.roles;
    let held = roles.effective(&around(user), user.id).await;
    held.unwrap().unwrap()
}

async fn role(fresh: &Fresh, organization: OrganizationId, key: RoleKey) -> tenantry_domain::Role {
    let listed = fresh.repositories.roles.list(organization).await.unwrap();
    let found = listed.into_iter().find(|role| role.key == key);
    found.unwrap()
}
