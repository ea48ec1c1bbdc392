//! The committed OpenAPI document is what the server generates, and describes every route; `docs/http-api.md` lists them.
//!
//! Run with `TENANTRY_TEST_UPDATE=1` to write both anew; the change then shows in the diff, where somebody looks at it.

use std::{collections::BTreeSet, fmt::Write as _};

use axum::{body::Body, http::Request};
use serde_json::Value;

use crate::{
    schema::resolved,
    support::{BASE, World},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/http-api.md");
/// What stands before the generated part of the guide, which goes to its end.
const GENERATED: &str = "<!-- Generated from openapi.json by crates/http-server/tests/api/openapi.rs; do not edit below. -->\n";

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
async fn the_guide_lists_every_operation() {
    let document = document(&World::new().await).await;
    let mut list = String::new();
    for tag in document["tags"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        writeln!(
            list,
            "\n### {}\n\n{}\n\n| operation | |\n|---|---|",
            text(&tag["name"]),
            text(&tag["description"])
        )
        .unwrap();
        for (path, method, operation) in operations(&document) {
            if operation["tags"][0] == tag["name"] {
                let path = path.strip_prefix(BASE).unwrap_or(path);
                let summary = text(&operation["summary"]);
                writeln!(list, "| `{} {path}` | {summary} |", method.to_uppercase()).unwrap();
            }
        }
    }
    let committed = std::fs::read_to_string(GUIDE).unwrap();
    let (written, _) = committed.split_once(GENERATED).unwrap();
    let guide = format!("{written}{GENERATED}{list}");
    if std::env::var_os("TENANTRY_TEST_UPDATE").is_some() {
        std::fs::write(GUIDE, &guide).unwrap();
    }
    assert!(
        std::fs::read_to_string(GUIDE).unwrap() == guide,
        "docs/http-api.md is out of date; run: TENANTRY_TEST_UPDATE=1 cargo test -p tenantry-http-server --test api"
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
        for (status, response) in operation["responses"].as_object().unwrap() {
            let description = resolved(&document, response)["description"].as_str();
            assert_ne!(
                description,
                Some(""),
                "{name}: nothing says what {status} means"
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

#[tokio::test]
async fn nothing_in_the_document_is_null() {
    // The specification has no `null` outside examples, which are written without.
    let text = document(&World::new().await).await.to_string();
    assert!(!text.contains(":null"), "{text}");
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
