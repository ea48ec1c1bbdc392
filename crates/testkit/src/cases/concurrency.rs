//! Calls that meet: nothing is lost, nothing happens twice.

use tenantry_domain::{
    AuditAction, Entity, InstanceDraft, ProfilePatch, Revision, RoleKey, UserDraft, UserPatch,
    ceql::Filter,
    page::Count,
    ports::{Lockout, RepositoryError, SecretVault},
};

use super::{
    given::{Refusal, around, refusal, whole},
    meeting::{split, together},
};
use crate::{
    Fresh, PlainVault,
    samples::{self, START, caller, change, change_at, email, name, secret, text},
};

/// How many calls meet.
const MANY: u32 = 20;

pub async fn updates_of_different_fields_all_win(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh.user(&shire.account, "frodo@shire.example").await;
    let patches: Vec<UserPatch> = (0..MANY)
        .map(|number| patch_of_field(number % 10))
        .collect();
    let outcomes = together(patches.into_iter().zip(1..).map(|(patch, seconds)| {
        let users = fresh.repositories.users.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            users
                .update(&scope, id, &patch, None, &change_at(seconds))
                .await
        }
    }))
    .await;
    let mut revisions: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap().unwrap().revision)
        .collect();
    revisions.sort();
    let expected: Vec<_> = (2..).take(20).map(Revision::new).collect();
    assert_eq!(revisions, expected);

    let now = fresh.reread(&user).await.unwrap();
    assert_eq!(now.email, email("new@shire.example"));
    assert_eq!(now.first_name, name("new"));
    assert_eq!(now.last_name, name("new"));
    for value in [
        now.profile.external_id,
        now.profile.phone,
        now.profile.street1,
        now.profile.street2,
        now.profile.city,
        now.profile.state_province,
        now.profile.postal_code,
    ] {
        assert_eq!(value, Some(text("new")));
    }
    // The second update of a field changed nothing any more.
    let log = fresh.log(user.organization_id).await;
    let updates = log
        .iter()
        .filter(|record| record.action == AuditAction::Updated);
    assert_eq!(updates.count(), 10);
}

pub async fn one_of_many_updates_of_one_revision_wins(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh.user(&shire.account, "frodo@shire.example").await;
    let outcomes = together((0..MANY).map(|number| {
        let users = fresh.repositories.users.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let patch = UserPatch {
                first_name: Some(name(&format!("Number {number}"))),
                ..UserPatch::default()
            };
            let expected = Some(Revision::FIRST);
            users
                .update(&scope, id, &patch, expected, &change_at(number))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(won.len(), 1);
    let expected = [Refusal::Stale(Entity::User)].repeat(19);
    assert_eq!(lost, expected);
    assert_eq!(fresh.reread(&user).await, won.into_iter().next().unwrap());
}

pub async fn one_of_many_users_with_one_email_is_created(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let gondor = fresh.organization("Gondor").await;
    let outcomes = together((0..MANY).map(|number| {
        let users = fresh.repositories.users.clone();
        let created = if number % 2 == 0 { &shire } else { &gondor };
        let (id, account) = (created.organization.id, created.account.id);
        async move {
            let address = if number % 3 == 0 {
                "Ärwen@shire.example"
            } else {
                "ärwen@SHIRE.example"
            };
            let draft = UserDraft {
                secret: secret(&format!("tu_{number}")),
                ..samples::user_draft(account, address)
            };
            users.create(id, &draft, &change()).await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(won.len(), 1);
    let expected = [Refusal::Conflict(Entity::User, "email")].repeat(19);
    assert_eq!(lost, expected);
    let mut found = 0;
    for created in [&shire, &gondor] {
        let scope = whole(created.organization.id);
        let users = &fresh.repositories.users;
        let asked = email("ärwen@shire.example");
        let user = users.find_by_email(&scope, &asked).await.unwrap();
        found += usize::from(user.is_some());
    }
    assert_eq!(found, 1);
}

pub async fn many_users_are_created_at_once(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let (id, account) = (shire.organization.id, shire.account.id);
    let outcomes = together((0..MANY).map(|number| {
        let users = fresh.repositories.users.clone();
        async move {
            let draft = samples::user_draft(account, &format!("u{number}@shire.example"));
            users.create(id, &draft, &change()).await
        }
    }))
    .await;
    let (mut won, lost) = split(outcomes);
    assert_eq!(lost, []);
    won.sort_by_key(|user| user.id);
    won.dedup_by_key(|user| user.id);
    assert_eq!(won.len(), 20);
    let users = &fresh.repositories.users;
    let counted = users.count(&whole(id), &Filter::All, 100).await.unwrap();
    assert_eq!(counted, Count::Exact(21));
    assert_eq!(fresh.log(id).await.len(), 3 + 20);
}

pub async fn two_last_administrators_cannot_erase_each_other(fresh: Fresh) {
    for round in 0..8 {
        let shire = fresh.organization_of_round(round).await;
        let second = fresh
            .user_with(
                &shire.account,
                &format!("second{round}@x.example"),
                |draft| {
                    draft.roles = vec![RoleKey::OrgAdmin];
                },
            )
            .await;
        let outcomes = together([shire.admin, second].into_iter().map(|user| {
            let users = fresh.repositories.users.clone();
            async move {
                users
                    .delete(&around(&user), user.id, None, &change_at(1))
                    .await
            }
        }))
        .await;
        let (won, lost) = split(outcomes);
        assert_eq!(won, [true], "round {round}");
        assert_eq!(lost, [Refusal::LastAdministrator], "round {round}");
    }
}

/// In four different ways at once.
pub async fn the_last_administrators_cannot_all_go_at_once(fresh: Fresh) {
    for round in 0..6 {
        let shire = fresh.organization_of_round(round).await;
        let mut admins = vec![shire.admin.clone()];
        for number in 0..3 {
            let address = format!("admin{round}-{number}@x.example");
            let admin = fresh.user_with(&shire.account, &address, |draft| {
                draft.roles = vec![RoleKey::OrgAdmin];
            });
            admins.push(admin.await);
        }
        let outcomes = together((0..).zip(admins).map(|(way, user)| {
            let stores = fresh.repositories.clone();
            async move {
                let (scope, id, change) = (around(&user), user.id, change_at(1));
                let patch = UserPatch {
                    active: (way == 0).then_some(false),
                    roles: (way == 1).then(Vec::new),
                    ..UserPatch::default()
                };
                match way {
                    0 | 1 => {
                        let updated = stores.users.update(&scope, id, &patch, None, &change);
                        updated.await.map(drop)
                    }
                    2 => stores
                        .users
                        .delete(&scope, id, None, &change)
                        .await
                        .map(drop),
                    _ => {
                        let role = RoleKey::OrgAdmin;
                        let revoked = stores.roles.revoke(&scope, id, role, None, &change).await;
                        revoked.map(drop)
                    }
                }
            }
        }))
        .await;
        let (won, lost) = split(outcomes);
        assert_eq!(won.len(), 3, "round {round}");
        assert_eq!(lost, [Refusal::LastAdministrator], "round {round}");
    }
}

pub async fn one_of_many_system_organizations_is_created(fresh: Fresh) {
    let outcomes = together((0..6).map(|number| {
        let organizations = fresh.repositories.organizations.clone();
        async move {
            let mut draft = samples::system_organization_draft();
            draft.secret = secret(&format!("to_{number}"));
            draft.admin.secret = secret(&format!("tu_{number}"));
            organizations.create(&draft, &change()).await
        }
    }))
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
    for lost in outcomes.into_iter().filter(Result::is_err) {
        // Both are taken; which of them is said does not matter.
        let lost = refusal(lost);
        let kind = Refusal::Conflict(Entity::Organization, "kind");
        let address = Refusal::Conflict(Entity::User, "email");
        assert!(lost == kind || lost == address, "{lost:?}");
    }
    let id = tenantry_domain::OrganizationId::new(1);
    assert_eq!(fresh.log(id).await.len(), 3);
    assert_eq!(fresh.repositories.roles.list(id).await.unwrap().len(), 5);
}

pub async fn everybody_learns_the_one_recorded_sentinel(fresh: Fresh) {
    let recorded = together((1..=MANY).map(|number| {
        let keyring = fresh.repositories.keyring.clone();
        async move {
            let own = PlainVault::with_key(u128::from(number)).sentinel();
            keyring.record_sentinel(&own).await
        }
    }))
    .await;
    let first = fresh.repositories.keyring.sentinel().await.unwrap();
    let first = first.unwrap();
    for recorded in recorded {
        assert_eq!(recorded.unwrap(), first);
    }
}

pub async fn no_wrong_password_goes_uncounted(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = shire.admin;
    let lockout = Lockout {
        after: MANY + 10,
        ..Lockout::STANDARD
    };
    let outcomes = together((0..MANY).map(|_| {
        let credentials = fresh.repositories.credentials.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let change = change_at(1);
            credentials
                .password_failed(&scope, id, &lockout, &change)
                .await
        }
    }))
    .await;
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&user), user.id).await;
    assert_eq!(stored.unwrap().unwrap().failures, MANY);
}

pub async fn one_of_many_locks_locks(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = shire.admin;
    let outcomes = together((0..7).map(|_| {
        let credentials = fresh.repositories.credentials.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let lockout = Lockout::STANDARD;
            let change = change_at(1);
            credentials
                .password_failed(&scope, id, &lockout, &change)
                .await
        }
    }))
    .await;
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
    let log = fresh.log(user.organization_id).await;
    let locks = log
        .iter()
        .filter(|record| record.action == AuditAction::Locked);
    assert_eq!(locks.count(), 1);
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(&user), user.id).await;
    assert_eq!(stored.unwrap().unwrap().failures, 2);
}

pub async fn one_of_many_grants_of_one_role_is_made(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh.user(&shire.account, "frodo@shire.example").await;
    let outcomes = together((0..MANY).map(|_| {
        let roles = fresh.repositories.roles.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            roles
                .grant(&scope, id, RoleKey::Admin, None, &change_at(1))
                .await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(won.len(), 1);
    let expected = [Refusal::Conflict(Entity::Role, "key")].repeat(19);
    assert_eq!(lost, expected);
    let now = fresh.reread(&user).await.unwrap();
    assert_eq!(now.revision, Revision::new(2));
}

pub async fn one_element_is_registered_by_many_instances(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let (id, user) = (shire.organization.id, shire.admin.id);
    let outcomes = together((0..MANY).map(|number| {
        let instances = fresh.repositories.instances.clone();
        async move {
            let draft: InstanceDraft =
                samples::instance_draft(user, "jira", &format!("Instance {number}"));
            instances.create(id, &draft, &change()).await
        }
    }))
    .await;
    let (mut won, lost) = split(outcomes);
    assert_eq!(lost, []);
    assert_eq!(won.len(), 20);
    won.dedup_by_key(|instance| instance.element.id);
    assert_eq!(won.len(), 1);
}

pub async fn one_of_many_accounts_with_one_external_id_is_created(fresh: Fresh) {
    let id = fresh.organization("Shire").await.organization.id;
    let outcomes = together((0..MANY).map(|number| {
        let accounts = fresh.repositories.accounts.clone();
        async move {
            let draft = tenantry_domain::AccountDraft {
                external_id: Some(text("B-1")),
                ..samples::account_draft(&format!("Account {number}"))
            };
            accounts.create(id, &draft, &change()).await
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(won.len(), 1);
    let expected = [Refusal::Conflict(Entity::Account, "externalId")].repeat(19);
    assert_eq!(lost, expected);
}

/// Whoever comes first: either the update saw a user that was erased later, or there was none to see.
pub async fn updates_and_an_erasure_leave_nothing_behind(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let user = fresh.user(&shire.account, "frodo@shire.example").await;
    let outcomes = together((0..MANY).map(|number| {
        let stores = fresh.repositories.clone();
        let (scope, id) = (around(&user), user.id);
        async move {
            let change = change_at(number);
            match number % 5 {
                0 => stores.users.delete(&scope, id, None, &change).await,
                1 => {
                    let draft = samples::instance_draft(id, "jira", &format!("{number}"));
                    let organization = scope.organization_id();
                    let created = stores.instances.create(organization, &draft, &change);
                    match created.await {
                        Err(RepositoryError::Conflict { .. }) => Ok(false),
                        other => other.map(|_| false),
                    }
                }
                2 => {
                    let granted = stores
                        .roles
                        .grant(&scope, id, RoleKey::Admin, None, &change);
                    match granted.await {
                        Err(RepositoryError::Conflict { .. }) => Ok(false),
                        other => other.map(|_| false),
                    }
                }
                _ => {
                    let patch = UserPatch {
                        first_name: Some(name(&format!("Number {number}"))),
                        ..UserPatch::default()
                    };
                    let updated = stores.users.update(&scope, id, &patch, None, &change);
                    updated.await.map(|_| false)
                }
            }
        }
    }))
    .await;
    let (won, lost) = split(outcomes);
    assert_eq!(lost, []);
    assert_eq!(won.iter().filter(|erased| **erased).count(), 1);
    let stores = &fresh.repositories;
    let scope = around(&user);
    assert_eq!(fresh.reread(&user).await, None);
    let counted = stores.instances.count(&scope, &Filter::All, 99).await;
    assert_eq!(counted.unwrap(), Count::Exact(0));
    let caller = caller("frodo@shire.example", "Shire");
    let identity = stores
        .credentials
        .authenticate(&caller, START)
        .await
        .unwrap();
    assert_eq!(identity, None);
    // Every record of the user's has a number of its own, and the last one is the erasure.
    let log = fresh.log(user.organization_id).await;
    let of_user = log
        .iter()
        .rfind(|record| record.target == Entity::User && record.target_id == user.id.get());
    assert_eq!(of_user.unwrap().action, AuditAction::Deleted);
}

impl Fresh {
    /// One of several organizations of one case.
    async fn organization_of_round(
        &self,
        round: u32,
    ) -> tenantry_domain::ports::CreatedOrganization {
        self.organization(&format!("Shire{round}")).await
    }
}

fn patch_of_field(number: u32) -> UserPatch {
    let new = |field: u32| (number == field).then(|| Some(text("new")));
    UserPatch {
        email: (number == 0).then(|| email("new@shire.example")),
        first_name: (number == 1).then(|| name("new")),
        last_name: (number == 2).then(|| name("new")),
        profile: ProfilePatch {
            external_id: new(3),
            phone: new(4),
            street1: new(5),
            street2: new(6),
            city: new(7),
            state_province: new(8),
            postal_code: new(9),
            country: None,
        },
        ..UserPatch::default()
    }
}
