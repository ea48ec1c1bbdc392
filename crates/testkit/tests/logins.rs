//! Logging in while somebody else changes the same password: the service over the reference store.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry_domain::{
    Actor, NewPassword, Password, PasswordHash, Scope, SecretText, User, UserDraft, UserPatch,
    ports::{HashError, PasswordHasher, Repositories, StoredPassword, Verdict, VerifiedPassword},
    services::{AuthenticationService, LoggedIn, PresentedSecrets, ServiceError},
};
use tenantry_testkit::{
    FixedClock, PlainHasher, PlainTurns, PlainVault,
    memory::MemoryStore,
    run,
    samples::{self, START, change, change_at, password_hash, request_id},
};

/// Of two nodes where the password was right at the same moment, the later one compares with the better hash of the other.
#[test]
fn a_right_password_is_not_refused_because_another_login_renewed_its_hash() {
    run(async {
        let world = World::new("outdated$s3cret").await;
        world.meanwhile([Meanwhile::Renewed("plain$s3cret")]);
        let logged_in = world.log_in("s3cret").await.unwrap();
        assert_eq!(logged_in.user.last_login_at, Some(START));
        assert_eq!(world.hasher.plain.verified(), 2);
        assert_eq!(world.stored().await.hash, Some(password_hash("s3cret")));
        let token = PresentedSecrets {
            bearer: logged_in.token,
            ..PresentedSecrets::default()
        };
        let known = world.service.authenticate(&token, request_id(2)).await;
        assert_eq!(known.unwrap().identity().user_id, world.sam.id);
    });
}

#[test]
fn who_logs_in_while_the_password_is_changed_is_refused_like_any_wrong_one() {
    run(async {
        let world = World::new("outdated$s3cret").await;
        world.meanwhile([Meanwhile::Changed("n3w")]);
        World::is_refused(&world.log_in("s3cret").await);
        let expected = StoredPassword {
            hash: Some(password_hash("n3w")),
            locked_until: None,
            failures: 1,
        };
        assert_eq!(world.stored().await, expected);
        assert_eq!(world.reread().await.last_login_at, None);
        assert!(world.log_in("n3w").await.is_ok());
    });
}

#[test]
fn a_password_whose_hash_is_another_one_every_time_is_refused_in_the_end() {
    run(async {
        let world = World::new("plain$s3cret").await;
        world.meanwhile([
            Meanwhile::Renewed("outdated$s3cret"),
            Meanwhile::Renewed("plain$s3cret"),
            Meanwhile::Renewed("outdated$s3cret"),
        ]);
        World::is_refused(&world.log_in("s3cret").await);
        assert_eq!(world.hasher.plain.verified(), 2);
        assert_eq!(world.stored().await.failures, 0);
        assert_eq!(world.reread().await.last_login_at, None);
    });
}

#[test]
fn who_is_erased_while_logging_in_is_refused() {
    run(async {
        let world = World::new("plain$s3cret").await;
        world.meanwhile([Meanwhile::Erased]);
        World::is_refused(&world.log_in("s3cret").await);
    });
}

#[test]
fn a_check_of_a_password_does_not_bring_it_back_after_it_was_changed() {
    run(async {
        let world = World::new("outdated$s3cret").await;
        let actor = world.actor().await;
        world.meanwhile([Meanwhile::Changed("n3w")]);
        let scope = world.scope();
        let (id, email) = (world.sam.id, &world.sam.email);
        let checked = world
            .service
            .verify_password(&actor, &scope, id, email, &Password::new("s3cret"))
            .await;
        // It was right when it was compared.
        assert!(checked.is_ok());
        assert_eq!(world.stored().await.hash, Some(password_hash("n3w")));
    });
}

/// What somebody else does just after a password was compared.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    /// Gives the same password another hash, as another login does.
    Renewed(&'static str),
    /// Sets another password.
    Changed(&'static str),
    /// Erases the user.
    Erased,
}

/// Compares, and lets somebody else act before it says what came of it.
struct InterruptedHasher {
    plain: PlainHasher,
    repositories: Repositories,
    user: User,
    /// The next one last.
    meanwhile: Mutex<Vec<Meanwhile>>,
}

impl InterruptedHasher {
    async fn act(&self, meanwhile: Meanwhile) {
        let (scope, id) = (Scope::organization(self.user.organization_id), self.user.id);
        let (users, credentials) = (&self.repositories.users, &self.repositories.credentials);
        match meanwhile {
            Meanwhile::Renewed(hash) => {
                let stored = credentials.password(&scope, id).await.unwrap().unwrap();
                let renewed = VerifiedPassword {
                    hash: stored.hash.unwrap(),
                    upgraded: Some(PasswordHash::new(hash)),
                };
                let succeeded = credentials.password_succeeded(&scope, id, &renewed);
                succeeded.await.unwrap();
            }
            Meanwhile::Changed(password) => {
                let patch = UserPatch {
                    password: Some(NewPassword {
                        hash: password_hash(password),
                        must_change: false,
                        remember: 0,
                        keep_token: None,
                    }),
                    ..UserPatch::default()
                };
                let updated = users.update(&scope, id, &patch, None, &change_at(1)).await;
                assert!(updated.unwrap().is_some());
            }
            Meanwhile::Erased => {
                let erased = users.delete(&scope, id, None, &change_at(1)).await;
                assert!(erased.unwrap());
            }
        }
    }
}

#[async_trait]
impl PasswordHasher for InterruptedHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.plain.hash(password).await
    }

    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verdict, HashError> {
        let verdict = self.plain.verify(password, hash).await;
        let meanwhile = self.meanwhile.lock().unwrap().pop();
        if let Some(meanwhile) = meanwhile {
            self.act(meanwhile).await;
        }
        verdict
    }

    fn accepts(&self, hash: &PasswordHash) -> Result<(), String> {
        self.plain.accepts(hash)
    }

    fn is_costly(&self, hash: &PasswordHash) -> bool {
        self.plain.is_costly(hash)
    }
}

/// Whoever put it into the store.
#[test]
fn with_a_hash_that_nobody_understands_every_password_is_wrong_and_counted() {
    run(async {
        for hash in ["", "$argon2id$x", "p4ss"] {
            let world = World::new(hash).await;
            for password in ["", "p4ss", hash] {
                World::is_refused(&world.log_in(password).await);
            }
            assert_eq!(world.stored().await.failures, 3);
            assert_eq!(world.hasher.plain.verified(), 3);
        }
    });
}

/// The Shire with Sam, and what logs him in.
struct World {
    repositories: Repositories,
    sam: User,
    hasher: Arc<InterruptedHasher>,
    service: AuthenticationService,
}

impl World {
    /// Sam's password has this hash.
    async fn new(hash: &str) -> Self {
        let repositories = MemoryStore::new().repositories();
        let draft = samples::organization_draft("Shire");
        let shire = repositories.organizations.create(&draft, &change()).await;
        let shire = shire.unwrap();
        let draft = UserDraft {
            password: Some(PasswordHash::new(hash)),
            ..samples::user_draft(shire.account.id, "sam@shire.example")
        };
        let users = &repositories.users;
        let sam = users.create(shire.organization.id, &draft, &change()).await;
        let sam = sam.unwrap();
        let hasher = Arc::new(InterruptedHasher {
            plain: PlainHasher::new(),
            repositories: repositories.clone(),
            user: sam.clone(),
            meanwhile: Mutex::default(),
        });
        let service = AuthenticationService::new(
            &repositories,
            hasher.clone(),
            Arc::new(PlainTurns::new()),
            Arc::new(PlainVault::new()),
            Arc::new(FixedClock::default()),
        );
        Self {
            repositories,
            sam,
            hasher,
            service,
        }
    }

    /// After each of the next comparisons somebody else does one of these.
    fn meanwhile<const N: usize>(&self, acts: [Meanwhile; N]) {
        let acts = acts.into_iter().rev().collect();
        *self.hasher.meanwhile.lock().unwrap() = acts;
    }

    async fn log_in(&self, password: &str) -> Result<LoggedIn, ServiceError> {
        let (email, password) = (&self.sam.email, Password::new(password));
        let id = request_id(1);
        self.service.log_in(Some(email), &password, id).await
    }

    #[track_caller]
    fn is_refused(outcome: &Result<LoggedIn, ServiceError>) {
        let refused = matches!(outcome, Err(ServiceError::Unauthenticated));
        assert!(refused, "{outcome:?}");
    }

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

    fn scope(&self) -> Scope {
        Scope::organization(self.sam.organization_id)
    }

    async fn stored(&self) -> StoredPassword {
        let credentials = &self.repositories.credentials;
        let stored = credentials.password(&self.scope(), self.sam.id).await;
        stored.unwrap().unwrap()
    }

    async fn reread(&self) -> User {
        let found = self
            .repositories
            .users
            .find(&self.scope(), self.sam.id)
            .await;
        found.unwrap().unwrap()
    }
}
