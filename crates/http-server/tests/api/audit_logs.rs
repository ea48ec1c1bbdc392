//! `GET /audit-logs`: who changed what.

use serde_json::{Value, json};
use time::Duration;

use crate::support::{Caller, World};

#[tokio::test]
async fn a_change_is_logged_with_old_and_new_values() {
    let world = World::new().await;
    let id = world.create("bilbo@shire.example").await;
    world.clock.advance(Duration::seconds(1));
    let path = format!("/users/{id}");
    let body = json!({"city": "Hobbiton", "password": "Sting-and-mithril-1"});
    let changed = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &body)
        .await
        .ok();
    let log = world
        .call(Caller::OrgAdmin, "GET", "/audit-logs?pageSize=1")
        .await
        .ok();
    let record = log.json()[0].clone();
    assert_eq!(
        record,
        json!({
            "id": record["id"], "createdDate": "2026-01-15T12:00:01Z", "organizationId": world.shire.get(),
            "accountId": world.shire_account.get(), "actor": "user", "userId": world.id(Caller::OrgAdmin).await.get(),
            "action": "updated", "target": "user", "targetId": id,
            "requestId": changed.header("elements-request-id").unwrap(),
            "oldValues": {}, "newValues": {"city": "Hobbiton", "passwordChangedAt": record["newValues"]["passwordChangedAt"]}
        })
    );
    assert!(!log.text.contains("mithril"));
    assert_eq!(log.header("elements-returned-count"), Some("1"));
    assert!(log.header("elements-next-page-token").is_some());
}

#[tokio::test]
async fn a_log_is_narrowed_by_time_user_and_account() {
    let world = World::new().await;
    world.clock.advance(Duration::days(1));
    let id = world.create("bilbo@shire.example").await;
    let count = async |query: &str| {
        let path = format!("/audit-logs?{query}");
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
        reply.json().as_array().unwrap().len()
    };
    assert_eq!(count("from=2026-01-16").await, 1);
    assert_eq!(count("from=2026-01-17").await, 0);
    assert_eq!(count(&format!("userId={id}")).await, 1);
    assert_eq!(count(&format!("userId={id}&to=2026-01-15")).await, 0);
    assert_eq!(count(&format!("userId={id}&to=2026-01-16")).await, 1);
    assert_eq!(count(&format!("accountId={}", world.buckland)).await, 3);
    assert_eq!(
        count(&format!("accountId={}", world.mordor_account)).await,
        0
    );
    assert_eq!(count("userId=99999999999999999999").await, 0);
    let reply = world
        .call(
            Caller::OrgAdmin,
            "GET",
            "/audit-logs?from=x&userId=y&pageSize=0",
        )
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.message()),
        (
            400,
            "from must be a day or an instant: write '2017-01-15' or '2017-01-15T13:30:00Z'; userId must be an integer, \
             not 'y'; pageSize must be at least 1"
                .to_owned()
        )
    );
}

#[tokio::test]
async fn administrators_of_accounts_see_their_account_alone() {
    let world = World::new().await;
    world.create("bilbo@shire.example").await;
    let log = world
        .call(Caller::AccountAdmin, "GET", "/audit-logs")
        .await
        .ok()
        .json();
    let accounts: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["accountId"].clone())
        .collect();
    assert_eq!(accounts, vec![json!(world.buckland.get()); 3]);
    let strange = world
        .call(Caller::Stranger, "GET", "/audit-logs")
        .await
        .ok()
        .json();
    let strangers = strange.as_array().unwrap().iter();
    let foreign = strangers
        .filter(|it| it["organizationId"] == json!(world.shire.get()))
        .count();
    assert_eq!(foreign, 0);
}

#[tokio::test]
async fn pages_follow_one_another_from_new_to_old() {
    let world = World::new().await;
    for number in 0..7 {
        world.create(&format!("u{number}@shire.example")).await;
    }
    let whole = world
        .call(Caller::OrgAdmin, "GET", "/audit-logs")
        .await
        .ok();
    let whole = whole.ids();
    let mut seen = Vec::new();
    let mut path = "/audit-logs?pageSize=4".to_owned();
    loop {
        let page = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
        seen.extend(page.ids());
        let Some(token) = page.header("elements-next-page-token") else {
            break;
        };
        path = format!("/audit-logs?pageSize=4&nextPage={token}");
    }
    assert_eq!(seen, whole);
    assert!(whole.is_sorted_by(|one, next| one > next));
    let foreign = format!("{path}&userId=1");
    let reply = world.call(Caller::OrgAdmin, "GET", &foreign).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json().get("errors"), None::<&Value>);
}
