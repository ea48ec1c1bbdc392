//! `/users/{id}/roles`: who may see, grant and revoke, and in which order refusals come.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use tenantry_domain::{
    EffectiveRole, Entity, RoleKey, Scope,
    ports::{MockRoleRepository, MockUserRepository, RepositoryError, UserAndRoles},
};
use tenantry_http_server::HttpConfig;

use crate::support::{BASE, Caller, World, send, serve};

#[tokio::test]
async fn effective_roles_are_shown_to_those_who_see_the_user() {
    let world = World::new().await;
    let path = format!("/users/{}/roles", world.id(Caller::AccountAdmin).await);
    for caller in [Caller::OrgAdmin, Caller::AccountAdmin] {
        let roles = world.call(caller, "GET", &path).await.ok().json();
        let keys: Vec<_> = roles
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role["key"].as_str().unwrap())
            .collect();
        assert_eq!(keys, ["admin", "default-user"], "{caller:?}");
        assert_eq!(roles[0]["name"], "Account");
        assert_eq!(roles[0]["description"], "Account Administrator");
        assert_eq!(roles[0]["privileges"].as_array().map(Vec::len), Some(23));
        assert_eq!(roles[0]["privileges"][0]["key"], "viewUsersAccount");
    }
    assert_eq!(
        world.call(Caller::DefaultUser, "GET", &path).await.status,
        403
    );
    assert_eq!(world.call(Caller::Stranger, "GET", &path).await.status, 404);
}

#[tokio::test]
async fn a_grant_takes_effect_at_the_next_call_and_so_does_its_revocation() {
    let world = World::new().await;
    let path = format!("/users/{}/roles/org-admin", world.id(Caller::OrgUser).await);
    assert_eq!(
        world.call(Caller::OrgUser, "GET", "/users").await.status,
        403
    );
    let role = world.call(Caller::OrgAdmin, "PUT", &path).await.ok().json();
    assert_eq!(role["key"], "org-admin");
    world.call(Caller::OrgUser, "GET", "/users").await.ok();
    let again = world.call(Caller::OrgAdmin, "PUT", &path).await;
    assert_eq!(
        (again.status.as_u16(), again.message()),
        (
            409,
            "The role key 'org-admin' is granted to this user already.".to_owned()
        )
    );
    let path = format!("/accounts/{}/roles/admin", world.buckland);
    world.call(Caller::OrgAdmin, "PUT", &path).await.ok();
    let again = world.call(Caller::OrgAdmin, "PUT", &path).await;
    assert_eq!(
        (again.status.as_u16(), again.message()),
        (
            409,
            "The role key 'admin' is granted to this account already.".to_owned()
        )
    );
    let path = format!("/users/{}/roles/org-admin", world.id(Caller::OrgUser).await);
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "DELETE", &path)
            .await
            .ok()
            .text,
        ""
    );
    assert_eq!(
        world.call(Caller::OrgUser, "GET", "/users").await.status,
        403
    );
    assert_eq!(
        world.call(Caller::OrgAdmin, "DELETE", &path).await.status,
        404
    );
}

#[tokio::test]
async fn refusals_come_in_the_order_of_the_contract() {
    let world = World::new().await;
    let of = async |caller: Caller| format!("/users/{}/roles", world.id(caller).await);
    let (own, sam, fatty) = (
        of(Caller::OrgAdmin).await,
        of(Caller::OrgUser).await,
        of(Caller::DefaultUser).await,
    );
    let (merry, boss) = (of(Caller::AccountAdmin).await, own.clone());
    for (caller, path, status, text) in [
        // Unknown role before unknown target, target before oneself, oneself before the role's own rules.
        (
            Caller::OrgAdmin,
            "/users/-1/roles/king".to_owned(),
            400,
            "key 'king' is no role",
        ),
        (
            Caller::OrgAdmin,
            "/users/-1/roles/sys-admin".to_owned(),
            404,
            "No user found with ID -1",
        ),
        (
            Caller::OrgAdmin,
            format!("{own}/sys-admin"),
            403,
            "Nobody can change the own roles.",
        ),
        (
            Caller::OrgAdmin,
            format!("{sam}/sys-admin"),
            403,
            "cannot be granted through an organization",
        ),
        (
            Caller::OrgAdmin,
            format!("{sam}/default-user"),
            403,
            "of other accounts than the default one",
        ),
        (
            Caller::OrgAdmin,
            format!("{fatty}/org-admin"),
            403,
            "only be granted to users of the default account",
        ),
        (
            Caller::OrgAdmin,
            format!("{fatty}/org"),
            403,
            "only be granted to users of the default account",
        ),
        (
            Caller::AccountAdmin,
            format!("{merry}/admin"),
            403,
            "Nobody can change the own roles.",
        ),
        (
            Caller::AccountAdmin,
            format!("{boss}/admin"),
            403,
            "of another organization, or gone",
        ),
        (
            Caller::DefaultUser,
            "/users/x/roles/king".to_owned(),
            403,
            "The privilege 'editUsersAccount' is missing.",
        ),
        (
            Caller::OrgAdmin,
            "/users/x/roles/king".to_owned(),
            400,
            "user id must be an integer, not 'x'",
        ),
        (
            Caller::Stranger,
            format!("{sam}/admin"),
            403,
            "another organization",
        ),
    ] {
        for method in ["PUT", "DELETE"] {
            let reply = world.call(caller, method, &path).await;
            assert_eq!(
                reply.status, status,
                "{method} {path} by {caller:?}: {}",
                reply.text
            );
            assert!(
                reply.message().contains(text),
                "{method} {path} by {caller:?}: {}",
                reply.text
            );
        }
    }
}

#[tokio::test]
async fn an_account_administrator_grants_within_the_account() {
    let world = World::new().await;
    let path = format!("/users/{}/roles/admin", world.id(Caller::DefaultUser).await);
    world.call(Caller::AccountAdmin, "PUT", &path).await.ok();
    world
        .call(
            Caller::DefaultUser,
            "GET",
            &format!("/accounts/{}/users", world.buckland),
        )
        .await
        .ok();
}

#[tokio::test]
async fn a_role_given_by_the_system_is_granted_already() {
    let world = World::new().await;
    let path = format!("/users/{}/roles/org", world.id(Caller::OrgUser).await);
    assert_eq!(world.call(Caller::OrgAdmin, "PUT", &path).await.status, 409);
    assert_eq!(
        world.call(Caller::OrgAdmin, "DELETE", &path).await.status,
        404
    );
}

/// Between the look at the user and the write, somebody lifts the user above the caller.
#[tokio::test]
async fn whoever_is_lifted_above_the_caller_meanwhile_keeps_its_roles() {
    let world = World::new().await;
    let shire = Scope::organization(world.shire);
    let target = world.id(Caller::DefaultUser).await;
    let found = world.repositories.users.find(&shire, target).await.unwrap();
    let user = found.unwrap();
    let revision = user.revision;
    let known = world.repositories.roles.list(world.shire).await.unwrap();
    let held = |key| EffectiveRole {
        role: known.iter().find(|role| role.key == key).unwrap().clone(),
        direct: key != RoleKey::DefaultUser,
        through_account: false,
        by_system: key == RoleKey::DefaultUser,
    };
    let before = vec![held(RoleKey::DefaultUser)];
    let after = vec![held(RoleKey::DefaultUser), held(RoleKey::OrgAdmin)];
    for method in ["PUT", "DELETE"] {
        let mut roles = MockRoleRepository::new();
        let mut users = MockUserRepository::new();
        let mut looks = [before.clone(), after.clone()].into_iter();
        let user = user.clone();
        users
            .expect_find_with_roles()
            .times(2)
            .returning(move |_, _| {
                Ok(Some(UserAndRoles {
                    user: user.clone(),
                    roles: looks.next(),
                }))
            });
        let listed = known.clone();
        roles.expect_list().returning(move |_| Ok(listed.clone()));
        let stale = || {
            Err(RepositoryError::Stale {
                entity: Entity::User,
            })
        };
        if method == "PUT" {
            roles
                .expect_grant()
                .withf(move |_, _, _, expected, _| *expected == Some(revision))
                .once()
                .returning(move |_, _, _, _, _| stale().map(|()| None));
        } else {
            roles
                .expect_revoke()
                .withf(move |_, _, _, expected, _| *expected == Some(revision))
                .once()
                .returning(move |_, _, _, _, _| stale().map(|()| None));
        }
        let mut repositories = world.repositories.clone();
        repositories.roles = Arc::new(roles);
        repositories.users = Arc::new(users);
        let config = HttpConfig::default();
        let router = serve(&repositories, &world.clock, &world.hasher, &config);
        let request = Request::builder()
            .method(method)
            .uri(format!("{BASE}/users/{target}/roles/admin"))
            .header(
                "authorization",
                Caller::AccountAdmin.authorization().unwrap(),
            );
        let reply = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 403, "{method}: {}", reply.text);
    }
}
