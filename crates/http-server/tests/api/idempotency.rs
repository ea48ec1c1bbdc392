//! `Idempotency-Key`: calls that are repeated under one key.

use axum::body::Body;
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Caller, Reply, World};

const PATH: &str = "/organizations/users";

fn body(email: &str) -> Value {
    json!({"firstName": "Bilbo", "lastName": "Baggins", "email": email})
}

async fn post(world: &World, caller: Caller, key: &str, path: &str, body: &Value) -> Reply {
    let headers = [
        ("idempotency-key", key),
        ("content-type", "application/json"),
    ];
    let body = Body::from(body.to_string());
    world.send(caller, "POST", path, &headers, body).await
}

#[tokio::test]
async fn a_repeated_call_is_done_once_and_answered_alike() {
    let world = World::new().await;
    let call = async || {
        post(
            &world,
            Caller::OrgAdmin,
            "k1",
            PATH,
            &body("bilbo@shire.example"),
        )
        .await
    };
    let first = call().await.ok();
    let second = call().await.ok();
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_ne!(
        first.header("elements-request-id"),
        second.header("elements-request-id")
    );
    world.clock.advance(Duration::hours(24));
    // Forgotten: it is done anew, and the e-mail is in use by now.
    assert_eq!(call().await.status, 409);
}

#[tokio::test]
async fn where_nothing_can_be_posted_no_key_matters() {
    let world = World::new().await;
    let user = body("bilbo@shire.example");
    post(&world, Caller::OrgAdmin, "k1", PATH, &user).await.ok();
    let too_long = "k".repeat(256);
    for key in ["k1", "k2", too_long.as_str()] {
        let wrong = post(&world, Caller::OrgAdmin, key, "/users", &user).await;
        assert_eq!(
            (wrong.status.as_u16(), wrong.header("allow")),
            (405, Some("GET,HEAD")),
            "{key}"
        );
        let unknown = post(&world, Caller::OrgAdmin, key, "/nowhere", &user).await;
        assert_eq!(unknown.status, 404, "{key}");
    }
}

#[tokio::test]
async fn another_call_under_the_same_key_is_refused() {
    let world = World::new().await;
    post(
        &world,
        Caller::OrgAdmin,
        "k1",
        PATH,
        &body("bilbo@shire.example"),
    )
    .await
    .ok();
    let other = post(
        &world,
        Caller::OrgAdmin,
        "k1",
        PATH,
        &body("frodo@shire.example"),
    )
    .await;
    assert_eq!(other.status, 422);
    let path = format!("/accounts/{}/users", world.buckland);
    let elsewhere = post(
        &world,
        Caller::OrgAdmin,
        "k1",
        &path,
        &body("bilbo@shire.example"),
    )
    .await;
    assert_eq!(elsewhere.status, 422);
    // Each caller has keys of his own.
    let admin = post(
        &world,
        Caller::AccountAdmin,
        "k1",
        &path,
        &body("drogo@shire.example"),
    )
    .await;
    assert_eq!(admin.status, 200);
}

#[tokio::test]
async fn what_was_refused_is_judged_again() {
    let world = World::new().await;
    let call = async || {
        post(
            &world,
            Caller::OrgAdmin,
            "k1",
            "/accounts",
            &json!({"externalId": "B-1"}),
        )
        .await
    };
    world
        .call_json(
            Caller::OrgAdmin,
            "POST",
            "/accounts",
            &json!({"externalId": "B-1"}),
        )
        .await
        .ok();
    assert_eq!(call().await.status, 409);
    let list = world
        .call(Caller::OrgAdmin, "GET", "/accounts?where=externalId='B-1'")
        .await
        .ok();
    let path = format!("/accounts/{}", list.ids()[0]);
    world.call(Caller::OrgAdmin, "DELETE", &path).await.ok();
    call().await.ok();
    assert_eq!(
        call().await.ok().header("idempotency-replayed"),
        Some("true")
    );
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let world = World::new().await;
    let mut calls = tokio::task::JoinSet::new();
    let world = std::sync::Arc::new(world);
    for _ in 0..20 {
        let world = std::sync::Arc::clone(&world);
        calls.spawn(async move {
            post(
                &world,
                Caller::OrgAdmin,
                "k1",
                PATH,
                &body("bilbo@shire.example"),
            )
            .await
        });
    }
    let replies = calls.join_all().await;
    let done: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    let texts: std::collections::BTreeSet<_> = done.iter().map(|reply| &reply.text).collect();
    assert_eq!(texts.len(), 1);
    let others = replies.iter().filter(|reply| reply.status != 200);
    assert!(others.into_iter().all(|reply| reply.status == 409));
}

#[tokio::test]
async fn keys_are_short_texts_given_once() {
    let world = World::new().await;
    for key in ["", &"k".repeat(256)] {
        let reply = post(
            &world,
            Caller::OrgAdmin,
            key,
            PATH,
            &body("bilbo@shire.example"),
        )
        .await;
        assert_eq!(
            (reply.status.as_u16(), reply.message()),
            (
                400,
                "Idempotency-Key must be 1 to 255 characters of ASCII".to_owned()
            )
        );
    }
    // Who may not call is told that first.
    let nobody = post(
        &world,
        Caller::Nobody,
        "",
        PATH,
        &body("bilbo@shire.example"),
    )
    .await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn nobody_gets_by_a_key_what_he_may_not_do_any_more() {
    let world = World::new().await;
    let path = format!("/accounts/{}/users", world.buckland);
    let call = async || {
        post(
            &world,
            Caller::AccountAdmin,
            "k1",
            &path,
            &body("drogo@shire.example"),
        )
        .await
    };
    call().await.ok();
    let merry = world.id(Caller::AccountAdmin).await;
    let admin = format!("/users/{merry}/roles/admin");
    world.call(Caller::OrgAdmin, "DELETE", &admin).await.ok();
    let reply = call().await;
    assert_eq!(reply.status, 422);
    assert!(!reply.text.contains("tu_"), "{}", reply.text);
}
