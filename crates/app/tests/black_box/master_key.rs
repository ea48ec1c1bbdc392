//! A master key that is missing, wrong or open to others is a refusal to start that changes nothing.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{Server, Store};

on_both_stores! {
    without_its_key_the_store_is_left_alone => refusals;
    the_key_may_come_from_the_environment => from_the_environment;
    the_files_are_for_their_owner_alone => modes;
}

fn key_id(text: &str) -> &str {
    text.split(':').nth(2).unwrap()
}

async fn refusals(store: Store) {
    let server = Server::start(&store);
    let secrets = server.first();
    server.stop();
    let before = store.rows().await;
    let key = fs::read_to_string(store.key_file()).unwrap();
    let file = store.key_file().display().to_string();
    let commands: [&[&str]; 2] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &[
            "org",
            "create",
            "--name",
            "A",
            "--admin-email",
            "a@b.example",
            "--admin-first-name",
            "A",
            "--admin-last-name",
            "B",
        ],
    ];
    let refused_with = |expected: &str| {
        for command in commands {
            let output = store.run(command);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert_eq!(
                said.lines().last(),
                Some(format!("error: {expected}").as_str())
            );
            assert_eq!(output.stdout, b"");
        }
    };

    fs::remove_file(store.key_file()).unwrap();
    refused_with(&format!(
        "the master key is missing: the store was initialized with the key {}; put that key into the file {file} (mode \
         0600) or into TENANTRY_MASTER_KEY. No new key is made for a store that was initialized before, because its secrets \
         could not be read with it",
        key_id(&key)
    ));
    assert!(!store.key_file().exists());

    let other = Store::sqlite();
    Server::start(&other).stop();
    fs::copy(other.key_file(), store.key_file()).unwrap();
    let wrong = fs::read_to_string(store.key_file()).unwrap();
    refused_with(&format!(
        "the master key is wrong: the store was initialized with the key {right}, but the file {file} holds the key {wrong}; \
         put the key {right} there, or name the store that the key {wrong} belongs to",
        right = key_id(&key),
        wrong = key_id(&wrong)
    ));

    fs::write(store.key_file(), &key).unwrap();
    fs::set_permissions(store.key_file(), fs::Permissions::from_mode(0o644)).unwrap();
    refused_with(&format!(
        "the master key in {file} is open to others (mode 0644); run: chmod 600 '{file}'"
    ));

    fs::set_permissions(store.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(store.key_file(), "").unwrap();
    refused_with(&format!(
        "{file} holds no master key: it is empty; bring the key back from a backup, or, if nothing was ever sealed with it, \
         remove it and start anew"
    ));

    assert!(
        store.rows().await == before,
        "a refused start changed the store"
    );
    fs::write(store.key_file(), &key).unwrap();
    let server = Server::start(&store);
    server.client().get("/users", &secrets).await.ok();
}

async fn from_the_environment(store: Store) {
    let server = Server::start(&store);
    let secrets = server.first();
    server.stop();
    let key = fs::read_to_string(store.key_file()).unwrap();
    fs::remove_file(store.key_file()).unwrap();
    let server = Server::start_with(&store, &[("TENANTRY_MASTER_KEY", &key)]);
    server.client().get("/users", &secrets).await.ok();
    server.stop();
    assert!(!store.key_file().exists());

    let output = store
        .command(&["serve"])
        .env("TENANTRY_MASTER_KEY", "t0p-s3cret")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.ends_with(
            "error: the environment variable TENANTRY_MASTER_KEY cannot be used\n  caused by: this is no master key: it does \
             not begin with `tenantry-master-key:`\n"
        ),
        "{said}"
    );
    assert!(!said.contains("t0p-s3cret"), "{said}");
}

async fn modes(store: Store) {
    let server = Server::start(&store);
    server.client().get("/users", &server.first()).await.ok();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store.data_dir()), 0o700);
    for entry in fs::read_dir(store.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
