//! Instances: who sees, changes and erases which, and who is shown their tokens.

use serde_json::{Value, json};

use crate::{
    instances::sales,
    support::{Caller, World},
};

const ALL: [u16; 4] = [200; 4];
const NOT_THERE: [u16; 4] = [404; 4];

impl World {
    /// Lets a role of the Shire allow these privileges and no others.
    pub(crate) async fn allow(&self, role: &str, privileges: &[&str]) {
        let path = "/organizations/roles";
        let roles = self.call(Caller::OrgAdmin, "GET", path).await.ok().json();
        let mut roles = roles.as_array().unwrap().iter();
        let id = &roles.find(|it| it["key"] == role).unwrap()["id"];
        let keys: Vec<_> = privileges.iter().map(|key| json!({"key": key})).collect();
        let body = json!({"privileges": keys});
        self.call_json(Caller::OrgAdmin, "PUT", &format!("{path}/{id}"), &body)
            .await
            .ok();
    }

    /// What each verb on the instance is answered; the last one erases it, if it may.
    async fn verbs(&self, caller: Caller, id: i64) -> [u16; 4] {
        let mut statuses = [0; 4];
        for (place, method) in ["GET", "PUT", "PATCH", "DELETE"].into_iter().enumerate() {
            let path = format!("/instances/{id}");
            let body = json!({"name": "x"});
            let reply = self.call_json(caller, method, &path, &body).await;
            statuses[place] = reply.status.as_u16();
        }
        statuses
    }
}

#[tokio::test]
async fn the_own_instances_and_with_the_privileges_those_of_the_account() {
    let world = World::new().await;
    let owners = [
        Caller::OrgAdmin,
        Caller::AccountAdmin,
        Caller::OrgUser,
        Caller::DefaultUser,
    ];
    for (caller, expected) in [
        (Caller::OrgAdmin, [ALL, NOT_THERE, ALL, NOT_THERE]),
        (Caller::AccountAdmin, [NOT_THERE, ALL, NOT_THERE, ALL]),
        (Caller::OrgUser, [NOT_THERE, NOT_THERE, ALL, NOT_THERE]),
        (Caller::DefaultUser, [NOT_THERE, NOT_THERE, NOT_THERE, ALL]),
        (Caller::Stranger, [NOT_THERE; 4]),
        (Caller::Nobody, [[401; 4]; 4]),
    ] {
        for (owner, expected) in owners.into_iter().zip(expected) {
            let id = world.instance(owner, &sales("Sales")).await["id"].as_i64();
            assert_eq!(
                world.verbs(caller, id.unwrap()).await,
                expected,
                "{caller:?} on an instance of {owner:?}"
            );
        }
    }
}

#[tokio::test]
async fn each_verb_has_its_privilege_and_what_is_seen_is_403() {
    let world = World::new().await;
    for (privileges, others, own) in [
        (vec![], [404, 403, 403, 403], [200, 403, 403, 403]),
        (
            vec!["createElementInstances"],
            [404, 404, 404, 404],
            [200; 4],
        ),
        (
            vec!["viewAccountElementInstances"],
            [200, 403, 403, 403],
            [200, 403, 403, 403],
        ),
        (
            vec!["createElementInstances", "viewAccountElementInstances"],
            [200, 403, 403, 403],
            [200; 4],
        ),
        (
            vec!["viewAccountElementInstances", "editAccountElementInstances"],
            [200, 200, 200, 403],
            [200, 200, 200, 403],
        ),
        (
            vec![
                "viewAccountElementInstances",
                "deleteAccountElementInstances",
            ],
            [200, 403, 403, 200],
            [200, 403, 403, 200],
        ),
        // To use an instance is neither to see nor to change it.
        (
            vec!["createElementInstances", "useAccountElementInstances"],
            [404; 4],
            [200; 4],
        ),
    ] {
        let of = async |owner| world.instance(owner, &sales("Sales")).await["id"].as_i64();
        world
            .allow("default-user", &["createElementInstances"])
            .await;
        let (theirs, mine) = (
            of(Caller::DefaultUser).await.unwrap(),
            of(Caller::AccountAdmin).await.unwrap(),
        );
        // What `default-user` allows, `admin` users have as well.
        world.allow("default-user", &[]).await;
        world.allow("admin", &privileges).await;
        let found = world.verbs(Caller::AccountAdmin, theirs).await;
        assert_eq!(found, others, "{privileges:?} on another's");
        let found = world.verbs(Caller::AccountAdmin, mine).await;
        assert_eq!(found, own, "{privileges:?} on the own");
    }
    let refused = world
        .call_json(Caller::DefaultUser, "POST", "/instances", &json!({}))
        .await;
    assert_eq!(
        refused.message(),
        "The privilege 'createElementInstances' is missing."
    );
}

#[tokio::test]
async fn privileges_come_before_path_and_body() {
    let world = World::new().await;
    world.allow("org", &[]).await;
    for (method, path) in [
        ("POST", "/instances"),
        ("POST", "/elements/77/instances"),
        ("PUT", "/instances/x"),
        ("PATCH", "/instances/x"),
        ("DELETE", "/instances/x"),
        ("PUT", "/instances/x/enabled"),
        ("DELETE", "/instances/x/enabled"),
        ("PATCH", "/instances/x/configuration/y"),
        ("GET", "/accounts/x/instances"),
        ("GET", "/accounts/instances"),
        ("GET", "/elements?where=nonsense"),
        ("GET", "/elements/keys?pageSize=0"),
        ("GET", "/elements/77"),
    ] {
        let reply = world
            .call_json(Caller::OrgUser, method, path, &json!([]))
            .await;
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text);
    }
}

#[tokio::test]
async fn the_token_is_for_the_owner_and_who_may_use_the_instances() {
    let world = World::new().await;
    let created = world.instance(Caller::DefaultUser, &sales("Sales")).await;
    let token = created["token"].clone();
    assert!(token.is_string());
    let shown = async |caller| {
        let one = world.call(caller, "GET", "/instances/1").await.ok().json();
        let list = world.call(caller, "GET", "/instances").await.ok().json();
        assert_eq!(one["token"], list[0]["token"], "{caller:?}");
        assert_eq!(one.get("token").is_some(), !one["token"].is_null());
        one["token"].clone()
    };
    assert_eq!(shown(Caller::DefaultUser).await, token);
    assert_eq!(shown(Caller::AccountAdmin).await, token);
    let privileges = ["viewAccountElementInstances", "editAccountElementInstances"];
    world.allow("admin", &privileges).await;
    assert_eq!(shown(Caller::AccountAdmin).await, Value::Null);
    let body = json!({"name": "x"});
    let patched = world.call_json(Caller::AccountAdmin, "PATCH", "/instances/1", &body);
    assert_eq!(patched.await.ok().json().get("token"), None);
}
