//! What instances are configured with.

use tenantry_domain::{
    AuditAction, ConfigurationId, ConfigurationPatch, ConfigurationValue, Instance, InstancePatch,
    Sealed, Text,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::SecretVault,
};

use super::{
    configured::{clear, configured, found, frodo, pairs, sealed, update},
    given::{around, filter},
};
use crate::{
    Fresh, PlainVault,
    samples::{change_at, text},
};

pub async fn a_configuration_is_kept_in_the_order_given(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let shown: Vec<_> = pairs(&instance);
    assert_eq!(
        shown,
        [
            (text("url"), clear("https://jira.shire.example")),
            (text("password"), sealed("p4ss")),
            (text("Empty"), clear("")),
            (text("empty"), clear("-----BEGIN\n\tÄ😀 'x' \\ % _\r\n")),
        ]
    );
    let mut ids: Vec<_> = ids(&instance);
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert_eq!(found(&fresh, &instance).await, Some(instance.clone()));
    let bare = fresh.instance(&frodo, "jira", "Bare").await;
    assert_eq!(bare.configuration, []);
    assert_eq!(found(&fresh, &bare).await, Some(bare));
}

pub async fn sealed_values_come_back_byte_for_byte(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let value = ConfigurationValue::Sealed(Sealed {
        bytes: (0..=255).cycle().take(66_000).collect(),
        ..PlainVault::with_key(u128::MAX - 7).sentinel()
    });
    let instance = fresh
        .instance_with(&frodo, "One", |draft| {
            draft.configuration = vec![(text("secret"), value.clone())];
        })
        .await;
    assert_eq!(pairs(&instance), [(text("secret"), value)]);
    assert_eq!(found(&fresh, &instance).await, Some(instance.clone()));
    let value = ConfigurationValue::Sealed(Sealed {
        bytes: vec![],
        ..PlainVault::with_key(3).sentinel()
    });
    let patch = InstancePatch {
        configuration: setting([("secret", value.clone())]),
        ..InstancePatch::default()
    };
    let updated = update(&fresh, &frodo, &instance, &patch, 1).await;
    assert_eq!(pairs(&updated), [(text("secret"), value)]);
    assert_eq!(found(&fresh, &instance).await, Some(updated));
}

pub async fn entries_that_stay_keep_their_ids_and_new_ones_get_others(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let [url, password, empty, lower]: [ConfigurationId; 4] = ids(&instance).try_into().unwrap();
    // Without `keep` all others stay; a credential becomes clear, and what was clear a credential.
    let patch = InstancePatch {
        configuration: setting([
            ("new", clear("n")),
            ("url", sealed("now sealed")),
            ("password", clear("now clear")),
        ]),
        ..InstancePatch::default()
    };
    let updated = update(&fresh, &frodo, &instance, &patch, 1).await;
    assert_eq!(found(&fresh, &instance).await.as_ref(), Some(&updated));
    let new = updated.configuration[4].id;
    assert!(new > lower);
    assert_eq!(ids(&updated), [url, password, empty, lower, new]);
    assert_eq!(
        pairs(&updated),
        [
            (text("url"), sealed("now sealed")),
            (text("password"), clear("now clear")),
            (text("Empty"), clear("")),
            (text("empty"), clear("-----BEGIN\n\tÄ😀 'x' \\ % _\r\n")),
            (text("new"), clear("n")),
        ]
    );
}

pub async fn entries_that_are_neither_set_nor_kept_go(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let [url, password, _, lower]: [ConfigurationId; 4] = ids(&instance).try_into().unwrap();
    let patch = |set: &[(&str, &str)], keep: &[&str]| InstancePatch {
        configuration: ConfigurationPatch {
            set: set
                .iter()
                .map(|(key, value)| (text(key), clear(value)))
                .collect(),
            keep: Some(keep.iter().map(|key| text(key)).collect()),
        },
        ..InstancePatch::default()
    };
    // Keys are compared exactly; one that is not there keeps nothing.
    let kept = patch(&[("url", "u")], &["password", "empty", "missing"]);
    let updated = update(&fresh, &frodo, &instance, &kept, 1).await;
    assert_eq!(ids(&updated), [url, password, lower]);
    assert_eq!(
        pairs(&updated)[..2],
        [
            (text("url"), clear("u")),
            (text("password"), sealed("p4ss"))
        ]
    );
    assert_eq!(found(&fresh, &instance).await, Some(updated));

    let none = patch(&[], &[]);
    let updated = update(&fresh, &frodo, &instance, &none, 2).await;
    assert_eq!(updated.configuration, []);
    assert_eq!(found(&fresh, &instance).await, Some(updated));

    // What comes back is another entry than the one that went.
    let again = patch(&[("url", "v")], &[]);
    let updated = update(&fresh, &frodo, &instance, &again, 3).await;
    assert!(ids(&updated)[0] > lower, "{updated:?}");
    assert_eq!(pairs(&updated), [(text("url"), clear("v"))]);
}

/// As many tags and entries as an instance may have.
pub async fn the_largest_instances_are_kept(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let many: Vec<_> = (0..500)
        .map(|number| {
            let value = if number % 5 == 0 {
                sealed(&format!("s{number}"))
            } else {
                clear(&format!("c{number}"))
            };
            (text(&format!("key.{}", number * 7919 % 500)), value)
        })
        .collect();
    let tags: Vec<_> = (0..100)
        .map(|number| text(&format!("tag {}", number * 37 % 100)))
        .collect();
    let instance = fresh
        .instance_with(&frodo, "Large", |draft| {
            draft.tags.clone_from(&tags);
            draft.configuration.clone_from(&many);
        })
        .await;
    assert_eq!(instance.tags, tags);
    assert_eq!(pairs(&instance), many);
    assert_eq!(found(&fresh, &instance).await.as_ref(), Some(&instance));

    let half: Vec<Text> = many.iter().step_by(2).map(|(key, _)| key.clone()).collect();
    let added = (0..250).map(|number| (text(&format!("new.{number}")), clear("n")));
    let patch = InstancePatch {
        tags: Some(tags.iter().rev().cloned().collect()),
        configuration: ConfigurationPatch {
            set: added.collect(),
            keep: Some(half.clone()),
        },
        ..InstancePatch::default()
    };
    let updated = update(&fresh, &frodo, &instance, &patch, 1).await;
    assert_eq!(updated.configuration.len(), 500);
    let kept: Vec<_> = instance.configuration.iter().step_by(2).cloned().collect();
    assert_eq!(updated.configuration[..250], kept);
    assert!(updated.tags.iter().eq(tags.iter().rev()));
    assert_eq!(found(&fresh, &instance).await, Some(updated));
}

pub async fn a_list_shows_every_instance_with_what_is_its_own(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let mut expected = Vec::new();
    for number in 0..30usize {
        let instance = fresh
            .instance_with(&frodo, &format!("Instance {number}"), |draft| {
                let tags = (0..number % 4).map(|tag| text(&format!("{}", (number + tag) % 3)));
                draft.tags = tags.collect();
                let entries = (0..number % 5).map(|entry| {
                    let value = format!("{number}/{entry}");
                    let value = if entry % 2 == 0 {
                        clear(&value)
                    } else {
                        sealed(&value)
                    };
                    (text(&format!("k{entry}")), value)
                });
                draft.configuration = entries.collect();
            })
            .await;
        expected.push(instance);
        fresh
            .instance_with(&gondor.admin, &format!("Theirs {number}"), |draft| {
                draft.tags = vec![text("theirs")];
                draft.configuration = vec![(text("k0"), clear("theirs"))];
            })
            .await;
    }
    let instances = &fresh.repositories.instances;
    let scope = around(&frodo);
    let mut request = PageRequest::first(7);
    let mut met = Vec::new();
    loop {
        let page = instances
            .list(&scope, &Filter::All, &Sort::by_id(), &request)
            .await
            .unwrap();
        met.extend(page.items);
        let Some(cursor) = page.next else { break };
        request = PageRequest::after(cursor, 7);
    }
    assert_eq!(met, expected);
    let tagged = instances
        .list(
            &scope,
            &filter("tag = '1'"),
            &Sort::by_id(),
            &PageRequest::first(99),
        )
        .await;
    expected.retain(|instance| instance.tags.contains(&text("1")));
    assert_eq!(tagged.unwrap().items, expected);
}

pub async fn an_erased_instance_takes_its_configuration_along(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let keyring = &fresh.repositories.keyring;
    let sealed = keyring.count_sealed(100).await.unwrap();
    let instances = &fresh.repositories.instances;
    let erased = instances
        .delete(&around(&frodo), instance.id, None, &change_at(1))
        .await;
    assert!(erased.unwrap());
    // Its token, and its password.
    assert_eq!(keyring.count_sealed(100).await.unwrap(), sealed - 2);
    let log = fresh.log(frodo.organization_id).await;
    let record = log.last().unwrap();
    assert_eq!(record.action, AuditAction::Deleted);
    assert_eq!(record.old, instance.snapshot());
}

fn setting<const N: usize>(entries: [(&str, ConfigurationValue); N]) -> ConfigurationPatch {
    ConfigurationPatch {
        set: entries.map(|(key, value)| (text(key), value)).to_vec(),
        keep: None,
    }
}

fn ids(instance: &Instance) -> Vec<ConfigurationId> {
    instance
        .configuration
        .iter()
        .map(|entry| entry.id)
        .collect()
}
