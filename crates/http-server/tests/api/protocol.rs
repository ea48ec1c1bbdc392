//! What holds for every request: ids, slashes, methods, media types, origins.

use axum::{body::Body, http::Request};
use serde_json::json;
use tenantry_http_server::HttpConfig;

use crate::support::{Caller, World};

#[tokio::test]
async fn every_reply_has_a_request_id_of_its_own() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for (caller, path) in [
        (Caller::OrgAdmin, "/users"),
        (Caller::Nobody, "/users"),
        (Caller::OrgAdmin, "/nowhere"),
    ] {
        let reply = world.call(caller, "GET", path).await;
        let id = reply.header("elements-request-id").unwrap().to_owned();
        assert!(
            id.len() == 24
                && id
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "{id}"
        );
        ids.push(id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_trailing_slash_is_accepted_on_every_path() {
    let world = World::new().await;
    for path in [
        "/users/",
        "/users/admin@shire.example/",
        "/organizations/users/?pageSize=1",
    ] {
        world.call(Caller::OrgAdmin, "GET", path).await.ok();
    }
    for path in ["/healthz", "/healthz/", "/readyz"] {
        let reply = world
            .request(Request::builder().uri(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(reply.status, 200, "{path} needs no credentials");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_with_allow() {
    let world = World::new().await;
    for (method, path, allowed) in [
        ("POST", "/users", "GET,HEAD"),
        ("POST", "/users/1", "GET,HEAD,PATCH,PUT,DELETE"),
        ("GET", "/users/1/roles/admin", "PUT,DELETE"),
        ("OPTIONS", "/organizations/users", "GET,HEAD,POST"),
    ] {
        let reply = world.call(Caller::OrgAdmin, method, path).await;
        assert_eq!(reply.status, 405, "{method} {path}");
        let mut found: Vec<_> = reply
            .header("allow")
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        let mut expected: Vec<_> = allowed.split(',').collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{method} {path}");
    }
    assert_eq!(
        world.call(Caller::Nobody, "POST", "/users").await.status,
        401,
        "credentials come first"
    );
}

#[tokio::test]
async fn accept_is_met_or_refused() {
    let world = World::new().await;
    for (accept, status) in [
        ("*/*", 200),
        ("application/*;q=0.5", 200),
        ("text/html, application/json;q=0.1", 200),
        ("text/html,*/*;q=0.8", 200),
        ("", 200),
        (" , ", 200),
        ("application/problem+json", 200),
        ("text/html", 406),
        ("*/*;q=0", 406),
        ("nonsense", 406),
    ] {
        let reply = world
            .send(
                Caller::OrgAdmin,
                "GET",
                "/users",
                &[("accept", accept)],
                Body::empty(),
            )
            .await;
        assert_eq!(reply.status.as_u16(), status, "{accept}");
    }
}

#[tokio::test]
async fn an_empty_reply_meets_any_accept() {
    let world = World::new().await;
    let path = format!("/users/{}", world.create("bilbo@shire.example").await);
    let headers = [("accept", "text/html")];
    let reply = world
        .send(Caller::OrgAdmin, "DELETE", &path, &headers, Body::empty())
        .await
        .ok();
    assert_eq!(reply.text, "");
    let again = world
        .send(Caller::OrgAdmin, "DELETE", &path, &headers, Body::empty())
        .await;
    assert_eq!(again.status, 404, "errors come as they always do");
    assert!(again.message().starts_with("No user found"));
}

#[tokio::test]
async fn problem_json_is_for_those_who_ask_for_it() {
    let world = World::new().await;
    let headers = [
        ("accept", "application/problem+json, application/json"),
        ("content-type", "application/json"),
    ];
    let body = Body::from(r#"{"firstName": "a", "roles": [{}]}"#);
    let reply = world
        .send(
            Caller::OrgAdmin,
            "POST",
            "/organizations/users",
            &headers,
            body,
        )
        .await;
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(
        reply.json(),
        json!({
            "type": "about:blank", "title": "Bad Request", "status": 400,
            "detail": "lastName is required; email is required; roles[0].key is required",
            "instance": "/elements/api-v2/organizations/users", "requestId": reply.header("elements-request-id"),
            "errors": [
                {"pointer": "#/lastName", "detail": "is required"},
                {"pointer": "#/email", "detail": "is required"},
                {"pointer": "#/roles/0/key", "detail": "is required"},
            ],
        })
    );
    let legacy = world.call(Caller::OrgAdmin, "GET", "/users/-1").await;
    let id = legacy.header("elements-request-id").unwrap();
    assert_eq!(
        legacy.json(),
        json!({"requestId": id, "message": "No user found with ID -1"})
    );
}

#[tokio::test]
async fn delete_accepts_any_body() {
    let world = World::new().await;
    for body in ["", "null", "nonsense"] {
        let id = world.create("bilbo@shire.example").await;
        let headers = [("content-type", "application/json")];
        let path = format!("/users/{id}");
        world
            .send(
                Caller::OrgAdmin,
                "DELETE",
                &path,
                &headers,
                Body::from(body),
            )
            .await
            .ok();
    }
}

#[tokio::test]
async fn scripts_of_configured_origins_may_call() {
    let config = HttpConfig {
        allowed_origins: vec!["https://app.example".to_owned()],
        ..HttpConfig::default()
    };
    let world = World::with(&config).await;
    let exposed = "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, \
                   Elements-Trace-Id, Elements-Error, Content-Disposition";
    for (origin, allowed) in [
        ("https://app.example", true),
        ("https://evil.example", false),
    ] {
        let reply = world
            .send(
                Caller::OrgAdmin,
                "GET",
                "/users",
                &[("origin", origin)],
                Body::empty(),
            )
            .await
            .ok();
        assert_eq!(reply.header("access-control-expose-headers"), Some(exposed));
        assert_eq!(
            reply.header("access-control-allow-origin"),
            allowed.then_some(origin)
        );
        assert_eq!(
            reply.header("access-control-allow-credentials"),
            allowed.then_some("true")
        );
        assert_eq!(reply.header("vary"), Some("Origin"));
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
        ];
        let preflight = world
            .send(
                Caller::Nobody,
                "OPTIONS",
                "/users/1",
                &headers,
                Body::empty(),
            )
            .await;
        assert_eq!(preflight.status, if allowed { 200 } else { 401 });
        assert_eq!(
            preflight.header("access-control-allow-methods").is_some(),
            allowed
        );
    }
    let plain = world.call(Caller::OrgAdmin, "GET", "/users").await.ok();
    assert_eq!(plain.header("access-control-expose-headers"), None);
}

#[tokio::test]
async fn metrics_count_by_template_and_never_by_path() {
    let world = World::new().await;
    world
        .call(Caller::OrgAdmin, "GET", "/users/admin@shire.example")
        .await
        .ok();
    world.call(Caller::OrgAdmin, "GET", "/users/-1").await;
    world.call(Caller::Nobody, "GET", "/users/2/").await;
    world.call(Caller::OrgAdmin, "BREW", "/users/3").await;
    world.call(Caller::OrgAdmin, "GET", "/secret/path").await;
    let request = |path: &str| Request::builder().uri(path).body(Body::empty()).unwrap();
    world.request(request("/healthz")).await.ok();
    world.request(request("/another/secret/path")).await;
    let reply = world.request(request("/metrics")).await.ok();
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let totals: Vec<_> = reply
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("tenantry_http_requests_total"))
        .collect();
    let user = "route=\"/elements/api-v2/users/{user}\"";
    assert_eq!(
        totals,
        [
            &format!("{{method=\"GET\",{user},status=\"200\"}} 1"),
            &format!("{{method=\"GET\",{user},status=\"401\"}} 1"),
            &format!("{{method=\"GET\",{user},status=\"404\"}} 1"),
            &format!("{{method=\"other\",{user},status=\"405\"}} 1"),
            "{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
            "{method=\"GET\",route=\"none\",status=\"404\"} 2",
        ]
    );
    for line in [
        "tenantry_http_requests_in_flight 1",
        "tenantry_store_up 1",
        "process_start_time_seconds 1768478400",
    ] {
        assert!(reply.text.lines().any(|found| found == line), "{line}");
    }
    assert!(!reply.text.contains("secret") && !reply.text.contains('@'));

    let world = World::with(&HttpConfig {
        metrics: false,
        ..HttpConfig::default()
    })
    .await;
    assert_eq!(world.request(request("/metrics")).await.status, 404);
}
