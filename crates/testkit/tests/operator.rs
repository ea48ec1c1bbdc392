//! What follows from things that the ports cannot do yet, on the reference store: inactive accounts and organizations,
//! roles with other privileges, roles granted to accounts.
#![expect(clippy::unwrap_used, reason = "tests")]

use tenantry_domain::{
    Account, AccountDraft, Entity, Privilege, PrivilegeSet, RoleKey, Scope, User, UserDraft,
    ports::{CreatedOrganization, Repositories, RepositoryError},
};
use tenantry_testkit::{
    memory::MemoryStore,
    run,
    samples::{
        self, START, caller, change, login_token, password_hash, text, token_caller, verified,
    },
};

#[test]
fn users_of_an_inactive_account_do_not_authenticate() {
    run(async {
        let world = World::new().await;
        assert!(world.authenticates("sam@shire.example").await);
        assert!(world.store.set_account_active(world.bree.id, false));
        assert!(!world.authenticates("sam@shire.example").await);
        assert!(world.authenticates("admin@shire.example").await);
        assert!(world.store.set_account_active(world.bree.id, true));
        assert!(world.authenticates("sam@shire.example").await);
    });
}

#[test]
fn users_of_an_inactive_organization_do_not_authenticate() {
    run(async {
        let world = World::new().await;
        let id = world.shire.organization.id;
        assert!(world.store.set_organization_active(id, false));
        assert!(!world.authenticates("sam@shire.example").await);
        assert!(!world.authenticates("admin@shire.example").await);
        let found = world.repositories.organizations.find(id).await.unwrap();
        assert!(!found.unwrap().active);
    });
}

#[test]
fn an_inactive_organization_suspends_login_tokens_until_it_is_active_again() {
    run(async {
        let world = World::new().await;
        let id = world.shire.organization.id;
        let scope = Scope::organization(id);
        let credentials = &world.repositories.credentials;
        let (token, sam) = (login_token("tl_1", 100), &world.sam);
        let logged_in = credentials
            .log_in(&scope, sam.id, &token, &verified("s3cret"), &change())
            .await;
        assert!(logged_in.unwrap().is_some());
        for active in [false, true] {
            assert!(world.store.set_organization_active(id, active));
            let caller = token_caller("tl_1");
            let found = credentials.authenticate(&caller, START).await.unwrap();
            assert_eq!(found.is_some(), active);
            let candidate = credentials.login_candidate(&sam.email).await.unwrap();
            assert_eq!(candidate.unwrap().active, active);
            let again = login_token(&format!("tl_{active}"), 100);
            let outcome = credentials
                .log_in(&scope, sam.id, &again, &verified("s3cret"), &change())
                .await;
            assert_eq!(outcome.unwrap().is_some(), active);
        }
    });
}

#[test]
fn an_inactive_account_takes_no_users() {
    run(async {
        let world = World::new().await;
        world.store.set_account_active(world.bree.id, false);
        let draft = samples::user_draft(world.bree.id, "rosie@shire.example");
        let users = &world.repositories.users;
        let outcome = users
            .create(world.bree.organization_id, &draft, &change())
            .await;
        assert!(matches!(
            outcome,
            Err(RepositoryError::Conflict {
                entity: Entity::Account,
                field: "active"
            })
        ));
    });
}

#[test]
fn the_external_id_of_an_inactive_account_is_free() {
    run(async {
        let world = World::new().await;
        let accounts = &world.repositories.accounts;
        let draft = AccountDraft {
            external_id: Some(text("B-1")),
            ..samples::account_draft("Buckland")
        };
        let id = world.shire.organization.id;
        let first = accounts.create(id, &draft, &change()).await.unwrap();
        assert!(accounts.create(id, &draft, &change()).await.is_err());
        world.store.set_account_active(first.id, false);
        accounts.create(id, &draft, &change()).await.unwrap();
    });
}

#[test]
fn a_role_of_the_account_is_held_by_all_of_its_users() {
    run(async {
        let world = World::new().await;
        let (bree, admin) = (world.bree.id, RoleKey::Admin);
        assert!(world.store.grant_to_account(bree, admin));
        assert!(!world.store.grant_to_account(bree, RoleKey::SysAdmin));
        let scope = Scope::organization(world.shire.organization.id);
        let roles = &world.repositories.roles;
        let held = async || {
            let held = roles.effective(&scope, world.sam.id).await;
            let held = held.unwrap().unwrap().into_iter();
            held.map(|held| {
                let flags = (held.direct, held.through_account, held.by_system);
                (held.role.key, flags)
            })
            .collect::<Vec<_>>()
        };
        let by_system = (RoleKey::DefaultUser, (false, false, true));
        assert_eq!(held().await, [(admin, (false, true, false)), by_system]);
        let granted = roles
            .grant(&scope, world.sam.id, admin, None, &change())
            .await;
        assert!(granted.unwrap().is_some());
        assert_eq!(held().await, [(admin, (true, true, false)), by_system]);
        let theirs = roles.effective(&scope, world.shire.admin.id).await;
        assert_eq!(theirs.unwrap().unwrap().len(), 2);
    });
}

#[test]
fn changed_privileges_count_at_the_next_call() {
    run(async {
        let world = World::new().await;
        let id = world.shire.organization.id;
        let viewing = PrivilegeSet::EMPTY.with(Privilege::ViewUsersOrg);
        let key = RoleKey::DefaultUser;
        assert!(world.store.set_role_privileges(id, key, viewing));
        let credentials = &world.repositories.credentials;
        let caller = caller("sam@shire.example", "Shire");
        let identity = credentials.authenticate(&caller, START).await.unwrap();
        assert_eq!(identity.unwrap().identity.privileges, viewing);
    });
}

struct World {
    store: MemoryStore,
    repositories: Repositories,
    shire: CreatedOrganization,
    bree: Account,
    sam: User,
}

impl World {
    /// The Shire with its account Bree, in which Sam is, with the password `s3cret`.
    async fn new() -> Self {
        let store = MemoryStore::new();
        let repositories = store.repositories();
        let draft = samples::organization_draft("Shire");
        let shire = repositories.organizations.create(&draft, &change()).await;
        let shire = shire.unwrap();
        let id = shire.organization.id;
        let draft = samples::account_draft("Bree");
        let bree = repositories.accounts.create(id, &draft, &change()).await;
        let bree = bree.unwrap();
        let draft = UserDraft {
            password: Some(password_hash("s3cret")),
            ..samples::user_draft(bree.id, "sam@shire.example")
        };
        let sam = repositories.users.create(id, &draft, &change()).await;
        Self {
            sam: sam.unwrap(),
            store,
            repositories,
            shire,
            bree,
        }
    }

    async fn authenticates(&self, email: &str) -> bool {
        let credentials = &self.repositories.credentials;
        let identity = credentials
            .authenticate(&caller(email, "Shire"), START)
            .await;
        identity.unwrap().is_some()
    }
}
