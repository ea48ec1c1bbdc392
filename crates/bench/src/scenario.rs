//! What is asked of the server, and of the anchor beside it.

use std::sync::Arc;

use crate::{
    load::Requests,
    seed::{CITIES, FIRST, email},
    subject::Credentials,
};

/// The seeded world.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) users: u64,
    pub(crate) credentials: Credentials,
}

/// One row of the table.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) connections: &'static [u64],
    /// The goal, as a ratio to the anchor.
    pub(crate) goal: fn(store: &str, connections: u64) -> Option<f64>,
    pub(crate) subject: Requests,
    /// `None`: the scenario is compared with another one, or with nothing.
    pub(crate) anchor: Option<Requests>,
    /// What the server answers.
    pub(crate) status: u16,
}

const ALL: &[u64] = &[1, 8, 64];
const BUSY: &[u64] = &[64];

/// Numbers that jump about in the users, the same for both programs.
fn place(number: u64, users: u64) -> u64 {
    FIRST + number.wrapping_mul(2_654_435_761) % users
}

fn reads(store: &str, connections: u64) -> Option<f64> {
    match (store, connections) {
        ("postgres", 64) => Some(1.5),
        ("postgres", 1) => Some(0.95),
        ("sqlite", 64) => Some(1.0),
        _ => None,
    }
}

/// All of them, in the order of the table.
#[expect(
    clippy::too_many_lines,
    reason = "the table of contents of the benchmark"
)]
pub(crate) fn all(world: &World) -> Vec<Scenario> {
    let users = world.users;
    let get = |path: Arc<dyn Fn(u64) -> String + Send + Sync>| -> Requests {
        let authorization = world.credentials.authorization.clone();
        Arc::new(move |number| {
            let path = path(number);
            format!("GET {path} HTTP/1.1\r\nHost: load\r\nAuthorization: {authorization}\r\n\r\n")
                .into_bytes()
        })
    };
    let fixed = |path: &'static str| get(Arc::new(move |_| path.to_owned()));
    let post = |path: &'static str, mark: &'static str| -> Requests {
        let authorization = world.credentials.authorization.clone();
        Arc::new(move |number| {
            let body = format!(
                r#"{{"firstName":"New{number}","lastName":"User{number}","email":"{mark}{number}@new.example"}}"#
            );
            format!(
                "POST {path} HTTP/1.1\r\nHost: load\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        })
    };
    let unknown: Requests = Arc::new(|_| {
        b"GET /elements/api-v2/users/3 HTTP/1.1\r\nHost: load\r\nAuthorization: User tu_mistyped, Organization to_mistyped\r\n\r\n"
            .to_vec()
    });
    let page = |before: u64| FIRST.saturating_sub(1) + before;
    let far = page(users.saturating_sub(400));
    vec![
        Scenario {
            name: "get user by id",
            connections: ALL,
            goal: reads,
            subject: get(Arc::new(move |n| {
                format!("/elements/api-v2/users/{}", place(n, users))
            })),
            anchor: Some(get(Arc::new(move |n| {
                format!("/users/{}", place(n, users))
            }))),
            status: 200,
        },
        Scenario {
            name: "get user by e-mail",
            connections: ALL,
            goal: reads,
            subject: get(Arc::new(move |n| {
                format!("/elements/api-v2/users/{}", email(place(n, users)))
            })),
            anchor: Some(get(Arc::new(move |n| {
                format!("/by-email/{}", email(place(n, users)))
            }))),
            status: 200,
        },
        Scenario {
            name: "401 by checksum",
            connections: BUSY,
            goal: |_, _| Some(0.7),
            subject: unknown,
            anchor: Some(fixed("/static")),
            status: 401,
        },
        Scenario {
            name: "health",
            connections: BUSY,
            goal: |_, _| Some(0.7),
            subject: fixed("/healthz"),
            anchor: Some(fixed("/static")),
            status: 200,
        },
        Scenario {
            name: "list 200, first page",
            connections: &[8],
            goal: |_, _| Some(0.9),
            subject: fixed("/elements/api-v2/organizations/users?pageSize=200"),
            anchor: Some(fixed("/users?organization=2&after=0")),
            status: 200,
        },
        Scenario {
            name: "list 200, where city =",
            connections: &[8],
            goal: |_, _| Some(0.9),
            subject: get(Arc::new(|n| {
                format!(
                    "/elements/api-v2/organizations/users?pageSize=200&where=city%3D%27City%20{}%27",
                    n % CITIES
                )
            })),
            anchor: Some(get(Arc::new(|n| {
                format!("/users?organization=2&after=0&city=City%20{}", n % CITIES)
            }))),
            status: 200,
        },
        Scenario {
            name: "list 200, far page (id >)",
            connections: &[8],
            goal: |_, _| Some(0.9),
            subject: get(Arc::new(move |_| {
                format!("/elements/api-v2/organizations/users?pageSize=200&where=id%3E{far}")
            })),
            anchor: Some(get(Arc::new(move |_| {
                format!("/users?organization=2&after={far}")
            }))),
            status: 200,
        },
        Scenario {
            name: "LIKE prefix",
            connections: &[8],
            goal: |_, _| None,
            subject: get(Arc::new(move |n| {
                format!(
                    "/elements/api-v2/organizations/users?pageSize=20&where=lastName%20LIKE%20%27last{}%25%27",
                    place(n, users)
                )
            })),
            anchor: None,
            status: 200,
        },
        Scenario {
            name: "LIKE infix",
            connections: &[8],
            goal: |_, _| None,
            subject: get(Arc::new(move |n| {
                format!(
                    "/elements/api-v2/organizations/users?pageSize=20&where=email%20LIKE%20%27%25er{}%40%25%27",
                    place(n, users)
                )
            })),
            anchor: None,
            status: 200,
        },
        Scenario {
            name: "create user",
            connections: BUSY,
            goal: |store, _| Some(if store == "sqlite" { 8.0 } else { 0.8 }),
            subject: post("/elements/api-v2/organizations/users", "s"),
            anchor: Some(post("/users", "a")),
            status: 200,
        },
    ]
}
