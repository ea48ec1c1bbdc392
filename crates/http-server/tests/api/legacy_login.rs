//! Passwords that a legacy platform holds, over HTTP: what is answered, and how soon.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tenantry_domain::{
    Email, Password, PasswordHash, UserDraft,
    ports::{LegacyLogin, LegacyLoginError},
};
use tenantry_http_server::HttpConfig;
use tenantry_testkit::{
    PlainLegacyLogin,
    samples::{self, change, password_hash},
};
use tokio::time::{Instant, sleep};

use crate::support::{Caller, PASSWORD, Reply, World, serve_moving};

/// Its password is held elsewhere.
const ROSIE: &str = "rosie@shire.example";
/// Its password is here.
const MOVED: &str = "pippin@shire.example";
const NOBODY: &str = "nobody@shire.example";

/// The platform, which thinks before it answers.
struct Slow {
    platform: Arc<PlainLegacyLogin>,
    thinks: Duration,
}

#[async_trait]
impl LegacyLogin for Slow {
    async fn verify(&self, email: &Email, password: &Password) -> Result<bool, LegacyLoginError> {
        sleep(self.thinks).await;
        self.platform.verify(email, password).await
    }
}

/// A world that moves passwords here from a platform that takes so many milliseconds for an answer.
async fn world(thinks: u64) -> (World, Arc<PlainLegacyLogin>) {
    let mut world = World::new().await;
    for (address, hash) in [
        (ROSIE, PasswordHash::held_elsewhere()),
        (MOVED, password_hash(PASSWORD)),
    ] {
        let draft = UserDraft {
            password: Some(hash),
            ..samples::user_draft(world.shire_account, address)
        };
        let users = &world.repositories.users;
        users.create(world.shire, &draft, &change()).await.unwrap();
    }
    let platform = Arc::new(PlainLegacyLogin::knowing(&[(ROSIE, PASSWORD)]));
    let config = HttpConfig {
        refused_login: Some(Duration::from_secs(2)),
        ..HttpConfig::default()
    };
    let slow = Slow {
        platform: Arc::clone(&platform),
        thinks: Duration::from_millis(thinks),
    };
    let (clock, hasher) = (&world.clock, &world.hasher);
    let legacy = Some(Arc::new(slow) as _);
    world.router = serve_moving(&world.repositories, clock, hasher, &config, legacy);
    (world, platform)
}

/// The reply to a login, and after how many milliseconds it came.
async fn timed(world: &World, username: &str, password: &str) -> (Reply, u128) {
    let began = Instant::now();
    let reply = world.log_in(username, password).await;
    (reply, began.elapsed().as_millis())
}

#[tokio::test(start_paused = true)]
async fn a_first_login_is_verified_there_and_the_second_here() {
    let (world, platform) = world(700).await;
    let (reply, took) = timed(&world, ROSIE, PASSWORD).await;
    assert_eq!(reply.ok().json()["username"], ROSIE);
    assert_eq!(took, 700);
    platform.leave();
    let (reply, took) = timed(&world, ROSIE, PASSWORD).await;
    reply.ok();
    assert_eq!(took, 0);
    assert_eq!(platform.asked(), [ROSIE]);
}

#[tokio::test(start_paused = true)]
async fn nobody_can_tell_by_the_time_of_a_refusal_where_the_password_is() {
    for (thinks, elsewhere, here) in [(0, 2000, 2000), (700, 2000, 2000), (2500, 2500, 2000)] {
        let (world, platform) = world(thinks).await;
        let mut messages = Vec::new();
        for (username, expected) in [
            (ROSIE, elsewhere),
            (NOBODY, elsewhere),
            (MOVED, here),
            // Has no password.
            (Caller::OrgUser.email(), here),
            ("no e-mail at all", here),
        ] {
            let (reply, took) = timed(&world, username, "Wr0ng-password").await;
            assert_eq!((reply.status.as_u16(), took), (401, expected), "{username}");
            messages.push(reply.message());
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(platform.asked(), [ROSIE, NOBODY]);
    }
}

#[tokio::test(start_paused = true)]
async fn only_refused_logins_wait() {
    let (world, _) = world(0).await;
    let wrong = serde_json::json!({"username": 1});
    let began = Instant::now();
    let reply = world
        .call_json(Caller::Nobody, "POST", "/authentication", &wrong)
        .await;
    assert_eq!(reply.status, 400);
    let reply = world
        .call(Caller::Nobody, "GET", "/authentication/secrets")
        .await;
    assert_eq!(reply.status, 401);
    world.log_in(MOVED, PASSWORD).await.ok();
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn without_a_platform_nobody_waits() {
    let world = World::new().await;
    let (reply, took) = timed(&world, NOBODY, PASSWORD).await;
    assert_eq!((reply.status.as_u16(), took), (401, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outage_there_is_503_with_retry_after_and_counts_for_nobody() {
    let (world, platform) = world(0).await;
    for nonsense in [false, true] {
        if nonsense {
            platform.talk_nonsense();
        } else {
            platform.leave();
        }
        for username in [ROSIE, NOBODY] {
            // More often than an address may fail.
            for _ in 0..11 {
                let reply = world.log_in(username, PASSWORD).await;
                assert_eq!(reply.status, 503, "{username}");
                assert_eq!(reply.header("retry-after"), Some("5"));
                assert_eq!(
                    reply.message(),
                    "The password cannot be checked now, because another server does not answer. Try again."
                );
            }
        }
    }
    let users = format!("/users/{ROSIE}");
    let headers = [("elements-user-password", PASSWORD)];
    let body = axum::body::Body::empty();
    let reply = world
        .send(Caller::OrgAdmin, "GET", &users, &headers, body)
        .await;
    assert_eq!(reply.status, 503);
}
