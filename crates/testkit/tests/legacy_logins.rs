//! Passwords that a legacy platform holds: what a login asks there, and what becomes of the answer. The service over the
//! reference store.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tenantry_domain::{
    Actor, Email, Password, PasswordHash, PasswordState, Scope, SecretText, User, UserDraft,
    UserId, UserPatch,
    ports::{Lockout, Repositories, StoredPassword},
    services::{AuthenticationService, LoggedIn, PasswordChange, PresentedSecrets, ServiceError},
};
use tenantry_testkit::{
    FixedClock, PlainHasher, PlainLegacyLogin, PlainTurns, PlainVault,
    memory::MemoryStore,
    run,
    samples::{self, START, change, change_at, email, password_hash, request_id},
};
use time::Duration;

const RIGHT: &str = "P0tatoes-boiled";
const NEW: &str = "M4shed-in-a-stew";

#[test]
fn a_password_that_is_right_there_is_kept_here_from_then_on() {
    run(async {
        let world = World::new().await;
        world.clock.advance(Duration::days(1));
        let logged_in = world.log_in("SAM@shire.example", RIGHT).await.unwrap();
        assert!(logged_in.token.is_some());
        assert_eq!(world.stored().await, kept(RIGHT));
        // Nobody has set another password.
        let expected = PasswordState::Set {
            changed_at: START,
            must_change: false,
        };
        assert_eq!(logged_in.user.password, expected);
        assert_eq!(world.sam().await.password, expected);
        // As it came from there, and not again.
        world.legacy.leave();
        assert!(world.log_in(SAM, RIGHT).await.is_ok());
        is_refused(&world.log_in(SAM, "Wr0ng").await);
        assert_eq!(world.legacy.asked(), [SAM]);
        assert_eq!(world.hasher.hashed(), 1);
    });
}

#[test]
fn a_password_that_is_wrong_there_is_counted_like_any_wrong_one() {
    run(async {
        let world = World::new().await;
        for failures in 1..=4 {
            is_refused(&world.log_in(SAM, "Wr0ng").await);
            let expected = StoredPassword {
                failures,
                ..elsewhere()
            };
            assert_eq!(world.stored().await, expected);
        }
        is_refused(&world.log_in(SAM, "Wr0ng").await);
        assert_eq!(world.legacy.asked(), [SAM; 5]);
        // Who is locked is not asked for.
        is_refused(&world.log_in(SAM, RIGHT).await);
        assert_eq!(world.legacy.asked(), [SAM; 5]);
        world.clock.advance(Lockout::STANDARD.lasts);
        assert!(world.log_in(SAM, RIGHT).await.is_ok());
        assert_eq!(world.stored().await.failures, 0);
    });
}

#[test]
fn an_outage_there_counts_for_nobody() {
    run(async {
        let world = World::new().await;
        for nonsense in [false, true] {
            if nonsense {
                world.legacy.talk_nonsense();
            } else {
                world.legacy.leave();
            }
            for address in [SAM, "nobody@shire.example"] {
                let error = world.log_in(address, RIGHT).await.unwrap_err();
                assert!(
                    matches!(error, ServiceError::LegacyLogin(_)),
                    "{address}: {error:?}"
                );
                assert_eq!(error.is_retryable(), !nonsense);
            }
            let error = world.verify(RIGHT).await.unwrap_err();
            assert!(matches!(error, ServiceError::LegacyLogin(_)), "{error:?}");
            // Whose password is here does not notice.
            is_refused(&world.log_in(PIPPIN, "Wr0ng").await);
            assert!(world.log_in(PIPPIN, RIGHT).await.is_ok());
        }
        assert_eq!(world.stored().await, elsewhere());
        assert_eq!(world.sam().await.last_login_at, None);
    });
}

#[test]
fn who_is_nobody_here_is_asked_for_and_refused_whatever_the_answer_is() {
    run(async {
        let world = World::new().await;
        for password in ["Wr0ng", RIGHT] {
            is_refused(&world.log_in(ROSIE, password).await);
        }
        assert_eq!(world.legacy.asked(), [ROSIE; 2]);
        assert_eq!(world.hasher.verified(), 2);
        assert_eq!(world.hasher.hashed(), 0);
        // What is no e-mail cannot be asked for.
        let password = Password::new(RIGHT);
        let refused = world.service.log_in(None, &password, request_id(1)).await;
        is_refused(&refused);
        assert_eq!(world.legacy.asked(), [ROSIE; 2]);
    });
}

#[test]
fn who_is_nobody_here_is_not_asked_for_more_often_than_locks_a_user() {
    run(async {
        let world = World::new().await;
        // What counts for nobody counts for no stranger either.
        world.legacy.leave();
        for _ in 0..6 {
            let error = world.log_in(ROSIE, "Wr0ng").await.unwrap_err();
            assert!(matches!(error, ServiceError::LegacyLogin(_)), "{error:?}");
        }
        world.legacy.come_back();
        for _ in 0..40 {
            is_refused(&world.log_in("Rosie@Shire.example", "Wr0ng").await);
        }
        // Six times in vain, five times refused; the work is done every time.
        assert_eq!(world.legacy.asked().len(), 11);
        assert_eq!(world.hasher.verified(), 46);
        // As for a user who is locked, an outage makes no difference now.
        world.legacy.leave();
        is_refused(&world.log_in(ROSIE, "Wr0ng").await);
        // Others are asked for.
        world.legacy.come_back();
        is_refused(&world.log_in("lobelia@shire.example", "Wr0ng").await);
        assert_eq!(world.legacy.asked().len(), 12);
        world.clock.advance(Lockout::STANDARD.lasts);
        is_refused(&world.log_in(ROSIE, RIGHT).await);
        assert_eq!(world.legacy.asked().len(), 13);
    });
}

#[test]
fn who_may_not_log_in_is_not_asked_for() {
    run(async {
        let world = World::new().await;
        let patch = UserPatch {
            active: Some(false),
            ..UserPatch::default()
        };
        world.update(&patch).await;
        is_refused(&world.log_in(SAM, RIGHT).await);
        assert_eq!(world.legacy.asked(), [""; 0]);
        assert_eq!(world.stored().await, elsewhere());
    });
}

#[test]
fn without_a_platform_such_a_password_is_wrong_after_the_usual_work() {
    run(async {
        let world = World::without_platform().await;
        is_refused(&world.log_in(SAM, RIGHT).await);
        is_refused(&world.log_in(SAM, "$elsewhere$").await);
        is_refused(&world.log_in("nobody@shire.example", RIGHT).await);
        assert!(matches!(
            world.verify(RIGHT).await,
            Err(ServiceError::Unauthenticated)
        ));
        assert_eq!(world.hasher.verified(), 4);
        let expected = StoredPassword {
            failures: 3,
            ..elsewhere()
        };
        assert_eq!(world.stored().await, expected);
        assert_eq!(world.legacy.asked(), [""; 0]);
    });
}

#[test]
fn a_check_of_such_a_password_moves_it_as_well() {
    run(async {
        let world = World::new().await;
        assert!(matches!(
            world.verify("Wr0ng").await,
            Err(ServiceError::Unauthenticated)
        ));
        assert_eq!(world.stored().await.failures, 1);
        world.verify(RIGHT).await.unwrap();
        assert_eq!(world.stored().await, kept(RIGHT));
        world.verify(RIGHT).await.unwrap();
        assert_eq!(world.legacy.asked(), [SAM; 2]);
    });
}

#[test]
fn a_new_password_takes_the_place_of_one_held_elsewhere() {
    run(async {
        for (current, asked) in [(None, 0), (Some(RIGHT), 1)] {
            let world = World::new().await;
            let actor = world.actor().await;
            world.change(&actor, NEW, current).await.unwrap();
            assert_eq!(world.stored().await, kept(NEW));
            assert_eq!(world.legacy.asked().len(), asked);
            // What stood for the one before is no password to be remembered.
            let credentials = &world.repositories.credentials;
            let former = credentials.former_passwords(&world.scope, world.id, 9);
            let expected: Vec<_> = current.map(password_hash).into_iter().collect();
            assert_eq!(former.await.unwrap(), expected);
            is_refused(&world.log_in(SAM, RIGHT).await);
            assert!(world.log_in(SAM, NEW).await.is_ok());
        }
        let world = World::new().await;
        let actor = world.actor().await;
        assert!(matches!(
            world.change(&actor, NEW, Some("Wr0ng")).await,
            Err(ServiceError::WrongCurrentPassword)
        ));
        let same = world.change(&actor, RIGHT, Some(RIGHT)).await;
        assert!(matches!(same, Err(ServiceError::Invalid(_))), "{same:?}");
    });
}

const SAM: &str = "sam@shire.example";
/// Known there, but not here.
const ROSIE: &str = "rosie@shire.example";
/// With a password here, which the platform does not know.
const PIPPIN: &str = "pippin@shire.example";

fn elsewhere() -> StoredPassword {
    StoredPassword {
        hash: Some(PasswordHash::held_elsewhere()),
        locked_until: None,
        failures: 0,
    }
}

fn kept(password: &str) -> StoredPassword {
    StoredPassword {
        hash: Some(password_hash(password)),
        ..elsewhere()
    }
}

#[track_caller]
fn is_refused(outcome: &Result<LoggedIn, ServiceError>) {
    let refused = matches!(outcome, Err(ServiceError::Unauthenticated));
    assert!(refused, "{outcome:?}");
}

/// The Shire, with Sam, whose password a platform holds.
struct World {
    repositories: Repositories,
    id: UserId,
    scope: Scope,
    clock: Arc<FixedClock>,
    hasher: Arc<PlainHasher>,
    legacy: Arc<PlainLegacyLogin>,
    service: AuthenticationService,
}

impl World {
    async fn new() -> Self {
        let mut world = Self::without_platform().await;
        world.service = world.service.with_legacy_login(world.legacy.clone());
        world
    }

    async fn without_platform() -> Self {
        let repositories = MemoryStore::new().repositories();
        let draft = samples::organization_draft("Shire");
        let shire = repositories.organizations.create(&draft, &change()).await;
        let shire = shire.unwrap();
        let draft = |address, hash| UserDraft {
            password: Some(hash),
            ..samples::user_draft(shire.account.id, address)
        };
        let (sam, pippin) = (
            draft(SAM, PasswordHash::held_elsewhere()),
            draft(PIPPIN, password_hash(RIGHT)),
        );
        let users = &repositories.users;
        let shire = shire.organization.id;
        users.create(shire, &pippin, &change()).await.unwrap();
        let sam = users.create(shire, &sam, &change()).await.unwrap();
        let (clock, hasher) = (
            Arc::new(FixedClock::default()),
            Arc::new(PlainHasher::new()),
        );
        let service = AuthenticationService::new(
            &repositories,
            hasher.clone(),
            Arc::new(PlainTurns::new()),
            Arc::new(PlainVault::new()),
            clock.clone(),
        );
        Self {
            repositories,
            id: sam.id,
            scope: Scope::organization(shire),
            clock,
            hasher,
            legacy: Arc::new(PlainLegacyLogin::knowing(&[(SAM, RIGHT), (ROSIE, RIGHT)])),
            service,
        }
    }

    async fn log_in(&self, address: &str, password: &str) -> Result<LoggedIn, ServiceError> {
        let (address, password): (Email, _) = (email(address), Password::new(password));
        let id = request_id(1);
        self.service.log_in(Some(&address), &password, id).await
    }

    /// As `Elements-User-Password` does.
    async fn verify(&self, password: &str) -> Result<(), ServiceError> {
        let (actor, sam) = (self.actor().await, email(SAM));
        let password = Password::new(password);
        self.service
            .verify_password(&actor, &self.scope, self.id, &sam, &password)
            .await
    }

    async fn change(
        &self,
        actor: &Actor,
        password: &str,
        current: Option<&str>,
    ) -> Result<LoggedIn, ServiceError> {
        let change = PasswordChange {
            password: Password::new(password),
            current: current.map(Password::new),
        };
        self.service.change_password(actor, &change).await
    }

    /// Sam, by his secret.
    async fn actor(&self) -> Actor {
        let clear = |text| Some(SecretText::new(text));
        let secrets = PresentedSecrets {
            user: clear("tu_sam@shire.example"),
            organization: clear("to_Shire"),
            ..PresentedSecrets::default()
        };
        let actor = self.service.authenticate(&secrets, request_id(1)).await;
        actor.unwrap()
    }

    async fn update(&self, patch: &UserPatch) {
        let users = &self.repositories.users;
        let updated = users
            .update(&self.scope, self.id, patch, None, &change_at(1))
            .await;
        assert!(updated.unwrap().is_some());
    }

    async fn stored(&self) -> StoredPassword {
        let credentials = &self.repositories.credentials;
        let stored = credentials.password(&self.scope, self.id).await;
        stored.unwrap().unwrap()
    }

    async fn sam(&self) -> User {
        let found = self.repositories.users.find(&self.scope, self.id).await;
        found.unwrap().unwrap()
    }
}
