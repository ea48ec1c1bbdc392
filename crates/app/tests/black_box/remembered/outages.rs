//! Nobody tells a node what the other one changes.

use serde_json::json;

use super::{Hobbit, Nodes, soon, status};
use crate::support::{Store, run};

const ME: &str = "/organizations/me";

#[test]
fn without_a_look_at_changes_the_store_is_asked_for_every_caller() {
    run(async {
        for first_takes in [true, false] {
            let (nodes, sam) = remembering(first_takes).await;
            open_connections(&nodes, &sam).await;
            // They cannot look again.
            let database = nodes.store.database().unwrap();
            database.admit_nobody().await;
            database.end_looks().await;
            every_change_counts(&nodes, &sam).await;
        }
    });
}

#[test]
fn a_node_that_lost_its_connection_looks_again() {
    run(async {
        let (nodes, sam) = remembering(true).await;
        nodes.store.database().unwrap().end_looks().await;
        every_change_counts(&nodes, &sam).await;
        nodes.until_remembering(&sam).await;
        every_change_counts(&nodes, &sam).await;
    });
}

async fn remembering(first_takes: bool) -> (Nodes, Hobbit) {
    let nodes = Nodes::two(Store::postgres().await, first_takes);
    let sam = nodes.hobbit("sam").await;
    nodes.until_remembering(&sam).await;
    (nodes, sam)
}

/// Calls that come at once open connections, which stay open.
async fn open_connections(nodes: &Nodes, hobbit: &Hobbit) {
    let mut calls = tokio::task::JoinSet::new();
    for client in nodes.all() {
        for _ in 0..8 {
            let (client, whose) = (client.clone(), hobbit.authorization.clone());
            calls.spawn(async move { status(&client, "/users", &whose).await });
        }
    }
    assert_eq!(calls.join_all().await, [200; 16]);
}

async fn every_change_counts(nodes: &Nodes, hobbit: &Hobbit) {
    let path = format!("/users/{}", hobbit.id);
    let (client, whose) = (nodes.client(), &hobbit.authorization);
    for (active, expected) in [(false, 401), (true, 200), (false, 401), (true, 200)] {
        let change = json!({"active": active});
        // A node may find all of its connections in use, and cannot open another.
        while client.patch(&path, &nodes.admin, &change).await.status == 503 {}
        for node in nodes.all() {
            soon(&node, ME, whose, expected, "unheard").await;
        }
    }
}
