//! The walk of the vendor's page: users are created, found, listed, changed and deleted, each reply compared as a whole.

use serde_json::{Value, json};

use crate::support::{Client, Secrets, Server, Store};

on_both_stores! {
    users_are_created_found_listed_changed_and_deleted => the_walk;
}

fn frodo() -> Value {
    json!({
        "firstName": "Frodo",
        "lastName": "Baggins",
        "email": "Frodo.Baggins@shire.example",
        "password": "Ring-bearer-1",
        "externalId": "S-1",
        "phone": "+64 7 888 0001",
        "street1": "Bag End",
        "street2": "Bagshot Row 1",
        "city": "Hobbiton",
        "stateProvince": "The Shire",
        "postalCode": "3472",
        "country": "NZ",
        "unknown": {"is": "ignored"},
    })
}

/// What every reply shows of [`frodo`], whose day of creation is `created`.
fn shown(created: &Value) -> Value {
    json!({
        "id": 3,
        "createdDate": created,
        "username": "Frodo.Baggins@shire.example",
        "firstName": "Frodo",
        "lastName": "Baggins",
        "fullName": "Frodo Baggins",
        "email": "Frodo.Baggins@shire.example",
        "active": true,
        "lastLoginDate": "1970-01-01",
        "externalId": "S-1",
        "phone": "+64 7 888 0001",
        "street1": "Bag End",
        "street2": "Bagshot Row 1",
        "city": "Hobbiton",
        "stateProvince": "The Shire",
        "postalCode": "3472",
        "country": "NZ",
        "accountExpired": false,
        "accountNonExpired": true,
        "accountLocked": false,
        "accountNonLocked": true,
        "credentialsExpired": false,
        "credentialsNonExpired": true,
        "emailValid": true,
        "enabled": true,
        "accountId": 2,
    })
}

fn with(mut object: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// Whatever else a role shows, its key and name are these.
fn keys(roles: &Value) -> Vec<&str> {
    roles
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["key"].as_str().unwrap())
        .collect()
}

pub(crate) async fn the_walk(store: Store) {
    let server = Server::start(&store);
    let (client, admin) = (server.client(), server.first());
    let created = create(&client, &admin).await;
    let secrets = Secrets {
        user: created["secret"].as_str().unwrap().to_owned(),
        ..admin.clone()
    };
    let shown = shown(&created["createdDate"]);
    find(&client, &admin, &secrets, &shown).await;
    list(&client, &admin, &shown).await;
    change(&client, &admin, &secrets, &shown).await;
    delete(&client, &admin, &secrets).await;
    let log = server.stop();
    assert!(
        !log.contains("\"level\":\"ERROR\"") && !log.contains("\"level\":\"WARN\""),
        "{log}"
    );
}

async fn create(client: &Client, admin: &Secrets) -> Value {
    let refused = client.post("/organizations/users", admin, &json!({})).await;
    assert_eq!(refused.status, 400);
    let id = refused.header("Elements-Request-Id").unwrap().to_owned();
    assert_eq!(
        refused.body,
        json!({"requestId": id, "message": "firstName is required; lastName is required; email is required"})
    );

    let created = client
        .post("/organizations/users", admin, &frodo())
        .await
        .ok();
    let day = created["createdDate"].as_str().unwrap();
    assert!(day.len() == 10 && day.starts_with("20"), "{day}");
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with("tu_") && secret.len() == 49, "{secret}");
    assert_eq!(keys(&created["roles"]), ["org"]);
    let mut rest = created.clone();
    for field in ["roles", "secret"] {
        rest.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(rest, shown(&created["createdDate"]));

    let sam = json!({"firstName": "Sam", "lastName": "Gamgee", "email": "sam@shire.example", "roles": [{"key": "admin"}]});
    let sam = client.post("/organizations/users", admin, &sam).await.ok();
    assert_eq!(
        (&sam["id"], &sam["credentialsExpired"]),
        (&json!(4), &json!(true))
    );
    assert_eq!(keys(&sam["roles"]), ["admin", "org"]);
    assert!(!sam.as_object().unwrap().contains_key("phone"), "{sam}");

    let again = json!({"firstName": "F", "lastName": "B", "email": "FRODO.baggins@SHIRE.example"});
    let conflict = client.post("/organizations/users", admin, &again).await;
    assert_eq!(conflict.status, 409);
    assert!(
        conflict.body["message"].as_str().unwrap().contains("email"),
        "{}",
        conflict.body
    );
    created
}

async fn find(client: &Client, admin: &Secrets, secrets: &Secrets, shown: &Value) {
    for path in [
        "/users/3",
        "/users/3/",
        "/organizations/users/3",
        "/accounts/2/users/3",
        "/users/frodo.baggins@shire.example",
        "/organizations/users/FRODO.BAGGINS%40shire.example",
    ] {
        assert_eq!(client.get(path, admin).await.ok(), *shown, "{path}");
    }
    let own = with(shown.clone(), &json!({"secret": secrets.user}));
    assert_eq!(client.get("/users/3", secrets).await.ok(), own);
    let known = client
        .request(reqwest::Method::GET, "/users/3", admin)
        .header("Elements-User-Password", "Ring-bearer-1");
    assert_eq!(crate::support::client::send(known).await.ok(), own);
    let guessed = client
        .request(reqwest::Method::GET, "/users/3", admin)
        .header("Elements-User-Password", "Ring-bearer-2");
    assert_eq!(crate::support::client::send(guessed).await.status, 401);

    let missing = client.get("/users/99", admin).await;
    let id = missing.header("Elements-Request-Id").unwrap();
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.body,
        json!({"requestId": id, "message": "No user found with ID 99"})
    );
}

async fn list(client: &Client, admin: &Secrets, shown: &Value) {
    let listed = client.get("/users", admin).await;
    assert_eq!(
        (
            listed.header("Elements-Returned-Count"),
            listed.header("Elements-Total-Count")
        ),
        (Some("3"), Some("3"))
    );
    assert_eq!(listed.header("Elements-Next-Page-Token"), None);
    let listed = listed.ok();
    assert_eq!(
        listed[1],
        with(shown.clone(), &json!({"password": "secured"}))
    );

    let filtered = client
        .get(
            "/users?where=lastName LIKE 'bag%25' AND city = 'Hobbiton'",
            admin,
        )
        .await
        .ok();
    assert_eq!(filtered.as_array().unwrap().len(), 1);
    assert_eq!(filtered[0]["id"], 3);

    let none = client
        .get("/users?where=lastName%3D%27Sackville%27", admin)
        .await;
    assert_eq!(
        (none.status, none.body["message"].as_str()),
        (404, Some("No users found"))
    );

    let first = client
        .get("/users?pageSize=2&orderBy=email desc", admin)
        .await;
    let token = first.header("Elements-Next-Page-Token").unwrap().to_owned();
    let emails = |page: &Value| -> Vec<String> {
        page.as_array()
            .unwrap()
            .iter()
            .map(|user| user["email"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        emails(&first.ok()),
        ["sam@shire.example", "Frodo.Baggins@shire.example"]
    );
    let second = client
        .get(
            &format!("/users?pageSize=2&orderBy=email desc&nextPage={token}"),
            admin,
        )
        .await;
    assert_eq!(second.header("Elements-Next-Page-Token"), None);
    assert_eq!(emails(&second.ok()), ["admin@tenantry.local"]);
}

async fn change(client: &Client, admin: &Secrets, secrets: &Secrets, shown: &Value) {
    // A whole reply with one change in it, as clients send it back.
    let wanted = with(
        shown.clone(),
        &json!({"city": "Bree", "phone": null, "id": 77}),
    );
    let changed = client
        .patch("/organizations/users/3", admin, &wanted)
        .await
        .ok();
    assert_eq!(keys(&changed["roles"]), ["org"]);
    let mut expected = with(
        shown.clone(),
        &json!({"city": "Bree", "roles": changed["roles"]}),
    );
    expected.as_object_mut().unwrap().remove("phone");
    assert_eq!(changed, expected);

    let locked_out = client
        .patch("/users/3", admin, &json!({"active": false}))
        .await
        .ok();
    let flags = [
        "active",
        "accountNonExpired",
        "enabled",
        "credentialsExpired",
    ]
    .map(|flag| locked_out[flag].clone());
    assert_eq!(
        flags,
        [json!(false), json!(false), json!(false), json!(true)]
    );
    assert_eq!(client.get("/users/3", secrets).await.status, 401);
    assert_eq!(
        client
            .get("/users", admin)
            .await
            .header("Elements-Total-Count"),
        Some("2")
    );
    assert_eq!(
        client
            .get("/users?includeInactive=true", admin)
            .await
            .header("Elements-Total-Count"),
        Some("3")
    );
    client
        .patch("/users/3", admin, &json!({"active": true}))
        .await
        .ok();

    let password = client
        .patch(
            "/users/3",
            admin,
            &json!({"password": "Second-breakfast-2"}),
        )
        .await
        .ok();
    assert_eq!(
        (&password["password"], &password["credentialsExpired"]),
        (&json!("secured"), &json!(true))
    );
    let weak = client
        .patch("/users/3", admin, &json!({"password": "baggins"}))
        .await;
    assert_eq!(weak.status, 400);
    assert_eq!(
        weak.body["message"],
        "password must have at least 8 characters, 1 numeric, 1 uppercase, 1 special character, and must not contain the \
         user's last name"
    );
}

async fn delete(client: &Client, admin: &Secrets, secrets: &Secrets) {
    assert_eq!(client.delete("/users/2", admin).await.status, 403);
    let deleted = client.delete("/users/3", admin).await;
    assert_eq!((deleted.status, deleted.body), (200, Value::Null));
    assert_eq!(client.get("/users/3", admin).await.status, 404);
    assert_eq!(client.get("/users", secrets).await.status, 401);
    assert_eq!(client.delete("/users/3", admin).await.status, 404);

    // The e-mail is free again; the id is not. (A store may leave numbers out, so the next one need not be 5.)
    let again = client
        .post("/organizations/users", admin, &frodo())
        .await
        .ok();
    assert!(again["id"].as_i64() > Some(4), "{again}");
}
