//! Login tokens: whom they authenticate, and what ends them.

use tenantry_domain::{
    AccountPatch, Identity, NewPassword, PasswordState, Rank, RoleKey, User, UserPatch,
    ports::{Authenticated, Caller, CreatedOrganization},
};

use super::given::{around, at, whole};
use crate::{
    Fresh,
    samples::{caller, change_at, email, login_token, password_hash, secret, token_caller},
};

pub async fn a_login_token_tells_who_is_calling(fresh: Fresh) {
    let (shire, frodo) = shire_with_frodo(&fresh).await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let found = fresh.authenticate(&token_caller("tl_1"), 2).await;
    let roles = [RoleKey::Admin, RoleKey::Org].map(RoleKey::default_privileges);
    assert_eq!(
        found,
        Some(Authenticated {
            identity: Identity {
                user_id: frodo.id,
                account_id: frodo.account_id,
                organization_id: frodo.organization_id,
                default_account_id: shire.account.id,
                privileges: roles[0].union(roles[1]),
                rank: Rank::AccountAdministrator,
                password_expiration_days: 0,
            },
            password: PasswordState::Set {
                changed_at: at(0),
                must_change: false,
            },
            instance: None,
            good_until: Some(at(100)),
        })
    );
    let by_secrets = fresh
        .authenticate(&caller("frodo@shire.example", "Shire"), 2)
        .await;
    let without_end = found.map(|found| Authenticated {
        good_until: None,
        ..found
    });
    assert_eq!(by_secrets, without_end);
}

pub async fn a_login_token_is_good_until_its_time_and_not_at_it(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let caller = token_caller("tl_1");
    for (seconds, good) in [(1, true), (99, true), (100, false), (101, false)] {
        assert_eq!(fresh.knows(&caller, seconds).await, good, "at {seconds}");
    }
    let just_before = at(100) - time::Duration::microseconds(1);
    let credentials = &fresh.repositories.credentials;
    let found = credentials.authenticate(&caller, just_before).await;
    assert!(found.unwrap().is_some());
}

pub async fn a_user_may_have_many_login_tokens(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    for number in 1..=20 {
        let token = login_token(&format!("tl_{number}"), 100 + number);
        fresh.log_user_in(&frodo, &token, number).await;
    }
    for number in 1..=20 {
        let found = fresh
            .authenticate(&token_caller(&format!("tl_{number}")), 100)
            .await;
        assert_eq!(found.unwrap().identity.user_id, frodo.id, "{number}");
    }
}

pub async fn what_is_no_login_token_authenticates_nobody_as_one(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    let instance = fresh.instance(&frodo, "jira", "Tickets").await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    for wrong in [
        "tl_2",
        "tu_frodo@shire.example",
        "to_Shire",
        &format!("ti_{}_jira_Tickets", frodo.id),
    ] {
        assert!(!fresh.knows(&token_caller(wrong), 2).await, "{wrong}");
    }
    let token = secret("tl_1").digest;
    let organization = secret("to_Shire").digest;
    for wrong in [
        Caller::Secrets {
            user: token,
            organization,
            instance: None,
        },
        Caller::Secrets {
            user: secret("tu_frodo@shire.example").digest,
            organization: token,
            instance: None,
        },
        Caller::Instance {
            user: token,
            instance: instance.token.digest,
        },
        Caller::Token {
            token,
            instance: Some(token),
        },
    ] {
        assert!(!fresh.knows(&wrong, 2).await, "{wrong:?}");
    }
}

pub async fn a_new_password_ends_all_login_tokens_but_the_one_that_set_it(fresh: Fresh) {
    let (shire, frodo) = shire_with_frodo(&fresh).await;
    for token in ["tl_1", "tl_2", "tl_3"] {
        fresh.log_user_in(&frodo, &login_token(token, 100), 1).await;
    }
    let theirs = login_token("tl_admin", 100);
    fresh.log_user_in(&shire.admin, &theirs, 1).await;
    let renamed = UserPatch {
        email: Some(email("frodo@bree.example")),
        ..UserPatch::default()
    };
    fresh.update(&frodo, &renamed, 2).await;
    assert_eq!(good(&fresh, ["tl_1", "tl_2", "tl_3"]).await, [true; 3]);

    fresh.update(&frodo, &new_password(Some("tl_2")), 3).await;
    let good_now = good(&fresh, ["tl_1", "tl_2", "tl_3"]).await;
    assert_eq!(good_now, [false, true, false]);
    assert!(fresh.knows(&token_caller("tl_admin"), 4).await);
    fresh
        .log_user_in(&frodo, &login_token("tl_4", 100), 4)
        .await;

    // Somebody else's token keeps none of the user's.
    fresh
        .update(&frodo, &new_password(Some("tl_admin")), 5)
        .await;
    assert_eq!(good(&fresh, ["tl_2", "tl_4"]).await, [false; 2]);
    fresh
        .log_user_in(&frodo, &login_token("tl_5", 100), 6)
        .await;
    fresh.update(&frodo, &new_password(None), 7).await;
    assert!(!fresh.knows(&token_caller("tl_5"), 8).await);
    assert!(fresh.knows(&token_caller("tl_admin"), 8).await);
    // Secrets are no login tokens.
    assert!(
        fresh
            .knows(&caller("frodo@shire.example", "Shire"), 8)
            .await
    );
}

pub async fn deactivating_a_user_ends_its_login_tokens_for_good(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let active = |active| UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    fresh.update(&frodo, &active(true), 2).await;
    assert!(fresh.knows(&token_caller("tl_1"), 2).await);
    fresh.update(&frodo, &active(false), 3).await;
    assert!(!fresh.knows(&token_caller("tl_1"), 3).await);
    fresh.update(&frodo, &active(true), 4).await;
    assert!(!fresh.knows(&token_caller("tl_1"), 4).await);
    fresh
        .log_user_in(&frodo, &login_token("tl_2", 100), 5)
        .await;
    let both = UserPatch {
        active: Some(false),
        ..new_password(Some("tl_2"))
    };
    fresh.update(&frodo, &both, 6).await;
    fresh.update(&frodo, &active(true), 7).await;
    assert!(!fresh.knows(&token_caller("tl_2"), 7).await);
}

pub async fn login_tokens_go_with_their_user(fresh: Fresh) {
    let (shire, frodo) = shire_with_frodo(&fresh).await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let users = &fresh.repositories.users;
    let erased = users
        .delete(&around(&frodo), frodo.id, None, &change_at(2))
        .await;
    assert!(erased.unwrap());
    assert!(!fresh.knows(&token_caller("tl_1"), 2).await);

    let bree = fresh.account(shire.organization.id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    fresh.log_user_in(&sam, &login_token("tl_2", 100), 3).await;
    let patch = AccountPatch {
        active: Some(false),
        erase_users: true,
        ..AccountPatch::default()
    };
    let accounts = &fresh.repositories.accounts;
    let updated = accounts
        .update(&around(&sam), bree.id, &patch, None, &change_at(4))
        .await;
    assert!(updated.unwrap().is_some());
    assert!(!fresh.knows(&token_caller("tl_2"), 4).await);
}

pub async fn an_inactive_account_suspends_login_tokens_until_it_is_active_again(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let bree = fresh.account(id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    fresh.log_user_in(&sam, &login_token("tl_1", 100), 1).await;
    let accounts = &fresh.repositories.accounts;
    for (seconds, active) in (2..).zip([false, true, false, true]) {
        let patch = AccountPatch {
            active: Some(active),
            ..AccountPatch::default()
        };
        let updated = accounts
            .update(&whole(id), bree.id, &patch, None, &change_at(seconds))
            .await;
        assert!(updated.unwrap().is_some());
        assert_eq!(fresh.knows(&token_caller("tl_1"), seconds).await, active);
    }
}

pub async fn a_lock_does_not_keep_login_tokens_from_working(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    fresh
        .log_user_in(&frodo, &login_token("tl_1", 100), 1)
        .await;
    let patch = UserPatch {
        locked_until: Some(Some(at(1000))),
        ..UserPatch::default()
    };
    fresh.update(&frodo, &patch, 2).await;
    assert!(fresh.knows(&token_caller("tl_1"), 3).await);
}

pub async fn expired_login_tokens_are_forgotten(fresh: Fresh) {
    let (_, frodo) = shire_with_frodo(&fresh).await;
    for (token, until) in [("tl_1", 50), ("tl_2", 100), ("tl_3", 100), ("tl_4", 101)] {
        fresh
            .log_user_in(&frodo, &login_token(token, until), 1)
            .await;
    }
    let credentials = &fresh.repositories.credentials;
    for (seconds, limit, expected) in [
        (49, 9, 0),
        (50, 0, 0),
        (50, 9, 1),
        (100, 1, 1),
        (100, 9, 1),
        (100, 9, 0),
    ] {
        let forgotten = credentials.forget_expired(at(seconds), limit).await;
        assert_eq!(forgotten.unwrap(), expected, "at {seconds}");
    }
    assert!(fresh.knows(&token_caller("tl_4"), 100).await);
}

fn new_password(keep: Option<&str>) -> UserPatch {
    UserPatch {
        password: Some(NewPassword {
            hash: password_hash("n3w"),
            must_change: false,
            remember: 3,
            keep_token: keep.map(|token| secret(token).digest),
        }),
        ..UserPatch::default()
    }
}

async fn good<const N: usize>(fresh: &Fresh, tokens: [&str; N]) -> [bool; N] {
    let mut good = [false; N];
    for (good, token) in good.iter_mut().zip(tokens) {
        *good = fresh.knows(&token_caller(token), 10).await;
    }
    good
}

/// The Shire, and Frodo with the role `admin` and the password `s3cret`.
async fn shire_with_frodo(fresh: &Fresh) -> (CreatedOrganization, User) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.password = Some(password_hash("s3cret"));
            draft.roles = vec![RoleKey::Admin];
        })
        .await;
    (shire, frodo)
}
