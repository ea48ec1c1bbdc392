//! Accounts: managing them, their lifecycle, and roles granted to all of their users.

use serde_json::json;

use crate::support::{Caller, World};

#[tokio::test]
async fn an_account_needs_only_its_external_id() {
    let world = World::new().await;
    for path in [
        "/accounts".to_owned(),
        format!("/organizations/{}/accounts", world.shire),
    ] {
        let body = json!({"externalId": format!("B{path}")});
        let account = world
            .call_json(Caller::OrgAdmin, "POST", &path, &body)
            .await
            .ok()
            .json();
        assert_eq!(
            account,
            json!({
                "id": account["id"], "name": format!("B{path}"), "description": format!("B{path}"), "active": true,
                "companyId": world.shire.get(), "createdDate": "2026-01-15", "updatedDate": "2026-01-15",
                "externalId": format!("B{path}"), "defaultAccount": false, "type": "CompanyAccount"
            })
        );
        let one = format!("/accounts/{}", account["id"]);
        assert_eq!(
            world.call(Caller::OrgAdmin, "GET", &one).await.ok().json(),
            account
        );
        let one = format!("/organizations/{}{one}", world.shire);
        assert_eq!(
            world.call(Caller::OrgAdmin, "GET", &one).await.ok().json(),
            account
        );
        let again = world
            .call_json(Caller::OrgAdmin, "POST", &path, &body)
            .await;
        assert_eq!(
            (
                again.status.as_u16(),
                again.message().contains("externalId")
            ),
            (409, true)
        );
    }
    let refused = world
        .call_json(Caller::OrgAdmin, "POST", "/accounts", &json!({}))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (400, "externalId is required")
    );
}

#[tokio::test]
async fn accounts_are_listed_filtered_and_counted() {
    let world = World::new().await;
    let all = world.call(Caller::OrgAdmin, "GET", "/accounts").await.ok();
    assert_eq!(all.ids(), [world.shire_account.get(), world.buckland.get()]);
    assert_eq!(all.header("elements-total-count"), Some("2"));
    assert_eq!(all.json()[0]["type"], "Default");
    for (query, ids) in [
        ("where=defaultAccount=true", vec![world.shire_account.get()]),
        ("where=type='CompanyAccount'", vec![world.buckland.get()]),
        (
            "where=name%20LIKE%20'buck%'&fields=name",
            vec![world.buckland.get()],
        ),
        ("orderBy=id%20desc&pageSize=1", vec![world.buckland.get()]),
    ] {
        let list = world
            .call(Caller::OrgAdmin, "GET", &format!("/accounts?{query}"))
            .await
            .ok();
        assert_eq!(list.ids(), ids, "{query}");
    }
    let none = world
        .call(Caller::OrgAdmin, "GET", "/accounts?where=name='Mordor'")
        .await;
    assert_eq!(
        (none.status.as_u16(), none.message().as_str()),
        (404, "No accounts found")
    );
    let wrong = world
        .call(Caller::OrgAdmin, "GET", "/accounts?where=email='x'")
        .await;
    assert_eq!(
        (
            wrong.status.as_u16(),
            wrong.message().contains("unknown field 'email'")
        ),
        (400, true)
    );
}

#[tokio::test]
async fn patch_changes_what_is_given_and_put_replaces() {
    let world = World::new().await;
    let path = format!("/accounts/{}", world.buckland);
    let body =
        json!({"description": "Across the river", "externalId": "B-1", "type": "x", "id": 9});
    let patched = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &body)
        .await
        .ok()
        .json();
    assert_eq!(
        (patched["name"].clone(), patched["externalId"].clone()),
        (json!("Buckland"), json!("B-1"))
    );
    let put = world
        .call_json(Caller::OrgAdmin, "PUT", &path, &json!({"name": "Bree"}))
        .await
        .ok()
        .json();
    assert_eq!(
        (
            put["name"].clone(),
            put.get("description"),
            put.get("externalId")
        ),
        (json!("Bree"), None, None)
    );
    let refused = world
        .call_json(Caller::OrgAdmin, "PUT", &path, &json!({"active": 1}))
        .await;
    assert_eq!(
        refused.message(),
        "name is required; active must be true or false, not a number"
    );
}

#[tokio::test]
async fn an_inactive_account_keeps_its_users_and_lets_none_in() {
    let world = World::new().await;
    let path = format!("/accounts/{}", world.buckland);
    world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &json!({"active": false}))
        .await
        .ok();
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "GET", "/accounts")
            .await
            .ok()
            .ids(),
        [world.shire_account.get()]
    );
    let all = world
        .call(Caller::OrgAdmin, "GET", "/accounts?includeInactive=true")
        .await
        .ok();
    assert_eq!(all.ids().len(), 2);
    assert_eq!(
        world.call(Caller::OrgAdmin, "GET", &path).await.ok().json()["active"],
        false
    );
    assert_eq!(
        world.call(Caller::AccountAdmin, "GET", &path).await.status,
        401
    );
    let new = json!({"firstName": "A", "lastName": "B", "email": "a@buckland.example"});
    let refused = world
        .call_json(Caller::OrgAdmin, "POST", &format!("{path}/users"), &new)
        .await;
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.message().contains("active")
        ),
        (409, true)
    );
    world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &json!({"active": true}))
        .await
        .ok();
    world.call(Caller::AccountAdmin, "GET", &path).await.ok();
}

#[tokio::test]
async fn deleting_an_account_erases_its_users_and_frees_its_external_id() {
    let world = World::new().await;
    let path = format!("/accounts/{}", world.buckland);
    for (round, method) in ["DELETE", "PATCH"].into_iter().enumerate() {
        let body = json!({"externalId": "B-1"});
        let account = world
            .call_json(Caller::OrgAdmin, "POST", "/accounts", &body)
            .await
            .ok()
            .json();
        let path = format!("/accounts/{}", account["id"]);
        let email = format!("frodo{round}@shire.example");
        let new = json!({"firstName": "A", "lastName": "B", "email": email});
        let user = world
            .call_json(Caller::OrgAdmin, "POST", &format!("{path}/users"), &new)
            .await
            .ok()
            .json();
        let reply = if method == "DELETE" {
            world.call(Caller::OrgAdmin, "DELETE", &path).await.ok()
        } else {
            let query = format!("{path}?permanent=true");
            world
                .call_json(Caller::OrgAdmin, "PATCH", &query, &json!({"active": false}))
                .await
                .ok()
        };
        assert_eq!(reply.text.is_empty(), method == "DELETE");
        assert_eq!(
            world
                .call(Caller::OrgAdmin, "GET", &format!("/users/{}", user["id"]))
                .await
                .status,
            404
        );
        assert_eq!(
            world.call(Caller::OrgAdmin, "GET", &path).await.ok().json()["active"],
            false
        );
        // Activated again, the account is there, its users are not.
        let body = json!({"active": true, "externalId": "B-2"});
        world
            .call_json(Caller::OrgAdmin, "PATCH", &path, &body)
            .await
            .ok();
        assert_eq!(
            world
                .call(Caller::OrgAdmin, "GET", &format!("{path}/users"))
                .await
                .status,
            404
        );
        world.call(Caller::OrgAdmin, "DELETE", &path).await.ok();
    }
    world.call(Caller::OrgAdmin, "GET", &path).await.ok();
}

#[tokio::test]
async fn the_default_account_stays() {
    let world = World::new().await;
    let path = format!("/accounts/{}", world.shire_account);
    let message = "The default account of an organization can be neither deleted nor deactivated.";
    let deleted = world.call(Caller::OrgAdmin, "DELETE", &path).await;
    assert_eq!(
        (deleted.status.as_u16(), deleted.message().as_str()),
        (403, message)
    );
    let patched = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &json!({"active": false}))
        .await;
    assert_eq!(
        (patched.status.as_u16(), patched.message().as_str()),
        (403, message)
    );
}

#[tokio::test]
async fn a_role_of_an_account_is_every_users() {
    let world = World::new().await;
    let path = format!("/accounts/{}/roles", world.buckland);
    assert_eq!(
        world.call(Caller::OrgAdmin, "GET", &path).await.ok().json(),
        json!([])
    );
    assert_eq!(
        world
            .call(Caller::DefaultUser, "GET", "/users")
            .await
            .status,
        403
    );
    let role = world
        .call(Caller::OrgAdmin, "PUT", &format!("{path}/admin"))
        .await
        .ok()
        .json();
    assert_eq!(role["key"], "admin");
    world.call(Caller::DefaultUser, "GET", "/users").await.ok();
    assert_eq!(
        world.call(Caller::OrgAdmin, "GET", &path).await.ok().json(),
        json!([role])
    );
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "PUT", &format!("{path}/admin"))
            .await
            .status,
        409
    );
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "DELETE", &format!("{path}/admin"))
            .await
            .ok()
            .text,
        ""
    );
    assert_eq!(
        world
            .call(Caller::DefaultUser, "GET", "/users")
            .await
            .status,
        403
    );
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "DELETE", &format!("{path}/admin"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn refusals_of_account_roles_come_in_the_order_of_the_contract() {
    let world = World::new().await;
    let (own, other, foreign) = (world.shire_account, world.buckland, world.mordor_account);
    for (caller, path, status) in [
        (Caller::OrgUser, "/accounts/x/roles/king".to_owned(), 403),
        (Caller::OrgAdmin, "/accounts/x/roles/king".to_owned(), 400),
        (Caller::OrgAdmin, "/accounts/-1/roles/king".to_owned(), 400),
        (
            Caller::OrgAdmin,
            "/accounts/-1/roles/sys-admin".to_owned(),
            404,
        ),
        (
            Caller::OrgAdmin,
            format!("/accounts/{foreign}/roles/sys-admin"),
            403,
        ),
        (
            Caller::OrgAdmin,
            format!("/accounts/{own}/roles/sys-admin"),
            403,
        ),
        (
            Caller::OrgAdmin,
            format!("/accounts/{other}/roles/org-admin"),
            403,
        ),
        (
            Caller::OrgAdmin,
            format!("/accounts/{own}/roles/default-user"),
            403,
        ),
    ] {
        for method in ["PUT", "DELETE"] {
            let reply = world.call(caller, method, &path).await;
            assert_eq!(
                reply.status, status,
                "{method} {path} by {caller:?}: {}",
                reply.text
            );
        }
    }
}

#[tokio::test]
async fn only_administrators_manage_accounts_and_only_their_own() {
    let world = World::new().await;
    let (shire, account) = (world.shire, world.buckland);
    // For each route: the statuses for Caller::ALL, in order.
    for (method, path, statuses) in [
        (
            "GET",
            "/accounts".to_owned(),
            [401, 200, 403, 403, 403, 200],
        ),
        (
            "GET",
            format!("/accounts/{account}"),
            [401, 200, 200, 403, 200, 404],
        ),
        (
            "PATCH",
            format!("/accounts/{account}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "PUT",
            format!("/accounts/{account}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "GET",
            format!("/organizations/{shire}/accounts"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "GET",
            format!("/organizations/{shire}/accounts/{account}"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "POST",
            format!("/organizations/{shire}/accounts"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "GET",
            format!("/accounts/{account}/roles"),
            [401, 200, 403, 403, 403, 404],
        ),
        (
            "DELETE",
            format!("/accounts/{account}"),
            [401, 200, 401, 403, 401, 404],
        ),
    ] {
        let body = json!({"name": "Buckland", "externalId": "B-9"});
        let mut found = Vec::new();
        for caller in Caller::ALL {
            found.push(
                world
                    .call_json(caller, method, &path, &body)
                    .await
                    .status
                    .as_u16(),
            );
            if method == "POST" && found.last() == Some(&200) {
                let list = world
                    .call(Caller::OrgAdmin, "GET", "/accounts?where=externalId='B-9'")
                    .await;
                for id in list
                    .ok()
                    .ids()
                    .into_iter()
                    .filter(|id| *id != account.get())
                {
                    world
                        .call(Caller::OrgAdmin, "DELETE", &format!("/accounts/{id}"))
                        .await
                        .ok();
                }
            }
        }
        assert_eq!(found, statuses, "{method} {path}");
        world
            .call_json(
                Caller::OrgAdmin,
                "PATCH",
                &format!("/accounts/{account}"),
                &json!({"externalId": null}),
            )
            .await;
    }
    for (path, message) in [
        ("/accounts/x", "account id"),
        ("/organizations/x/accounts", "organization id"),
    ] {
        let reply = world.call(Caller::OrgAdmin, "GET", path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().contains(message)),
            (400, true),
            "{path}"
        );
    }
}
