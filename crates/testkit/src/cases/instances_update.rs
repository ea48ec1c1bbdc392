//! Changing instances, and what they are configured with.

use tenantry_domain::{
    AuditAction, AuditRecord, ConfigurationEntry, ConfigurationId, ConfigurationPatch,
    ConfigurationText, ConfigurationValue, Entity, ExternalAuthentication, Instance, InstanceId,
    InstanceOwner, InstancePatch, Revision, Sealed, SealedPlace, Snapshot, Text, User, UserPatch,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::SecretVault,
};

use super::given::{Refusal, around, at, filter, refusal};
use crate::{
    Fresh, PlainVault,
    samples::{change_at, email, name, text},
};

pub async fn an_update_changes_everything_that_it_names(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let patch = InstancePatch {
        name: Some(name("Renamed")),
        tags: Some(vec![text("z"), text("a"), text("")]),
        configuration: ConfigurationPatch::default(),
        external_authentication: Some(ExternalAuthentication::Initial),
        disabled: Some(true),
    };
    let expected = Instance {
        name: name("Renamed"),
        tags: vec![text("z"), text("a"), text("")],
        external_authentication: ExternalAuthentication::Initial,
        disabled: true,
        updated_at: at(5),
        revision: Revision::new(2),
        ..instance.clone()
    };
    assert_eq!(update(&fresh, &frodo, &instance, &patch, 5).await, expected);
    assert_eq!(found(&fresh, &instance).await, Some(expected));
}

pub async fn an_update_leaves_everything_that_it_does_not_name(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    for (seconds, patch) in (1..).zip([
        InstancePatch::default(),
        renaming("Renamed"),
        InstancePatch {
            tags: Some(vec![]),
            ..InstancePatch::default()
        },
        InstancePatch {
            disabled: Some(false),
            ..InstancePatch::default()
        },
    ]) {
        let before = found(&fresh, &instance).await.unwrap();
        let expected = Instance {
            name: patch.name.clone().unwrap_or(before.name.clone()),
            tags: patch.tags.clone().unwrap_or(before.tags.clone()),
            updated_at: at(seconds),
            revision: Revision::new(i64::from(seconds) + 1),
            ..before
        };
        let updated = update(&fresh, &frodo, &instance, &patch, seconds).await;
        assert_eq!(updated, expected);
        assert_eq!(found(&fresh, &instance).await, Some(expected));
    }
}

pub async fn what_is_updated_is_found_by_its_new_values(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let patch = InstancePatch {
        tags: Some(vec![text("ÉOWYN"), text("green")]),
        disabled: Some(true),
        ..renaming("İstari")
    };
    update(&fresh, &frodo, &instance, &patch, 1).await;
    let instances = &fresh.repositories.instances;
    for (condition, expected) in [
        ("name LIKE 'i\u{307}STARI'", 1),
        ("tag LIKE 'éowyn'", 1),
        ("tag = 'green' AND disabled = true", 1),
        ("tag = 'red'", 0),
        ("name = 'Tickets'", 0),
        ("disabled = false", 0),
    ] {
        let page = instances
            .list(
                &around(&frodo),
                &filter(condition),
                &Sort::by_id(),
                &PageRequest::first(9),
            )
            .await;
        assert_eq!(page.unwrap().items.len(), expected, "{condition}");
    }
}

pub async fn updating_another_revision_is_stale(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let before = fresh.log(frodo.organization_id).await;
    let instances = &fresh.repositories.instances;
    let patch = InstancePatch {
        configuration: setting([("url", clear("changed"))]),
        ..renaming("Renamed")
    };
    for wrong in [0, 2, i64::MAX] {
        let expected = Some(Revision::new(wrong));
        let outcome = instances
            .update(
                &around(&frodo),
                instance.id,
                &patch,
                expected,
                &change_at(1),
            )
            .await;
        assert_eq!(refusal(outcome), Refusal::Stale(Entity::Instance));
    }
    assert_eq!(found(&fresh, &instance).await.as_ref(), Some(&instance));
    assert_eq!(fresh.log(frodo.organization_id).await, before);
    let right = Some(Revision::FIRST);
    let outcome = instances
        .update(&around(&frodo), instance.id, &patch, right, &change_at(1))
        .await;
    assert_eq!(outcome.unwrap().unwrap().revision, Revision::new(2));
}

pub async fn an_update_of_an_unknown_instance_is_none(fresh: Fresh) {
    let (frodo, _) = configured(&fresh).await;
    let instances = &fresh.repositories.instances;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let (id, revision) = (InstanceId::new(id), Some(Revision::FIRST));
        let outcome = instances
            .update(&around(&frodo), id, &renaming("x"), revision, &change_at(1))
            .await;
        assert_eq!(outcome.unwrap(), None, "{id}");
    }
}

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

pub async fn an_update_is_recorded_without_secrets(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let patch = InstancePatch {
        tags: Some(vec![text("red"), text("blue")]),
        configuration: ConfigurationPatch {
            set: vec![
                (text("url"), clear("https://new.example")),
                (text("password"), sealed("0ther")),
                (text("token"), sealed("t0ken")),
            ],
            keep: Some(vec![text("empty")]),
        },
        external_authentication: Some(ExternalAuthentication::Initial),
        disabled: Some(true),
        ..renaming("Renamed")
    };
    let before = fresh.log(frodo.organization_id).await.len();
    let updated = update(&fresh, &frodo, &instance, &patch, 5).await;
    let (old, new) = Snapshot::difference(&instance.snapshot(), &updated.snapshot());
    let named = [
        "configuration.Empty",
        "configuration.password",
        "configuration.url",
        "disabled",
        "externalAuthentication",
        "name",
        "tags",
    ];
    assert_eq!(old.0.keys().collect::<Vec<_>>(), named);
    assert_eq!(new.0["configuration.url"], "https://new.example");
    let log = fresh.log(frodo.organization_id).await;
    let record = AuditRecord {
        id: log[before].id,
        organization_id: frodo.organization_id,
        account_id: Some(frodo.account_id),
        change: change_at(5),
        action: AuditAction::Updated,
        target: Entity::Instance,
        target_id: instance.id.get(),
        old,
        new,
    };
    assert_eq!(log[before..], [record]);
    let written = format!("{log:?}");
    for secret in ["p4ss", "0ther", "t0ken"] {
        assert!(!written.contains(secret), "{secret}");
    }
}

pub async fn an_update_that_changes_nothing_leaves_no_record(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let before = fresh.log(frodo.organization_id).await;
    let patch = InstancePatch {
        name: Some(instance.name.clone()),
        tags: Some(instance.tags.clone()),
        configuration: ConfigurationPatch {
            set: pairs(&instance),
            keep: Some(vec![]),
        },
        external_authentication: Some(ExternalAuthentication::None),
        disabled: Some(false),
    };
    let updated = update(&fresh, &frodo, &instance, &patch, 5).await;
    assert_eq!(updated.configuration, instance.configuration);
    assert_eq!(updated.revision, Revision::new(2));
    assert_eq!(fresh.log(frodo.organization_id).await, before);
}

pub async fn an_instance_shows_its_owner_as_the_owner_is_now(fresh: Fresh) {
    let (frodo, instance) = configured(&fresh).await;
    let patch = UserPatch {
        email: Some(email("Bilbo@shire.example")),
        first_name: Some(name("Bilbo")),
        last_name: Some(name("Took")),
        ..UserPatch::default()
    };
    fresh.update(&frodo, &patch, 1).await;
    let expected = Instance {
        user: InstanceOwner {
            id: frodo.id,
            email: email("Bilbo@shire.example"),
            first_name: name("Bilbo"),
            last_name: name("Took"),
        },
        ..instance.clone()
    };
    assert_eq!(found(&fresh, &instance).await.as_ref(), Some(&expected));
    let instances = &fresh.repositories.instances;
    let scope = around(&frodo);
    let page = instances
        .list(&scope, &Filter::All, &Sort::by_id(), &PageRequest::first(9))
        .await;
    assert_eq!(page.unwrap().items, [expected.clone()]);
    let updated = update(&fresh, &frodo, &instance, &renaming("Renamed"), 2).await;
    assert_eq!(updated.user, expected.user);
}

/// As many tags and entries as an instance may have, among instances that have others.
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

fn clear(value: &str) -> ConfigurationValue {
    ConfigurationValue::Clear(ConfigurationText::parse(value).unwrap())
}

fn sealed(value: &str) -> ConfigurationValue {
    let place = SealedPlace::Configuration {
        instance: crate::samples::secret("ti_somewhere").digest,
        key: "key".to_owned(),
    };
    ConfigurationValue::Sealed(PlainVault::new().seal(&place, value.as_bytes()))
}

fn setting<const N: usize>(entries: [(&str, ConfigurationValue); N]) -> ConfigurationPatch {
    ConfigurationPatch {
        set: entries.map(|(key, value)| (text(key), value)).to_vec(),
        keep: None,
    }
}

fn renaming(to: &str) -> InstancePatch {
    InstancePatch {
        name: Some(name(to)),
        ..InstancePatch::default()
    }
}

fn ids(instance: &Instance) -> Vec<ConfigurationId> {
    instance
        .configuration
        .iter()
        .map(|entry| entry.id)
        .collect()
}

fn pairs(instance: &Instance) -> Vec<(Text, ConfigurationValue)> {
    let entries = instance.configuration.iter().cloned();
    entries
        .map(|ConfigurationEntry { key, value, .. }| (key, value))
        .collect()
}

async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await
}

/// Frodo with an instance that has one of every kind of value.
async fn configured(fresh: &Fresh) -> (User, Instance) {
    let frodo = frodo(fresh).await;
    let instance = fresh
        .instance_with(&frodo, "Tickets", |draft| {
            draft.tags = vec![text("red")];
            draft.configuration = vec![
                (text("url"), clear("https://jira.shire.example")),
                (text("password"), sealed("p4ss")),
                (text("Empty"), clear("")),
                (text("empty"), clear("-----BEGIN\n\tÄ😀 'x' \\ % _\r\n")),
            ];
        })
        .await;
    (frodo, instance)
}

async fn update(
    fresh: &Fresh,
    user: &User,
    instance: &Instance,
    patch: &InstancePatch,
    seconds: u32,
) -> Instance {
    let instances = &fresh.repositories.instances;
    let updated = instances
        .update(&around(user), instance.id, patch, None, &change_at(seconds))
        .await;
    updated.unwrap().unwrap()
}

async fn found(fresh: &Fresh, instance: &Instance) -> Option<Instance> {
    let instances = &fresh.repositories.instances;
    let scope = super::given::whole(instance.organization_id);
    instances.find(&scope, instance.id).await.unwrap()
}
