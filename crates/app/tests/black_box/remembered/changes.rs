//! Every kind of change.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::{Hobbit, Nodes, PASSWORD, soon, status};
use crate::support::{Store, client::send, run};

#[test]
fn changes_count_at_once_on_sqlite() {
    run(async { every_change(Nodes::one(Store::sqlite())).await });
}

#[test]
fn changes_on_the_first_node_count_on_the_second() {
    run(async { on_two_nodes(true).await });
}

#[test]
fn changes_on_the_second_node_count_on_the_first() {
    run(async { on_two_nodes(false).await });
}

#[test]
fn changes_by_another_program_on_the_same_file_count() {
    run(async {
        let nodes = Nodes::one(Store::sqlite());
        let client = nodes.client();
        let (merry, pippin) = (nodes.hobbit("merry").await, nodes.hobbit("pippin").await);
        let gone = ["users", "delete", &pippin.email, "--yes"];
        let inactive = ["users", "update", &merry.email, "--active", "false"];
        let reset = ["org", "secret-reset", "--yes"];
        let admin = nodes.admin.header();
        for (command, whose) in [
            (&gone[..], &pippin.authorization),
            (&inactive[..], &merry.authorization),
            (&reset[..], &admin),
        ] {
            for _ in 0..3 {
                assert_eq!(status(&client, "/organizations/me", whose).await, 200);
            }
            let output = nodes.store.run(command);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            soon(&client, "/organizations/me", whose, 401, command[1]).await;
        }
    });
}

#[test]
fn changes_count_behind_a_pooler_of_transactions() {
    run(async {
        let nodes = Nodes::two(Store::pooled().await, true);
        let somebody = nodes.hobbit("somebody").await;
        nodes.until_remembering(&somebody).await;
        every_change(nodes).await;
    });
}

async fn on_two_nodes(first_takes: bool) {
    let nodes = Nodes::two(Store::postgres().await, first_takes);
    let somebody = nodes.hobbit("somebody").await;
    nodes.until_remembering(&somebody).await;
    every_change(nodes).await;
}

/// What a change is tried with.
struct Trial<'a> {
    nodes: &'a Nodes,
    what: &'static str,
    path: &'a str,
    authorization: &'a str,
}

impl Trial<'_> {
    /// Makes the change, once all nodes have answered `before` several times: from then on the answer is `after`.
    async fn of(&self, before: u16, after: u16, change: RequestBuilder) {
        let (path, whose) = (self.path, self.authorization);
        for client in self.nodes.all() {
            for _ in 0..3 {
                let found = status(&client, path, whose).await;
                assert_eq!(found, before, "{}, before", self.what);
            }
        }
        send(change).await.ok();
        let taking = status(&self.nodes.client(), path, whose).await;
        assert_eq!(taking, after, "{}, at once", self.what);
        if let Some(hearing) = &self.nodes.hearing {
            soon(&hearing.client(), path, whose, after, self.what).await;
        }
    }
}

async fn every_change(nodes: Nodes) {
    of_users(&nodes).await;
    of_accounts(&nodes).await;
    of_what_is_presented(&nodes).await;
    of_roles(&nodes).await;
    of_the_organization(&nodes).await;
    for server in std::iter::once(nodes.taking).chain(nodes.hearing) {
        let log = server.stop();
        assert!(!log.contains("\"level\":\"WARN\""), "{log}");
    }
}

fn trial<'a>(nodes: &'a Nodes, what: &'static str, hobbit: &'a Hobbit) -> Trial<'a> {
    Trial {
        nodes,
        what,
        path: "/organizations/me",
        authorization: &hobbit.authorization,
    }
}

async fn of_users(nodes: &Nodes) {
    let (sam, rosie) = (nodes.hobbit("sam").await, nodes.hobbit("rosie").await);
    let path = format!("/users/{}", sam.id);
    let active = |active: bool| {
        let change = nodes.by_admin(Method::PATCH, &path);
        change.json(&json!({"active": active}))
    };
    let of_sam = |what| trial(nodes, what, &sam);
    of_sam("deactivated").of(200, 401, active(false)).await;
    of_sam("activated").of(401, 200, active(true)).await;
    let delete = nodes.by_admin(Method::DELETE, &format!("/users/{}", rosie.id));
    trial(nodes, "deleted", &rosie).of(200, 401, delete).await;
}

async fn of_accounts(nodes: &Nodes) {
    let lotho = nodes.hobbit("lotho").await;
    let path = format!("/accounts/{}", lotho.account);
    let delete = nodes.by_admin(Method::DELETE, &path);
    trial(nodes, "account closed", &lotho)
        .of(200, 401, delete)
        .await;
}

async fn of_what_is_presented(nodes: &Nodes) {
    let bilbo = nodes.hobbit("bilbo").await;
    let client = nodes.client();
    let own =
        |method: Method, path: &str| client.request_as(method, path, Some(&bilbo.authorization));

    let new = json!({"name": "Tickets", "element": {"key": "jira"}});
    let instance = send(own(Method::POST, "/instances").json(&new)).await.ok();
    let token = instance["token"].as_str().unwrap();
    let user = bilbo.authorization.split(',').next().unwrap();
    let through = Trial {
        nodes,
        what: "instance deleted",
        path: "/instances/configuration",
        authorization: &format!("{user}, Element {token}"),
    };
    let delete = own(Method::DELETE, &format!("/instances/{}", instance["id"]));
    through.of(200, 401, delete).await;

    let login = client.log_in(&bilbo.email, PASSWORD).await.ok();
    let by_token = Trial {
        nodes,
        what: "password changed",
        path: "/organizations/me",
        authorization: &format!("Bearer {}", login["token"].as_str().unwrap()),
    };
    let change = own(Method::POST, "/authentication/passwords");
    let change = change.json(&json!({"password": "Second-breakfast-2"}));
    by_token.of(200, 401, change).await;

    let reset = own(Method::POST, "/authentication/user-secret-reset");
    trial(nodes, "secret reset", &bilbo)
        .of(200, 401, reset)
        .await;
}

async fn of_roles(nodes: &Nodes) {
    let fatty = nodes.hobbit("fatty").await;
    let of_fatty = |what| Trial {
        path: "/users",
        ..trial(nodes, what, &fatty)
    };
    for holder in [
        format!("/users/{}/roles/admin", fatty.id),
        format!("/accounts/{}/roles/admin", fatty.account),
    ] {
        if holder.starts_with("/accounts") {
            let grant = nodes.by_admin(Method::PUT, &holder);
            of_fatty("role granted").of(403, 200, grant).await;
        }
        let revoke = nodes.by_admin(Method::DELETE, &holder);
        of_fatty("role revoked").of(200, 403, revoke).await;
    }
    let grant = nodes.by_admin(Method::PUT, &format!("/users/{}/roles/admin", fatty.id));
    of_fatty("role granted").of(403, 200, grant).await;
    let nothing = nodes.by_admin(Method::PUT, "/organizations/roles");
    let nothing = nothing.json(&json!([{"key": "admin", "privileges": []}]));
    of_fatty("role changed").of(200, 403, nothing).await;
    let reset = nodes.by_admin(Method::PUT, "/organizations/roles/reset");
    of_fatty("roles reset").of(403, 200, reset).await;
}

/// The last: it ends whatever was known.
async fn of_the_organization(nodes: &Nodes) {
    let (rory, daisy) = (nodes.hobbit("rory").await, nodes.hobbit("daisy").await);
    // No call does this; the operator may, in the database.
    for (active, expected) in [(false, 401), (true, 200)] {
        for client in nodes.all() {
            status(&client, "/organizations/me", &rory.authorization).await;
        }
        let sql = format!("UPDATE organizations SET active = {active} WHERE id = 2");
        nodes.store.execute(&sql).await;
        for client in nodes.all() {
            let path = "/organizations/me";
            soon(&client, path, &rory.authorization, expected, "closed").await;
        }
    }
    let reset = nodes.by_admin(Method::POST, "/organizations/secret-reset");
    let of_daisy = trial(nodes, "organization's secret reset", &daisy);
    of_daisy.of(200, 401, reset).await;
}
