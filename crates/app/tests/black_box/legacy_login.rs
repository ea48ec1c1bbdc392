//! Moving from one server to another without the hashes of passwords: the first login is verified at the old one, the next
//! ones need it no more.

use std::{io::ErrorKind, net::TcpListener};

use serde_json::json;
use tenantry_domain::PasswordHash;

use crate::support::{Server, Store};

on_both_stores! {
    a_password_moves_with_its_first_login => from_server_to_server;
}

const FRODO: &str = "frodo@shire.example";
const PASSWORD: &str = "Ring-bearer-1";

async fn create(server: &Server, email: &str, password: &str) {
    let body =
        json!({"firstName": "Frodo", "lastName": "Baggins", "email": email, "password": password});
    let (client, admin) = (server.client(), server.first());
    client
        .post("/organizations/users", &admin, &body)
        .await
        .ok();
}

async fn from_server_to_server(store: Store) {
    let old = Store::sqlite();
    let old = Server::start(&old);
    create(&old, FRODO, PASSWORD).await;

    // What an importer leaves behind.
    let server = Server::start(&store);
    create(&server, FRODO, "Nobody-knows-1").await;
    create(&server, "sam@shire.example", "P0tatoes-boiled").await;
    server.stop();
    let marker = PasswordHash::held_elsewhere();
    let import = format!(
        "UPDATE users SET password_hash = '{}' WHERE email = '{FRODO}'",
        marker.expose()
    );
    store.execute(&import).await;

    // Without the option its password is nobody's.
    let server = Server::start(&store);
    assert_eq!(server.client().log_in(FRODO, PASSWORD).await.status, 401);
    server.stop();

    let url = format!("http://{}", old.address);
    // It would read passwords: what stays on this machine is no business of it.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let option = [
        ("HTTP_PROXY", proxy_url.as_str()),
        ("ALL_PROXY", proxy_url.as_str()),
        ("NO_PROXY", ""),
        ("TENANTRY_LEGACY_LOGIN_SERVER", url.as_str()),
        // Generous, for machines that are busy.
        ("TENANTRY_LEGACY_LOGIN_TIMEOUT_MS", "60000"),
        ("TENANTRY_LEGACY_LOGIN_REFUSAL_MS", "1"),
    ];
    let server = Server::start_with(&store, &option);
    let client = server.client();
    assert_eq!(client.log_in(FRODO, "Wrong-1").await.status, 401);
    assert_eq!(
        client.log_in("nobody@shire.example", PASSWORD).await.status,
        401
    );
    let first = client.log_in(FRODO, PASSWORD).await.ok();
    assert!(first["token"].as_str().unwrap().starts_with("tl_"));

    old.stop();
    let second = client.log_in(FRODO, PASSWORD).await.ok();
    assert_eq!(second["username"], json!(FRODO));
    assert_eq!(client.log_in(FRODO, "Wrong-1").await.status, 401);
    // Who was never here might be there.
    assert_eq!(
        client.log_in("nobody@shire.example", PASSWORD).await.status,
        503
    );
    client
        .log_in("sam@shire.example", "P0tatoes-boiled")
        .await
        .ok();
    let asked = proxy.accept().map(|(_, whom)| whom).unwrap_err();
    assert_eq!(asked.kind(), ErrorKind::WouldBlock);
    let log = server.stop();
    assert!(log.contains("legacy login is on"), "{log}");
    assert!(log.contains(&url), "{log}");
    for hidden in [FRODO, PASSWORD, "nobody@"] {
        assert!(!log.contains(hidden), "{hidden}: {log}");
    }
    // It is kept without the option, too.
    let server = Server::start(&store);
    server.client().log_in(FRODO, PASSWORD).await.ok();
}

/// It makes the server send passwords there.
#[tokio::test]
async fn with_an_archive_a_password_that_is_still_there_moves_only_if_that_is_said() {
    let store = Store::sqlite();
    let server = Server::start(&store);
    create(&server, FRODO, "Nobody-knows-1").await;
    server.stop();
    let marker = PasswordHash::held_elsewhere();
    let set = format!(
        "UPDATE users SET password_hash = '{}' WHERE email = '{FRODO}'",
        marker.expose()
    );
    store.execute(&set).await;
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("archive.ndjson");
    let file = path.to_str().unwrap();
    let arguments = [
        "export",
        "--organization",
        "2",
        "--out",
        file,
        "--include-secrets",
    ];
    let mut export = store.command(&arguments);
    let exported = export.env("TENANTRY_PASSPHRASE", PASSWORD).output();
    assert_eq!(exported.unwrap().status.code(), Some(0));

    for (passwords, lost) in [("must-change", 1), ("legacy-login", 0)] {
        let other = Store::sqlite();
        let arguments = ["import", "--file", file, "--passwords", passwords, "--json"];
        let mut import = other.command(&arguments);
        let imported = import
            .env("TENANTRY_PASSPHRASE", PASSWORD)
            .output()
            .unwrap();
        let said = String::from_utf8(imported.stderr).unwrap();
        assert_eq!(imported.status.code(), Some(0), "{said}");
        let report: serde_json::Value = serde_json::from_slice(&imported.stdout).unwrap();
        assert_eq!(report["lost"]["passwords"], lost, "{passwords}");
        let rows = String::from_utf8_lossy(&other.rows().await).into_owned();
        let shown = format!("{:?}", marker.expose().as_bytes());
        assert_eq!(rows.contains(&shown), lost == 0, "{passwords}");
    }
}

#[test]
fn a_server_that_cannot_be_asked_is_refused_before_anything_is_done() {
    for (url, expected) in [
        (
            "http://old.example",
            "legacy_login.server must begin with https://",
        ),
        ("old.example", "legacy_login.server must be a URL such as"),
    ] {
        let store = Store::sqlite();
        let mut command = store.command(&["serve"]);
        let output = command
            .env("TENANTRY_LEGACY_LOGIN_SERVER", url)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!store.data_dir().exists());
    }
}
