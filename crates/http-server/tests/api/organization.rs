//! `/organizations/me`, `/organizations/roles`.

use serde_json::{Value, json};

use crate::support::{Caller, World};

#[tokio::test]
async fn everybody_sees_the_own_organization_and_few_its_secret() {
    let world = World::new().await;
    let me = world
        .call(Caller::OrgAdmin, "GET", "/organizations/me")
        .await
        .ok()
        .json();
    let symbols = r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;
    assert_eq!(
        me,
        json!({
            "id": world.shire.get(), "name": "Shire", "secret": "to_Shire", "active": true, "createdDate": "2026-01-15",
            "passwordPolicy": {
                "minLength": 8, "minUppercase": 1, "minLowercase": 1, "minNumbers": 1, "minSymbols": 1,
                "symbolCharacterSet": symbols, "previousPasswordCount": 3, "expirationDays": 0,
                "createdDt": "2026-01-15T12:00:00Z", "updatedDt": "2026-01-15T12:00:00Z"
            },
            "twoFactorAuthEnabled": false, "status": "paid", "environment": "production"
        })
    );
    let user = world
        .call(Caller::DefaultUser, "GET", "/organizations/me")
        .await
        .ok()
        .json();
    assert_eq!(
        (user["name"].clone(), user.get("secret")),
        (json!("Shire"), None)
    );
}

#[tokio::test]
async fn only_its_name_can_be_changed() {
    let world = World::new().await;
    let body = json!({"name": "The Shire", "id": 7, "status": "free", "active": false});
    let refused = world
        .call_json(Caller::AccountAdmin, "PUT", "/organizations/me", &body)
        .await;
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.message().contains("modifySecurity")
        ),
        (403, true)
    );
    let me = world
        .call_json(Caller::OrgAdmin, "PUT", "/organizations/me", &body)
        .await
        .ok()
        .json();
    assert_eq!(
        (
            me["name"].clone(),
            me["active"].clone(),
            me["status"].clone()
        ),
        (json!("The Shire"), json!(true), json!("paid"))
    );
    let wrong = world
        .call_json(
            Caller::OrgAdmin,
            "PUT",
            "/organizations/me",
            &json!({"name": ""}),
        )
        .await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.message().as_str()),
        (400, "name must not be empty")
    );
}

fn keys(roles: &Value) -> Vec<&str> {
    roles
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["key"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_four_roles_are_listed_changed_and_reset() {
    let world = World::new().await;
    let path = "/organizations/roles";
    let defaults = world.call(Caller::OrgAdmin, "GET", path).await.ok().json();
    assert_eq!(
        keys(&defaults),
        ["org-admin", "admin", "org", "default-user"]
    );
    let none = json!([{"id": defaults[3]["id"], "privileges": [{"key": "viewUsersAccount"}], "name": "Guest"}]);
    assert_eq!(
        world
            .call(Caller::DefaultUser, "GET", "/users")
            .await
            .status,
        403
    );
    let changed = world
        .call_json(Caller::OrgAdmin, "PUT", path, &none)
        .await
        .ok()
        .json();
    assert_eq!(
        (
            changed[3]["name"].clone(),
            changed[3]["privileges"].as_array().map(Vec::len)
        ),
        (json!("Guest"), Some(1))
    );
    assert_eq!(changed[0], defaults[0]);
    // What a role allows counts from the next call on.
    world.call(Caller::DefaultUser, "GET", "/users").await.ok();
    let one = format!("{path}/{}", defaults[2]["id"]);
    let role = world
        .call_json(Caller::OrgAdmin, "PUT", &one, &json!({"privileges": []}))
        .await
        .ok()
        .json();
    assert_eq!(
        (role["key"].clone(), role["privileges"].clone()),
        (json!("org"), json!([]))
    );
    let reset = world
        .call_json(
            Caller::OrgAdmin,
            "PUT",
            &format!("{path}/reset"),
            &Value::Null,
        )
        .await
        .ok()
        .json();
    assert_eq!(reset, defaults);
    assert_eq!(
        world
            .call(Caller::DefaultUser, "GET", "/users")
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_bulk_update_is_all_or_nothing() {
    let world = World::new().await;
    let path = "/organizations/roles";
    let defaults = world.call(Caller::OrgAdmin, "GET", path).await.ok().json();
    let emptied = json!({"key": "org", "privileges": []});
    for (other, status, text) in [
        (
            json!({"id": -1, "privileges": []}),
            404,
            "No role found with ID -1",
        ),
        (
            json!({"key": "org", "privileges": [{"key": "fly"}]}),
            400,
            "[1].privileges[0].key 'fly' is no privilege",
        ),
        (json!({"id": "x"}), 400, "[1].id must be an integer"),
        (
            json!({"key": "admin", "privileges": [{"key": "system"}]}),
            403,
            "User can not add the 'system' privilege to any role.",
        ),
        (
            json!({"key": "default-user", "privileges": [{"key": "intelligence"}]}),
            403,
            "User can not add the 'intelligence' privilege to the 'default-user' role.",
        ),
        (
            json!({"key": "org-admin", "privileges": []}),
            403,
            "'configureRoles' cannot be taken",
        ),
        (
            json!({"key": "sys-admin", "privileges": []}),
            403,
            "'sys-admin'",
        ),
    ] {
        let reply = world
            .call_json(Caller::OrgAdmin, "PUT", path, &json!([emptied, other]))
            .await;
        assert_eq!(reply.status, status, "{other}: {}", reply.text);
        assert!(reply.message().contains(text), "{other}: {}", reply.text);
        assert_eq!(
            world.call(Caller::OrgAdmin, "GET", path).await.ok().json(),
            defaults,
            "{other}"
        );
    }
    let wrong = world
        .call_json(Caller::OrgAdmin, "PUT", path, &json!({}))
        .await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.message().as_str()),
        (400, "body must be a JSON array, not an object")
    );
}

#[tokio::test]
async fn roles_are_configured_by_holders_of_the_privilege() {
    let world = World::new().await;
    let theirs = world
        .call(Caller::Stranger, "GET", "/organizations/roles")
        .await
        .ok()
        .json()[0]["id"]
        .clone();
    for (method, path, statuses) in [
        (
            "GET",
            "/organizations/roles".to_owned(),
            [401, 200, 403, 403, 403, 200],
        ),
        (
            "PUT",
            "/organizations/roles".to_owned(),
            [401, 200, 403, 403, 403, 200],
        ),
        (
            "PUT",
            "/organizations/roles/reset".to_owned(),
            [401, 200, 403, 403, 403, 200],
        ),
    ] {
        let mut found = Vec::new();
        for caller in Caller::ALL {
            found.push(
                world
                    .call_json(caller, method, &path, &json!([]))
                    .await
                    .status
                    .as_u16(),
            );
        }
        assert_eq!(found, statuses, "{method} {path}");
    }
    let path = format!("/organizations/roles/{theirs}");
    let reply = world
        .call_json(Caller::OrgAdmin, "PUT", &path, &json!({"privileges": []}))
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.message()),
        (404, format!("No role found with ID {theirs}"))
    );
}
