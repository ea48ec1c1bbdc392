//! Finding one user.

use tenantry_domain::{OrganizationId, RoleKey, Scope, UserId};

use super::given::whole;
use crate::{
    Fresh,
    samples::{change, email},
};

pub async fn an_unknown_user_is_none(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let users = &fresh.repositories.users;
    let scope = whole(shire.organization.id);
    for id in [i64::MIN, -1, 0, 1, 4711, i64::MAX] {
        let found = users.find(&scope, UserId::new(id)).await.unwrap();
        assert_eq!(found, None, "{id}");
    }
    let nowhere = whole(OrganizationId::new(4711));
    assert_eq!(users.find(&nowhere, shire.admin.id).await.unwrap(), None);
}

pub async fn inactive_users_are_found(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.active = false;
        })
        .await;
    let users = &fresh.repositories.users;
    let scope = whole(shire.organization.id);
    let found = users.find(&scope, user.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&user));
    let found = users.find_by_email(&scope, &user.email).await.unwrap();
    assert_eq!(found, Some(user));
}

pub async fn an_email_is_found_whatever_its_case(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let users = &fresh.repositories.users;
    let scope = whole(shire.organization.id);
    for (created, asked) in [
        ("Frodo@Shire.example", "fRODO@sHIRE.EXAMPLE"),
        ("ärwen@shire.example", "ÄRWEN@shire.example"),
        ("ΟΔΟΣ@shire.example", "οδοσ@shire.example"),
        ("İ@shire.example", "i\u{307}@shire.example"),
        ("100%_\\'\"@shire.example", "100%_\\'\"@SHIRE.example"),
    ] {
        let user = fresh.user(&shire.account, created).await;
        let found = users.find_by_email(&scope, &email(asked)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&user), "{asked}");
        assert_eq!(found.unwrap().email.as_str(), created);
    }
}

pub async fn an_unknown_email_is_none(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await;
    let users = &fresh.repositories.users;
    let scope = whole(shire.organization.id);
    for asked in [
        "sam@shire.example",
        "%@shire.example",
        "frod_@shire.example",
        "frodo@shire.exampl",
        "ﬀrodo@shire.example",
    ] {
        let found = users.find_by_email(&scope, &email(asked)).await.unwrap();
        assert_eq!(found, None, "{asked}");
    }
}

pub async fn an_id_that_was_given_away_stays_known(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let users = &fresh.repositories.users;
    let scope = whole(shire.organization.id);
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await.id;
    for id in [i64::MIN, -1, 0, frodo.get() + 1, i64::MAX] {
        assert!(!users.was_assigned(UserId::new(id)).await.unwrap(), "{id}");
    }
    assert!(users.was_assigned(frodo).await.unwrap());
    assert!(users.delete(&scope, frodo, None, &change()).await.unwrap());
    assert!(
        users.was_assigned(frodo).await.unwrap(),
        "gone, but not new"
    );
}

pub async fn a_user_is_found_with_its_roles(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let bree = fresh.account(id, "Bree").await;
    let nob = fresh
        .user_with(&bree, "nob@bree.example", |draft| {
            draft.roles = vec![RoleKey::Admin];
        })
        .await;
    let sam = fresh.user(&shire.account, "sam@shire.example").await;
    let (users, roles) = (&fresh.repositories.users, &fresh.repositories.roles);
    let (scope, change_of) = (whole(id), change());
    let granted = roles.grant_to_account(&scope, bree.id, RoleKey::Admin, None, &change_of);
    granted.await.unwrap().unwrap();
    for (user, scope) in [
        (&shire.admin, whole(id)),
        (&sam, Scope::user(id, sam.id)),
        (&nob, Scope::account(id, bree.id)),
    ] {
        let held = roles.effective(&scope, user.id).await.unwrap().unwrap();
        let found = users.find_with_roles(&scope, user.id).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.user, fresh.reread(user).await.unwrap());
        assert_eq!(found.roles.unwrap_or_else(|| held.clone()), held);
    }
    for (user, scope) in [
        (sam.id, Scope::account(id, bree.id)),
        (nob.id, Scope::user(id, sam.id)),
        (nob.id, whole(OrganizationId::new(4711))),
        (UserId::new(4711), whole(id)),
    ] {
        let found = users.find_with_roles(&scope, user).await;
        assert_eq!(found.unwrap(), None);
    }
}
