//! Passwords that are wrong, of somebody else's choice, or too old.

use serde_json::{Value, json};
use time::Duration;

use crate::{
    authentication::{MERIADOC, world},
    support::{Caller, PASSWORD, World},
};

const CHANGE: &str = "/authentication/passwords";

async fn token(world: &World, password: &str) -> String {
    let reply = world.log_in(MERIADOC, password).await.ok();
    reply.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn four_wrong_passwords_do_not_lock() {
    let (world, id) = world().await;
    for _ in 0..4 {
        assert_eq!(world.log_in(MERIADOC, "Wrong-1").await.status, 401);
    }
    let user = world
        .call(Caller::OrgAdmin, "GET", &format!("/users/{id}"))
        .await
        .ok()
        .json();
    assert_eq!(user["accountLocked"], json!(false));
    world.log_in(MERIADOC, PASSWORD).await.ok();
}

#[tokio::test]
async fn who_tries_current_passwords_is_held_up() {
    let (world, _) = world().await;
    let token = token(&world, PASSWORD).await;
    let guess = json!({"password": "Second-breakfast-2", "currentPassword": "Wrong-1"});
    for _ in 0..20 {
        let reply = world.bearing(&token, "POST", CHANGE, &guess).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message()),
            (400, "currentPassword is wrong".to_owned())
        );
    }
    let reply = world.bearing(&token, "POST", CHANGE, &guess).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (429, Some("300"))
    );
    let weak = json!({"password": "weak"});
    let reply = world.bearing(&token, "POST", CHANGE, &weak).await;
    assert_eq!(reply.status, 400, "who tries none is not held up");
}

#[tokio::test]
async fn secrets_work_although_the_password_must_be_changed() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::OrgUser).await);
    let set = json!({"password": "Given-by-admin-1"});
    world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &set)
        .await
        .ok();
    let me = world.call(Caller::OrgUser, "GET", &path).await.ok().json();
    assert_eq!(me["credentialsExpired"], json!(true));
}

#[tokio::test]
async fn who_logs_in_with_an_old_password_can_only_change_it() {
    let (world, id) = world().await;
    let policy = json!({
        "minLength": 8, "minUppercase": 1, "minLowercase": 1, "minNumbers": 1, "minSymbols": 1,
        "symbolCharacterSet": "-", "previousPasswordCount": 3, "expirationDays": 30
    });
    let path = "/organizations/password-policies";
    world
        .call_json(Caller::OrgAdmin, "PUT", path, &policy)
        .await
        .ok();
    // Set by somebody else, so it was due at the first login anyway.
    let first = token(&world, PASSWORD).await;
    let own = json!({"password": "My-own-choice-1"});
    world.bearing(&first, "POST", CHANGE, &own).await.ok();

    let me = format!("/users/{id}");
    let get = async |token: &str| world.bearing(token, "GET", &me, &Value::Null).await;
    world.clock.advance(Duration::days(29));
    get(&token(&world, "My-own-choice-1").await).await.ok();
    world.clock.advance(Duration::days(2));
    let old = token(&world, "My-own-choice-1").await;
    let refused = get(&old).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused
            .message()
            .starts_with("The password must be changed first")
    );
    let next = json!({"password": "My-next-choice-2"});
    world.bearing(&old, "POST", CHANGE, &next).await.ok();
    let found = get(&old).await.ok().json();
    assert_eq!(found["credentialsExpired"], json!(false));
}
