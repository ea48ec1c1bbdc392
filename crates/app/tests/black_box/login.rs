//! The way of somebody who knows a password and nothing else: login, secrets, an instance of the own; and what ends a login.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Secrets, Server, Store, client::send};

on_both_stores! {
    a_password_leads_to_secrets_and_to_an_instance => from_password_to_instance;
    a_new_password_ends_the_other_logins => new_password;
    an_unknown_user_and_a_wrong_password_are_refused_in_the_same_words => the_same_words;
}

const FRODO: &str = "frodo@shire.example";
const PASSWORD: &str = "Ring-bearer-1";

async fn with_frodo(server: &Server) -> (Client, Secrets) {
    let (client, admin) = (server.client(), server.first());
    let frodo =
        json!({"firstName": "Frodo", "lastName": "Baggins", "email": FRODO, "password": PASSWORD});
    client
        .post("/organizations/users", &admin, &frodo)
        .await
        .ok();
    (client, admin)
}

async fn token(client: &Client, password: &str) -> String {
    let logged_in = client.log_in(FRODO, password).await.ok();
    let token = logged_in["token"].as_str().unwrap();
    assert!(token.starts_with("tl_") && token.len() == 49, "{token}");
    format!("Bearer {token}")
}

async fn whoami(client: &Client, token: &str) -> u16 {
    let request = client.request_as(Method::GET, "/users/3", Some(token));
    send(request).await.status
}

async fn from_password_to_instance(store: Store) {
    let server = Server::start(&store);
    let (client, _) = with_frodo(&server).await;
    let token = token(&client, PASSWORD).await;
    let secrets = client.request_as(Method::GET, "/authentication/secrets", Some(&token));
    let frodo = Secrets::of(&send(secrets).await.ok());
    assert_eq!(
        client.get("/users/3", &frodo).await.ok()["secret"],
        json!(frodo.user)
    );

    assert_eq!(client.get("/instances", &frodo).await.status, 404);
    let new = json!({
        "name": "Tickets",
        "element": {"key": "jira"},
        "tags": ["red"],
        "configuration": {"base.url": "https://jira.example", "api.secret": "s3cret"},
    });
    let created = client.post("/instances", &frodo, &new).await.ok();
    assert!(created["token"].as_str().unwrap().starts_with("ti_"));
    let listed = client.get("/instances", &frodo).await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    for field in ["id", "name", "element"] {
        assert_eq!(listed[0][field], created[field], "{field}");
    }
    // All of it lasts.
    server.stop();
    let server = Server::start(&store);
    let client = server.client();
    assert_eq!(whoami(&client, &token).await, 200);
    assert_eq!(client.get("/instances", &frodo).await.ok(), listed);
}

async fn new_password(store: Store) {
    let server = Server::start(&store);
    let (client, admin) = with_frodo(&server).await;
    let (own, other) = (
        token(&client, PASSWORD).await,
        token(&client, PASSWORD).await,
    );
    let change = client
        .request_as(Method::POST, "/authentication/passwords", Some(&own))
        .json(&json!({"password": "Second-breakfast-2", "currentPassword": PASSWORD}));
    send(change).await.ok();
    assert_eq!(whoami(&client, &own).await, 200);
    assert_eq!(whoami(&client, &other).await, 401);
    assert_eq!(client.log_in(FRODO, PASSWORD).await.status, 401);

    let again = token(&client, "Second-breakfast-2").await;
    let by_admin = json!({"password": "Third-breakfast-3"});
    client.patch("/users/3", &admin, &by_admin).await.ok();
    for token in [own, again] {
        assert_eq!(whoami(&client, &token).await, 401);
    }
}

async fn the_same_words(store: Store) {
    let server = Server::start(&store);
    let (client, _) = with_frodo(&server).await;
    let mut refusals: Vec<Value> = Vec::new();
    for (email, password) in [(FRODO, "Wrong-1"), ("nobody@shire.example", PASSWORD)] {
        let refused = client.log_in(email, password).await;
        assert_eq!(refused.status, 401);
        refusals.push(refused.body["message"].clone());
    }
    assert_eq!(refusals[0], refusals[1]);
}
