//! A user that is created while others change what its account gives.

use std::sync::Arc;

use sqlx::Connection as _;
use tenantry_domain::RoleKey;
use tenantry_testkit::{run, samples};

use super::{scene, scope, until_blocked};

#[test]
fn roles_from_before_a_wait_for_the_account_are_not_answered() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        // As the store does when a role is granted to an account.
        let mut granting = other.begin().await.unwrap();
        sqlx::raw_sql(
            "SELECT id FROM accounts FOR UPDATE; \
             INSERT INTO account_roles SELECT organization_id, (SELECT id FROM accounts), id FROM roles WHERE key = 'admin'; \
             UPDATE accounts SET revision = revision + 1",
        )
        .execute(&mut *granting)
        .await
        .unwrap();
        let users = Arc::clone(&repositories.users);
        let (organization, account) = (shire.organization.id, shire.account.id);
        let creating = tokio::spawn(async move {
            let draft = samples::user_draft(account, "sam@shire.example");
            let change = samples::change();
            users.create_with_roles(organization, &draft, &change).await
        });
        until_blocked(&mut observer, &schema).await;
        granting.commit().await.unwrap();
        let created = creating.await.unwrap().unwrap();
        assert_eq!(created.roles, None);
        let held = repositories
            .roles
            .effective(&scope(&shire), created.user.id)
            .await;
        let held = held.unwrap().unwrap();
        let keys: Vec<_> = held.iter().map(|held| held.role.key).collect();
        assert_eq!(keys, [RoleKey::Admin, RoleKey::Org]);
    });
}
