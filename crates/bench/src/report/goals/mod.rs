//! The table of goals, row by row: what was to be reached, what was measured, and what that means.

mod reliability;

use super::figures::number;
use crate::results::{Results, Row};

/// A row.
pub(super) struct Goal {
    pub(super) number: u8,
    pub(super) scenario: &'static str,
    pub(super) target: &'static str,
    pub(super) measured: String,
    pub(super) verdict: &'static str,
}

const NOT_MEASURED: &str = "not measured";
const MET: &str = "met";
const MISSED: &str = "missed";
const PARTLY: &str = "partly";

/// All rows, in order.
pub(super) fn all(results: &Results) -> Vec<Goal> {
    let mut goals = speed(results);
    goals.extend(footprint(results));
    goals.extend(reliability::all(results));
    goals
}

fn goal(
    number: u8,
    scenario: &'static str,
    target: &'static str,
    (measured, verdict): (String, &'static str),
) -> Goal {
    Goal {
        number,
        scenario,
        target,
        measured,
        verdict,
    }
}

/// What is said where nothing was measured.
fn nothing() -> (String, &'static str) {
    (NOT_MEASURED.to_owned(), "")
}

/// All parts together: missed if one is, not known if one was not measured.
fn together(parts: Vec<(String, &'static str)>) -> (String, &'static str) {
    let verdicts: Vec<_> = parts.iter().map(|(_, verdict)| *verdict).collect();
    let texts: Vec<_> = parts.into_iter().map(|(text, _)| text).collect();
    let verdict = if verdicts.iter().all(|verdict| verdict.is_empty()) {
        return nothing();
    } else if verdicts.contains(&"failed") {
        "failed"
    } else if verdicts.iter().all(|verdict| *verdict == MET) {
        MET
    } else if verdicts.contains(&MISSED) {
        MISSED
    } else {
        PARTLY
    };
    (texts.join("; "), verdict)
}

/// A ratio that stands in a row with its goal.
fn ratio(
    results: &Results,
    store: &str,
    scenario: &str,
    connections: u64,
) -> (String, &'static str) {
    let Some(row) = results.row(store, scenario, connections) else {
        return (format!("{store} {scenario} {NOT_MEASURED}"), "");
    };
    (format!("{}: {}", label(row), ratio_of(row)), row.verdict())
}

fn label(row: &Row) -> String {
    format!("{} {}, {}", row.store, row.scenario, row.connections)
}

fn ratio_of(row: &Row) -> String {
    let ratio = row.ratio.map_or(NOT_MEASURED.to_owned(), |ratio| {
        format!("{} ×", number(ratio))
    });
    let failures = if row.failures > 0 {
        format!(" ({} calls failed)", row.failures)
    } else {
        String::new()
    };
    format!("{ratio}{failures}")
}

fn one(results: &Results, store: &str, scenario: &str, connections: u64) -> (String, &'static str) {
    match results.row(store, scenario, connections) {
        Some(row) => (ratio_of(row), row.verdict()),
        None => nothing(),
    }
}

fn judge(good: bool) -> &'static str {
    if good { MET } else { MISSED }
}

#[expect(clippy::too_many_lines, reason = "a table, row by row")]
fn speed(results: &Results) -> Vec<Goal> {
    let logins = together(vec![
        ratio(results, "postgres", "login", 8),
        ratio(results, "sqlite", "login", 8),
    ]);
    let many = |scenarios: &[&str]| {
        let stores = ["postgres", "sqlite"];
        let parts = stores.iter().flat_map(|store| {
            scenarios
                .iter()
                .map(|scenario| ratio(results, store, scenario, 64))
        });
        together(parts.collect())
    };
    let by_email = together(vec![
        ratio(results, "postgres", "get user by e-mail", 64),
        ratio(results, "postgres", "get user by e-mail", 1),
        ratio(results, "sqlite", "get user by e-mail", 64),
    ]);
    vec![
        goal(
            1,
            "get user by id, PostgreSQL, 64",
            "≥ 1.5 × one SELECT",
            one(results, "postgres", "get user by id", 64),
        ),
        goal(
            2,
            "get user by id, PostgreSQL, 1 connection",
            "≥ 0.95 ×",
            one(results, "postgres", "get user by id", 1),
        ),
        goal(
            3,
            "get user by id, SQLite, 64",
            "≥ 1.0 ×",
            one(results, "sqlite", "get user by id", 64),
        ),
        goal(4, "get user by e-mail", "as 1 to 3", by_email),
        goal(
            5,
            "answered without the store",
            "≥ 0.7 × a static body",
            many(&["304 by ETag", "401 by checksum", "health"]),
        ),
        goal(
            6,
            "list 200 users; with `where`; first page and page 10,000",
            "≥ 0.9 ×; deep page ≥ 0.95 × page 1",
            many(&[
                "list 200",
                "list 200 where city =",
                "list 200, deep page",
                "deep page beside page 1",
            ]),
        ),
        goal(
            7,
            "create user, PostgreSQL, 64, durable",
            "≥ 0.8 × one INSERT",
            one(results, "postgres", "create user", 64),
        ),
        goal(
            8,
            "create user, SQLite, 64, durable",
            "≥ 8 × one INSERT",
            one(results, "sqlite", "create user", 64),
        ),
        goal(
            9,
            "lifecycle, PostgreSQL, 64",
            "≥ 400/s, p99 < 100 ms, flat over 10 minutes",
            lifecycle(results),
        ),
        goal(
            10,
            "secret-authenticated read, per core",
            "≥ 3,000/s per core, p99 < 20 ms at half load",
            per_core(results),
        ),
        goal(
            11,
            "login",
            "≥ 0.95 × the hash alone; reads in a storm p99 ≤ 3 × idle",
            login(results, logins),
        ),
        goal(
            12,
            "search among 10^7 users",
            "median ≤ 2 ×, p99 ≤ 3 × itself at 10^4",
            search(results),
        ),
        goal(
            13,
            "import of users with hashes",
            "≥ 0.33 × COPY, < 100 MB",
            import(results),
        ),
        goal(
            14,
            "two nodes on one PostgreSQL",
            "at once here, < 1 s there; throughput ≥ one node",
            nodes(results),
        ),
    ]
}

fn lifecycle(results: &Results) -> (String, &'static str) {
    let Some(row) = results.row("postgres", "lifecycle", 64) else {
        return nothing();
    };
    let text = format!("{}/s, p99 {} ms", number(row.rate), number(row.p99));
    let good = row.rate >= 400.0 && row.p99 < 100.0 && row.failures == 0;
    let (Some(first), Some(last)) = (results.soak.first(), results.soak.last()) else {
        let verdict = if good { PARTLY } else { MISSED };
        return (format!("{text}; ten minutes {NOT_MEASURED}"), verdict);
    };
    let flat = last.rate / first.rate.max(f64::EPSILON);
    let most = results
        .soak
        .iter()
        .map(|minute| minute.p99)
        .fold(0.0, f64::max);
    let text = format!(
        "{text}; minute {} {} × the first, p99 ≤ {} ms",
        results.soak.len(),
        number(flat),
        number(most)
    );
    let long = results.soak.len() >= 10;
    let good = good && flat >= 0.9 && most < 100.0;
    (text, if good && !long { PARTLY } else { judge(good) })
}

fn per_core(results: &Results) -> (String, &'static str) {
    let full = results.row("postgres", "get user by id", 64);
    let half = results.row("postgres", "get user by id, half load", 64);
    let (Some(full), Some(half)) = (full, half) else {
        return nothing();
    };
    let rate = full.rate / f64::from(results.run.cores.max(1));
    let text = format!(
        "{}/s per core (which the load and PostgreSQL share), p99 {} ms at {}/s",
        number(rate),
        number(half.p99),
        number(half.rate)
    );
    (
        text,
        judge(rate >= 3000.0 && half.p99 < 20.0 && half.failures == 0),
    )
}

fn login(results: &Results, rate: (String, &'static str)) -> (String, &'static str) {
    let storm = match &results.storm {
        Some(storm) => (
            format!("reads in a storm {} ×", number(storm.slowdown)),
            judge(storm.slowdown <= 3.0),
        ),
        None => (format!("reads in a storm {NOT_MEASURED}"), ""),
    };
    together(vec![rate, storm])
}

fn search(results: &Results) -> (String, &'static str) {
    let Some(largest) = results.curve.iter().map(|point| point.users).max() else {
        return nothing();
    };
    let points: Vec<_> = results
        .curve
        .iter()
        .filter(|point| point.users == largest)
        .collect();
    let worst = |ratio: fn(&crate::results::Point) -> f64| {
        let by = |one: &&&crate::results::Point, other: &&&crate::results::Point| {
            ratio(one).total_cmp(&ratio(other))
        };
        points.iter().max_by(by).map(|point| (ratio(point), *point))
    };
    let (Some((median, by)), Some((tail, _))) = (
        worst(|point| point.median_ratio),
        worst(|point| point.p99_ratio),
    ) else {
        return nothing();
    };
    let failures: u64 = points.iter().map(|point| point.failures).sum();
    let text = format!(
        "{} users: worst median {} × ({}, {}), worst p99 {} ×, {failures} failures",
        super::figures::count(largest),
        number(median),
        by.store,
        by.query,
        number(tail)
    );
    let good = median <= 2.0 && tail <= 3.0 && failures == 0;
    (
        text,
        if good && largest < 10_000_000 {
            PARTLY
        } else {
            judge(good)
        },
    )
}

fn import(results: &Results) -> (String, &'static str) {
    let parts = results.imports.iter().map(|import| {
        let good = import.ratio >= 0.33 && import.most_megabytes < 100.0;
        let text = format!(
            "{} {} ×, {} MB",
            import.store,
            number(import.ratio),
            number(import.most_megabytes)
        );
        (text, judge(good))
    });
    together(parts.collect())
}

fn nodes(results: &Results) -> (String, &'static str) {
    let Some(nodes) = &results.nodes else {
        return nothing();
    };
    let seen = format!(
        "{} of {} let in here afterwards, there at most {} ms",
        nodes.late_here,
        nodes.tries,
        number(nodes.most_elsewhere)
    );
    together(vec![
        (
            seen,
            judge(nodes.late_here == 0 && nodes.most_elsewhere < 1000.0),
        ),
        ratio(results, "postgres", "two nodes, get user by id", 64),
        ratio(results, "postgres", "two nodes, create user", 64),
    ])
}

fn footprint(results: &Results) -> Vec<Goal> {
    let memory = each(&results.footprints, |one| {
        let (idle, loaded) = (one.idle_megabytes, one.loaded_megabytes);
        (
            format!("{} {} / {} MB", one.store, number(idle), number(loaded)),
            idle < 25.0 && loaded < 60.0,
        )
    });
    let ready = each(&results.footprints, |one| {
        let took = one.ready_milliseconds;
        (format!("{} {} ms", one.store, number(took)), took < 100.0)
    });
    let binary = results.program.as_ref().map_or_else(nothing, |program| {
        const LIBC: &[&str] = &[
            "linux-vdso.so.1",
            "libc.so.6",
            "libm.so.6",
            "ld-linux-x86-64.so.2",
            "ld-linux-aarch64.so.1",
        ];
        let strange: Vec<_> = program
            .links
            .iter()
            .filter(|name| !LIBC.contains(&name.as_str()))
            .map(String::as_str)
            .collect();
        let text = format!(
            "{} MB, links {}",
            number(program.megabytes),
            program.links.join(" ")
        );
        (text, judge(program.megabytes < 25.0 && strange.is_empty()))
    });
    vec![
        goal(
            15,
            "resident memory idle / under load, 64",
            "< 25 MB / < 60 MB",
            memory,
        ),
        goal(
            16,
            "process start to `/readyz`, existing store",
            "< 100 ms",
            ready,
        ),
        goal(
            17,
            "binary, stripped",
            "< 25 MB, no shared library beyond libc",
            binary,
        ),
    ]
}

/// A measurement on each store.
fn each<T>(all: &[T], measure: impl Fn(&T) -> (String, bool)) -> (String, &'static str) {
    let parts = all.iter().map(|one| {
        let (text, good) = measure(one);
        (text, judge(good))
    });
    together(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Footprint, Point};

    fn row(store: &str, scenario: &str, connections: u64, ratio: f64, goal: f64) -> Row {
        Row {
            store: store.to_owned(),
            scenario: scenario.to_owned(),
            connections,
            ratio: Some(ratio),
            goal: Some(goal),
            ..Row::default()
        }
    }

    #[test]
    fn there_are_twenty_six_rows_in_order() {
        let numbers: Vec<_> = all(&Results::default())
            .iter()
            .map(|goal| goal.number)
            .collect();
        assert_eq!(numbers, (1..=26).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_met_that_was_not_measured() {
        for goal in all(&Results::default()) {
            assert_ne!(goal.verdict, MET, "{}", goal.number);
        }
    }

    #[test]
    fn a_row_of_several_parts_is_met_if_all_are() {
        let mut results = Results {
            rows: vec![
                row("postgres", "get user by e-mail", 64, 1.6, 1.5),
                row("postgres", "get user by e-mail", 1, 1.0, 0.95),
            ],
            ..Results::default()
        };
        assert_eq!(all(&results)[3].verdict, PARTLY);
        results
            .rows
            .push(row("sqlite", "get user by e-mail", 64, 1.2, 1.0));
        assert_eq!(all(&results)[3].verdict, MET);
        results.rows[0].ratio = Some(1.4);
        assert_eq!(all(&results)[3].verdict, MISSED);
        results.rows[1].failures = 1;
        assert_eq!(all(&results)[3].verdict, "failed");
    }

    #[test]
    fn footprints_of_both_stores_count() {
        let footprint = |store: &str, idle| Footprint {
            store: store.to_owned(),
            ready_milliseconds: 40.0,
            idle_megabytes: idle,
            loaded_megabytes: 50.0,
        };
        let results = Results {
            footprints: vec![footprint("sqlite", 12.0), footprint("postgres", 30.0)],
            ..Results::default()
        };
        let goals = all(&results);
        assert_eq!(goals[14].verdict, MISSED);
        assert_eq!(goals[15].measured, "sqlite 40.0 ms; postgres 40.0 ms");
        assert_eq!(goals[15].verdict, MET);
    }

    #[test]
    fn search_is_judged_by_the_largest_size_and_whole_at_ten_million() {
        let point = |users, ratio| Point {
            users,
            median_ratio: ratio,
            p99_ratio: ratio,
            ..Point::default()
        };
        let mut results = Results {
            curve: vec![point(100_000, 9.0), point(1_000_000, 1.5)],
            ..Results::default()
        };
        assert_eq!(all(&results)[11].verdict, PARTLY);
        results.curve.push(point(10_000_000, 2.5));
        assert_eq!(all(&results)[11].verdict, MISSED);
    }
}
