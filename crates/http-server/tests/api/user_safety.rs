//! What nobody gets by way of users: more power than one has, a look at passwords, time after a demotion.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use serde_json::json;

use crate::support::{Caller, World};

#[tokio::test]
async fn nobody_creates_users_whose_account_makes_them_mightier() {
    let world = World::new().await;
    let roles = world
        .call(Caller::OrgAdmin, "GET", "/organizations/roles")
        .await
        .ok()
        .json();
    let org = roles.as_array().unwrap().iter();
    let org = org.clone().find(|role| role["key"] == "org").unwrap();
    let privileges = json!({"privileges": [{"key": "viewUsersOrg"}, {"key": "addUsersOrg"}]});
    let path = format!("/organizations/roles/{}", org["id"]);
    world
        .call_json(Caller::OrgAdmin, "PUT", &path, &privileges)
        .await
        .ok();
    let granted = format!("/accounts/{}/roles/admin", world.buckland);
    world.call(Caller::OrgAdmin, "PUT", &granted).await.ok();
    let body = json!({"firstName": "Ted", "lastName": "Sandyman", "email": "ted@shire.example"});
    let path = format!("/accounts/{}/users", world.buckland);
    let reply = world.call_json(Caller::OrgUser, "POST", &path, &body).await;
    assert_eq!(reply.status, 403, "{}", reply.text);
    world
        .call_json(Caller::OrgAdmin, "POST", &path, &body)
        .await
        .ok();
}

/// Otherwise a change that is refused in any case would be a way to try passwords.
#[tokio::test]
async fn an_email_in_use_is_a_conflict_before_any_password_is_compared() {
    let world = World::new().await;
    let id = world.create("bilbo@shire.example").await;
    let path = format!("/users/{id}");
    let change = json!({"email": "sam@shire.example", "password": "Guess-of-admin-1"});
    let before = (world.hasher.verified(), world.hasher.hashed());
    let reply = world
        .call_json(Caller::OrgAdmin, "PATCH", &path, &change)
        .await;
    assert_eq!(reply.status, 409);
    assert_eq!((world.hasher.verified(), world.hasher.hashed()), before);
}

/// A caller who is demoted while the body is on its way is not who it was.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_held_back_is_judged_by_what_its_sender_may_do_at_its_end() {
    let world = Arc::new(World::new().await);
    let sam = world.id(Caller::OrgUser).await;
    let role = format!("/users/{sam}/roles/org-admin");
    world.call(Caller::OrgAdmin, "PUT", &role).await.ok();
    let (release, held) = tokio::sync::oneshot::channel::<()>();
    let text = json!({"firstName": "Back", "lastName": "Door", "email": "back@shire.example"});
    let (begin, end) = {
        let text = text.to_string();
        (text[..5].to_owned(), text[5..].to_owned())
    };
    let parts = Body::new(HeldBack {
        begin: Some(begin),
        held: Some(held),
        end: Some(end),
    });
    let sending = {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let headers = [("content-type", "application/json")];
            let path = "/organizations/users";
            world
                .send(Caller::OrgUser, "POST", path, &headers, parts)
                .await
        })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.call(Caller::OrgAdmin, "DELETE", &role).await.ok();
    release.send(()).unwrap();
    let reply = sending.await.unwrap();
    assert_eq!(reply.status, 403, "{}", reply.text);
}

/// A body whose end comes when somebody says so.
struct HeldBack {
    begin: Option<String>,
    held: Option<tokio::sync::oneshot::Receiver<()>>,
    end: Option<String>,
}

impl http_body::Body for HeldBack {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let frame = |text: String| Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from(text)))));
        if let Some(begin) = self.begin.take() {
            return frame(begin);
        }
        if let Some(held) = &mut self.held {
            if Pin::new(held).poll(context).is_pending() {
                return Poll::Pending;
            }
            self.held = None;
        }
        self.end.take().map_or(Poll::Ready(None), frame)
    }
}
