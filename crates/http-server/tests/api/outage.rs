//! The store is away, or fails: 503 with `Retry-After`, or 500, and nothing of the inside in the reply.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use tenantry_domain::{
    page::Count,
    ports::{MockCredentialRepository, MockKeyringRepository, MockUserRepository, RepositoryError},
};
use tenantry_http_server::HttpConfig;

use crate::support::{BASE, Caller, World, send, serve};

#[tokio::test]
async fn a_store_that_is_away_is_503_with_retry_after() {
    let world = World::new().await;
    let mut repositories = world.repositories.clone();
    let mut credentials = MockCredentialRepository::new();
    credentials.expect_authenticate().returning(|_, _| {
        Err(RepositoryError::Unavailable {
            source: "host db1 refused".into(),
        })
    });
    let mut keyring = MockKeyringRepository::new();
    keyring.expect_sentinel().returning(|| {
        Err(RepositoryError::Unavailable {
            source: "host db1 refused".into(),
        })
    });
    repositories.credentials = Arc::new(credentials);
    repositories.keyring = Arc::new(keyring);
    let router = serve(
        &repositories,
        &world.clock,
        &world.hasher,
        &HttpConfig::default(),
    );
    for path in [format!("{BASE}/users"), "/readyz".to_owned()] {
        let request = Request::builder()
            .uri(&path)
            .header("authorization", Caller::OrgAdmin.authorization().unwrap());
        let reply = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 503, "{path}");
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(
            reply.message(),
            "The store cannot be reached now. Try again."
        );
    }
    let alive = send(
        &router,
        Request::builder()
            .uri("/healthz")
            .body(Body::empty())
            .unwrap(),
    )
    .await;
    assert_eq!(alive.status, 200, "the server itself lives");
}

#[tokio::test]
async fn a_list_that_takes_too_long_says_so() {
    let world = World::new().await;
    let mut repositories = world.repositories.clone();
    let mut users = MockUserRepository::new();
    users.expect_list().returning(|_, _, _, _| {
        Err(RepositoryError::TooSlow {
            source: "canceled".into(),
        })
    });
    users
        .expect_count()
        .returning(|_, _, _| Ok(Count::Exact(0)));
    repositories.users = Arc::new(users);
    let router = serve(
        &repositories,
        &world.clock,
        &world.hasher,
        &HttpConfig::default(),
    );
    let request = Request::builder()
        .uri(format!("{BASE}/users?where=city%20LIKE%20'%25x%25'"))
        .header("authorization", Caller::OrgAdmin.authorization().unwrap());
    let reply = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.header("retry-after"), Some("30"));
    assert_eq!(
        reply.message(),
        "This takes longer than the server allows: narrow 'where', leave out includeTotal, or follow nextPage instead of a \
         large offset."
    );
}

#[tokio::test]
async fn a_failure_shows_nothing_of_the_inside() {
    let world = World::new().await;
    let mut repositories = world.repositories.clone();
    let mut credentials = MockCredentialRepository::new();
    credentials.expect_authenticate().returning(|_, _| {
        Err(RepositoryError::Backend {
            source: "column x".into(),
        })
    });
    repositories.credentials = Arc::new(credentials);
    let router = serve(
        &repositories,
        &world.clock,
        &world.hasher,
        &HttpConfig::default(),
    );
    let request = Request::builder()
        .uri(format!("{BASE}/users"))
        .header("authorization", Caller::OrgAdmin.authorization().unwrap());
    let reply = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 500);
    assert_eq!(
        reply.message(),
        "Something went wrong here. The log has more under this request id."
    );
}

#[tokio::test]
async fn a_panic_is_one_requests_misfortune() {
    let world = World::new().await;
    let mut repositories = world.repositories.clone();
    let mut credentials = MockCredentialRepository::new();
    credentials
        .expect_authenticate()
        .returning(|_, _| panic!("a bug"));
    repositories.credentials = Arc::new(credentials);
    let router = serve(
        &repositories,
        &world.clock,
        &world.hasher,
        &HttpConfig::default(),
    );
    let request = || {
        Request::builder()
            .uri(format!("{BASE}/users"))
            .header("authorization", Caller::OrgAdmin.authorization().unwrap())
            .body(Body::empty())
            .unwrap()
    };
    for _ in 0..2 {
        let reply = send(&router, request()).await;
        assert_eq!(
            (reply.status.as_u16(), reply.text.contains("a bug")),
            (500, false)
        );
    }
}
