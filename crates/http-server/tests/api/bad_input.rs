//! Bad input: each case is answered with the contract's status and a message that names the field, never with a 500.

use axum::body::Body;

use crate::support::{Caller, World};

/// A request by the organization's administrator, and what is to be answered.
struct Case {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    /// Texts that the message must contain.
    says: &'static [&'static str],
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const NEW: &str = "/organizations/users";

const fn get(path: &'static str, status: u16, says: &'static [&'static str]) -> Case {
    Case {
        method: "GET",
        path,
        headers: &[],
        body: "",
        status,
        says,
    }
}

const fn post(body: &'static str, says: &'static [&'static str]) -> Case {
    Case {
        method: "POST",
        path: NEW,
        headers: JSON,
        body,
        status: 400,
        says,
    }
}

const fn with(
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    says: &'static [&'static str],
) -> Case {
    Case {
        method,
        path,
        headers,
        body,
        status,
        says,
    }
}

const CASES: &[Case] = &[
    // Ids
    get("/users/-1", 404, &["No user found with ID -1"]),
    get("/users/0", 404, &["No user found with ID 0"]),
    get(
        "/users/99999999999999999999",
        404,
        &["No user found with ID 99999999999999999999"],
    ),
    get(
        "/users/nobody@shire.example",
        404,
        &["No user found with email nobody@shire.example"],
    ),
    get("/users/%F0%9F%A7%99", 404, &["No user found with email 🧙"]),
    get("/users/%ff", 400, &["path", "UTF-8"]),
    get("/users/a%00b", 404, &["No user found with email"]),
    get("/users/1.5/roles", 400, &["user id", "'1.5'"]),
    get("/accounts/abc/users", 400, &["account id", "'abc'"]),
    get("/accounts/-1/users", 404, &["No account found with ID -1"]),
    get(
        "/accounts/123456/users/1",
        404,
        &["No account found with ID 123456"],
    ),
    with(
        "PATCH",
        "/users/abc",
        JSON,
        "{}",
        400,
        &["user id", "'abc'"],
    ),
    with(
        "PUT",
        "/users/frodo@shire.example",
        JSON,
        "{}",
        400,
        &["user id"],
    ),
    with("DELETE", "/users/1e3", &[], "", 400, &["user id"]),
    with(
        "DELETE",
        "/users/-1",
        &[],
        "",
        404,
        &["No user found with ID -1"],
    ),
    with(
        "PATCH",
        "/users/-1",
        JSON,
        "{}",
        404,
        &["No user found with ID -1"],
    ),
    // Bodies
    post(
        "{}",
        &[
            "firstName is required",
            "lastName is required",
            "email is required",
        ],
    ),
    post("", &["body is missing"]),
    post("   ", &["body is missing"]),
    post("null", &["body must be a JSON object, not null"]),
    post("[]", &["body must be a JSON object, not an array"]),
    post("\"text\"", &["body must be a JSON object, not a text"]),
    post(
        "{\"firstName\":",
        &["body is not valid JSON", "line 1 column 13"],
    ),
    post("{'firstName': 'x'}", &["body is not valid JSON"]),
    post("{} {}", &["body is not valid JSON", "trailing"]),
    post(
        r#"{"firstName":"\ud800","lastName":"b","email":"a@b.c"}"#,
        &["body is not valid JSON"],
    ),
    post(
        r#"{"firstName":1,"lastName":true,"email":[]}"#,
        &[
            "firstName must be a text",
            "lastName must be a text",
            "email must be a text",
        ],
    ),
    post(
        r#"{"firstName":"","lastName":" ","email":""}"#,
        &[
            "firstName must not be empty",
            "lastName must not be empty",
            "email must not be empty",
        ],
    ),
    post(
        r#"{"firstName":"a\u0000b","lastName":"b","email":"a@b.c"}"#,
        &["firstName must not contain control"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"nobody"}"#,
        &["email must have the form name@domain"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a b@c.d"}"#,
        &["email must not contain blanks"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","active":"yes"}"#,
        &["active must be true or false"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","roles":{"key":"admin"}}"#,
        &["roles must be an array"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","roles":["admin"]}"#,
        &["roles[0].key is required"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","roles":[{"key":"king"}]}"#,
        &["roles[0].key 'king' is no role"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","password":"short"}"#,
        &["password", "at least 8 characters"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","password":12345678}"#,
        &["password must be a text"],
    ),
    post(
        r#"{"firstName":"a","lastName":"b","email":"a@b.c","city":5,"phone":{}}"#,
        &["city must be a text", "phone must be a text"],
    ),
    with(
        "POST",
        NEW,
        &[("content-type", "text/plain")],
        "{}",
        415,
        &["Content-Type: application/json"],
    ),
    with(
        "POST",
        NEW,
        &[("content-type", "application/x-www-form-urlencoded")],
        "a=b",
        415,
        &["application/json"],
    ),
    with(
        "POST",
        NEW,
        &[("content-type", "application/json; charset=latin1")],
        "{}",
        415,
        &["UTF-8"],
    ),
    with(
        "POST",
        NEW,
        &[
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ],
        "{}",
        415,
        &["Content-Encoding"],
    ),
    with(
        "POST",
        NEW,
        &[
            ("content-type", "application/json"),
            ("content-length", "1048577"),
        ],
        "{}",
        413,
        &["1048576 bytes"],
    ),
    with(
        "PATCH",
        "/users/1?permanent=maybe",
        JSON,
        "{}",
        400,
        &["permanent must be true or false"],
    ),
    // where
    get(
        "/users?where=fristName='a'",
        400,
        &[
            "where",
            "unknown field 'fristName' at column 1",
            "did you mean 'firstName'?",
        ],
    ),
    get(
        "/users?where=firstName=5",
        400,
        &["where", "firstName", "'5'"],
    ),
    get("/users?where=id='5'", 400, &["where", "id"]),
    get("/users?where=id=5.5", 400, &["where", "id"]),
    get(
        "/users?where=id=99999999999999999999",
        400,
        &["where", "id"],
    ),
    get("/users?where=active='maybe'", 400, &["where", "active"]),
    get(
        "/users?where=createdDate='yesterday'",
        400,
        &["where", "column 13"],
    ),
    get(
        "/users?where=createdDate='2026-02-30'",
        400,
        &["where", "column 13"],
    ),
    get("/users?where=firstName='a", 400, &["where", "column"]),
    get("/users?where=(firstName='a'", 400, &["where", "column"]),
    get("/users?where=firstName%20LIKE%20'a%5C'", 400, &["where"]),
    get(
        "/users?where=firstName='a'%20AND",
        400,
        &["where", "column"],
    ),
    get("/users?where=%20", 400, &["where"]),
    get("/users?where=%ff", 400, &["where", "UTF-8"]),
    get(
        "/users?where=id=1&where=id=2",
        400,
        &["where is given twice"],
    ),
    get(
        "/users?where=password='x'",
        400,
        &["where", "unknown field 'password'"],
    ),
    // Paging and order
    get("/users?pageSize=0", 400, &["pageSize"]),
    get("/users?pageSize=-1", 400, &["pageSize"]),
    get("/users?pageSize=many", 400, &["pageSize"]),
    get("/users?offset=-1", 400, &["offset"]),
    get("/users?offset=1.5", 400, &["offset"]),
    get("/users?nextPage=garbage", 400, &["nextPage"]),
    get("/users?nextPage=%00%ff", 400, &["nextPage"]),
    get("/users?orderBy=fristName", 400, &["orderBy", "fristName"]),
    get("/users?orderBy=firstName%20up", 400, &["orderBy", "'up'"]),
    get("/users?orderBy=elementKey", 400, &["orderBy", "elementKey"]),
    get(
        "/users?includeInactive=2",
        400,
        &["includeInactive must be true or false"],
    ),
    get(
        "/users?includeTotal=x",
        400,
        &["includeTotal must be true or false"],
    ),
    get("/users?fields=secret", 400, &["fields", "'secret'"]),
    get(
        "/users?pageSize=x&offset=y&where=z",
        400,
        &["pageSize", "offset", "where"],
    ),
    // Headers and methods
    with(
        "GET",
        "/users",
        &[("accept", "text/html")],
        "",
        406,
        &["Accept"],
    ),
    with(
        "GET",
        "/users",
        &[("accept", "application/json;q=0")],
        "",
        406,
        &["Accept"],
    ),
    with("POST", "/users", JSON, "{}", 405, &["Allow"]),
    with("TRACE", "/users", &[], "", 405, &["Allow"]),
    with("PATCH", "/organizations/users", JSON, "{}", 405, &["Allow"]),
    get("/nothing/here", 404, &["No such path"]),
    get("/users/1/roles/admin/more", 404, &["No such path"]),
    get("//", 404, &["No such path"]),
];

#[tokio::test]
async fn every_case_is_refused_and_names_the_field() {
    let world = World::new().await;
    assert!(CASES.len() >= 40);
    for case in CASES {
        let body = Body::from(case.body);
        let reply = world
            .send(Caller::OrgAdmin, case.method, case.path, case.headers, body)
            .await;
        let label = format!(
            "{} {} {}: {} {}",
            case.method, case.path, case.body, reply.status, reply.text
        );
        assert_eq!(reply.status.as_u16(), case.status, "{label}");
        let message = reply.message();
        for text in case.says {
            assert!(message.contains(text), "{label}: lacks {text:?}");
        }
        assert_eq!(
            reply.json()["requestId"].as_str(),
            reply.header("elements-request-id"),
            "{label}"
        );
    }
}

#[tokio::test]
async fn bodies_up_to_the_limit_are_read_and_larger_ones_refused() {
    let world = World::new().await;
    let body = |size: usize| {
        let start = r#"{"firstName":"a","lastName":"b","email":"a@b.example","nonsense":""#;
        format!("{start}{}\"}}", "x".repeat(size - start.len() - 2))
    };
    let limit = 1024 * 1024;
    let refused = world
        .send(
            Caller::OrgAdmin,
            "POST",
            NEW,
            JSON,
            Body::from(body(limit + 1)),
        )
        .await;
    assert_eq!(refused.status, 413);
    assert_eq!(refused.header("connection"), Some("close"));
    world
        .send(Caller::OrgAdmin, "POST", NEW, JSON, Body::from(body(limit)))
        .await
        .ok();
}

#[tokio::test]
async fn deeply_nested_and_long_input_is_refused() {
    let world = World::new().await;
    let nested = "[".repeat(100_000);
    let reply = world
        .send(Caller::OrgAdmin, "POST", NEW, JSON, Body::from(nested))
        .await;
    assert_eq!(
        (
            reply.status.as_u16(),
            reply.message().starts_with("body is not valid JSON")
        ),
        (400, true)
    );
    for filter in [
        "(".repeat(33) + "id=1" + &")".repeat(33),
        format!("firstName='{}'", "x".repeat(4096)),
    ] {
        let reply = world
            .call(Caller::OrgAdmin, "GET", &format!("/users?where={filter}"))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().starts_with("where")),
            (400, true),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn missing_privilege_is_said_before_bad_input() {
    let world = World::new().await;
    for (method, path, body) in [
        ("GET", "/users?where=nonsense&pageSize=0", ""),
        ("POST", "/organizations/users", "nonsense"),
        ("POST", "/accounts/abc/users", "nonsense"),
        ("PATCH", "/users/abc", "nonsense"),
        ("DELETE", "/users/abc", ""),
        ("PATCH", "/organizations/users/abc", "nonsense"),
    ] {
        let reply = world
            .send(Caller::DefaultUser, method, path, JSON, Body::from(body))
            .await;
        assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text);
        assert!(
            reply.message().contains("privilege"),
            "{method} {path}: {}",
            reply.text
        );
    }
}

#[tokio::test]
async fn a_path_that_does_not_decode_is_refused_after_privileges() {
    let world = World::new().await;
    let buckland = world.buckland;
    for (caller, method, path, status) in [
        (Caller::Nobody, "DELETE", "/users/%ff".to_owned(), 401),
        (Caller::DefaultUser, "DELETE", "/users/%ff".to_owned(), 403),
        (Caller::OrgAdmin, "DELETE", "/users/%ff/".to_owned(), 400),
        (
            Caller::DefaultUser,
            "GET",
            "/organizations/users/%ff".to_owned(),
            403,
        ),
        (Caller::OrgAdmin, "GET", "/users/%ff".to_owned(), 400),
        // What does decode still says whose account it is.
        (
            Caller::AccountAdmin,
            "DELETE",
            format!("/accounts/{buckland}/users/%ff"),
            400,
        ),
        (
            Caller::AccountAdmin,
            "DELETE",
            format!("/accounts/{}/users/%ff", world.shire_account),
            403,
        ),
        (
            Caller::OrgAdmin,
            "DELETE",
            format!("/accounts/{buckland}/roles/%ff"),
            400,
        ),
    ] {
        let reply = world.call(caller, method, &path).await;
        assert_eq!(reply.status.as_u16(), status, "{caller:?} {method} {path}");
        if status == 400 {
            assert_eq!(reply.message(), "path is not valid UTF-8 when decoded");
        }
    }
}
