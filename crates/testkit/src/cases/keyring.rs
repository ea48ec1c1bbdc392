//! What the store remembers of the master key, and everything in it that one sealed.

use std::collections::BTreeMap;

use tenantry_domain::{
    ConfigurationText, ConfigurationValue, KeyId, ReplyKey, Sealed, SealedPlace, SealedSecret,
    User,
    ports::{Begun, Resealed, SealedBatch, SecretVault},
};

use super::given::{around, at};
use crate::{
    Fresh, PlainVault,
    samples::{caller, change_at, secret, text},
};

pub async fn a_new_store_has_no_sentinel(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    assert_eq!(keyring.sentinel().await.unwrap(), None);
}

pub async fn the_first_sentinel_stays(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    let first = PlainVault::with_key(u128::MAX - 7).sentinel();
    let second = PlainVault::with_key(2).sentinel();
    let recorded = keyring.record_sentinel(&first).await.unwrap();
    assert_eq!(recorded, first);
    let recorded = keyring.record_sentinel(&second).await.unwrap();
    assert_eq!(recorded, first);
    assert_eq!(keyring.sentinel().await.unwrap(), Some(first));
}

pub async fn the_bytes_of_a_sentinel_are_kept_exactly(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    let sentinel = Sealed {
        bytes: (0..=255).collect(),
        ..PlainVault::new().sentinel()
    };
    keyring.record_sentinel(&sentinel).await.unwrap();
    assert_eq!(keyring.sentinel().await.unwrap(), Some(sentinel));
}

pub async fn a_sentinel_is_replaced_if_it_is_still_the_old_one(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    let first = PlainVault::with_key(1).sentinel();
    let second = PlainVault::with_key(2).sentinel();
    let third = PlainVault::with_key(3).sentinel();
    assert!(!keyring.replace_sentinel(&first, &second).await.unwrap());
    assert_eq!(keyring.sentinel().await.unwrap(), None);
    keyring.record_sentinel(&first).await.unwrap();
    let other_key = Sealed {
        key_id: second.key_id,
        ..first.clone()
    };
    let other_bytes = Sealed {
        bytes: second.bytes[1..].to_vec(),
        ..first.clone()
    };
    for old in [&second, &other_key, &other_bytes] {
        assert!(!keyring.replace_sentinel(old, &third).await.unwrap());
        assert_eq!(keyring.sentinel().await.unwrap().as_ref(), Some(&first));
    }
    assert!(keyring.replace_sentinel(&first, &second).await.unwrap());
    assert!(!keyring.replace_sentinel(&first, &third).await.unwrap());
    assert_eq!(keyring.sentinel().await.unwrap(), Some(second));
}

pub async fn a_new_store_has_nothing_sealed(fresh: Fresh) {
    let keyring = &fresh.repositories.keyring;
    keyring
        .record_sentinel(&PlainVault::new().sentinel())
        .await
        .unwrap();
    assert_eq!(keyring.count_sealed(9).await.unwrap(), 0);
    let expected = SealedBatch {
        others: vec![],
        examined: 0,
        next: None,
    };
    let batch = keyring.sealed_by_others(key(2), None, 9).await.unwrap();
    assert_eq!(batch, expected);
}

pub async fn everything_sealed_is_handed_out_in_the_order_of_its_places(fresh: Fresh) {
    let expected: Vec<_> = vault_full(&fresh).await.into_iter().collect();
    for limit in [1, 2, 3, 7, 1000] {
        let found = others(&fresh, key(99), limit).await;
        assert_eq!(found, expected, "in stretches of {limit}");
    }
}

/// Every third place holds what the key 2 sealed.
pub async fn what_the_asked_key_sealed_is_looked_at_and_not_handed_out(fresh: Fresh) {
    let all = vault_full(&fresh).await;
    for asked in [1, 2] {
        let expected: Vec<_> = all
            .clone()
            .into_iter()
            .filter(|(_, sealed)| sealed.key_id != key(asked))
            .collect();
        assert!(!expected.is_empty() && expected.len() < all.len());
        for limit in [1, 4, 1000] {
            let found = others(&fresh, key(asked), limit).await;
            assert_eq!(found, expected, "not by {asked}, in stretches of {limit}");
        }
    }
}

pub async fn sealed_things_are_counted_no_further_than_asked(fresh: Fresh) {
    let all = u64::try_from(vault_full(&fresh).await.len()).unwrap();
    let keyring = &fresh.repositories.keyring;
    for up_to in [0, 1, 3, all - 1, all, all + 1, 1000] {
        let counted = keyring.count_sealed(up_to).await.unwrap();
        assert_eq!(counted, up_to.min(all), "up to {up_to}");
    }
}

pub async fn what_was_sealed_anew_is_in_its_place(fresh: Fresh) {
    let all = vault_full(&fresh).await;
    let before = fresh.log(tenantry_domain::OrganizationId::new(2)).await;
    let items: Vec<_> = all
        .iter()
        .map(|(place, old)| resealed(place, old, 3))
        .collect();
    let keyring = &fresh.repositories.keyring;
    let replaced = keyring.reseal(&items).await.unwrap();
    assert_eq!(replaced, u64::try_from(items.len()).unwrap());
    let expected: Vec<_> = items
        .iter()
        .map(|item| (item.place.clone(), item.new.clone()))
        .collect();
    assert_eq!(others(&fresh, key(1), 1000).await, expected);
    assert_eq!(others(&fresh, key(3), 1000).await, []);
    // They are looked up as before, and nobody sees that anything changed.
    let known = caller("frodo@shire.example", "Shire");
    let frodo = fresh.authenticate(&known, 50).await.unwrap().identity;
    let users = &fresh.repositories.users;
    let scope = tenantry_domain::Scope::organization(frodo.organization_id);
    let user = users.find(&scope, frodo.user_id).await.unwrap().unwrap();
    assert_eq!(user.revision, tenantry_domain::Revision::new(2));
    assert_eq!(fresh.log(frodo.organization_id).await, before);
    let credentials = &fresh.repositories.credentials;
    let present = credentials.user_secret(&scope, user.id).await.unwrap();
    let present: SealedSecret = present.unwrap();
    assert_eq!(present.digest, secret("tu_new").digest);
    assert_eq!(present.sealed.key_id, key(3));
}

pub async fn what_is_something_else_by_now_is_not_replaced(fresh: Fresh) {
    let all = vault_full(&fresh).await;
    let mut items: Vec<_> = all
        .iter()
        .map(|(place, old)| resealed(place, old, 3))
        .collect();
    for (number, item) in items.iter_mut().enumerate() {
        match number % 4 {
            0 => item.old.bytes.push(0),
            1 => item.old.key_id = key(77),
            _ => {}
        }
    }
    let unknown = SealedPlace::UserSecret(secret("tu_nobody").digest);
    let old = PlainVault::new().seal(&unknown, b"x");
    items.push(resealed(&unknown, &old, 3));
    let keyring = &fresh.repositories.keyring;
    let expected = (0..all.len()).filter(|number| number % 4 > 1).count();
    let replaced = keyring.reseal(&items).await.unwrap();
    assert_eq!(replaced, u64::try_from(expected).unwrap());
    let expected: Vec<_> = all
        .into_iter()
        .zip(&items)
        .enumerate()
        .map(|(number, ((place, old), item))| {
            (
                place,
                if number % 4 > 1 {
                    item.new.clone()
                } else {
                    old
                },
            )
        })
        .collect();
    assert_eq!(others(&fresh, key(99), 1000).await, expected);
    assert_eq!(keyring.reseal(&items).await.unwrap(), 0);
    assert_eq!(keyring.reseal(&[]).await.unwrap(), 0);
}

fn key(number: u128) -> KeyId {
    PlainVault::with_key(number).current_key()
}

fn resealed(place: &SealedPlace, old: &Sealed, by: u128) -> Resealed {
    Resealed {
        place: place.clone(),
        old: old.clone(),
        new: PlainVault::with_key(by).seal(place, &old.bytes),
    }
}

/// All stretches, each of which ends somewhere behind the one before.
async fn others(fresh: &Fresh, key: KeyId, limit: u32) -> Vec<(SealedPlace, Sealed)> {
    let keyring = &fresh.repositories.keyring;
    let (mut found, mut examined) = (Vec::new(), 0);
    let mut after = None;
    loop {
        let batch = keyring.sealed_by_others(key, after.clone(), limit).await;
        let batch = batch.unwrap();
        assert!(batch.examined <= u64::from(limit), "{batch:?}");
        examined += batch.examined;
        found.extend(batch.others);
        if batch.next.is_none() {
            break;
        }
        assert!(batch.next > after, "{after:?}");
        after = batch.next;
    }
    assert_eq!(keyring.count_sealed(1000).await.unwrap(), examined);
    found
}

/// A store in which something is sealed everywhere: present and replaced secrets, tokens, configuration and replies of
/// two organizations, every third of them by the key 2.
async fn vault_full(fresh: &Fresh) -> BTreeMap<SealedPlace, Sealed> {
    let shire = fresh.organization("Shire").await;
    let frodo = fresh.user(&shire.account, "frodo@shire.example").await;
    let gondor = fresh.organization("Gondor").await;
    replace_secrets(fresh, &frodo).await;
    let mut all = BTreeMap::new();
    for name in [
        "tu_admin@shire.example",
        "tu_frodo@shire.example",
        "tu_admin@gondor.example",
        "tu_new",
    ] {
        let secret = secret(name);
        all.insert(SealedPlace::UserSecret(secret.digest), secret.sealed);
    }
    for name in ["to_Shire", "to_Gondor", "to_new"] {
        let secret = secret(name);
        let place = SealedPlace::OrganizationSecret(secret.digest);
        all.insert(place, secret.sealed);
    }
    for (owner, name) in [(&frodo, "One"), (&frodo, "Two"), (&gondor.admin, "Three")] {
        all.extend(sealed_instance(fresh, owner, name).await);
    }
    for (user, name) in [(&frodo, "b"), (&frodo, "B"), (&gondor.admin, "a")] {
        let place = SealedPlace::Reply(begun(fresh, user, name).await);
        let reply = PlainVault::new().seal(&place, b"reply");
        if let SealedPlace::Reply(key) = &place {
            let replies = &fresh.repositories.replies;
            replies.finish(key, at(100), &reply, at(100)).await.unwrap();
        }
        all.insert(place, reply);
    }
    // One is running still.
    begun(fresh, &frodo, "running").await;

    let items: Vec<_> = all
        .iter()
        .step_by(3)
        .map(|(place, old)| resealed(place, old, 2))
        .collect();
    let keyring = &fresh.repositories.keyring;
    let resealed = keyring.reseal(&items).await.unwrap();
    assert_eq!(resealed, u64::try_from(items.len()).unwrap());
    all.extend(items.into_iter().map(|item| (item.place, item.new)));
    all
}

/// Gives the user the secret `tu_new`, and the organization `to_new`; the old ones go on working.
async fn replace_secrets(fresh: &Fresh, user: &User) {
    let credentials = &fresh.repositories.credentials;
    let (scope, until) = (around(user), Some(at(100)));
    let replaced = credentials
        .replace_user_secret(&scope, user.id, &secret("tu_new"), until, &change_at(1))
        .await;
    assert!(replaced.unwrap());
    let id = user.organization_id;
    let replaced = credentials
        .replace_organization_secret(id, &secret("to_new"), until, &change_at(2))
        .await;
    assert!(replaced.unwrap());
}

/// An instance with credentials; everything that is sealed of it.
async fn sealed_instance(fresh: &Fresh, owner: &User, name: &str) -> BTreeMap<SealedPlace, Sealed> {
    let mut all = BTreeMap::new();
    let instance = fresh
        .instance_with(owner, name, |draft| {
            for key in ["token", "password", "Password", "pässword", "a%"] {
                let place = SealedPlace::Configuration {
                    instance: draft.token.digest,
                    key: key.to_owned(),
                };
                let sealed = PlainVault::new().seal(&place, name.as_bytes());
                all.insert(place, sealed.clone());
                let value = ConfigurationValue::Sealed(sealed);
                draft.configuration.push((text(key), value));
            }
            let clear = ConfigurationText::parse("clear").unwrap();
            let clear = ConfigurationValue::Clear(clear);
            draft.configuration.push((text("url"), clear));
        })
        .await;
    let token = instance.token;
    all.insert(SealedPlace::InstanceToken(token.digest), token.sealed);
    all
}

async fn begun(fresh: &Fresh, user: &User, key: &str) -> ReplyKey {
    let key = ReplyKey {
        organization_id: user.organization_id,
        user_id: user.id,
        key: key.to_owned(),
    };
    let (replies, call) = (&fresh.repositories.replies, secret("call").digest);
    let begun = replies.begin(&key, &call, at(1), at(100)).await;
    assert_eq!(begun.unwrap(), Begun::First);
    key
}
