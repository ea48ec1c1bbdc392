//! Who may call at all, and the header `Elements-User-Password`.

use axum::body::Body;
use serde_json::json;
use time::Duration;

use crate::support::{Caller, PASSWORD, World};

const REFUSED: &str = "Invalid Organization or User secret, or invalid Element token provided.";

#[tokio::test]
async fn without_good_credentials_every_path_is_401() {
    let world = World::new().await;
    let (user, organization) = ("User tu_admin@shire.example", "Organization to_Shire");
    for header in [
        None,
        Some(String::new()),
        Some(user.to_owned()),
        Some(organization.to_owned()),
        Some(format!("{user}, Organization to_Mordor")),
        Some(format!("{user}, Organization wrong")),
        Some(format!("{user}, {organization}-badsum")),
        Some(format!("User wrong, {organization}")),
        Some(format!("{user}, {user}, {organization}")),
        Some(format!("{user}, {organization}, Element x")),
        Some(format!("{user}; {organization}")),
        Some(format!("Basic x, {user}, {organization}")),
        Some("Bearer x".to_owned()),
        Some("User tu_admin%40shire.example, Organization to_Shire".to_owned()),
    ] {
        for path in ["/users", "/users/1", "/no/such/path", ""] {
            let headers: Vec<_> = header
                .iter()
                .map(|value| ("authorization", value.as_str()))
                .collect();
            let reply = world
                .send(Caller::Nobody, "GET", path, &headers, Body::empty())
                .await;
            assert_eq!(
                (reply.status.as_u16(), reply.message().as_str()),
                (401, REFUSED),
                "{header:?} {path}"
            );
            // Nor does a method that the path does not have tell that the path is there.
            let wrong_method = world
                .send(Caller::Nobody, "TRACE", path, &headers, Body::empty())
                .await;
            assert_eq!(
                (wrong_method.status.as_u16(), wrong_method.header("allow")),
                (401, None),
                "{header:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn the_header_is_read_generously() {
    let world = World::new().await;
    for header in [
        "User tu_admin@shire.example, Organization to_Shire",
        "organization to_Shire,user tu_admin@shire.example",
        "  USER   tu_admin@shire.example  ,  ORGANIZATION  to_Shire ",
    ] {
        world
            .send(
                Caller::Nobody,
                "GET",
                "/users",
                &[("authorization", header)],
                Body::empty(),
            )
            .await
            .ok();
    }
    let twice = [(
        "authorization",
        "User tu_admin@shire.example, Organization to_Shire",
    ); 2];
    assert_eq!(
        world
            .send(Caller::Nobody, "GET", "/users", &twice, Body::empty())
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_user_sees_the_own_secret_and_nobody_elses() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::OrgUser).await);
    let own = world.call(Caller::OrgUser, "GET", &path).await.ok().json();
    assert_eq!(own["secret"], "tu_sam@shire.example");
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "GET", &path)
            .await
            .ok()
            .json()
            .get("secret"),
        None
    );
    let list = world
        .call(Caller::OrgAdmin, "GET", "/users")
        .await
        .ok()
        .json();
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .all(|user| user.get("secret").is_none()),
        "never in a list"
    );
}

async fn with_password(world: &World, path: &str, password: &str) -> crate::support::Reply {
    let headers = [("elements-user-password", password)];
    world
        .send(Caller::OrgAdmin, "GET", path, &headers, Body::empty())
        .await
}

#[tokio::test]
async fn the_right_password_of_that_user_reveals_the_secret() {
    let world = World::new().await;
    let id = world.id(Caller::OrgUser).await;
    let own = json!({"password": PASSWORD});
    world
        .call_json(Caller::OrgUser, "PATCH", &format!("/users/{id}"), &own)
        .await
        .ok();
    for path in [
        format!("/users/{id}"),
        format!("/organizations/users/{id}"),
        format!("/accounts/{}/users/sam@shire.example", world.shire_account),
    ] {
        let found = with_password(&world, &path, PASSWORD).await.ok().json();
        assert_eq!(found["secret"], "tu_sam@shire.example", "{path}");
        let refused = with_password(&world, &path, "wrong").await;
        assert_eq!(
            (refused.status.as_u16(), refused.message().as_str()),
            (401, REFUSED),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_user_without_password_costs_the_same_work() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::OrgUser).await);
    assert_eq!(with_password(&world, &path, "anything").await.status, 401);
    assert_eq!(world.hasher.verified(), 1);
}

#[tokio::test]
async fn five_wrong_passwords_in_a_row_lock_for_thirty_minutes() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::OrgUser).await);
    let own = json!({"password": PASSWORD});
    world
        .call_json(Caller::OrgUser, "PATCH", &path, &own)
        .await
        .ok();
    for _ in 0..4 {
        with_password(&world, &path, "wrong").await;
    }
    with_password(&world, &path, PASSWORD).await.ok();
    for _ in 0..5 {
        assert_eq!(with_password(&world, &path, "wrong").await.status, 401);
    }
    assert_eq!(
        with_password(&world, &path, PASSWORD).await.status,
        401,
        "locked, so the right one is wrong"
    );
    let locked = world.call(Caller::OrgAdmin, "GET", &path).await.ok().json();
    assert_eq!(
        (locked["accountLocked"].clone(), locked["enabled"].clone()),
        (json!(true), json!(false))
    );
    world.clock.advance(Duration::minutes(30));
    with_password(&world, &path, PASSWORD).await.ok();
    for _ in 0..5 {
        with_password(&world, &path, "wrong").await;
    }
    let unlock = json!({"accountLocked": false});
    let unlocked = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &unlock)
        .await
        .ok()
        .json();
    assert_eq!(unlocked["accountLocked"], false);
    with_password(&world, &path, PASSWORD).await.ok();
}
