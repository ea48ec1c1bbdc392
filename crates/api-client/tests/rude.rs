//! A remote server that misbehaves: what is asked again and what is not, and what the caller is told in the end.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "rude/legacy_login.rs"]
mod legacy_login;
#[path = "support/rude.rs"]
mod server;

use std::{error::Error, sync::Arc, time::Duration};

use server::{Rude, Step, html, json, with};
use tenantry_api_client::{Credentials, RemoteConfig, RemoteStore, Retries};
use tenantry_domain::{
    AccountId, OrganizationId, Revision, Scope, User, UserField, UserId, UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{RepositoryError, UserRepository},
};
use tenantry_testkit::{SequentialRequestIds, samples};

const FRODO: &str = r#"{"id": 3, "email": "frodo@shire.example", "firstName": "Frodo", "lastName": "Baggins", "accountId": 4}"#;
const FAILED: &str = r#"{"requestId": "59664ce6e4b0bbce0a2bd24f", "message": "Bad luck"}"#;
const NO_FRODO: &str = r#"{"message": "No user found with ID 3"}"#;
const RUNNING: &str =
    r#"{"message": "The first call under this Idempotency-Key is still running. Try again."}"#;

/// How errors begin and end that come of [`FAILED`].
const UNAVAILABLE: &str = "the store is unavailable: the remote server is unavailable: status 503: Bad luck (request \
                           59664ce6e4b0bbce0a2bd24f)";
const BROKEN: &str = "the store failed: the remote server failed: status 500: Bad luck (request 59664ce6e4b0bbce0a2bd24f)";

fn scope() -> Scope {
    Scope::organization(OrganizationId::new(2))
}

/// A server with this script, and its users.
async fn met(script: Vec<Step>) -> (Rude, Arc<dyn UserRepository>) {
    met_by(script, |_| ()).await
}

/// The same, for a client with other settings.
async fn met_by(
    script: Vec<Step>,
    edit: impl FnOnce(&mut RemoteConfig),
) -> (Rude, Arc<dyn UserRepository>) {
    let hello = json(200, r#"{"id": 2, "name": "Shire"}"#);
    let rude = Rude::start([hello].into_iter().chain(script)).await;
    let mut config = RemoteConfig::new(&rude.address);
    config.proxy_from_environment = false;
    config.retries = Retries {
        first_wait: Duration::ZERO,
        ..Retries::default()
    };
    edit(&mut config);
    let credentials = Credentials::new("tu_admin", "to_shire");
    let ids = Arc::new(SequentialRequestIds::default());
    let store = RemoteStore::connect(config, credentials, ids).await;
    (rude, store.unwrap().repositories().users)
}

/// What a caller does, by name.
async fn call(users: &dyn UserRepository, what: &str) -> String {
    let (scope, id, change) = (scope(), UserId::new(3), samples::change());
    let name = |user: User| user.first_name.to_string();
    let outcome = match what {
        "find" => {
            let found = users.find(&scope, id).await;
            found.map(|it| it.map_or("none".to_owned(), name))
        }
        "find by email" => {
            let email = samples::email("frodo@shire.example");
            let found = users.find_by_email(&scope, &email).await;
            found.map(|it| it.is_some().to_string())
        }
        "create" => {
            let draft = samples::user_draft(AccountId::new(4), "f@shire.example");
            let created = users.create(scope.organization_id(), &draft, &change).await;
            created.map(name)
        }
        "update" => {
            let patch = UserPatch::default();
            let updated = users.update(&scope, id, &patch, None, &change).await;
            updated.map(|it| it.is_some().to_string())
        }
        "delete" => {
            let deleted = users.delete(&scope, id, None, &change).await;
            deleted.map(|it| it.to_string())
        }
        "delete at 7" => {
            let expected = Some(Revision::new(7));
            let deleted = users.delete(&scope, id, expected, &change).await;
            deleted.map(|it| it.to_string())
        }
        other => panic!("nobody can {other}"),
    };
    outcome.unwrap_or_else(|error| said(&error))
}

/// The error and all its causes.
fn said(error: &RepositoryError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn times(number: usize, step: &Step) -> Vec<Step> {
    vec![step.clone(); number]
}

/// The caller is answered so, after so many requests.
async fn check(what: &str, script: Vec<Step>, asked: usize, expected: &str) {
    let shown = format!("{what} {script:?}");
    let (rude, users) = met(script).await;
    assert_eq!(call(&*users, what).await, expected, "{shown}");
    assert_eq!(rude.asked().len(), asked, "{shown}");
}

#[tokio::test]
async fn what_may_work_the_next_time_is_asked_again() {
    let found = || json(200, FRODO);
    let (failed, away) = (json(500, FAILED), json(503, FAILED));
    let busy = with(429, &["retry-after: 0"], FAILED);
    let (running, none) = (json(409, RUNNING), json(404, NO_FRODO));
    for (what, script, asked, expected) in [
        ("find", vec![failed.clone(), found()], 2, "Frodo"),
        (
            "find",
            vec![html(502), away.clone(), Step::Drop, found()],
            4,
            "Frodo",
        ),
        ("find", vec![busy.clone(), found()], 2, "Frodo"),
        ("create", vec![failed.clone(), found()], 2, "Frodo"),
        ("create", vec![Step::Drop, running, found()], 3, "Frodo"),
        ("update", vec![busy, found()], 2, "true"),
        // What was deleted by the call whose reply was lost is gone; what was not there before never was.
        ("delete", vec![Step::Drop, none.clone()], 2, "true"),
        ("delete", vec![none], 1, "false"),
    ] {
        check(what, script, asked, expected).await;
    }
}

#[tokio::test]
async fn nothing_is_asked_for_ever() {
    let (failed, away) = (json(500, FAILED), json(503, FAILED));
    let later = with(503, &["retry-after: 3600"], FAILED);
    let wordless =
        "the store is unavailable: the remote server is unavailable: status 502: without a message";
    for (what, script, asked, expected) in [
        ("find", times(4, &failed), 4, BROKEN),
        ("find", times(4, &away), 4, UNAVAILABLE),
        ("find", vec![later], 1, UNAVAILABLE),
        ("find", times(4, &html(502)), 4, wordless),
        // A change that may be made already is not made again.
        ("update", vec![failed], 1, BROKEN),
        ("delete at 7", vec![away], 1, UNAVAILABLE),
    ] {
        check(what, script, asked, expected).await;
    }
}

#[tokio::test]
async fn what_the_server_says_for_good_is_told() {
    let in_use = |what| format!("the {what} is in use or does not allow it");
    for (what, reply, expected) in [
        (
            "find",
            json(401, FAILED),
            "The remote server does not accept the credentials.".to_owned(),
        ),
        ("find", json(404, NO_FRODO), "none".to_owned()),
        ("update", json(403, FAILED), "Bad luck".to_owned()),
        (
            "create",
            json(409, r#"{"message": "The email is taken"}"#),
            in_use("email of this user"),
        ),
        (
            "create",
            json(409, r#"{"message": "The account is not active"}"#),
            in_use("active of this account"),
        ),
        // The first attempt of this caller cannot be running.
        ("create", json(409, RUNNING), in_use("email of this user")),
        ("create", json(404, NO_FRODO), in_use("id of this account")),
        (
            "delete at 7",
            json(412, FAILED),
            "the user was changed meanwhile".to_owned(),
        ),
        (
            "update",
            json(400, r#"{"message": "email must not be empty"}"#),
            "the store failed: the remote server does not understand it: status 400: email must not be empty"
                .to_owned(),
        ),
    ] {
        check(what, vec![reply], 1, &expected).await;
    }
}

#[tokio::test]
async fn what_is_no_reply_of_the_api_is_no_answer() {
    let moved = vec!["location: http://mordor.example/".to_owned()];
    let nameless = r#"{"id": 3, "email": "nobody", "firstName": "F", "lastName": "B"}"#;
    let failed = |why| format!("the store failed: the remote server failed: {why}");
    for (reply, expected) in [
        (
            html(200),
            failed("a reply of type 'text/html' instead of JSON"),
        ),
        (html(404), failed("status 404: without a message")),
        (
            Step::Reply(302, moved, String::new()),
            failed("status 302: without a message"),
        ),
        (
            json(200, r#"{"id": 3, "#),
            failed(
                "a reply that cannot be read: body is not valid JSON: EOF while parsing a value at line 1 column 10",
            ),
        ),
        (
            json(200, nameless),
            "the stored user 3 is corrupt: email must have the form name@domain".to_owned(),
        ),
        // But this one is meant well.
        (json(200, &format!("[{FRODO}]")), "Frodo".to_owned()),
    ] {
        check("find", vec![reply], 1, &expected).await;
    }
}

#[tokio::test]
async fn a_repeated_post_has_one_key_and_others_have_others() {
    let found = || json(200, FRODO);
    let script = vec![Step::Drop, json(500, FAILED), found(), found()];
    let (rude, users) = met(script).await;
    call(&*users, "create").await;
    call(&*users, "create").await;
    let asked = rude.asked();
    let keys: Vec<_> = asked
        .iter()
        .map(|it| it.header("idempotency-key"))
        .collect();
    let (first, second) = ("000000000000000000000002", "000000000000000000000003");
    assert_eq!(keys, [Some(first), Some(first), Some(first), Some(second)]);
    assert_eq!(
        asked[0].header("authorization"),
        Some("User tu_admin, Organization to_shire")
    );
    assert_eq!(asked[0].line, "POST /accounts/4/users");
}

#[tokio::test]
async fn who_never_answers_is_not_waited_for() {
    let (rude, users) = met_by(vec![Step::Silence], |config| {
        config.timeout = Duration::from_secs(1);
        config.retries.attempts = 1;
    })
    .await;
    let answer = call(&*users, "find").await;
    assert!(answer.starts_with("the store is unavailable: "), "{answer}");
    assert_eq!(rude.asked().len(), 1);
}

#[tokio::test]
async fn a_reply_that_is_too_large_is_not_read_to_its_end() {
    let (rude, users) = met_by(vec![Step::Huge(1_000_000)], |config| {
        config.reply_limit = 10_000;
    })
    .await;
    assert_eq!(
        call(&*users, "find").await,
        "the store failed: the remote server failed: a reply of more than 10000 bytes"
    );
    assert_eq!(rude.asked().len(), 1);
}

#[tokio::test]
async fn nothing_secret_and_nobodys_address_is_in_errors() {
    let echo = r#"{"message": "User tu_admin of to_shire may not"}"#;
    let expected = "User ******** of ******** may not";
    check("find", vec![json(403, echo)], 1, expected).await;
    let (_, users) = met(times(4, &Step::Drop)).await;
    let answer = call(&*users, "find by email").await;
    assert!(answer.starts_with("the store is unavailable: "), "{answer}");
    for hidden in ["frodo", "tu_", "to_", "127.0.0.1"] {
        assert!(!answer.contains(hidden), "{answer}");
    }
}

/// A list with a filter and an order, without its page.
const LIST: &str =
    "GET /users?includeInactive=true&where=active%20%3D%20true&pageSize=1&orderBy=lastName";

async fn page(
    users: &dyn UserRepository,
    request: &PageRequest,
) -> Result<Page<User>, RepositoryError> {
    let filter = Filter::equals(UserField::Active, true);
    let sort = Sort::parse("lastName").unwrap();
    users.list(&scope(), &filter, &sort, request).await
}

#[tokio::test]
async fn pages_are_followed_by_token_until_it_expires() {
    let one = format!("[{FRODO}]");
    let (rude, users) = met(vec![
        with(200, &["Elements-Next-Page-Token: a/b=="], &one),
        with(200, &["elements-next-page-token: c"], FRODO),
        json(400, r#"{"message": "nextPage has expired"}"#),
        with(200, &["elements-next-page-token: c"], &one),
        json(200, "null"),
    ])
    .await;
    let first = page(&*users, &PageRequest::first(1)).await.unwrap();
    let second = PageRequest::after(first.next.unwrap(), 1);
    let third = page(&*users, &second).await.unwrap().next.unwrap();
    let third = PageRequest::after(third, 1);
    let expired = page(&*users, &third).await.unwrap_err();
    assert_eq!(
        said(&expired),
        "the page token is damaged or belongs to another list"
    );
    // A page that leads to itself would be followed for ever.
    let circle = page(&*users, &third).await.unwrap_err();
    assert_eq!(
        said(&circle),
        "the store failed: the remote server failed: a reply that cannot be read: its page token leads to the same page"
    );
    let last = page(&*users, &third).await.unwrap();
    assert_eq!((last.items.len(), last.next), (0, None));
    let after = |token| format!("{LIST}&nextPage={token}");
    assert_eq!(
        rude.lines(),
        [
            LIST.to_owned(),
            after("a%2Fb%3D%3D"),
            after("c"),
            after("c"),
            after("c"),
        ]
    );
}

#[tokio::test]
async fn pages_are_followed_by_offset_where_there_are_no_tokens() {
    let one = format!("[{FRODO}]");
    let (rude, users) = met(vec![
        json(200, &one),
        json(200, &one),
        json(404, r#"{"message": "No users found"}"#),
        with(200, &["elements-total-count: 1"], &one),
    ])
    .await;
    let mut request = PageRequest::first(1);
    for _ in 0..2 {
        let page = page(&*users, &request).await.unwrap();
        assert_eq!(page.items.len(), 1);
        request = PageRequest::after(page.next.unwrap(), 1);
    }
    let last = page(&*users, &request).await.unwrap();
    assert_eq!((last.items.len(), last.next), (0, None));
    let counted = page(&*users, &PageRequest::first(1)).await.unwrap();
    assert_eq!((counted.items.len(), counted.next), (1, None));
    let behind = |offset: u32| format!("{LIST}&offset={offset}");
    assert_eq!(
        rude.lines(),
        [LIST.to_owned(), behind(1), behind(2), LIST.to_owned()]
    );
}

#[tokio::test]
async fn lists_are_counted_by_the_header_or_page_by_page() {
    let full = json(200, &format!("[{}]", [FRODO; 1_000].join(",")));
    let one = json(200, &format!("[{FRODO}]"));
    let none = json(404, r#"{"message": "No users found"}"#);
    let total = |number: u32| with(200, &[&format!("Elements-Total-Count: {number}")], FRODO);
    let (whole, rest) = ("pageSize=1000", "pageSize=1000&offset=1000");
    for (script, up_to, expected, lines) in [
        (vec![total(7)], 10, Count::Exact(7), vec!["pageSize=1"]),
        (vec![total(7)], 6, Count::MoreThan(6), vec!["pageSize=1"]),
        (vec![none.clone()], 10, Count::Exact(0), vec!["pageSize=1"]),
        (
            vec![total(20_000)],
            u64::MAX,
            Count::Exact(20_000),
            vec!["pageSize=1&includeTotal=true"],
        ),
        (
            vec![one.clone(), full.clone(), one.clone()],
            10_000,
            Count::Exact(1_001),
            vec!["pageSize=1", whole, rest],
        ),
        (
            vec![one.clone(), full.clone()],
            999,
            Count::MoreThan(999),
            vec!["pageSize=1", whole],
        ),
        (
            vec![one, full, none],
            10_000,
            Count::Exact(1_000),
            vec!["pageSize=1", whole, rest],
        ),
    ] {
        let (rude, users) = met(script).await;
        let counted = users.count(&scope(), &Filter::All, up_to).await.unwrap();
        assert_eq!(counted, expected);
        let lines: Vec<_> = lines
            .into_iter()
            .map(|line| format!("GET /users?includeInactive=true&{line}"))
            .collect();
        assert_eq!(rude.lines(), lines);
    }
}

#[tokio::test]
async fn no_more_calls_run_at_once_than_allowed() {
    let script = times(12, &json(200, FRODO));
    let (rude, users) = met_by(script, |config| config.concurrency = 3).await;
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let users = Arc::clone(&users);
            tokio::spawn(async move { call(&*users, "find").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "Frodo");
    }
    assert_eq!(rude.asked().len(), 12);
    assert!(rude.most_running() <= 3, "{}", rude.most_running());
}
