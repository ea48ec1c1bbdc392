//! `/authentication`, `/organizations/secret-reset`: logging in, passwords, secrets and their resets.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{BASE, Caller, PASSWORD, Reply, World};

pub(crate) const MERIADOC: &str = "meriadoc@shire.example";

/// A world with a user who has a password.
pub(crate) async fn world() -> (World, i64) {
    let world = World::new().await;
    let body = json!({
        "firstName": "Pip", "lastName": "Took", "email": MERIADOC, "password": PASSWORD
    });
    let created = world
        .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
        .await
        .ok();
    let id = created.json()["id"].as_i64().unwrap();
    (world, id)
}

impl World {
    pub(crate) async fn log_in(&self, username: &str, password: &str) -> Reply {
        let body = json!({"username": username, "password": password});
        self.call_json(Caller::Nobody, "POST", "/authentication", &body)
            .await
    }

    /// A token of the user with the password.
    async fn token(&self) -> String {
        let reply = self.log_in(MERIADOC, PASSWORD).await.ok();
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn bearing(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        self.authorized(&format!("Bearer {token}"), method, path, body)
            .await
    }

    async fn authorized(
        &self,
        authorization: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"))
            .header("authorization", authorization)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.request(request).await
    }
}

#[tokio::test]
async fn a_login_answers_who_it_is_and_a_token() {
    let (world, id) = world().await;
    let reply = world.log_in("MeriaDoc@shire.example", PASSWORD).await.ok();
    let mut body = reply.json();
    let token = body["token"].take();
    let roles: Vec<_> = body["roles"].take().as_array().unwrap().clone();
    let keys: Vec<_> = roles.iter().map(|role| role["key"].clone()).collect();
    assert_eq!(keys, [json!("org")]);
    assert_eq!(
        body,
        json!({
            "id": id, "username": MERIADOC, "firstName": "Pip", "lastName": "Took",
            "createdDate": "2026-01-15", "lastLoginDate": "2026-01-15", "token": null,
            "organizationId": world.shire.get(), "organizationName": "Shire",
            "accountId": world.shire_account.get(), "accountName": "Shire",
            "organizationAdmin": false, "accountAdmin": false, "sysAdmin": false,
            "inIntelligenceRole": false, "twoFactor": false, "registeredForTwoFactor": false, "roles": null
        })
    );
    let me = world
        .bearing(
            token.as_str().unwrap(),
            "GET",
            &format!("/users/{id}"),
            &Value::Null,
        )
        .await
        .ok();
    assert_eq!(me.json()["lastLoginDate"], json!("2026-01-15"));
}

#[tokio::test]
async fn every_refused_login_reads_the_same_and_works_as_hard() {
    let (world, _) = world().await;
    let right = world.log_in("nobody@shire.example", PASSWORD).await;
    for (username, password) in [
        (MERIADOC, "Wrong-password-1"),
        ("nobody@shire.example", PASSWORD),
        ("no e-mail at all", PASSWORD),
        // Has no password.
        ("sam@shire.example", PASSWORD),
    ] {
        let before = world.hasher.verified();
        let reply = world.log_in(username, password).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message()),
            (401, right.message())
        );
        assert_eq!(world.hasher.verified(), before + 1, "{username}");
    }
    let reply = world
        .call_json(
            Caller::Nobody,
            "POST",
            "/authentication",
            &json!({"password": 7}),
        )
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.message()),
        (
            400,
            "username is required; password must be a text, not a number".to_owned()
        )
    );
}

#[tokio::test]
async fn five_wrong_passwords_lock_and_an_administrator_unlocks() {
    let (world, id) = world().await;
    for _ in 0..5 {
        assert_eq!(world.log_in(MERIADOC, "Wrong-1").await.status, 401);
    }
    assert_eq!(world.log_in(MERIADOC, PASSWORD).await.status, 401);
    let path = format!("/users/{id}");
    let shown = world.call(Caller::OrgAdmin, "GET", &path).await.ok().json();
    assert_eq!(
        (&shown["accountLocked"], &shown["enabled"]),
        (&json!(true), &json!(false))
    );
    world
        .call_json(
            Caller::OrgAdmin,
            "PATCH",
            &path,
            &json!({"accountLocked": false}),
        )
        .await
        .ok();
    world.log_in(MERIADOC, PASSWORD).await.ok();

    for _ in 0..5 {
        world.log_in(MERIADOC, "Wrong-1").await;
    }
    world.clock.advance(Duration::minutes(30));
    world.log_in(MERIADOC, PASSWORD).await.ok();
}

#[tokio::test]
async fn an_address_that_hammers_is_held_up() {
    let (world, _) = world().await;
    for attempt in 0..20 {
        let reply = world
            .log_in(&format!("u{attempt}@shire.example"), "Wrong-1")
            .await;
        assert_eq!(reply.status, 401);
    }
    let reply = world.log_in(MERIADOC, PASSWORD).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (429, Some("300"))
    );
    world.clock.advance(Duration::minutes(5));
    world.log_in(MERIADOC, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_token_lives_twelve_hours() {
    let (world, id) = world().await;
    let token = world.token().await;
    let path = format!("/users/{id}");
    world
        .clock
        .advance(Duration::hours(12) - Duration::microseconds(1));
    world.bearing(&token, "GET", &path, &Value::Null).await.ok();
    world.clock.advance(Duration::microseconds(1));
    assert_eq!(
        world
            .bearing(&token, "GET", &path, &Value::Null)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn tokens_and_secrets_are_not_mixed() {
    let (world, _) = world().await;
    let token = world.token().await;
    for authorization in [
        format!("Bearer {token}, Organization to_Shire"),
        format!("Bearer {token}, User tu_{MERIADOC}"),
        format!("Bearer {token}x"),
        format!("User {token}, Organization to_Shire"),
        "Bearer tu_sam@shire.example".to_owned(),
    ] {
        let reply = world
            .authorized(&authorization, "GET", "/users", &Value::Null)
            .await;
        assert_eq!(reply.status, 401, "{authorization}");
    }
}

#[tokio::test]
async fn who_logs_in_reads_the_secrets_to_call_with() {
    let (world, id) = world().await;
    let token = world.token().await;
    let secrets = world
        .bearing(&token, "GET", "/authentication/secrets", &Value::Null)
        .await
        .ok()
        .json();
    assert_eq!(secrets["organizationSecret"], json!("to_Shire"));
    let user = secrets["userSecret"].as_str().unwrap();
    let both = format!("User {user}, Organization to_Shire");
    let me = world
        .authorized(&both, "GET", &format!("/users/{id}"), &Value::Null)
        .await
        .ok();
    assert_eq!(me.json()["secret"], json!(user));
}

#[tokio::test]
async fn a_changed_password_ends_the_other_tokens() {
    let (world, id) = world().await;
    let (one, other) = (world.token().await, world.token().await);
    let path = "/authentication/passwords";
    let change = |password: &str, current: Option<&str>| {
        let mut body = json!({"password": password});
        if let Some(current) = current {
            body["currentPassword"] = json!(current);
        }
        body
    };
    for (body, message) in [
        (json!({}), "password is required"),
        (
            change("weak", None),
            "password must have at least 8 characters, 1 numeric, 1 uppercase, 1 special character",
        ),
        (
            change(PASSWORD, None),
            "password must differ from the present one",
        ),
        (
            change("Second-breakfast-2", Some("Wrong-1")),
            "currentPassword is wrong",
        ),
    ] {
        let reply = world.bearing(&one, "POST", path, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message()),
            (400, message.to_owned())
        );
    }
    let changed = world
        .bearing(
            &one,
            "POST",
            path,
            &change("Second-breakfast-2", Some(PASSWORD)),
        )
        .await
        .ok()
        .json();
    assert_eq!((&changed["id"], changed.get("token")), (&json!(id), None));
    let me = format!("/users/{id}");
    world.bearing(&one, "GET", &me, &Value::Null).await.ok();
    assert_eq!(
        world.bearing(&other, "GET", &me, &Value::Null).await.status,
        401
    );
    assert_eq!(world.log_in(MERIADOC, PASSWORD).await.status, 401);
    world.log_in(MERIADOC, "Second-breakfast-2").await.ok();
}

#[tokio::test]
async fn former_passwords_are_not_used_again() {
    let (world, _) = world().await;
    let token = world.token().await;
    let change = async |password: &str| {
        let body = json!({"password": password});
        world
            .bearing(&token, "POST", "/authentication/passwords", &body)
            .await
    };
    for password in ["Breakfast-2", "Breakfast-3", "Breakfast-4"] {
        change(password).await.ok();
    }
    for password in [PASSWORD, "Breakfast-2", "Breakfast-3"] {
        let reply = change(password).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message()),
            (
                400,
                "password must not be one of the last 3 passwords; choose one that was not used before".to_owned()
            )
        );
    }
    change("Breakfast-5").await.ok();
    // Four passwords lie between by now.
    change(PASSWORD).await.ok();
}

#[tokio::test]
async fn a_password_that_somebody_else_set_must_be_changed_first() {
    let (world, id) = world().await;
    let path = format!("/users/{id}");
    let old = world.token().await;
    let set = json!({"password": "Given-by-admin-1"});
    let changed = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &set)
        .await
        .ok()
        .json();
    assert_eq!(changed["credentialsExpired"], json!(true));
    assert_eq!(
        world.bearing(&old, "GET", &path, &Value::Null).await.status,
        401
    );
    let token = world.log_in(MERIADOC, "Given-by-admin-1").await.ok().json();
    let token = token["token"].as_str().unwrap().to_owned();
    for (method, path) in [("GET", path.as_str()), ("GET", "/authentication/secrets")] {
        let reply = world.bearing(&token, method, path, &Value::Null).await;
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.message().contains("POST /authentication/passwords"));
    }
    let own = json!({"password": "My-own-choice-1"});
    world
        .bearing(&token, "POST", "/authentication/passwords", &own)
        .await
        .ok();
    let me = world
        .bearing(&token, "GET", &path, &Value::Null)
        .await
        .ok()
        .json();
    assert_eq!(me["credentialsExpired"], json!(false));
}

#[tokio::test]
async fn a_deactivated_user_is_out_at_once() {
    let (world, id) = world().await;
    let token = world.token().await;
    let path = format!("/users/{id}");
    let active = |active: bool| json!({"active": active});
    world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &active(false))
        .await
        .ok();
    assert_eq!(
        world
            .bearing(&token, "GET", &path, &Value::Null)
            .await
            .status,
        401
    );
    assert_eq!(world.log_in(MERIADOC, PASSWORD).await.status, 401);
    world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &active(true))
        .await
        .ok();
    assert_eq!(
        world
            .bearing(&token, "GET", &path, &Value::Null)
            .await
            .status,
        401
    );
    world.log_in(MERIADOC, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_replaced_secret_stops_at_once_or_after_the_overlap() {
    let world = World::new().await;
    let sam = world.id(Caller::OrgUser).await;
    let path = format!("/users/{sam}");
    let get = async |user: &str, organization: &str| {
        let both = format!("User {user}, Organization {organization}");
        world
            .authorized(&both, "GET", &path, &Value::Null)
            .await
            .status
            .as_u16()
    };
    let reset = "/authentication/user-secret-reset?overlapHours=2";
    let reply = world.call(Caller::OrgUser, "POST", reset).await.ok().json();
    let second = reply["userSecret"].as_str().unwrap().to_owned();
    assert_eq!(get("tu_sam@shire.example", "to_Shire").await, 200);
    assert_eq!(get(&second, "to_Shire").await, 200);
    world.clock.advance(Duration::hours(2));
    assert_eq!(get("tu_sam@shire.example", "to_Shire").await, 401);

    let organization = "/organizations/secret-reset";
    let reply = world
        .call(Caller::OrgAdmin, "POST", organization)
        .await
        .ok()
        .json();
    let new = reply["organizationSecret"].as_str().unwrap().to_owned();
    assert_eq!(get(&second, "to_Shire").await, 401);
    assert_eq!(get(&second, &new).await, 200);

    let overlapping = format!("User tu_admin@shire.example, Organization {new}");
    let reset = format!("{organization}?overlapHours=2");
    let reply = world
        .authorized(&overlapping, "POST", &reset, &Value::Null)
        .await
        .ok()
        .json();
    let newest = reply["organizationSecret"].as_str().unwrap().to_owned();
    world
        .clock
        .advance(Duration::hours(2) - Duration::microseconds(1));
    assert_eq!(get(&second, &new).await, 200);
    assert_eq!(get(&second, &newest).await, 200);
    world.clock.advance(Duration::microseconds(1));
    assert_eq!(get(&second, &new).await, 401);
    assert_eq!(get(&second, &newest).await, 200);
}

#[tokio::test]
async fn an_overlap_is_a_number_of_hours_up_to_a_week() {
    let world = World::new().await;
    for hours in ["169", "-1", "x", "1.5", "99999999999"] {
        let path = format!("/authentication/user-secret-reset?overlapHours={hours}");
        let reply = world.call(Caller::OrgUser, "POST", &path).await;
        assert_eq!(reply.status, 400, "{hours}");
        assert!(
            reply.message().starts_with("overlapHours must be"),
            "{hours}"
        );
    }
    let path = "/authentication/user-secret-reset?overlapHours=168";
    world.call(Caller::OrgUser, "POST", path).await.ok();
}

#[tokio::test]
async fn only_the_operator_signs_partners_up() {
    let world = World::new().await;
    let body = json!({
        "companyName": "Rivendell", "firstName": "Elrond", "lastName": "Peredhel",
        "email": "elrond@rivendell.example", "password": "Vilya-3-rings"
    });
    for caller in Caller::ALL {
        let reply = world
            .call_json(caller, "POST", "/signup-partners", &body)
            .await;
        assert_eq!(reply.status, 401, "{caller:?}");
    }
    let signed_up = world
        .call_json(Caller::Operator, "POST", "/signup-partners", &body)
        .await
        .ok()
        .json();
    let both = format!(
        "User {}, Organization {}",
        signed_up["userSecret"].as_str().unwrap(),
        signed_up["organizationSecret"].as_str().unwrap()
    );
    let me = world
        .authorized(&both, "GET", "/organizations/me", &Value::Null)
        .await
        .ok();
    assert_eq!(me.json()["name"], json!("Rivendell"));
    let user = world
        .authorized(
            &both,
            "GET",
            "/users/elrond@rivendell.example",
            &Value::Null,
        )
        .await
        .ok();
    assert_eq!(user.json()["credentialsExpired"], json!(true));
    let again = world
        .call_json(Caller::Operator, "POST", "/signup-partners", &body)
        .await;
    assert_eq!(again.status, 409);
}
