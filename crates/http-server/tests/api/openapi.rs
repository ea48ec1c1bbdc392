//! The committed OpenAPI document is what the server generates, and describes every route.
//!
//! Run with `TENANTRY_TEST_UPDATE=1` to write it anew; the change then shows in the diff, where somebody looks at it.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use serde_json::Value;

use crate::support::World;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// The document, as the server answers it.
pub(crate) async fn document(world: &World) -> Value {
    let request = Request::builder().uri("/openapi.json");
    let reply = world.request(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.ok().json()
}

/// All operations: path, method, operation.
pub(crate) fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

/// The value that a `$ref` points to, or the value itself.
pub(crate) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(pointer) => document
            .pointer(&pointer[1..])
            .unwrap_or_else(|| panic!("{pointer} leads nowhere")),
        None => value,
    }
}

#[tokio::test]
async fn the_committed_document_is_what_the_server_answers() {
    let document = document(&World::new().await).await;
    let text = format!("{document:#}\n");
    if std::env::var_os("TENANTRY_TEST_UPDATE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == text,
        "docs/openapi.json is out of date; run: TENANTRY_TEST_UPDATE=1 cargo test -p tenantry-http-server --test api"
    );
}

#[tokio::test]
async fn every_operation_is_described_in_full() {
    let document = document(&World::new().await).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{name}: its operationId is another's too"
        );
        assert!(
            !operation["summary"].as_str().unwrap().is_empty(),
            "{name} has no summary"
        );
        let tags = operation["tags"].as_array().unwrap();
        let known = document["tags"].as_array().unwrap();
        assert!(
            tags.len() == 1 && known.iter().any(|tag| tag["name"] == tags[0]),
            "{name}: its tag {tags:?} is not in openapi/shared.rs"
        );
        assert!(
            operation.get("parameters").is_none_or(Value::is_array),
            "{name}: no parameters are left out, not null"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&document, parameter);
            assert!(
                parameter["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
                    && !parameter["schema"].is_null(),
                "{name}: nothing says what {} is; parameters of paths stand in openapi/shared.rs",
                parameter["name"]
            );
        }
        let success = &operation["responses"]["200"];
        assert_eq!(
            success["content"].is_null(),
            method == "delete",
            "{name}: a success has a body, that of a DELETE has none"
        );
    }
}

#[tokio::test]
async fn no_reference_leads_nowhere_and_no_component_is_unused() {
    let document = document(&World::new().await).await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for pointer in &found {
        assert!(
            document.pointer(&pointer[1..]).is_some(),
            "{pointer} leads nowhere"
        );
    }
    for kind in ["schemas", "parameters", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let pointer = format!("#/components/{kind}/{name}");
            assert!(found.contains(pointer.as_str()), "nothing uses {pointer}");
        }
    }
}

fn references<'d>(value: &'d Value, found: &mut BTreeSet<&'d str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
