//! `/organizations/password-policies`: what passwords must be like.

use serde_json::{Value, json};
use time::Duration;

use crate::support::{Caller, World};

const PATH: &str = "/organizations/password-policies";

fn policy() -> Value {
    json!({
        "minLength": 10, "minUppercase": 2, "minLowercase": 0, "minNumbers": 0, "minSymbols": 1,
        "symbolCharacterSet": "#", "previousPasswordCount": 0, "expirationDays": 30
    })
}

#[tokio::test]
async fn a_policy_is_set_shown_and_returned_to_the_default() {
    let world = World::new().await;
    let default = world.call(Caller::OrgAdmin, "GET", PATH).await.ok();
    assert_eq!(default.json()["minLength"], json!(8));
    world.clock.advance(Duration::seconds(5));
    let set = world
        .call_json(Caller::OrgAdmin, "PUT", PATH, &policy())
        .await
        .ok();
    let mut expected = policy();
    expected["createdDt"] = json!("2026-01-15T12:00:05Z");
    expected["updatedDt"] = json!("2026-01-15T12:00:05Z");
    assert_eq!(set.json(), expected);
    assert_ne!(set.header("etag"), default.header("etag"));
    let me = world
        .call(Caller::OrgAdmin, "GET", "/organizations/me")
        .await
        .ok();
    assert_eq!(me.json()["passwordPolicy"], expected);
    assert_eq!(me.header("etag"), set.header("etag"));
    for _ in 0..2 {
        let reply = world.call(Caller::OrgAdmin, "DELETE", PATH).await.ok();
        assert_eq!(reply.text, "");
    }
    let back = world.call(Caller::OrgAdmin, "GET", PATH).await.ok().json();
    assert_eq!(back["minLength"], json!(8));
}

#[tokio::test]
async fn the_policy_in_force_judges_new_passwords() {
    let world = World::new().await;
    world
        .call_json(Caller::OrgAdmin, "PUT", PATH, &policy())
        .await
        .ok();
    let create = |password: &str| json!({"firstName": "Rosie", "lastName": "Cotton", "email": "rosie@shire.example", "password": password});
    let path = "/organizations/users";
    let reply = world
        .call_json(Caller::OrgAdmin, "POST", path, &create("Secret-1"))
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.message()),
        (
            400,
            "password must have at least 10 characters, 2 uppercase, 1 special character"
                .to_owned()
        )
    );
    let created = world
        .call_json(Caller::OrgAdmin, "POST", path, &create("SECRET#secret"))
        .await
        .ok()
        .json();
    assert_eq!(created["credentialsExpired"], json!(false));
    // Mordor has a policy of its own.
    let elsewhere = json!({"firstName": "Shagrat", "lastName": "Orc", "email": "s@mordor.example", "password": "Gorbag-1-x"});
    world
        .call_json(Caller::Stranger, "POST", path, &elsewhere)
        .await
        .ok();

    world.clock.advance(Duration::days(30));
    let path = format!("/users/{}", created["id"]);
    let expired = world.call(Caller::OrgAdmin, "GET", &path).await.ok().json();
    assert_eq!(expired["credentialsExpired"], json!(true));
}

#[tokio::test]
async fn everything_wrong_with_a_policy_is_named() {
    let world = World::new().await;
    let reply = world
        .call_json(Caller::OrgAdmin, "PUT", PATH, &json!({}))
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.message()),
        (
            400,
            "minLength is required; minUppercase is required; minLowercase is required; minNumbers is required; \
             minSymbols is required; previousPasswordCount is required; expirationDays is required; symbolCharacterSet \
             is required"
                .to_owned()
        )
    );
    let wrong = json!({
        "minLength": 7, "minUppercase": -1, "minLowercase": 1.5, "minNumbers": "1", "minSymbols": 11,
        "symbolCharacterSet": "!", "previousPasswordCount": 10, "expirationDays": 99_999_999_999_i64
    });
    let reply = world.call_json(Caller::OrgAdmin, "PUT", PATH, &wrong).await;
    assert_eq!(
        reply.message(),
        "minUppercase must be a whole number, 0 or more, not -1; minLowercase must be a whole number, 0 or more, not 1.5; \
         minNumbers must be a whole number, not a text; minLength must be 8 to 128; minSymbols must be 0 to 10; \
         previousPasswordCount must be 0 to 9; expirationDays must be 0 to 100000"
    );
}

#[tokio::test]
async fn a_policy_is_set_on_what_it_was() {
    let world = World::new().await;
    let tag = world.call(Caller::OrgAdmin, "GET", PATH).await.ok();
    let tag = tag.header("etag").unwrap().to_owned();
    let send = async |method: &str| {
        let headers = [
            ("if-match", tag.as_str()),
            ("content-type", "application/json"),
        ];
        let body = policy().to_string().into();
        world
            .send(Caller::OrgAdmin, method, PATH, &headers, body)
            .await
            .status
            .as_u16()
    };
    assert_eq!(send("PUT").await, 200);
    assert_eq!(send("PUT").await, 412);
    assert_eq!(send("DELETE").await, 412);
}
