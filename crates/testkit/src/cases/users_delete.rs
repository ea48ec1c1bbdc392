//! Erasing users.

use tenantry_domain::{
    Entity, Instance, Revision, RoleKey, User, UserId, UserPatch, ceql::Filter, page::Count,
};

use super::given::{Refusal, around, refusal};
use crate::{
    Fresh,
    samples::{self, START, caller, change, change_at, email},
};

pub async fn an_erased_user_is_gone(fresh: Fresh) {
    let (user, _) = frodo(&fresh).await;
    let scope = around(&user);
    let users = &fresh.repositories.users;
    assert!(erase(&fresh, &user).await);
    assert_eq!(users.find(&scope, user.id).await.unwrap(), None);
    let found = users.find_by_email(&scope, &user.email).await.unwrap();
    assert_eq!(found, None);
    let counted = users.count(&scope, &Filter::All, 10).await.unwrap();
    assert_eq!(counted, Count::Exact(1));
    assert!(!erase(&fresh, &user).await);
    let patch = UserPatch::default();
    let updated = users
        .update(&scope, user.id, &patch, None, &change_at(3))
        .await;
    assert_eq!(updated.unwrap(), None);
}

pub async fn the_secrets_of_an_erased_user_authenticate_nobody(fresh: Fresh) {
    let (user, _) = frodo(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let caller = caller("frodo@shire.example", "Shire");
    assert!(
        credentials
            .authenticate(&caller, START)
            .await
            .unwrap()
            .is_some()
    );
    erase(&fresh, &user).await;
    assert_eq!(
        credentials.authenticate(&caller, START).await.unwrap(),
        None
    );
    let scope = around(&user);
    assert_eq!(credentials.password(&scope, user.id).await.unwrap(), None);
    let secret = credentials.user_secret(&scope, user.id).await.unwrap();
    assert_eq!(secret, None);
}

pub async fn the_grants_and_instances_of_an_erased_user_are_gone(fresh: Fresh) {
    let (user, instance) = frodo(&fresh).await;
    let scope = around(&user);
    erase(&fresh, &user).await;
    let stores = &fresh.repositories;
    let held = stores.roles.effective(&scope, user.id).await.unwrap();
    assert_eq!(held, None);
    let found = stores.instances.find(&scope, instance.id).await.unwrap();
    assert_eq!(found, None);
    let counted = stores.instances.count(&scope, &Filter::All, 10).await;
    assert_eq!(counted.unwrap(), Count::Exact(0));
}

pub async fn the_email_and_the_secret_of_an_erased_user_are_free(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh.user(&shire.account, "frodo@shire.example").await;
    erase(&fresh, &user).await;
    let draft = samples::user_draft(shire.account.id, "FRODO@shire.example");
    let draft = tenantry_domain::UserDraft {
        secret: samples::secret("tu_frodo@shire.example"),
        ..draft
    };
    let users = &fresh.repositories.users;
    let again = users
        .create(shire.organization.id, &draft, &change())
        .await
        .unwrap();
    assert_ne!(again.id, user.id);
    assert_eq!(again.email, email("frodo@shire.example"));
    let credentials = &fresh.repositories.credentials;
    let caller = caller("frodo@shire.example", "Shire");
    let identity = credentials.authenticate(&caller, START).await.unwrap();
    assert_eq!(identity.unwrap().identity.user_id, again.id);
}

pub async fn erasing_one_user_leaves_the_others(fresh: Fresh) {
    let (user, _) = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let sam = fresh.user(&gondor.account, "sam@gondor.example").await;
    let instance = fresh.instance(&sam, "hubspot", "CRM").await;
    erase(&fresh, &user).await;
    assert_eq!(fresh.reread(&sam).await.as_ref(), Some(&sam));
    let instances = &fresh.repositories.instances;
    let found = instances.find(&around(&sam), instance.id).await.unwrap();
    assert_eq!(found, Some(instance));
    let credentials = &fresh.repositories.credentials;
    let caller = caller("sam@gondor.example", "Gondor");
    assert!(
        credentials
            .authenticate(&caller, START)
            .await
            .unwrap()
            .is_some()
    );
}

pub async fn erasing_another_revision_is_stale(fresh: Fresh) {
    let (user, _) = frodo(&fresh).await;
    let users = &fresh.repositories.users;
    let scope = around(&user);
    let outcome = users
        .delete(&scope, user.id, Some(Revision::new(2)), &change_at(1))
        .await;
    assert_eq!(refusal(outcome), Refusal::Stale(Entity::User));
    assert_eq!(fresh.reread(&user).await, Some(user.clone()));
    let erased = users
        .delete(&scope, user.id, Some(Revision::FIRST), &change_at(1))
        .await;
    assert!(erased.unwrap());
}

pub async fn erasing_an_unknown_user_is_false(fresh: Fresh) {
    let (user, _) = frodo(&fresh).await;
    let before = fresh.log(user.organization_id).await;
    let users = &fresh.repositories.users;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let erased = users
            .delete(
                &around(&user),
                UserId::new(id),
                Some(Revision::FIRST),
                &change_at(1),
            )
            .await;
        assert!(!erased.unwrap(), "{id}");
    }
    assert_eq!(fresh.log(user.organization_id).await, before);
}

/// Frodo of the Shire, with a grant, a password and an instance.
async fn frodo(fresh: &Fresh) -> (User, Instance) {
    let shire = fresh.organization("Shire").await;
    let user = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.roles = vec![RoleKey::Admin];
            draft.password = Some(samples::password_hash("s3cret"));
        })
        .await;
    let instance = fresh.instance(&user, "hubspot", "CRM").await;
    (user, instance)
}

async fn erase(fresh: &Fresh, user: &User) -> bool {
    let users = &fresh.repositories.users;
    users
        .delete(&around(user), user.id, None, &change_at(2))
        .await
        .unwrap()
}
