//! The master keys are rotated under a running server, which is called all the time.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::support::{Client, Secrets, Server, Store};

on_both_stores! {
    keys_are_rotated_under_a_running_server_and_across_a_kill_9 => rotated;
    what_cannot_be_opened_leaves_a_rotation_to_go_on_with => unreadable;
    a_key_behind_the_current_one_is_not_called_a_former_one => behind;
    keys_in_the_environment_are_rotated_by_hand => by_hand;
    commands_about_keys_make_no_store => no_store;
}

/// Three batches, so that there is a middle.
const USERS: usize = 1200;

/// The ids in the key file, the current one first.
fn ids(store: &Store) -> Vec<String> {
    let text = fs::read_to_string(store.key_file()).unwrap();
    let id = |line: &str| line.split(':').nth(2).unwrap().to_owned();
    text.lines().map(id).collect()
}

/// What `key list` says: id, state, and how many things.
fn listed(store: &Store) -> Vec<(String, String, u64)> {
    let (code, list, said) = store.run_json(&["key", "list"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(list["complete"], true);
    let keys = list["keys"].as_array().unwrap().iter();
    keys.map(|key| {
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        (text("keyId"), text("state"), key["seals"].as_u64().unwrap())
    })
    .collect()
}

async fn create(client: &Client, admin: &Secrets, number: usize) -> (i64, Secrets) {
    let body =
        json!({"firstName": "U", "lastName": "U", "email": format!("u{number}@load.example")});
    let created = client.post("/organizations/users", admin, &body).await.ok();
    let secrets = Secrets {
        user: created["secret"].as_str().unwrap().to_owned(),
        ..admin.clone()
    };
    (created["id"].as_i64().unwrap(), secrets)
}

async fn create_many(client: &Client, admin: &Secrets) -> Vec<(i64, Secrets)> {
    let next = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..20)
        .map(|_| {
            let (client, admin, next) = (client.clone(), admin.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut users = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= USERS {
                        return users;
                    }
                    users.push(create(&client, &admin, number).await);
                }
            })
        })
        .collect();
    let mut users = Vec::new();
    for writer in writers {
        users.extend(writer.await.unwrap());
    }
    users
}

/// Every user is shown the own secret.
async fn reveal(client: &Client, users: &[(i64, Secrets)]) {
    for (id, secrets) in users {
        let shown = client.get(&format!("/users/{id}"), secrets).await.ok();
        assert_eq!(shown["secret"], json!(secrets.user));
    }
}

async fn rotated(store: Store) {
    let server = Server::start(&store);
    let (client, admin) = (server.client(), server.first());
    let mut users = create_many(&client, &admin).await;
    let old = ids(&store)[0].clone();

    // Reads and writes go on all the time.
    let done = Arc::new(AtomicBool::new(false));
    let caller = tokio::spawn({
        let (client, admin) = (client.clone(), admin.clone());
        let (users, done) = (users.clone(), Arc::clone(&done));
        async move {
            let mut created = Vec::new();
            for round in 0.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let from = round * 10 % users.len();
                reveal(&client, &users[from..from + 10]).await;
                created.push(create(&client, &admin, USERS + round).await);
            }
            created
        }
    });

    kill_in_the_middle(&store);
    let between = ids(&store);
    assert_eq!(between.len(), 2);
    assert_eq!(between[1], old);
    let states = listed(&store);
    assert_eq!(
        (states[0].1.as_str(), states[1].1.as_str()),
        ("current", "other")
    );
    assert!(
        states.iter().all(|(_, _, things)| *things > 0),
        "{states:?}"
    );
    let (code, _, said) = store.run_json(&["key", "forget", "--yes"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("the former key {old} still seals")),
        "{said}"
    );

    let (code, report, said) = store.run_json(&["key", "rotate", "--log", "info"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(report["keyId"], json!(between[0]));
    assert_eq!(report["resumed"], true);
    assert_eq!(
        [&report["unreadable"], &report["unsigned"]],
        [&json!(0), &json!(0)]
    );
    assert_eq!(report["finished"], true);
    assert!(said.contains("everything was sealed anew"), "{said}");
    assert_eq!(ids(&store), between);
    done.store(true, Ordering::Relaxed);
    users.extend(caller.await.unwrap());

    forget(&store, &old);
    assert_eq!(ids(&store), between[..1]);
    reveal(&client, &users).await;
    let log = server.stop();
    assert!(log.contains("the master keys were read again"), "{log}");
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");

    let server = Server::start(&store);
    reveal(&server.client(), &users).await;
    let everyone: BTreeSet<i64> = users.iter().map(|(id, _)| *id).collect();
    assert_eq!(everyone.len(), users.len());
    let (code, proof, said) = store.run_json(&["audit", "verify"]);
    assert_eq!((code, &proof["whole"]), (Some(0), &json!(true)), "{said}");
}

/// Starts a rotation, and kills it like a power cut would after its first batch.
fn kill_in_the_middle(store: &Store) {
    let mut rotation = store
        .command(&["key", "rotate", "--json", "--log", "debug"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(rotation.stderr.take().unwrap()).lines();
    let first = lines
        .map(Result::unwrap)
        .find(|line| line.contains("a stretch was sealed anew"));
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    assert!(first.is_some(), "the rotation ended before its first batch");
}

/// First without being sure, then with.
fn forget(store: &Store, old: &str) {
    let (code, would, said) = store.run_json(&["key", "forget"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(would, json!({"forgotten": [], "unused": [old]}));
    assert_eq!(ids(store).len(), 2);
    let (code, did, said) = store.run_json(&["key", "forget", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(did, json!({"forgotten": [old]}));
    let (code, did, _) = store.run_json(&["key", "forget", "--yes"]);
    assert_eq!(
        (code, did),
        (Some(0), json!({"forgotten": [], "unused": []}))
    );
}

/// No key at hand has this id.
const LOST: &str = "00000000-0000-4000-8000-000000000009";

async fn unreadable(store: Store) {
    let server = Server::start(&store);
    create(&server.client(), &server.first(), 1).await;
    server.stop();
    let old = ids(&store)[0].clone();
    let things: u64 = listed(&store).iter().map(|(_, _, things)| things).sum();
    let damaged = "user_id = (SELECT max(user_id) FROM user_secrets)";
    let name_key = |id: &str| format!("UPDATE user_secrets SET key_id = '{id}' WHERE {damaged}");
    store.execute(&name_key(LOST)).await;

    let (code, report, said) = store.run_json(&["key", "rotate"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(
        (&report["resumed"], &report["finished"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(report["unreadable"], 1);
    // All but the one and the sentinel.
    assert_eq!(report["examined"], json!(things));
    assert_eq!(report["resealed"], json!(things - 2));
    assert!(
        said.contains("the rotation is not finished. 1 thing cannot be opened with any key at hand: put the key"),
        "{said}"
    );
    assert!(!said.contains("everything was sealed anew"), "{said}");
    let keys = ids(&store);
    assert_eq!((keys.len(), &keys[1]), (2, &old));
    let (code, _, said) = store.run_json(&["key", "forget", "--yes"]);
    assert_eq!(code, Some(1), "{said}");
    let expected = format!("the former key {old} still seals 1 thing: run");
    assert!(said.contains(&expected), "{said}");

    let (code, report, said) = store.run_json(&["key", "rotate"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(
        (&report["resumed"], &report["resealed"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(ids(&store), keys);

    store.execute(&name_key(&old)).await;
    let (code, report, said) = store.run_json(&["key", "rotate"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        (&report["resumed"], &report["finished"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(report["resealed"], 2);
    assert_eq!(ids(&store), keys);
    assert_eq!(
        listed(&store),
        [
            (keys[0].clone(), "current".to_owned(), things),
            (old, "other".to_owned(), 0)
        ]
    );
}

async fn behind(store: Store) {
    Server::start(&store).stop();
    let (_, new, _) = store.run_json(&["key", "generate"]);
    let (id, new) = (new["keyId"].as_str().unwrap(), new["key"].as_str().unwrap());
    let current = fs::read_to_string(store.key_file()).unwrap();
    fs::write(store.key_file(), format!("{current}{new}\n")).unwrap();
    let states: Vec<_> = listed(&store)
        .into_iter()
        .map(|(id, state, _)| (id, state))
        .collect();
    let of_file = ids(&store);
    assert_eq!(
        states,
        [
            (of_file[0].clone(), "current".to_owned()),
            (id.to_owned(), "other".to_owned())
        ]
    );

    let text = |arguments: &[&str]| String::from_utf8(store.run(arguments).stdout).unwrap();
    let would = text(&["key", "forget"]);
    assert!(
        would.contains("that each of them is a former key, and none a new one"),
        "{would}"
    );
    assert_eq!(ids(&store), of_file);
    let did = text(&["key", "forget", "--yes"]);
    assert!(did.starts_with(&format!("Forgotten: {id}\n")), "{did}");
    assert!(
        did.contains("If one was a new key for a rotation to come"),
        "{did}"
    );
    assert_eq!(ids(&store), of_file[..1]);
}

async fn by_hand(store: Store) {
    let server = Server::start(&store);
    let admin = server.first();
    server.stop();
    let old = fs::read_to_string(store.key_file())
        .unwrap()
        .trim()
        .to_owned();
    fs::remove_file(store.key_file()).unwrap();
    let run = |keys: &str, arguments: &[&str]| {
        let mut command = store.command(arguments);
        command.args(["--json"]).env("TENANTRY_MASTER_KEY", keys);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let result: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), result, said)
    };
    let (code, _, said) = run(&old, &["key", "rotate"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("(1) `tenantry key generate` prints a new key"),
        "{said}"
    );

    let (code, new, said) = store.run_json(&["key", "generate"]);
    assert_eq!(code, Some(0), "{said}");
    let (id, new) = (new["keyId"].as_str().unwrap(), new["key"].as_str().unwrap());
    let both = format!("{new},{old}");
    let (code, report, said) = run(&both, &["key", "rotate"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        (report["keyId"].as_str(), &report["resumed"]),
        (Some(id), &json!(true))
    );
    let (code, _, said) = run(&both, &["key", "forget", "--yes"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("leave only the first in it"), "{said}");

    let server = Server::start_with(&store, &[("TENANTRY_MASTER_KEY", new)]);
    reveal(&server.client(), &[(2, admin)]).await;
    assert!(!store.key_file().exists());
}

async fn no_store(store: Store) {
    for command in [
        &["key", "list"][..],
        &["key", "rotate"],
        &["key", "forget"],
        &["audit", "verify"],
    ] {
        let (code, _, said) = store.run_json(command);
        assert_eq!(code, Some(2), "{said}");
        let expected = if store.database().is_some() {
            "the store is new"
        } else {
            "there is no store in"
        };
        assert!(said.contains(expected), "{said}");
        assert!(!store.key_file().exists() && !store.sqlite_file().exists());
    }
}
