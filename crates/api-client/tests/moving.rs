//! Organizations that move from a remote server into a store: everything that the server shows, whatever it does meanwhile.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/chaos.rs"]
mod chaos;
#[path = "moving/legacy.rs"]
mod legacy;
#[path = "support/rude.rs"]
#[expect(dead_code, reason = "other tests use what this one does not")]
mod server;
mod support;
#[path = "moving/world.rs"]
mod world;

use std::error::Error;

use chaos::Chaos;
use support::Server;
use tenantry_domain::{
    Entity, RoleKey, Scope, Snapshot,
    services::{Fate, Lost, Tally},
};
use tenantry_testkit::samples;
use world::{Here, contents, fill, source};

const NEW: fn(u64) -> Tally = |new| Tally {
    new,
    unchanged: 0,
    differs: 0,
    refused: 0,
    unreadable: 0,
};
const SAME: fn(u64) -> Tally = |unchanged| Tally {
    unchanged,
    ..NEW(0)
};

/// The error and all its causes.
fn said(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn an_organization_moves_with_everything_that_is_shown() {
    let there = Server::start().await;
    let shire = fill(&there.repositories).await;
    let here = Here::new().await;
    let (summary, _) = here.run(&mut source(&there.address).await).await.unwrap();
    let expected = [
        (Entity::Organization, NEW(1)),
        (Entity::Account, NEW(4)),
        (Entity::Element, NEW(3)),
        (Entity::User, NEW(61)),
        (Entity::Instance, NEW(90)),
    ];
    let mut tallies: Vec<_> = summary.tallies.clone().into_iter().collect();
    tallies.sort_by_key(|(kind, _)| expected.iter().position(|(other, _)| other == kind));
    assert_eq!(tallies, expected);
    // All but the caller's.
    assert_eq!(summary.lost_secrets.get(&Entity::User), Some(&60));
    assert_eq!(summary.lost_secrets.get(&Entity::Instance), None);
    assert_eq!(summary.lost_configuration, 90);
    assert_eq!(summary.lost_passwords, 20);
    assert_eq!(summary.start.organization, Some(shire));
    assert_eq!(
        contents(&here.repositories, shire).await,
        contents(&there.repositories, shire).await
    );
    let caller = samples::caller("admin@shire.example", "Shire");
    let known = here
        .repositories
        .credentials
        .authenticate(&caller, samples::START)
        .await;
    assert!(known.unwrap().is_some(), "the caller's secrets work here");
}

#[tokio::test]
async fn a_second_run_compares_and_changes_nothing() {
    let there = Server::start().await;
    let shire = fill(&there.repositories).await;
    let here = Here::new().await;
    here.run(&mut source(&there.address).await).await.unwrap();
    let (summary, _) = here.run(&mut source(&there.address).await).await.unwrap();
    assert!(summary.start.resumed && summary.start.finished);
    let tallies: Vec<_> = summary.tallies.into_values().collect();
    // In the order of the kinds.
    assert_eq!(tallies, [SAME(1), SAME(4), SAME(61), SAME(90), SAME(3)]);

    let before = contents(&here.repositories, shire).await;
    let frodo = world::change_something(&there.repositories, shire).await;
    let (summary, reported) = here.run(&mut source(&there.address).await).await.unwrap();
    let differing: Vec<_> = reported
        .iter()
        .filter_map(|one| match &one.fate {
            Fate::Differs { here, there } => Some((one.kind, one.there, here, there)),
            _ => None,
        })
        .collect();
    let (old, new) = (
        Snapshot::new()
            .field("lastName", "Baggins")
            .field("roles", ""),
        Snapshot::new()
            .field("lastName", "Underhill")
            .field("roles", "admin"),
    );
    assert_eq!(differing, [(Entity::User, frodo.get(), &old, &new)]);
    assert_eq!(summary.failed(), 0);
    assert_eq!(contents(&here.repositories, shire).await, before);
}

#[tokio::test]
async fn a_rude_server_loses_nothing() {
    let there = Server::start().await;
    let shire = fill(&there.repositories).await;
    let expected = contents(&there.repositories, shire).await;
    for seed in 1..=6 {
        let rude = Chaos::before(&there.address, chaos::bad, seed).await;
        let here = Here::new().await;
        let (summary, _) = here.run(&mut source(&rude.address).await).await.unwrap();
        assert_eq!(summary.failed(), 0, "seed {seed}");
        assert_eq!(summary.tallies[&Entity::Instance], NEW(90), "seed {seed}");
        let found = contents(&here.repositories, shire).await;
        assert_eq!(found, expected, "seed {seed}");
        assert!(rude.requests() > 100, "seed {seed}");
    }
}

#[tokio::test]
async fn a_server_that_goes_away_is_given_up_and_gone_on_with() {
    let there = Server::start().await;
    let shire = fill(&there.repositories).await;
    let expected = contents(&there.repositories, shire).await;
    let here = Here::new().await;
    let mortal = Chaos::before(&there.address, chaos::gone, u64::MAX).await;
    // Every time it comes a little further.
    for lives in [4, 9, 20, 45, 70, 90] {
        let mut source = source(&mortal.address).await;
        mortal.begin_anew(lives);
        let text = said(&here.run(&mut source).await.unwrap_err());
        assert!(
            text.contains("failed 12 times in a row")
                && text.contains("Run the same command again"),
            "{lives}: {text}"
        );
        mortal.begin_anew(u64::MAX);
    }
    let (summary, _) = here.run(&mut source(&mortal.address).await).await.unwrap();
    assert!(summary.start.resumed && !summary.start.finished);
    assert_eq!(summary.tallies[&Entity::User].total(), 61);
    assert_eq!(summary.failed(), 0);
    assert_eq!(contents(&here.repositories, shire).await, expected);
}

#[tokio::test]
async fn secrets_and_markers_come_along_if_somebody_says_so() {
    let there = Server::start().await;
    let shire = fill(&there.repositories).await;
    let here = Here::new().await;
    let mut source = world::knowing_source(&there.address).await;
    let (summary, reported) = here.run(&mut source).await.unwrap();
    assert_eq!(source.secrets_of_nobody(), ["4711"]);
    assert_eq!(summary.lost_secrets.get(&Entity::User), Some(&58));
    assert_eq!(summary.lost_passwords, 0);
    let kept = reported.iter().filter(|one| one.kind == Entity::User);
    let kept: Vec<_> = kept
        .filter(|one| !one.lost.contains(&Lost::Secret))
        .map(|one| one.there)
        .collect();
    assert_eq!(kept.len(), 3, "{kept:?}");
    let marked = world::passwords(&here.repositories, shire).await;
    assert_eq!(marked, (20, 41));
}

#[tokio::test]
async fn whoever_is_no_administrator_is_told() {
    let there = Server::start().await;
    fill(&there.repositories).await;
    let mut source = world::source_as(&there.address, "tu_u1@shire.example").await;
    let here = Here::new().await;
    let text = said(&here.run(&mut source).await.unwrap_err());
    assert!(
        text.contains("the secrets must be those of an administrator of the organization"),
        "{text}"
    );
}

#[tokio::test]
async fn an_administrator_by_the_account_keeps_the_secret() {
    let there = Server::start().await;
    let shire = fill(&there.repositories).await;
    let default = there.repositories.organizations.find(shire).await;
    let default = default.unwrap().unwrap().default_account_id;
    let (scope, change) = (Scope::organization(shire), samples::change());
    let roles = &there.repositories.roles;
    let granted = roles.grant_to_account(&scope, default, RoleKey::OrgAdmin, None, &change);
    granted.await.unwrap().unwrap();
    let here = Here::new().await;
    let (summary, _) = here.run(&mut source(&there.address).await).await.unwrap();
    assert_eq!(summary.lost_secrets.get(&Entity::User), Some(&60));
    let caller = samples::caller("admin@shire.example", "Shire");
    let credentials = &here.repositories.credentials;
    let known = credentials.authenticate(&caller, samples::START).await;
    assert!(known.unwrap().is_some());
}
