//! The operator at the command line, who calls the router without a socket and without credentials.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::{Value, json};
use tenantry_domain::{Actor, RequestId, Revision};
use tenantry_http_server::InProcess;

use crate::support::{Caller, Reply, World};

/// The operator in the Shire.
fn operator(world: &World) -> Actor {
    Actor::operator(world.shire, world.shire_account, RequestId::new([7; 12]))
}

async fn call_as(world: &World, actor: Actor, method: &str, path: &str, body: &Value) -> Reply {
    let server = InProcess::new(world.router.clone(), actor);
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let body = Some(body.to_string());
    let reply = server.call(method, path, None, body).await.unwrap();
    Reply {
        status: StatusCode::from_u16(reply.status).unwrap(),
        headers: reply.headers,
        text: String::from_utf8(reply.body).unwrap(),
    }
}

async fn call(world: &World, method: &str, path: &str, body: &Value) -> Reply {
    call_as(world, operator(world), method, path, body).await
}

#[tokio::test]
async fn the_operator_reaches_the_whole_organization_and_no_other() {
    let world = World::new().await;
    let users = call(&world, "GET", "/users", &json!({})).await.ok();
    assert_eq!(users.ids().len(), 4);
    let own = call(&world, "GET", "/organizations/me", &json!({})).await;
    assert_eq!(own.ok().json()["name"], "Shire");
    let stranger = world.id(Caller::Stranger).await;
    let path = format!("/users/{stranger}");
    assert_eq!(call(&world, "GET", &path, &json!({})).await.status, 404);
}

#[tokio::test]
async fn what_the_operator_does_is_in_the_log_as_the_operators() {
    let world = World::new().await;
    let id = world.id(Caller::OrgAdmin).await;
    let reply = call(
        &world,
        "PATCH",
        &format!("/users/{id}"),
        &json!({"firstName": "Bilbo"}),
    )
    .await
    .ok();
    let request_id = reply.header("elements-request-id").unwrap().to_owned();
    let log = call(&world, "GET", "/audit-logs?pageSize=1", &json!({}))
        .await
        .ok()
        .json();
    assert_eq!(log[0]["requestId"], json!(request_id));
    assert_eq!(log[0]["actor"], json!("operator"), "{log}");
}

#[tokio::test]
async fn instances_of_every_account_are_reached_and_created_for_a_user() {
    let world = World::new().await;
    let owner = world.id(Caller::DefaultUser).await;
    let new = json!({"name": "Pony", "element": {"key": "prancing"}});
    let nobodys = call(&world, "POST", "/instances", &new).await;
    assert_eq!(
        (nobodys.status.as_u16(), nobodys.message().as_str()),
        (403, "An instance belongs to a user: say whose it is to be.")
    );
    let actor = operator(&world).on_behalf_of(owner, world.buckland);
    let created = call_as(&world, actor, "POST", "/instances", &new)
        .await
        .ok();
    let created = created.json();
    assert_eq!(created["user"]["id"], json!(owner.get()));
    let id = created["id"].as_i64().unwrap();
    let listed = call(&world, "GET", "/instances", &json!({})).await.ok();
    assert_eq!(listed.ids(), [id]);
    let path = format!("/instances/{id}");
    let renamed = call(&world, "PATCH", &path, &json!({"name": "Horse"})).await;
    assert_eq!(renamed.ok().json()["name"], "Horse");
    call(&world, "DELETE", &path, &json!({})).await.ok();
    assert_eq!(call(&world, "GET", &path, &json!({})).await.status, 404);
}

#[tokio::test]
async fn no_header_makes_an_operator() {
    let world = World::new().await;
    for (name, value) in [
        ("actor", "operator"),
        ("x-actor", "operator"),
        ("x-operator", "true"),
        ("x-forwarded-user", "operator"),
        ("forwarded", "for=127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("authorization", "Operator"),
        ("authorization", "User 0, Organization 1"),
        ("authorization", "Bearer operator"),
    ] {
        let headers = [(name, value)];
        let reply = world
            .send(Caller::Nobody, "GET", "/users", &headers, Body::empty())
            .await;
        assert_eq!(reply.status, 401, "{name}: {value}");
    }
}

/// Authentication is asked for whoever is no operator, also if somebody inside the process put an actor there.
#[tokio::test]
async fn an_actor_who_is_no_operator_has_to_authenticate() {
    let world = World::new().await;
    let admin = Actor::new(operator(&world).identity().clone(), RequestId::new([7; 12]));
    let reply = call_as(&world, admin, "GET", "/users", &json!({})).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn what_is_no_longer_as_expected_is_not_changed() {
    let world = World::new().await;
    let id = world.id(Caller::OrgUser).await;
    let server = InProcess::new(world.router.clone(), operator(&world));
    let path = format!("/users/{id}");
    let stale = Some(Revision::new(7));
    let reply = server.call(Method::DELETE, &path, stale, None).await;
    assert_eq!(reply.unwrap().status, 412);
    assert!(
        server
            .call(Method::GET, "/users/ ", None, None)
            .await
            .is_err()
    );
}
