//! The page that people read: whole, offline, and safe to open.

use axum::{body::Body, http::Request};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::{
    openapi::{document, operations},
    support::{Caller, Reply, World},
};

async fn page(world: &World) -> Reply {
    let request = Request::builder()
        .uri("/docs")
        .header("accept", "text/html");
    world
        .request(request.body(Body::empty()).unwrap())
        .await
        .ok()
}

#[tokio::test]
async fn the_page_shows_every_operation_and_every_schema() {
    let world = World::new().await;
    let (document, page) = (document(&world).await, page(&world).await);
    for (path, method, operation) in operations(&document) {
        let method = method.to_uppercase();
        assert!(
            page.text
                .contains(&format!("<b>{method}</b> <code>{path}</code>")),
            "{method} {path}"
        );
        let id = operation["operationId"].as_str().unwrap();
        assert!(
            page.text.contains(&format!("<details id=\"{id}\">")),
            "{id}"
        );
    }
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            page.text.contains(&format!("<h3 id=\"schema-{name}\">")),
            "{name}"
        );
    }
    for link in page.text.split("href=\"#").skip(1) {
        let target = link.split('"').next().unwrap();
        assert!(
            page.text.contains(&format!("id=\"{target}\"")),
            "#{target} leads nowhere"
        );
    }
}

#[tokio::test]
async fn the_page_loads_nothing_and_runs_nothing() {
    let page = page(&World::new().await).await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let style = page
        .text
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    assert_eq!(
        page.header("content-security-policy").unwrap(),
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "the style was changed: give its hash in openapi/page/mod.rs"
    );
    for loaded in ["<script", "src=", "http://", "https://", "@import", "url("] {
        assert!(!page.text.contains(loaded), "{loaded}");
    }
}

#[tokio::test]
async fn replies_of_the_api_carry_no_frame_options() {
    let world = World::new().await;
    let reply = world.call(Caller::OrgAdmin, "GET", "/users").await.ok();
    assert_eq!(reply.header("x-frame-options"), None);
}
