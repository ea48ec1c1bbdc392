//! An index of letters: every three in a row of a text, each with the organization of the row. So what is looked for in one organization is
//! found without a look at others, however many they are, and there is no list of all its rows to go through.
//!
//! FTS5 keeps the lists. It is given the triples as words, which `letters` makes of a text.

use std::collections::BTreeSet;

use rusqlite::{Connection, functions::FunctionFlags};
use tenantry_domain::{
    OrganizationId,
    ceql::{Pattern, PatternToken},
};

/// So many are enough: what they select is compared with the pattern anyway.
const MOST: usize = 32;
/// The digits of an organization's number in a word begin here, and are so many: characters of no special meaning to FTS5.
const FIRST_DIGIT: u32 = 0x4E00;
const DIGITS: u64 = 20_000;
/// Characters that would end a word, or lose their case in it, are so much further on, where Unicode has characters for private use.
const FURTHER: u32 = 0xE000;

/// Of so many users who are not in the index yet letters are written at once: of all, where the schema is new or another program has put
/// users in, it would make a log as large as the index.
const LARGEST_BATCH: u32 = 50_000;

/// The first of the last ones who wait. So whoever has been created just now comes before what another program has left.
const FIRST_WAITING: &str =
    "SELECT min(id) FROM (SELECT id FROM users_search_waiting ORDER BY id DESC LIMIT ?1)";

/// Takes out what stands in the index of everybody who is in it and waits. Nothing of these is put off: their notes hold texts of users
/// who may be erased.
const TAKE_OUT: &str = "INSERT INTO users_letters (users_letters, rowid, full_name, email) \
     SELECT 'delete', id, letters(organization_id, full_name), letters(organization_id, email) \
     FROM users_search_waiting WHERE full_name IS NOT NULL";

/// Puts in what is true of these, and of those from the first one on.
const PUT_IN: &str = concat!(
    "INSERT INTO users_letters (rowid, full_name, email) \
     SELECT users.id, letters(users.organization_id, users.full_name_folded), letters(users.organization_id, users.email_folded) \
     FROM (SELECT id FROM users_search_waiting WHERE id >= ?1 \
     UNION SELECT id FROM users_search_waiting WHERE full_name IS NOT NULL) AS waiting ",
    // To SQLite a join that keeps its place: where somebody has run ANALYZE, it would look for each user whether it waits.
    "CROSS JOIN users USING (id)"
);

const KNOWN_WAIT_NO_MORE: &str = "DELETE FROM users_search_waiting WHERE full_name IS NOT NULL";
const LAST_WAIT_NO_MORE: &str = "DELETE FROM users_search_waiting WHERE id >= ?1";

/// An index of letters over a text.
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
        let digits = digits_of(organization.get());
        let literals = pattern.tokens().iter().filter_map(|token| match token {
            PatternToken::Literal(text) => Some(text),
            PatternToken::AnyRun | PatternToken::AnyOne => None,
        });
        let words: BTreeSet<String> = literals
            .flat_map(|text| {
                let mut words = String::new();
                push_words(&digits, text, &mut words);
                let words: Vec<String> = words.split_terminator(' ').map(str::to_owned).collect();
                words
            })
            .take(MOST)
            .collect();
        if words.is_empty() {
            return None;
        }
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        Some(format!("{} : ({})", self.column, words.join(" AND ")))
    }
}

/// Gives a connection the function `letters(organization, text)`: the words of a text.
pub(crate) fn define_function(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("letters", 2, flags, |context| {
        let organization: i64 = context.get(0)?;
        let text = context.get_raw(1).as_str()?;
        let mut words = String::with_capacity(text.len() * 8);
        push_words(&digits_of(organization), text, &mut words);
        Ok(words)
    })
}

/// Writes what the triggers of the schema have noted: whose letters are others now, all of a transaction together. Answers whether
/// anybody waited.
pub(crate) fn write_waiting(connection: &Connection) -> rusqlite::Result<bool> {
    write_last(connection, LARGEST_BATCH)
}

fn write_last(connection: &Connection, most: u32) -> rusqlite::Result<bool> {
    let first: Option<i64> = connection
        .prepare_cached(FIRST_WAITING)?
        .query_row([most], |row| row.get(0))?;
    let Some(first) = first else {
        return Ok(false);
    };
    connection.prepare_cached(TAKE_OUT)?.execute([])?;
    connection.prepare_cached(PUT_IN)?.execute([first])?;
    connection.prepare_cached(KNOWN_WAIT_NO_MORE)?.execute([])?;
    connection
        .prepare_cached(LAST_WAIT_NO_MORE)?
        .execute([first])?;
    Ok(true)
}

/// Appends every three characters in a row of `text`, each behind the digits and before a blank.
fn push_words(digits: &str, text: &str, words: &mut String) {
    let mut last = [None; 2];
    for next in text.chars().map(as_letter) {
        if let [Some(first), Some(second)] = last {
            words.push_str(digits);
            words.extend([first, second, next, ' ']);
        }
        last = [last[1], Some(next)];
    }
}

/// The tokenizer `ascii` takes letters, digits and all that is not ASCII for parts of a word.
fn as_letter(c: char) -> char {
    if c.is_ascii_lowercase() || c.is_ascii_digit() || !c.is_ascii() {
        return c;
    }
    char::from_u32(FURTHER + u32::from(c)).unwrap_or(c)
}

/// The number of an organization. Words of one length have as many digits, so no two numbers are taken for each other.
fn digits_of(organization: i64) -> String {
    let mut number = organization.unsigned_abs();
    let mut digits = String::new();
    loop {
        let digit = u32::try_from(number % DIGITS).ok();
        digits.extend(digit.and_then(|digit| char::from_u32(FIRST_DIGIT + digit)));
        number /= DIGITS;
        if number == 0 {
            return digits;
        }
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::ceql::fold;

    use super::*;
    use crate::{migrate, sql::set_up};

    #[test]
    fn who_waits_is_written_without_a_look_at_the_others_whatever_statistics_say() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        let statistics = "ANALYZE; INSERT INTO sqlite_stat1 VALUES ('users', NULL, '120000'); ANALYZE sqlite_schema";
        connection.execute_batch(statistics).unwrap();
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {PUT_IN}"))
            .unwrap();
        let plan: Vec<String> = plan
            .query_map([1], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            plan,
            [
                "CO-ROUTINE waiting",
                "COMPOUND QUERY",
                "LEFT-MOST SUBQUERY",
                "SEARCH users_search_waiting USING INTEGER PRIMARY KEY (rowid>?)",
                "UNION USING TEMP B-TREE",
                "SCAN users_search_waiting USING INDEX users_search_waiting_known_idx",
                "SCAN waiting",
                "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)"
            ]
        );
    }

    #[test]
    fn of_many_who_wait_the_last_and_those_who_are_known_come_first() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        let waiting = || -> Vec<i64> {
            connection
                .prepare("SELECT id FROM users_search_waiting ORDER BY id")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap()
        };
        connection
            .execute_batch(
                "INSERT INTO users_search_waiting (id) VALUES (3), (5), (8), (9); \
                 INSERT INTO users_letters (rowid, full_name, email) VALUES (1, letters(7, 'frodo'), letters(7, 'f@x'));
                 INSERT INTO users_search_waiting VALUES (1, 7, 'frodo', 'f@x')",
            )
            .unwrap();
        assert!(write_last(&connection, 2).unwrap());
        assert_eq!(waiting(), [3, 5]);
        assert!(write_last(&connection, 2).unwrap());
        assert!(!write_last(&connection, 2).unwrap());
        assert_eq!(waiting(), [0; 0]);
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
                Some("email : (\"\u{4e07}\u{4e01}fro\" AND \"\u{4e07}\u{4e01}rod\")"),
            ),
            ("a\"b%", Some("email : (\"\u{4e07}\u{4e01}a\u{e022}b\")")),
            ("a\0b", Some("email : (\"\u{4e07}\u{4e01}a\u{e000}b\")")),
            ("%ab%", None),
            ("%ab_cd%", None),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(question(pattern), expected, "{pattern:?}");
        }
    }

    /// Every character that a name can have, or none.
    #[test]
    fn whatever_characters_are_looked_for_are_found_in_their_organization_alone() {
        let connection = Connection::open_in_memory().unwrap();
        define_function(&connection).unwrap();
        connection
            .execute_batch("CREATE VIRTUAL TABLE users_letters USING fts5 (email, content = '', detail = 'column', tokenize = 'ascii')")
            .unwrap();
        let texts = [
            "o'b.",
            "a\"b-c",
            " x ",
            "\0\u{1}\u{7f}",
            "ÄÖß",
            "日本語",
            "(a*) OR",
            "🐎🐎🐎",
            "a\u{301}b",
        ];
        let organizations = [1, 2, 19_999, 20_000, 20_001, 400_000_000, i64::MAX];
        let mut statement = connection
            .prepare("INSERT INTO users_letters (rowid, email) VALUES (?1, letters(?2, ?3))")
            .unwrap();
        let mut expected = Vec::new();
        for organization in organizations {
            for text in texts {
                let row = i64::try_from(expected.len()).unwrap();
                statement.execute((row, organization, fold(text))).unwrap();
                expected.push((organization, text, row));
            }
        }
        let mut found = connection
            .prepare("SELECT rowid FROM users_letters WHERE users_letters MATCH ?1")
            .unwrap();
        let email = Trigrams {
            rows: "",
            column: "email",
        };
        for (organization, text, row) in expected {
            let pattern = Pattern::containing(text);
            let question = email
                .question(OrganizationId::new(organization), &pattern)
                .unwrap();
            let rows: Vec<i64> = found
                .query_map([question], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert_eq!(rows, [row], "{text:?} in {organization}");
        }
    }
}
