//! What moves: an organization that is put together through the API of the server that it comes from.

use std::fmt::Write as _;
use std::thread;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::Options;
use super::http::Connection;
use super::server::Server;

/// How many connections fill the server.
const HANDS: usize = 8;

pub(super) struct World {
    pub(super) user_secret: String,
    pub(super) organization_secret: String,
    /// E-mail and secret of every user beside the first.
    pub(super) users: Vec<(String, String)>,
}

impl World {
    pub(super) fn fill(server: &Server, options: &Options) -> Result<Self> {
        let created = server.run(&[
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
        ])?;
        let text = |name: &str| created[name].as_str().unwrap_or_default().to_owned();
        let mut world = Self {
            user_secret: text("userSecret"),
            organization_secret: text("organizationSecret"),
            users: Vec::new(),
        };
        let admin = world.authorization(&world.user_secret);
        let mut connection = Connection::open(&server.address)?;
        let mut accounts = vec![created["accountId"].clone()];
        for number in 0..options.accounts {
            let body = json!({"externalId": format!("account-{number}")});
            accounts.push(connection.call("POST", "/accounts", &admin, &body)?["id"].clone());
        }
        world.users = many(server, options.users, |connection, number| {
            let email = format!("u{number}@shire.example");
            let roles = if number % 10 == 0 {
                json!([{"key": "admin"}])
            } else {
                json!([])
            };
            let body = json!({"firstName": "Frodo", "lastName": "Baggins", "email": email, "active": number % 13 != 0,
                "city": "Hobbiton", "roles": roles});
            let account = &accounts[number % accounts.len()];
            let path = format!("/accounts/{account}/users");
            let user = connection.call("POST", &path, &admin, &body)?;
            let secret = user["secret"].as_str().context("no secret")?;
            Ok((email, secret.to_owned()))
        })?;
        let active: Vec<_> = (0..options.users)
            .filter(|number| number % 13 != 0)
            .collect();
        many(server, options.instances, |connection, number| {
            let (_, secret) = &world.users[active[number % active.len()]];
            let element = format!("element-{}", number % 40);
            let body = json!({
                "name": format!("Instance {number}"),
                "element": {"key": element},
                "tags": ["first", "second"],
                "configuration": {"host": "crm.example", "port": "8443", "password": "s3cret"},
            });
            connection.call("POST", "/instances", &world.authorization(secret), &body)
        })?;
        Ok(world)
    }

    pub(super) fn authorization(&self, user: &str) -> String {
        format!("User {user}, Organization {}", self.organization_secret)
    }

    /// What `--user-secrets` takes.
    pub(super) fn csv(&self) -> String {
        let mut csv = String::from("email,secret\n");
        for (email, secret) in &self.users {
            // Writing to a text cannot fail.
            let _ = writeln!(csv, "{email},{secret}");
        }
        csv
    }

    /// Whether the old secrets of some users, and the numbers behind them, are the same on both servers.
    pub(super) fn compare(&self, there: &Server, here: &Server) -> Result<usize> {
        let mut there = Connection::open(&there.address)?;
        let mut here = Connection::open(&here.address)?;
        let active = self.users.iter().enumerate();
        let some = active.filter(|(number, _)| number % 13 != 0).step_by(97);
        let mut compared = 0;
        for (_, (email, secret)) in some {
            let authorization = self.authorization(secret);
            for path in [format!("/users/{email}"), "/instances".to_owned()] {
                let [old, new] = [&mut there, &mut here]
                    .map(|server| server.call("GET", &path, &authorization, &Value::Null));
                let (mut old, mut new) = (old?, new?);
                forget(&mut old);
                forget(&mut new);
                anyhow::ensure!(old == new, "{path} of {email} differs: {old} and {new}");
            }
            compared += 1;
        }
        Ok(compared)
    }
}

/// Leaves out what both servers count for themselves.
fn forget(value: &mut Value) {
    if let Value::Array(items) = value {
        items.iter_mut().for_each(forget);
    }
    if let Some(object) = value.as_object_mut() {
        object.remove("updatedDate");
    }
}

/// Does something so many times, over several connections; in their order.
fn many<T: Send>(
    server: &Server,
    times: usize,
    make: impl Fn(&mut Connection, usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let make = &make;
    let hand = |hand: usize| -> Result<Vec<(usize, T)>> {
        let mut connection = Connection::open(&server.address)?;
        (hand..times)
            .step_by(HANDS)
            .map(|number| Ok((number, make(&mut connection, number)?)))
            .collect()
    };
    let hand = &hand;
    let mut all = thread::scope(|scope| -> Result<Vec<(usize, T)>> {
        let hands: Vec<_> = (0..HANDS)
            .map(|number| scope.spawn(move || hand(number)))
            .collect();
        let mut all = Vec::with_capacity(times);
        for hand in hands {
            all.extend(hand.join().map_err(|_| anyhow!("a thread panicked"))??);
        }
        Ok(all)
    })?;
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, one)| one).collect())
}
