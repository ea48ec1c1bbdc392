//! Instances: creating, reading, changing and erasing them, by id and below their element.

use axum::body::Body;
use serde_json::{Value, json};

use crate::support::{Caller, World};

impl World {
    /// Creates an instance that is the caller's own; answers the reply.
    pub(crate) async fn instance(&self, caller: Caller, body: &Value) -> Value {
        let created = self.call_json(caller, "POST", "/instances", body).await;
        created.ok().json()
    }
}

/// A plain instance of that name.
pub(crate) fn sales(name: &str) -> Value {
    json!({"name": name, "element": {"key": "hubspotcrm"}})
}

#[tokio::test]
async fn a_new_instance_is_answered_in_full() {
    let world = World::new().await;
    let body = json!({
        "name": "Sales", "element": {"key": "hubspotcrm", "name": "HubSpot", "hub": "crm"}, "tags": ["emea", "Sales", "emea"],
        "configuration": {
            "site.address": "shire.example", "port": 8443, "event.notification.enabled": true, "password": "My-Precious-1"
        },
        "providerData": {"code": "x"}, "externalAuthentication": "initial",
        "id": 9, "token": "x", "disabled": true, "nonsense": null
    });
    let reply = world
        .call_json(Caller::OrgUser, "POST", "/instances", &body)
        .await
        .ok();
    assert_eq!(reply.header("etag"), Some("\"1\""));
    let instance = reply.json();
    let token = instance["token"].as_str().unwrap();
    assert!(token.starts_with("ti_"), "{token}");
    let sam = world.id(Caller::OrgUser).await.get();
    assert_eq!(
        instance,
        json!({
            "id": 1, "name": "Sales", "createdDate": "2026-01-15T12:00:00Z", "token": token,
            "element": {"id": 1, "key": "hubspotcrm", "name": "HubSpot", "hub": "crm", "active": true, "deleted": false},
            "elementId": 1, "tags": ["Sales", "emea"], "provisionInteractions": [], "valid": true, "disabled": false,
            "maxCacheSize": 0, "cacheTimeToLive": 0, "cachingEnabled": false,
            "configuration": {
                "site.address": "shire.example", "port": "8443", "event.notification.enabled": "true",
                "password": "********"
            },
            "eventsEnabled": true, "traceLoggingEnabled": false, "externalAuthentication": "initial",
            "user": {"id": sam, "emailAddress": "sam@shire.example", "firstName": "Frodo", "lastName": "Baggins"}
        })
    );
    let found = world
        .call(Caller::OrgUser, "GET", "/instances/1")
        .await
        .ok();
    assert_eq!(found.json(), instance);
    let below = "/elements/hubspotcrm/instances/1";
    let found = world.call(Caller::OrgUser, "GET", below).await.ok();
    assert_eq!(found.json(), instance);
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    let world = World::new().await;
    for (body, message) in [
        (json!({}), "name is required; element is required"),
        (
            json!({"name": "<b></b>", "element": {}}),
            "name must not be empty; element.key is required, unless there is an element.id",
        ),
        (
            json!({"name": "x", "element": {"key": "1"}}),
            "element.key must be neither an integer nor 'keys'",
        ),
        (
            json!({"name": "x", "element": {"key": 7}, "tags": "emea", "configuration": []}),
            "element.key must be a text, not a number; tags must be an array of texts, not a text; configuration must be \
             an object, not an array",
        ),
        (
            json!({
                "name": "x", "element": {"key": "crm", "hub": 1}, "tags": ["a", {"tag": "b"}, "<i>", 7],
                "configuration": {"": "c", "a": null, "b": {}}, "externalAuthentication": "both", "providerData": "x"
            }),
            "element.hub must be a text, not a number; tags[1] must be a text, not an object; tags[2] must not be empty; \
             tags[3] must be a text, not a number; configuration has a key that is empty, longer than 255 characters, or \
             has control characters; configuration.a must be a text, a number or a boolean, not null; configuration.b must \
             be a text, a number or a boolean, not an object; externalAuthentication must be 'none' or 'initial'; \
             providerData must be an object, not a text",
        ),
        (
            json!({"name": "x", "element": {"id": "1"}}),
            "element.id must be an integer, not a text",
        ),
        (
            json!({"name": "x", "element": {"id": 77, "key": "crm"}}),
            "element.id is 77, which is not in the catalog; name a new element by its key",
        ),
        (
            json!({"name": "x", "element": {"key": "crm"}, "configuration": {"api.key": "********"}}),
            "configuration.api.key is masked, and there is no value that the mask stands for; send the value itself",
        ),
        (
            json!({"name": "x", "element": {"key": "crm"}, "tags": vec!["a"; 101]}),
            "tags must be at most 100",
        ),
    ] {
        let reply = world
            .call_json(Caller::OrgUser, "POST", "/instances", &body)
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (400, message),
            "{body}"
        );
    }
    // Nothing that was refused has left an element behind.
    let keys = world.call(Caller::OrgUser, "GET", "/elements/keys").await;
    assert_eq!(keys.ok().json(), json!([]));
}

#[tokio::test]
async fn html_is_taken_out_of_names_and_tags() {
    let world = World::new().await;
    let body = json!({
        "name": "<b>My</b> CRM <3", "element": {"key": "crm"}, "tags": ["<i>emea</i>", "a < b", "x<script>y</script>"]
    });
    let instance = world.instance(Caller::OrgUser, &body).await;
    assert_eq!(instance["name"], "My CRM <3");
    assert_eq!(
        instance["tags"],
        json!(["My CRM <3", "emea", "a < b", "xy"])
    );
    let body = json!({"name": "<<b>script>x", "tags": ["<u>z</u>"]});
    let patched = world.call_json(Caller::OrgUser, "PATCH", "/instances/1", &body);
    let patched = patched.await.ok().json();
    assert_eq!(
        (&patched["name"], &patched["tags"]),
        (&json!("x"), &json!(["z"]))
    );
}

#[tokio::test]
async fn tags_given_replace_all_and_an_empty_list_empties_them() {
    let world = World::new().await;
    world.instance(Caller::OrgUser, &sales("Sales")).await;
    for (method, body, tags) in [
        ("PATCH", json!({"name": "Other"}), json!(["Sales"])),
        ("PUT", json!({"name": "Other"}), json!(["Sales"])),
        ("PATCH", json!({"tags": ["a", "b", "a"]}), json!(["a", "b"])),
        ("PUT", json!({"name": "Other", "tags": ["c"]}), json!(["c"])),
        ("PATCH", json!({"tags": []}), json!([])),
    ] {
        let reply = world.call_json(Caller::OrgUser, method, "/instances/1", &body);
        assert_eq!(reply.await.ok().json()["tags"], tags, "{method} {body}");
    }
    for field in ["name", "tags", "configuration", "externalAuthentication"] {
        let body = json!({field: null});
        let refused = world
            .call_json(Caller::OrgUser, "PATCH", "/instances/1", &body)
            .await;
        assert_eq!(
            (refused.status.as_u16(), refused.message()),
            (
                400,
                format!("{field} must not be null; leave it out to keep it as it is")
            )
        );
    }
}

#[tokio::test]
async fn patch_merges_the_configuration_and_put_replaces_it() {
    let world = World::new().await;
    let body = json!({
        "name": "Sales", "element": {"key": "crm"},
        "configuration": {"site": "a", "user": "b", "password": "c", "api.key": "d"}
    });
    world.instance(Caller::OrgUser, &body).await;
    for (method, body, configuration) in [
        (
            "PATCH",
            json!({"configuration": {"site": "x", "password": "********", "new": 1}}),
            json!({"site": "x", "user": "b", "password": "********", "api.key": "********", "new": "1"}),
        ),
        (
            "PUT",
            json!({"name": "Sales"}),
            json!({"site": "x", "user": "b", "password": "********", "api.key": "********", "new": "1"}),
        ),
        (
            "PUT",
            json!({"name": "Sales", "configuration": {"site": "y", "password": "********"}}),
            json!({"site": "y", "password": "********"}),
        ),
        (
            "PUT",
            json!({"name": "Sales", "configuration": {}}),
            json!({}),
        ),
    ] {
        let reply = world.call_json(Caller::OrgUser, method, "/instances/1", &body);
        let reply = reply.await.ok().json();
        assert_eq!(reply["configuration"], configuration, "{method} {body}");
    }
    let body = json!({"configuration": {"password": "********"}});
    let refused = world
        .call_json(Caller::OrgUser, "PATCH", "/instances/1", &body)
        .await;
    assert_eq!(
        refused.message(),
        "configuration.password is masked, and there is no value that the mask stands for; send the value itself"
    );
}

#[tokio::test]
async fn a_reply_sent_back_changes_nothing_but_the_revision() {
    let world = World::new().await;
    let body = json!({
        "name": "Sales", "element": {"key": "crm"}, "tags": ["emea"], "externalAuthentication": "initial",
        "configuration": {"site": "a", "password": "My-Precious-1", "event.notification.enabled": "false"}
    });
    let created = world.instance(Caller::OrgUser, &body).await;
    let sealed = |world: &World| {
        let instances = world.repositories.instances.clone();
        let scope = tenantry_domain::Scope::organization(world.shire);
        async move {
            let id = tenantry_domain::InstanceId::new(1);
            instances.find(&scope, id).await.unwrap().unwrap()
        }
    };
    let before = sealed(&world).await;
    for method in ["PUT", "PATCH"] {
        let reply = world
            .call_json(Caller::OrgUser, method, "/instances/1", &created)
            .await;
        assert_eq!(reply.ok().json(), created, "{method}");
    }
    let after = sealed(&world).await;
    assert_eq!(after.configuration, before.configuration);
    // Somebody disables it meanwhile: who sends back an older reply does not enable it.
    let enabled = "/instances/1/enabled";
    world.call(Caller::OrgUser, "DELETE", enabled).await.ok();
    let reply = world
        .call_json(Caller::OrgUser, "PUT", "/instances/1", &created)
        .await;
    assert_eq!(reply.ok().json()["disabled"], true);
}

#[tokio::test]
async fn an_element_is_named_by_id_by_key_or_by_the_path() {
    let world = World::new().await;
    world.instance(Caller::OrgUser, &sales("One")).await;
    for (path, element, key) in [
        ("/instances", json!({"id": 1, "key": "other"}), "hubspotcrm"),
        (
            "/instances",
            json!({"id": null, "key": "hubspotcrm"}),
            "hubspotcrm",
        ),
        ("/elements/1/instances", Value::Null, "hubspotcrm"),
        (
            "/elements/1/instances",
            json!({"key": "other"}),
            "hubspotcrm",
        ),
        ("/elements/my%2Fown/instances", Value::Null, "my/own"),
        ("/elements/sfdc/instances", json!({"id": 1}), "sfdc"),
    ] {
        let body = json!({"name": "Two", "element": element});
        let reply = world
            .call_json(Caller::OrgUser, "POST", path, &body)
            .await
            .ok()
            .json();
        assert_eq!(reply["element"]["key"], key, "{path} {body}");
    }
    let body =
        json!({"name": "Three", "element": {"key": "slack", "name": "Slack", "hub": "chat"}});
    let path = "/elements/slack/instances";
    let reply = world.call_json(Caller::OrgUser, "POST", path, &body).await;
    let reply = reply.ok().json();
    assert_eq!(
        (&reply["element"]["name"], &reply["element"]["hub"]),
        (&json!("Slack"), &json!("chat"))
    );
    let body = json!({"name": "Four"});
    for (path, status, message) in [
        ("/elements/77/instances", 404, "No element found with ID 77"),
        (
            "/elements/99999999999999999999/instances",
            404,
            "No element found with ID 99999999999999999999",
        ),
        (
            "/elements/%20/instances",
            400,
            "element key must not be empty",
        ),
    ] {
        let reply = world.call_json(Caller::OrgUser, "POST", path, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (status, message),
            "{path}"
        );
    }
}

#[tokio::test]
async fn below_an_element_there_are_its_instances_only() {
    let world = World::new().await;
    world.instance(Caller::OrgUser, &sales("One")).await;
    let other = json!({"name": "Two", "element": {"key": "sfdc"}});
    world.instance(Caller::OrgUser, &other).await;
    let list = world
        .call(Caller::OrgUser, "GET", "/elements/sfdc/instances")
        .await;
    assert_eq!(list.ok().ids(), [2]);
    let none = world.call(
        Caller::OrgUser,
        "GET",
        "/elements/sfdc/instances?where=id=1",
    );
    assert_eq!(none.await.message(), "No instances found");
    for (element, message) in [
        ("nope", "No element found with key 'nope'"),
        ("-1", "No element found with ID -1"),
        ("%00", "No element found with that key"),
    ] {
        let path = format!("/elements/{element}/instances");
        let reply = world.call(Caller::OrgUser, "GET", &path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (404, message)
        );
    }
    for element in ["sfdc", "2", "nope", "77", "%00", "99999999999999999999"] {
        let path = format!("/elements/{element}/instances/1");
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let body = json!({"name": "x"});
            let reply = world.call_json(Caller::OrgUser, method, &path, &body).await;
            assert_eq!(
                (reply.status.as_u16(), reply.message().as_str()),
                (404, "No instance found with ID 1"),
                "{method} {path}"
            );
        }
    }
    for element in ["hubspotcrm", "1"] {
        let path = format!("/elements/{element}/instances/1");
        let body = json!({"name": element});
        for method in ["PUT", "PATCH"] {
            let reply = world.call_json(Caller::OrgUser, method, &path, &body).await;
            assert_eq!(reply.ok().json()["name"], element);
        }
    }
    let path = "/elements/1/instances/1";
    let deleted = world.call(Caller::OrgUser, "DELETE", path).await.ok();
    assert_eq!(deleted.text, "");
    let gone = world.call(Caller::OrgUser, "GET", "/instances/1").await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn an_id_that_is_no_integer_is_named_and_fixed_paths_are_none() {
    let world = World::new().await;
    for (method, path) in [
        ("GET", "/instances/x"),
        ("PUT", "/instances/1.5"),
        ("PATCH", "/instances/counts"),
        ("DELETE", "/instances/x"),
        ("GET", "/elements/hubspotcrm/instances/x"),
        ("PUT", "/instances/x/enabled"),
        ("DELETE", "/instances/x/enabled"),
        ("GET", "/instances/x/configuration"),
        ("GET", "/instances/x/configuration/1"),
        ("PATCH", "/instances/x/configuration/y"),
    ] {
        let reply = world
            .call_json(Caller::OrgAdmin, method, path, &json!({}))
            .await;
        assert_eq!(reply.status, 400, "{method} {path}");
        assert!(
            reply
                .message()
                .starts_with("instance id must be an integer"),
            "{method} {path}: {}",
            reply.message()
        );
    }
    world.instance(Caller::OrgAdmin, &sales("One")).await;
    let path = "/instances/1/configuration/x";
    for method in ["GET", "PATCH"] {
        let reply = world
            .call_json(Caller::OrgAdmin, method, path, &json!({"propertyValue": 1}))
            .await;
        assert_eq!(
            reply.message(),
            "configuration id must be an integer, not 'x'"
        );
    }
    for path in ["/instances/count", "/instances/count/"] {
        world.call(Caller::OrgAdmin, "GET", path).await.ok();
        let refused = world.call(Caller::OrgAdmin, "DELETE", path).await;
        assert_eq!(refused.status, 405, "{path}");
    }
    for id in ["-1", "77", "99999999999999999999"] {
        let path = format!("/instances/{id}");
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await;
        assert_eq!(
            reply.message(),
            format!("No instance found with ID {id}"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn instances_are_changed_conditionally() {
    let world = World::new().await;
    let mut body = sales("One");
    body["configuration"] = json!({"site": "a"});
    world.instance(Caller::OrgUser, &body).await;
    let entries = world
        .call(Caller::OrgUser, "GET", "/instances/1/configuration")
        .await
        .ok();
    assert_eq!(entries.header("etag"), Some("\"1\""));
    let entry = format!("/instances/1/configuration/{}", entries.ids()[0]);
    let send = async |method: &str, path: &str, header: (&str, &str), body: &Value| {
        let headers = [("content-type", "application/json"), header];
        let body = Body::from(body.to_string());
        world
            .send(Caller::OrgUser, method, path, &headers, body)
            .await
    };
    for path in ["/instances/1", "/instances/1/configuration", &entry] {
        let known = send("GET", path, ("if-none-match", "\"1\""), &Value::Null).await;
        assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
        send("GET", path, ("if-none-match", "\"2\""), &Value::Null)
            .await
            .ok();
    }
    for (method, path) in [
        ("PUT", "/instances/1"),
        ("PATCH", "/elements/1/instances/1"),
        ("DELETE", "/instances/1"),
        ("PUT", "/instances/1/enabled"),
        ("DELETE", "/instances/1/enabled"),
        ("PATCH", &entry),
    ] {
        let body = json!({"name": "x", "propertyValue": "b"});
        let stale = send(method, path, ("if-match", "\"7\""), &body).await;
        assert_eq!(stale.status, 412, "{method} {path}");
    }
    let body = json!({"propertyValue": "b"});
    let changed = send("PATCH", &entry, ("if-match", "\"1\""), &body).await;
    assert_eq!(changed.ok().header("etag"), Some("\"2\""));
    let on = send(
        "PUT",
        "/instances/1/enabled",
        ("if-match", "\"2\""),
        &Value::Null,
    );
    assert_eq!(on.await.ok().header("etag"), Some("\"3\""));
    send(
        "DELETE",
        "/instances/1",
        ("if-match", "\"3\""),
        &Value::Null,
    )
    .await
    .ok();
}

#[tokio::test]
async fn configuration_is_read_and_changed_entry_by_entry() {
    let world = World::new().await;
    let mut body = sales("One");
    body["configuration"] = json!({"site": "a", "password": "b"});
    world.instance(Caller::OrgUser, &body).await;
    let list = "/instances/1/configuration";
    let entries = world.call(Caller::OrgUser, "GET", list).await.ok().json();
    let entry = |key: &str, value: &str, kind: &str| {
        let entries = entries.as_array().unwrap().iter();
        let id = entries.clone().find(|it| it["key"] == key).unwrap()["id"].clone();
        json!({
            "id": id, "key": key, "name": key, "propertyValue": value, "type": kind, "required": false, "active": true,
            "hideFromConsole": false
        })
    };
    let site = entry("site", "a", "TEXTFIELD_1000");
    let password = entry("password", "********", "PASSWORD");
    let all = entries.as_array().unwrap();
    assert!(all.len() == 2 && all.contains(&site) && all.contains(&password));
    for (entry, value, shown) in [
        (&site, json!("x"), "x"),
        (&site, json!(7), "7"),
        (&site, json!(true), "true"),
        (&password, json!("c"), "********"),
        (&password, json!("********"), "********"),
    ] {
        let path = format!("{list}/{}", entry["id"]);
        let mut body = entry.clone();
        body["propertyValue"] = value;
        let changed = world
            .call_json(Caller::OrgUser, "PATCH", &path, &body)
            .await
            .ok()
            .json();
        let mut expected = entry.clone();
        expected["propertyValue"] = json!(shown);
        assert_eq!(changed, expected);
        let found = world.call(Caller::OrgUser, "GET", &path).await.ok();
        assert_eq!(found.json(), expected);
    }
    let path = format!("{list}/{}", site["id"]);
    for (body, message) in [
        (json!({}), "propertyValue is required"),
        (json!({"propertyValue": null}), "propertyValue is required"),
        (
            json!({"propertyValue": []}),
            "propertyValue must be a text, a number or a boolean, not an array",
        ),
    ] {
        let refused = world
            .call_json(Caller::OrgUser, "PATCH", &path, &body)
            .await;
        assert_eq!(
            (refused.status.as_u16(), refused.message().as_str()),
            (400, message)
        );
    }
    for (method, id) in [("GET", "77"), ("PATCH", "-1")] {
        let path = format!("{list}/{id}");
        let body = json!({"propertyValue": "x"});
        let reply = world.call_json(Caller::OrgUser, method, &path, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message()),
            (
                404,
                format!("No instance found with ID 1 and configuration ID {id}")
            )
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_body_is_said_before_what_is_missing() {
    let world = World::new().await;
    let many: serde_json::Map<_, _> = (0..1000).map(|n| (format!("k{n}"), json!("v"))).collect();
    let masked = json!({"name": "x", "configuration": {"password": "********"}});
    for (method, path, body, field) in [
        (
            "PATCH",
            "/instances/-1",
            json!({"configuration": many}),
            "configuration",
        ),
        (
            "PUT",
            "/instances/-1",
            json!({"name": "x", "configuration": many}),
            "configuration",
        ),
        (
            "POST",
            "/elements/4711/instances",
            masked,
            "configuration.password",
        ),
    ] {
        let reply = world.call_json(Caller::OrgAdmin, method, path, &body).await;
        assert_eq!(reply.status, 400, "{method} {path}: {}", reply.text);
        assert!(reply.message().starts_with(field), "{}", reply.text);
    }
}
