//! `tenantry import --file` of users with hashes, beside COPY of the same rows into the same table with the same indexes (PostgreSQL),
//! or their insertion in one transaction (SQLite).

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rusqlite::params;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use crate::{
    load::now,
    options::{Options, tell},
    results::Import,
    seed::people::{Person, person},
    stats,
    subject::memory,
    suite::world::World,
};

/// As long as a real one.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
const COLUMNS: &str = "organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, last_name_folded, \
    full_name, full_name_folded, active, phone, phone_folded, city, city_folded, password_hash, password_changed_at, \
    password_must_change, created_at, updated_at, revision";
/// Numbers of people who were not seeded.
const FROM: u64 = 1_000_000_000;

/// Both, in turns. No server runs meanwhile.
pub(crate) async fn measure(options: &Options, world: &World) -> Result<Import> {
    let users: u64 = if options.short { 10_000 } else { 50_000 };
    let rounds = if options.short { 3 } else { 5 };
    let (mut ours, mut theirs, mut ratios, mut most) = (vec![], vec![], vec![], 0.0_f64);
    let mut next = FROM;
    #[expect(clippy::cast_precision_loss, reason = "some ten thousands")]
    let rate = |took: Duration| users as f64 / took.as_secs_f64();
    for _ in 0..rounds {
        let file = world.place.data.join("users.ndjson");
        write(&file, next, users)?;
        let (took, megabytes) = import(world, &file).await?;
        next += users;
        let copied = match &world.place.database_url {
            Some(url) => copy(url, world.plan.organization, next, users).await?,
            None => tokio::task::block_in_place(|| {
                insert(
                    &world.copy_of_sqlite(),
                    world.plan.organization,
                    next,
                    users,
                )
            })?,
        };
        next += users;
        most = most.max(megabytes);
        ours.push(rate(took));
        theirs.push(rate(copied));
        ratios.push(rate(took) / rate(copied));
    }
    let import = Import {
        store: world.kind.name().to_owned(),
        users,
        rate: stats::median(&ours),
        anchor_rate: stats::median(&theirs),
        ratio: stats::median(&ratios),
        spread: stats::spread(&ratios),
        most_megabytes: most,
    };
    tell(format!(
        "  import: {:.0} users/s, COPY {:.0}, ratio {:.2} ±{:.0} %, {:.0} MB",
        import.rate,
        import.anchor_rate,
        import.ratio,
        import.spread * 50.0,
        import.most_megabytes
    ));
    Ok(import)
}

fn write(path: &Path, from: u64, users: u64) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in from..from + users {
        let person = person(number);
        let mut line = json!({
            "email": person.email, "firstName": person.first_name, "lastName": person.last_name, "active": person.active,
            "city": person.city, "passwordHash": HASH,
        });
        if let Some(phone) = person.phone {
            line["phone"] = phone.into();
        }
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(())
}

/// How long it took, and how much memory at the most.
async fn import(world: &World, file: &Path) -> Result<(Duration, f64)> {
    let report = file.with_extension("report");
    let said = file.with_extension("said");
    let began = now();
    let mut child = world
        .place
        .command()
        .args(["import", "--json", "--organization"])
        .arg(world.plan.organization.to_string())
        .arg("--file")
        .arg(file)
        .arg("--report")
        .arg(&report)
        .stdout(Stdio::null())
        .stderr(File::create(&said)?)
        .spawn()?;
    let id = child.id().context("the import has ended")?;
    let mut most = 0.0_f64;
    let status = loop {
        // What it had last is what it had at the most; a moment before the end is near enough.
        most = memory(id).map_or(most, |(_, highest)| most.max(highest));
        let waited = tokio::time::timeout(Duration::from_millis(20), child.wait()).await;
        if let Ok(status) = waited {
            break status?;
        }
    };
    let took = now().duration_since(began);
    ensure!(
        status.success(),
        "the import failed: {}",
        fs::read_to_string(&said)?
    );
    fs::remove_file(report)?;
    Ok((took, most))
}

async fn copy(url: &str, organization: u64, from: u64, users: u64) -> Result<Duration> {
    let mut connection = PgConnection::connect(url).await?;
    let mut rows = String::new();
    for number in from..from + users {
        let person = person(number);
        let folded = Folded::of(&person);
        let phone = person.phone.as_deref().unwrap_or("\\N");
        // Writing to a String cannot fail.
        let _ = writeln!(
            rows,
            "{organization}\t{organization}\t{email}\t{email}\t{first}\t{}\t{last}\t{}\t{}\t{}\t{active}\t{phone}\t{phone}\t{city}\t{}\t{HASH}\t\
             2026-01-01 00:00:00+00\tfalse\t2026-01-01 00:00:00+00\t2026-01-01 00:00:00+00\t1",
            folded.first,
            folded.last,
            folded.full_name,
            folded.full,
            folded.city,
            email = person.email,
            first = person.first_name,
            last = person.last_name,
            active = person.active,
            city = person.city,
        );
    }
    let began = now();
    let statement = format!("COPY users ({COLUMNS}) FROM STDIN");
    let mut copy = connection.copy_in_raw(&statement).await?;
    for chunk in rows.as_bytes().chunks(1 << 20) {
        copy.send(chunk).await?;
    }
    let copied = copy.finish().await?;
    let took = now().duration_since(began);
    ensure!(copied == users, "COPY wrote {copied} rows");
    connection.close().await?;
    Ok(took)
}

/// Into the copy that the anchor has.
fn insert(path: &Path, organization: u64, from: u64, users: u64) -> Result<Duration> {
    let people: Vec<_> = (from..from + users).map(person).collect();
    let organization = i64::try_from(organization)?;
    let mut connection = rusqlite::Connection::open(path)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
    let began = now();
    let transaction = connection.transaction()?;
    {
        let places: Vec<_> = (1..=21).map(|place| format!("?{place}")).collect();
        let places = places.join(", ");
        let mut insert =
            transaction.prepare(&format!("INSERT INTO users ({COLUMNS}) VALUES ({places})"))?;
        for person in &people {
            let folded = Folded::of(person);
            insert.execute(params![
                organization,
                organization,
                person.email,
                person.email,
                person.first_name,
                folded.first,
                person.last_name,
                folded.last,
                folded.full_name,
                folded.full,
                person.active,
                person.phone,
                person.phone,
                person.city,
                folded.city,
                HASH,
                0,
                false,
                0,
                0,
                1,
            ])?;
        }
    }
    transaction.commit()?;
    Ok(now().duration_since(began))
}

/// Texts with their case folded.
struct Folded {
    first: String,
    last: String,
    full_name: String,
    full: String,
    city: String,
}

impl Folded {
    fn of(person: &Person) -> Self {
        let full_name = format!("{} {}", person.first_name, person.last_name);
        Self {
            first: person.first_name.to_lowercase(),
            last: person.last_name.to_lowercase(),
            full: full_name.to_lowercase(),
            full_name,
            city: person.city.to_lowercase(),
        }
    }
}
