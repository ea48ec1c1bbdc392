//! Clocks that jump, daylight saving, leap days: whatever ends, ends at its instant, and lists and logs keep their order. How lists and the
//! log fare over each store, the conformance suite says.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::{
    authentication::{MERIADOC, world},
    support::{Caller, PASSWORD, World},
};

impl World {
    /// Sets the clock, forwards or back.
    fn set_clock(&self, to: OffsetDateTime) {
        let now = tenantry_domain::ports::Clock::now(self.clock.as_ref());
        self.clock.advance(to - now);
    }

    async fn status_of(&self, token: &str) -> u16 {
        let reply = self.bearing(token, "GET", "/organizations/me", &Value::Null);
        reply.await.status.as_u16()
    }
}

/// Across the end of February in a leap year, the hour that is left out or doubled in Central Europe and in New York, and the end of a year.
const NIGHTS: [OffsetDateTime; 6] = [
    datetime!(2028-02-28 20:00 UTC),
    datetime!(2028-02-29 20:00 UTC),
    datetime!(2026-03-28 20:00 UTC),
    datetime!(2026-10-24 20:00 UTC),
    datetime!(2026-11-01 00:00 UTC),
    datetime!(2027-12-31 20:00 UTC),
];

#[tokio::test]
async fn a_login_lives_twelve_hours_in_any_night() {
    for begun in NIGHTS {
        let (world, _) = world().await;
        world.set_clock(begun);
        let reply = world.log_in(MERIADOC, PASSWORD).await.ok();
        let token = reply.json()["token"].as_str().unwrap().to_owned();
        world.set_clock(begun + Duration::hours(12) - Duration::microseconds(1));
        assert_eq!(world.status_of(&token).await, 200, "{begun}");
        // Set back to before it began, it is no less good, and it ends when it would have.
        world.set_clock(begun - Duration::days(2));
        assert_eq!(world.status_of(&token).await, 200, "{begun}");
        world.set_clock(begun + Duration::hours(12));
        assert_eq!(world.status_of(&token).await, 401, "{begun}");
    }
}

#[tokio::test]
async fn a_lock_lasts_thirty_minutes_in_any_night() {
    for begun in NIGHTS {
        let (world, _) = world().await;
        world.set_clock(begun);
        for _ in 0..5 {
            assert_eq!(world.log_in(MERIADOC, "Wrong-password-1").await.status, 401);
        }
        world.set_clock(begun + Duration::minutes(30) - Duration::microseconds(1));
        assert_eq!(
            world.log_in(MERIADOC, PASSWORD).await.status,
            401,
            "{begun}"
        );
        world.set_clock(begun + Duration::minutes(30));
        assert_eq!(
            world.log_in(MERIADOC, PASSWORD).await.status,
            200,
            "{begun}"
        );
    }
}

#[tokio::test]
async fn a_password_lasts_as_many_times_twenty_four_hours_as_the_policy_says() {
    for begun in NIGHTS {
        let (world, id) = world().await;
        world.set_clock(begun);
        let policy = json!({
            "minLength": 8, "minUppercase": 0, "minLowercase": 0, "minNumbers": 0, "minSymbols": 0,
            "symbolCharacterSet": "#", "previousPasswordCount": 0, "expirationDays": 366
        });
        let path = "/organizations/password-policies";
        world
            .call_json(Caller::OrgAdmin, "PUT", path, &policy)
            .await
            .ok();
        let reply = world.log_in(MERIADOC, PASSWORD).await.ok();
        let token = reply.json()["token"].as_str().unwrap().to_owned();
        let body = json!({"password": "Second-breakfast-1"});
        world
            .bearing(&token, "POST", "/authentication/passwords", &body)
            .await
            .ok();
        let expired = async || {
            let path = format!("/users/{id}");
            let user = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
            user.json()["credentialsExpired"].clone()
        };
        world.set_clock(begun + Duration::days(366) - Duration::microseconds(1));
        assert_eq!(expired().await, false, "{begun}");
        world.set_clock(begun + Duration::days(366));
        assert_eq!(expired().await, true, "{begun}");
        world.set_clock(begun);
        assert_eq!(expired().await, false, "{begun}");
    }
}

#[tokio::test]
async fn a_leap_day_is_a_day_and_no_other_year_has_it() {
    let world = World::new().await;
    for (at, name) in [
        (datetime!(2028-02-28 23:59:59.999999 UTC), "before"),
        (datetime!(2028-02-29 00:00 UTC), "first"),
        (datetime!(2028-02-29 23:59:59.999999 UTC), "last"),
        (datetime!(2028-03-01 00:00 UTC), "behind"),
    ] {
        world.set_clock(at);
        world.create(&format!("{name}@shire.example")).await;
    }
    let found = async |filter: &str| {
        let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
        let path = format!("/users?where={filter}");
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
        let users = reply.json();
        let emails = users.as_array().unwrap().iter();
        let emails = emails.map(|user| user["email"].as_str().unwrap().to_owned());
        emails.collect::<Vec<_>>()
    };
    let (first, last) = ("first@shire.example", "last@shire.example");
    assert_eq!(found("createdDate = '2028-02-29'").await, [first, last]);
    assert_eq!(found("createdDate = 2028-02-29").await, [first, last]);
    assert_eq!(
        found("createdDate > '2028-02-28' AND createdDate < '2028-03-01'").await,
        [first, last]
    );
    // The same instant by three clocks on the wall.
    for instant in [
        "2028-02-29T00:00:00Z",
        "2028-02-28T19:00:00-05:00",
        "2028-02-29T01:00:00+01:00",
    ] {
        assert_eq!(found(&format!("createdDate = '{instant}'")).await, [first]);
    }
    for date in ["2027-02-29", "2100-02-29", "2028-02-30"] {
        let path = format!("/users?where=createdDate%3D'{date}'");
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await;
        assert_eq!(reply.status, 400, "{date}: {}", reply.text);
    }
}

#[tokio::test]
async fn the_log_says_what_happened_in_its_order_whatever_the_clock_says() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for (number, at) in NIGHTS.into_iter().enumerate() {
        world.set_clock(at);
        expected.push(world.create(&format!("user{number}@shire.example")).await);
    }
    expected.reverse();
    let mut listed = Vec::new();
    let mut path = "/audit-logs?pageSize=2".to_owned();
    while listed.len() < expected.len() {
        let page = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
        let records = page.json();
        let ids = records.as_array().unwrap().iter();
        listed.extend(ids.map(|record| record["targetId"].as_i64().unwrap()));
        let token = page.header("elements-next-page-token").unwrap();
        path = format!("/audit-logs?pageSize=2&nextPage={token}");
    }
    assert_eq!(listed, expected);
}
