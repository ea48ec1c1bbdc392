//! Random requests: whatever comes, nothing panics and nothing is answered 5xx, and nothing of another organization is shown.

use axum::{body::Body, http::Request};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRunner},
};

use crate::support::{BASE, Caller, World, send};

/// A path as programs write them, with anything in the places of ids.
fn path() -> impl Strategy<Value = String> {
    let id = prop_oneof![
        (-2_i64..12).prop_map(|id| id.to_string()),
        Just("admin@mordor.example".to_owned()),
        Just("sam%40shire.example".to_owned()),
        "[!-~]{0,12}".prop_map(|text| text.replace(
            ['#', '?', '"', '<', '>', '\\', '^', '`', '{', '|', '}'],
            "%"
        )),
    ];
    let role = prop_oneof![
        "org-admin",
        "admin",
        "org",
        "default-user",
        "sys-admin",
        "[a-z]{1,5}"
    ];
    prop_oneof![
        Just("/users".to_owned()),
        Just("/organizations/users".to_owned()),
        id.clone().prop_map(|id| format!("/users/{id}")),
        id.clone().prop_map(|id| format!("/users/{id}/roles")),
        (id.clone(), role).prop_map(|(id, role)| format!("/users/{id}/roles/{role}")),
        id.clone()
            .prop_map(|id| format!("/organizations/users/{id}/")),
        id.clone().prop_map(|id| format!("/accounts/{id}/users")),
        (id.clone(), id).prop_map(|(account, id)| format!("/accounts/{account}/users/{id}")),
    ]
}

/// A query string: known parameters with wrong and right values, encoded and raw.
fn query() -> impl Strategy<Value = String> {
    let filter = prop_oneof![
        Just("id%3E0".to_owned()),
        Just("email%20LIKE%20'%25mordor%25'".to_owned()),
        Just("NOT%20(active%3Dtrue)".to_owned()),
        Just("accountId=4%20OR%20accountId%20IS%20NULL".to_owned()),
        "[ -~]{0,20}"
            .prop_map(|text| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()),
        "(%[0-9a-f]{2}){0,8}",
    ];
    let parameter = prop_oneof![
        filter.prop_map(|filter| format!("where={filter}")),
        (-2_i64..2000).prop_map(|size| format!("pageSize={size}")),
        any::<i64>().prop_map(|offset| format!("offset={offset}")),
        "[A-Za-z0-9_-]{0,40}".prop_map(|token| format!("nextPage={token}")),
        "[a-zA-Z, ]{0,12}".prop_map(|order| format!("orderBy={}", order.replace(' ', "%20"))),
        Just("includeInactive=true".to_owned()),
        Just("includeTotal=true".to_owned()),
        Just("fields=email,id".to_owned()),
        Just("permanent=true".to_owned()),
    ];
    proptest::collection::vec(parameter, 0..4).prop_map(|parameters| parameters.join("&"))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("7".to_owned()),
        Just("[]".to_owned()),
        Just("\"secured\"".to_owned()),
        Just("[{\"key\":\"admin\"}]".to_owned()),
        "\"[a-zA-Z0-9@.! ]{0,16}\"",
    ];
    let field = prop_oneof![
        Just("firstName"),
        Just("lastName"),
        Just("email"),
        Just("password"),
        Just("active"),
        Just("roles"),
        Just("accountLocked"),
        Just("phone"),
        Just("stateprovince"),
    ];
    let fields = proptest::collection::vec((field, value), 0..6).prop_map(|fields| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    prop_oneof![4 => fields, 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}

#[test]
fn nothing_is_answered_5xx_and_nothing_foreign_is_shown() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::new());
    let method = prop_oneof![
        Just("GET"),
        Just("POST"),
        Just("PUT"),
        Just("PATCH"),
        Just("DELETE"),
        Just("OPTIONS")
    ];
    let caller = (0..Caller::ALL.len()).prop_map(|place| Caller::ALL[place]);
    let password = proptest::option::weighted(0.1, proptest::collection::vec(32_u8..=255, 0..8));
    let request = (method, caller, path(), query(), body(), password);
    let config = Config {
        cases: 3000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(RngAlgorithm::default()),
    );
    runner
        .run(&request, |(method, caller, path, query, body, password)| {
            let mut request = Request::builder()
                .method(method)
                .uri(format!("{BASE}{path}?{query}"))
                .header("content-type", "application/json");
            if let Some(authorization) = caller.authorization() {
                request = request.header("authorization", authorization);
            }
            if let Some(password) = password {
                request = request.header("elements-user-password", password);
            }
            // What is no request at all never reaches a server.
            let Ok(request) = request.body(Body::from(body)) else {
                return Err(TestCaseError::reject("no such request"));
            };
            let reply = runtime.block_on(send(&world.router, request));
            prop_assert!(
                !reply.status.is_server_error(),
                "{} {}",
                reply.status,
                reply.text
            );
            if caller != Caller::Stranger && reply.status.is_success() {
                prop_assert!(
                    !reply.text.contains("admin@mordor.example"),
                    "{}",
                    reply.text
                );
            }
            Ok(())
        })
        .unwrap();
}
