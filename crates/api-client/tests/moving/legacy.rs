//! A server of another kind: other words, no page tokens, no policies, and items that nobody can read.

use std::{sync::Arc, time::Duration};

use tenantry_api_client::{
    Credentials, Patience, RemoteConfig, RemoteSource, Retries, SourceOptions,
};
use tenantry_domain::{
    Entity,
    services::{Fate, Lost},
    transfer::{Part, SealedRecord},
};
use tenantry_testkit::SequentialRequestIds;

use super::server::{Rude, Step, html, json, with};
use crate::{said, world::Here};

const ME: &str = r#"{"id": 4711, "name": "Shire", "createdDate": 1502131598000,
    "passwordPolicy": {"minLength": 12}}"#;
const DEFAULT: &str = r#"{"id": 50, "name": "Shire", "defaultAccount": true}"#;
const BROKEN: &str = r#"{"id": 51, "name": "Bree", "createdDate": "yesterday"}"#;
const ROLES: &str = r#"[{"id": 91, "key": "org-admin"}, {"id": 92, "key": "admin"}, {"id": 93, "key": "org"},
    {"id": 94, "key": "default-user"}, {"id": 95, "key": "wizard"}]"#;
const NONE: &str = r#"{"message": "No such path found"}"#;

fn user(id: u32) -> String {
    format!(
        r#"{{"id": "{id}", "username": "u{id}@shire.example", "fullName": "Frodo Baggins", "password": "secured"}}"#
    )
}

/// A page of a list that says how long it is, and nothing else.
fn page(total: usize, items: &[String]) -> Step {
    let header = format!("elements-total-count: {total}");
    with(200, &[&header], &format!("[{}]", items.join(",")))
}

fn script() -> Vec<Step> {
    let broken = r#"{"id": 13, "username": "nobody", "fullName": "No Body"}"#.to_owned();
    let connector = r#"{"id": 7, "name": "CRM", "user": {"id": 11, "emailAddress": "u11@shire.example", "firstName": "F",
        "lastName": "B"}, "connector": {"id": 9, "key": "hubspot"}, "token": "********",
        "configuration": {"host": "a", "password": "********", "user": "********"}, "tags": [{"name": "x"}]}"#
        .to_owned();
    let unreadable = r#"{"id": 8, "name": "ERP"}"#.to_owned();
    let accounts = page(2, &[DEFAULT.to_owned(), BROKEN.to_owned()]);
    vec![
        json(200, ME),
        accounts.clone(),
        json(200, ROLES),
        json(404, NONE),
        html(404),
        // The accounts again, and their roles.
        accounts,
        json(404, NONE),
        page(5, &[user(11), user(12)]),
        // Pages have something in common.
        page(5, &[user(12), broken.clone()]),
        page(5, &[broken, user(14)]),
        page(5, &[user(14), user(15)]),
        // Of an account that nobody can read.
        page(1, &[user(16)]),
        page(2, &[connector, unreadable]),
        json(404, NONE),
    ]
}

async fn source(rude: &Rude) -> RemoteSource {
    let mut config = RemoteConfig::new(&rude.address);
    config.proxy_from_environment = false;
    config.concurrency = 1;
    config.retries = Retries {
        attempts: 1,
        ..Retries::default()
    };
    let options = SourceOptions {
        patience: Patience {
            attempts: 2,
            first_wait: Duration::ZERO,
            longest_wait: Duration::ZERO,
        },
        page_size: 2,
        ..SourceOptions::default()
    };
    let credentials = Credentials::new("tu_admin", "to_shire");
    let ids = Arc::new(SequentialRequestIds::default());
    RemoteSource::connect(config, credentials, ids, options)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_can_be_understood_moves_and_the_rest_is_said() {
    let hello = json(200, ME);
    let roles_of_users = vec![json(200, r#"[{"id": 93, "key": "org"}]"#); 4];
    let script = [hello].into_iter().chain(script()).chain(roles_of_users);
    let rude = Rude::start(script).await;
    let here = Here::new().await;
    let (summary, reported) = match here.run(&mut source(&rude).await).await {
        Ok(ran) => ran,
        Err(error) => panic!("{} after {:#?}", said(&error), rude.lines()),
    };
    let broken: Vec<_> = reported
        .iter()
        .filter_map(|one| match &one.fate {
            Fate::Unreadable(what) => Some((one.kind, one.there, what.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(
        broken,
        [
            (
                Entity::Account,
                51,
                "createdDate must be a day, an instant, or milliseconds since 1970"
            ),
            (Entity::User, 13, "email must have the form name@domain"),
            (Entity::Instance, 8, "element is missing"),
        ]
    );
    let lost: Vec<_> = reported
        .iter()
        .filter(|one| matches!(one.fate, Fate::Refused(_)))
        .map(|one| (one.kind, one.there))
        .collect();
    assert_eq!(lost, [(Entity::User, 16)], "its account is missing");
    assert_eq!(summary.tallies[&Entity::User].new, 4);
    assert_eq!(summary.lost_passwords, 4);
    let instance = reported.iter().find(|one| one.there == 7).unwrap();
    assert_eq!(
        instance.lost,
        [
            Lost::Secret,
            Lost::Configuration("password".to_owned()),
            Lost::Configuration("user".to_owned()),
        ]
    );
    let shire = summary.start.organization.unwrap();
    let transfers = &here.repositories.transfers;
    let itself = transfers.organization(shire).await.unwrap().unwrap();
    assert_eq!(itself.policy.unwrap().policy.min_length, 12);
    let instances = transfers.read(shire, Part::Instances, 0, 10).await.unwrap();
    let [SealedRecord::Instance(moved)] = instances.as_slice() else {
        panic!("{instances:?}");
    };
    assert_eq!(moved.element.key.as_str(), "hubspot");
}

#[tokio::test]
async fn lists_that_lead_in_a_circle_come_to_an_end() {
    let circle = |token: &str, id: u32| {
        let header = format!("elements-next-page-token: {token}");
        let account = format!(r#"{{"id": {id}, "name": "A"}}"#);
        with(200, &[&header], &format!("[{account}]"))
    };
    let (there, back) = (circle("a", 60), circle("b", 61));
    let hello = [json(200, ME), json(200, ME), there.clone(), back, there];
    // What offsets bring is a circle, too.
    let again = (0..60).map(|place| page(1_000, &[user(60 + place % 2), user(70)]));
    let rude = Rude::start(hello.into_iter().chain(again)).await;
    let here = Here::new().await;
    let error = here.run(&mut source(&rude).await).await.unwrap_err();
    assert!(
        said(&error).contains("its pages lead in a circle"),
        "{}",
        said(&error)
    );
}
