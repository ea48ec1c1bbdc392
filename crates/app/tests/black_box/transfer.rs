//! `tenantry export`, and `import --file`: an organization moves from one store to another without loss, and users move in from
//! files.

use std::{fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Secrets, Server, Store, client::send};

on_both_stores! {
    an_organization_moves_whole_and_everything_goes_on_working => whole;
    an_archive_of_one_kind_of_store_is_the_same_out_of_the_other => kept;
    without_secrets_everything_gets_new_ones => without_secrets;
    users_log_in_with_the_passwords_that_they_had_elsewhere => hashes;
    a_wrong_line_is_reported_and_with_strict_nothing_is_written => wrong_lines;
}

const PASSWORD: &str = "Ring-bearer-1";
const PASSPHRASE: &str = "correct horse battery staple";

/// The first organization with something of everything.
async fn furnish(client: &Client, admin: &Secrets) -> Value {
    let account = json!({"name": "Sales", "description": "Süd", "externalId": "S-1"});
    let account = client.post("/accounts", admin, &account).await.ok();
    let users = format!("/accounts/{}/users", account["id"]);
    let frodo = json!({
        "firstName": "Frodo", "lastName": "Baggins", "email": "frodo@shire.example", "password": PASSWORD,
        "city": "Hobbiton", "roles": [{"key": "admin"}],
    });
    let frodo = client.post(&users, admin, &frodo).await.ok();
    let sam = json!({"firstName": "Sam", "lastName": "Gamgee", "email": "Sam@Shire.example", "active": false});
    client.post("/organizations/users", admin, &sam).await.ok();
    let policy = json!({
        "minLength": 9, "minUppercase": 1, "minLowercase": 1, "minNumbers": 1, "minSymbols": 1,
        "symbolCharacterSet": "-!", "previousPasswordCount": 4, "expirationDays": 0,
    });
    let request = client.request(Method::PUT, "/organizations/password-policies", admin);
    send(request.json(&policy)).await.ok();
    let caller = Secrets {
        user: frodo["secret"].as_str().unwrap().to_owned(),
        organization: admin.organization.clone(),
    };
    let instance = json!({
        "name": "Tickets", "element": {"key": "jira"}, "tags": ["red", "blue"],
        "configuration": {"base.url": "https://jira.example", "api.secret": "s3cret"},
    });
    let instance = client.post("/instances", &caller, &instance).await.ok();
    let new = json!({"password": "Ring-bearer-2"});
    let logged_in = client.log_in("frodo@shire.example", PASSWORD).await.ok();
    let bearer = format!("Bearer {}", logged_in["token"].as_str().unwrap());
    let change = client.request_as(Method::POST, "/authentication/passwords", Some(&bearer));
    send(change.json(&new)).await.ok();
    json!({"user": frodo["id"], "userSecret": caller.user, "instance": instance["id"], "token": instance["token"]})
}

fn exported(store: &Store, path: &Path, secrets: bool) -> Vec<u8> {
    let out = path.to_str().unwrap();
    let mut arguments = vec!["export", "--organization", "2", "--out", out, "--json"];
    if secrets {
        arguments.push("--include-secrets");
    }
    let mut command = store.command(&arguments);
    let output = command
        .env("TENANTRY_PASSPHRASE", PASSPHRASE)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["users"], &report["secrets"]),
        (&json!(3), &json!(secrets))
    );
    fs::read(path).unwrap()
}

fn imported(store: &Store, path: &Path, passphrase: &str) -> (Option<i32>, Value, String) {
    imported_with(store, path, passphrase, &[])
}

fn imported_with(
    store: &Store,
    path: &Path,
    passphrase: &str,
    more: &[&str],
) -> (Option<i32>, Value, String) {
    let mut arguments = vec!["import", "--file", path.to_str().unwrap(), "--json"];
    arguments.extend(more);
    let mut command = store.command(&arguments);
    let output = command
        .env("TENANTRY_PASSPHRASE", passphrase)
        .output()
        .unwrap();
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or_default(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

async fn whole(store: Store) {
    let files = tempfile::tempdir().unwrap();
    let (first, second) = (files.path().join("1.ndjson"), files.path().join("2.ndjson"));
    let server = Server::start(&store);
    let (client, admin) = (server.client(), server.first());
    let made = furnish(&client, &admin).await;
    // While the server runs.
    let bytes = exported(&store, &first, true);
    let text = String::from_utf8(bytes.clone()).unwrap();
    for secret in [
        admin.user.as_str(),
        admin.organization.as_str(),
        made["token"].as_str().unwrap(),
        "s3cret",
        "argon2id$v",
    ] {
        assert!(!text.contains(secret), "{secret} stands in the archive");
    }

    // Another backend is a store of another kind, but for its tables the same.
    let other = Store::sqlite();
    let (code, _, said) = imported(&other, &first, "another passphrase");
    assert_eq!(code, Some(2));
    assert!(
        said.contains("the passphrase is not the one with which the archive was made"),
        "{said}"
    );
    assert!(!other.sqlite_file().exists());
    let (code, report, said) = imported(&other, &first, PASSPHRASE);
    assert_eq!(code, Some(0), "{report} {said}");
    assert_eq!(report["counts"]["users"]["new"], 3);
    assert!(exported(&other, &second, true) == bytes);

    // A file proves nothing of who wrote it.
    let (code, _, said) = imported(&other, &first, PASSPHRASE);
    assert_eq!(code, Some(2));
    let organization = report["organizationId"].to_string();
    let expected = format!(
        "it moved in before, as the organization {organization}: give --organization {organization} to compare it"
    );
    assert!(said.contains(&expected), "{said}");
    // Again: nothing is new, nothing is refused.
    let again = ["--organization", &organization];
    let (code, report, _) = imported_with(&other, &first, PASSPHRASE, &again);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["counts"]["users"]["unchanged"], 3);

    let moved = Server::start(&other);
    let client = moved.client();
    let frodo = Secrets {
        user: made["userSecret"].as_str().unwrap().to_owned(),
        organization: admin.organization.clone(),
    };
    assert_eq!(client.get("/users", &admin).await.status, 200);
    let shown = client.get("/users/frodo@shire.example", &frodo).await.ok();
    assert_eq!(
        (&shown["id"], &shown["city"]),
        (&made["user"], &json!("Hobbiton"))
    );
    let element = format!(
        "User {}, Element {}",
        frodo.user,
        made["token"].as_str().unwrap()
    );
    let through = client.request_as(Method::GET, "/instances/configuration", Some(&element));
    assert_eq!(send(through).await.status, 200);
    let log_in = |password| client.log_in("frodo@shire.example", password);
    assert_eq!(log_in("Ring-bearer-2").await.status, 200);
    assert_eq!(log_in(PASSWORD).await.status, 401);
}

/// Both kinds give out the same numbers, so each can keep those of the other.
async fn kept(other: Store) {
    let files = tempfile::tempdir().unwrap();
    let (first, second) = (files.path().join("1.ndjson"), files.path().join("2.ndjson"));
    let store = Store::sqlite();
    let server = Server::start(&store);
    furnish(&server.client(), &server.first()).await;
    let bytes = exported(&store, &first, true);
    let (code, report, said) = imported(&other, &first, PASSPHRASE);
    assert_eq!(code, Some(0), "{report} {said}");
    assert!(exported(&other, &second, true) == bytes);
}

async fn without_secrets(store: Store) {
    let files = tempfile::tempdir().unwrap();
    let (first, second) = (files.path().join("1.ndjson"), files.path().join("2.ndjson"));
    let server = Server::start(&store);
    let (client, admin) = (server.client(), server.first());
    let made = furnish(&client, &admin).await;
    let bytes = exported(&store, &first, false);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("sealed") && !text.contains("s3cret"));
    let (code, _, said) = store.run_json(&[
        "export",
        "--organization",
        "2",
        "--out",
        first.to_str().unwrap(),
    ]);
    assert_eq!(code, Some(2));
    assert!(said.contains("is there already"), "{said}");

    let other = Store::sqlite();
    let (code, report, said) = imported(&other, &first, "");
    assert_eq!(code, Some(0), "{report} {said}");
    assert_eq!(report["lost"]["userSecrets"], 3);
    assert_eq!(report["lost"]["instanceTokens"], 1);
    assert_eq!(report["lost"]["configurationValues"], 1);
    let secret = report["organizationSecret"].as_str().unwrap();
    assert!(secret.starts_with("to_") && secret != admin.organization);
    assert!(exported(&other, &second, false) == bytes);
    let moved = Server::start(&other);
    let old = moved.client().get("/users", &admin).await;
    assert_eq!(old.status, 401, "{made}");
}

/// Each made by another program from the same password.
const HASHES: &[(&str, &str)] = &[
    (
        "argon2i",
        "$argon2i$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LhHRz4t6ELVYGt19AvAYa7aN/3sMrww/m0fJJIW52fY",
    ),
    (
        "bcrypt",
        "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        "pbkdf2",
        "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        "django",
        "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
    ),
    (
        "scrypt",
        "$scrypt$ln=10,r=4,p=3$++++++++++++++++++++$JqfshpSuHP2rZhuV+YFBjpNCFCdJ3AkmHoWurg+7nCU",
    ),
    (
        "sha256-crypt",
        "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (
        "sha512-crypt",
        "$6$saltstring$qvPJY4PeugKzKQqyIJ0gRdJnpS0uaaiZ.X1SaheFedsK/yZPwlluTLS90fJPM41sD5JxCHKgGr1..qt5HqEY8.",
    ),
    ("ssha", "{SSHA}f6ytUsSs8Zsq6C3sv1hZJy2XemwAAQID"),
    (
        "ssha512",
        "{SSHA512}airehsiaib2WDPFCOi2ggf5xtiapt8g2WTiyeBFa0Jyk9cJb+bU8hlq53/DcohLiQlVNCuyVloGVfMIzqEToygABAgMEBQYHCAkKCwwNDg8=",
    ),
];
const OF_HASHES: &str = "correct horse battery staple";

async fn hashes(store: Store) {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("users.csv");
    let server = Server::start(&store);
    let mut text = String::from("email;firstName;lastName;passwordHash\n");
    for (family, hash) in HASHES {
        use std::fmt::Write as _;
        writeln!(text, "{family}@elsewhere.example;A;B;\"{hash}\"").unwrap();
    }
    fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let (code, report, said) = store.run_json(&["import", "--file", file, "--organization", "2"]);
    assert_eq!(code, Some(0), "{report} {said}");
    assert_eq!(report["counts"]["users"]["new"], HASHES.len());
    let client = server.client();
    for (family, _) in HASHES {
        let email = format!("{family}@elsewhere.example");
        assert_eq!(client.log_in(&email, "wrong").await.status, 401, "{family}");
        assert_eq!(
            client.log_in(&email, OF_HASHES).await.status,
            200,
            "{family}"
        );
        // With the hash that was made of it then.
        assert_eq!(
            client.log_in(&email, OF_HASHES).await.status,
            200,
            "{family}"
        );
    }
    drop(server);
    let rows = String::from_utf8_lossy(&store.rows().await).into_owned();
    for (family, hash) in HASHES {
        assert_eq!(occurrences(&rows, hash), 0, "of the {family} hash");
    }
    let ours = occurrences(&rows, "$argon2id$v=19$m=19456,t=2,p=1$");
    assert!(ours >= HASHES.len(), "{ours}");
}

/// How often a text stands in rows, which show texts as they are, or as lists of bytes.
fn occurrences(rows: &str, text: &str) -> usize {
    let bytes = format!("{:?}", text.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    rows.matches(text).count() + rows.matches(bytes).count()
}

async fn wrong_lines(store: Store) {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("users.ndjson");
    let server = Server::start(&store);
    let (client, admin) = (server.client(), server.first());
    let text = "\
        {\"email\":\"a@elsewhere.example\",\"firstName\":\"A\",\"lastName\":\"B\"}\n\
        {\"email\":\"b\",\"firstName\":\"A\",\"lastName\":\"B\",\"passwordHash\":\"p4ss\"}\n\
        {\"email\":\"operator@system.tenantry.local\",\"firstName\":\"A\",\"lastName\":\"B\"}\n";
    fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let arguments = ["import", "--file", file, "--organization", "2"];
    let problems = json!([
        "line 2: email must have the form name@domain; passwordHash: the password hash is of an unknown kind",
        "line 3: its e-mail is in use by another user of this deployment",
    ]);
    let (code, report, _) = store.run_json(&[&arguments[..], &["--strict"]].concat());
    assert_eq!((code, &report["dryRun"]), (Some(1), &json!(true)));
    assert_eq!(report["problems"].as_array().unwrap().len(), 2, "{report}");
    let found = client.get("/users/a@elsewhere.example", &admin).await;
    assert_eq!(found.status, 404);

    let (code, report, said) = store.run_json(&arguments);
    assert_eq!(code, Some(1));
    let mut shown = report["problems"].as_array().unwrap().clone();
    shown.sort_by_key(ToString::to_string);
    assert_eq!(json!(shown), problems);
    assert!(said.contains("2 records could not be moved"), "{said}");
    let found = client.get("/users/a@elsewhere.example", &admin).await;
    assert_eq!(found.status, 200);

    let (code, _, said) = store.run_json(&["import", "--file", file]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--organization ID"), "{said}");
    let (code, _, said) = store.run_json(&[&arguments[..], &["--account", "Nowhere"]].concat());
    assert_eq!(code, Some(2));
    assert!(
        said.contains("no account with the id or name 'Nowhere'"),
        "{said}"
    );
}
