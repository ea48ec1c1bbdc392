//! Calls of the platform that meet: nothing is lost, nothing happens twice.

use std::collections::BTreeSet;

use tenantry_domain::{
    AuditAction, ConfigurationPatch, ConfigurationText, ConfigurationValue, Entity, InstancePatch,
    NewPassword, PasswordPolicy, ProfilePatch, ReplyKey, Revision, SealedPlace, User, UserPatch,
    ports::{Begun, Caller, Resealed, SecretVault, VerifiedPassword},
};

use super::{
    given::{Refusal, around, at},
    meeting::{split, together},
};
use crate::{
    Fresh, PlainVault,
    samples::{change_at, login_token, name, password_hash, secret, text, token_caller},
};

/// Rounds of conditional updates: a hundred in all.
pub async fn of_many_conditional_updates_one_wins_per_revision(fresh: Fresh) {
    let user = frodo(&fresh).await;
    for round in 1..=10u32 {
        let expected = fresh.reread(&user).await.unwrap().revision;
        let outcomes = together((0..10).map(|number| {
            let users = fresh.repositories.users.clone();
            let (scope, id) = (around(&user), user.id);
            async move {
                let patch = UserPatch {
                    first_name: Some(name(&format!("Number {number} of {round}"))),
                    ..UserPatch::default()
                };
                let change = change_at(round);
                users
                    .update(&scope, id, &patch, Some(expected), &change)
                    .await
            }
        }))
        .await;
        let (won, lost) = split(outcomes);
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(lost, [Refusal::Stale(Entity::User)].repeat(9));
        let now = fresh.reread(&user).await;
        assert_eq!(now, won.into_iter().next().unwrap());
        let revision = Revision::new(i64::from(round) + 1);
        assert_eq!(now.unwrap().revision, revision);
    }
    let log = fresh.log(user.organization_id).await;
    let updates = log
        .iter()
        .filter(|record| record.action == AuditAction::Updated);
    assert_eq!(updates.count(), 10);
}

pub async fn a_hundred_conditional_updates_of_one_revision_have_one_winner(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let outcomes = together((0..100).map(|number| {
        let users = fresh.repositories.users.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let patch = UserPatch {
                first_name: Some(name(&format!("Number {number}"))),
                ..UserPatch::default()
            };
            let expected = Some(Revision::FIRST);
            users
                .update(&scope, id, &patch, expected, &change_at(1))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(won.len(), 1);
    assert_eq!(lost, [Refusal::Stale(Entity::User)].repeat(99));
    assert_eq!(fresh.reread(&user).await, won.into_iter().next().unwrap());
}

/// Each changes one of ten fields to a value of its own: the last one of each field stays, whoever that was.
pub async fn a_hundred_updates_of_different_fields_lose_none(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let outcomes = together((0..100).map(|number| {
        let users = fresh.repositories.users.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let patch = patch_of_field(number % 10, &number.to_string());
            users
                .update(&scope, id, &patch, None, &change_at(number))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(lost, []);
    let revisions: BTreeSet<_> = won
        .into_iter()
        .map(|updated| updated.unwrap().revision.get())
        .collect();
    assert_eq!(revisions, (2..=101).collect());
    let now = fresh.reread(&user).await.unwrap();
    assert_eq!(now.revision, Revision::new(101));
    for (field, value) in values(&now).into_iter().enumerate() {
        let number: usize = value.parse().unwrap();
        assert_eq!(number % 10, field, "{now:?}");
    }
    // Every record begins where another one ended.
    let log = fresh.log(user.organization_id).await;
    let updates: Vec<_> = log
        .iter()
        .filter(|record| record.action == AuditAction::Updated)
        .collect();
    assert_eq!(updates.len(), 100);
    for (field, value) in ["firstName", "city", "country"].into_iter().zip([0, 6, 9]) {
        let old: BTreeSet<_> = updates
            .iter()
            .filter_map(|one| one.old.0.get(field))
            .collect();
        let new: BTreeSet<_> = updates
            .iter()
            .filter_map(|one| one.new.0.get(field))
            .collect();
        assert_eq!(new.len(), 10, "{field}");
        let stays: Vec<_> = new.difference(&old).collect();
        assert_eq!(stays, [&&values(&now)[value]], "{field}");
    }
}

pub async fn one_of_many_calls_under_one_key_is_the_first(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let key = ReplyKey {
        organization_id: user.organization_id,
        user_id: user.id,
        key: "a".to_owned(),
    };
    // The second time the key was used before, and its time is over.
    for start in [1, 100] {
        let outcomes = together((0..20).map(|_| {
            let (replies, key) = (fresh.repositories.replies.clone(), key.clone());
            async move {
                let call = secret("call").digest;
                replies.begin(&key, &call, at(start), at(start + 60)).await
            }
        }))
        .await;
        let mut begun: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
        begun.sort_by_key(|begun| *begun != Begun::First);
        assert_eq!(begun[0], Begun::First);
        assert!(begun[1..].iter().all(|begun| *begun == Begun::Running));
    }
}

/// However they come, one secret is the present one, and all others end with the overlap that came last.
pub async fn many_replacements_of_one_secret_leave_one_present(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let outcomes = together((0..10).map(|number| {
        let credentials = fresh.repositories.credentials.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let (new, until) = (secret(&format!("tu_{number}")), Some(at(100)));
            credentials
                .replace_user_secret(&scope, id, &new, until, &change_at(1))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(lost, []);
    assert_eq!(won, [true].repeat(10));
    let caller = |number| Caller::Secrets {
        user: secret(&format!("tu_{number}")).digest,
        organization: secret("to_Shire").digest,
        instance: None,
    };
    let mut present = Vec::new();
    for number in 0..10 {
        assert!(fresh.knows(&caller(number), 99).await, "{number}");
        if fresh.knows(&caller(number), 100).await {
            present.push(secret(&format!("tu_{number}")));
        }
    }
    let credentials = &fresh.repositories.credentials;
    let kept = credentials.user_secret(&around(&user), user.id).await;
    assert_eq!(present, [kept.unwrap().unwrap()]);
    let now = fresh.reread(&user).await.unwrap();
    assert_eq!(now.revision, Revision::new(11));
}

/// Whoever comes first: no token outlives the password that it was given for.
pub async fn logins_and_a_new_password_agree_on_the_tokens(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let outcomes = together((0..20).map(|number| {
        let stores = fresh.repositories.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let change = change_at(number);
            if number % 5 == 0 {
                let patch = UserPatch {
                    active: Some(number != 10),
                    password: Some(NewPassword {
                        hash: password_hash(&number.to_string()),
                        must_change: false,
                        remember: 2,
                        keep_token: None,
                    }),
                    ..UserPatch::default()
                };
                let updated = stores.users.update(&scope, id, &patch, None, &change).await;
                return updated.map(|_| ());
            }
            let token = login_token(&format!("tl_{number}"), 100);
            let present = stores.credentials.password(&scope, id).await?;
            let verified = VerifiedPassword {
                hash: present.unwrap().hash.unwrap(),
                upgraded: None,
            };
            let logged_in = stores
                .credentials
                .log_in(&scope, id, &token, &verified, &change);
            logged_in.await.map(|_| ())
        }
    }))
    .await;
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
    let credentials = &fresh.repositories.credentials;
    let former = credentials
        .former_passwords(&around(&user), user.id, 9)
        .await;
    assert_eq!(former.unwrap().len(), 2);
    let patch = UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    fresh.update(&user, &patch, 30).await;
    let patch = UserPatch {
        active: Some(true),
        ..UserPatch::default()
    };
    fresh.update(&user, &patch, 31).await;
    for number in 0..20 {
        let caller = token_caller(&format!("tl_{number}"));
        assert!(!fresh.knows(&caller, 32).await, "{number}");
    }
}

pub async fn one_of_many_policies_for_one_revision_is_set(fresh: Fresh) {
    let id = fresh.organization("Shire").await.organization.id;
    let outcomes = together((1..=20).map(|number| {
        let policies = fresh.repositories.policies.clone();
        async move {
            let policy = PasswordPolicy {
                min_length: number,
                ..PasswordPolicy::default()
            };
            let expected = Some(Revision::FIRST);
            policies
                .set(id, Some(&policy), expected, &change_at(number))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(won.len(), 1);
    assert_eq!(lost, [Refusal::Stale(Entity::Organization)].repeat(19));
    let policies = &fresh.repositories.policies;
    let found = policies.find(id).await.unwrap();
    assert_eq!(found, won.into_iter().next().unwrap());
}

pub async fn many_configurations_of_one_instance_all_win(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let instance = fresh.instance(&user, "jira", "Tickets").await;
    let outcomes = together((0..20).map(|number| {
        let instances = fresh.repositories.instances.clone();
        let (scope, id) = (around(&user), instance.id);
        async move {
            let value = ConfigurationText::parse(number.to_string()).unwrap();
            let key = text(&format!("key.{}", number % 10));
            let patch = InstancePatch {
                configuration: ConfigurationPatch {
                    set: vec![(key, ConfigurationValue::Clear(value))],
                    keep: None,
                },
                ..InstancePatch::default()
            };
            instances
                .update(&scope, id, &patch, None, &change_at(1))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(lost, []);
    let newest = won.into_iter().flatten().max_by_key(|one| one.revision);
    let instances = &fresh.repositories.instances;
    let found = instances.find(&around(&user), instance.id).await.unwrap();
    assert_eq!(found, newest);
    let found = found.unwrap();
    assert_eq!(found.revision, Revision::new(21));
    let keys: BTreeSet<_> = found.configuration.iter().map(|entry| &entry.key).collect();
    assert_eq!((keys.len(), found.configuration.len()), (10, 10));
}

pub async fn one_of_many_who_seal_anew_wins(fresh: Fresh) {
    frodo(&fresh).await;
    let old = secret("tu_frodo@shire.example");
    let place = SealedPlace::UserSecret(old.digest);
    let outcomes = together((2..12).map(|number| {
        let keyring = fresh.repositories.keyring.clone();
        let item = Resealed {
            place: place.clone(),
            old: old.sealed.clone(),
            new: PlainVault::with_key(number).seal(&place, b"tu_frodo@shire.example"),
        };
        async move { keyring.reseal(&[item]).await }
    }))
    .await;
    let replaced: u64 = outcomes.into_iter().map(Result::unwrap).sum();
    assert_eq!(replaced, 1);
}

pub async fn one_of_many_who_replace_the_sentinel_wins(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    let old = PlainVault::with_key(1).sentinel();
    keyring.record_sentinel(&old).await.unwrap();
    let outcomes = together((2..12).map(|number| {
        let (keyring, old) = (fresh.repositories.keyring.clone(), old.clone());
        async move {
            let new = PlainVault::with_key(number).sentinel();
            keyring.replace_sentinel(&old, &new).await
        }
    }))
    .await;
    let won = outcomes.into_iter().map(Result::unwrap);
    assert_eq!(won.filter(|won| *won).count(), 1);
    assert_ne!(keyring.sentinel().await.unwrap(), Some(old));
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

fn patch_of_field(number: u32, value: &str) -> UserPatch {
    let new = |field: u32| (number == field).then(|| Some(text(value)));
    UserPatch {
        first_name: (number == 0).then(|| name(value)),
        last_name: (number == 1).then(|| name(value)),
        profile: ProfilePatch {
            external_id: new(2),
            phone: new(3),
            street1: new(4),
            street2: new(5),
            city: new(6),
            state_province: new(7),
            postal_code: new(8),
            country: new(9),
        },
        ..UserPatch::default()
    }
}

/// The values of the fields, in the order of [`patch_of_field`].
fn values(user: &User) -> Vec<String> {
    let profile = &user.profile;
    let mut values = vec![user.first_name.to_string(), user.last_name.to_string()];
    for value in [
        &profile.external_id,
        &profile.phone,
        &profile.street1,
        &profile.street2,
        &profile.city,
        &profile.state_province,
        &profile.postal_code,
        &profile.country,
    ] {
        values.push(value.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    values
}
