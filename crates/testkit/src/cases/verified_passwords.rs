//! Passwords that were right when they were compared, and are others when the outcome is written.

use tenantry_domain::{
    NewPassword, PasswordHash, User, UserPatch,
    ports::{Lockout, LoginToken, StoredPassword, VerifiedPassword},
};

use super::{given::around, meeting::together};
use crate::{
    Fresh,
    samples::{
        change_at, login_token, password_hash, token_caller, verified, verified_and_upgraded,
    },
};

/// Whoever set the new password ended the logins with the old one; and the old one must not come back as a better hash.
pub async fn who_has_another_password_by_now_is_not_logged_in(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    fresh.give_password(&frodo, "n3w", 1).await;
    fail(&fresh, &frodo, 2).await;
    let before = fresh.reread(&frodo).await;
    let stored = StoredPassword {
        hash: Some(password_hash("n3w")),
        locked_until: None,
        failures: 1,
    };
    let token = login_token("tl_1", 99);
    let similar = VerifiedPassword {
        hash: PasswordHash::new("PLAIN$n3w"),
        upgraded: None,
    };
    for stale in [verified("s3cret"), verified_and_upgraded("s3cret"), similar] {
        assert_eq!(log_in(&fresh, &frodo, &token, &stale, 3).await, None);
        assert_eq!(password(&fresh, &frodo).await, stored, "{stale:?}");
        assert_eq!(fresh.reread(&frodo).await, before);
        assert!(!fresh.knows(&token_caller("tl_1"), 4).await);
    }
    let better = verified_and_upgraded("n3w");
    assert!(log_in(&fresh, &frodo, &token, &better, 5).await.is_some());
    // Another login that compared at the same moment has to compare again.
    let other = login_token("tl_2", 99);
    assert_eq!(log_in(&fresh, &frodo, &other, &better, 5).await, None);
    assert!(!fresh.knows(&token_caller("tl_2"), 6).await);
    assert!(fresh.knows(&token_caller("tl_1"), 6).await);
}

pub async fn who_has_no_password_is_not_logged_in(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let sam = fresh.user(&shire.account, "sam@shire.example").await;
    let token = login_token("tl_1", 99);
    let empty = VerifiedPassword {
        hash: PasswordHash::new(""),
        upgraded: Some(password_hash("0wned")),
    };
    for verified in [verified("s3cret"), verified_and_upgraded("s3cret"), empty] {
        assert_eq!(log_in(&fresh, &sam, &token, &verified, 1).await, None);
        assert_eq!(password(&fresh, &sam).await.hash, None);
    }
    assert_eq!(fresh.reread(&sam).await, Some(sam));
    assert!(!fresh.knows(&token_caller("tl_1"), 1).await);
}

pub async fn what_was_right_for_another_password_changes_nothing(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    fresh.give_password(&frodo, "n3w", 1).await;
    for seconds in 2..=4 {
        fail(&fresh, &frodo, seconds).await;
    }
    let expected = StoredPassword {
        hash: Some(password_hash("n3w")),
        locked_until: None,
        failures: 3,
    };
    for stale in [verified("s3cret"), verified_and_upgraded("s3cret")] {
        succeed(&fresh, &frodo, &stale).await;
        assert_eq!(password(&fresh, &frodo).await, expected, "{stale:?}");
    }
    let sam = {
        let gondor = fresh.organization("Gondor").await;
        fresh.user(&gondor.account, "sam@gondor.example").await
    };
    fail(&fresh, &sam, 2).await;
    succeed(&fresh, &sam, &verified_and_upgraded("s3cret")).await;
    let expected = StoredPassword {
        hash: None,
        locked_until: None,
        failures: 1,
    };
    assert_eq!(password(&fresh, &sam).await, expected);
}

/// Whoever comes first: a login that compared with the old password cannot bring it back.
pub async fn no_login_outlives_a_new_password_by_a_better_hash(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let outcomes = together((0..20).map(|number| {
        let stores = fresh.repositories.clone();
        let (scope, id, change) = (around(&user), user.id, change_at(number));
        async move {
            if number == 10 {
                let patch = UserPatch {
                    password: Some(NewPassword {
                        hash: password_hash("n3w"),
                        must_change: false,
                        remember: 1,
                        keep_token: None,
                    }),
                    ..UserPatch::default()
                };
                let updated = stores.users.update(&scope, id, &patch, None, &change).await;
                return updated.map(|_| false);
            }
            let (token, right) = (
                login_token(&format!("tl_{number}"), 100),
                verified_and_upgraded("s3cret"),
            );
            if number % 2 == 0 {
                let succeeded = stores.credentials.password_succeeded(&scope, id, &right);
                return succeeded.await.map(|()| false);
            }
            let logged_in = stores
                .credentials
                .log_in(&scope, id, &token, &right, &change)
                .await;
            logged_in.map(|user| user.is_some())
        }
    }))
    .await;
    let logged_in = outcomes
        .into_iter()
        .filter(|outcome| *outcome.as_ref().unwrap())
        .count();
    // The first one renewed the hash that the others had compared with.
    assert!(logged_in <= 1, "{logged_in}");
    let now = password(&fresh, &user).await.hash;
    assert_eq!(now, Some(password_hash("n3w")));
    for number in 0..20 {
        let caller = token_caller(&format!("tl_{number}"));
        assert!(!fresh.knows(&caller, 32).await, "{number}");
    }
}

/// Frodo of the Shire with the password `s3cret`.
async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.password = Some(password_hash("s3cret"));
        })
        .await
}

async fn fail(fresh: &Fresh, user: &User, seconds: u32) {
    let credentials = &fresh.repositories.credentials;
    let (lockout, change) = (Lockout::STANDARD, change_at(seconds));
    let failed = credentials
        .password_failed(&around(user), user.id, &lockout, &change)
        .await;
    failed.unwrap();
}

async fn succeed(fresh: &Fresh, user: &User, verified: &VerifiedPassword) {
    let credentials = &fresh.repositories.credentials;
    let succeeded = credentials
        .password_succeeded(&around(user), user.id, verified)
        .await;
    succeeded.unwrap();
}

async fn log_in(
    fresh: &Fresh,
    user: &User,
    token: &LoginToken,
    verified: &VerifiedPassword,
    seconds: u32,
) -> Option<User> {
    let credentials = &fresh.repositories.credentials;
    let change = change_at(seconds);
    let outcome = credentials
        .log_in(&around(user), user.id, token, verified, &change)
        .await;
    outcome.unwrap()
}

async fn password(fresh: &Fresh, user: &User) -> StoredPassword {
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(user), user.id).await;
    stored.unwrap().unwrap()
}
