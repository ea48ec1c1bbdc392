//! A seeded store, with the server on it.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use crate::{
    load::{Connection, now},
    options::{Options, tell},
    request::{self, BASE, Callers},
    seed::{self, Plan},
    subject::{self, Place, Subject},
};

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// How many users call; each connection is one of them.
const CALLERS: u64 = 64;

pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) plan: Plan,
    /// Users that are read; behind them come those that may be deleted.
    pub(crate) users: u64,
    pub(crate) callers: Callers,
    pub(crate) organization_secret: String,
    pub(crate) seed_seconds: f64,
    data: TempDir,
    /// Where databases are made, and the name of this one.
    database: Option<(String, String)>,
}

impl World {
    /// Makes a store with so many users, and as many spare ones. No server runs on it yet.
    pub(crate) async fn seed(
        options: &Options,
        kind: Kind,
        users: u64,
        spare: u64,
        organizations: u64,
    ) -> Result<Self> {
        tell(format!(
            "{}: seeding {users} users in {organizations} organization(s)",
            kind.name()
        ));
        let began = now();
        fs::create_dir_all(&options.directory)?;
        let data = TempDir::new_in(&options.directory)?;
        let mut database = None;
        if kind == Kind::Postgres {
            let url = options.postgres.as_ref().context("no PostgreSQL")?;
            let name = format!("bench_{users}_{organizations}");
            administer(url, &format!("DROP DATABASE IF EXISTS {name}")).await?;
            administer(url, &format!("CREATE DATABASE {name}")).await?;
            database = Some((url.clone(), name));
        }
        let place = Place {
            program: options.program.clone(),
            data: data.path().to_owned(),
            database_url: database
                .as_ref()
                .map(|(url, name)| in_database(url, name))
                .transpose()?,
        };
        let first = place.create().await?;
        let (server, _) = place.serve().await?;
        let administrator = format!(
            "User {}, Organization {}",
            first.user_secret, first.organization_secret
        );
        let (callers, last) = callers(&server, &administrator, &first.organization_secret).await?;
        server.stop().await?;
        let plan = Plan {
            users: users + spare,
            organizations,
            organization: first.organization,
            first: last + 1,
        };
        let progress = |done: u64| {
            if done.is_multiple_of(1_000_000) {
                tell(format!("  {done} users"));
            }
        };
        if let Some(url) = &place.database_url {
            seed::postgres::users(url, &plan, progress).await?;
        } else {
            let file = place.data.join("tenantry.db");
            tokio::task::block_in_place(|| seed::sqlite::users(&file, &plan, progress))?;
            place.migrate().await?;
        }
        Ok(Self {
            kind,
            place,
            plan,
            users,
            callers: callers.into(),
            organization_secret: first.organization_secret,
            seed_seconds: now().duration_since(began).as_secs_f64(),
            data,
            database,
        })
    }

    pub(crate) async fn serve(&self) -> Result<(Subject, Duration)> {
        self.place.serve().await
    }

    /// The anchor on the same database of PostgreSQL, or on a copy of the SQLite file.
    pub(crate) async fn anchor(&self) -> Result<Subject> {
        let arguments = if let Some(url) = &self.place.database_url {
            ["--postgres".to_owned(), url.clone()]
        } else {
            let copy = self.copy_of_sqlite();
            ["--sqlite".to_owned(), copy.display().to_string()]
        };
        subject::anchor(&arguments).await
    }

    /// Makes the copy of the SQLite file that the anchor has, while no server writes it.
    pub(crate) fn copy_for_anchor(&self) -> Result<()> {
        if self.kind == Kind::Sqlite {
            fs::copy(self.sqlite(), self.copy_of_sqlite())?;
        }
        Ok(())
    }

    pub(crate) fn sqlite(&self) -> PathBuf {
        self.data.path().join("tenantry.db")
    }

    pub(crate) fn copy_of_sqlite(&self) -> PathBuf {
        self.data.path().join("anchor.db")
    }

    /// Takes the store away; a database would stay otherwise.
    pub(crate) async fn remove(self) -> Result<()> {
        if let Some((url, name)) = &self.database {
            administer(url, &format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }
}

/// Users who may do everything in the organization, and the greatest number of them. They are the first of every list, so they have as
/// much of a profile as those who are seeded: page 1 is compared with a later one.
async fn callers(
    server: &Subject,
    administrator: &str,
    organization_secret: &str,
) -> Result<(Vec<String>, u64)> {
    let mut connection = Connection::open(&server.address).await?;
    let (mut callers, mut last) = (Vec::new(), 0);
    for number in 0..CALLERS {
        let body = format!(
            r#"{{"firstName":"Caller","lastName":"Number{number}","email":"caller{number}@load.example","externalId":"E-{number:08}","phone":"+49 30 {number:07}","city":"Altenford","postalCode":"{number:05}","country":"Germany","roles":[{{"key":"org-admin"}}]}}"#
        );
        let mut bytes = Vec::new();
        let path = format!("{BASE}/organizations/users");
        request::write(&mut bytes, ("POST", &path), administrator, "", Some(&body));
        let status = connection.call(&bytes).await?;
        ensure!(
            status == 200,
            "a caller was not created: {status}: {}",
            String::from_utf8_lossy(connection.body())
        );
        let user: Value = serde_json::from_slice(connection.body())?;
        let secret = user["secret"].as_str().context("a user without a secret")?;
        callers.push(format!("User {secret}, Organization {organization_secret}"));
        last = last.max(user["id"].as_u64().unwrap_or_default());
    }
    Ok((callers, last))
}

/// The same server, another database.
fn in_database(url: &str, name: &str) -> Result<String> {
    let (head, tail) = url
        .rsplit_once('/')
        .context("the URL of PostgreSQL names no database")?;
    let parameters = tail.split_once('?');
    let parameters = parameters.map_or(String::new(), |(_, text)| format!("?{text}"));
    Ok(format!("{head}/{name}{parameters}"))
}

async fn administer(url: &str, statement: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection
        .execute(AssertSqlSafe(statement.to_owned()))
        .await?;
    connection.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_another_database_with_the_same_parameters() {
        assert_eq!(
            in_database("postgres://me@localhost/postgres?host=%2Ftmp%2Fpg", "bench").unwrap(),
            "postgres://me@localhost/bench?host=%2Ftmp%2Fpg"
        );
        assert_eq!(
            in_database("postgres://me@localhost/postgres", "bench").unwrap(),
            "postgres://me@localhost/bench"
        );
    }
}
