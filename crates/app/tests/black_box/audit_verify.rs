//! `tenantry audit verify` finds what somebody did to the audit log in the database.

use serde_json::{Value, json};

use crate::support::{Server, Store};

on_both_stores! {
    a_log_that_nobody_touched_is_whole => untouched;
    what_was_done_to_the_log_is_found_and_named => tampered;
    a_log_that_was_written_anew_is_not_the_one_that_was_kept => written_anew;
}

/// The Shire of the first start is organization 2.
const RECORD: &str = "audit_records WHERE organization_id = 2 AND position = 2";

async fn create_user(server: &Server, admin: &crate::support::Secrets, email: &str) {
    let body = json!({"firstName": "F", "lastName": "B", "email": email});
    let client = server.client();
    client.post("/organizations/users", admin, &body).await.ok();
}

/// Exit code, result, and the entry of organization 2.
fn verify(store: &Store, more: &[&str]) -> (Option<i32>, Value, String) {
    let arguments = [&["audit", "verify"], more].concat();
    let (code, proof, said) = store.run_json(&arguments);
    let organizations = proof["organizations"].as_array().cloned();
    let ours = organizations
        .unwrap_or_default()
        .into_iter()
        .find(|entry| entry["organizationId"] == 2);
    (code, ours.unwrap_or(Value::Null), said)
}

fn fault(store: &Store) -> String {
    let (code, ours, said) = verify(store, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(
            "the audit log is not whole in 1 of 2 organizations; the first: organization 2: "
        ),
        "{said}"
    );
    ours["fault"].as_str().unwrap().to_owned()
}

async fn untouched(store: Store) {
    let server = Server::start(&store);
    let admin = server.first();
    create_user(&server, &admin, "frodo@shire.example").await;
    // What is not linked yet is linked when the server stops.
    server.stop();
    let (code, proof, said) = store.run_json(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{said}");
    let numbers: Vec<_> = proof["organizations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["organizationId"].clone(),
                entry["records"].clone(),
                entry["unlinked"].clone(),
                entry["fault"].clone(),
            )
        })
        .collect();
    assert_eq!(proof["whole"], true);
    assert_eq!(
        numbers,
        [
            (json!(1), json!(3), json!(0), Value::Null),
            (json!(2), json!(4), json!(0), Value::Null),
        ]
    );

    // Its head stays in the chain, while that grows.
    let head = proof["organizations"][1]["head"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(head.starts_with("4:") && head.len() == 66, "{head}");
    let server = Server::start(&store);
    create_user(&server, &admin, "sam@shire.example").await;
    let expecting = ["--organization", "2", "--expect", &head];
    assert_eq!(verify(&store, &expecting).0, Some(0));
    server.stop();
    let (code, ours, _) = verify(&store, &expecting);
    assert_eq!((code, &ours["records"]), (Some(0), &json!(5)));

    let text = String::from_utf8(store.run(&["audit", "verify"]).stdout).unwrap();
    assert!(
        text.starts_with("organization 1: whole\n  records 3, not linked yet 0, head 3:"),
        "{text}"
    );
    assert_eq!(verify(&store, &["--organization", "77"]).0, Some(2));
    assert_eq!(verify(&store, &["--expect", &head]).0, Some(2));
}

async fn tampered(store: Store) {
    let server = Server::start(&store);
    create_user(&server, &server.first(), "frodo@shire.example").await;
    server.stop();
    assert_eq!(verify(&store, &[]).0, Some(0));

    let alter = |by: &str| {
        format!(
            "UPDATE {}",
            RECORD.replace(" WHERE", &format!(" SET target_id = target_id {by} WHERE"))
        )
    };
    store.execute(&alter("+ 1")).await;
    let said = fault(&store);
    assert!(
        said.starts_with("the record ")
            && said.ends_with(", at position 2, is not the one that was linked there"),
        "{said}"
    );
    store.execute(&alter("- 1")).await;
    assert_eq!(verify(&store, &[]).0, Some(0));

    let columns = "organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new";
    store
        .execute(&format!(
            "INSERT INTO audit_records ({columns}, position, hash) SELECT {columns}, 5, hash FROM {RECORD}"
        ))
        .await;
    assert_eq!(
        fault(&store),
        "a record stands beyond the end of the chain, at position 5"
    );
    store
        .execute("DELETE FROM audit_records WHERE organization_id = 2 AND position = 5")
        .await;
    assert_eq!(verify(&store, &[]).0, Some(0));

    store.execute(&format!("DELETE FROM {RECORD}")).await;
    assert_eq!(fault(&store), "the record at position 2 is missing");
    // The server goes on, and so does the fault.
    Server::start(&store).stop();
    assert_eq!(fault(&store), "the record at position 2 is missing");

    store
        .execute("UPDATE audit_heads SET end_position = end_position - 1 WHERE organization_id = 2")
        .await;
    assert_eq!(
        fault(&store),
        "the head of the chain is not signed by a key of this deployment"
    );
    store
        .execute("DELETE FROM audit_heads WHERE organization_id = 2")
        .await;
    assert_eq!(fault(&store), "the head of the chain is missing");
}

async fn written_anew(store: Store) {
    let server = Server::start(&store);
    create_user(&server, &server.first(), "frodo@shire.example").await;
    server.stop();
    let head = verify(&store, &[]).1["head"].as_str().unwrap().to_owned();
    store
        .execute(&format!(
            "UPDATE {}; UPDATE audit_records SET position = NULL, hash = NULL WHERE organization_id = 2; \
             DELETE FROM audit_heads WHERE organization_id = 2",
            RECORD.replace(" WHERE", " SET target_id = 99 WHERE")
        ))
        .await;
    // The server links what it finds, so the chain alone looks whole.
    Server::start(&store).stop();
    assert_eq!(verify(&store, &[]).0, Some(0));
    let (code, ours, said) = verify(&store, &["--organization", "2", "--expect", &head]);
    assert_eq!(code, Some(1), "{said}");
    let expectation = ours["expectation"].as_str().unwrap();
    assert!(
        expectation
            .starts_with("at position 4 the chain is another one than when the head was kept"),
        "{expectation}"
    );

    let beyond = format!("9{head}");
    let (code, ours, _) = verify(&store, &["--organization", "2", "--expect", &beyond]);
    assert_eq!(code, Some(1));
    let expectation = ours["expectation"].as_str().unwrap();
    assert!(
        expectation.starts_with("the chain ends before position 94"),
        "{expectation}"
    );
}
