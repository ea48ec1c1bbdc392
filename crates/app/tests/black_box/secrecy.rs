//! What stands nowhere in clear: not in the store, and not in the logs at their finest.

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use reqwest::Method;
use serde_json::json;

use crate::support::{Secrets, Server, Store, client::send};

on_both_stores! {
    secrets_stand_neither_in_the_store_nor_in_the_logs => nowhere_in_clear;
}

const PASSWORDS: [&str; 4] = [
    "Ring-bearer-1",
    "Second-breakfast-2",
    "Wrong-pa55word-3",
    "Broken-b0dy-4",
];

async fn nowhere_in_clear(store: Store) {
    let server = Server::start_with(&store, &[("TENANTRY_LOG", "trace")]);
    let (client, admin) = (server.client(), server.first());
    let mut hidden: Vec<String> = PASSWORDS.map(str::to_owned).to_vec();
    hidden.extend([admin.user.clone(), admin.organization.clone()]);
    hidden.push(
        server.report()["firstOrganization"]["password"]
            .as_str()
            .unwrap()
            .to_owned(),
    );
    let key = std::fs::read_to_string(store.key_file()).unwrap();
    hidden.push(key.trim().rsplit_once(':').unwrap().1.to_owned());

    let frodo = json!({"firstName": "Frodo", "lastName": "B", "email": "frodo@shire.example", "password": PASSWORDS[0]});
    let frodo = client.post("/organizations/users", &admin, &frodo).await;
    let request_id = frodo.header("Elements-Request-Id").unwrap().to_owned();
    hidden.push(frodo.ok()["secret"].as_str().unwrap().to_owned());
    client
        .patch("/users/3", &admin, &json!({"password": PASSWORDS[1]}))
        .await
        .ok();
    for password in [PASSWORDS[1], PASSWORDS[2]] {
        send(
            client
                .request(Method::GET, "/users/3", &admin)
                .header("Elements-User-Password", password),
        )
        .await;
    }
    let broken = client
        .request(Method::POST, "/organizations/users", &admin)
        .header("Content-Type", "application/json")
        .body(format!("{{\"password\": \"{}\", ", PASSWORDS[3]));
    assert_eq!(send(broken).await.status, 400);
    let unknown = Secrets {
        user: "an-imported-secret-that-nobody-has".to_owned(),
        ..admin.clone()
    };
    assert_eq!(client.get("/users", &unknown).await.status, 401);
    hidden.push(unknown.user.clone());
    let query = format!("/users?where=phone='{}'", PASSWORDS[2]);
    assert_eq!(client.get(&query, &admin).await.status, 404);

    let running = store.dump().await;
    let log = server.stop();
    let stopped = store.dump().await;

    // The search finds what is there.
    assert!(
        log.contains(&request_id) && log.contains("\"level\":\"INFO\""),
        "{log}"
    );
    assert!(contains(&running, "frodo@shire.example") && contains(&stopped, "frodo@shire.example"));
    for secret in &hidden {
        for form in forms(secret) {
            assert!(!contains(log.as_bytes(), &form), "{form} stands in the log");
            assert!(
                !contains(&running, &form),
                "{form} stands in the store of the running server"
            );
            assert!(!contains(&stopped, &form), "{form} stands in the store");
        }
    }
}

/// A secret as it is, and as it might be written down.
fn forms(secret: &str) -> Vec<String> {
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let mut forms = vec![secret.to_owned(), hex];
    // Base64 at each of the three offsets that it can have inside of something longer.
    for offset in 0..3 {
        let whole = &secret.as_bytes()[offset..];
        let whole = &whole[..whole.len() / 3 * 3];
        forms.extend([STANDARD_NO_PAD.encode(whole), URL_SAFE_NO_PAD.encode(whole)]);
    }
    forms
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}
