//! `tenantry compare`: the same store twice is the same; one that was changed is not.

use std::{fs, process::Command};

use serde_json::{Value, json};

use super::{acme, failed, ok, ok_json, output};
use crate::support::{Secrets, Server, Store, store::bare_command};

/// The command, as the administrator.
fn compare(here: &Server, against: &str, secrets: &Secrets, more: &[&str]) -> Command {
    let server = url(here);
    let mut arguments = vec!["compare", "--server", &server, "--against", against];
    arguments.extend(more);
    let mut command = bare_command(&arguments);
    command
        .env("TENANTRY_USER_SECRET", &secrets.user)
        .env("TENANTRY_ORGANIZATION_SECRET", &secrets.organization)
        .env("NO_PROXY", "127.0.0.1");
    command
}

fn url(server: &Server) -> String {
    format!("http://{}", server.address)
}

/// A store with an organization that has a bit of everything, copied to another one.
fn two_of_a_kind() -> (Store, Store, Secrets) {
    let (one, created) = acme();
    for arguments in [
        &["accounts", "create", "--external-id", "sales"][..],
        &[
            "users",
            "create",
            "--account",
            "3",
            "--email",
            "bob@acme.example",
            "--first-name",
            "Bob",
            "--last-name",
            "Builder",
        ],
        &[
            "instances",
            "create",
            "--user",
            "3",
            "--name",
            "CRM",
            "--element",
            "hubspotcrm",
        ],
    ] {
        ok(&mut one.command(arguments));
    }
    let archive = one.data_dir().join("acme.ndjson");
    let archive = archive.to_str().unwrap();
    let passphrase = ("TENANTRY_PASSPHRASE", "correct horse battery");
    ok(one
        .command(&[
            "export",
            "--organization",
            "2",
            "--include-secrets",
            "--out",
            archive,
        ])
        .env(passphrase.0, passphrase.1));
    let other = Store::sqlite();
    ok(other
        .command(&["import", "--file", archive])
        .env(passphrase.0, passphrase.1));
    (one, other, Secrets::of(&created))
}

#[test]
fn servers_of_the_same_data_do_not_differ() {
    let (one, other, secrets) = two_of_a_kind();
    let (here, there) = (Server::start(&one), Server::start(&other));
    let report = ok_json(&mut compare(&here, &url(&there), &secrets, &["--json"]));
    assert_eq!(
        report,
        json!({
            "same": true,
            "compared": {
                "account": 2, "element": 1, "instance": 1, "organization": 1, "password policy": 1, "role": 4,
                "roles of a user": 2, "roles of an account": 2, "user": 2,
            },
            "differing": 0,
            "differences": 0,
            "linesLeftOut": 0,
            "first": [],
        })
    );
}

#[test]
fn what_differs_is_told_field_by_field() {
    let (one, other, secrets) = two_of_a_kind();
    ok(&mut other.command(&["users", "update", "3", "--set", "city=Bree"]));
    ok(&mut other.command(&[
        "users",
        "create",
        "--email",
        "new@acme.example",
        "--first-name",
        "N",
        "--last-name",
        "N",
    ]));
    let (here, there) = (Server::start(&one), Server::start(&other));
    let file = one.data_dir().join("differences.ndjson");
    let report = ["--report", file.to_str().unwrap()];
    let outcome = output(&mut compare(&here, &url(&there), &secrets, &report));
    assert_eq!(outcome.status.code(), Some(1));
    let said = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(said, "error: they differ in 2 things\n");
    let mut lines: Vec<Value> = fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    lines.sort_by_key(|line| line["id"].as_str().unwrap().to_owned());
    assert_eq!(
        lines,
        [
            json!({"kind": "user", "id": "3", "field": "city", "server": null, "against": "Bree"}),
            json!({"kind": "user", "id": "4", "field": "", "server": null, "against": "(there)"}),
        ]
    );
    let ignoring = ["--ignore", "city", "--json"];
    let outcome = output(&mut compare(&here, &url(&there), &secrets, &ignoring));
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!(report["differing"], 1);
}

#[test]
fn recorded_requests_are_made_of_both() {
    let (one, other, secrets) = two_of_a_kind();
    let (here, there) = (Server::start(&one), Server::start(&other));
    let file = one.data_dir().join("requests.txt");
    fs::write(
        &file,
        "GET /elements/api-v2/users?where=firstName='Bob'\nPOST /accounts\n\n{\"method\": \"GET\", \"path\": \"/users/99\"}\n",
    )
    .unwrap();
    let requests = ["--requests", file.to_str().unwrap(), "--json"];
    let report = ok_json(&mut compare(&here, &url(&there), &secrets, &requests));
    assert_eq!(report["compared"], json!({"request": 2}));
    assert_eq!(report["linesLeftOut"], 1);
    fs::write(&file, "POST /users\n").unwrap();
    let (code, said) = failed(&mut compare(&here, &url(&there), &secrets, &requests[..2]));
    assert_eq!(
        (code, said.as_str()),
        (
            2,
            "error: nothing was compared, so it proves nothing: --requests FILE has no read requests"
        )
    );
    fs::write(&file, "users\n").unwrap();
    let (code, said) = failed(&mut compare(&here, &url(&there), &secrets, &requests[..2]));
    assert_eq!(
        (code, said.as_str()),
        (
            2,
            "error: --requests: line 1: is no request: write 'GET /users?pageSize=20', or an object with 'method' and 'path'"
        )
    );
}

#[test]
fn a_server_that_is_not_there_proves_nothing() {
    let (one, created) = acme();
    let here = Server::start(&one);
    let nobody = "http://127.0.0.1:9";
    let (code, said) = failed(&mut compare(&here, nobody, &Secrets::of(&created), &[]));
    assert_eq!(code, 1);
    assert!(
        said.starts_with("error: the comparison did not come to its end, so it proves nothing: "),
        "{said}"
    );
}

#[test]
fn servers_that_refuse_whoever_asks_prove_nothing() {
    let (one, other, secrets) = two_of_a_kind();
    let (here, there) = (Server::start(&one), Server::start(&other));
    let wrong = |user: &str, organization: &str| Secrets {
        user: user.to_owned(),
        organization: organization.to_owned(),
    };
    let unfinished = "error: the comparison did not come to its end, so it proves nothing: ";
    let nobody = wrong("tu_nobody", "to_nobody");
    let mut compared = compare(&here, &url(&there), &nobody, &[]);
    let (code, said) = failed(&mut compared);
    let expected = "--server does not accept the secrets: put those of an administrator of the organization there right";
    assert_eq!((code, said), (2, format!("{unfinished}{expected}")));

    let mut compared = compare(&here, &url(&there), &secrets, &[]);
    compared
        .env("TENANTRY_AGAINST_USER_SECRET", "tu_nobody")
        .env("TENANTRY_AGAINST_ORGANIZATION_SECRET", "to_nobody");
    let (code, said) = failed(&mut compared);
    let expected = "--against does not accept the secrets: put those of an administrator of the organization there right";
    assert_eq!((code, said), (2, format!("{unfinished}{expected}")));

    let mut create = vec!["users", "create", "--email", "new@acme.example", "--json"];
    create.extend(["--first-name", "N", "--last-name", "N"]);
    let user = ok_json(&mut one.command(&create));
    let user = wrong(user["secret"].as_str().unwrap(), &secrets.organization);
    let (code, said) = failed(&mut compare(&here, &url(&here), &user, &[]));
    assert_eq!(code, 2);
    let expected = format!("{unfinished}--server refuses (");
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn elements_that_nobody_uses_are_no_difference() {
    let (one, other, secrets) = two_of_a_kind();
    let instance = [
        "--user",
        "3",
        "--name",
        "Old",
        "--element",
        "zendesk",
        "--json",
    ];
    let mut create = vec!["instances", "create"];
    create.extend(instance);
    let created = ok_json(&mut one.command(&create));
    let id = created["id"].to_string();
    ok(&mut one.command(&["instances", "delete", &id, "--yes"]));
    let (here, there) = (Server::start(&one), Server::start(&other));
    let report = ok_json(&mut compare(&here, &url(&there), &secrets, &["--json"]));
    assert_eq!(report["differing"], 0);
    assert_eq!(report["compared"]["element"], 1);
}
