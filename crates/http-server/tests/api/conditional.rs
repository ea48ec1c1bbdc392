//! `ETag`, `If-Match`, `If-None-Match`: no update is lost.

use axum::body::Body;

use crate::support::{Caller, Reply, World};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn conditional(
    world: &World,
    method: &str,
    path: &str,
    header: (&str, &str),
    body: &str,
) -> Reply {
    let body = Body::from(body.to_owned());
    world
        .send(Caller::OrgAdmin, method, path, &[JSON, header], body)
        .await
}

#[tokio::test]
async fn a_reply_has_the_tag_of_its_revision() {
    let world = World::new().await;
    let id = world.create("bilbo@shire.example").await;
    let path = format!("/users/{id}");
    let found = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
    assert_eq!(found.header("etag"), Some("\"1\""));
    let unchanged = conditional(&world, "GET", &path, ("if-none-match", "\"1\""), "").await;
    assert_eq!(
        (unchanged.status.as_u16(), unchanged.text.as_str()),
        (304, "")
    );
    assert_eq!(unchanged.header("etag"), Some("\"1\""));
    let patched = conditional(
        &world,
        "PATCH",
        &path,
        ("if-match", "\"1\""),
        r#"{"phone": "1"}"#,
    )
    .await
    .ok();
    assert_eq!(patched.header("etag"), Some("\"2\""));
    conditional(&world, "GET", &path, ("if-none-match", "\"1\""), "")
        .await
        .ok();
}

#[tokio::test]
async fn a_stale_tag_changes_nothing() {
    let world = World::new().await;
    let id = world.create("bilbo@shire.example").await;
    for path in [
        format!("/users/{id}"),
        format!("/organizations/users/{id}"),
        format!("/accounts/{}/users/{id}", world.shire_account),
    ] {
        for tag in ["\"99\"", "W/\"1\"", "\"x\""] {
            for (method, body) in [
                ("PATCH", r#"{"phone": "1"}"#),
                (
                    "PUT",
                    r#"{"firstName": "A", "lastName": "B", "email": "a@b.example"}"#,
                ),
                ("DELETE", ""),
            ] {
                let reply = conditional(&world, method, &path, ("if-match", tag), body).await;
                assert_eq!(reply.status, 412, "{method} {path} {tag}");
            }
        }
        let malformed = conditional(&world, "PATCH", &path, ("if-match", "1"), "{}").await;
        assert_eq!(
            (
                malformed.status.as_u16(),
                malformed.message().starts_with("If-Match")
            ),
            (400, true)
        );
    }
    let account = format!("/accounts/{}", world.buckland);
    for (method, path, body) in [
        ("PATCH", account.as_str(), r#"{"name": "x"}"#),
        ("PUT", account.as_str(), r#"{"name": "x"}"#),
        ("DELETE", account.as_str(), ""),
        ("PUT", "/organizations/me", r#"{"name": "x"}"#),
    ] {
        assert_eq!(
            conditional(&world, method, path, ("if-match", "\"99\""), body)
                .await
                .status,
            412,
            "{method} {path}"
        );
        let found = world.call(Caller::OrgAdmin, "GET", path).await.ok();
        assert_eq!(found.header("etag"), Some("\"1\""), "{path}");
    }
    let path = format!("/users/{id}");
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "GET", &path)
            .await
            .ok()
            .header("etag"),
        Some("\"1\"")
    );
    conditional(&world, "DELETE", &path, ("if-match", "\"5\", \"1\""), "")
        .await
        .ok();
}

#[tokio::test]
async fn a_stale_tag_keeps_roles_as_they_are() {
    let world = World::new().await;
    let user = world.create("bilbo@shire.example").await;
    for target in [
        format!("/users/{user}"),
        format!("/accounts/{}", world.buckland),
    ] {
        let path = format!("{target}/roles/admin");
        for (method, tag, status) in [
            ("PUT", "\"99\"", 412),
            ("PUT", "1", 400),
            ("PUT", "\"1\"", 200),
            ("PUT", "\"1\"", 412),
            ("PUT", "\"2\"", 409),
            ("DELETE", "\"1\"", 412),
            ("DELETE", "\"2\"", 200),
            ("DELETE", "*", 404),
        ] {
            let reply = conditional(&world, method, &path, ("if-match", tag), "").await;
            assert_eq!(reply.status, status, "{method} {path} {tag}");
        }
    }
}

#[tokio::test]
async fn an_element_has_a_tag_that_never_changes() {
    let world = World::new().await;
    world
        .send(
            Caller::OrgAdmin,
            "POST",
            "/instances",
            &[JSON],
            Body::from(r#"{"name": "mine", "element": {"key": "sfdc"}}"#),
        )
        .await
        .ok();
    let found = world.call(Caller::OrgAdmin, "GET", "/elements/sfdc").await;
    assert_eq!(found.ok().header("etag"), Some("\"1\""));
    let header = ("if-none-match", "\"1\"");
    let known = conditional(&world, "GET", "/elements/sfdc", header, "").await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
}

#[tokio::test]
async fn a_hundred_conditional_patches_give_one_winner_per_revision() {
    let world = std::sync::Arc::new(World::new().await);
    let id = world.create("bilbo@shire.example").await;
    let path = format!("/users/{id}");
    let mut tasks = Vec::new();
    for number in 0..100 {
        let (world, path) = (std::sync::Arc::clone(&world), path.clone());
        tasks.push(tokio::spawn(async move {
            let body = format!(r#"{{"phone": "{number}"}}"#);
            conditional(&world, "PATCH", &path, ("if-match", "\"1\""), &body)
                .await
                .status
                .as_u16()
        }));
    }
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 99);
}
