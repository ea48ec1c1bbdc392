//! Lists of instances and elements: filters, tags, searched texts, pages, counts; and users by their instances.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use tenantry_domain::{page::Count, ports::MockInstanceRepository};
use tenantry_http_server::HttpConfig;

use crate::{
    instances::sales,
    support::{BASE, Caller, World, send, serve},
};

const NONE: Result<Vec<i64>, u16> = Err(404);
const FORBIDDEN: Result<Vec<i64>, u16> = Err(403);

/// An instance of that name and element, with these tags.
fn tagged(name: &str, element: &str, tags: &[&str]) -> Value {
    json!({"name": name, "element": {"key": element}, "tags": tags})
}

#[tokio::test]
async fn where_tags_and_search_text_are_joined_by_and() {
    let world = World::new().await;
    for body in [
        tagged("Sales EMEA", "hubspotcrm", &["emea", "crm"]),
        tagged("Sales 50%", "sfdc", &["emea"]),
        tagged("a_b", "sfdc", &["crm"]),
        tagged("axb", "my_own", &[]),
    ] {
        world.instance(Caller::OrgUser, &body).await;
    }
    for (query, ids) in [
        ("", vec![1, 2, 3, 4]),
        ("tags[]=emea", vec![1, 2]),
        ("tags%5B%5D=emea&tags[]=crm", vec![1]),
        ("tags[]=Sales%20EMEA", vec![1]),
        ("tags[]=EMEA", vec![]),
        ("tags[]=", vec![1, 2, 3, 4]),
        ("searchText=sales", vec![1, 2]),
        ("searchText=SFDC", vec![2, 3]),
        ("searchText=%25", vec![2]),
        ("searchText=50%25", vec![2]),
        ("searchText=_", vec![3, 4]),
        ("searchText=a_b", vec![3]),
        ("searchText=s%25m", vec![]),
        ("searchText=%5C", vec![]),
        ("searchText=", vec![1, 2, 3, 4]),
        ("searchText=sales&tags[]=crm", vec![1]),
        ("where=elementKey='sfdc'&tags[]=emea&searchText=50", vec![2]),
        ("where=elementKey='sfdc'%20OR%20id=1&tags[]=crm", vec![1, 3]),
        ("where=tag='crm'&tags[]=emea", vec![1]),
        ("where=disabled=true", vec![]),
        (
            "orderBy=name%20desc&where=valid='true'&fields=name",
            vec![4, 3, 1, 2],
        ),
    ] {
        let path = format!("/instances?{query}");
        let reply = world.call(Caller::OrgUser, "GET", &path).await;
        let total = ids.len().to_string();
        assert_eq!(
            reply.header("elements-total-count"),
            Some(total.as_str()),
            "{query}"
        );
        if ids.is_empty() {
            assert_eq!(
                (reply.status.as_u16(), reply.message().as_str()),
                (404, "No instances found"),
                "{query}"
            );
        } else {
            assert_eq!(reply.ok().ids(), ids, "{query}");
        }
    }
    let many = "tags[]=a&".repeat(101);
    let long = "x".repeat(256);
    for (query, message) in [
        (many.as_str(), "tags[] must be at most 100"),
        ("tags[]=%01", "tags[] must not contain control characters"),
        (
            &format!("searchText={long}"),
            "searchText must have at most 255 characters",
        ),
        (
            "searchText=a&searchText=b",
            "searchText is given twice; give it once",
        ),
        (
            "pageSize=0&searchText=%01",
            "pageSize must be at least 1; searchText must not contain control characters",
        ),
    ] {
        let path = format!("/instances?{query}");
        let reply = world.call(Caller::OrgUser, "GET", &path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (400, message)
        );
    }
}

#[tokio::test]
async fn a_token_is_bound_to_everything_that_selects() {
    let world = World::new().await;
    for number in 0..5 {
        let body = tagged(&format!("Sales {number}"), "crm", &["emea", "crm"]);
        world.instance(Caller::OrgUser, &body).await;
    }
    let path = "/elements/crm/instances?tags[]=emea&searchText=sales&pageSize=2";
    let (mut ids, mut next) = (Vec::new(), String::new());
    loop {
        let page = format!("{path}&nextPage={next}");
        let reply = world.call(Caller::OrgUser, "GET", &page).await.ok();
        ids.extend(reply.ids());
        match reply.header("elements-next-page-token") {
            Some(token) => token.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    for path in [
        "/instances?tags[]=emea&searchText=sales",
        "/elements/crm/instances?tags[]=emea&searchText=sale",
        "/elements/crm/instances?tags[]=crm&searchText=sales",
        "/elements/crm/instances?tags[]=emea",
        "/elements/crm/instances?searchText=sales",
        "/elements/crm/instances?tags[]=emea&searchText=sales&where=id%3E0",
    ] {
        let path = format!("{path}&nextPage={next}");
        let reply = world.call(Caller::OrgUser, "GET", &path).await;
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.message().starts_with("nextPage "), "{path}");
    }
}

#[tokio::test]
async fn instances_are_counted_and_listed_as_far_as_they_are_seen() {
    let world = World::new().await;
    for caller in [
        Caller::OrgUser,
        Caller::AccountAdmin,
        Caller::DefaultUser,
        Caller::DefaultUser,
    ] {
        world.instance(caller, &sales("Sales")).await;
    }
    let buckland = format!("/accounts/{}/instances", world.buckland);
    let shire = format!("/accounts/{}/instances", world.shire_account);
    for (caller, count, own, of_own_account, of_buckland, of_shire) in [
        (
            Caller::OrgAdmin,
            1,
            Ok(vec![1]),
            Ok(vec![1]),
            Ok(vec![2, 3, 4]),
            Ok(vec![1]),
        ),
        (
            Caller::AccountAdmin,
            3,
            Ok(vec![2, 3, 4]),
            Ok(vec![2, 3, 4]),
            Ok(vec![2, 3, 4]),
            FORBIDDEN,
        ),
        (
            Caller::OrgUser,
            1,
            Ok(vec![1]),
            FORBIDDEN,
            FORBIDDEN,
            FORBIDDEN,
        ),
        (
            Caller::DefaultUser,
            2,
            Ok(vec![3, 4]),
            FORBIDDEN,
            FORBIDDEN,
            FORBIDDEN,
        ),
        (Caller::Stranger, 0, NONE, NONE, NONE, NONE),
    ] {
        let counted = world.call(caller, "GET", "/instances/count").await.ok();
        assert_eq!(
            counted.json(),
            json!({"totalInstances": count, "elementInstances": count}),
            "{caller:?}"
        );
        for (path, expected) in [
            ("/instances", own),
            ("/accounts/instances", of_own_account),
            (&buckland, of_buckland),
            (&shire, of_shire),
        ] {
            let reply = world.call(caller, "GET", path).await;
            let found = if reply.status == 200 {
                Ok(reply.ids())
            } else {
                Err(reply.status.as_u16())
            };
            assert_eq!(found, expected, "{caller:?} {path}");
        }
    }
    for (path, message) in [
        (
            "/accounts/x/instances",
            "account id must be an integer, not 'x'",
        ),
        ("/accounts/-1/instances", "No account found with ID -1"),
    ] {
        let reply = world.call(Caller::OrgAdmin, "GET", path).await;
        assert_eq!(reply.message(), message);
    }
}

#[tokio::test]
async fn the_catalog_is_the_organizations_and_grows_by_itself() {
    let world = World::new().await;
    let empty = world.call(Caller::OrgUser, "GET", "/elements").await;
    assert_eq!(
        (empty.status.as_u16(), empty.message().as_str()),
        (404, "No elements found")
    );
    let keys = world.call(Caller::OrgUser, "GET", "/elements/keys").await;
    let keys = keys.ok();
    assert_eq!(
        (keys.json(), keys.header("elements-total-count")),
        (json!([]), Some("0"))
    );
    for (caller, key) in [
        (Caller::OrgUser, "sfdc"),
        (Caller::DefaultUser, "hubspotcrm"),
        (Caller::DefaultUser, "sfdc"),
        (Caller::Stranger, "palantir"),
    ] {
        world.instance(caller, &tagged("x", key, &[])).await;
    }
    let list = world.call(Caller::OrgUser, "GET", "/elements").await.ok();
    let sfdc = json!({"id": 1, "key": "sfdc", "name": "sfdc", "hub": "general", "active": true, "deleted": false});
    let list = list.json();
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]),
        (2, &sfdc),
        "{list}"
    );
    for path in ["/elements/sfdc", "/elements/1"] {
        let one = world.call(Caller::AccountAdmin, "GET", path).await.ok();
        assert_eq!(one.json(), sfdc);
    }
    let path = "/elements?where=key%20LIKE%20'hub%25'&fields=key";
    let found = world.call(Caller::OrgUser, "GET", path).await.ok().json();
    assert_eq!(found, json!([{"id": 2, "key": "hubspotcrm"}]));
    let keys = world.call(Caller::OrgUser, "GET", "/elements/keys?pageSize=1");
    let keys = keys.await.ok();
    assert_eq!(keys.json(), json!(["hubspotcrm"]));
    let next = keys.header("elements-next-page-token").unwrap();
    let path = format!("/elements/keys?nextPage={next}");
    let rest = world.call(Caller::OrgUser, "GET", &path).await.ok();
    assert_eq!(rest.json(), json!(["sfdc"]));
    for (path, message) in [
        ("/elements/palantir", "No element found with key 'palantir'"),
        ("/elements/SFDC", "No element found with key 'SFDC'"),
        ("/elements/3", "No element found with ID 3"),
    ] {
        let reply = world.call(Caller::OrgUser, "GET", path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (404, message)
        );
    }
}

#[tokio::test]
async fn users_are_found_by_their_instances() {
    let world = World::new().await;
    world.instance(Caller::OrgUser, &sales("One")).await;
    let body = tagged("Two", "sfdc", &[]);
    world.instance(Caller::DefaultUser, &body).await;
    let sam = world.id(Caller::OrgUser).await.get();
    let fatty = world.id(Caller::DefaultUser).await.get();
    for (query, ids) in [
        ("where=instanceId=1", vec![sam]),
        ("where=elementKey='sfdc'", vec![fatty]),
        ("where=elementKey%20IS%20NOT%20NULL", vec![sam, fatty]),
    ] {
        let path = format!("/users?{query}");
        let list = world.call(Caller::OrgAdmin, "GET", &path).await.ok();
        assert_eq!(list.ids(), ids, "{query}");
    }
    world.call(Caller::OrgUser, "DELETE", "/instances/1").await;
    let none = world
        .call(Caller::OrgAdmin, "GET", "/users?where=instanceId=1")
        .await;
    assert_eq!(none.message(), "No users found");
}

#[tokio::test]
async fn instances_are_counted_to_the_last() {
    const THERE: u64 = 1_500_000;
    let world = World::new().await;
    let mut instances = MockInstanceRepository::new();
    instances.expect_count().returning(|_, _, up_to| {
        Ok(if up_to < THERE {
            Count::MoreThan(up_to)
        } else {
            Count::Exact(THERE)
        })
    });
    let mut repositories = world.repositories.clone();
    repositories.instances = Arc::new(instances);
    let config = HttpConfig::default();
    let router = serve(&repositories, &world.clock, &world.hasher, &config);
    let request = Request::builder()
        .uri(format!("{BASE}/instances/count"))
        .header("authorization", Caller::OrgAdmin.authorization().unwrap());
    let reply = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.ok().json()["totalInstances"], json!(THERE));
}
