//! Over a running server, as whoever's secrets are given.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use serde_json::{Value, json};

use super::{acme, failed, fed, ok, ok_json, succeeded, words};
use crate::support::{Secrets, Server, Store, store::bare_command};

const PASSWORD: &str = "Correct-horse-1\n";

/// The binary, called with these secrets for this server, and without a store.
fn command(server: &Server, secrets: &Secrets, text: &str) -> Command {
    let mut command = bare_command(&words(text));
    command
        .env("TENANTRY_SERVER", format!("http://{}", server.address))
        .env("TENANTRY_USER_SECRET", &secrets.user)
        .env("TENANTRY_ORGANIZATION_SECRET", &secrets.organization)
        .env("NO_PROXY", "127.0.0.1");
    command
}

fn create_users(server: &Server, secrets: &Secrets, number: usize) {
    crate::support::run(async {
        let client = server.client();
        for place in 0..number {
            let body = json!({"email": format!("u{place:03}@acme.example"), "firstName": "U", "lastName": format!("{place:03}")});
            client
                .post("/organizations/users", secrets, &body)
                .await
                .ok();
        }
    });
}

#[test]
fn lists_of_many_pages_come_in_every_form() {
    let (store, created) = acme();
    let server = Server::start(&store);
    let secrets = Secrets::of(&created);
    create_users(&server, &secrets, 230);
    let lines = ok(&mut command(
        &server,
        &secrets,
        "users list --output ndjson --limit 205 --order-by email --fields email",
    ));
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 205);
    assert_eq!(lines[0], r#"{"id":2,"email":"ada@acme.example"}"#);
    let last: Value = serde_json::from_str(lines[204]).unwrap();
    assert_eq!(last["email"], "u203@acme.example");
    let all = ok_json(&mut command(&server, &secrets, "users list --json"));
    assert_eq!(all.as_array().unwrap().len(), 231);
    let few = ok(&mut command(
        &server,
        &secrets,
        "users list --limit 2 --order-by email --fields email",
    ));
    assert_eq!(few, "EMAIL\nada@acme.example\nu000@acme.example\n");
    let mut filtered = command(&server, &secrets, "users list --json --where");
    filtered.arg("lastName = '007'");
    assert_eq!(ok_json(&mut filtered)[0]["email"], "u007@acme.example");
}

#[test]
fn every_resource_is_reached_over_a_server() {
    let (store, created) = acme();
    let server = Server::start(&store);
    let secrets = Secrets::of(&created);
    let call = |text: &str| ok_json(command(&server, &secrets, text).arg("--json"));
    assert_eq!(call("org show")["name"], "Acme");
    assert_eq!(call("accounts get 2")["defaultAccount"], true);
    let instance = call("instances create --name Pony --element inn");
    assert_eq!(instance["user"]["id"], 2);
    assert_eq!(call("instances list")[0]["name"], "Pony");
    assert_eq!(call("audit list --user 2 --limit 1")[0]["actor"], "user");
    assert_eq!(call("instances delete 1 --yes"), json!({"deleted": 1}));
    let (code, said) = failed(&mut command(
        &server,
        &secrets,
        "instances create --name Pony --element inn --user 2",
    ));
    assert_eq!(
        (code, said.as_str()),
        (
            2,
            "error: on a server an instance is always the user's whose secret is used: leave --user out, or call with that \
             user's secret"
        )
    );
    let (code, said) = failed(&mut command(&server, &secrets, "users get 99"));
    assert_eq!(code, 1);
    assert!(
        said.starts_with(
            "error: No user found with ID 99; `tenantry users list` shows those that there are (request "
        ),
        "{said}"
    );
    let wrong = Secrets {
        user: "tu_wrong".to_owned(),
        organization: secrets.organization.clone(),
    };
    let (code, said) = failed(&mut command(&server, &wrong, "users list"));
    assert_eq!(code, 2);
    assert!(
        said.starts_with("error: the server does not accept the secrets: log in anew"),
        "{said}"
    );
    assert!(!said.contains("tu_wrong"), "{said}");
}

/// A home of its own, and what is run in it.
fn at_home(home: &tempfile::TempDir, text: &str) -> Command {
    let mut command = bare_command(&words(text));
    command
        .env("XDG_CONFIG_HOME", home.path())
        .env("NO_PROXY", "127.0.0.1");
    command
}

fn log_in(server: &Server, home: &tempfile::TempDir) -> Value {
    let address = &server.address;
    let text = format!(
        "login --server http://{address} --profile acme --email ada@acme.example --password-stdin --json"
    );
    let printed = succeeded(fed(&mut at_home(home, &text), PASSWORD));
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn who_logs_in_calls_by_the_profile() {
    let (store, created) = acme();
    let server = Server::start(&store);
    let home = tempfile::tempdir().unwrap();
    let report = log_in(&server, &home);
    let file = home.path().join("tenantry/profiles.toml");
    assert_eq!(
        report,
        json!({
            "profile": "acme",
            "file": file.to_str().unwrap(),
            "server": format!("http://{}", server.address),
            "userId": 2,
            "organizationId": 2,
            "organizationName": "Acme",
        })
    );
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains(created["userSecret"].as_str().unwrap()));
    assert!(!kept.contains("horse"));
    let users = ok_json(&mut at_home(&home, "users list --profile acme --json"));
    assert_eq!(users[0]["email"], "ada@acme.example");
    let mut by_variable = at_home(&home, "users list --json");
    assert_eq!(ok_json(by_variable.env("TENANTRY_PROFILE", "acme")), users);

    let (code, said) = failed(&mut at_home(&home, "users list --profile mordor"));
    assert_eq!(
        (code, said),
        (
            2,
            format!(
                "error: there is no profile 'mordor' in {} (there are acme): store it with `tenantry login --server URL \
                 --profile mordor`",
                file.display()
            )
        )
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let (code, said) = failed(&mut at_home(&home, "users list --profile acme"));
    let shown = file.display();
    assert_eq!(
        (code, said),
        (
            2,
            format!(
                "error: {shown} holds secrets, and others may read or change it: run chmod 600 {shown}"
            )
        )
    );
}

#[test]
fn wrong_logins_store_nothing() {
    let (store, _) = acme();
    let server = Server::start(&store);
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "login --server http://{} --email ada@acme.example --password-stdin",
        server.address
    );
    let output = fed(&mut at_home(&home, &text), "Wrong-1\n");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: the server does not accept e-mail and password: put them right, or wait if the user is locked\n"
    );
    assert!(!home.path().join("tenantry").exists());
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let store = Store::sqlite();
    let mut command = store.command(&words("users list --server http://127.0.0.1:1 --json"));
    command
        .env("TENANTRY_USER_SECRET", "tu_1")
        .env("TENANTRY_ORGANIZATION_SECRET", "to_1")
        .env("NO_PROXY", "127.0.0.1");
    let (code, said) = failed(&mut command);
    assert_eq!(code, 1);
    let said: Value = serde_json::from_str(&said).unwrap();
    let error = said["error"].as_str().unwrap();
    assert!(
        error.starts_with("the server cannot be reached: start it, or put --server right: "),
        "{error}"
    );
}
