//! Nothing of another organization is seen, changed or counted, by any path.

use serde_json::{Value, json};

use crate::support::{Caller, World};

#[tokio::test]
async fn a_user_of_another_organization_is_not_there() {
    let world = World::new().await;
    let (theirs, account) = (world.id(Caller::Stranger).await, world.mordor_account);
    let before = world
        .call(Caller::Stranger, "GET", &format!("/users/{theirs}"))
        .await
        .ok()
        .json();
    let body =
        json!({"firstName": "Saruman", "lastName": "White", "email": "saruman@isengard.example"});
    let own = world.shire_account;
    for (method, path, body) in [
        ("GET", format!("/users/{theirs}"), None),
        ("GET", "/users/admin@mordor.example".to_owned(), None),
        ("GET", format!("/organizations/users/{theirs}"), None),
        (
            "GET",
            "/organizations/users/admin@mordor.example".to_owned(),
            None,
        ),
        ("GET", format!("/accounts/{account}/users"), None),
        ("GET", format!("/accounts/{account}/users/{theirs}"), None),
        ("GET", format!("/accounts/{own}/users/{theirs}"), None),
        ("GET", format!("/users/{theirs}/roles"), None),
        ("POST", format!("/accounts/{account}/users"), Some(&body)),
        ("PATCH", format!("/users/{theirs}"), Some(&body)),
        ("PUT", format!("/users/{theirs}"), Some(&body)),
        (
            "PATCH",
            format!("/organizations/users/{theirs}"),
            Some(&body),
        ),
        ("PUT", format!("/organizations/users/{theirs}"), Some(&body)),
        (
            "PATCH",
            format!("/accounts/{account}/users/{theirs}"),
            Some(&body),
        ),
        (
            "PATCH",
            format!("/accounts/{own}/users/{theirs}"),
            Some(&body),
        ),
        ("DELETE", format!("/users/{theirs}"), None),
        ("DELETE", format!("/organizations/users/{theirs}"), None),
        (
            "DELETE",
            format!("/accounts/{account}/users/{theirs}"),
            None,
        ),
        ("DELETE", format!("/accounts/{own}/users/{theirs}"), None),
    ] {
        let reply = world
            .call_json(
                Caller::OrgAdmin,
                method,
                &path,
                body.unwrap_or(&Value::Null),
            )
            .await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text);
        assert!(
            reply.message().starts_with("No user found")
                || reply.message().starts_with("No account found")
        );
    }
    for path in [
        "/users?where=id=".to_owned() + &theirs.to_string(),
        "/users?where=email='admin@mordor.example'".into(),
    ] {
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("elements-total-count")),
            (404, Some("0")),
            "{path}"
        );
    }
    let all = world
        .call(
            Caller::OrgAdmin,
            "GET",
            "/users?includeInactive=true&includeTotal=true",
        )
        .await
        .ok();
    assert_eq!(all.header("elements-total-count"), Some("4"));
    let after = world
        .call(Caller::Stranger, "GET", &format!("/users/{theirs}"))
        .await
        .ok()
        .json();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_role_call_tells_no_user_of_another_organization_from_one_that_is_gone() {
    let world = World::new().await;
    let theirs = world.id(Caller::Stranger).await.get();
    let gone = world.create("bilbo@shire.example").await;
    world
        .call(Caller::OrgAdmin, "DELETE", &format!("/users/{gone}"))
        .await
        .ok();
    for method in ["PUT", "DELETE"] {
        let mut replies = Vec::new();
        for id in [theirs, gone] {
            let reply = world
                .call(
                    Caller::OrgAdmin,
                    method,
                    &format!("/users/{id}/roles/admin"),
                )
                .await;
            replies.push((reply.status.as_u16(), reply.message()));
        }
        assert_eq!(replies[0], replies[1]);
        assert_eq!(replies[0].0, 403);
    }
}

#[expect(clippy::too_many_lines, reason = "one table")]
#[tokio::test]
async fn every_route_refuses_nobody_and_everybody_without_reach() {
    let world = World::new().await;
    let target = world.id(Caller::OrgAdmin).await;
    let account = world.shire_account;
    let body = json!({"firstName": "A", "lastName": "B", "email": "x@shire.example"});
    // For each route: the statuses for Caller::ALL, in order.
    for (method, path, statuses) in [
        ("GET", "/users".to_owned(), [401, 200, 200, 403, 403, 200]),
        (
            "GET",
            format!("/users/{target}"),
            [401, 200, 404, 404, 404, 404],
        ),
        (
            "PATCH",
            format!("/users/{target}"),
            [401, 200, 404, 403, 403, 404],
        ),
        (
            "PUT",
            format!("/users/{target}"),
            [401, 200, 404, 403, 403, 404],
        ),
        (
            "DELETE",
            format!("/users/{target}"),
            [401, 403, 404, 403, 403, 404],
        ),
        (
            "GET",
            format!("/users/{target}/roles"),
            [401, 200, 404, 403, 403, 404],
        ),
        (
            "PUT",
            format!("/users/{target}/roles/admin"),
            [401, 403, 403, 403, 403, 403],
        ),
        (
            "DELETE",
            format!("/users/{target}/roles/admin"),
            [401, 403, 403, 403, 403, 403],
        ),
        (
            "GET",
            "/organizations/users".to_owned(),
            [401, 200, 403, 403, 403, 200],
        ),
        (
            "POST",
            "/organizations/users".to_owned(),
            [401, 409, 403, 403, 403, 409],
        ),
        (
            "GET",
            format!("/organizations/users/{target}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "PATCH",
            format!("/organizations/users/{target}"),
            [401, 200, 404, 403, 403, 404],
        ),
        (
            "PUT",
            format!("/organizations/users/{target}"),
            [401, 200, 404, 403, 403, 404],
        ),
        (
            "DELETE",
            format!("/organizations/users/{target}"),
            [401, 403, 403, 403, 403, 404],
        ),
        (
            "GET",
            format!("/accounts/{account}/users"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "POST",
            format!("/accounts/{account}/users"),
            [401, 409, 403, 403, 403, 404],
        ),
        (
            "GET",
            format!("/accounts/{account}/users/{target}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "PATCH",
            format!("/accounts/{account}/users/{target}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "PUT",
            format!("/accounts/{account}/users/{target}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "DELETE",
            format!("/accounts/{account}/users/{target}"),
            [401, 403, 403, 403, 403, 404],
        ),
    ] {
        let body = match method {
            "PATCH" | "PUT" => {
                json!({"firstName": "Ada", "lastName": "Admin", "email": "admin@shire.example"})
            }
            "POST" => json!({"firstName": "A", "lastName": "B", "email": "sam@shire.example"}),
            _ => body.clone(),
        };
        let mut found = Vec::new();
        for caller in Caller::ALL {
            found.push(
                world
                    .call_json(caller, method, &path, &body)
                    .await
                    .status
                    .as_u16(),
            );
        }
        assert_eq!(found, statuses, "{method} {path}");
    }
}
