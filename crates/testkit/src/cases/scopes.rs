//! What lies outside of a scope cannot be seen, counted or changed, whatever method is asked.

use tenantry_domain::{
    ConfigurationPatch, ConfigurationText, ConfigurationValue, InstancePatch, NewPassword,
    OrganizationId, RoleKey, Scope, UserPatch,
    ceql::Filter,
    page::{Count, PageRequest, Sort},
    ports::Lockout,
};

use super::{
    given::at,
    world::{World, exactly},
};
use crate::{
    Fresh,
    samples::{
        change_at, login_token, name, password_hash, secret, text, token_caller, verified,
        verified_and_upgraded,
    },
};

pub async fn users_outside_are_not_found(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let users = &fresh.repositories.users;
    for scope in world.outside() {
        let found = users.find(&scope, world.frodo.id).await.unwrap();
        assert_eq!(found, None, "{scope:?}");
        let found = users.find_by_email(&scope, &world.frodo.email).await;
        assert_eq!(found.unwrap(), None, "{scope:?}");
    }
    for scope in world.inside() {
        let found = users.find(&scope, world.frodo.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&world.frodo), "{scope:?}");
        let found = users.find_by_email(&scope, &world.frodo.email).await;
        assert_eq!(found.unwrap().as_ref(), Some(&world.frodo), "{scope:?}");
    }
}

pub async fn users_outside_are_neither_listed_nor_counted(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let users = &fresh.repositories.users;
    for (scope, expected) in world.users_by_scope() {
        let listed = fresh.users(&scope, &Filter::All, &Sort::by_id()).await;
        let ids: Vec<_> = listed.iter().map(|user| user.id).collect();
        assert_eq!(ids, expected, "{scope:?}");
        let counted = users.count(&scope, &Filter::All, 100).await.unwrap();
        assert_eq!(counted, exactly(expected.len()), "{scope:?}");
    }
}

pub async fn users_outside_are_not_found_by_any_filter(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let users = &fresh.repositories.users;
    let anybody: Filter<_> = super::given::filter(
        "email LIKE '%' OR id > 0 OR accountId > 0 OR NOT (city = 'x') OR elementKey IS NOT NULL \
         OR instanceId > 0",
    );
    for (scope, expected) in world.users_by_scope() {
        let counted = users.count(&scope, &anybody, 100).await.unwrap();
        assert_eq!(counted, exactly(expected.len()), "{scope:?}");
        let listed = fresh.users(&scope, &anybody, &Sort::by_id()).await;
        assert_eq!(listed.len(), expected.len(), "{scope:?}");
    }
}

pub async fn users_outside_cannot_be_updated(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let users = &fresh.repositories.users;
    let patch = UserPatch {
        first_name: Some(name("Gollum")),
        active: Some(false),
        roles: Some(vec![RoleKey::OrgAdmin]),
        discard_instances: true,
        ..UserPatch::default()
    };
    for scope in world.outside() {
        let updated = users
            .update(&scope, world.frodo.id, &patch, None, &change_at(1))
            .await;
        assert_eq!(updated.unwrap(), None, "{scope:?}");
    }
    world.is_untouched(&fresh).await;
    for scope in world.inside() {
        let patch = UserPatch::default();
        let updated = users
            .update(&scope, world.frodo.id, &patch, None, &change_at(1))
            .await;
        assert!(updated.unwrap().is_some(), "{scope:?}");
    }
}

pub async fn users_outside_cannot_be_erased(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let users = &fresh.repositories.users;
    for scope in world.outside() {
        let erased = users
            .delete(&scope, world.frodo.id, None, &change_at(1))
            .await;
        assert!(!erased.unwrap(), "{scope:?}");
    }
    world.is_untouched(&fresh).await;
    let own = Scope::user(world.id(), world.frodo.id);
    let erased = users
        .delete(&own, world.frodo.id, None, &change_at(1))
        .await;
    assert!(erased.unwrap());
}

pub async fn roles_of_users_outside_can_neither_be_seen_nor_changed(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let roles = &fresh.repositories.roles;
    let id = world.frodo.id;
    for scope in world.outside() {
        let held = roles.effective(&scope, id).await.unwrap();
        assert_eq!(held, None, "{scope:?}");
        let granted = roles
            .grant(&scope, id, RoleKey::OrgAdmin, None, &change_at(1))
            .await;
        assert_eq!(granted.unwrap(), None, "{scope:?}");
        let revoked = roles
            .revoke(&scope, id, RoleKey::Admin, None, &change_at(1))
            .await;
        assert_eq!(revoked.unwrap(), None, "{scope:?}");
    }
    world.is_untouched(&fresh).await;
    for scope in world.inside() {
        let held = roles.effective(&scope, id).await.unwrap();
        assert_eq!(held.unwrap().len(), 2, "{scope:?}");
        let granted = roles
            .grant(&scope, id, RoleKey::OrgAdmin, None, &change_at(1))
            .await;
        assert!(granted.unwrap().is_some(), "{scope:?}");
        let revoked = roles
            .revoke(&scope, id, RoleKey::OrgAdmin, None, &change_at(1))
            .await;
        assert!(revoked.unwrap().is_some(), "{scope:?}");
    }
}

pub async fn credentials_of_users_outside_can_neither_be_seen_nor_changed(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let id = world.frodo.id;
    let lockout = Lockout {
        after: 1,
        ..Lockout::STANDARD
    };
    let right = verified_and_upgraded("s3cret");
    for scope in world.outside() {
        let stored = credentials.password(&scope, id).await.unwrap();
        assert_eq!(stored, None, "{scope:?}");
        let secret = credentials.user_secret(&scope, id).await.unwrap();
        assert_eq!(secret, None, "{scope:?}");
        let failed = credentials
            .password_failed(&scope, id, &lockout, &change_at(1))
            .await;
        failed.unwrap();
        let succeeded = credentials.password_succeeded(&scope, id, &right).await;
        succeeded.unwrap();
    }
    world.is_untouched(&fresh).await;
    for scope in world.inside() {
        let stored = credentials.password(&scope, id).await.unwrap().unwrap();
        assert_eq!(stored.hash, Some(password_hash("s3cret")), "{scope:?}");
        let secret = credentials.user_secret(&scope, id).await.unwrap();
        assert!(secret.is_some(), "{scope:?}");
    }
}

pub async fn users_outside_cannot_be_logged_in(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let id = world.frodo.id;
    let right = verified_and_upgraded("s3cret");
    for (number, scope) in (0..).zip(world.outside()) {
        let text = format!("tl_{number}");
        let (token, change) = (login_token(&text, 100), change_at(1));
        let outcome = credentials
            .log_in(&scope, id, &token, &right, &change)
            .await;
        assert_eq!(outcome.unwrap(), None, "{scope:?}");
        assert!(!fresh.knows(&token_caller(&text), 1).await, "{scope:?}");
    }
    world.is_untouched(&fresh).await;
    for (number, scope) in (0..).zip(world.inside()) {
        let text = format!("tl_{number}");
        let (token, change) = (login_token(&text, 100), change_at(1));
        let outcome = credentials
            .log_in(&scope, id, &token, &verified("s3cret"), &change)
            .await;
        assert_eq!(outcome.unwrap().unwrap().id, id, "{scope:?}");
        assert!(fresh.knows(&token_caller(&text), 1).await, "{scope:?}");
    }
}

pub async fn former_passwords_of_users_outside_are_not_seen(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let patch = UserPatch {
        password: Some(NewPassword {
            hash: password_hash("n3w"),
            must_change: false,
            remember: 3,
            keep_token: None,
        }),
        ..UserPatch::default()
    };
    fresh.update(&world.frodo, &patch, 1).await;
    for scope in world.outside() {
        let former = credentials.former_passwords(&scope, world.frodo.id, 9);
        assert_eq!(former.await.unwrap(), [], "{scope:?}");
    }
    for scope in world.inside() {
        let former = credentials.former_passwords(&scope, world.frodo.id, 9);
        let expected = [password_hash("s3cret")];
        assert_eq!(former.await.unwrap(), expected, "{scope:?}");
    }
}

pub async fn secrets_of_users_outside_cannot_be_replaced(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let id = world.frodo.id;
    let stolen = secret("tu_stolen");
    for scope in world.outside() {
        for until in [None, Some(at(100))] {
            let replaced = credentials
                .replace_user_secret(&scope, id, &stolen, until, &change_at(1))
                .await;
            assert!(!replaced.unwrap(), "{scope:?}");
        }
    }
    world.is_untouched(&fresh).await;
    for (number, scope) in (0..).zip(world.inside()) {
        let new = secret(&format!("tu_{number}"));
        let replaced = credentials
            .replace_user_secret(&scope, id, &new, None, &change_at(1))
            .await;
        assert!(replaced.unwrap(), "{scope:?}");
        let present = credentials.user_secret(&scope, id).await.unwrap();
        assert_eq!(present, Some(new), "{scope:?}");
    }
}

pub async fn instances_outside_cannot_be_updated(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let instances = &fresh.repositories.instances;
    let id = world.instance.id;
    let value = ConfigurationText::parse("https://mordor.example").unwrap();
    let patch = InstancePatch {
        name: Some(name("0wned")),
        tags: Some(vec![text("0wned")]),
        configuration: ConfigurationPatch {
            set: vec![(text("url"), ConfigurationValue::Clear(value))],
            keep: Some(vec![]),
        },
        disabled: Some(true),
        ..InstancePatch::default()
    };
    for scope in world.outside() {
        let outcome = instances
            .update(&scope, id, &patch, None, &change_at(1))
            .await;
        assert_eq!(outcome.unwrap(), None, "{scope:?}");
    }
    world.is_untouched(&fresh).await;
    for scope in world.inside() {
        let updated = instances
            .update(&scope, id, &patch, None, &change_at(1))
            .await;
        assert_eq!(updated.unwrap().unwrap().name, name("0wned"), "{scope:?}");
    }
}

pub async fn accounts_outside_are_not_seen(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let accounts = &fresh.repositories.accounts;
    let (id, other) = (world.id(), world.gondor.organization.id);
    let (default, bree) = (world.shire.account.id, world.bree.id);
    for (scope, expected) in [
        (Scope::organization(id), vec![default, bree]),
        (Scope::account(id, bree), vec![bree]),
        (Scope::account(id, default), vec![default]),
        (Scope::user(id, world.frodo.id), vec![bree]),
        (Scope::user(id, world.shire.admin.id), vec![default]),
        (Scope::user(id, world.gondor.admin.id), vec![]),
        (Scope::account(id, world.gondor.account.id), vec![]),
        (Scope::organization(other), vec![world.gondor.account.id]),
        (Scope::account(other, bree), vec![]),
        (Scope::user(other, world.frodo.id), vec![]),
    ] {
        for account in [default, bree, world.gondor.account.id] {
            let found = accounts.find(&scope, account).await.unwrap();
            assert_eq!(found.is_some(), expected.contains(&account), "{scope:?}");
        }
        let request = PageRequest::first(100);
        let listed = accounts
            .list(&scope, &Filter::All, &Sort::by_id(), &request)
            .await;
        let ids: Vec<_> = listed.unwrap().items.iter().map(|own| own.id).collect();
        assert_eq!(ids, expected, "{scope:?}");
        let counted = accounts.count(&scope, &Filter::All, 100).await.unwrap();
        assert_eq!(counted, exactly(expected.len()), "{scope:?}");
    }
}

pub async fn instances_outside_can_neither_be_seen_nor_erased(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let instances = &fresh.repositories.instances;
    let own = world.instance.id;
    for scope in world.outside() {
        let found = instances.find(&scope, own).await.unwrap();
        assert_eq!(found, None, "{scope:?}");
        let request = PageRequest::first(100);
        let listed = instances
            .list(&scope, &Filter::All, &Sort::by_id(), &request)
            .await
            .unwrap();
        assert!(
            listed.items.iter().all(|found| found.id != own),
            "{scope:?}"
        );
        let narrow = super::given::filter(&format!("id = {own}"));
        let counted = instances.count(&scope, &narrow, 9).await.unwrap();
        assert_eq!(counted, Count::Exact(0), "{scope:?}");
        let erased = instances.delete(&scope, own, None, &change_at(1)).await;
        assert!(!erased.unwrap(), "{scope:?}");
    }
    world.is_untouched(&fresh).await;
    for scope in world.inside() {
        let found = instances.find(&scope, own).await.unwrap();
        assert_eq!(found.as_ref(), Some(&world.instance), "{scope:?}");
        let counted = instances.count(&scope, &Filter::All, 9).await.unwrap();
        assert_ne!(counted, Count::Exact(0), "{scope:?}");
    }
    let scope = Scope::user(world.id(), world.frodo.id);
    let erased = instances.delete(&scope, own, None, &change_at(1)).await;
    assert!(erased.unwrap());
}

pub async fn instances_of_others_do_not_connect_a_user(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let jira = super::given::filter("elementKey = 'jira'");
    let scope = Scope::organization(world.gondor.organization.id);
    let users = &fresh.repositories.users;
    let counted = users.count(&scope, &jira, 9).await.unwrap();
    assert_eq!(counted, Count::Exact(0));
    let scope = Scope::organization(world.id());
    let listed = fresh.users(&scope, &jira, &Sort::by_id()).await;
    assert_eq!(listed, [world.frodo]);
}

pub async fn audit_records_outside_are_not_seen(fresh: Fresh) {
    let world = World::new(&fresh).await;
    let own = world.frodo.id.get();
    for scope in world.outside() {
        let log = fresh.log_in(&scope).await;
        assert!(
            log.iter().all(|record| {
                record.organization_id == scope.organization_id()
                    && (record.target != tenantry_domain::Entity::User || record.target_id != own)
            }),
            "{scope:?}"
        );
    }
    let foreign = Scope::user(world.gondor.organization.id, world.frodo.id);
    assert_eq!(fresh.log_in(&foreign).await, []);
    let nowhere = Scope::organization(OrganizationId::new(4711));
    assert_eq!(fresh.log_in(&nowhere).await, []);
    for scope in world.inside() {
        let log = fresh.log_in(&scope).await;
        assert!(
            log.iter().any(|record| record.target_id == own),
            "{scope:?}"
        );
    }
}
