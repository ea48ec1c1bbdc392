//! What was answered is there after a power cut.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Server, Store, client::try_send};

on_both_stores! {
    no_answered_user_is_lost_by_kill_9 => kill_9;
}

const CONNECTIONS: usize = 50;
const CREATES: usize = 1000;
/// The server is killed once so many were answered, while the others are under way.
const KILLED_AFTER: usize = 400;

async fn kill_9(store: Store) {
    let server = Server::start(&store);
    let (client, admin) = (server.client(), server.first());
    let answered: Arc<Mutex<Vec<(i64, String, String)>>> = Arc::default();
    let (next, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut writers = Vec::new();
    for _ in 0..CONNECTIONS {
        let (client, admin) = (client.clone(), admin.clone());
        let (answered, next, enough) = (
            Arc::clone(&answered),
            Arc::clone(&next),
            Arc::clone(&enough),
        );
        writers.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= CREATES {
                    return;
                }
                let email = format!("user{number}@load.example");
                let body =
                    json!({"firstName": "U", "lastName": number.to_string(), "email": email});
                let Ok(reply) = try_send(
                    client
                        .request(Method::POST, "/organizations/users", &admin)
                        .json(&body),
                )
                .await
                else {
                    return;
                };
                let body = reply.ok();
                let secret = body["secret"].as_str().unwrap().to_owned();
                let mut answered = answered.lock().unwrap();
                answered.push((body["id"].as_i64().unwrap(), email, secret));
                if answered.len() == KILLED_AFTER {
                    enough.notify_one();
                }
            }
        }));
    }
    enough.notified().await;
    server.kill();
    for writer in writers {
        writer.await.unwrap();
    }
    let answered = std::mem::take(&mut *answered.lock().unwrap());
    assert!(
        (KILLED_AFTER..CREATES).contains(&answered.len()),
        "{} were answered",
        answered.len()
    );

    let server = Server::start(&store);
    let client = server.client();
    for (id, email, secret) in &answered {
        // By its own secret: the user, the secret and the role are there together.
        let own = crate::support::Secrets {
            user: secret.clone(),
            ..admin.clone()
        };
        let user = client.get(&format!("/users/{id}"), &own).await.ok();
        assert_eq!(
            (&user["email"], &user["secret"]),
            (&json!(email), &json!(secret))
        );
    }
    let total = whole(&client.get("/users?pageSize=1000", &admin).await.ok());
    // The admin, those that were answered, and at most one more per connection, whose answer never came.
    assert!(
        (answered.len() + 1..=answered.len() + 1 + CONNECTIONS).contains(&total),
        "{total}"
    );
}

/// How many users there are, none of them half made.
fn whole(users: &Value) -> usize {
    let users = users.as_array().unwrap();
    assert!(
        users
            .iter()
            .all(|user| user["accountId"] == 2 && user["enabled"] == true),
        "half made users"
    );
    users.len()
}
