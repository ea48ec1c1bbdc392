//! The life of a user, through each of the three doors.

use serde_json::{Value, json};

use crate::support::{Caller, PASSWORD, World};

fn everything(email: &str) -> Value {
    json!({
        "firstName": "Frodo", "lastName": "Baggins", "email": email, "password": PASSWORD,
        "city": "Hobbiton", "country": "Shire", "phone": "+41 44 123", "postalCode": "1401",
        "stateProvince": "Westfarthing", "street1": "Bag End", "street2": "Under the Hill", "externalId": "FB-1",
        "active": true, "roles": [{"key": "admin"}]
    })
}

#[tokio::test]
async fn a_new_user_has_every_field_its_roles_and_its_secret() {
    let world = World::new().await;
    let body = everything("frodo@shire.example");
    let reply = world
        .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
        .await
        .ok();
    let mut user = reply.json();
    let id = user["id"].as_i64().unwrap();
    let secret = user["secret"].take();
    assert!(
        secret
            .as_str()
            .is_some_and(|secret| secret.starts_with("tu_"))
    );
    let roles = user["roles"].take();
    let keys: Vec<_> = roles
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["admin", "org"]);
    assert_eq!(
        user,
        json!({
            "id": id, "createdDate": "2026-01-15", "username": "frodo@shire.example", "firstName": "Frodo",
            "lastName": "Baggins", "fullName": "Frodo Baggins", "email": "frodo@shire.example", "active": true,
            "lastLoginDate": "1970-01-01", "externalId": "FB-1", "phone": "+41 44 123", "street1": "Bag End",
            "street2": "Under the Hill", "city": "Hobbiton", "stateProvince": "Westfarthing", "postalCode": "1401",
            "country": "Shire", "accountExpired": false, "accountNonExpired": true, "accountLocked": false,
            "accountNonLocked": true, "credentialsExpired": false, "credentialsNonExpired": true, "emailValid": true,
            "enabled": true, "accountId": world.shire_account.get(), "roles": null, "secret": null
        })
    );
    // Looked up, it is the same without roles and secret; by e-mail in any case and encoding, too.
    let (mut object, paths) = (
        user,
        [
            format!("/users/{id}"),
            "/users/frodo@shire.example".to_owned(),
            "/users/FRODO%40shire.example/".to_owned(),
            "/organizations/users/frodo@shire.example".to_owned(),
            format!("/accounts/{}/users/{id}", world.shire_account),
        ],
    );
    object
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name != "roles" && name != "secret");
    for path in paths {
        assert_eq!(
            world.call(Caller::OrgAdmin, "GET", &path).await.ok().json(),
            object,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_was_not_given_is_left_out() {
    let world = World::new().await;
    let id = world.create("bilbo@shire.example").await;
    let user = world
        .call(Caller::OrgAdmin, "GET", &format!("/users/{id}"))
        .await
        .ok()
        .json();
    for absent in [
        "phone",
        "street1",
        "city",
        "externalId",
        "password",
        "roles",
        "secret",
    ] {
        assert_eq!(user.get(absent), None, "{absent}");
    }
    assert_eq!(
        user["credentialsExpired"], true,
        "without a password nobody logs in"
    );
}

#[tokio::test]
async fn a_user_is_created_in_an_account_by_its_administrator() {
    let world = World::new().await;
    let path = format!("/accounts/{}/users", world.buckland);
    let body = json!({"firstName": "Pippin", "lastName": "Took", "email": "pippin@took.example", "stateprovince": "Tookland"});
    let user = world
        .call_json(Caller::AccountAdmin, "POST", &path, &body)
        .await
        .ok()
        .json();
    assert_eq!(user["accountId"], world.buckland.get());
    assert_eq!(user["stateProvince"], "Tookland");
    assert_eq!(user["roles"][0]["key"], "default-user");
}

#[tokio::test]
async fn patch_changes_what_is_given() {
    let world = World::new().await;
    world
        .call_json(
            Caller::OrgAdmin,
            "POST",
            "/organizations/users",
            &everything("frodo@shire.example"),
        )
        .await
        .ok();
    let before = world
        .call(Caller::OrgAdmin, "GET", "/users/frodo@shire.example")
        .await
        .ok()
        .json();
    let path = format!("/users/{}", before["id"]);
    let body = json!({"firstName": "Bingo", "phone": null, "nonsense": 1, "id": 999});
    let patched = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &body)
        .await
        .ok()
        .json();
    let mut expected = before.clone();
    expected["firstName"] = json!("Bingo");
    expected["fullName"] = json!("Bingo Baggins");
    let expected_object = expected.as_object_mut().unwrap();
    expected_object.remove("phone");
    expected_object.insert("roles".to_owned(), patched["roles"].clone());
    assert_eq!(patched, expected);
    assert_eq!(patched["roles"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_whole_reply_sent_back_changes_nothing() {
    let world = World::new().await;
    let body = everything("frodo@shire.example");
    let created = world
        .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
        .await
        .ok()
        .json();
    let path = format!("/users/{}", created["id"]);
    for method in ["PATCH", "PUT"] {
        let reply = world
            .call_json(Caller::OrgAdmin, method, &path, &created)
            .await
            .ok()
            .json();
        let mut expected = created.clone();
        expected.as_object_mut().unwrap().remove("secret");
        assert_eq!(reply, expected, "{method}");
    }
    // A list says "secured" for the password; sent back, that is no password.
    let list = world
        .call(
            Caller::OrgAdmin,
            "GET",
            "/users?where=email='frodo@shire.example'",
        )
        .await
        .ok()
        .json();
    assert_eq!(list[0]["password"], "secured");
    let reply = world
        .call_json(Caller::OrgAdmin, "PUT", &path, &list[0])
        .await
        .ok()
        .json();
    assert_eq!(
        (reply["credentialsExpired"].clone(), reply.get("password")),
        (json!(false), None)
    );
}

#[tokio::test]
async fn put_replaces_and_needs_names_and_email() {
    let world = World::new().await;
    let body = everything("frodo@shire.example");
    let created = world
        .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
        .await
        .ok()
        .json();
    let path = format!("/organizations/users/{}", created["id"]);
    let refused = world
        .call_json(Caller::OrgAdmin, "PUT", &path, &json!({"firstName": "F"}))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (400, "lastName is required; email is required")
    );
    let body =
        json!({"firstName": "F", "lastName": "B", "email": "frodo@shire.example", "city": "Bree"});
    let put = world
        .call_json(Caller::OrgAdmin, "PUT", &path, &body)
        .await
        .ok()
        .json();
    assert_eq!(
        (put["city"].clone(), put.get("phone"), put.get("street1")),
        (json!("Bree"), None, None)
    );
    assert_eq!(
        put["roles"].as_array().map(Vec::len),
        Some(2),
        "roles left out stay"
    );
}

#[tokio::test]
async fn an_administrators_password_must_be_changed_an_own_one_not() {
    let world = World::new().await;
    let id = world.id(Caller::OrgUser).await;
    let path = format!("/users/{id}");
    let by_admin = world
        .call_json(
            Caller::OrgAdmin,
            "PATCH",
            &path,
            &json!({"password": PASSWORD}),
        )
        .await
        .ok()
        .json();
    assert_eq!(
        (
            by_admin["password"].clone(),
            by_admin["credentialsExpired"].clone()
        ),
        (json!("secured"), json!(true))
    );
    let own = json!({"password": "Another-One-2"});
    let by_user = world
        .call_json(Caller::OrgUser, "PATCH", &path, &own)
        .await
        .ok()
        .json();
    assert_eq!(by_user["credentialsExpired"], false);
}

#[tokio::test]
async fn a_user_without_privileges_changes_names_phone_address_and_password_of_oneself() {
    let world = World::new().await;
    let id = world.id(Caller::DefaultUser).await;
    let path = format!("/users/{id}");
    let body = json!({"firstName": "Fredegar", "lastName": "Bolger", "phone": "1", "city": "Budgeford", "password": PASSWORD});
    let user = world
        .call_json(Caller::DefaultUser, "PATCH", &path, &body)
        .await
        .ok()
        .json();
    assert_eq!(user["fullName"], "Fredegar Bolger");
    for (body, message) in [
        (
            json!({"email": "new@buckland.example"}),
            "Without the privilege 'editUsersAccount'",
        ),
        (
            json!({"externalId": "X"}),
            "Without the privilege 'editUsersAccount'",
        ),
        (
            json!({"accountLocked": true}),
            "Without the privilege 'editUsersAccount'",
        ),
        (json!({"active": false}), "Nobody can deactivate oneself."),
        (
            json!({"roles": [{"key": "admin"}]}),
            "Nobody can change the own roles.",
        ),
    ] {
        let refused = world
            .call_json(Caller::DefaultUser, "PATCH", &path, &body)
            .await;
        assert_eq!(refused.status, 403, "{body}");
        assert!(
            refused.message().starts_with(message),
            "{body}: {}",
            refused.message()
        );
    }
    let other = format!("/users/{}", world.id(Caller::AccountAdmin).await);
    let refused = world
        .call_json(Caller::DefaultUser, "PATCH", &other, &json!({"phone": "1"}))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (403, "The privilege 'editUsersAccount' is missing.")
    );
}

#[tokio::test]
async fn nobody_changes_a_user_of_higher_rank() {
    let world = World::new().await;
    // An administrator of the default account has the org-admin in reach, but not in hand.
    let sam = world.id(Caller::OrgUser).await;
    world
        .call(
            Caller::OrgAdmin,
            "PUT",
            &format!("/users/{sam}/roles/admin"),
        )
        .await
        .ok();
    let boss = format!("/users/{}", world.id(Caller::OrgAdmin).await);
    let above = "The user's roles stand above the caller's own roles.";
    let patched = world
        .call_json(
            Caller::OrgUser,
            "PATCH",
            &boss,
            &json!({"password": PASSWORD}),
        )
        .await;
    assert_eq!(
        (patched.status.as_u16(), patched.message().as_str()),
        (403, above)
    );
    let deleted = world.call(Caller::OrgUser, "DELETE", &boss).await;
    assert_eq!(
        (deleted.status.as_u16(), deleted.message().as_str()),
        (403, above)
    );
}

#[tokio::test]
async fn an_inactive_user_is_out_of_lists_and_cannot_call_but_is_not_lost() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::OrgUser).await);
    let user = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &json!({"active": false}))
        .await
        .ok()
        .json();
    assert_eq!(
        (user["active"].clone(), user["enabled"].clone()),
        (json!(false), json!(false))
    );
    assert_eq!(world.call(Caller::OrgUser, "GET", &path).await.status, 401);
    assert_eq!(
        world.call(Caller::OrgAdmin, "GET", &path).await.ok().json()["active"],
        false
    );
    let emails = async |query: &str| {
        let list = world
            .call(
                Caller::OrgAdmin,
                "GET",
                &format!("/organizations/users{query}"),
            )
            .await
            .ok()
            .json();
        list.as_array().unwrap().len()
    };
    assert_eq!(emails("").await, 1);
    assert_eq!(emails("?includeInactive=true").await, 2);
    assert_eq!(emails("?where=active=false").await, 1);
    world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &json!({"active": true}))
        .await
        .ok();
    world.call(Caller::OrgUser, "GET", &path).await.ok();
}

#[tokio::test]
async fn a_deleted_user_is_gone_and_its_email_free() {
    let world = World::new().await;
    for path in [
        "/users",
        "/organizations/users",
        &format!("/accounts/{}/users", world.shire_account),
    ] {
        let id = world.create("bilbo@shire.example").await;
        let reply = world
            .call(Caller::OrgAdmin, "DELETE", &format!("{path}/{id}"))
            .await
            .ok();
        assert_eq!(reply.text, "", "the reply of a DELETE is empty");
        let gone = world
            .call(Caller::OrgAdmin, "GET", &format!("{path}/{id}"))
            .await;
        assert_eq!(
            (gone.status.as_u16(), gone.message()),
            (404, format!("No user found with ID {id}"))
        );
        let again = world
            .call(Caller::OrgAdmin, "DELETE", &format!("{path}/{id}"))
            .await;
        assert_eq!(again.status, 404);
    }
}

#[tokio::test]
async fn nobody_deletes_oneself() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::OrgAdmin).await);
    let refused = world.call(Caller::OrgAdmin, "DELETE", &path).await;
    assert_eq!(
        (refused.status.as_u16(), refused.message().as_str()),
        (403, "Nobody can delete oneself.")
    );
}

#[tokio::test]
async fn an_email_in_use_conflicts_everywhere() {
    let world = World::new().await;
    let id = world.create("bilbo@shire.example").await;
    // E-mail is unique in the deployment: a stranger's counts too.
    for taken in ["BILBO@shire.example", "admin@mordor.example"] {
        let body = json!({"firstName": "A", "lastName": "B", "email": taken});
        let refused = world
            .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
            .await;
        assert_eq!(
            (refused.status.as_u16(), refused.message().as_str()),
            (409, "The email is in use by another user already.")
        );
    }
    let path = format!("/users/{id}");
    let taken = world
        .call_json(
            Caller::OrgAdmin,
            "PATCH",
            &path,
            &json!({"email": "sam@shire.example"}),
        )
        .await;
    assert_eq!(taken.status, 409);
    let own = world
        .call_json(
            Caller::OrgAdmin,
            "PATCH",
            &path,
            &json!({"email": "Bilbo@Shire.example"}),
        )
        .await
        .ok();
    assert_eq!(own.json()["email"], "Bilbo@Shire.example");
}

#[tokio::test]
async fn a_weak_password_is_refused_with_every_broken_rule() {
    let world = World::new().await;
    let body = json!({"firstName": "Frodo", "lastName": "Baggins", "email": "ring@shire.example", "password": "baggins"});
    let refused = world
        .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.message(),
        "password must have at least 8 characters, 1 numeric, 1 uppercase, 1 special character, and must not contain the \
         user's last name"
    );
}

#[tokio::test]
async fn whether_a_password_is_accepted_does_not_tell_whether_it_is_right() {
    let world = World::new().await;
    let path = format!("/users/{}", world.id(Caller::DefaultUser).await);
    let own = json!({ "password": PASSWORD });
    world
        .call_json(Caller::DefaultUser, "PATCH", &path, &own)
        .await
        .ok();
    let taken = "admin@shire.example";
    for guess in [PASSWORD, "My-Precious-2"] {
        let body = json!({"password": guess, "firstName": "precious", "email": taken});
        let refused = world
            .call_json(Caller::AccountAdmin, "PATCH", &path, &body)
            .await;
        let expected = "password must not contain the user's first name";
        assert_eq!(
            (refused.status.as_u16(), refused.message().as_str()),
            (400, expected),
            "{guess}"
        );
    }
}
