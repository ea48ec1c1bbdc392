//! What the server does for itself.

use std::sync::Arc;

use tenantry_domain::services::{Retention, UpkeepService};
use tenantry_testkit::{
    FixedClock, run,
    samples::{START, change_at},
};
use time::Duration;

use crate::world::World;

const DAY: u32 = 86_400;

fn upkeep(world: &World, clock: &Arc<FixedClock>, days: Option<u32>) -> UpkeepService {
    UpkeepService::new(
        world.repositories.credentials.clone(),
        world.repositories.replies.clone(),
        world.chain(),
        clock.clone(),
        days.map(|days| Retention::of_days(days).unwrap()),
    )
}

#[test]
fn records_beyond_the_retention_are_erased_and_the_chain_stays_whole() {
    run(async {
        let world = World::new().await;
        for day in 1..=3 {
            world.user(day * DAY).await;
        }
        let clock = Arc::new(FixedClock::new(START));
        let upkeep = upkeep(&world, &clock, Some(2));
        assert_eq!(upkeep.link_audit_log().await.unwrap(), 6);
        // The records are from the days 0 (three), 1, 2 and 3.
        for (hours, erased, left) in [(48, 0, 6), (1, 3, 3), (22, 0, 3), (2, 1, 2), (24, 1, 1)] {
            clock.advance(Duration::hours(hours));
            assert_eq!(upkeep.forget_expired().await.unwrap(), erased);
            assert_eq!(world.records().await.len(), left);
            let report = world.verify().await;
            assert_eq!((report.records, report.fault), (left as u64, None));
        }
        world.user(6 * DAY).await;
        assert_eq!(upkeep.link_audit_log().await.unwrap(), 1);
        let report = world.verify().await;
        assert_eq!(report.head.unwrap().end.position, 7);
    });
}

#[test]
fn without_a_retention_records_stay_for_ever() {
    run(async {
        let world = World::linked(5).await;
        let clock = Arc::new(FixedClock::new(START + Duration::weeks(5000)));
        let upkeep = upkeep(&world, &clock, None);
        assert_eq!(upkeep.forget_expired().await.unwrap(), 0);
        assert_eq!(world.records().await.len(), 5);
    });
}

#[test]
fn a_retention_of_no_days_is_refused() {
    assert_eq!(
        Retention::of_days(0).unwrap_err().to_string(),
        "retention must be at least one day"
    );
}

#[test]
fn everything_that_is_over_is_erased_however_much_it_is() {
    run(async {
        let world = World::new().await;
        for seconds in 0..1200 {
            let credentials = &world.repositories.credentials;
            let change = change_at(seconds);
            credentials.login_refused(&change).await.unwrap();
        }
        let clock = Arc::new(FixedClock::new(
            START + Duration::DAY + Duration::seconds(1100),
        ));
        let upkeep = upkeep(&world, &clock, None);
        assert_eq!(upkeep.forget_expired().await.unwrap(), 1100);
        assert_eq!(upkeep.forget_expired().await.unwrap(), 0);
    });
}
