//! Changing instances.

use tenantry_domain::{
    AuditAction, AuditRecord, ConfigurationPatch, Entity, ExternalAuthentication, Instance,
    InstanceId, InstanceOwner, InstancePatch, Revision, Snapshot, UserPatch,
    ceql::Filter,
    page::{PageRequest, Sort},
};

use super::{
    configured::{clear, configured, found, pairs, sealed, update},
    given::{Refusal, around, at, filter, refusal},
};
use crate::{
    Fresh,
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
        configuration: ConfigurationPatch {
            set: vec![(text("url"), clear("changed"))],
            keep: None,
        },
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
    assert_eq!(page.unwrap().items.first(), Some(&expected));
    let updated = update(&fresh, &frodo, &instance, &renaming("Renamed"), 2).await;
    assert_eq!(updated.user, expected.user);
}

fn renaming(to: &str) -> InstancePatch {
    InstancePatch {
        name: Some(name(to)),
        ..InstancePatch::default()
    }
}
