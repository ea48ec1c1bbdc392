//! What is asked of the server, and of the anchor beside it: the table of contents of the benchmark.

use crate::{
    load::Requests,
    request::{self, BASE, Callers, get, get_with, new_user, search, send},
    seed::{people::person, scatter},
    suite::{
        prepare::Prepared,
        world::{Kind, World},
    },
};

/// One scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) connections: &'static [u64],
    /// The goal, as a ratio to the anchor.
    pub(crate) goal: Option<fn(Kind, u64) -> Option<f64>>,
    pub(crate) subject: Requests,
    pub(crate) anchor: Option<Anchor>,
    /// What the server answers.
    pub(crate) statuses: &'static [u16],
    /// For what can be done only once: how many there are of it, for each program.
    pub(crate) supply: Option<u64>,
    pub(crate) note: Option<String>,
}

/// What takes turns with the server.
pub(crate) struct Anchor {
    pub(crate) name: &'static str,
    pub(crate) requests: Requests,
    /// The server itself, asked something else.
    pub(crate) itself: bool,
}

fn anchor(name: &'static str, requests: Requests) -> Anchor {
    Anchor {
        name,
        requests,
        itself: false,
    }
}

/// How many connections.
pub(crate) const ALL: &[u64] = &[1, 8, 64];
pub(crate) const BUSY: &[u64] = &[64];

const OK: &[u16] = &[200];
const SELECT: &str = "one SELECT";

fn reads(kind: Kind, connections: u64) -> Option<f64> {
    match (kind, connections) {
        (Kind::Postgres, 64) => Some(1.5),
        (Kind::Postgres, 1) => Some(0.95),
        (Kind::Sqlite, 64) => Some(1.0),
        _ => None,
    }
}

/// All of them, in the order of the table.
pub(crate) fn all(world: &World, prepared: &Prepared) -> Vec<Scenario> {
    let mut all = by_key(world);
    all.extend(without_store(world, prepared));
    all.extend(lists(world, prepared));
    all.extend(searches(world));
    all.extend(writes(world));
    all
}

fn scenario(name: &'static str, connections: &'static [u64], subject: Requests) -> Scenario {
    Scenario {
        name,
        connections,
        goal: None,
        subject,
        anchor: None,
        statuses: OK,
        supply: None,
        note: None,
    }
}

fn by_key(world: &World) -> Vec<Scenario> {
    let (users, first) = (world.users, world.plan.first);
    let id = move |number| first + scatter(number, users);
    let email = move |number| person(id(number)).email;
    let callers = &world.callers;
    vec![
        Scenario {
            goal: Some(reads),
            anchor: Some(anchor(
                SELECT,
                get(callers, move |n| format!("/users/{}", id(n))),
            )),
            ..scenario(
                "get user by id",
                ALL,
                get(callers, move |n| format!("{BASE}/users/{}", id(n))),
            )
        },
        Scenario {
            goal: Some(reads),
            anchor: Some(anchor(
                SELECT,
                get(callers, move |n| format!("/by-email/{}", email(n))),
            )),
            ..scenario(
                "get user by e-mail",
                ALL,
                get(callers, move |n| format!("{BASE}/users/{}", email(n))),
            )
        },
    ]
}

fn without_store(world: &World, prepared: &Prepared) -> Vec<Scenario> {
    let callers = &world.callers;
    let nobody: Callers = [prepared.mistyped.clone()].into();
    let anonymous: Callers = [].into();
    let one = format!("{BASE}/users/{}", world.plan.first);
    let etag = format!("If-None-Match: {}\r\n", prepared.etag);
    let fixed = |callers: &Callers, bytes: usize| {
        anchor(
            "static body",
            get(callers, move |_| format!("/static/{bytes}")),
        )
    };
    let goal: Option<fn(Kind, u64) -> Option<f64>> = Some(|_, _| Some(0.7));
    vec![
        Scenario {
            goal,
            statuses: &[304],
            anchor: Some(anchor(
                "static body",
                get_with(callers, "/static/0".to_owned(), etag.clone()),
            )),
            ..scenario("304 by ETag", BUSY, get_with(callers, one.clone(), etag))
        },
        Scenario {
            goal,
            statuses: &[401],
            anchor: Some(fixed(&nobody, prepared.refusal_bytes)),
            ..scenario("401 by checksum", BUSY, get(&nobody, move |_| one.clone()))
        },
        Scenario {
            goal,
            anchor: Some(fixed(&anonymous, prepared.health_bytes)),
            ..scenario("health", BUSY, get(&anonymous, |_| "/healthz".to_owned()))
        },
    ]
}

fn lists(world: &World, prepared: &Prepared) -> Vec<Scenario> {
    let (users, first, organization) = (world.users, world.plan.first, world.plan.organization);
    let callers = &world.callers;
    let city = move |number| person(first + scatter(number, users)).city;
    let encode = |text: String| {
        percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let goal: Option<fn(Kind, u64) -> Option<f64>> = Some(|_, _| Some(0.9));
    let (token, after, page) = (prepared.token.clone(), prepared.after, prepared.page);
    let page_one = format!("{BASE}/users?pageSize=200");
    let deep = format!("{page_one}&nextPage={}", encode(token));
    let note = Some(format!("page {page} by its token"));
    vec![
        Scenario {
            goal,
            anchor: Some(anchor(
                SELECT,
                get(callers, move |_| {
                    format!("/users?organization={organization}&after=0")
                }),
            )),
            ..scenario("list 200", BUSY, fixed(callers, page_one.clone()))
        },
        Scenario {
            goal,
            anchor: Some(anchor(
                SELECT,
                get(callers, move |n| {
                    let city = encode(city(n));
                    format!("/users?organization={organization}&after=0&city={city}")
                }),
            )),
            // Everybody of a city may be inactive.
            statuses: &[200, 404],
            ..scenario(
                "list 200 where city =",
                BUSY,
                get(callers, move |n| {
                    search(200, &format!("city = '{}'", city(n)))
                }),
            )
        },
        Scenario {
            goal,
            anchor: Some(anchor(
                SELECT,
                get(callers, move |_| {
                    format!("/users?organization={organization}&after={after}")
                }),
            )),
            note: note.clone(),
            ..scenario("list 200, deep page", BUSY, fixed(callers, deep.clone()))
        },
        Scenario {
            goal: Some(|_, _| Some(0.95)),
            anchor: Some(Anchor {
                name: "page 1 of the server",
                requests: fixed(callers, page_one),
                itself: true,
            }),
            note,
            ..scenario("deep page beside page 1", BUSY, fixed(callers, deep))
        },
    ]
}

fn fixed(callers: &Callers, path: String) -> Requests {
    get(callers, move |_| path.clone())
}

fn searches(world: &World) -> Vec<Scenario> {
    crate::suite::curve::queries(world)
        .into_iter()
        .map(|query| Scenario {
            statuses: &[200, 404],
            ..scenario(query.name, BUSY, request::prepared(query.requests))
        })
        .collect()
}

fn writes(world: &World) -> Vec<Scenario> {
    let (users, first) = (world.users, world.plan.first);
    let spare = world.plan.users - users;
    let id = move |number| first + scatter(number, users);
    let phone = |number: u64| Some(format!(r#"{{"phone":"+1 555 {number}"}}"#));
    let callers = &world.callers;
    let doomed = move |number: u64, half: u64| first + users + half * (spare / 2) + number % ROOM;
    vec![
        Scenario {
            goal: Some(|kind, _| Some(if kind == Kind::Sqlite { 8.0 } else { 0.8 })),
            anchor: Some(anchor(
                "one INSERT",
                send(callers, "POST", |n| {
                    ("/users".to_owned(), Some(new_user("a", n)))
                }),
            )),
            ..scenario(
                "create user",
                BUSY,
                send(callers, "POST", |n| {
                    let path = format!("{BASE}/organizations/users");
                    (path, Some(new_user("s", n)))
                }),
            )
        },
        Scenario {
            anchor: Some(anchor(
                "one UPDATE",
                send(callers, "PATCH", move |n| {
                    (format!("/users/{}", id(n)), phone(n))
                }),
            )),
            ..scenario(
                "patch user",
                BUSY,
                send(callers, "PATCH", move |n| {
                    (format!("{BASE}/users/{}", id(n)), phone(n))
                }),
            )
        },
        Scenario {
            supply: Some(spare / 2),
            anchor: Some(anchor(
                "one DELETE",
                send(callers, "DELETE", move |n| {
                    (format!("/users/{}", doomed(n, 1)), None)
                }),
            )),
            ..scenario(
                "delete user",
                BUSY,
                send(callers, "DELETE", move |n| {
                    (format!("{BASE}/users/{}", doomed(n, 0)), None)
                }),
            )
        },
    ]
}

/// Reads, lists and creations: what memory is taken for.
pub(crate) fn mixed(world: &World) -> Vec<Requests> {
    let (users, first) = (world.users, world.plan.first);
    let callers = &world.callers;
    vec![
        get(callers, move |n| {
            format!("{BASE}/users/{}", first + scatter(n, users))
        }),
        fixed(callers, format!("{BASE}/users?pageSize=200")),
        send(callers, "POST", |n| {
            let path = format!("{BASE}/organizations/users");
            (path, Some(new_user("mixed", n)))
        }),
    ]
}

/// Numbers of a row begin at a multiple of this.
pub(crate) const ROOM: u64 = 100_000_000;
