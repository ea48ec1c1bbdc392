//! A store of a test's own, and the binary pointed at it.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::postgres::Database;

/// A store of a test's own, with a data directory.
pub(crate) struct Store {
    directory: TempDir,
    database: Option<Database>,
    /// The program reaches it through a pooler of transactions.
    pooled: bool,
}

impl Store {
    /// In a file of the data directory.
    pub(crate) fn sqlite() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            database: None,
            pooled: false,
        }
    }

    /// In a new database of the server that the environment names.
    pub(crate) async fn postgres() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let unique = directory
            .path()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        Self {
            database: Some(Database::create(&unique).await),
            directory,
            pooled: false,
        }
    }

    /// The same behind a pooler of transactions, with the settings that it needs.
    pub(crate) async fn pooled() -> Self {
        Self {
            pooled: true,
            ..Self::postgres().await
        }
    }

    /// The data directory. The program creates it.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The file with the master key.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.data_dir().join("master.key")
    }

    /// The SQLite file.
    pub(crate) fn sqlite_file(&self) -> PathBuf {
        self.data_dir().join("tenantry.db")
    }

    /// The PostgreSQL database.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// The binary, pointed at this store, with nothing else from the environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare_command(arguments);
        command.env("TENANTRY_DATA_DIR", self.data_dir());
        match &self.database {
            Some(database) if self.pooled => {
                command.env("TENANTRY_DATABASE_URL", database.pooled_url());
                command.env("TENANTRY_POSTGRES_PREPARED_STATEMENTS", "false");
                command.env("TENANTRY_POSTGRES_STATEMENT_TIMEOUT_MS", "0");
            }
            Some(database) => {
                command.env("TENANTRY_DATABASE_URL", database.url());
            }
            None => {}
        }
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs the binary to its end with `--json`; answers its exit code, the result, and what it said on standard error.
    pub(crate) fn run_json(&self, arguments: &[&str]) -> (Option<i32>, Value, String) {
        let mut command = self.command(arguments);
        let output = command.arg("--json").stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let result = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), result, said)
    }

    /// Changes something behind the program's back.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => database.execute(sql).await,
            None => rusqlite::Connection::open(self.sqlite_file())
                .unwrap()
                .execute_batch(sql)
                .unwrap(),
        }
    }

    /// Everything that is stored: the bytes of all files beside the key, or all rows as text.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        match &self.database {
            Some(database) => database.dump().await,
            None => files(&self.data_dir(), &self.key_file()),
        }
    }

    /// Every row of every table. Not the files' bytes: those change with every checkpoint, whenever it comes.
    pub(crate) async fn rows(&self) -> Vec<u8> {
        match &self.database {
            Some(database) => database.dump().await,
            None => rows(&self.sqlite_file()),
        }
    }
}

/// The binary without any variable that is meant for it.
pub(crate) fn bare_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TENANTRY_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn files(directory: &Path, except: &Path) -> Vec<u8> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(
        paths.iter().any(|path| path.ends_with("tenantry.db")),
        "{paths:?}"
    );
    paths
        .iter()
        .filter(|path| *path != except)
        .flat_map(|path| fs::read(path).unwrap())
        .collect()
}

fn rows(file: &Path) -> Vec<u8> {
    let database = rusqlite::Connection::open(file).unwrap();
    let mut tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap();
    let names = tables.query_map([], |row| row.get(0)).unwrap();
    let names: Vec<String> = names.map(Result::unwrap).collect();
    let mut dump = String::new();
    for name in names {
        let mut statement = database
            .prepare(&format!("SELECT * FROM \"{name}\""))
            .unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..columns)
                .map(|column| row.get_ref(column).unwrap())
                .collect();
            writeln!(dump, "{name}: {values:?}").unwrap();
        }
    }
    dump.into_bytes()
}
