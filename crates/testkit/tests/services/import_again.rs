//! What a run says of what came along before: compared is what this source brought, and nothing else.

use tenantry_domain::{
    ConfigurationPatch, ConfigurationText, ConfigurationValue, Entity, InstanceId, InstancePatch,
    OrganizationId, Scope, SecretText, Snapshot,
    ports::Repositories,
    services::{Destination, Fate, ImportOptions},
    transfer::{Batch, ConfigurationRecord, InstanceRecord, OrganizationRecord, Record},
};
use tenantry_testkit::{
    ScriptedSource,
    samples::{self, change},
};

use crate::moved::{NEW, instance, run, shire, store, user};

/// What is said of the organization itself.
async fn said_of_organization(
    store: &Repositories,
    organization: OrganizationRecord<Option<SecretText>>,
    into: Destination,
) -> Fate {
    let mut source = ScriptedSource::new("the shire", organization, Vec::new());
    let options = ImportOptions { into, ids: None };
    let (_, reported) = run(&store.transfers, &mut source, options).await.unwrap();
    reported[0].fate.clone()
}

#[tokio::test]
async fn an_organization_that_came_as_a_whole_is_compared_however_the_run_is_called() {
    let store = store().await;
    said_of_organization(&store, shire(), Destination::New).await;
    let mut changed = shire();
    changed.organization.name = samples::name("The Shire");
    // Here it is active, whatever it is there.
    changed.default_account.account.active = false;
    for into in [
        Destination::New,
        Destination::Existing(OrganizationId::new(30)),
    ] {
        let fate = said_of_organization(&store, changed.clone(), into).await;
        let expected = Fate::Differs {
            here: Snapshot::new().field("name", "Shire"),
            there: Snapshot::new().field("name", "The Shire"),
        };
        assert_eq!(fate, expected);
    }
}

#[tokio::test]
async fn an_organization_that_was_here_keeps_its_name_however_the_run_is_called() {
    let store = store().await;
    let draft = samples::organization_draft("Gondor");
    let gondor = store.organizations.create(&draft, &change()).await.unwrap();
    let into = Destination::Existing(gondor.organization.id);
    for into in [into, into, Destination::New] {
        let fate = said_of_organization(&store, shire(), into).await;
        assert_eq!(fate, Fate::Unchanged);
    }
}

#[tokio::test]
async fn what_the_source_does_not_reveal_is_no_difference_once_it_is_set() {
    let store = store().await;
    let masked = |edit: fn(&mut InstanceRecord)| {
        let Record::Instance(mut moved) = instance(9, 100, 40, 1) else {
            unreachable!("it is an instance");
        };
        moved.configuration.push(ConfigurationRecord {
            id: None,
            key: samples::text("api.user"),
            value: None,
        });
        edit(&mut moved);
        let batch = Batch::of(vec![user(100, 40), Record::Instance(moved)]);
        ScriptedSource::new("the shire", shire(), vec![batch])
    };
    run(&store.transfers, &mut masked(|_| {}), NEW)
        .await
        .unwrap();
    let value = ConfigurationValue::Clear(ConfigurationText::parse("frodo").unwrap());
    let patch = InstancePatch {
        configuration: ConfigurationPatch {
            set: vec![(samples::text("api.user"), value)],
            keep: None,
        },
        ..InstancePatch::default()
    };
    let scope = Scope::organization(OrganizationId::new(30));
    let id = InstanceId::new(9);
    let instances = &store.instances;
    let set = instances.update(&scope, id, &patch, None, &change()).await;
    set.unwrap().unwrap();
    let (summary, _) = run(&store.transfers, &mut masked(|_| {}), NEW)
        .await
        .unwrap();
    assert_eq!(summary.tallies[&Entity::Instance].unchanged, 1);
    let mut renamed = masked(|instance| instance.name = samples::name("Other"));
    let (_, reported) = run(&store.transfers, &mut renamed, NEW).await.unwrap();
    let expected = Fate::Differs {
        here: Snapshot::new().field("name", "CRM"),
        there: Snapshot::new().field("name", "Other"),
    };
    assert_eq!(reported[3].fate, expected);
}

#[tokio::test]
async fn who_moved_in_is_added_to_by_a_file_only_if_somebody_says_so() {
    let store = store().await;
    let batch = |id| vec![Batch::of(vec![user(id, 40)])];
    let source = |id| ScriptedSource::new("the shire", shire(), batch(id)).unproven();
    run(&store.transfers, &mut source(100), NEW).await.unwrap();
    let error = run(&store.transfers, &mut source(101), NEW)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "it moved in before, as the organization 30: give --organization 30 to compare it, and to bring what has come since"
    );
    let options = ImportOptions {
        into: Destination::Existing(OrganizationId::new(30)),
        ids: None,
    };
    let (summary, _) = run(&store.transfers, &mut source(101), options)
        .await
        .unwrap();
    assert_eq!(summary.tallies[&Entity::User].new, 1);
}
