//! Rows 18 to 26: what holds whatever happens.

use super::{super::figures::number, Goal, MET, MISSED, PARTLY, goal, nothing};
use crate::results::{Restarts, Results};

/// Both stores have to be there for `met`, and enough has to have been tried; whatever went wrong is `missed`.
fn on_both<T>(
    all: &[T],
    measure: impl Fn(&T) -> String,
    went_wrong: impl Fn(&T) -> bool,
    enough: bool,
) -> (String, &'static str) {
    if all.is_empty() {
        return nothing();
    }
    let texts: Vec<_> = all.iter().map(measure).collect();
    let verdict = if all.iter().any(went_wrong) {
        MISSED
    } else if enough && all.len() == 2 {
        MET
    } else {
        PARTLY
    };
    (texts.join("; "), verdict)
}

fn restarts(one: &Restarts) -> (String, &'static str) {
    let of = if one.previous {
        "of the release before"
    } else {
        "of the same release"
    };
    let text = format!(
        "{} nodes {of} replaced, and {} back again: {} calls, {} failed ({} were sent again to another node)",
        one.replaced, one.replaced_back, one.calls, one.failures, one.sent_again
    );
    // A node that drops what it has begun makes every second caller send again.
    let dropped = one.sent_again * 4 > one.callers * (one.replaced + one.replaced_back);
    let verdict = if one.failures > 0 || dropped {
        MISSED
    } else if one.previous {
        MET
    } else {
        PARTLY
    };
    (text, verdict)
}

/// What no benchmark measures says which test or command shows it, and how far.
#[expect(clippy::too_many_lines, reason = "a table, row by row")]
pub(super) fn all(results: &Results) -> Vec<Goal> {
    let shown_by = |tests: &str| (tests.to_owned(), "see test");
    let kills = on_both(
        &results.kills,
        |one| {
            format!(
                "{}: {} kills, {} writes answered: {} lost, {} half made, {} users without their records",
                one.store, one.times, one.answered, one.lost, one.half_made, one.unrecorded
            )
        },
        |one| one.lost + one.half_made + one.unrecorded > 0,
        // Each kill interrupted somebody.
        results
            .kills
            .iter()
            .all(|one| one.times >= 100 && one.unanswered >= one.times && one.answered > one.times),
    );
    let calls: u64 = results.strangers.iter().map(|one| one.calls).sum();
    let answered: u64 = results.strangers.iter().map(|one| one.answered).sum();
    let errors: u64 = results.strangers.iter().map(|one| one.server_errors).sum();
    let strangers = on_both(
        &results.strangers,
        |one| {
            format!(
                "{}: {} calls over {} routes: {} leaks, {} told from what nobody has, {} organizations changed",
                one.store, one.calls, one.routes, one.leaks, one.differences, one.changed
            )
        },
        |one| one.leaks + one.differences + one.changed + one.server_errors > 0,
        // With refusals alone, nothing would be shown.
        calls >= 1_000_000 && answered * 20 >= calls,
    );
    let hostile = if results.strangers.is_empty() {
        String::new()
    } else {
        format!("{errors} of the {calls} calls of row 21 were answered 5xx; ")
    };
    let crowd = on_both(
        &results.crowds,
        |one| {
            format!(
                "{}: {} × ({} to {} ms), {} failures",
                one.store,
                number(one.ratio),
                number(one.p99_alone),
                number(one.p99_beside),
                one.failures
            )
        },
        |one| one.ratio > 2.0 || one.failures > 0,
        results
            .crowds
            .iter()
            .all(|one| one.idle_connections >= 10_000),
    );
    let restarts = results.restarts.as_ref().map_or_else(nothing, restarts);
    vec![
        goal(
            18,
            "clean clone to first answer; `cargo xtask ci`",
            "< 8 minutes; < 25 minutes",
            nothing(),
        ),
        goal(
            19,
            "`kill -9` under load, 100 times, both stores",
            "nothing that was answered 200 is lost or half made",
            kills,
        ),
        goal(
            20,
            "store away",
            "503 within 5 s, recovery within 5 s",
            shown_by(
                "`tenantry-store-postgres`, `adapter::outages`; `tenantry-http-server`, `api::outage`",
            ),
        ),
        goal(
            21,
            "other organizations' data",
            "0 leaks in 10^6 generated calls",
            strangers,
        ),
        goal(
            22,
            "hostile input",
            "0 panics, 0 5xx in 10^6 calls and 10 minutes of fuzzing",
            shown_by(&format!(
                "{hostile}`cargo xtask fuzz-ceql`, `cargo xtask fuzz-api`; `tenantry-http-server`, `api::hostile`; `tenantry-wire`, `hostile`"
            )),
        ),
        goal(
            23,
            "stolen database file",
            "opens no session, reveals no secret",
            shown_by(
                "`tenantry-store-sqlite`, `stolen_file`; `tenantry-app`, `black_box::secrecy`",
            ),
        ),
        goal(
            24,
            "slow clients, huge headers, 10,000 idle connections",
            "others' p99 ≤ 2 ×",
            crowd,
        ),
        goal(
            25,
            "clock jumps, daylight saving, leap days",
            "nothing goes wrong",
            shown_by(
                "`tenantry-http-server`, `api::clock`; on each store `audit_log::a_clock_that_is_set_back…`, `paging::a_clock_that_is_set_back…`",
            ),
        ),
        goal(
            26,
            "upgrade from the previous release under load",
            "no failed request",
            restarts,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Kills, Strangers};

    fn verdict(results: &Results, number: u8) -> &'static str {
        let goals = all(results);
        let goal = goals.iter().find(|goal| goal.number == number);
        goal.map_or("", |goal| goal.verdict)
    }

    fn kills(store: &str) -> Kills {
        Kills {
            store: store.to_owned(),
            times: 100,
            answered: 9000,
            unanswered: 6400,
            ..Kills::default()
        }
    }

    #[test]
    fn kills_count_on_both_stores_if_they_interrupted_somebody() {
        let mut results = Results::default();
        assert_eq!(verdict(&results, 19), "");
        results.kills.push(kills("sqlite"));
        assert_eq!(verdict(&results, 19), PARTLY);
        results.kills.push(kills("postgres"));
        assert_eq!(verdict(&results, 19), MET);
        results.kills[0].unanswered = 0;
        assert_eq!(verdict(&results, 19), PARTLY);
        results.kills[1].unrecorded = 1;
        assert_eq!(verdict(&results, 19), MISSED);
    }

    #[test]
    fn a_million_refusals_show_nothing() {
        let strangers = |answered| Strangers {
            calls: 500_000,
            answered,
            ..Strangers::default()
        };
        let mut results = Results {
            strangers: vec![strangers(0), strangers(0)],
            ..Results::default()
        };
        assert_eq!(verdict(&results, 21), PARTLY);
        results.strangers = vec![strangers(50_000), strangers(50_000)];
        assert_eq!(verdict(&results, 21), MET);
        results.strangers[1].server_errors = 1;
        assert_eq!(verdict(&results, 21), MISSED);
    }

    #[test]
    fn nodes_that_drop_calls_are_no_graceful_ones() {
        let mut results = Results {
            restarts: Some(Restarts {
                previous: true,
                replaced: 10,
                callers: 32,
                sent_again: 32,
                ..Restarts::default()
            }),
            ..Results::default()
        };
        assert_eq!(verdict(&results, 26), MET);
        if let Some(restarts) = &mut results.restarts {
            restarts.sent_again = 160;
        }
        assert_eq!(verdict(&results, 26), MISSED);
    }
}
