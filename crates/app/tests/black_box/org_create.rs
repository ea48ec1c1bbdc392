//! `tenantry org create`, beside the running server and alone.

use std::{io::Write as _, process::Stdio};

use serde_json::{Value, json};

use crate::support::{Secrets, Server, Store};

on_both_stores! {
    a_new_organization_works_at_once_and_apart => works_at_once;
    an_empty_store_is_initialized_without_a_first_organization => on_an_empty_store;
    what_is_wrong_is_said => refusals;
}

const ACME: [&str; 10] = [
    "org",
    "create",
    "--name",
    "Acme",
    "--admin-email",
    "ada@acme.example",
    "--admin-first-name",
    "Ada",
    "--admin-last-name",
    "Lovelace",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ACME.iter().chain(more).copied().collect()
}

fn printed(output: &std::process::Output) -> Value {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn works_at_once(store: Store) {
    let server = Server::start(&store);
    let (client, first) = (server.client(), server.first());
    let created = printed(&store.run(&with(&["--admin-password", "Correct-horse-1", "--json"])));
    let acme = Secrets::of(&created);
    assert_eq!(
        created,
        json!({
            "organizationId": 3,
            "organizationSecret": acme.organization,
            "accountId": 3,
            "userId": 3,
            "userSecret": acme.user,
        })
    );

    let users = client.get("/users", &acme).await.ok();
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(
        (&users[0]["id"], &users[0]["email"]),
        (&json!(3), &json!("ada@acme.example"))
    );

    // Neither sees the other, by id or by e-mail.
    for (path, secrets) in [
        ("/users/2", &acme),
        ("/users/admin@tenantry.local", &acme),
        ("/users/3", &first),
    ] {
        assert_eq!(client.get(path, secrets).await.status, 404, "{path}");
    }
    assert_eq!(client.delete("/users/2", &acme).await.status, 404);
    let mixed = Secrets {
        user: acme.user.clone(),
        organization: first.organization.clone(),
    };
    assert_eq!(client.get("/users", &mixed).await.status, 401);
    assert_eq!(
        client.get("/users/2", &first).await.ok()["email"],
        "admin@tenantry.local"
    );
}

async fn on_an_empty_store(store: Store) {
    let mut child = store
        .command(&with(&["--admin-password-stdin", "--json"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"Correct-horse-1\n")
        .unwrap();
    let created = printed(&child.wait_with_output().unwrap());
    assert_eq!(
        (&created["organizationId"], &created["userId"]),
        (&json!(2), &json!(2))
    );
    let acme = Secrets::of(&created);

    // There is an organization, so no first one is made up.
    let server = Server::start(&store);
    assert_eq!(
        server.report(),
        json!({"listening": format!("http://{}", server.address)})
    );
    let request = server
        .client()
        .request(reqwest::Method::GET, "/users/2", &acme)
        .header("Elements-User-Password", "Correct-horse-1");
    assert_eq!(
        crate::support::client::send(request).await.ok()["secret"],
        json!(acme.user)
    );
}

async fn refusals(store: Store) {
    printed(&store.run(&with(&["--json"])));

    let output = store.run(&with(&["--json"]));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let error: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(
        error,
        json!({
            "error": "the e-mail ada@acme.example is in use by another user of this deployment: choose another --admin-email",
            "causes": [],
        })
    );
    assert_eq!(output.stdout, b"");

    let output = store.run(&with(&["--admin-password", "lovelace"]));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = "error: the admin's password must have 1 numeric, 1 uppercase, 1 special character, and must not contain \
                    the user's last name";
    assert_eq!(said.lines().last(), Some(expected));

    let output = store.run(&with(&["--admin-password-stdin"]));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = "error: --admin-password-stdin was given, but standard input has no password in its first line";
    assert_eq!(said.lines().last(), Some(expected));

    let output = store.run(&["org", "create", "--name", " ", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let said: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(
        said,
        json!({"error": "invalid value ' ' for '--name <NAME>': must not be empty", "causes": []})
    );
}
