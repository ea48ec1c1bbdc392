//! What came of a move, in numbers, and what is left to do.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::{Map, Value, json};
use tenantry_domain::{Entity, services::Summary, transfer::Ids};

use super::problems::Problems;
use crate::output::counted;

/// The kinds in the order in which they move, and what several of them are called.
const KINDS: &[(Entity, &str)] = &[
    (Entity::Organization, "organizations"),
    (Entity::Account, "accounts"),
    (Entity::Element, "elements"),
    (Entity::User, "users"),
    (Entity::Instance, "instances"),
];

/// How many are named of those whom nobody knows.
const NAMED: usize = 10;

/// What something moved in from: what is missing is missing for reasons of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Server,
    Archive,
    Users,
}

/// What is said in the end.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) source: String,
    pub(super) origin: Origin,
    pub(super) dry_run: bool,
    pub(super) report: Option<PathBuf>,
    pub(super) summary: Summary,
    pub(super) problems: Problems,
    /// Whose secrets were given, and who did not come by.
    pub(super) secrets_of_nobody: Vec<String>,
}

impl Said {
    pub(super) fn to_json(&self) -> Value {
        let Summary { start, .. } = &self.summary;
        let mut counts = Map::new();
        for (kind, plural) in KINDS {
            let tally = self.summary.tallies.get(kind).copied().unwrap_or_default();
            let counted = json!({
                "new": tally.new,
                "unchanged": tally.unchanged,
                "differs": tally.differs,
                "refused": tally.refused,
                "unreadable": tally.unreadable,
            });
            counts.insert((*plural).to_owned(), counted);
        }
        let mut said = json!({
            "organizationId": start.organization.map(tenantry_domain::OrganizationId::get),
            "source": self.source,
            "dryRun": self.dry_run,
            "ids": start.ids.map(Ids::as_str),
            "resumed": start.resumed,
            "finishedBefore": start.finished,
            "counts": counts,
            "lost": {
                "userSecrets": self.lost(Entity::User),
                "instanceTokens": self.lost(Entity::Instance),
                "passwords": self.summary.lost_passwords,
                "configurationValues": self.summary.lost_configuration,
            },
            "problems": self.problems.shown(),
            "secretsOfNobody": self.secrets_of_nobody,
            "next": self.next(),
        });
        if let (Some(secret), Value::Object(said)) = (&start.issued, &mut said) {
            said.insert("organizationSecret".to_owned(), json!(secret.expose()));
        }
        said
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let created = if self.dry_run { "to create" } else { "created" };
        // Writing to a text cannot fail.
        if let Some(organization) = self.summary.start.organization {
            let again = match (self.summary.start.finished, self.summary.start.resumed) {
                (true, _) => ", which moved in before",
                (false, true) => ", which an earlier run began",
                (false, false) => "",
            };
            let _ = writeln!(text, "organization {organization}{again}");
        }
        let _ = writeln!(
            text,
            "{:<14}{created:>10}{:>11}{:>9}{:>9}{:>12}",
            "", "unchanged", "differs", "refused", "unreadable"
        );
        for (kind, plural) in KINDS {
            let tally = self.summary.tallies.get(kind).copied().unwrap_or_default();
            let _ = writeln!(
                text,
                "{plural:<14}{:>10}{:>11}{:>9}{:>9}{:>12}",
                tally.new, tally.unchanged, tally.differs, tally.refused, tally.unreadable
            );
        }
        for problem in self.problems.shown() {
            let _ = write!(text, "\n{problem}");
        }
        if !self.problems.shown().is_empty() {
            text.push('\n');
        }
        if let Some(secret) = &self.summary.start.issued {
            let _ = writeln!(text, "\norganization secret  {}", secret.expose());
        }
        for step in self.next() {
            let _ = write!(text, "\n- {step}");
        }
        text
    }

    fn lost(&self, kind: Entity) -> u64 {
        self.summary
            .lost_secrets
            .get(&kind)
            .copied()
            .unwrap_or_default()
    }

    /// What could not come along, in sentences.
    fn left_behind(&self) -> Vec<String> {
        let mut steps = Vec::new();
        let mut say = |number: u64, sentence: String| {
            if number > 0 {
                steps.push(sentence);
            }
        };
        let (missing, are) = match self.origin {
            Origin::Server => ("not shown there", "are not shown there"),
            Origin::Archive => ("not in the archive", "are not in the archive"),
            Origin::Users => ("not in the file", "are not in the file"),
        };
        let users = self.lost(Entity::User);
        let before = match self.origin {
            Origin::Server => {
                "Give those that programs call with in --user-secrets before you move"
            }
            Origin::Archive => "Export with --include-secrets before you move",
            Origin::Users => {
                "Give those that programs call with in the column secret before you move"
            }
        };
        say(
            users,
            format!(
                "The secrets of {} {are}: they have new ones here. {before}, or tell the programs the new ones (GET \
                 /authentication/secrets with a login)",
                counted(users, "user")
            ),
        );
        let nobody = u64::try_from(self.secrets_of_nobody.len()).unwrap_or(u64::MAX);
        say(
            nobody,
            format!(
                "Nobody there has what --user-secrets names: {}. Put it right before you move: users who are here keep the secret \
                 that they have here",
                self.nobody()
            ),
        );
        let passwords = self.summary.lost_passwords;
        let or = match self.origin {
            Origin::Server => "you move with --passwords legacy-login",
            Origin::Archive | Origin::Users => "you move with their hashes",
        };
        say(
            passwords,
            format!(
                "The passwords of {} do not come along: an administrator sets new ones, or {or}",
                counted(passwords, "user")
            ),
        );
        let tokens = self.lost(Entity::Instance);
        say(
            tokens,
            format!(
                "The tokens of {} {are}: they have new ones here, which their owners see at GET /instances/ID",
                counted(tokens, "instance")
            ),
        );
        let values = self.summary.lost_configuration;
        say(
            values,
            format!(
                "{} {missing} and empty here: set them with PATCH /instances/ID",
                if values == 1 {
                    "1 configuration value is".to_owned()
                } else {
                    format!("{values} configuration values are")
                }
            ),
        );
        steps
    }

    /// What could not come along, and what is left to do, in sentences.
    fn next(&self) -> Vec<String> {
        let mut steps = self.left_behind();
        let mut say = |number: u64, sentence: String| {
            if number > 0 {
                steps.push(sentence);
            }
        };
        let differing = self.summary.tallies.values().map(|tally| tally.differs);
        let differing: u64 = differing.sum();
        say(
            differing,
            format!(
                "{} as it is here, though it differs there{}",
                if differing == 1 {
                    "1 record stays".to_owned()
                } else {
                    format!("Each of {differing} records stays")
                },
                self.see()
            ),
        );
        let failed = self.summary.failed();
        say(
            failed,
            format!(
                "{} cannot be moved{}. Put right what can be, and run the command again",
                counted(failed, "record"),
                self.see()
            ),
        );
        if self.dry_run {
            steps.push("Nothing was moved: leave --dry-run out to move it".to_owned());
        } else if self.origin == Origin::Server {
            steps.push(
                "Point a program at this server; then run the command once more, for what changed there meanwhile".to_owned(),
            );
        }
        steps
    }

    /// Some of those whose secrets were given, and who did not come by.
    pub(super) fn nobody(&self) -> String {
        let shown = self.secrets_of_nobody.iter().take(NAMED).cloned();
        let shown = shown.collect::<Vec<_>>().join(", ");
        match self.secrets_of_nobody.len().saturating_sub(NAMED) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        }
    }

    pub(super) fn see(&self) -> String {
        match &self.report {
            Some(path) => format!(": see {}", path.display()),
            None => ": --report FILE says which".to_owned(),
        }
    }
}
