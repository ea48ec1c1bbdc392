//! Creating and finding organizations.

use tenantry_domain::{
    Account, AccountId, Entity, Organization, OrganizationId, OrganizationKind, PasswordState,
    Profile, Revision, RoleKey, User, UserId,
};

use super::given::{Refusal, refusal, whole};
use crate::{
    Fresh,
    samples::{self, START, change, name},
};

pub async fn a_new_organization_comes_with_its_default_account_and_first_user(fresh: Fresh) {
    let created = fresh.organization("Shire").await;
    let (id, account_id) = (created.organization.id, created.account.id);
    assert_eq!(
        created.organization,
        Organization {
            id,
            name: name("Shire"),
            active: true,
            kind: OrganizationKind::Customer,
            default_account_id: account_id,
            external_id: None,
            created_at: START,
            updated_at: START,
            revision: Revision::FIRST,
        }
    );
    assert_eq!(
        created.account,
        Account {
            id: account_id,
            organization_id: id,
            name: name("Shire"),
            description: None,
            external_id: None,
            active: true,
            is_default: true,
            created_at: START,
            updated_at: START,
            revision: Revision::FIRST,
        }
    );
    assert_eq!(
        created.admin,
        User {
            id: created.admin.id,
            organization_id: id,
            account_id,
            email: samples::email("admin@shire.example"),
            first_name: name("Ada"),
            last_name: name("Admin"),
            active: true,
            profile: Profile::default(),
            password: PasswordState::Absent,
            locked_until: None,
            last_login_at: None,
            created_at: START,
            updated_at: START,
            revision: Revision::FIRST,
        }
    );
}

pub async fn everything_created_is_found_again(fresh: Fresh) {
    let created = fresh.organization("Shire").await;
    let stores = &fresh.repositories;
    let id = created.organization.id;
    let found = stores.organizations.find(id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&created.organization));
    let found = stores.accounts.find(&whole(id), created.account.id).await;
    assert_eq!(found.unwrap().as_ref(), Some(&created.account));
    assert_eq!(
        fresh.reread(&created.admin).await.as_ref(),
        Some(&created.admin)
    );
}

pub async fn the_first_user_may_have_a_password(fresh: Fresh) {
    let mut draft = samples::organization_draft("Shire");
    draft.admin.password = Some(samples::password_hash("s3cret"));
    let stores = &fresh.repositories;
    let created = stores.organizations.create(&draft, &change()).await;
    let admin = created.unwrap().admin;
    let set = PasswordState::Set {
        changed_at: START,
        must_change: false,
    };
    assert_eq!(admin.password, set);
    assert_eq!(fresh.reread(&admin).await.unwrap().password, set);
    let scope = whole(admin.organization_id);
    let password = stores.credentials.password(&scope, admin.id).await;
    let hash = password.unwrap().unwrap().hash;
    assert_eq!(hash, Some(samples::password_hash("s3cret")));
}

pub async fn the_system_organization_has_number_one_throughout(fresh: Fresh) {
    fresh.organization("Shire").await;
    let draft = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    let created = organizations.create(&draft, &change()).await.unwrap();
    assert_eq!(created.organization.id, OrganizationId::new(1));
    assert_eq!(created.organization.kind, OrganizationKind::System);
    assert_eq!(created.organization.default_account_id, AccountId::new(1));
    assert_eq!(created.account.id, AccountId::new(1));
    assert_eq!(created.account.organization_id, OrganizationId::new(1));
    assert_eq!(created.admin.id, UserId::new(1));
    assert_eq!(created.admin.account_id, AccountId::new(1));
    let found = organizations.find_system().await.unwrap();
    assert_eq!(found, Some(created.organization));
}

pub async fn the_operators_roles_have_the_first_numbers(fresh: Fresh) {
    let draft = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    let system = organizations.create(&draft, &change()).await.unwrap();
    let shire = fresh.organization("Shire").await;
    for (of, expected) in [(system, vec![1, 2, 3, 4, 5]), (shire, vec![6, 7, 8, 9])] {
        let roles = fresh.repositories.roles.list(of.organization.id).await;
        let roles = roles.unwrap();
        let numbers: Vec<_> = roles.iter().map(|role| role.id.get()).collect();
        // Another store must be able to keep the numbers of what comes from this one.
        assert_eq!(numbers, expected);
    }
}

pub async fn customers_have_numbers_from_two(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let draft = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    organizations.create(&draft, &change()).await.unwrap();
    let gondor = fresh.organization("Gondor").await;
    for created in [&shire, &gondor] {
        assert!(created.organization.id.get() >= 2, "{created:?}");
        assert!(created.account.id.get() >= 2, "{created:?}");
        assert!(created.admin.id.get() >= 2, "{created:?}");
    }
    assert!(gondor.organization.id > shire.organization.id);
    assert!(gondor.account.id > shire.account.id);
    assert!(gondor.admin.id > shire.admin.id);
}

pub async fn a_second_system_organization_conflicts_on_its_kind(fresh: Fresh) {
    let organizations = &fresh.repositories.organizations;
    let draft = samples::system_organization_draft();
    let first = organizations.create(&draft, &change()).await.unwrap();
    let mut second = samples::system_organization_draft();
    second.secret = samples::secret("to_second");
    second.admin.secret = samples::secret("tu_second");
    second.admin.email = samples::email("second@platform.example");
    let outcome = organizations.create(&second, &change()).await;
    assert_eq!(
        refusal(outcome),
        Refusal::Conflict(Entity::Organization, "kind")
    );
    let found = organizations.find_system().await.unwrap();
    assert_eq!(found, Some(first.organization));
    assert_eq!(fresh.log(OrganizationId::new(1)).await.len(), 3);
}

pub async fn an_email_in_use_conflicts_and_nothing_is_created(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let organizations = &fresh.repositories.organizations;
    let mut draft = samples::organization_draft("Gondor");
    draft.admin.email = samples::email("ADMIN@Shire.example");
    let outcome = organizations.create(&draft, &change()).await;
    assert_eq!(refusal(outcome), Refusal::Conflict(Entity::User, "email"));
    assert_eq!(organizations.count_customers(10).await.unwrap(), 1);
    assert_eq!(fresh.log(shire.organization.id).await.len(), 3);

    // The secrets of the refused one are free again.
    draft.admin.email = samples::email("admin@gondor.example");
    let created = organizations.create(&draft, &change()).await.unwrap();
    assert_eq!(fresh.log(created.organization.id).await.len(), 3);
}

pub async fn an_unknown_organization_is_none(fresh: Fresh) {
    fresh.organization("Shire").await;
    let organizations = &fresh.repositories.organizations;
    for id in [i64::MIN, -1, 0, 1, 4711, i64::MAX] {
        let found = organizations.find(OrganizationId::new(id)).await.unwrap();
        assert_eq!(found, None, "{id}");
    }
}

pub async fn a_new_store_has_no_system_organization(fresh: Fresh) {
    let organizations = &fresh.repositories.organizations;
    assert_eq!(organizations.find_system().await.unwrap(), None);
    fresh.organization("Shire").await;
    assert_eq!(organizations.find_system().await.unwrap(), None);
}

pub async fn customers_are_counted_no_further_than_asked(fresh: Fresh) {
    let organizations = &fresh.repositories.organizations;
    let draft = samples::system_organization_draft();
    organizations.create(&draft, &change()).await.unwrap();
    assert_eq!(organizations.count_customers(5).await.unwrap(), 0);
    for name in ["Shire", "Gondor", "Rohan"] {
        fresh.organization(name).await;
    }
    for (up_to, expected) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (1000, 3)] {
        let counted = organizations.count_customers(up_to).await.unwrap();
        assert_eq!(counted, expected, "up to {up_to}");
    }
}

pub async fn two_organizations_may_have_one_name(fresh: Fresh) {
    let first = fresh.organization("Shire").await;
    let mut draft = samples::organization_draft("Shire");
    draft.secret = samples::secret("to_other");
    draft.admin.secret = samples::secret("tu_other");
    draft.admin.email = samples::email("other@shire.example");
    let organizations = &fresh.repositories.organizations;
    let second = organizations.create(&draft, &change()).await.unwrap();
    assert_ne!(first.organization.id, second.organization.id);
    assert_eq!(second.organization.name, name("Shire"));
}

pub async fn the_first_user_of_a_customer_has_org_admin_and_org(fresh: Fresh) {
    let created = fresh.organization("Shire").await;
    assert_eq!(
        held_by(&fresh, &created.admin).await,
        [
            (RoleKey::OrgAdmin, true, false),
            (RoleKey::Org, false, true)
        ]
    );
}

pub async fn the_first_user_of_the_system_organization_has_sys_admin_and_org(fresh: Fresh) {
    let draft = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    let created = organizations.create(&draft, &change()).await.unwrap();
    assert_eq!(
        held_by(&fresh, &created.admin).await,
        [
            (RoleKey::Org, false, true),
            (RoleKey::SysAdmin, true, false)
        ]
    );
}

/// Each effective role: whether it is granted directly, and whether the system gives it.
async fn held_by(fresh: &Fresh, user: &User) -> Vec<(RoleKey, bool, bool)> {
    let roles = &fresh.repositories.roles;
    let scope = whole(user.organization_id);
    let held = roles.effective(&scope, user.id).await.unwrap().unwrap();
    held.iter()
        .map(|held| (held.role.key, held.direct, held.by_system))
        .collect()
}
