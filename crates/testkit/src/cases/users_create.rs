//! Creating users.

use tenantry_domain::{
    AccountId, Change, Entity, OrganizationId, PasswordState, Profile, Revision, RoleKey, User,
    UserDraft,
};
use time::Duration;

use super::given::{Refusal, around, refusal, whole};
use crate::{
    Fresh,
    samples::{self, START, change, email, name, password_hash, secret},
};

pub async fn a_new_user_is_answered_and_found_again(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let draft = UserDraft {
        profile: samples::full_profile(),
        ..samples::user_draft(shire.account.id, "Frodo@Shire.example")
    };
    let users = &fresh.repositories.users;
    let user = users.create(id, &draft, &change()).await.unwrap();
    assert_eq!(
        user,
        User {
            id: user.id,
            organization_id: id,
            account_id: shire.account.id,
            email: email("Frodo@Shire.example"),
            first_name: name("Frodo"),
            last_name: name("Baggins"),
            active: true,
            profile: samples::full_profile(),
            password: PasswordState::Absent,
            locked_until: None,
            last_login_at: None,
            created_at: START,
            updated_at: START,
            revision: Revision::FIRST,
        }
    );
    // Addresses that differ in case are equal, so the text is compared too.
    assert_eq!(user.email.as_str(), "Frodo@Shire.example");
    let found = fresh.reread(&user).await.unwrap();
    assert_eq!(found.email.as_str(), "Frodo@Shire.example");
    assert_eq!(found, user);
}

pub async fn a_user_without_anything_optional_has_nothing_optional(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh.user(&shire.account, "frodo@shire.example").await;
    assert_eq!(user.profile, Profile::default());
    let found = fresh.reread(&user).await.unwrap();
    assert_eq!(found.profile, Profile::default());
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&user), user.id).await;
    let stored = stored.unwrap().unwrap();
    assert_eq!(
        (stored.hash, stored.locked_until, stored.failures),
        (None, None, 0)
    );
}

pub async fn a_user_with_a_password_has_it_since_then(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.password = Some(password_hash("s3cret"));
        })
        .await;
    let set = PasswordState::Set {
        changed_at: START,
        must_change: false,
    };
    assert_eq!(user.password, set);
    assert_eq!(fresh.reread(&user).await.unwrap().password, set);
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&user), user.id).await;
    let hash = stored.unwrap().unwrap().hash;
    assert_eq!(hash, Some(password_hash("s3cret")));
}

pub async fn a_user_can_be_created_inactive(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.active = false;
        })
        .await;
    assert!(!user.active);
    assert!(!fresh.reread(&user).await.unwrap().active);
}

pub async fn an_email_in_use_conflicts_whatever_its_case(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let users = &fresh.repositories.users;
    for taken in [
        "frodo@shire.example",
        "Ärwen@shire.example",
        "ΟΔΥΣΣΕΥΣ@shire.example",
        "İlk@shire.example",
    ] {
        fresh.user(&shire.account, taken).await;
    }
    let before = (users_of(&fresh, id).await, fresh.log(id).await.len());
    for address in [
        "frodo@shire.example",
        "FRODO@SHIRE.EXAMPLE",
        "frodO@shire.eXample",
        "ärwen@shire.example",
        "οδυσσευσ@shire.example",
        "i̇lk@SHIRE.example",
        "admin@shire.example",
    ] {
        let draft = UserDraft {
            secret: secret(&format!("tu_other_{address}")),
            ..samples::user_draft(shire.account.id, address)
        };
        let outcome = users.create(id, &draft, &change()).await;
        let expected = Refusal::Conflict(Entity::User, "email");
        assert_eq!(refusal(outcome), expected, "{address}");
    }
    let after = (users_of(&fresh, id).await, fresh.log(id).await.len());
    assert_eq!(after, before);
}

pub async fn emails_that_differ_in_more_than_case_are_different(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    for address in [
        "a@shire.example",
        "ä@shire.example",
        "á@shire.example",
        "i@shire.example",
        "ı@shire.example",
        "ß@shire.example",
        "ss@shire.example",
        "σ@shire.example",
        "ς@shire.example",
        "e\u{301}@shire.example",
        "é@shire.example",
    ] {
        let user = fresh.user(&shire.account, address).await;
        assert_eq!(user.email.as_str(), address);
    }
}

pub async fn an_email_of_another_organization_conflicts_too(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let gondor = fresh.organization("Gondor").await;
    fresh.user(&shire.account, "frodo@shire.example").await;
    let draft = UserDraft {
        secret: secret("tu_other"),
        ..samples::user_draft(gondor.account.id, "Frodo@Shire.example")
    };
    let users = &fresh.repositories.users;
    let outcome = users
        .create(gondor.organization.id, &draft, &change())
        .await;
    assert_eq!(refusal(outcome), Refusal::Conflict(Entity::User, "email"));
}

pub async fn an_account_that_is_not_the_organizations_conflicts(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let gondor = fresh.organization("Gondor").await;
    let id = shire.organization.id;
    let users = &fresh.repositories.users;
    for account in [
        gondor.account.id,
        AccountId::new(4711),
        AccountId::new(0),
        AccountId::new(i64::MAX),
    ] {
        let draft = samples::user_draft(account, "frodo@shire.example");
        let outcome = users.create(id, &draft, &change()).await;
        let expected = Refusal::Conflict(Entity::Account, "id");
        assert_eq!(refusal(outcome), expected, "{account}");
    }
    let draft = samples::user_draft(shire.account.id, "frodo@shire.example");
    let nowhere = OrganizationId::new(4711);
    let outcome = users.create(nowhere, &draft, &change()).await;
    assert_eq!(refusal(outcome), Refusal::Conflict(Entity::Account, "id"));
    assert_eq!(fresh.log(id).await.len(), 3);
    assert_eq!(fresh.log(gondor.organization.id).await.len(), 3);
}

pub async fn roles_are_granted_with_the_user(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.roles = vec![RoleKey::Admin, RoleKey::OrgAdmin];
        })
        .await;
    assert_eq!(user.revision, Revision::FIRST);
    let roles = &fresh.repositories.roles;
    let held = roles.effective(&around(&user), user.id).await;
    let held: Vec<_> = held
        .unwrap()
        .unwrap()
        .iter()
        .map(|held| (held.role.key, held.direct))
        .collect();
    assert_eq!(
        held,
        [
            (RoleKey::OrgAdmin, true),
            (RoleKey::Admin, true),
            (RoleKey::Org, false)
        ]
    );
}

pub async fn the_roles_that_a_user_is_created_with_are_answered(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let bree = fresh.account(id, "Bree").await;
    let (users, roles) = (&fresh.repositories.users, &fresh.repositories.roles);
    let (scope, change_of) = (whole(id), change());
    let granted = roles.grant_to_account(&scope, bree.id, RoleKey::Admin, None, &change_of);
    granted.await.unwrap().unwrap();
    for (account, address, asked) in [
        (shire.account.id, "frodo@shire.example", vec![]),
        (
            shire.account.id,
            "sam@shire.example",
            vec![RoleKey::Admin, RoleKey::OrgAdmin],
        ),
        (bree.id, "nob@bree.example", vec![]),
        (bree.id, "bob@bree.example", vec![RoleKey::Admin]),
    ] {
        let draft = UserDraft {
            roles: asked,
            secret: secret(&format!("tu_{address}")),
            ..samples::user_draft(account, address)
        };
        let created = users.create_with_roles(id, &draft, &change()).await;
        let created = created.unwrap();
        let user = created.user;
        assert_eq!(fresh.reread(&user).await.as_ref(), Some(&user));
        let held = roles.effective(&around(&user), user.id).await;
        let held = held.unwrap().unwrap();
        assert_eq!(created.roles.unwrap_or_else(|| held.clone()), held);
    }
    let taken = samples::user_draft(bree.id, "Nob@bree.example");
    let outcome = users.create_with_roles(id, &taken, &change()).await;
    assert_eq!(refusal(outcome), Refusal::Conflict(Entity::User, "email"));
}

pub async fn instants_are_kept_to_the_microsecond(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    for (address, micros) in [
        ("a@shire.example", 1),
        ("b@shire.example", 123_456),
        ("c@shire.example", 999_999),
    ] {
        let at = START + Duration::microseconds(micros);
        let change = Change { at, ..change() };
        let draft = samples::user_draft(shire.account.id, address);
        let users = &fresh.repositories.users;
        let user = users
            .create(shire.organization.id, &draft, &change)
            .await
            .unwrap();
        assert_eq!((user.created_at, user.updated_at), (at, at));
        assert_eq!(fresh.reread(&user).await, Some(user));
    }
}

pub async fn the_number_of_an_erased_user_is_never_used_again(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let users = &fresh.repositories.users;
    let mut last = shire.admin.id;
    for _ in 0..3 {
        let user = fresh.user(&shire.account, "frodo@shire.example").await;
        assert!(user.id > last, "{:?} after {last:?}", user.id);
        last = user.id;
        let erased = users.delete(&around(&user), user.id, None, &change()).await;
        assert!(erased.unwrap());
    }
}

async fn users_of(fresh: &Fresh, id: OrganizationId) -> tenantry_domain::page::Count {
    let users = &fresh.repositories.users;
    let all = tenantry_domain::ceql::Filter::All;
    users.count(&whole(id), &all, 1000).await.unwrap()
}
