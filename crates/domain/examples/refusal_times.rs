//! How long it takes to refuse hostile texts: `cargo run --release -p tenantry-domain --example refusal_times`.
//!
//! Prints the median and the slowest of many runs for each text, the most expensive ones that are accepted besides, and fails if a
//! median passes a millisecond; the slowest tells more about what else the machine did. It is no test, because tests do not measure time; that such texts are refused at all, `tests/ceql/limits.rs`
//! asserts.

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use tenantry_domain::{
    OrganizationId, Scope, UserField,
    ceql::{Filter, MAX_LENGTH, MAX_LIST, MAX_NESTING},
    page::{Cursor, Keyset, Sort},
};

const RUNS: usize = 500;
const BOUND: Duration = Duration::from_millis(1);

/// A text, and what is made of it; `true` if it was accepted.
struct Case {
    title: &'static str,
    text: String,
    read: fn(&str) -> bool,
}

fn main() -> ExitCode {
    let mut within = true;
    println!("{:>10} {:>10} {:>9}  text", "median", "slowest", "answer");
    for case in cases() {
        let mut times: Vec<Duration> = (0..RUNS).map(|_| measure(&case).0).collect();
        times.sort();
        let (median, slowest) = (times[RUNS / 2], times[RUNS - 1]);
        let answer = if measure(&case).1 {
            "accepted"
        } else {
            "refused"
        };
        println!(
            "{:>7.1} µs {:>7.1} µs {answer:>9}  {}",
            micros(median),
            micros(slowest),
            case.title
        );
        within &= median < BOUND;
    }
    if within {
        println!("every median is under {BOUND:?}");
        return ExitCode::SUCCESS;
    }
    eprintln!("error: a median passes {BOUND:?}");
    ExitCode::FAILURE
}

#[expect(clippy::disallowed_methods, reason = "measures what a text costs")]
fn measure(case: &Case) -> (Duration, bool) {
    let text = black_box(case.text.as_str());
    let start = Instant::now();
    let accepted = (case.read)(text);
    (start.elapsed(), accepted)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn filter(text: &str) -> bool {
    Filter::<UserField>::parse(text).is_ok()
}

/// Reading, the normal form that stores translate, and the canonical text that page tokens are bound to.
fn filter_with_its_forms(text: &str) -> bool {
    Filter::<UserField>::parse(text).is_ok_and(|filter| {
        black_box((filter.normalized(), filter.to_string()));
        true
    })
}

fn order(text: &str) -> bool {
    Sort::<UserField>::parse(text).is_ok()
}

fn token(text: &str) -> bool {
    let scope = Scope::organization(OrganizationId::new(2));
    let cursor = Cursor::new(text);
    Keyset::parse(&cursor, &scope, &Filter::<UserField>::All, &Sort::by_id()).is_some()
}

fn cases() -> Vec<Case> {
    let case = |title, text, read| Case { title, text, read };
    let refused = |title, text| case(title, text, filter);
    let full = |part: &str| part.repeat(MAX_LENGTH / part.chars().count());
    let nested =
        |open: &str, depth: usize| format!("{}id = 1{}", open.repeat(depth), ")".repeat(depth));
    let many = "id=1 OR ".repeat(510);
    vec![
        refused("a million characters", "x".repeat(1_000_000)),
        refused(
            "one byte too many to count characters",
            "x".repeat(MAX_LENGTH * 4 + 1),
        ),
        refused(
            "one character too many, of four bytes each",
            "🐎".repeat(MAX_LENGTH + 1),
        ),
        refused("a million open parentheses", "(".repeat(1_000_000)),
        refused("4096 open parentheses", full("(")),
        refused("4096 characters of NOT (", full("NOT (")),
        refused("4096 characters of NOT", full("NOT ")),
        refused("one parenthesis too deep", nested("NOT (", MAX_NESTING + 1)),
        refused("4096 closing parentheses", full(")")),
        refused("4096 blanks", full(" ")),
        refused("4096 quotes, an even number", full("'")),
        refused(
            "a text that does not end",
            format!("name='{}", full("''"))[..MAX_LENGTH].to_owned(),
        ),
        refused("a name of 4096 characters", full("a")),
        refused(
            "a name of 4096 characters, then a comparison",
            "a".repeat(MAX_LENGTH - 2) + "=1",
        ),
        refused(
            "an unknown field of 64 characters",
            "createdDat".repeat(6) + "crea=1",
        ),
        refused(
            "a number of 4000 digits",
            format!("id = {}", "9".repeat(4000)),
        ),
        refused(
            "a date with 4000 decimals",
            format!("createdDate = 2017-01-15T00:00:00.{}", "9".repeat(4000)),
        ),
        refused(
            "a list with one value too many",
            format!("id IN ({})", vec!["1"; MAX_LIST + 1].join(",")),
        ),
        refused(
            "an error behind 510 conditions",
            many.clone() + "createdDateX=1",
        ),
        refused("4096 combining accents", full("\u{301}")),
        refused(
            "a pattern that ends in its escape",
            format!("name LIKE '{}\\'", "_%".repeat(2000)),
        ),
        case("511 conditions", many + "id=1", filter_with_its_forms),
        case(
            "conditions under as many parentheses as may be open",
            deepest(),
            filter_with_its_forms,
        ),
        case("days in many lists", days(), filter_with_its_forms),
        case(
            "a pattern of 4000 wildcards",
            format!("name LIKE '{}'", "_%".repeat(2000)),
            filter_with_its_forms,
        ),
        case(
            "an order of a million characters",
            "id ".repeat(333_333),
            order,
        ),
        case("an order of many fields", "id,".repeat(333_333), order),
        case("a page token of 64 KiB", "A".repeat(65_536), token),
        case("a page token that is no base64", "!".repeat(65_536), token),
    ]
}

/// As many conditions as fit under as many parentheses as may be open.
fn deepest() -> String {
    let mut text = "id=1 OR ".repeat(MAX_LENGTH / 8 - MAX_NESTING);
    text.truncate(MAX_LENGTH - 10 * MAX_NESTING - 4);
    let whole = text.rfind("id=1 OR ").unwrap_or(0);
    text.truncate(whole);
    format!(
        "{}{text}id=1{}",
        "NOT (".repeat(MAX_NESTING),
        ")".repeat(MAX_NESTING)
    )
}

/// Each day becomes a range of two instants.
fn days() -> String {
    let list = format!("createdDate NOT IN ({})", vec!["2017-01-15"; 100].join(","));
    vec![list; 3].join(" AND ")
}
