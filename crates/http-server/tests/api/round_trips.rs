//! How often the store is asked for a call, with callers remembered in front of it: every port refuses what is not expected.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use axum::{body::Body, http::Request};
use tenantry_caller_cache::CallerCache;
use tenantry_domain::{
    Scope,
    ports::{
        Authenticated, CallerFeed, FeedEvent, MockAccountRepository, MockAuditChain, MockAuditLog,
        MockCredentialRepository, MockElementRepository, MockInstanceRepository,
        MockKeyringRepository, MockOrganizationRepository, MockPasswordPolicyRepository,
        MockReplyRepository, MockRoleRepository, MockTransferRepository, MockUserRepository,
        Repositories,
    },
};
use tenantry_http_server::HttpConfig;
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

async fn authenticated(world: &World) -> Authenticated {
    let caller = samples::caller(Caller::OrgAdmin.email(), "Shire");
    let credentials = &world.repositories.credentials;
    let found = credentials.authenticate(&caller, samples::change().at);
    found.await.unwrap().unwrap()
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

    let cache = CallerCache::new(10);
    let store = cache.over(&nothing_but(credentials, users));
    let feed = Quiet::default();
    tokio::select! {
        biased;
        () = cache.follow(&feed) => {}
        () = std::future::ready(()) => {}
    }
    let router = serve(&store, &world.clock, &world.hasher, &HttpConfig::default());
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
