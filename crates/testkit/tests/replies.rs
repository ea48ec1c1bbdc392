//! Calls under one key, from beginning to end: the service over the reference store.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tenantry_domain::{
    Actor, Identity, PrivilegeSet, Rank, Scope, User,
    ports::Repositories,
    services::{FirstCall, Repetition, ReplyService, ServiceError},
};
use tenantry_testkit::{
    FixedClock, PlainVault,
    memory::MemoryStore,
    run,
    samples::{self, change, change_at, request_id},
};
use time::Duration;

#[test]
fn a_call_is_done_once_and_forgotten_after_a_day() {
    run(async {
        let world = World::new().await;
        let call = world.first().await;
        assert!(matches!(world.begin().await.unwrap(), Repetition::Running));
        world.replies.finish(call, b"reply").await.unwrap();
        world.has_reply(b"reply").await;
        world.clock.advance(Duration::hours(24));
        world.first().await;
    });
}

#[test]
fn a_call_that_came_to_nothing_is_tried_again() {
    run(async {
        let world = World::new().await;
        let call = world.first().await;
        world.replies.abandon(call).await.unwrap();
        world.first().await;
    });
}

#[test]
fn a_call_that_took_too_long_leaves_alone_what_the_next_one_did() {
    run(async {
        let world = World::new().await;
        let slow = world.first().await;
        let slower = {
            world.clock.advance(Duration::minutes(2));
            world.first().await
        };
        world.clock.advance(Duration::minutes(2));
        let third = world.first().await;
        world.replies.abandon(slow).await.unwrap();
        assert!(matches!(world.begin().await.unwrap(), Repetition::Running));
        world.replies.finish(slower, b"late").await.unwrap();
        assert!(matches!(world.begin().await.unwrap(), Repetition::Running));
        world.replies.finish(third, b"reply").await.unwrap();
        world.has_reply(b"reply").await;
    });
}

#[test]
fn who_was_erased_since_the_call_began_is_not_known() {
    run(async {
        let world = World::new().await;
        let users = &world.repositories.users;
        let scope = Scope::organization(world.sam.organization_id);
        let erased = users
            .delete(&scope, world.sam.id, None, &change_at(1))
            .await;
        assert!(erased.unwrap());
        let begun = world.begin().await;
        assert!(matches!(begun, Err(ServiceError::Unauthenticated)));
    });
}

/// The Shire with Sam, who calls, always the same under the same key.
struct World {
    repositories: Repositories,
    sam: User,
    clock: Arc<FixedClock>,
    replies: ReplyService,
}

impl World {
    async fn new() -> Self {
        let repositories = MemoryStore::new().repositories();
        let draft = samples::organization_draft("Shire");
        let shire = repositories.organizations.create(&draft, &change()).await;
        let shire = shire.unwrap();
        let draft = samples::user_draft(shire.account.id, "sam@shire.example");
        let users = &repositories.users;
        let sam = users.create(shire.organization.id, &draft, &change()).await;
        let clock = Arc::new(FixedClock::default());
        let replies = ReplyService::new(
            repositories.replies.clone(),
            Arc::new(PlainVault::new()),
            clock.clone(),
        );
        Self {
            repositories,
            sam: sam.unwrap(),
            clock,
            replies,
        }
    }

    async fn begin(&self) -> Result<Repetition, ServiceError> {
        let identity = Identity {
            user_id: self.sam.id,
            account_id: self.sam.account_id,
            organization_id: self.sam.organization_id,
            default_account_id: self.sam.account_id,
            privileges: PrivilegeSet::EMPTY,
            rank: Rank::User,
            password_expiration_days: 0,
        };
        let actor = Actor::new(identity, request_id(1));
        self.replies.begin(&actor, "key".to_owned(), b"call").await
    }

    async fn first(&self) -> FirstCall {
        match self.begin().await.unwrap() {
            Repetition::First(call) => call,
            other => panic!("expected the first call, got {other:?}"),
        }
    }

    async fn has_reply(&self, expected: &[u8]) {
        match self.begin().await.unwrap() {
            Repetition::Done(reply) => assert_eq!(reply, expected),
            other => panic!("expected a reply, got {other:?}"),
        }
    }
}
