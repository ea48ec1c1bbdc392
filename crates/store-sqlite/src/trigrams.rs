//! What an index of trigrams is asked for: every three letters in a row of a pattern.

use std::collections::BTreeSet;

use rusqlite::Connection;
use tenantry_domain::{
    OrganizationId,
    ceql::{Pattern, PatternToken},
};

/// So many are enough: what they select is compared with the pattern anyway.
const MOST: usize = 32;
// How SQL spells the number of an organization, as `spelled` does.
macro_rules! spelled {
    ($($table:literal)?) => {
        concat!(
            "char(19968 + ", $($table,)? "organization_id % 20000, 19968 + ", $($table,)?
            "organization_id / 20000 % 20000, 19968 + ", $($table,)? "organization_id / 400000000 % 20000)"
        )
    };
}

/// Where the characters begin that spell the number of an organization, and how many there are.
const FIRST: u32 = 19_968;
const RANGE: i64 = 20_000;

/// What stands in the index goes, what is true comes, and nobody waits any more.
const WRITE_WAITING: [&str; 3] = [
    concat!(
        "INSERT INTO users_search (users_search, rowid, organization, full_name, email) SELECT 'delete', id, ",
        spelled!(),
        ", full_name, email FROM users_search_waiting WHERE full_name IS NOT NULL"
    ),
    concat!(
        "INSERT INTO users_search (rowid, organization, full_name, email) SELECT users.id, ",
        spelled!("users."),
        // To SQLite a join that keeps its place: where somebody has run ANALYZE, it would look for each user whether it waits.
        ", users.full_name_folded, users.email_folded FROM users_search_waiting CROSS JOIN users USING (id)"
    ),
    "DELETE FROM users_search_waiting",
];

/// An index of trigrams over a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trigrams {
    /// `SELECT … MATCH `, which a question can be bound to.
    pub(crate) rows: &'static str,
    /// The column of the text.
    pub(crate) column: &'static str,
}

impl Trigrams {
    /// The question for rows of `organization` in which all trigrams of the pattern stand; `None` if it has none.
    pub(crate) fn question(
        self,
        organization: OrganizationId,
        pattern: &Pattern,
    ) -> Option<String> {
        let trigrams: BTreeSet<String> = pattern
            .tokens()
            .iter()
            .filter_map(|token| match token {
                // The question would end at a NUL.
                PatternToken::Literal(text) if !text.contains('\0') => Some(in_a_row(text)),
                _ => None,
            })
            .flatten()
            .take(MOST)
            .collect();
        if trigrams.is_empty() {
            return None;
        }
        let mut question = format!("organization : \"{}\"", spelled(organization));
        for trigram in trigrams {
            let quoted = trigram.replace('"', "\"\"");
            question = [&question, " AND ", self.column, " : \"", &quoted, "\""].concat();
        }
        Some(question)
    }
}

/// Writes what the triggers of the schema have noted: whose letters are others now, all of a transaction together.
pub(crate) fn write_waiting(connection: &Connection) -> rusqlite::Result<()> {
    let waiting = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM users_search_waiting)")?
        .query_row([], |row| row.get(0))?;
    if waiting {
        for statement in WRITE_WAITING {
            connection.prepare_cached(statement)?.execute([])?;
        }
    }
    Ok(())
}

fn in_a_row(text: &str) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let trigrams: Vec<String> = characters
        .windows(3)
        .map(|three| three.iter().collect())
        .collect();
    trigrams.into_iter()
}

/// The number of an organization as the schema spells it.
fn spelled(organization: OrganizationId) -> String {
    let number = organization.get();
    [number, number / RANGE, number / (RANGE * RANGE)]
        .into_iter()
        .filter_map(|digits| u32::try_from(digits % RANGE).ok())
        .filter_map(|digit| char::from_u32(FIRST + digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{filter::define_functions, migrate, sql::Sql};

    #[test]
    fn who_waits_is_written_without_a_look_at_the_others_whatever_statistics_say() {
        let connection = Connection::open_in_memory().unwrap();
        define_functions(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        let statistics = "ANALYZE; INSERT INTO sqlite_stat1 VALUES ('users', NULL, '120000'); ANALYZE sqlite_schema";
        connection.execute_batch(statistics).unwrap();
        let plan = Sql::new(WRITE_WAITING[1]).explained();
        let plan: Vec<String> = plan.rows(&connection, |row| Ok(row.get(3)?)).unwrap();
        assert_eq!(
            plan,
            [
                "SCAN users_search_waiting",
                "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)"
            ]
        );
    }

    fn question(pattern: &str) -> Option<String> {
        let email = Trigrams {
            rows: "",
            column: "email",
        };
        email.question(
            OrganizationId::new(20_007),
            &Pattern::parse(pattern).unwrap(),
        )
    }

    #[test]
    fn every_three_letters_in_a_row_are_asked_for() {
        for (pattern, expected) in [
            (
                "%frod%",
                Some("organization : \"万丁一\" AND email : \"fro\" AND email : \"rod\""),
            ),
            (
                "a\"b%",
                Some("organization : \"万丁一\" AND email : \"a\"\"b\""),
            ),
            ("%ab%", None),
            ("%ab_cd%", None),
            ("a\0b", None),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(question(pattern), expected, "{pattern:?}");
        }
    }
}
