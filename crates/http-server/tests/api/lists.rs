//! Lists: counts, pages, order, filters, trimmed fields.

use serde_json::json;

use crate::support::{Caller, World};

#[tokio::test]
async fn a_list_has_its_counts_and_no_token_on_the_last_page() {
    let world = World::new().await;
    let reply = world.call(Caller::OrgAdmin, "GET", "/users").await.ok();
    assert_eq!(reply.ids().len(), 4);
    assert_eq!(reply.header("elements-returned-count"), Some("4"));
    assert_eq!(reply.header("elements-total-count"), Some("4"));
    assert_eq!(reply.header("elements-next-page-token"), None);
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_list_without_a_hit_is_404_with_counts_of_zero() {
    let world = World::new().await;
    for path in [
        "/users?where=firstName='Gollum'",
        "/organizations/users?where=id=-1",
    ] {
        let reply = world.call(Caller::OrgAdmin, "GET", path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (404, "No users found"),
            "{path}"
        );
        assert_eq!(reply.header("elements-returned-count"), Some("0"));
        assert_eq!(reply.header("elements-total-count"), Some("0"));
    }
}

#[tokio::test]
async fn following_tokens_and_offsets_reads_everything_once() {
    let world = World::new().await;
    for number in 0..25 {
        world.create(&format!("u{number}@shire.example")).await;
    }
    let all = world
        .call(Caller::OrgAdmin, "GET", "/users?orderBy=email%20desc")
        .await
        .ok()
        .ids();
    let (mut by_token, mut by_offset, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let path = format!("/users?orderBy=email%20desc&pageSize=7&nextPage={token}");
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
        assert_eq!(reply.header("elements-total-count"), Some("29"));
        by_token.extend(reply.ids());
        let path = format!(
            "/users?orderBy=email%20desc&pageSize=7&offset={}",
            by_offset.len()
        );
        by_offset.extend(world.call(Caller::OrgAdmin, "GET", &path).await.ok().ids());
        match reply.header("elements-next-page-token") {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((by_token, by_offset), (all.clone(), all));
    let beyond = world
        .call(Caller::OrgAdmin, "GET", "/users?offset=1000")
        .await;
    assert_eq!(
        (beyond.status.as_u16(), beyond.message().as_str()),
        (404, "No users found")
    );
}

#[tokio::test]
async fn a_token_is_good_for_its_own_list_only() {
    let world = World::new().await;
    let first = world
        .call(Caller::OrgAdmin, "GET", "/users?pageSize=1")
        .await
        .ok();
    let token = first.header("elements-next-page-token").unwrap();
    world
        .call(
            Caller::OrgAdmin,
            "GET",
            &format!("/users?pageSize=3&nextPage={token}"),
        )
        .await
        .ok();
    for path in [
        format!("/users?nextPage={token}&orderBy=email"),
        format!("/users?nextPage={token}&where=id=1"),
        format!("/users?nextPage={token}&includeInactive=true"),
        format!("/organizations/users?nextPage={token}"),
        format!("/users?nextPage={token}x"),
        format!("/users?nextPage={}", &token[1..]),
    ] {
        let reply = world.call(Caller::OrgAdmin, "GET", &path).await;
        assert_eq!(
            (
                reply.status.as_u16(),
                reply.message().starts_with("nextPage")
            ),
            (400, true),
            "{path}"
        );
    }
    assert_eq!(
        world
            .call(Caller::Stranger, "GET", &format!("/users?nextPage={token}"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_page_that_is_too_large_is_clipped_with_a_warning() {
    let world = World::new().await;
    let reply = world
        .call(Caller::OrgAdmin, "GET", "/users?pageSize=5000")
        .await
        .ok();
    assert_eq!(
        reply.header("elements-error"),
        Some("pageSize was clipped to 1000, the largest page")
    );
    assert_eq!(
        world
            .call(Caller::OrgAdmin, "GET", "/users?pageSize=1000")
            .await
            .ok()
            .header("elements-error"),
        None
    );
}

#[tokio::test]
async fn items_are_trimmed_to_the_wanted_fields() {
    let world = World::new().await;
    let path = "/users?fields=email,active&where=email='SAM@shire.example'";
    let list = world.call(Caller::OrgAdmin, "GET", path).await.ok().json();
    let id = world.id(Caller::OrgUser).await.get();
    assert_eq!(
        list,
        json!([{"id": id, "email": "sam@shire.example", "active": true}])
    );
}

#[tokio::test]
async fn filters_come_encoded_and_half_raw() {
    let world = World::new().await;
    for query in [
        "where=email='sam@shire.example'",
        "where=email%3D%27sam%40shire.example%27",
        "where=email+LIKE+'sam%25'",
        "where=email%20LIKE%20'SAM@%'",
        "where=NOT%20(email!='sam@shire.example')",
        "&unknown=1&where=username='sam@shire.example'&",
    ] {
        let list = world
            .call(Caller::OrgAdmin, "GET", &format!("/users?{query}"))
            .await
            .ok();
        assert_eq!(
            list.ids(),
            [world.id(Caller::OrgUser).await.get()],
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_organizations_list_is_the_default_accounts() {
    let world = World::new().await;
    let default = world
        .call(Caller::OrgAdmin, "GET", "/organizations/users")
        .await
        .ok()
        .ids();
    assert_eq!(
        default,
        [
            world.id(Caller::OrgAdmin).await.get(),
            world.id(Caller::OrgUser).await.get()
        ]
    );
    let buckland = format!("/accounts/{}/users", world.buckland);
    let of_account = [
        world.id(Caller::AccountAdmin).await.get(),
        world.id(Caller::DefaultUser).await.get(),
    ];
    for caller in [Caller::OrgAdmin, Caller::AccountAdmin] {
        assert_eq!(
            world.call(caller, "GET", &buckland).await.ok().ids(),
            of_account
        );
    }
    assert_eq!(
        world
            .call(Caller::AccountAdmin, "GET", "/users")
            .await
            .ok()
            .ids(),
        of_account
    );
}

#[tokio::test]
async fn a_field_wanted_many_times_is_one_field() {
    let world = World::new().await;
    let path = format!("/users?pageSize=1&fields={}", vec!["email"; 2000].join(","));
    let list = world.call(Caller::OrgAdmin, "GET", &path).await.ok().json();
    assert_eq!(list[0].as_object().map(serde_json::Map::len), Some(2));
}
