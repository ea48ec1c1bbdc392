//! `cargo xtask measure-login`: whether a login tells by its time who has an account, and whether many logins hold up those who read.
//! Prints figures and judges nothing: they depend on the machine, and on what else it does.

mod figures;
mod http;
pub(crate) mod server;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use self::{
    figures::{median, percentile},
    http::Connection,
    server::Server,
};

/// How often each kind of login is tried.
const LOGINS: usize = 50;
/// How many wrong logins come at once.
const STORM: usize = 200;
/// How many reads are measured in a round, at least: while nothing else happens, and during storms. Twenty of them lie above the 99th
/// percentile.
const READS: usize = 2000;
/// How many of them come before each storm, so that whatever changes on the machine changes both.
const READS_BETWEEN: usize = 1000;
/// How often the whole is repeated; the middle one counts, so that one bad moment of the machine does not.
const ROUNDS: usize = 5;
const PASSWORD: &str = "Ring-bearer-1";

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    /// Instead of a SQLite file of its own.
    pub(crate) database_url: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = server::build()?;
    let server = Server::start(&program, options.database_url.as_deref())?;
    let users = create_users(&mut server.connect()?, &server)?;
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        // A new connection each time: the server closes one that was idle during storms.
        compare_refusals(&mut server.connect()?, &users, round)?;
        rounds.push(read_in_storms(&server, round)?);
    }
    println!(
        "the middle one of {ROUNDS} rounds\n  {}",
        middle(rounds).context("no round")?
    );
    Ok(())
}

/// The middle one of so many rounds of reads in storms alone, on a store of its own.
pub(crate) fn storms(program: &Path, rounds: usize) -> Result<Reads> {
    let server = Server::start(program, None)?;
    let rounds = (1..=rounds).map(|round| read_in_storms(&server, round));
    middle(rounds.collect::<Result<_>>()?).context("no round")
}

fn middle(mut rounds: Vec<Reads>) -> Option<Reads> {
    rounds.sort_by(|one, other| one.slowdown().total_cmp(&other.slowdown()));
    let place = rounds.len() / 2;
    rounds.into_iter().nth(place)
}

/// One for each login with a wrong password: five would lock a user.
fn create_users(connection: &mut Connection, server: &Server) -> Result<Vec<String>> {
    let emails: Vec<String> = (0..LOGINS)
        .map(|number| format!("user{number}@load.example"))
        .collect();
    for email in &emails {
        let user = json!({"firstName": "U", "lastName": "U", "email": email, "password": PASSWORD});
        let path = "/organizations/users";
        let reply = connection.call("POST", path, Some(&server.authorization), Some(&user))?;
        ensure!(
            reply.status == 200,
            "{path} was answered with {}",
            reply.status
        );
    }
    Ok(emails)
}

/// The two kinds in turn, so that whatever changes on the machine changes both.
fn compare_refusals(connection: &mut Connection, emails: &[String], round: usize) -> Result<()> {
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    for (number, email) in emails.iter().enumerate() {
        let nobody = format!("nobody{number}-{round}@load.example");
        let mut measure = |email: &str, times: &mut Vec<Duration>| -> Result<()> {
            times.push(refused(connection, email)?);
            Ok(())
        };
        if number % 2 == 0 {
            measure(&nobody, &mut unknown)?;
            measure(email, &mut wrong)?;
        } else {
            measure(email, &mut wrong)?;
            measure(&nobody, &mut unknown)?;
        }
    }
    // Forgets the wrong ones, so that the next round locks nobody.
    for email in emails {
        let reply = connection.call("POST", LOGIN, None, Some(&login(email, PASSWORD)))?;
        ensure!(
            reply.status == 200,
            "a right password was answered with {}",
            reply.status
        );
    }
    let (unknown, wrong) = (median(&mut unknown), median(&mut wrong));
    let difference = (unknown.as_secs_f64() / wrong.as_secs_f64() - 1.0) * 100.0;
    println!(
        "  login, median of {LOGINS}: unknown user {unknown:.2?}, wrong password {wrong:.2?}, difference {difference:+.1} %"
    );
    Ok(())
}

/// The 99th percentiles of reads, with and without many logins at once.
pub(crate) struct Reads {
    pub(crate) idle: Duration,
    pub(crate) stormy: Duration,
    /// How many reads there were during storms.
    count: usize,
    storms: usize,
    /// How long the last login of a storm waited, in the middle one of the storms.
    last_login: Duration,
}

impl Reads {
    pub(crate) fn slowdown(&self) -> f64 {
        self.stormy.as_secs_f64() / self.idle.as_secs_f64()
    }
}

impl fmt::Display for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "GET /users/2, p99: idle {:.2?}, in a storm of {STORM} logins {:.2?} ({} reads in {} storms), {:.1} times as long; the \
             last login waited {:.2?}",
            self.idle,
            self.stormy,
            self.count,
            self.storms,
            self.slowdown(),
            self.last_login,
        )
    }
}

/// Alternates until there are enough reads of both kinds.
fn read_in_storms(server: &Server, round: usize) -> Result<Reads> {
    let mut reader = server.connect()?;
    let mut read = || -> Result<Duration> {
        let reply = reader.call("GET", "/users/2", Some(&server.authorization), None)?;
        ensure!(
            reply.status == 200,
            "a read was answered with {}",
            reply.status
        );
        Ok(reply.took)
    };
    let (mut idle, mut stormy, mut last_logins) = (Vec::new(), Vec::new(), Vec::new());
    while idle.len() < READS || stormy.len() < READS {
        for _ in 0..READS_BETWEEN {
            idle.push(read()?);
        }
        let logins = storm(server, &format!("{round}-{}", last_logins.len()))?;
        while logins.iter().any(|login| !login.is_finished()) {
            stormy.push(read()?);
        }
        let mut waited = Vec::new();
        for login in logins {
            let took = login.join().ok().context("a login panicked")?;
            waited.push(took?);
        }
        last_logins.push(percentile(&mut waited, 100));
    }
    let reads = Reads {
        idle: percentile(&mut idle, 99),
        stormy: percentile(&mut stormy, 99),
        count: stormy.len(),
        storms: last_logins.len(),
        last_login: median(&mut last_logins),
    };
    println!("  {reads}");
    Ok(reads)
}

/// So many logins of users that do not exist, all begun at this moment. They wait on threads of their own and compute nothing.
fn storm(server: &Server, name: &str) -> Result<Vec<JoinHandle<Result<Duration>>>> {
    let start = Arc::new(Barrier::new(STORM + 1));
    let logins = (0..STORM)
        .map(|number| {
            let (mut connection, start) = (server.connect()?, Arc::clone(&start));
            let email = format!("storm{number}-{name}@load.example");
            Ok(thread::spawn(move || {
                start.wait();
                refused(&mut connection, &email)
            }))
        })
        .collect::<Result<Vec<_>>>()?;
    start.wait();
    Ok(logins)
}

const LOGIN: &str = "/authentication";

fn login(email: &str, password: &str) -> Value {
    json!({"username": email, "password": password})
}

/// How long it takes to be refused.
fn refused(connection: &mut Connection, email: &str) -> Result<Duration> {
    let reply = connection.call("POST", LOGIN, None, Some(&login(email, "Wrong-password-1")))?;
    ensure!(
        reply.status == 401,
        "a wrong login was answered with {}",
        reply.status
    );
    Ok(reply.took)
}
