//! `tenantry import --from`: an organization moves from one running server to another, whatever is killed meanwhile.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, Secrets, Server, Store};

const ACCOUNTS: usize = 5;
const USERS: usize = 60;
const INSTANCES: usize = 90;
const SHIRE: [&str; 10] = [
    "org",
    "create",
    "--name",
    "Shire",
    "--admin-email",
    "admin@shire.example",
    "--admin-first-name",
    "Ada",
    "--admin-last-name",
    "Lovelace",
];

/// Two running servers, an organization on the first of them, and a file with the secrets of its users.
struct World {
    there: Server,
    here: Server,
    store_here: Store,
    _old: Store,
    admin: Secrets,
    /// E-mail and secret of everybody else.
    users: Vec<(String, Secrets)>,
    /// Token, and whose it is.
    tokens: Vec<(String, Secrets)>,
    directory: TempDir,
}

impl World {
    async fn new() -> Self {
        let (old, new) = (Store::sqlite(), Store::sqlite());
        let there = Server::start(&old);
        let here = Server::start(&new);
        let (code, created, said) = old.run_json(&SHIRE);
        assert_eq!(code, Some(0), "{said}");
        let mut world = Self {
            admin: Secrets::of(&created),
            there,
            here,
            store_here: new,
            _old: old,
            users: Vec::new(),
            tokens: Vec::new(),
            directory: tempfile::tempdir().unwrap(),
        };
        world.fill().await;
        let mut csv = String::from("email,secret\n");
        for (email, secrets) in &world.users {
            writeln!(csv, "{email},{}", secrets.user).unwrap();
        }
        fs::write(world.file("secrets.csv"), csv).unwrap();
        world
    }

    async fn fill(&mut self) {
        let (client, admin) = (self.there.client(), self.admin.clone());
        let listed = client.get("/accounts", &admin).await.ok();
        let mut accounts = vec![listed[0]["id"].clone()];
        for number in 1..ACCOUNTS {
            let body = json!({"externalId": format!("a{number}"), "description": "An account"});
            let account = client.post("/accounts", &admin, &body).await.ok();
            accounts.push(account["id"].clone());
        }
        for number in 0..USERS {
            let account = &accounts[number % ACCOUNTS];
            self.add_user(&client, account, number).await;
        }
        for number in 0..INSTANCES {
            let (_, owner) = &self.users[number % USERS];
            let element = ["hubspotcrm", "sfdc", "zendesk"][number % 3];
            let body = json!({
                "name": format!("CRM {number}"),
                "element": {"key": element},
                "tags": ["first", "second"],
                "configuration": {"host": "crm.example", "password": "s3cret"},
            });
            let instance = client.post("/instances", owner, &body).await.ok();
            let token = instance["token"].as_str().unwrap().to_owned();
            self.tokens.push((token, owner.clone()));
        }
        // Nobody can call after this.
        let path = format!("/accounts/{}", accounts[4]);
        let body = json!({"active": false});
        client.patch(&path, &admin, &body).await.ok();
    }

    async fn add_user(&mut self, client: &Client, account: &Value, number: usize) {
        let email = format!("u{number}@shire.example");
        let mut body = json!({"firstName": "Frodo", "lastName": "Baggins", "email": email, "city": "Hobbiton"});
        if number.is_multiple_of(10) {
            body["roles"] = json!([{"key": "admin"}]);
            body["password"] = json!("Correct-horse-1");
        }
        let path = format!("/accounts/{account}/users");
        let user = client.post(&path, &self.admin, &body).await.ok();
        let secrets = Secrets {
            user: user["secret"].as_str().unwrap().to_owned(),
            organization: self.admin.organization.clone(),
        };
        self.users.push((email, secrets));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command that moves it, few records at a time, with its report in this file.
    fn import(&self, report: &Path, more: &[&str]) -> Command {
        let from = format!("http://{}", self.there.address);
        let secrets = self.file("secrets.csv");
        let mut command = self
            .store_here
            .command(&["import", "--from", &from, "--json"]);
        command
            .args(["--at-once", "10", "--report"])
            .arg(report)
            .arg("--user-secrets")
            .arg(secrets)
            .args(more)
            .env("TENANTRY_USER_SECRET", &self.admin.user)
            .env("TENANTRY_ORGANIZATION_SECRET", &self.admin.organization)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end; answers exit code, result and what it said.
    fn run(&self, report: &Path, more: &[&str]) -> (Option<i32>, Value, String) {
        let output = self.import(report, more).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let result = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), result, said)
    }

    /// The old server and the new one, in everything that lists show.
    fn compare(&self, more: &[&str]) -> (Option<i32>, Value, String) {
        let [there, here] = [&self.there, &self.here].map(|it| format!("http://{}", it.address));
        let arguments = ["compare", "--server", &there, "--against", &here, "--json"];
        let output = self
            .store_here
            .command(&arguments)
            .args(more)
            .env("TENANTRY_USER_SECRET", &self.admin.user)
            .env("TENANTRY_ORGANIZATION_SECRET", &self.admin.organization)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let result = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), result, said)
    }

    /// Starts it, and kills it when the report has grown by so many lines; `false` if it came to its end before.
    fn kill_after(&self, report: &Path, more_lines: usize) -> bool {
        let before = lines(report).len();
        let mut running: Child = self
            .import(report, &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while lines(report).len() < before + more_lines {
            if running.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::yield_now();
        }
        running.kill().unwrap();
        running.wait().unwrap();
        true
    }
}

/// The lines of a report that are whole.
fn lines(report: &Path) -> Vec<String> {
    let text = fs::read_to_string(report).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    text[..whole].lines().map(str::to_owned).collect()
}

fn counted(what: &str, number: usize) -> Value {
    let mut counts = json!({"new": 0, "unchanged": 0, "differs": 0, "refused": 0, "unreadable": 0});
    counts[what] = json!(number);
    counts
}

fn all(what: &str) -> Value {
    json!({
        "organizations": counted(what, 1),
        "accounts": counted(what, ACCOUNTS),
        "elements": counted(what, 3),
        "users": counted(what, USERS + 1),
        "instances": counted(what, INSTANCES),
    })
}

#[test]
fn an_organization_moves_and_its_programs_go_on() {
    crate::support::run(async {
        let world = World::new().await;
        let report = world.file("moved.ndjson");
        let plan = world.file("plan.ndjson");
        let (code, planned, said) = world.run(&plan, &["--dry-run"]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(planned["counts"], all("new"));
        let (code, moved, said) = world.run(&report, &[]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(moved["counts"], all("new"));
        assert_eq!(moved["organizationId"], json!(3));
        assert_eq!(
            moved["lost"],
            json!({"userSecrets": 0, "instanceTokens": 0, "passwords": 6, "configurationValues": INSTANCES})
        );
        assert_eq!(
            lines(&report).len(),
            1 + ACCOUNTS + 3 + USERS + 1 + INSTANCES
        );
        programs_go_on(&world).await;
        for path in [
            "/accounts?includeInactive=true",
            "/organizations/roles",
            "/elements",
        ] {
            let [there, here] = [&world.there, &world.here].map(Server::client);
            assert_eq!(
                here.get(path, &world.admin).await.ok(),
                there.get(path, &world.admin).await.ok(),
                "{path}"
            );
        }
        // The six users whose passwords could not come along, and nothing else.
        let (code, compared, said) = world.compare(&[]);
        assert_eq!(code, Some(1), "{said} {compared}");
        assert_eq!(compared["differing"], json!(6), "{compared}");
        let of_passwords = ["password", "credentialsExpired", "credentialsNonExpired"];
        let ignored = of_passwords.map(|field| ["--ignore", field]);
        let (code, compared, said) = world.compare(ignored.as_flattened());
        assert_eq!(code, Some(0), "{said} {compared}");
        assert_eq!(compared["same"], json!(true));
        // Nothing secret is in the report.
        let text = fs::read_to_string(&report).unwrap();
        assert!(!text.contains("s3cret") && !text.contains(&world.admin.user));

        let again = world.file("again.ndjson");
        let (code, unchanged, said) = world.run(&again, &[]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(unchanged["counts"], all("unchanged"));
        assert_eq!(unchanged["finishedBefore"], json!(true));
        let renamed = json!({"lastName": "Underhill"});
        let id = world
            .there
            .client()
            .get("/users/u1@shire.example", &world.admin)
            .await
            .ok()["id"]
            .clone();
        let path = format!("/users/{id}");
        world
            .there
            .client()
            .patch(&path, &world.admin, &renamed)
            .await
            .ok();
        let differs = world.file("differs.ndjson");
        let (code, changed, said) = world.run(&differs, &[]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(changed["counts"]["users"]["differs"], json!(1));
        let line = lines(&differs)
            .into_iter()
            .find(|line| line.contains("differs"))
            .unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            line,
            json!({"kind": "user", "there": id, "here": id, "outcome": "differs",
                "fields": {"lastName": {"here": "Baggins", "there": "Underhill"}}})
        );
    });
}

/// With the secrets of the old server, on the new one.
async fn programs_go_on(world: &World) {
    let client = world.here.client();
    let (_, inactive): (Vec<_>, Vec<_>) = (0..USERS).partition(|number| number % ACCOUNTS != 4);
    for (number, (email, secrets)) in world.users.iter().enumerate() {
        let reply = client.get(&format!("/users/{email}"), secrets).await;
        let expected = if inactive.contains(&number) { 401 } else { 200 };
        assert_eq!(reply.status, expected, "{email}: {}", reply.body);
    }
    for (number, (token, owner)) in world.tokens.iter().enumerate() {
        let authorization = format!("User {}, Element {token}", owner.user);
        let request = client.request_as(reqwest::Method::PATCH, "/instances", Some(&authorization));
        let reply = crate::support::client::send(request.json(&json!({"tags": ["moved"]}))).await;
        let expected = if inactive.contains(&(number % USERS)) {
            401
        } else {
            200
        };
        assert_eq!(reply.status, expected, "{number}: {}", reply.body);
        if number > 4 {
            break;
        }
    }
    // As it was, for those who compare.
    for (token, owner) in world.tokens.iter().take(6) {
        let authorization = format!("User {}, Element {token}", owner.user);
        let request = client.request_as(reqwest::Method::PATCH, "/instances", Some(&authorization));
        let place = world
            .tokens
            .iter()
            .position(|(other, _)| other == token)
            .unwrap();
        let tags = json!({"tags": [format!("CRM {place}"), "first", "second"]});
        crate::support::client::send(request.json(&tags)).await;
    }
    let admins = client
        .get("/users/u0@shire.example", &world.admin)
        .await
        .ok()["id"]
        .clone();
    let roles = client
        .get(&format!("/users/{admins}/roles"), &world.admin)
        .await
        .ok();
    let keys: Vec<_> = roles
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["key"].clone())
        .collect();
    assert!(keys.contains(&json!("admin")), "{keys:?}");
}

#[test]
fn killed_again_and_again_it_moves_everything_once() {
    crate::support::run(async {
        let world = World::new().await;
        let report = world.file("moved.ndjson");
        let mut kills = 0;
        for more_lines in [1, 14, 30, 62, 95] {
            if world.kill_after(&report, more_lines) {
                kills += 1;
            }
        }
        assert!(kills >= 4, "{kills}");
        let (code, _, said) = world.run(&report, &[]);
        assert_eq!(code, Some(0), "{said}");
        let again = world.file("again.ndjson");
        let (code, unchanged, said) = world.run(&again, &[]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(unchanged["counts"], all("unchanged"));
        programs_go_on(&world).await;
        let users = world
            .here
            .client()
            .get("/users?includeInactive=true&pageSize=1", &world.admin)
            .await;
        assert_eq!(users.header("elements-total-count"), Some("61"));
    });
}

#[test]
fn what_is_wrong_is_said() {
    crate::support::run(async {
        let store = Store::sqlite();
        let (code, _, said) = store.run_json(&["import", "--from", "http://127.0.0.1:1"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains("the user secret is missing: set TENANTRY_USER_SECRET"),
            "{said}"
        );
        let world = World::new().await;
        let report = world.file("moved.ndjson");
        let (code, _, said) = world.run(&report, &["--organization", "99"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("there is no organization 99 here"), "{said}");
        let secrets = fs::read_to_string(world.file("secrets.csv")).unwrap();
        let more =
            format!("{secrets}u1o@shire.example,w3Y2kOWmvLWkpNZ0kOWm\n4711,w3Y2kOWmvLWkpNZ1kOWm\n");
        fs::write(world.file("secrets.csv"), more).unwrap();
        let (code, result, said) = world.run(&report, &["--dry-run"]);
        assert_eq!(code, Some(1), "{said}");
        assert_eq!(
            result["secretsOfNobody"],
            json!(["4711", "u1o@shire.example"])
        );
        assert!(
            said.contains(
                "--user-secrets names somebody who is not there: 4711, u1o@shire.example"
            ),
            "{said}"
        );
        fs::write(world.file("secrets.csv"), secrets).unwrap();
        // The first organization of the new server has the number of the old server's.
        let first = world.there.first();
        let mut command = world.import(&report, &[]);
        command
            .env("TENANTRY_USER_SECRET", &first.user)
            .env("TENANTRY_ORGANIZATION_SECRET", &first.organization);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--new-ids"), "{said}");
    });
}
