//! An organization never loses its last active user who has `org-admin` directly.

use tenantry_domain::{RoleKey, User, UserPatch, ports::Revocation};

use super::given::{Refusal, around, refusal};
use crate::{
    Fresh,
    samples::{self, change_at, name},
};

pub async fn the_last_administrator_cannot_be_erased(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    let before = fresh.log(admin.organization_id).await;
    let users = &fresh.repositories.users;
    let outcome = users
        .delete(&around(&admin), admin.id, None, &change_at(1))
        .await;
    assert_eq!(refusal(outcome), Refusal::LastAdministrator);
    assert_eq!(fresh.reread(&admin).await.as_ref(), Some(&admin));
    assert_eq!(fresh.log(admin.organization_id).await, before);
}

pub async fn the_last_administrator_cannot_be_deactivated(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    let before = fresh.log(admin.organization_id).await;
    let outcome = update(&fresh, &admin, deactivation()).await;
    assert_eq!(refusal(outcome), Refusal::LastAdministrator);
    assert_eq!(fresh.reread(&admin).await.as_ref(), Some(&admin));
    assert_eq!(fresh.log(admin.organization_id).await, before);
}

pub async fn the_last_administrator_cannot_lose_the_role_by_an_update(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    for roles in [vec![], vec![RoleKey::Admin]] {
        let patch = UserPatch {
            roles: Some(roles),
            ..UserPatch::default()
        };
        let outcome = update(&fresh, &admin, patch).await;
        assert_eq!(refusal(outcome), Refusal::LastAdministrator);
    }
    assert_eq!(fresh.reread(&admin).await.as_ref(), Some(&admin));
    assert!(administrates(&fresh, &admin).await);
}

pub async fn the_last_administrator_cannot_lose_the_role_by_revocation(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    let roles = &fresh.repositories.roles;
    let outcome = roles
        .revoke(
            &around(&admin),
            admin.id,
            RoleKey::OrgAdmin,
            None,
            &change_at(1),
        )
        .await;
    assert_eq!(refusal(outcome), Refusal::LastAdministrator);
    assert_eq!(fresh.reread(&admin).await.as_ref(), Some(&admin));
    assert!(administrates(&fresh, &admin).await);
}

pub async fn everything_else_about_the_last_administrator_can_change(fresh: Fresh) {
    let admin = fresh.organization("Shire").await.admin;
    let patch = UserPatch {
        first_name: Some(name("Bilbo")),
        active: Some(true),
        roles: Some(vec![RoleKey::Admin, RoleKey::OrgAdmin]),
        discard_instances: true,
        ..UserPatch::default()
    };
    let updated = update(&fresh, &admin, patch).await.unwrap().unwrap();
    assert_eq!(updated.first_name, name("Bilbo"));
    let roles = &fresh.repositories.roles;
    let revoked = roles
        .revoke(
            &around(&admin),
            admin.id,
            RoleKey::Admin,
            None,
            &change_at(2),
        )
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));
    assert!(administrates(&fresh, &admin).await);
}

pub async fn one_of_two_administrators_can_go(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let users = &fresh.repositories.users;
    let roles = &fresh.repositories.roles;

    let second = administrator(&fresh, &shire.account, "a@shire.example").await;
    let scope = around(&second);
    let erased = users.delete(&scope, second.id, None, &change_at(1)).await;
    assert!(erased.unwrap());

    let second = administrator(&fresh, &shire.account, "b@shire.example").await;
    let updated = update(&fresh, &second, deactivation()).await;
    assert!(!updated.unwrap().unwrap().active);

    let second = administrator(&fresh, &shire.account, "c@shire.example").await;
    let revoked = roles
        .revoke(&scope, second.id, RoleKey::OrgAdmin, None, &change_at(1))
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));

    let second = administrator(&fresh, &shire.account, "d@shire.example").await;
    let patch = UserPatch {
        roles: Some(vec![]),
        ..UserPatch::default()
    };
    update(&fresh, &second, patch).await.unwrap();
    assert!(!administrates(&fresh, &second).await);

    let outcome = users
        .delete(&scope, shire.admin.id, None, &change_at(2))
        .await;
    assert_eq!(refusal(outcome), Refusal::LastAdministrator);
}

pub async fn an_inactive_administrator_does_not_count(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let users = &fresh.repositories.users;
    let second = administrator(&fresh, &shire.account, "a@shire.example").await;
    update(&fresh, &second, deactivation()).await.unwrap();
    let outcome = update(&fresh, &shire.admin, deactivation()).await;
    assert_eq!(refusal(outcome), Refusal::LastAdministrator);
    // Nor is it protected.
    let erased = users
        .delete(&around(&second), second.id, None, &change_at(2))
        .await;
    assert!(erased.unwrap());
}

pub async fn an_administrator_of_another_organization_does_not_count(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.admin;
    fresh.organization("Gondor").await;
    let outcome = update(&fresh, &shire, deactivation()).await;
    assert_eq!(refusal(outcome), Refusal::LastAdministrator);
}

pub async fn a_user_without_the_role_can_always_go(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
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
    assert_eq!(revoked.unwrap(), Some(Revocation::NotGranted));
    let updated = update(&fresh, &frodo, deactivation()).await;
    assert!(!updated.unwrap().unwrap().active);
    let users = &fresh.repositories.users;
    let erased = users
        .delete(&around(&frodo), frodo.id, None, &change_at(2))
        .await;
    assert!(erased.unwrap());
}

fn deactivation() -> UserPatch {
    UserPatch {
        active: Some(false),
        ..UserPatch::default()
    }
}

async fn administrator(fresh: &Fresh, account: &tenantry_domain::Account, email: &str) -> User {
    fresh
        .user_with(account, email, |draft| {
            draft.roles = vec![RoleKey::OrgAdmin];
            draft.secret = samples::secret(email);
        })
        .await
}

async fn update(
    fresh: &Fresh,
    user: &User,
    patch: UserPatch,
) -> Result<Option<User>, tenantry_domain::ports::RepositoryError> {
    let users = &fresh.repositories.users;
    users
        .update(&around(user), user.id, &patch, None, &change_at(1))
        .await
}

async fn administrates(fresh: &Fresh, user: &User) -> bool {
    let roles = &fresh.repositories.roles;
    let held = roles.effective(&around(user), user.id).await;
    let held = held.unwrap().unwrap();
    held.iter()
        .any(|held| held.direct && held.role.key == RoleKey::OrgAdmin)
}
