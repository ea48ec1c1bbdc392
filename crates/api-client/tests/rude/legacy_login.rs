//! A legacy platform that misbehaves while it is asked for a password: sent once, and nothing of it in what is said.

use std::{error::Error as _, net::TcpListener, time::Duration};

use tenantry_api_client::{RemoteConfig, RemoteLogin, Retries};
use tenantry_domain::{
    Password,
    ports::{LegacyLogin as _, LegacyLoginError},
};
use tenantry_testkit::samples::email;

use crate::server::{Rude, Step, html, json, with};

const SAM: &str = "sam@shire.example";
const PASSWORD: &str = "P0tatoes-\"boiled\"";
const RIGHT: &str = r#"{"id": 3, "username": "Sam@Shire.example", "token": "tl_1"}"#;

fn login(address: &str) -> RemoteLogin {
    let mut config = RemoteConfig::new(address);
    config.proxy_from_environment = false;
    config.timeout = Duration::from_secs(30);
    config.reply_limit = 10_000;
    config.retries = Retries {
        attempts: 3,
        first_wait: Duration::ZERO,
        ..Retries::default()
    };
    RemoteLogin::new(config).unwrap()
}

/// What is made of an answer: `right`, `wrong`, or the error with its cause.
async fn asked(login: &RemoteLogin) -> String {
    match login.verify(&email(SAM), &Password::new(PASSWORD)).await {
        Ok(true) => "right".to_owned(),
        Ok(false) => "wrong".to_owned(),
        Err(error) => {
            let kind = match error {
                LegacyLoginError::Away { .. } => "away",
                LegacyLoginError::Nonsense { .. } => "nonsense",
            };
            format!("{kind}: {}", error.source().unwrap())
        }
    }
}

#[tokio::test]
async fn an_answer_is_right_or_wrong_or_none() {
    let unreadable = "nonsense: a reply of success that does not name the user who was asked for";
    for (step, expected) in [
        (json(200, RIGHT), "right"),
        (json(401, r#"{"message": "No"}"#), "wrong"),
        (html(401), "wrong"),
        (
            json(200, r#"{"username": "pip@shire.example"}"#),
            unreadable,
        ),
        (json(200, "{}"), unreadable),
        (json(200, "[]"), unreadable),
        (html(200), unreadable),
        (json(204, ""), "nonsense: status 204"),
        (with(302, &["location: /login"], ""), "nonsense: status 302"),
        (json(400, r#"{"message": "sam"}"#), "nonsense: status 400"),
        (json(403, "{}"), "nonsense: status 403"),
        (json(404, "{}"), "nonsense: status 404"),
        (with(429, &["retry-after: 1"], "{}"), "away: status 429"),
        (json(500, "{}"), "away: status 500"),
        (html(502), "away: status 502"),
        (json(503, r#"{"message": "sam"}"#), "away: status 503"),
        (
            Step::Huge(20_000),
            "nonsense: a reply of more than 10000 bytes",
        ),
    ] {
        let rude = Rude::start([step]).await;
        let login = login(&rude.address);
        assert_eq!(asked(&login).await, expected);
        let heard = rude.heard();
        assert_eq!(heard.len(), 1, "{expected}");
        assert_eq!(heard[0].line, "POST /authentication");
        assert_eq!(heard[0].header("content-type"), Some("application/json"));
        assert_eq!(heard[0].header("authorization"), None);
        let body: serde_json::Value = serde_json::from_str(&heard[0].body).unwrap();
        let sent = serde_json::json!({"username": SAM, "password": PASSWORD});
        assert_eq!(body, sent);
    }
}

#[tokio::test]
async fn a_password_whose_answer_is_lost_is_not_sent_again() {
    let rude = Rude::start([Step::Drop, json(200, RIGHT)]).await;
    let login = login(&rude.address);
    let answer = asked(&login).await;
    assert!(answer.starts_with("away: "), "{answer}");
    assert_eq!(rude.heard().len(), 1);
    // Nothing of it is kept.
    assert_eq!(asked(&login).await, "right");
    assert_eq!(rude.heard().len(), 2);
}

#[tokio::test]
async fn who_never_answers_is_not_waited_for() {
    let rude = Rude::start([Step::Silence]).await;
    let mut config = RemoteConfig::new(&rude.address);
    config.proxy_from_environment = false;
    config.timeout = Duration::from_millis(500);
    let login = RemoteLogin::new(config).unwrap();
    let answer = asked(&login).await;
    assert!(answer.starts_with("away: "), "{answer}");
    assert_eq!(rude.heard().len(), 1);
}

#[tokio::test]
async fn nothing_secret_and_nobodys_address_is_in_errors() {
    let address = {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", nobody.local_addr().unwrap())
    };
    let login = login(&address);
    let error = login.verify(&email(SAM), &Password::new(PASSWORD)).await;
    let error = error.unwrap_err();
    assert!(matches!(error, LegacyLoginError::Away { .. }));
    let shown = format!("{error} {error:?} {login:?} {}", error.source().unwrap());
    for hidden in ["sam", "Sam", "P0tatoes"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    assert!(
        shown.contains(&format!(
            "RemoteLogin {{ base: \"{address}/elements/api-v2\""
        )),
        "{shown}"
    );
}
