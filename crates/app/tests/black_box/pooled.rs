//! Two nodes on one PostgreSQL behind `PgBouncer`, which gives every transaction whichever connection is free.

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    support::{Server, Store, run},
    walk::the_walk,
};

#[test]
fn the_walk_is_the_same() {
    run(async { the_walk(Store::pooled().await).await });
}

#[test]
fn nodes_that_start_at_once_migrate_once() {
    run(async {
        let store = Store::pooled().await;
        let children: Vec<_> = (0..4)
            .map(|_| store.command(&["migrate", "--json"]).spawn().unwrap())
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
    });
}

/// More at once than the pooler has connections, through both nodes; nobody's transaction meets another's.
#[test]
fn what_two_nodes_write_at_once_is_all_there() {
    run(async {
        let store = Store::pooled().await;
        let nodes = [Server::start(&store), Server::start(&store)];
        let (admin, mut calls) = (nodes[0].first(), JoinSet::new());
        for number in 0..60_usize {
            let (client, admin) = (nodes[number % 2].client(), admin.clone());
            calls.spawn(async move {
                let email = format!("user{number}@shire.example");
                let user =
                    json!({"firstName": "User", "lastName": number.to_string(), "email": email});
                let created = client
                    .post("/organizations/users", &admin, &user)
                    .await
                    .ok();
                let path = format!("/users/{}", created["id"]);
                let moved = json!({"city": format!("City {number}")});
                client.patch(&path, &admin, &moved).await.ok();
                let found = client.get(&format!("/users/{email}"), &admin).await.ok();
                assert_eq!(found["city"], format!("City {number}"));
                assert_eq!(found["id"], created["id"]);
            });
        }
        let mut failed = false;
        while let Some(call) = calls.join_next().await {
            failed |= call.is_err();
        }
        if failed {
            let logs = nodes.map(Server::stop);
            panic!("{}", logs.join("\n"));
        }
        let clients = nodes.each_ref().map(Server::client);
        for client in &clients {
            let path = "/organizations/users?pageSize=200&where=city%20LIKE%20'City%20%25'";
            let list = client.get(path, &admin).await.ok();
            assert_eq!(list.as_array().unwrap().len(), 60);
        }
        let user = clients[0].get("/users/user7@shire.example", &admin).await;
        let path = format!("/users/{}", user.ok()["id"]);
        assert_eq!(clients[1].delete(&path, &admin).await.status, 200);
        assert_eq!(clients[0].get(&path, &admin).await.status, 404);
    });
}
