//! `kill -9` under load, again and again on the same store: what was answered is there, and nothing is half made.
//!
//! Each writer creates, changes and erases users of its own, and notes what it was answered. What was sent when the server died, and
//! never answered, may have happened or not, but not by halves. At the end, after all kills, every user is looked for, and the audit
//! log has as many records as there were changes, and so it has of one user in a hundred.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Dice, call, milliseconds};
use crate::{
    load::Connection,
    options::{Options, tell},
    results::Kills,
    suite::world::{Kind, World},
};

const WRITERS: u64 = 64;
/// How long it writes before it is killed, in milliseconds: somewhere from the first on, to their sum.
const AT_LEAST: u64 = 50;
const BEYOND: u64 = 450;
const USERS: u64 = 1_000;
/// The log is asked for one user in so many; for all together it is counted as well.
const RECORDS_OF_ONE_IN: u64 = 100;

/// What somebody was told of a user.
struct Told {
    email: String,
    /// Known once its creation was answered.
    created: Option<(u64, String)>,
    city: Option<String>,
    erased: bool,
    /// What was sent and never answered.
    open: Option<Open>,
}

enum Open {
    Create,
    Patch(String),
    Delete,
}

/// What became of a user.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    /// As it was told. So many changes have happened to it.
    Sound(u64),
    Lost(String),
    HalfMade(String),
}

pub(crate) async fn measure(options: &Options, kind: Kind) -> Result<Kills> {
    let world = World::seed(options, kind, USERS, 0, 1).await?;
    let mut kills = Kills {
        store: kind.name().to_owned(),
        times: if options.short { 5 } else { 100 },
        ..Kills::default()
    };
    let (mut dice, next) = (Dice::new(19), Arc::new(AtomicU64::new(0)));
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    let (mut server, _) = world.serve().await?;
    let before = all_records(&world, &server.address).await?;
    for kill in 1..=kills.times {
        let killed = Arc::new(AtomicBool::new(false));
        let writers = writers(&world, &server.address, &next, &killed);
        let lasts = AT_LEAST + dice.roll(BEYOND);
        tokio::time::sleep(Duration::from_millis(lasts)).await;
        killed.store(true, Ordering::Relaxed);
        server.stop().await?;
        let told = ended(writers).await?;
        let took;
        (server, took) = world.serve().await?;
        kills.slowest_start_milliseconds = kills.slowest_start_milliseconds.max(milliseconds(took));
        kills.answered += told.iter().map(Told::answered).sum::<u64>();
        let (open, closed): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|told| told.open.is_some());
        unanswered.extend(open);
        answered.extend(closed);
        if kill.is_multiple_of(10) {
            tell(format!("  {}: {kill} kills", kind.name()));
        }
    }
    kills.unanswered = unanswered.len() as u64;
    // On PostgreSQL some of them may be still under way while the next server starts, so they come last.
    let mut changes = look(&world, &server.address, answered, &mut kills).await?;
    changes += look(&world, &server.address, unanswered, &mut kills).await?;
    let recorded = all_records(&world, &server.address).await? - before;
    server.stop().await?;
    proven(&world).await?;
    kills.unrecorded = kills.unrecorded.max(changes.abs_diff(recorded));
    tell(format!(
        "  {}: {} kills, {} writes answered, {} not; {} lost, {} half made, {} with other records than changes",
        kills.store,
        kills.times,
        kills.answered,
        kills.unanswered,
        kills.lost,
        kills.half_made,
        kills.unrecorded
    ));
    world.remove().await?;
    Ok(kills)
}

type Writers = JoinSet<Result<Vec<Told>>>;

fn writers(
    world: &World,
    address: &str,
    next: &Arc<AtomicU64>,
    killed: &Arc<AtomicBool>,
) -> Writers {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let callers = Arc::clone(&world.callers);
        let (address, next, killed) = (address.to_owned(), Arc::clone(next), Arc::clone(killed));
        writers.spawn(async move {
            let caller = caller(&callers, writer)?;
            let mut connection = Connection::open(&address).await?;
            let mut told = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let (one, alive) = live(&mut connection, caller, number).await?;
                told.push(one);
                if !alive {
                    let killed = killed.load(Ordering::Relaxed);
                    ensure!(killed, "a connection ended while the server lived");
                    return Ok(told);
                }
            }
        });
    }
    writers
}

async fn ended(mut writers: Writers) -> Result<Vec<Told>> {
    let mut told = Vec::new();
    while let Some(writer) = writers.join_next().await {
        told.extend(writer??);
    }
    Ok(told)
}

fn caller(callers: &[String], number: u64) -> Result<&String> {
    let place = usize::try_from(number)? % callers.len().max(1);
    callers.get(place).context("nobody calls")
}

/// The life of one user, and whether the server lives still.
async fn live(connection: &mut Connection, caller: &str, number: u64) -> Result<(Told, bool)> {
    let mut told = Told {
        email: format!("killed{number}@kill.example"),
        created: None,
        city: None,
        erased: false,
        open: Some(Open::Create),
    };
    let body = json!({"firstName": "Killed", "lastName": number.to_string(), "email": told.email})
        .to_string();
    let create = ("POST", "/organizations/users");
    let Ok(reply) = call(connection, create, caller, Some(&body)).await else {
        return Ok((told, false));
    };
    ensure!(
        reply.status == 200,
        "a creation was answered {}",
        reply.status
    );
    let id = reply.body["id"].as_u64().context("no id")?;
    let secret = reply.body["secret"].as_str().context("no secret")?;
    told.created = Some((id, secret.to_owned()));
    let (path, city) = (format!("/users/{id}"), format!("City {number}"));
    told.open = Some(Open::Patch(city.clone()));
    let body = json!({"city": city}).to_string();
    let Ok(reply) = call(connection, ("PATCH", &path), caller, Some(&body)).await else {
        return Ok((told, false));
    };
    ensure!(
        reply.status == 200,
        "a change was answered {}",
        reply.status
    );
    told.city = Some(city);
    told.open = None;
    if number.is_multiple_of(3) {
        told.open = Some(Open::Delete);
        let Ok(reply) = call(connection, ("DELETE", &path), caller, None).await else {
            return Ok((told, false));
        };
        ensure!(
            reply.status == 200,
            "an erasure was answered {}",
            reply.status
        );
        told.erased = true;
        told.open = None;
    }
    Ok((told, true))
}

impl Told {
    fn id(&self) -> Option<u64> {
        self.created.as_ref().map(|(id, _)| *id)
    }

    /// How many of its changes were answered.
    fn answered(&self) -> u64 {
        u64::from(self.created.is_some()) + u64::from(self.city.is_some()) + u64::from(self.erased)
    }

    /// Whether what is there now is what was told: a user as an administrator sees it, as it sees itself, and its roles.
    fn compare(&self, seen: Option<&Seen>) -> Finding {
        let Some(seen) = seen else {
            return match (&self.open, &self.created) {
                (Some(Open::Create), _) => Finding::Sound(0),
                (Some(Open::Delete), Some(_)) => Finding::Sound(self.answered() + 1),
                _ if self.erased => Finding::Sound(self.answered()),
                _ => Finding::Lost(format!("{} is gone", self.email)),
            };
        };
        if self.erased {
            return Finding::Lost(format!("{} is there again", self.email));
        }
        let mut changes = self.answered().max(1);
        let city = seen.user["city"].as_str();
        if city != self.city.as_deref() {
            match &self.open {
                Some(Open::Patch(sent)) if city == Some(sent) => changes += 1,
                _ => return Finding::Lost(format!("the city of {} is {city:?}", self.email)),
            }
        }
        let own = self.created.as_ref().is_none_or(|(_, secret)| {
            seen.own.as_ref().and_then(|own| own["secret"].as_str()) == Some(secret)
        });
        let whole = seen.user["email"] == self.email
            && seen.user["firstName"] == "Killed"
            && seen.user["enabled"] == true
            && seen.roles.as_array().is_some_and(|roles| !roles.is_empty());
        if own && whole {
            Finding::Sound(changes)
        } else {
            Finding::HalfMade(format!("{}: {seen:?}", self.email))
        }
    }
}

#[derive(Debug)]
struct Seen {
    user: Value,
    /// As it sees itself, if its secret is known.
    own: Option<Value>,
    roles: Value,
}

/// Compares all of them, and answers how many changes have happened.
async fn look(world: &World, address: &str, told: Vec<Told>, kills: &mut Kills) -> Result<u64> {
    let mut lookers = JoinSet::new();
    let mut shares: Vec<Vec<Told>> = (0..WRITERS).map(|_| Vec::new()).collect();
    let count = shares.len();
    for (place, one) in told.into_iter().enumerate() {
        shares[place % count].push(one);
    }
    for (number, share) in (0..).zip(shares) {
        let caller = caller(&world.callers, number)?.clone();
        let organization = world.organization_secret.clone();
        let address = address.to_owned();
        lookers.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut findings = Vec::new();
            for one in share {
                let seen = see(&mut connection, &caller, &organization, &one).await?;
                let id = one
                    .id()
                    .or(seen.as_ref().and_then(|seen| seen.user["id"].as_u64()));
                let records = match id {
                    Some(id) if id.is_multiple_of(RECORDS_OF_ONE_IN) => {
                        let of_user = format!("&userId={id}");
                        Some(records(&mut connection, &caller, &of_user).await?)
                    }
                    _ => None,
                };
                findings.push((one.compare(seen.as_ref()), records));
            }
            anyhow::Ok(findings)
        });
    }
    let mut changes = 0;
    while let Some(findings) = lookers.join_next().await {
        for (finding, records) in findings?? {
            match finding {
                Finding::Sound(happened) => {
                    changes += happened;
                    kills.unrecorded += u64::from(records.is_some_and(|count| count != happened));
                }
                Finding::Lost(what) => {
                    tell(format!("  LOST: {what}"));
                    kills.lost += 1;
                }
                Finding::HalfMade(what) => {
                    tell(format!("  HALF MADE: {what}"));
                    kills.half_made += 1;
                }
            }
        }
    }
    Ok(changes)
}

async fn see(
    connection: &mut Connection,
    caller: &str,
    organization: &str,
    told: &Told,
) -> Result<Option<Seen>> {
    let path = format!("/users/{}", told.email);
    let found = call(connection, ("GET", &path), caller, None).await?;
    if found.status == 404 {
        return Ok(None);
    }
    ensure!(found.status == 200, "a read was answered {}", found.status);
    let path = format!("/users/{}", found.body["id"]);
    let roles = call(connection, ("GET", &format!("{path}/roles")), caller, None).await?;
    let mut own = None;
    if let Some((_, secret)) = &told.created {
        let itself = format!("User {secret}, Organization {organization}");
        let reply = call(connection, ("GET", &path), &itself, None).await?;
        own = (reply.status == 200).then_some(reply.body);
    }
    Ok(Some(Seen {
        user: found.body,
        own,
        roles: roles.body,
    }))
}

/// How many records the audit log of the organization has.
async fn all_records(world: &World, address: &str) -> Result<u64> {
    let mut connection = Connection::open(address).await?;
    records(&mut connection, caller(&world.callers, 0)?, "").await
}

/// How many it has of those that are asked for.
async fn records(connection: &mut Connection, caller: &str, which: &str) -> Result<u64> {
    let path = format!("/audit-logs?pageSize=1&includeTotal=true{which}");
    let reply = call(connection, ("GET", &path), caller, None).await?;
    ensure!(reply.status == 200, "the log was answered {}", reply.status);
    let total = connection.header("elements-total-count");
    Ok(total.context("no total")?.parse()?)
}

/// Whether the chain of the audit log is whole.
async fn proven(world: &World) -> Result<()> {
    let mut command = world.place.command();
    let output = command.args(["audit", "verify"]).output().await?;
    ensure!(
        output.status.success(),
        "audit verify: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(city: Option<&str>, open: Option<Open>) -> Told {
        Told {
            email: "killed7@kill.example".to_owned(),
            created: Some((7, "tu_7".to_owned())),
            city: city.map(str::to_owned),
            erased: false,
            open,
        }
    }

    fn seen(city: &Value) -> Seen {
        Seen {
            user: json!({"email": "killed7@kill.example", "firstName": "Killed", "enabled": true, "city": city}),
            own: Some(json!({"secret": "tu_7"})),
            roles: json!([{"key": "org"}]),
        }
    }

    #[test]
    fn what_was_answered_has_to_be_there() {
        let now = seen(&json!("City 7"));
        assert_eq!(
            told(Some("City 7"), None).compare(Some(&now)),
            Finding::Sound(2)
        );
        assert!(matches!(
            told(Some("City 7"), None).compare(None),
            Finding::Lost(_)
        ));
        assert!(matches!(
            told(Some("City 8"), None).compare(Some(&now)),
            Finding::Lost(_)
        ));
        let erased = Told {
            erased: true,
            ..told(Some("City 7"), None)
        };
        assert_eq!(erased.compare(None), Finding::Sound(3));
        assert!(matches!(erased.compare(Some(&now)), Finding::Lost(_)));
    }

    #[test]
    fn what_was_not_answered_may_have_happened_or_not() {
        let patched = || told(None, Some(Open::Patch("City 7".to_owned())));
        assert_eq!(
            patched().compare(Some(&seen(&Value::Null))),
            Finding::Sound(1)
        );
        assert_eq!(
            patched().compare(Some(&seen(&json!("City 7")))),
            Finding::Sound(2)
        );
        assert!(matches!(
            patched().compare(Some(&seen(&json!("City 8")))),
            Finding::Lost(_)
        ));
        let erased = || told(Some("City 7"), Some(Open::Delete));
        assert_eq!(erased().compare(None), Finding::Sound(3));
        assert_eq!(
            erased().compare(Some(&seen(&json!("City 7")))),
            Finding::Sound(2)
        );
        let created = || Told {
            created: None,
            ..told(None, Some(Open::Create))
        };
        assert_eq!(created().compare(None), Finding::Sound(0));
        assert_eq!(
            created().compare(Some(&seen(&Value::Null))),
            Finding::Sound(1)
        );
    }

    #[test]
    fn a_user_without_its_role_or_its_secret_is_half_made() {
        let roleless = Seen {
            roles: json!([]),
            ..seen(&Value::Null)
        };
        assert!(matches!(
            told(None, None).compare(Some(&roleless)),
            Finding::HalfMade(_)
        ));
        let locked_out = Seen {
            own: None,
            ..seen(&Value::Null)
        };
        assert!(matches!(
            told(None, None).compare(Some(&locked_out)),
            Finding::HalfMade(_)
        ));
    }
}
