//! Replies that are kept to be sent again.

use tenantry_domain::{
    AccountPatch, Entity, ReplyKey, Sealed, SealedPlace, SecretDigest, User, UserId,
    ports::{Begun, SecretVault},
};

use super::given::{Refusal, around, at, refusal};
use crate::{Fresh, PlainVault, samples::change_at};

const CALL: SecretDigest = SecretDigest::new([7; 32]);
const OTHER_CALL: SecretDigest = SecretDigest::new([8; 32]);

pub async fn of_two_calls_under_one_key_one_is_the_first(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    assert_eq!(begin(&fresh, &key, CALL, 1).await, Begun::First);
    assert_eq!(begin(&fresh, &key, CALL, 1).await, Begun::Running);
    assert_eq!(begin(&fresh, &key, CALL, 10).await, Begun::Running);
    assert_eq!(begin(&fresh, &key, OTHER_CALL, 10).await, Begun::Other);
}

pub async fn a_reply_that_is_kept_is_answered_as_it_was(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    assert_eq!(begin(&fresh, &key, CALL, 1).await, Begun::First);
    let reply = Sealed {
        bytes: (0..=255).cycle().take(70_000).collect(),
        ..reply("x")
    };
    finish(&fresh, &key, 1, &reply, 1000).await;
    for seconds in [1, 2, 61, 999] {
        let again = begin(&fresh, &key, CALL, seconds).await;
        assert_eq!(again, Begun::Done(reply.clone()), "at {seconds}");
        let other = begin(&fresh, &key, OTHER_CALL, seconds).await;
        assert_eq!(other, Begun::Other, "at {seconds}");
    }
}

pub async fn a_call_that_stopped_frees_its_key_after_a_while(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    assert_eq!(begin(&fresh, &key, CALL, 1).await, Begun::First);
    assert_eq!(begin(&fresh, &key, CALL, 60).await, Begun::Running);
    assert_eq!(begin(&fresh, &key, OTHER_CALL, 61).await, Begun::First);
    // Which now is the other's.
    assert_eq!(begin(&fresh, &key, CALL, 61).await, Begun::Other);
    assert_eq!(begin(&fresh, &key, OTHER_CALL, 120).await, Begun::Running);
    finish(&fresh, &key, 61, &reply("x"), 200).await;
    let again = begin(&fresh, &key, OTHER_CALL, 121).await;
    assert_eq!(again, Begun::Done(reply("x")));
}

pub async fn a_key_is_free_again_when_its_reply_is_kept_no_longer(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    begin(&fresh, &key, CALL, 1).await;
    finish(&fresh, &key, 1, &reply("x"), 100).await;
    let again = begin(&fresh, &key, CALL, 99).await;
    assert_eq!(again, Begun::Done(reply("x")));
    assert_eq!(begin(&fresh, &key, OTHER_CALL, 100).await, Begun::First);
    // Nothing is left of the old reply.
    assert_eq!(begin(&fresh, &key, OTHER_CALL, 101).await, Begun::Running);
}

pub async fn a_call_that_came_to_nothing_frees_its_key_at_once(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    let replies = &fresh.repositories.replies;
    begin(&fresh, &key, CALL, 1).await;
    replies.abandon(&key, at(61)).await.unwrap();
    assert_eq!(begin(&fresh, &key, OTHER_CALL, 1).await, Begun::First);
    finish(&fresh, &key, 1, &reply("x"), 100).await;
    // What is done is not undone, and what was never begun need not end.
    replies.abandon(&key, at(61)).await.unwrap();
    replies.abandon(&key, at(100)).await.unwrap();
    let again = begin(&fresh, &key, OTHER_CALL, 2).await;
    assert_eq!(again, Begun::Done(reply("x")));
    let unused = ReplyKey {
        key: "unused".to_owned(),
        ..key
    };
    replies.abandon(&unused, at(61)).await.unwrap();
    finish(&fresh, &unused, 1, &reply("y"), 100).await;
    assert_eq!(begin(&fresh, &unused, CALL, 3).await, Begun::First);
}

pub async fn a_call_whose_key_another_one_took_over_neither_finishes_nor_frees_it(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    let replies = &fresh.repositories.replies;
    assert_eq!(begin(&fresh, &key, CALL, 1).await, Begun::First);
    assert_eq!(begin(&fresh, &key, CALL, 61).await, Begun::First);
    finish(&fresh, &key, 1, &reply("late"), 1000).await;
    replies.abandon(&key, at(61)).await.unwrap();
    assert_eq!(begin(&fresh, &key, CALL, 62).await, Begun::Running);
    finish(&fresh, &key, 61, &reply("x"), 200).await;
    finish(&fresh, &key, 1, &reply("late"), 1000).await;
    replies.abandon(&key, at(61)).await.unwrap();
    // Nor a second time the one that is done.
    finish(&fresh, &key, 61, &reply("twice"), 1000).await;
    replies.abandon(&key, at(121)).await.unwrap();
    let again = begin(&fresh, &key, CALL, 199).await;
    assert_eq!(again, Begun::Done(reply("x")));
    assert_eq!(begin(&fresh, &key, CALL, 200).await, Begun::First);
}

pub async fn a_late_call_whose_key_nobody_took_over_is_done(fresh: Fresh) {
    let key = key_of(&frodo(&fresh).await, "a");
    assert_eq!(begin(&fresh, &key, CALL, 1).await, Begun::First);
    finish(&fresh, &key, 1, &reply("late"), 1000).await;
    let again = begin(&fresh, &key, CALL, 500).await;
    assert_eq!(again, Begun::Done(reply("late")));
}

pub async fn who_was_erased_begins_no_call(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let gondor = fresh.organization("Gondor").await;
    let replies = &fresh.repositories.replies;
    let erased = key_of(&frodo, "a");
    begin(&fresh, &erased, CALL, 1).await;
    let users = &fresh.repositories.users;
    let deleted = users
        .delete(&around(&frodo), frodo.id, None, &change_at(2))
        .await;
    assert!(deleted.unwrap());
    let elsewhere = ReplyKey {
        organization_id: gondor.organization.id,
        ..key_of(&shire.admin, "a")
    };
    let never = ReplyKey {
        user_id: UserId::new(4711),
        ..elsewhere.clone()
    };
    for key in [erased, elsewhere, never] {
        let begun = replies.begin(&key, &CALL, at(3), at(63)).await;
        let expected = Refusal::Conflict(Entity::User, "id");
        assert_eq!(refusal(begun), expected, "{key:?}");
        // What it would have been can end nothing.
        finish(&fresh, &key, 3, &reply("x"), 100).await;
        replies.abandon(&key, at(63)).await.unwrap();
    }
    let forgotten = replies.forget_expired(at(1000), 100).await.unwrap();
    assert_eq!(forgotten, 0);
}

pub async fn every_user_has_keys_of_its_own(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let sam = fresh.user(&gondor.account, "sam@gondor.example").await;
    let keys = [
        key_of(&frodo, "a"),
        key_of(&gondor.admin, "a"),
        key_of(&sam, "a"),
        key_of(&frodo, "A"),
        key_of(&frodo, "a "),
        key_of(&frodo, &"é'%_\\😀".repeat(30)),
    ];
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(begin(&fresh, key, CALL, 1).await, Begun::First);
        finish(&fresh, key, 1, &reply(&number.to_string()), 100).await;
    }
    for (number, key) in keys.iter().enumerate() {
        let again = begin(&fresh, key, CALL, 2).await;
        assert_eq!(again, Begun::Done(reply(&number.to_string())));
    }
}

pub async fn keys_whose_time_is_over_are_forgotten(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let replies = &fresh.repositories.replies;
    for (name, kept_until) in [
        ("a", Some(50)),
        ("b", Some(100)),
        ("c", None),
        ("d", Some(101)),
    ] {
        let key = key_of(&frodo, name);
        begin(&fresh, &key, CALL, 40).await;
        if let Some(until) = kept_until {
            finish(&fresh, &key, 40, &reply(name), until).await;
        }
    }
    for (seconds, limit, expected) in [
        (49, 9, 0),
        (50, 0, 0),
        (50, 9, 1),
        (99, 9, 0),
        (100, 1, 1),
        (100, 9, 1),
        (100, 9, 0),
    ] {
        let forgotten = replies.forget_expired(at(seconds), limit).await;
        assert_eq!(forgotten.unwrap(), expected, "at {seconds}");
    }
    let kept = begin(&fresh, &key_of(&frodo, "d"), CALL, 100).await;
    assert_eq!(kept, Begun::Done(reply("d")));
}

pub async fn replies_go_with_their_user(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    for user in [&sam, &frodo, &shire.admin] {
        for name in ["done", "running"] {
            begin(&fresh, &key_of(user, name), CALL, 1).await;
        }
        finish(&fresh, &key_of(user, "done"), 1, &reply("x"), 100).await;
    }
    let keyring = &fresh.repositories.keyring;
    let sealed = keyring.count_sealed(100).await.unwrap();
    let users = &fresh.repositories.users;
    let erased = users
        .delete(&around(&frodo), frodo.id, None, &change_at(2))
        .await;
    assert!(erased.unwrap());
    let patch = AccountPatch {
        active: Some(false),
        erase_users: true,
        ..AccountPatch::default()
    };
    let accounts = &fresh.repositories.accounts;
    let updated = accounts
        .update(&around(&sam), bree.id, &patch, None, &change_at(3))
        .await;
    assert!(updated.unwrap().is_some());
    // Each had a secret and a reply.
    assert_eq!(keyring.count_sealed(100).await.unwrap(), sealed - 4);
    let replies = &fresh.repositories.replies;
    let forgotten = replies.forget_expired(at(1000), 100).await.unwrap();
    assert_eq!(forgotten, 2);
}

fn key_of(user: &User, key: &str) -> ReplyKey {
    ReplyKey {
        organization_id: user.organization_id,
        user_id: user.id,
        key: key.to_owned(),
    }
}

fn reply(text: &str) -> Sealed {
    let place = SealedPlace::UserSecret(CALL);
    PlainVault::new().seal(&place, text.as_bytes())
}

/// Begins a call that frees its key a minute later if it stops.
async fn begin(fresh: &Fresh, key: &ReplyKey, fingerprint: SecretDigest, seconds: u32) -> Begun {
    let replies = &fresh.repositories.replies;
    let begun = replies
        .begin(key, &fingerprint, at(seconds), at(seconds + 60))
        .await;
    begun.unwrap()
}

/// Finishes the call that was begun by [`begin`] so many seconds after the start.
async fn finish(fresh: &Fresh, key: &ReplyKey, begun: u32, reply: &Sealed, until: u32) {
    let replies = &fresh.repositories.replies;
    let finished = replies.finish(key, at(begun + 60), reply, at(until)).await;
    finished.unwrap();
}

async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await
}
