//! How often the store is asked for a call, with callers remembered in front of it: every port refuses what is not expected.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use tenantry_caller_cache::CallerCache;
use tenantry_domain::{
    Scope,
    ports::{
        Authenticated, CallerFeed, FeedEvent, MockAccountRepository, MockAuditChain, MockAuditLog,
        MockCredentialRepository, MockElementRepository, MockInstanceRepository,
        MockKeyringRepository, MockOrganizationRepository, MockPasswordPolicyRepository,
        MockReplyRepository, MockRoleRepository, MockTransferRepository, MockUserRepository,
        Repositories, UserAndRoles,
    },
};
use tenantry_http_server::{Api, HttpConfig};
use tenantry_testkit::samples;

use crate::support::{BASE, Caller, World, send, serve};

/// Says once that nothing was changed.
#[derive(Default)]
struct Quiet(AtomicBool);

#[async_trait]
impl CallerFeed for Quiet {
    async fn next(&self) -> FeedEvent {
        if self.0.swap(true, Ordering::Relaxed) {
            std::future::pending().await
        } else {
            FeedEvent::Current
        }
    }
}

/// A store of which nothing may be asked but this.
fn nothing_but(credentials: MockCredentialRepository, users: MockUserRepository) -> Repositories {
    Repositories {
        organizations: Arc::new(MockOrganizationRepository::new()),
        accounts: Arc::new(MockAccountRepository::new()),
        users: Arc::new(users),
        instances: Arc::new(MockInstanceRepository::new()),
        roles: Arc::new(MockRoleRepository::new()),
        credentials: Arc::new(credentials),
        keyring: Arc::new(MockKeyringRepository::new()),
        policies: Arc::new(MockPasswordPolicyRepository::new()),
        elements: Arc::new(MockElementRepository::new()),
        replies: Arc::new(MockReplyRepository::new()),
        audit: Arc::new(MockAuditLog::new()),
        audit_chain: Arc::new(MockAuditChain::new()),
        transfers: Arc::new(MockTransferRepository::new()),
    }
}

/// The server over this store, with callers remembered in front of it.
async fn remembering(world: &World, repositories: &Repositories) -> Api {
    let cache = CallerCache::new(10);
    let store = cache.over(repositories);
    let feed = Quiet::default();
    tokio::select! {
        biased;
        () = cache.follow(&feed) => {}
        () = std::future::ready(()) => {}
    }
    serve(&store, &world.clock, &world.hasher, &HttpConfig::default())
}

async fn authenticated(world: &World) -> Authenticated {
    let caller = samples::caller(Caller::OrgAdmin.email(), "Shire");
    let credentials = &world.repositories.credentials;
    let found = credentials.authenticate(&caller, samples::change().at);
    found.await.unwrap().unwrap()
}

/// Credentials that are the administrator's, whoever has them.
async fn of_the_administrator(world: &World) -> MockCredentialRepository {
    let admin = authenticated(world).await;
    let mut credentials = MockCredentialRepository::new();
    let asked_once = credentials.expect_authenticate().times(1);
    asked_once.returning(move |_, _| Ok(Some(admin.clone())));
    credentials
}

async fn found_with_roles(world: &World, caller: Caller) -> UserAndRoles {
    let id = world.id(caller).await;
    let users = &world.repositories.users;
    let scope = Scope::organization(world.shire);
    let found = users.find_with_roles(&scope, id).await;
    found.unwrap().unwrap()
}

fn request(method: &str, path: &str, body: &Value) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(format!("{BASE}{path}"))
        .header("authorization", Caller::OrgAdmin.authorization().unwrap())
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

#[tokio::test]
async fn an_administrator_creates_a_user_in_one_round_trip() {
    let world = World::new().await;
    let credentials = of_the_administrator(&world).await;
    let sam = found_with_roles(&world, Caller::OrgUser).await;
    let mut users = MockUserRepository::new();
    let created = sam.clone();
    let asked = users.expect_create_with_roles().times(2);
    asked.returning(move |_, _, _| Ok(created.clone()));
    let router = remembering(&world, &nothing_but(credentials, users)).await;
    for path in [
        "/organizations/users".to_owned(),
        format!("/accounts/{}/users", sam.user.account_id),
    ] {
        let body = json!({"firstName": "Sam", "lastName": "Gamgee", "email": "sam@bree.example"});
        let reply = send(&router, request("POST", &path, &body)).await.ok();
        assert_eq!(reply.json()["roles"][0]["key"], "org", "{path}");
    }
}

#[tokio::test]
async fn a_user_is_changed_in_two_round_trips_and_erased_in_two() {
    let world = World::new().await;
    let credentials = of_the_administrator(&world).await;
    let sam = found_with_roles(&world, Caller::OrgUser).await;
    let mut users = MockUserRepository::new();
    let (found, updated) = (sam.clone(), sam.user.clone());
    let asked = users.expect_find_with_roles().times(3);
    asked.returning(move |_, _| Ok(Some(found.clone())));
    let asked = users.expect_update().times(2);
    asked.returning(move |_, _, _, _, _| Ok(Some(updated.clone())));
    let asked = users.expect_delete().times(1);
    asked.returning(|_, _, _, _| Ok(true));
    let router = remembering(&world, &nothing_but(credentials, users)).await;
    let path = format!("/users/{}", sam.user.id);
    for body in [json!({"phone": "4711"}), json!({"active": false})] {
        let reply = send(&router, request("PATCH", &path, &body)).await.ok();
        assert_eq!(reply.json()["roles"][0]["key"], "org", "{body}");
    }
    let erased = send(&router, request("DELETE", &path, &json!({}))).await;
    assert_eq!(erased.status, 200);
}

#[tokio::test]
async fn a_known_caller_reads_a_user_in_one_round_trip() {
    let world = World::new().await;
    let (admin, sam) = (authenticated(&world).await, world.id(Caller::OrgUser).await);
    let users = &world.repositories.users;
    let scope = Scope::organization(world.shire);
    let found = users.find(&scope, sam);
    let found = found.await.unwrap().unwrap();

    let mut credentials = MockCredentialRepository::new();
    let asked_once = credentials.expect_authenticate().times(1);
    asked_once.returning(move |_, _| Ok(Some(admin.clone())));
    let mut users = MockUserRepository::new();
    let (by_id, by_email) = (found.clone(), found.clone());
    let asked = users.expect_find().times(3);
    asked.returning(move |_, _| Ok(Some(by_id.clone())));
    let asked = users.expect_find_by_email().times(1);
    asked.returning(move |_, _| Ok(Some(by_email.clone())));

    let router = remembering(&world, &nothing_but(credentials, users)).await;
    let key = found.id.to_string();
    let account = found.account_id;
    for path in [
        format!("/users/{key}"),
        format!("/organizations/users/{key}"),
        format!("/accounts/{account}/users/{key}"),
        format!("/users/{}", found.email),
    ] {
        let request = Request::builder()
            .uri(format!("{BASE}{path}"))
            .header("authorization", Caller::OrgAdmin.authorization().unwrap());
        let reply = send(&router, request.body(Body::empty()).unwrap())
            .await
            .ok();
        assert_eq!(reply.json()["email"], found.email.to_string(), "{path}");
    }
}
