//! Logging in, and the passwords that are remembered.

use tenantry_domain::{
    AccountPatch, Email, NewPassword, PasswordHash, PasswordState, Revision, User, UserId,
    UserPatch,
    ports::{Lockout, LoginCandidate, LoginToken, StoredPassword, VerifiedPassword},
};
use time::{Duration, macros::datetime};

use super::given::{around, at, whole};
use crate::{
    Fresh,
    samples::{
        self, START, change, change_at, email, login_token, name, password_hash, token_caller,
        verified, verified_and_upgraded,
    },
};

pub async fn who_logs_in_is_found_by_email_whatever_its_case(fresh: Fresh) {
    let frodo = frodo(&fresh, "Frodo.Bäggins@shire.example").await;
    fresh.organization("Gondor").await;
    let expected = LoginCandidate {
        user: frodo.clone(),
        password: StoredPassword {
            hash: Some(password_hash("s3cret")),
            locked_until: None,
            failures: 0,
        },
        account_name: name("Bree"),
        organization_name: name("Shire"),
        active: true,
    };
    for address in [
        "Frodo.Bäggins@shire.example",
        "frodo.bäggins@shire.example",
        "FRODO.BÄGGINS@SHIRE.EXAMPLE",
    ] {
        let found = candidate(&fresh, &email(address)).await;
        assert_eq!(found.as_ref(), Some(&expected), "{address}");
    }
    for address in ["frodo@shire.example", "frodo_bäggins@shire.example"] {
        assert_eq!(candidate(&fresh, &email(address)).await, None, "{address}");
    }
    let theirs = candidate(&fresh, &email("admin@gondor.example")).await;
    let theirs = theirs.unwrap();
    assert_eq!(theirs.organization_name, name("Gondor"));
    assert_eq!(theirs.account_name, name("Gondor"));
    assert_eq!(theirs.user.password, PasswordState::Absent);
    assert_eq!(theirs.password.hash, None);
}

pub async fn who_logs_in_is_shown_with_failures_lock_and_present_names(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let stores = &fresh.repositories;
    let lockout = Lockout {
        after: 3,
        ..Lockout::STANDARD
    };
    for seconds in 1..=4 {
        let change = change_at(seconds);
        let failed = stores
            .credentials
            .password_failed(&around(&frodo), frodo.id, &lockout, &change)
            .await;
        failed.unwrap();
    }
    let id = frodo.organization_id;
    let renamed = stores
        .organizations
        .rename(id, &name("Westfarthing"), None, &change_at(5))
        .await;
    assert!(renamed.unwrap().is_some());
    let patch = AccountPatch {
        name: Some(name("Archet")),
        ..AccountPatch::default()
    };
    let renamed = stores
        .accounts
        .update(&whole(id), frodo.account_id, &patch, None, &change_at(6))
        .await;
    assert!(renamed.unwrap().is_some());
    let found = candidate(&fresh, &frodo.email).await.unwrap();
    let until = at(3) + Lockout::STANDARD.lasts;
    let expected = StoredPassword {
        hash: Some(password_hash("s3cret")),
        locked_until: Some(until),
        failures: 1,
    };
    assert_eq!(found.password, expected);
    assert_eq!(found.user.locked_until, Some(until));
    assert_eq!(found.organization_name, name("Westfarthing"));
    assert_eq!(found.account_name, name("Archet"));
    assert!(found.active);
}

pub async fn who_is_inactive_is_shown_to_be_and_not_logged_in(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let stores = &fresh.repositories;
    let user_active = |active| UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    let account_active = async |active, seconds| {
        let patch = AccountPatch {
            active: Some(active),
            ..AccountPatch::default()
        };
        let (scope, id) = (around(&frodo), frodo.account_id);
        let updated = stores
            .accounts
            .update(&scope, id, &patch, None, &change_at(seconds))
            .await;
        assert!(updated.unwrap().is_some());
    };
    for (seconds, user, account) in [(1, false, true), (2, true, false), (3, false, false)] {
        fresh.update(&frodo, &user_active(user), seconds).await;
        account_active(account, seconds).await;
        let before = fresh.reread(&frodo).await;
        let found = candidate(&fresh, &frodo.email).await.unwrap();
        assert!(!found.active, "at {seconds}");
        let outcome = log_in(
            &fresh,
            &frodo,
            &login_token("tl_1", 99),
            &verified("s3cret"),
            seconds,
        )
        .await;
        assert_eq!(outcome, None, "at {seconds}");
        assert_eq!(fresh.reread(&frodo).await, before);
    }
    fresh.update(&frodo, &user_active(true), 4).await;
    account_active(true, 4).await;
    assert!(candidate(&fresh, &frodo.email).await.unwrap().active);
    assert!(!fresh.knows(&token_caller("tl_1"), 5).await);
}

pub async fn a_login_is_noted_and_forgets_the_wrong_passwords(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let before = fresh.log(frodo.organization_id).await;
    let credentials = &fresh.repositories.credentials;
    for seconds in 1..=4 {
        let (lockout, change) = (Lockout::STANDARD, change_at(seconds));
        let failed = credentials
            .password_failed(&around(&frodo), frodo.id, &lockout, &change)
            .await;
        failed.unwrap();
    }
    let logged_in = log_in(
        &fresh,
        &frodo,
        &login_token("tl_1", 99),
        &verified("s3cret"),
        5,
    )
    .await;
    let logged_in = logged_in.unwrap();
    assert_eq!(logged_in.last_login_at, Some(at(5)));
    assert_eq!(fresh.reread(&frodo).await, Some(logged_in));
    let stored = credentials.password(&around(&frodo), frodo.id).await;
    let stored = stored.unwrap().unwrap();
    assert_eq!(stored.failures, 0);
    assert_eq!(stored.hash, Some(password_hash("s3cret")));
    assert_eq!(fresh.log(frodo.organization_id).await, before);
}

pub async fn a_login_leaves_a_lock_as_it_is(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let patch = UserPatch {
        locked_until: Some(Some(at(3))),
        ..UserPatch::default()
    };
    fresh.update(&frodo, &patch, 1).await;
    let logged_in = log_in(
        &fresh,
        &frodo,
        &login_token("tl_1", 99),
        &verified("s3cret"),
        5,
    )
    .await;
    assert_eq!(logged_in.unwrap().locked_until, Some(at(3)));
}

/// What others see of a login is its day.
pub async fn a_login_counts_as_a_write_on_another_day_alone(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let credentials = &fresh.repositories.credentials;
    let mut written = (1, frodo.updated_at);
    for (number, instant, revision) in [
        (1, datetime!(2026-01-15 12:00:01 UTC), 2),
        (2, datetime!(2026-01-15 12:00:02 UTC), 2),
        (3, datetime!(2026-01-15 23:59:59.999_999 UTC), 2),
        (4, datetime!(2026-01-16 00:00 UTC), 3),
        (5, datetime!(2026-01-16 00:00 UTC), 3),
        // The same day of another month, and of another year.
        (6, datetime!(2026-02-16 00:00 UTC), 4),
        (7, datetime!(2027-02-16 00:00 UTC), 5),
    ] {
        let token = LoginToken {
            expires_at: instant + Duration::hours(1),
            ..login_token(&format!("tl_{number}"), 0)
        };
        let change = tenantry_domain::Change {
            at: instant,
            ..change()
        };
        let user = credentials
            .log_in(
                &around(&frodo),
                frodo.id,
                &token,
                &verified("s3cret"),
                &change,
            )
            .await;
        let user = user.unwrap().unwrap();
        if revision != written.0 {
            written = (revision, instant);
        }
        let expected = User {
            last_login_at: Some(instant),
            revision: Revision::new(revision),
            updated_at: written.1,
            ..frodo.clone()
        };
        assert_eq!(user, expected, "login {number}");
        assert_eq!(fresh.reread(&frodo).await, Some(expected));
    }
}

pub async fn a_login_keeps_a_better_hash_of_the_same_password(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let better = verified_and_upgraded("s3cret");
    let token = login_token("tl_1", 99);
    let logged_in = log_in(&fresh, &frodo, &token, &better, 5).await;
    assert_eq!(logged_in.unwrap().password, frodo.password);
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&frodo), frodo.id).await;
    assert_eq!(stored.unwrap().unwrap().hash, better.upgraded);
    assert_eq!(former(&fresh, &frodo, 9).await, []);
}

pub async fn an_unknown_user_is_not_logged_in(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let credentials = &fresh.repositories.credentials;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let token = login_token("tl_1", 99);
        let outcome = credentials
            .log_in(
                &around(&frodo),
                UserId::new(id),
                &token,
                &verified("s3cret"),
                &change(),
            )
            .await;
        assert_eq!(outcome.unwrap(), None, "{id}");
    }
    assert!(!fresh.knows(&token_caller("tl_1"), 1).await);
}

pub async fn former_passwords_are_remembered_the_newest_first(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    assert_eq!(former(&fresh, &frodo, 9).await, []);
    for (seconds, password) in (1..).zip(["b", "c", "d", "e"]) {
        set_password(&fresh, &frodo, password, 10, seconds).await;
    }
    let all = ["d", "c", "b", "s3cret"];
    for limit in 0..=5u32 {
        let expected: Vec<_> = all
            .iter()
            .take(usize::try_from(limit).unwrap())
            .map(|password| password_hash(password))
            .collect();
        assert_eq!(former(&fresh, &frodo, limit).await, expected);
    }
    // One that comes back stands there twice.
    set_password(&fresh, &frodo, "b", 10, 5).await;
    set_password(&fresh, &frodo, "f", 10, 6).await;
    assert_eq!(
        former(&fresh, &frodo, 10).await,
        ["b", "e", "d", "c", "b", "s3cret"].map(password_hash)
    );
}

pub async fn no_more_former_passwords_are_kept_than_remembered(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    for (seconds, password, remember, expected) in [
        (1, "b", 2, &["s3cret"][..]),
        (2, "c", 2, &["b", "s3cret"]),
        (3, "d", 2, &["c", "b"]),
        (4, "e", 3, &["d", "c", "b"]),
        (5, "f", 1, &["e"]),
        (6, "g", 0, &[]),
        (7, "h", 3, &["g"]),
        (8, "i", 0, &[]),
    ] {
        set_password(&fresh, &frodo, password, remember, seconds).await;
        let expected: Vec<_> = expected.iter().map(|word| password_hash(word)).collect();
        assert_eq!(former(&fresh, &frodo, 9).await, expected, "{password}");
    }
}

pub async fn who_had_no_password_has_no_former_one(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let sam = fresh.user(&shire.account, "sam@shire.example").await;
    set_password(&fresh, &sam, "first", 3, 1).await;
    assert_eq!(former(&fresh, &sam, 9).await, []);
    set_password(&fresh, &sam, "second", 3, 2).await;
    assert_eq!(former(&fresh, &sam, 9).await, [password_hash("first")]);
    // Other changes remember nothing.
    fresh.update(&sam, &UserPatch::default(), 3).await;
    assert_eq!(former(&fresh, &sam, 9).await, [password_hash("first")]);
    let credentials = &fresh.repositories.credentials;
    let nobody = credentials
        .former_passwords(&around(&sam), UserId::new(4711), 9)
        .await;
    assert_eq!(nobody.unwrap(), []);
}

/// What stands for it is no hash of anything.
pub async fn a_password_held_elsewhere_is_no_former_one(fresh: Fresh) {
    let sam = imported(&fresh).await;
    set_password(&fresh, &sam, "first", 3, 1).await;
    assert_eq!(former(&fresh, &sam, 9).await, []);
    set_password(&fresh, &sam, "second", 3, 2).await;
    assert_eq!(former(&fresh, &sam, 9).await, [password_hash("first")]);
}

/// The password stays the one that it was, with its age.
pub async fn a_password_held_elsewhere_is_kept_here_from_the_first_login_on(fresh: Fresh) {
    let sam = imported(&fresh).await;
    let first = VerifiedPassword {
        hash: PasswordHash::held_elsewhere(),
        upgraded: Some(password_hash("s3cret")),
    };
    let token = samples::login_token("tl_1", 99);
    let logged_in = log_in(&fresh, &sam, &token, &first, 7).await.unwrap();
    assert_eq!(logged_in.password, sam.password);
    assert_eq!(fresh.reread(&sam).await, Some(logged_in));
    // Of two first logins at the same moment, the second compares again.
    assert_eq!(log_in(&fresh, &sam, &token, &first, 7).await, None);
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&sam), sam.id).await.unwrap();
    assert_eq!(stored.unwrap().hash, Some(password_hash("s3cret")));
    set_password(&fresh, &sam, "second", 3, 8).await;
    assert_eq!(former(&fresh, &sam, 9).await, [password_hash("s3cret")]);
}

pub async fn former_passwords_go_with_their_user(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let sam = {
        let scope = around(&frodo);
        let account = fresh.repositories.accounts.find(&scope, frodo.account_id);
        let account = account.await.unwrap().unwrap();
        fresh.user(&account, "sam@shire.example").await
    };
    set_password(&fresh, &frodo, "b", 3, 1).await;
    set_password(&fresh, &sam, "x", 3, 2).await;
    set_password(&fresh, &sam, "y", 3, 3).await;
    assert_eq!(former(&fresh, &frodo, 9).await, [password_hash("s3cret")]);
    let users = &fresh.repositories.users;
    let erased = users
        .delete(&around(&frodo), frodo.id, None, &change_at(4))
        .await;
    assert!(erased.unwrap());
    assert_eq!(former(&fresh, &frodo, 9).await, []);
    assert_eq!(former(&fresh, &sam, 9).await, [password_hash("x")]);
}

pub async fn the_first_users_password_may_have_to_be_changed(fresh: Fresh) {
    let mut draft = samples::organization_draft("Shire");
    draft.admin.password = Some(password_hash("s3cret"));
    draft.admin.must_change = true;
    let organizations = &fresh.repositories.organizations;
    let admin = organizations.create(&draft, &change()).await.unwrap().admin;
    let expected = PasswordState::Set {
        changed_at: START,
        must_change: true,
    };
    assert_eq!(admin.password, expected);
    assert_eq!(fresh.reread(&admin).await.unwrap().password, expected);
    let caller = samples::caller("admin@shire.example", "Shire");
    let found = fresh.authenticate(&caller, 0).await.unwrap();
    assert_eq!(found.password, expected);

    // Without a password there is none to change.
    let mut draft = samples::organization_draft("Gondor");
    draft.admin.must_change = true;
    let admin = organizations.create(&draft, &change()).await.unwrap().admin;
    assert_eq!(admin.password, PasswordState::Absent);
    assert_eq!(fresh.reread(&admin).await, Some(admin));
}

pub async fn a_refused_login_leaves_nothing_and_is_forgotten_after_a_day(fresh: Fresh) {
    let frodo = frodo(&fresh, "frodo@shire.example").await;
    let before = fresh.log(frodo.organization_id).await;
    let credentials = &fresh.repositories.credentials;
    for seconds in [0, 0, 1] {
        let change = change_at(seconds);
        credentials.login_refused(&change).await.unwrap();
    }
    assert_eq!(fresh.log(frodo.organization_id).await, before);
    assert_eq!(fresh.reread(&frodo).await.as_ref(), Some(&frodo));
    let stored = credentials.password(&around(&frodo), frodo.id).await;
    assert_eq!(stored.unwrap().unwrap().failures, 0);

    let day = 86_400;
    for (seconds, limit, expected) in [
        (day, 9, 0),
        (day + 1, 0, 0),
        (day + 1, 1, 1),
        (day + 1, 9, 1),
        (day + 2, 9, 1),
        (day + 2, 9, 0),
    ] {
        let forgotten = credentials.forget_expired(at(seconds), limit).await;
        assert_eq!(forgotten.unwrap(), expected, "at {seconds}");
    }
}

/// A user of the account Bree of the Shire with the password `s3cret`.
async fn frodo(fresh: &Fresh, address: &str) -> User {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    fresh
        .user_with(&bree, address, |draft| {
            draft.password = Some(password_hash("s3cret"));
        })
        .await
}

async fn candidate(fresh: &Fresh, email: &Email) -> Option<LoginCandidate> {
    let credentials = &fresh.repositories.credentials;
    credentials.login_candidate(email).await.unwrap()
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

/// Sam of the Shire, whose password is held elsewhere.
async fn imported(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh
        .user_with(&shire.account, "sam@shire.example", |draft| {
            draft.password = Some(PasswordHash::held_elsewhere());
        })
        .await
}

async fn former(fresh: &Fresh, user: &User, limit: u32) -> Vec<PasswordHash> {
    let credentials = &fresh.repositories.credentials;
    let former = credentials
        .former_passwords(&around(user), user.id, limit)
        .await;
    former.unwrap()
}

async fn set_password(fresh: &Fresh, user: &User, password: &str, remember: u32, seconds: u32) {
    let patch = UserPatch {
        password: Some(NewPassword {
            hash: password_hash(password),
            must_change: false,
            remember,
            keep_token: None,
        }),
        ..UserPatch::default()
    };
    fresh.update(user, &patch, seconds).await;
}
