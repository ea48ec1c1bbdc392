//! What is remembered, for how long, and what ends it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{sync::Arc, time::Duration};

use tenantry_caller_cache::CallerCache;
use tenantry_domain::{
    AccountId, CalledInstance, Identity, InstanceId, OrganizationId, PasswordState, PrivilegeSet,
    Rank, SecretDigest, UserId,
    ports::{
        Authenticated, Caller, CallerChange, CredentialRepository, FeedEvent,
        MockCredentialRepository, Repositories,
    },
};
use tenantry_testkit::memory::MemoryStore;
use time::OffsetDateTime;

use self::support::hear;

const CALLER: Caller = Caller::Secrets {
    user: SecretDigest::new([1; 32]),
    organization: SecretDigest::new([2; 32]),
    instance: None,
};

fn frodo() -> Authenticated {
    Authenticated {
        identity: Identity {
            user_id: UserId::new(3),
            account_id: AccountId::new(4),
            organization_id: OrganizationId::new(5),
            default_account_id: AccountId::new(6),
            privileges: PrivilegeSet::EMPTY,
            rank: Rank::User,
            password_expiration_days: 0,
        },
        password: PasswordState::Absent,
        instance: Some(CalledInstance {
            id: InstanceId::new(7),
            account_id: AccountId::new(8),
            user_id: UserId::new(9),
            disabled: false,
        }),
        good_until: Some(at(100)),
    }
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

/// A store that is asked exactly so often.
fn asked(times: usize, answer: Option<Authenticated>) -> Repositories {
    let mut credentials = MockCredentialRepository::new();
    credentials
        .expect_authenticate()
        .times(times)
        .returning(move |_, _| Ok(answer.clone()));
    Repositories {
        credentials: Arc::new(credentials),
        ..MemoryStore::new().repositories()
    }
}

async fn knows(credentials: &Arc<dyn CredentialRepository>, seconds: i64) -> bool {
    let found = credentials.authenticate(&CALLER, at(seconds)).await;
    found.unwrap().is_some()
}

#[tokio::test]
async fn whoever_is_known_is_not_asked_for_again() {
    let cache = CallerCache::new(10);
    let credentials = cache.over(&asked(1, Some(frodo()))).credentials;
    hear(&cache, &[FeedEvent::Current]).await;
    for _ in 0..3 {
        let found = credentials.authenticate(&CALLER, at(0)).await.unwrap();
        assert_eq!(found, Some(frodo()));
    }
}

#[tokio::test]
async fn whoever_is_nobody_is_asked_for_every_time() {
    let cache = CallerCache::new(10);
    let credentials = cache.over(&asked(2, None)).credentials;
    hear(&cache, &[FeedEvent::Current]).await;
    assert!(!knows(&credentials, 0).await);
    assert!(!knows(&credentials, 0).await);
}

#[tokio::test]
async fn time_ends_what_was_good_for_a_time() {
    let cache = CallerCache::new(10);
    let credentials = cache.over(&asked(2, Some(frodo()))).credentials;
    hear(&cache, &[FeedEvent::Current]).await;
    assert!(knows(&credentials, 0).await);
    assert!(knows(&credentials, 99).await);
    // The store is asked, and it is for the store to say no.
    assert!(knows(&credentials, 100).await);
}

#[tokio::test]
async fn a_change_of_anybody_who_counts_is_forgotten() {
    let changes = [
        CallerChange::User(UserId::new(3)),
        CallerChange::Account(AccountId::new(4)),
        CallerChange::Organization(OrganizationId::new(5)),
        CallerChange::Instance(InstanceId::new(7)),
        CallerChange::Account(AccountId::new(8)),
        CallerChange::User(UserId::new(9)),
    ];
    let cache = CallerCache::new(10);
    let credentials = cache
        .over(&asked(1 + changes.len(), Some(frodo())))
        .credentials;
    hear(&cache, &[FeedEvent::Current]).await;
    assert!(knows(&credentials, 0).await);
    for change in changes {
        hear(&cache, &[FeedEvent::Changed(change)]).await;
        assert!(knows(&credentials, 0).await);
        assert!(knows(&credentials, 0).await);
    }
    // Of somebody else.
    hear(
        &cache,
        &[FeedEvent::Changed(CallerChange::User(UserId::new(4)))],
    )
    .await;
    assert!(knows(&credentials, 0).await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_remembered_while_the_feed_is_silent() {
    let cache = CallerCache::new(10);
    let credentials = cache.over(&asked(5, Some(frodo()))).credentials;
    // Before it has spoken.
    assert!(knows(&credentials, 0).await);
    hear(&cache, &[FeedEvent::Current]).await;
    assert!(knows(&credentials, 0).await);
    tokio::time::advance(Duration::from_millis(599)).await;
    assert!(knows(&credentials, 0).await);
    // Silent for too long: asked every time.
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(knows(&credentials, 0).await);
    assert!(knows(&credentials, 0).await);
    // What was known before counts again: nothing was changed meanwhile, or it would have said so.
    hear(&cache, &[FeedEvent::Current]).await;
    assert!(knows(&credentials, 0).await);
    // Unless it does not know.
    hear(&cache, &[FeedEvent::Lost, FeedEvent::Current]).await;
    assert!(knows(&credentials, 0).await);
    assert!(knows(&credentials, 0).await);
}

#[tokio::test]
async fn what_is_changed_while_the_store_is_asked_is_not_remembered() {
    let cache = CallerCache::new(10);
    let changing = cache.clone();
    let mut credentials = MockCredentialRepository::new();
    credentials
        .expect_authenticate()
        .times(2)
        .returning(move |_, _| {
            // Whoever is read may have been read before this change.
            let feed = [FeedEvent::Changed(CallerChange::User(UserId::new(3)))];
            let heard = hear(&changing, &feed);
            let waker = std::task::Waker::noop();
            let mut context = std::task::Context::from_waker(waker);
            let mut heard = std::pin::pin!(heard);
            assert!(heard.as_mut().poll(&mut context).is_ready());
            Ok(Some(frodo()))
        });
    let store = Repositories {
        credentials: Arc::new(credentials),
        ..MemoryStore::new().repositories()
    };
    let credentials = cache.over(&store).credentials;
    hear(&cache, &[FeedEvent::Current]).await;
    assert!(knows(&credentials, 0).await);
    assert!(knows(&credentials, 0).await);
}
