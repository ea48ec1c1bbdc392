//! Calls through an instance: `User …, Element …`.

use axum::body::Body;
use serde_json::{Value, json};

use crate::{
    instances::sales,
    support::{Caller, Reply, World},
};

/// Every operation that acts on the token's instance, with a body that is good for it.
const OPERATIONS: [(&str, &str); 9] = [
    ("PUT", "/instances"),
    ("PATCH", "/instances"),
    ("GET", "/instances/configuration"),
    ("GET", "/instances/configuration/1"),
    ("PATCH", "/instances/configuration/1"),
    ("DELETE", "/instances/enabled"),
    ("PUT", "/instances/enabled"),
    ("PUT", "/instances"),
    ("DELETE", "/instances"),
];

impl World {
    async fn through(&self, authorization: &str, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [
            ("authorization", authorization),
            ("content-type", "application/json"),
        ];
        let body = Body::from(body.to_string());
        self.send(Caller::Nobody, method, path, &headers, body)
            .await
    }

    /// The status of each of [`OPERATIONS`], in order.
    async fn operations(&self, authorization: &str) -> Vec<u16> {
        let mut statuses = Vec::new();
        for (method, path) in OPERATIONS {
            let body = json!({"name": "New", "propertyValue": "b"});
            let reply = self.through(authorization, method, path, &body).await;
            statuses.push(reply.status.as_u16());
        }
        statuses
    }

    /// An instance of the plain user of Buckland, with one configuration entry; answers its token.
    async fn instance_token(&self) -> String {
        let mut body = sales("Sales");
        body["configuration"] = json!({"site": "a"});
        let created = self.instance(Caller::DefaultUser, &body).await;
        created["token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_owner_acts_on_the_instance_by_its_token() {
    for others in ["", ", Organization to_Shire"] {
        let world = World::new().await;
        let token = world.instance_token().await;
        let authorization = format!("User tu_fatty@buckland.example, Element {token}{others}");
        assert_eq!(world.operations(&authorization).await, [200; 9], "{others}");
        // It is gone now, and so is whatever its token was good for, be it known or not.
        assert_eq!(world.operations(&authorization).await, [401; 9]);
        for path in ["/instances/count", "/nothing/here"] {
            let reply = world.through(&authorization, "GET", path, &Value::Null);
            assert_eq!(reply.await.status, 401, "{path}");
        }
    }
}

#[tokio::test]
async fn a_call_through_an_instance_answers_what_the_call_by_id_answers() {
    let world = World::new().await;
    let token = world.instance_token().await;
    let authorization = format!("User tu_fatty@buckland.example, Element {token}");
    let body = json!({"name": "New", "configuration": {"password": "x"}});
    let put = world
        .through(&authorization, "PUT", "/instances", &body)
        .await;
    let put = put.ok();
    let found = world.call(Caller::DefaultUser, "GET", "/instances/1").await;
    assert_eq!(put.json(), found.ok().json());
    assert_eq!(put.header("etag"), Some("\"2\""));
    let path = "/instances/configuration";
    let mine = world.through(&authorization, "GET", path, &Value::Null);
    let path = "/instances/1/configuration";
    let by_id = world.call(Caller::DefaultUser, "GET", path).await.ok();
    assert_eq!(mine.await.ok().json(), by_id.json());
    let path = "/instances/enabled";
    let off = world.through(&authorization, "DELETE", path, &Value::Null);
    assert_eq!(off.await.ok().text, "");
    let on = world.through(&authorization, "PUT", path, &Value::Null);
    assert_eq!(on.await.ok().json()["disabled"], false);
    let body = json!({"name": " ", "element": 7});
    let refused = world.through(&authorization, "PATCH", "/instances", &body);
    assert_eq!(refused.await.message(), "name must not be empty");
}

#[tokio::test]
async fn a_disabled_instance_refuses_calls_but_those_that_enable_it() {
    let world = World::new().await;
    let token = world.instance_token().await;
    let authorization = format!("User tu_fatty@buckland.example, Element {token}");
    let path = "/instances/1/enabled";
    let off = world.call(Caller::DefaultUser, "DELETE", path).await.ok();
    assert_eq!(off.text, "");
    for (method, path) in [
        ("PUT", "/instances"),
        ("PATCH", "/instances"),
        ("DELETE", "/instances"),
        ("GET", "/instances/configuration"),
        ("GET", "/instances/configuration/1"),
        ("PATCH", "/instances/configuration/1"),
    ] {
        let reply = world
            .through(&authorization, method, path, &json!({}))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (
                403,
                "The instance is disabled; PUT /instances/enabled enables it."
            ),
            "{method} {path}"
        );
    }
    // By id it is changed as ever.
    let body = json!({"name": "x"});
    let patched = world.call_json(Caller::DefaultUser, "PATCH", "/instances/1", &body);
    assert_eq!(patched.await.ok().json()["disabled"], true);
    for (method, disabled) in [("DELETE", true), ("PUT", false)] {
        let path = "/instances/enabled";
        let switched = world.through(&authorization, method, path, &Value::Null);
        switched.await.ok();
        let found = world.call(Caller::DefaultUser, "GET", "/instances/1").await;
        assert_eq!(found.ok().json()["disabled"], disabled);
    }
    assert_eq!(world.operations(&authorization).await, [200; 9]);
}

#[tokio::test]
async fn whoever_may_not_use_it_is_not_authenticated() {
    let world = World::new().await;
    let token = world.instance_token().await;
    for others in [
        // Another user of the account, of the organization, of another one, nobody.
        "User tu_sam@shire.example",
        "User tu_admin@shire.example",
        "User tu_admin@mordor.example",
        "User tu_admin@mordor.example, Organization to_Mordor",
        "User tu_fatty@buckland.example, Organization to_Mordor",
        "User tu_nobody",
    ] {
        let found = world
            .operations(&format!("{others}, Element {token}"))
            .await;
        assert_eq!(found, [401; 9], "{others}");
    }
    for credentials in [
        format!("Element {token}"),
        format!("User tu_fatty@buckland.example, Element {token}x"),
        "User tu_fatty@buckland.example, Organization to_Shire".to_owned(),
    ] {
        assert_eq!(world.operations(&credentials).await, [401; 9]);
    }
    // Calls of the platform need the organization's secret.
    let credentials = format!("User tu_fatty@buckland.example, Element {token}");
    for (method, path) in [
        ("GET", "/instances"),
        ("POST", "/instances"),
        ("GET", "/instances/1"),
        ("GET", "/instances/count"),
        ("GET", "/elements"),
    ] {
        let reply = world.through(&credentials, method, path, &json!({})).await;
        assert_eq!(reply.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn to_use_an_instance_of_the_account_is_not_to_change_it() {
    let world = World::new().await;
    let token = world.instance_token().await;
    let authorization = format!("User tu_merry@buckland.example, Element {token}");
    let missing = "The instance is another user's, and the privilege to";
    for (privileges, reads, writes) in [
        (vec!["createElementInstances"], 401, 401),
        (
            vec!["createElementInstances", "useAccountElementInstances"],
            403,
            403,
        ),
        (
            vec![
                "createElementInstances",
                "useAccountElementInstances",
                "viewAccountElementInstances",
            ],
            200,
            403,
        ),
    ] {
        world.allow("default-user", &[]).await;
        world.allow("admin", &privileges).await;
        for (method, path) in OPERATIONS {
            let body = json!({"name": "New", "propertyValue": "b"});
            let reply = world.through(&authorization, method, path, &body).await;
            let expected = if method == "GET" { reads } else { writes };
            assert_eq!(reply.status, expected, "{privileges:?} {method} {path}");
            assert!(
                reply.status != 403 || reply.message().starts_with(missing),
                "{}",
                reply.text
            );
        }
    }
    let all = [
        "createElementInstances",
        "useAccountElementInstances",
        "viewAccountElementInstances",
        "editAccountElementInstances",
        "deleteAccountElementInstances",
    ];
    world.allow("admin", &all).await;
    assert_eq!(world.operations(&authorization).await, [200; 9]);
}

#[tokio::test]
async fn a_user_who_is_deactivated_for_good_loses_the_instances() {
    let world = World::new().await;
    let instance = world.instance(Caller::OrgUser, &sales("Sales")).await;
    let sam = format!("/users/{}", world.id(Caller::OrgUser).await);
    for (path, active, left) in [
        (sam.clone(), false, 200),
        (sam.clone(), true, 200),
        (format!("{sam}?permanent=true"), false, 404),
        (sam.clone(), true, 404),
    ] {
        let body = json!({"active": active});
        let changed = world
            .call_json(Caller::OrgAdmin, "PATCH", &path, &body)
            .await;
        assert_eq!(changed.ok().json()["active"], json!(active));
        let path = format!("/instances/{}", instance["id"]);
        let found = world.call(Caller::OrgAdmin, "GET", &path).await;
        assert_eq!(found.status, left, "{path} {active}");
    }
    world.call(Caller::OrgUser, "GET", &sam).await.ok();
}
