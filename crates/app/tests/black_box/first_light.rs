//! The first start on an empty store, and the ones after it.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::support::{Secrets, Server, Store};

on_both_stores! {
    the_printed_line_works_as_pasted => the_printed_line;
    credentials_are_shown_once_and_last => shown_once;
    a_port_in_use_does_not_swallow_the_credentials => port_in_use;
    an_output_that_nobody_reads_does_not_swallow_the_credentials => nobody_reads;
    nodes_that_start_at_once_share_one_first_organization => started_at_once;
}

fn text_command(store: &Store) -> Command {
    store.command(&["--listen", "127.0.0.1:0"])
}

async fn the_printed_line(store: Store) {
    let server = Server::spawn(text_command(&store));
    let value = |label: &str| {
        let line = server
            .announced
            .iter()
            .find_map(|line| line.trim_start().strip_prefix(label));
        line.unwrap_or_else(|| panic!("{label} in {:?}", server.announced))
            .trim()
            .to_owned()
    };
    assert_eq!(
        value("address"),
        format!("http://{}/elements/api-v2", server.address)
    );
    assert_eq!(value("organization "), "First Organization (2)");
    assert_eq!(value("e-mail"), "admin@tenantry.local");
    assert_eq!(value("password").len(), 20);
    assert!(value("user secret").starts_with("tu_"));
    assert!(value("organization secret").starts_with("to_"));
    assert_eq!(
        server.announced.last().unwrap(),
        &format!("listening on http://{}", server.address)
    );

    let curl = format!("curl {}", value("curl"));
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("{curl} -s --noproxy '*' -w '\\n%{{http_code}}'"),
        ])
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (body, status) = output.rsplit_once('\n').unwrap();
    assert_eq!(status, "200", "{body}");
    let users: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["email"], "admin@tenantry.local");

    // The password is the one that was printed: with it the reply has the secret.
    let secrets = Secrets {
        user: value("user secret"),
        organization: value("organization secret"),
    };
    let request = server
        .client()
        .request(
            reqwest::Method::GET,
            "/users/admin@tenantry.local",
            &secrets,
        )
        .header("Elements-User-Password", value("password"));
    assert_eq!(
        crate::support::client::send(request).await.ok()["secret"],
        json!(secrets.user)
    );
}

async fn shown_once(store: Store) {
    let first = Server::start(&store);
    let report = first.report();
    let organization = &report["firstOrganization"];
    let secrets = first.first();
    let curl = format!(
        "curl 'http://{}/elements/api-v2/users' -H 'Authorization: {}'",
        first.address,
        secrets.header()
    );
    assert_eq!(
        report,
        json!({
            "listening": format!("http://{}", first.address),
            "firstOrganization": {
                "organizationId": 2,
                "organizationName": "First Organization",
                "organizationSecret": secrets.organization,
                "accountId": 2,
                "userId": 2,
                "email": "admin@tenantry.local",
                "password": organization["password"],
                "userSecret": secrets.user,
                "curl": curl,
            }
        })
    );
    first.client().get("/users", &secrets).await.ok();
    first.stop();

    let second = Server::start(&store);
    assert_eq!(
        second.report(),
        json!({"listening": format!("http://{}", second.address)})
    );
    second.client().get("/users", &secrets).await.ok();
    second.stop();

    let third = Server::spawn(text_command(&store));
    assert_eq!(
        third.announced,
        [format!("listening on http://{}", third.address)]
    );
}

async fn port_in_use(store: Store) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = store.run(&["serve", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "error: cannot listen on {address}; another program answers there: stop it, or choose another address by --listen\n"
    );
    assert!(said.contains(&expected), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");

    let server = Server::start(&store);
    server.client().get("/users", &server.first()).await.ok();
}

async fn nobody_reads(store: Store) {
    let mut child = text_command(&store)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected = "error: the credentials of the first organization could not be shown: give the server a standard output \
                    that can be written to\n";
    assert!(said.contains(expected), "{said}");

    let server = Server::start(&store);
    server.client().get("/users", &server.first()).await.ok();
}

async fn started_at_once(store: Store) {
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Server::start(&store)))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let shown: Vec<&Server> = servers
        .iter()
        .filter(|server| server.report().get("firstOrganization").is_some())
        .collect();
    assert_eq!(shown.len(), 1);
    let secrets = shown[0].first();
    for server in &servers {
        let users = server.client().get("/users", &secrets).await.ok();
        assert_eq!(users.as_array().unwrap().len(), 1);
    }
}
