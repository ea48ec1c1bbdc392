//! The raw client against the real server over the memory store: replies, refusals, pages, logging in.
#![expect(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "other tests use what this one does not")]
mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use support::Server;
use tenantry_api_client::{Api, ApiCall, ApiError, Credentials, Pager, Refusal, RemoteConfig};
use tenantry_domain::{Revision, SecretText};
use tenantry_testkit::SequentialRequestIds;

fn config(server: &Server) -> RemoteConfig {
    let mut config = RemoteConfig::new(&server.address);
    config.proxy_from_environment = false;
    config
}

fn api(server: &Server) -> Api {
    let credentials = Credentials::new("tu_admin@platform.example", "to_Platform");
    let ids = Arc::new(SequentialRequestIds::default());
    Api::new(config(server), credentials, ids).unwrap()
}

/// The id of the account that every organization has.
async fn account(api: &Api) -> i64 {
    let accounts = api.call(&ApiCall::get("/accounts")).await.unwrap();
    accounts.value()[0]["id"].as_i64().unwrap()
}

async fn create_user(api: &Api, name: &str) -> Value {
    let account = account(api).await;
    let body = json!({
        "email": format!("{name}@shire.example"),
        "firstName": name,
        "lastName": "Baggins",
        "password": "Correct-horse-1",
    });
    let call = ApiCall::post(format!("/accounts/{account}/users")).with_body(body);
    api.call(&call).await.unwrap().into_value()
}

async fn refused(api: &Api, call: ApiCall) -> Refusal {
    match api.call(&call).await.unwrap_err() {
        ApiError::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn replies_come_as_they_are() {
    let server = Server::start().await;
    let api = api(&server);
    let frodo = create_user(&api, "frodo").await;
    let call = ApiCall::get(format!("/users/{}", frodo["id"]));
    let reply = api.call(&call).await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.value()["email"], "frodo@shire.example");
    assert_eq!(
        &serde_json::from_slice::<Value>(reply.bytes()).unwrap(),
        reply.value()
    );
    assert_eq!(reply.revision(), Some(Revision::FIRST));
    assert_eq!(
        reply.header("elements-request-id").map(str::to_owned),
        reply.request_id()
    );
    assert_eq!(reply.request_id().unwrap().len(), 24);
}

#[tokio::test]
async fn refusals_come_with_status_words_and_request() {
    let server = Server::start().await;
    let api = api(&server);
    let frodo = create_user(&api, "frodo").await;
    let missing = refused(&api, ApiCall::get("/users/4711")).await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.said(), "No user found with ID 4711");
    assert_eq!(missing.request_id.unwrap().len(), 24);
    let wrong = refused(&api, ApiCall::get("/users").with("where", "colour = 1")).await;
    assert_eq!(wrong.status, 400);
    let path = format!("/users/{}", frodo["id"]);
    let stale = ApiCall {
        expected: Some(Revision::new(7)),
        ..ApiCall::patch(&path).with_body(json!({"firstName": "F"}))
    };
    assert_eq!(refused(&api, stale).await.status, 412);
    let stranger = api.with_credentials(Credentials::new("tu_mordor", "to_mordor"));
    let unknown = refused(&stranger, ApiCall::get(&path)).await;
    assert_eq!(unknown.status, 401);
    let odd = api.with_credentials(Credentials::new("tu_\n", "to_\n"));
    assert_eq!(
        odd.call(&ApiCall::get(&path)).await.unwrap_err(),
        ApiError::Credentials
    );
}

#[tokio::test]
async fn lists_are_walked_to_their_end() {
    let server = Server::start().await;
    let api = api(&server);
    for name in ["a", "b", "c", "d", "e"] {
        create_user(&api, name).await;
    }
    let call = ApiCall::get("/users").with("where", "lastName = 'Baggins'");
    let mut pager = Pager::new(call, 2);
    let mut names = Vec::new();
    while let Some(page) = pager.next(&api).await.unwrap() {
        let name = |user: &Value| user["firstName"].as_str().unwrap().to_owned();
        names.push(page.iter().map(name).collect::<Vec<_>>().concat());
    }
    assert_eq!(names, ["ab", "cd", "e"]);
    assert_eq!(pager.total(), Some(5));
    assert_eq!(pager.next(&api).await.unwrap(), None);
}

#[tokio::test]
async fn an_empty_list_is_no_error_and_a_missing_account_is() {
    let server = Server::start().await;
    let api = api(&server);
    let none = ApiCall::get("/users").with("where", "lastName = 'Sauron'");
    assert_eq!(Pager::new(none, 2).next(&api).await.unwrap(), None);
    let nowhere = ApiCall::get("/accounts/4711/users");
    let error = Pager::new(nowhere, 2).next(&api).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
    assert!(error.is_not_found());
}

#[tokio::test]
async fn who_logs_in_calls_with_the_token() {
    let server = Server::start().await;
    let api = api(&server);
    let frodo = create_user(&api, "frodo").await;
    let ids = Arc::new(SequentialRequestIds::default());
    let nobody = Api::anonymous(config(&server), ids).unwrap();
    let login = |password: &str| {
        let body = json!({"username": "frodo@shire.example", "password": password});
        ApiCall::post("/authentication").with_body(body)
    };
    assert_eq!(refused(&nobody, login("wrong")).await.status, 401);
    assert_eq!(refused(&nobody, ApiCall::get("/users")).await.status, 401);
    let reply = nobody.call(&login("Correct-horse-1")).await.unwrap();
    let token = reply.value()["token"].as_str().unwrap().to_owned();
    let session = nobody.with_token(SecretText::new(token));
    let secrets = session
        .call(&ApiCall::get("/authentication/secrets"))
        .await
        .unwrap();
    let text = |name: &str| secrets.value()[name].as_str().unwrap();
    let credentials = Credentials::new(text("userSecret"), text("organizationSecret"));
    let own = nobody.with_credentials(credentials);
    let call = ApiCall::get(format!("/users/{}", frodo["id"]));
    let reply = own.call(&call).await.unwrap();
    assert_eq!(reply.value()["id"], frodo["id"]);
}

#[tokio::test]
async fn nobody_there_is_told_without_an_address() {
    let mut config = RemoteConfig::new("http://127.0.0.1:1");
    config.proxy_from_environment = false;
    config.retries.attempts = 1;
    let ids = Arc::new(SequentialRequestIds::default());
    let api = Api::anonymous(config, ids).unwrap();
    let error = api.call(&ApiCall::get("/users")).await.unwrap_err();
    assert!(matches!(error, ApiError::Unreachable(_)), "{error:?}");
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
}
