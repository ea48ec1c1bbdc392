//! Changing users.

use tenantry_domain::{
    AuditAction, Entity, NewPassword, PasswordState, Profile, ProfilePatch, Revision, RoleKey,
    Scope, User, UserId, UserPatch, ceql::Filter, page::Count,
};
use time::Duration;

use super::given::{Refusal, around, refusal};
use crate::{
    Fresh,
    samples::{self, START, change_at, email, name, password_hash, text},
};

pub async fn an_update_changes_everything_that_it_names(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let until = START + Duration::hours(1);
    let patch = UserPatch {
        email: Some(email("bilbo@shire.example")),
        first_name: Some(name("Bilbo")),
        last_name: Some(name("Took")),
        active: Some(false),
        profile: ProfilePatch {
            external_id: Some(Some(text("BB-1"))),
            phone: Some(Some(text("1"))),
            street1: Some(Some(text("2"))),
            street2: Some(Some(text("3"))),
            city: Some(Some(text("4"))),
            state_province: Some(Some(text("5"))),
            postal_code: Some(Some(text("6"))),
            country: Some(Some(text("7"))),
        },
        password: Some(NewPassword {
            hash: password_hash("n3w"),
            must_change: true,
            remember: 0,
            keep_token: None,
        }),
        locked_until: Some(Some(until)),
        roles: None,
        discard_instances: false,
    };
    let expected = User {
        email: email("bilbo@shire.example"),
        first_name: name("Bilbo"),
        last_name: name("Took"),
        active: false,
        profile: Profile {
            external_id: Some(text("BB-1")),
            phone: Some(text("1")),
            street1: Some(text("2")),
            street2: Some(text("3")),
            city: Some(text("4")),
            state_province: Some(text("5")),
            postal_code: Some(text("6")),
            country: Some(text("7")),
        },
        password: PasswordState::Set {
            changed_at: change_at(5).at,
            must_change: true,
        },
        locked_until: Some(until),
        updated_at: change_at(5).at,
        revision: Revision::new(2),
        ..user.clone()
    };
    let updated = update(&fresh, &user, &patch, 5).await;
    assert_eq!(updated, expected);
    assert_eq!(fresh.reread(&user).await, Some(expected));
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&user), user.id).await;
    let stored = stored.unwrap().unwrap();
    assert_eq!(stored.hash, Some(password_hash("n3w")));
    assert_eq!(stored.locked_until, Some(until));
}

pub async fn an_update_leaves_everything_that_it_does_not_name(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let city = ProfilePatch {
        city: Some(Some(text("Bree"))),
        ..ProfilePatch::default()
    };
    let expected = User {
        profile: Profile {
            city: Some(text("Bree")),
            ..user.profile.clone()
        },
        updated_at: change_at(5).at,
        revision: Revision::new(2),
        ..user.clone()
    };
    let patch = UserPatch {
        profile: city,
        ..UserPatch::default()
    };
    assert_eq!(update(&fresh, &user, &patch, 5).await, expected);
    assert_eq!(fresh.reread(&user).await, Some(expected));
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&user), user.id).await;
    assert_eq!(stored.unwrap().unwrap().hash, Some(password_hash("s3cret")));
    let secret = credentials.user_secret(&around(&user), user.id).await;
    let original = samples::secret("tu_frodo@shire.example");
    assert_eq!(secret.unwrap(), Some(original));
}

pub async fn an_update_can_empty_fields(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let patch = UserPatch {
        profile: ProfilePatch {
            external_id: Some(None),
            phone: Some(None),
            street1: Some(None),
            street2: Some(None),
            city: Some(None),
            state_province: Some(None),
            postal_code: Some(None),
            country: Some(None),
        },
        ..UserPatch::default()
    };
    let updated = update(&fresh, &user, &patch, 5).await;
    assert_eq!(updated.profile, Profile::default());
    let reread = fresh.reread(&user).await.unwrap();
    assert_eq!(reread.profile, Profile::default());
    let scope = around(&user);
    let by_city = Filter::IsNull {
        field: tenantry_domain::UserField::City,
        negated: true,
    };
    let users = &fresh.repositories.users;
    let counted = users.count(&scope, &by_city, 10).await.unwrap();
    assert_eq!(counted, Count::Exact(0));
}

pub async fn what_is_updated_is_found_by_its_new_values(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let patch = UserPatch {
        email: Some(email("ÄRWEN@shire.example")),
        first_name: Some(name("ÉOWYN")),
        last_name: Some(name("İstari")),
        profile: ProfilePatch {
            city: Some(Some(text("ΟΔΟΣ"))),
            ..ProfilePatch::default()
        },
        ..UserPatch::default()
    };
    let updated = update(&fresh, &user, &patch, 5).await;
    let users = &fresh.repositories.users;
    for condition in [
        "firstName LIKE 'éow%'",
        "lastName LIKE 'i\u{307}STARI'",
        "fullName LIKE 'éowyn i%'",
        "city LIKE '_δοσ'",
        "email = 'ärwen@SHIRE.example'",
    ] {
        let filter = super::given::filter(condition);
        let counted = users.count(&around(&user), &filter, 10).await.unwrap();
        assert_eq!(counted, Count::Exact(1), "{condition}");
    }
    let asked = email("ärwen@shire.example");
    let found = users.find_by_email(&around(&user), &asked).await.unwrap();
    assert_eq!(found, Some(updated));
    let asked = email("frodo@shire.example");
    let found = users.find_by_email(&around(&user), &asked).await.unwrap();
    assert_eq!(found, None);
}

pub async fn every_update_counts_as_a_write(fresh: Fresh) {
    let user = frodo(&fresh).await;
    for seconds in 1..=3u32 {
        let updated = update(&fresh, &user, &UserPatch::default(), seconds).await;
        let expected = User {
            updated_at: change_at(seconds).at,
            revision: Revision::new(i64::from(seconds) + 1),
            ..user.clone()
        };
        assert_eq!(updated, expected);
        assert_eq!(fresh.reread(&user).await, Some(expected));
    }
}

pub async fn an_update_of_another_revision_is_stale(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let users = &fresh.repositories.users;
    let patch = renaming("Bilbo");
    for expected in [Revision::new(2), Revision::new(0), Revision::new(i64::MAX)] {
        let outcome = users
            .update(
                &around(&user),
                user.id,
                &patch,
                Some(expected),
                &change_at(1),
            )
            .await;
        assert_eq!(refusal(outcome), Refusal::Stale(Entity::User));
    }
    assert_eq!(fresh.reread(&user).await, Some(user.clone()));
    let updated = users
        .update(
            &around(&user),
            user.id,
            &patch,
            Some(Revision::FIRST),
            &change_at(1),
        )
        .await;
    assert_eq!(updated.unwrap().unwrap().revision, Revision::new(2));
    let outcome = users
        .update(
            &around(&user),
            user.id,
            &patch,
            Some(Revision::FIRST),
            &change_at(2),
        )
        .await;
    assert_eq!(refusal(outcome), Refusal::Stale(Entity::User));
}

pub async fn an_email_of_another_user_conflicts_and_nothing_changes(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    fresh.user(&gondor.account, "Ärwen@gondor.example").await;
    let before = fresh.log(user.organization_id).await;
    let users = &fresh.repositories.users;
    for taken in [
        "admin@shire.example",
        "ADMIN@gondor.example",
        "ÄRWEN@gondor.example",
    ] {
        let patch = UserPatch {
            email: Some(email(taken)),
            roles: Some(vec![RoleKey::Admin]),
            ..renaming("Bilbo")
        };
        let outcome = users
            .update(&around(&user), user.id, &patch, None, &change_at(1))
            .await;
        let expected = Refusal::Conflict(Entity::User, "email");
        assert_eq!(refusal(outcome), expected, "{taken}");
    }
    assert_eq!(fresh.reread(&user).await, Some(user.clone()));
    assert_eq!(fresh.log(user.organization_id).await, before);
    assert_eq!(direct_roles(&fresh, &user).await, []);
}

pub async fn the_own_email_in_another_case_is_no_conflict(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let patch = UserPatch {
        email: Some(email("FRODO@shire.example")),
        ..UserPatch::default()
    };
    let updated = update(&fresh, &user, &patch, 1).await;
    assert_eq!(updated.email.as_str(), "FRODO@shire.example");
    let reread = fresh.reread(&user).await.unwrap();
    assert_eq!(reread.email.as_str(), "FRODO@shire.example");
}

pub async fn an_update_of_an_unknown_user_is_none(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let users = &fresh.repositories.users;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let updated = users
            .update(
                &around(&user),
                UserId::new(id),
                &renaming("Bilbo"),
                Some(Revision::FIRST),
                &change_at(1),
            )
            .await;
        assert_eq!(updated.unwrap(), None, "{id}");
    }
}

pub async fn an_update_replaces_the_direct_roles(fresh: Fresh) {
    let user = frodo(&fresh).await;
    for (seconds, roles) in [
        (1, &[RoleKey::Admin][..]),
        (2, &[RoleKey::OrgAdmin, RoleKey::Admin]),
        (3, &[RoleKey::OrgAdmin]),
        (4, &[RoleKey::OrgAdmin]),
        (5, &[]),
    ] {
        let patch = UserPatch {
            roles: Some(roles.to_vec()),
            ..UserPatch::default()
        };
        let updated = update(&fresh, &user, &patch, seconds).await;
        assert_eq!(updated.revision, Revision::new(i64::from(seconds) + 1));
        assert_eq!(direct_roles(&fresh, &user).await, roles);
    }
    let grant = [RoleKey::Admin];
    let patch = UserPatch {
        roles: Some(grant.to_vec()),
        ..UserPatch::default()
    };
    update(&fresh, &user, &patch, 6).await;
    update(&fresh, &user, &renaming("Bilbo"), 7).await;
    assert_eq!(direct_roles(&fresh, &user).await, grant);
}

pub async fn an_update_can_discard_the_instances(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let admin = admin(&fresh, &user).await;
    let first = fresh.instance(&user, "hubspot", "CRM").await;
    let second = fresh.instance(&user, "jira", "Tickets").await;
    let kept = fresh.instance(&admin, "jira", "Tickets").await;
    let patch = UserPatch {
        active: Some(false),
        discard_instances: true,
        ..UserPatch::default()
    };
    update(&fresh, &user, &renaming("Bilbo"), 1).await;
    let instances = &fresh.repositories.instances;
    let scope = around(&user);
    let counted = instances.count(&scope, &Filter::All, 10).await.unwrap();
    assert_eq!(counted, Count::Exact(3));

    update(&fresh, &user, &patch, 2).await;
    for gone in [&first, &second] {
        assert_eq!(instances.find(&scope, gone.id).await.unwrap(), None);
    }
    let found = instances.find(&scope, kept.id).await.unwrap();
    assert_eq!(found, Some(kept));
    let log = fresh.log(user.organization_id).await;
    let recorded: Vec<_> = log
        .iter()
        .filter(|record| record.change == change_at(2))
        .map(|record| (record.action, record.target, record.target_id))
        .collect();
    assert_eq!(
        recorded,
        [
            (AuditAction::Deleted, Entity::Instance, first.id.get()),
            (AuditAction::Deleted, Entity::Instance, second.id.get()),
            (AuditAction::Updated, Entity::User, user.id.get()),
        ]
    );
}

pub async fn unlocking_forgets_the_wrong_passwords(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let lockout = tenantry_domain::ports::Lockout::STANDARD;
    let scope = around(&user);
    for seconds in 1..=3 {
        credentials
            .password_failed(&scope, user.id, &lockout, &change_at(seconds))
            .await
            .unwrap();
    }
    let lock = |until| UserPatch {
        locked_until: Some(until),
        ..UserPatch::default()
    };
    let until = START + Duration::hours(1);
    let locked = update(&fresh, &user, &lock(Some(until)), 4).await;
    assert_eq!(locked.locked_until, Some(until));
    let unlocked = update(&fresh, &user, &lock(None), 5).await;
    assert_eq!(unlocked.locked_until, None);
    let stored = credentials.password(&scope, user.id).await;
    let stored = stored.unwrap().unwrap();
    assert_eq!((stored.failures, stored.locked_until), (0, None));
}

fn renaming(first: &str) -> UserPatch {
    UserPatch {
        first_name: Some(name(first)),
        ..UserPatch::default()
    }
}

/// Frodo of the Shire, with a full profile and the password `s3cret`.
async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.profile = samples::full_profile();
            draft.password = Some(password_hash("s3cret"));
        })
        .await
}

async fn admin(fresh: &Fresh, user: &User) -> User {
    let users = &fresh.repositories.users;
    let asked = email("admin@shire.example");
    let found = users.find_by_email(&around(user), &asked).await;
    found.unwrap().unwrap()
}

async fn update(fresh: &Fresh, user: &User, patch: &UserPatch, seconds: u32) -> User {
    let users = &fresh.repositories.users;
    let scope = Scope::organization(user.organization_id);
    let updated = users
        .update(&scope, user.id, patch, None, &change_at(seconds))
        .await;
    updated.unwrap().unwrap()
}

async fn direct_roles(fresh: &Fresh, user: &User) -> Vec<RoleKey> {
    let roles = &fresh.repositories.roles;
    let held = roles.effective(&around(user), user.id).await;
    let held = held.unwrap().unwrap();
    let direct = held.iter().filter(|held| held.direct);
    direct.map(|held| held.role.key).collect()
}
