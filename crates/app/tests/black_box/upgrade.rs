//! A store that the first release wrote is brought up to date and works as before.
//!
//! `fixtures/` has the rows of two such stores, one of each kind, made by that release: a first start, then a user created with a
//! password and changed. Their key and secrets are those of no deployment.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::json;

use crate::support::{Secrets, Server, Store};

on_both_stores! {
    a_store_of_the_first_release_works => first_release;
}

const KEY: &str = "tenantry-master-key:v1:e7639f49-f2f0-42ce-813f-c5d0f803a2e9:UWo6QTLaxHy5n6CKe3GUTyWxjuXm_4Q0LndmzbpUy7c\n";

/// Rows, and the secrets in them: of the organization, its administrator, and Frodo.
struct Fixture {
    sql: &'static str,
    organization: &'static str,
    admin: &'static str,
    frodo: &'static str,
}

const SQLITE: Fixture = Fixture {
    sql: include_str!("fixtures/0001-sqlite.sql"),
    organization: "to_QmNmvSn2P0leYfnASosmWbAkRZm48EkTxVaNppR63quTMV",
    admin: "tu_fsVcB60BCGGMC78ICJaofBXkEjY4YH3OFAWFJjZM2I6w91",
    frodo: "tu_8dG0JDE9guV0k1CZq4Xstyul0Cb4ERMjWl4kJai03Kco3f",
};

const POSTGRES: Fixture = Fixture {
    sql: include_str!("fixtures/0001-postgres.sql"),
    organization: "to_huC37Jt07q42koDssmSLbNBkpIb2TqbWjCtv50q72wpRwD",
    admin: "tu_V6zcGu32SmktdqrURWEcyoix4eGqWeADcyA4cMJd0JOeMa",
    frodo: "tu_anZuQYr7LyrGg0sp3VhBB8h4EWdjBKHbQ7uV1Tpv0mUGFM",
};

async fn first_release(store: Store) {
    let fixture = if store.database().is_some() {
        POSTGRES
    } else {
        SQLITE
    };
    fs::create_dir(store.data_dir()).unwrap();
    fs::write(store.key_file(), KEY).unwrap();
    fs::set_permissions(store.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    store.execute(fixture.sql).await;

    let server = Server::start(&store);
    assert!(server.report().get("firstOrganization").is_none());
    let client = server.client();
    let secrets = |user: &str| Secrets {
        user: user.to_owned(),
        organization: fixture.organization.to_owned(),
    };
    let (admin, frodo) = (secrets(fixture.admin), secrets(fixture.frodo));
    let shown = client.get("/users/3", &frodo).await.ok();
    assert_eq!(
        [&shown["secret"], &shown["city"], &shown["email"]],
        [
            &json!(fixture.frodo),
            &json!("Bree"),
            &json!("frodo@shire.example")
        ]
    );
    client
        .log_in("frodo@shire.example", "Ring-bearer-1")
        .await
        .ok();
    let listed = client.get("/users", &admin).await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let new = json!({"name": "Tickets", "element": {"key": "jira"}});
    client.post("/instances", &frodo, &new).await.ok();
    let elements = client.get("/elements", &frodo).await.ok();
    assert_eq!(elements[0]["key"], "jira");
    server.stop();

    // What was recorded before there was a chain is in it now: 3 and 5 records of then, one of now.
    let (code, proof, said) = store.run_json(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{said}");
    let records: Vec<_> = proof["organizations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["records"].clone())
        .collect();
    assert_eq!(records, [3, 6]);
    let (code, report, said) = store.run_json(&["key", "rotate"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        (&report["unreadable"], &report["resumed"]),
        (&json!(0), &json!(false))
    );
}
