//! Over the local store, as the operator.

use serde_json::{Value, json};

use super::{acme, failed, fed, ok, ok_json, succeeded, words};
use crate::support::Store;

const FRODO: &str =
    "users create --email frodo@shire.example --first-name Frodo --last-name Baggins";

fn run(store: &Store, text: &str) -> String {
    ok(&mut store.command(&words(text)))
}

fn run_json(store: &Store, text: &str) -> Value {
    ok_json(store.command(&words(text)).arg("--json"))
}

#[test]
fn users_from_creation_to_deletion() {
    let (store, _) = acme();
    let created = run_json(&store, &format!("{FRODO} --set city=Bree --role admin"));
    assert_eq!(created["city"], "Bree");
    assert_eq!(created["roles"][0]["key"], "admin");
    assert!(created["secret"].as_str().unwrap().len() > 20, "{created}");
    assert_eq!(
        run(&store, "users list --order-by email"),
        "ID  EMAIL                FIRSTNAME  LASTNAME  ACTIVE  ACCOUNTID\n\
         2   ada@acme.example     Ada        Lovelace  true    2\n\
         3   frodo@shire.example  Frodo      Baggins   true    2\n"
    );
    let shown = run(&store, "users get frodo@shire.example");
    assert!(shown.starts_with("id                     3\n"), "{shown}");
    let updated = run_json(
        &store,
        "users update frodo@shire.example --active false --set city=",
    );
    assert_eq!(
        (&updated["active"], updated.get("city")),
        (&json!(false), None)
    );
    let unlocked = run_json(
        &store,
        "users update 3 --active true --unlock --last-name B",
    );
    assert_eq!(unlocked["lastName"], "B");
    let mut command = store.command(&words("users update 3 --password-stdin --json"));
    succeeded(fed(&mut command, "Correct-horse-2\n"));
    assert_eq!(
        run(&store, "users delete frodo@shire.example --yes"),
        "user 3 deleted\n"
    );
    assert_eq!(run_json(&store, "users list").as_array().unwrap().len(), 1);
}

#[test]
fn roles_are_granted_and_taken() {
    let (store, _) = acme();
    run(&store, FRODO);
    assert_eq!(
        run(&store, "users roles grant frodo@shire.example admin"),
        "role admin granted to user 3\n"
    );
    let roles = run_json(&store, "users roles list 3");
    let keys = |roles: &Value| -> Vec<String> {
        let keys = roles.as_array().unwrap().iter();
        keys.map(|role| role["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys(&roles), ["admin", "org"]);
    assert_eq!(
        run_json(&store, "users roles revoke 3 admin"),
        json!({"userId": 3, "revoked": "admin"})
    );
    assert_eq!(keys(&run_json(&store, "users roles list 3")), ["org"]);
}

#[test]
fn accounts_from_creation_to_deletion() {
    let (store, _) = acme();
    let created = run_json(
        &store,
        "accounts create --external-id buckland --name Buckland",
    );
    assert_eq!(created["id"], 3);
    let member =
        "users create --account 3 --email merry@buckland.example --first-name M --last-name B";
    assert_eq!(run_json(&store, member)["accountId"], 3);
    assert_eq!(
        run(
            &store,
            "accounts list --order-by name --fields name,externalId"
        ),
        "NAME      EXTERNALID\nAcme\nBuckland  buckland\n"
    );
    assert_eq!(
        run_json(&store, "users list --account 3")[0]["email"],
        "merry@buckland.example"
    );
    let updated = run_json(&store, "accounts update 3 --description Ferry");
    assert_eq!(updated["description"], "Ferry");
    let off = run_json(&store, "accounts update 3 --active false --permanent --yes");
    assert_eq!(off["active"], false);
    assert_eq!(
        run(&store, "accounts delete 3 --yes"),
        "users of account 3 deleted; the account stays, inactive\n"
    );
    assert_eq!(run_json(&store, "accounts get 3")["active"], false);
}

#[test]
fn instances_from_creation_to_deletion() {
    let (store, _) = acme();
    run(&store, FRODO);
    let (code, said) =
        failed(&mut store.command(&words("instances create --name Pony --element inn")));
    assert_eq!(
        (code, said.as_str()),
        (
            2,
            "error: an instance belongs to a user: say by --user whose it is to be"
        )
    );
    let created = run_json(
        &store,
        "instances create --name Pony --element inn --user frodo@shire.example --tag bree --configuration beer=good",
    );
    assert_eq!(created["user"]["id"], 3);
    assert_eq!(created["configuration"]["beer"], "good");
    assert_eq!(
        run(&store, "instances list --tag bree --search pon"),
        "ID  NAME  ELEMENT.KEY  DISABLED  USER.EMAILADDRESS\n\
         1   Pony  inn          false     frodo@shire.example\n"
    );
    assert_eq!(run_json(&store, "instances list --tag moria"), json!([]));
    assert_eq!(run_json(&store, "instances list --account 2")[0]["id"], 1);
    let updated = run_json(&store, "instances update 1 --name Horse --disabled true");
    assert_eq!(
        (&updated["name"], &updated["disabled"]),
        (&json!("Horse"), &json!(true))
    );
    let enabled = run_json(&store, "instances update 1 --disabled false");
    assert_eq!(enabled["disabled"], false);
    assert_eq!(run_json(&store, "instances get 1")["name"], "Horse");
    let log = run_json(&store, "audit list --limit 1");
    assert_eq!(
        (&log[0]["actor"], &log[0]["target"]),
        (&json!("operator"), &json!("instance"))
    );
    assert_eq!(
        run(&store, "instances delete 1 --yes"),
        "instance 1 deleted\n"
    );
    assert_eq!(run(&store, "instances list"), "");
    assert_eq!(run_json(&store, "instances list"), json!([]));
}

#[test]
fn the_organization_is_shown_and_its_secret_replaced() {
    let (store, created) = acme();
    let shown = run_json(&store, "org show");
    assert_eq!(shown["name"], "Acme");
    assert_eq!(shown["secret"], created["organizationSecret"]);
    let reset = run_json(&store, "org secret-reset --overlap-hours 1 --yes");
    let secret = reset["organizationSecret"].as_str().unwrap();
    assert_ne!(secret, created["organizationSecret"]);
    assert_eq!(run_json(&store, "org show")["secret"], secret);
}

#[test]
fn a_body_is_read_from_standard_input() {
    let (store, _) = acme();
    let mut command = store.command(&words("users create --body-stdin --first-name F --json"));
    let body = r#"{"email": "f@shire.example", "firstName": "X", "lastName": "B"}"#;
    let created: Value = serde_json::from_str(&succeeded(fed(&mut command, body))).unwrap();
    assert_eq!(
        (&created["firstName"], &created["lastName"]),
        (&json!("F"), &json!("B"))
    );
    let mut command = store.command(&words("users create --body-stdin"));
    let output = fed(&mut command, "[1]");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: --body-stdin was given, so standard input must be a JSON object of at most 1 MiB\n"
    );
}

#[test]
fn one_of_several_organizations_has_to_be_chosen() {
    let (store, _) = acme();
    let second = "org create --name Shire --admin-email b@shire.example --admin-first-name B --admin-last-name B";
    run(&store, second);
    let (code, said) = failed(&mut store.command(&["users", "list"]));
    assert_eq!(
        (code, said.as_str()),
        (
            2,
            "error: there are several organizations: choose one by --organization ID: 2 (Acme), 3 (Shire)"
        )
    );
    let users = run_json(&store, "users list --organization 3");
    assert_eq!(users[0]["email"], "b@shire.example");
    let (code, said) = failed(&mut store.command(&words("users list --organization 9")));
    assert_eq!(
        (code, said.as_str()),
        (
            2,
            "error: there is no organization 9: put --organization right"
        )
    );
}
