//! Callers that servers remember: what is changed of them counts at once where it is changed, and within a second on every
//! other node of one PostgreSQL, and for every other program on one SQLite file.
//!
//! What is promised is a time, so these tests ask until it is over; they never wait.

mod changes;
mod outages;

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::{Client, Secrets, Server, Store, client::send};

/// Within which every other node knows.
const SOON: Duration = Duration::from_secs(1);
const PASSWORD: &str = "Ring-bearer-1";

/// The servers of one store. One of them takes changes; the other, if there is one, hears of them.
struct Nodes {
    taking: Server,
    hearing: Option<Server>,
    admin: Secrets,
    store: Store,
}

/// Somebody with an account of the own, and how to call as that user.
struct Hobbit {
    id: i64,
    account: i64,
    email: String,
    authorization: String,
}

impl Nodes {
    fn one(store: Store) -> Self {
        let taking = Server::start(&store);
        Self {
            admin: taking.first(),
            taking,
            hearing: None,
            store,
        }
    }

    /// Two of them. The one that was started first takes the changes, or the other one.
    fn two(store: Store, first_takes: bool) -> Self {
        let (first, second) = (Server::start(&store), Server::start(&store));
        let admin = first.first();
        let (taking, hearing) = if first_takes {
            (first, second)
        } else {
            (second, first)
        };
        Self {
            taking,
            hearing: Some(hearing),
            admin,
            store,
        }
    }

    fn client(&self) -> Client {
        self.taking.client()
    }

    fn all(&self) -> Vec<Client> {
        let servers = std::iter::once(&self.taking).chain(&self.hearing);
        servers.map(Server::client).collect()
    }

    /// Creates somebody who has the role `admin`.
    async fn hobbit(&self, name: &str) -> Hobbit {
        let (client, admin) = (self.client(), &self.admin);
        let account = json!({"name": name, "externalId": name});
        let account = client.post("/accounts", admin, &account).await.ok();
        let account = account["id"].as_i64().unwrap();
        let email = format!("{name}@shire.example");
        let user = json!({
            "firstName": name, "lastName": "Hobbit", "email": email, "password": PASSWORD, "roles": [{"key": "admin"}],
        });
        let path = format!("/accounts/{account}/users");
        let user = client.post(&path, admin, &user).await.ok();
        let (secret, organization) = (user["secret"].as_str().unwrap(), &admin.organization);
        Hobbit {
            id: user["id"].as_i64().unwrap(),
            account,
            email,
            authorization: format!("User {secret}, Organization {organization}"),
        }
    }

    /// A request of the administrator to the node that takes changes.
    fn by_admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.client().request(method, path, &self.admin)
    }

    /// Changes whether a user is active, so that nobody is told.
    async fn silently(&self, id: i64, active: bool) {
        let sql = format!(
            "BEGIN; ALTER TABLE users DISABLE TRIGGER users_tell; \
             UPDATE users SET active = {active} WHERE id = {id}; \
             ALTER TABLE users ENABLE TRIGGER users_tell; COMMIT"
        );
        self.store.execute(&sql).await;
    }

    /// Waits until all nodes remember whoever calls: they go on answering although the caller may not call any more, and
    /// nobody told them.
    async fn until_remembering(&self, hobbit: &Hobbit) {
        for client in self.all() {
            loop {
                self.silently(hobbit.id, true).await;
                let known = status(&client, "/organizations/me", &hobbit.authorization);
                assert_eq!(known.await, 200);
                self.silently(hobbit.id, false).await;
                let remembered = status(&client, "/organizations/me", &hobbit.authorization);
                if remembered.await == 200 {
                    break;
                }
            }
        }
        self.silently(hobbit.id, true).await;
    }
}

/// What is answered to somebody.
async fn status(client: &Client, path: &str, authorization: &str) -> u16 {
    let request = client.request_as(Method::GET, path, Some(authorization));
    send(request).await.status
}

/// Asks until the answer is `expected`. Nobody who asks later than [`SOON`] from now may be answered anything else.
async fn soon(client: &Client, path: &str, authorization: &str, expected: u16, what: &str) {
    let changed = now();
    loop {
        let asked = changed.elapsed();
        let found = status(client, path, authorization).await;
        if found == expected {
            return;
        }
        assert!(asked < SOON, "{what}: still {found} after {asked:?}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long a change takes to count"
)]
fn now() -> Instant {
    Instant::now()
}
