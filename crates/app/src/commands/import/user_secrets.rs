//! The file with secrets of users: CSV or NDJSON. Errors name the line, and never what stands in it.

use anyhow::anyhow;
use serde_json::Value;
use tenantry_api_client::UserSecrets;
use tenantry_domain::{Email, SecretText, UserId};

use crate::failure::Failure;

/// Reads `email,secret` or `id,secret`, or `{"email": …, "secret": …}` or `{"id": …, "secret": …}`, on each line.
pub(super) fn parse(text: &str) -> Result<UserSecrets, Failure> {
    let mut secrets = UserSecrets::new();
    for (place, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        let is_heading = place == 0 && is_heading(line);
        if line.is_empty() || is_heading {
            continue;
        }
        let wrong =
            |what: &str| Failure::usage(anyhow!("--user-secrets: line {} {what}", place + 1));
        let (who, secret) = if line.starts_with('{') {
            of_json(line)
        } else {
            of_csv(line)
        }
        .ok_or_else(|| {
            wrong("must be `e-mail,secret` or `id,secret`, or the same as a JSON object with `email` or `id`, and `secret`")
        })?;
        let secret = SecretText::made_elsewhere(secret)
            .map_err(|unfit| wrong(&format!("has a secret that {unfit}")))?;
        if let Ok(id) = who.parse() {
            secrets.insert_by_id(UserId::new(id), secret);
        } else {
            let email = Email::parse(who.as_str());
            let email = email.map_err(|_| wrong("begins with neither an id nor an e-mail"))?;
            secrets.insert_by_email(&email, secret);
        }
    }
    Ok(secrets)
}

/// The names of the columns, and nothing of somebody's.
fn is_heading(line: &str) -> bool {
    let names = line.split([',', ';']);
    let names: Vec<_> = names
        .map(|name| name.trim().trim_matches('"').to_ascii_lowercase())
        .collect();
    matches!(&names[..], [who, secret] if (who == "email" || who == "id") && secret == "secret")
}

fn of_csv(line: &str) -> Option<(String, String)> {
    let (who, secret) = line.split_once([',', ';'])?;
    let plain = |text: &str| text.trim().trim_matches('"').to_owned();
    let (who, secret) = (plain(who), plain(secret));
    (!secret.is_empty()).then_some((who, secret))
}

fn of_json(line: &str) -> Option<(String, String)> {
    let object: Value = serde_json::from_str(line).ok()?;
    let who = object.get("id").or_else(|| object.get("email"))?;
    let who = match who {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let secret = object.get("secret")?.as_str()?;
    (!secret.is_empty()).then(|| (who, secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, expected) in [
            ("email,secret\nfrodo@shire.example,w3Y2kOWmvLWkpNZ0+/=\n", 1),
            (
                "\u{feff}id;secret\r\n7;w3Y2kOWmvLWkpNZ0\r\n\r\n8;\"w3Y2kOWmvLWkpNZ1\"\r\n",
                2,
            ),
            (
                "{\"email\": \"f@shire.example\", \"secret\": \"w3Y2kOWmvLWkpNZ0\"}\n{\"id\": 7, \"secret\": \"w3Y2kOWmvLWkpNZ1\"}",
                2,
            ),
            ("bot@shire.example,myverylongbotsecret", 1),
            ("", 0),
        ] {
            let Ok(read) = parse(text) else {
                panic!("{text}");
            };
            assert_eq!(read.len(), expected, "{text}");
        }
    }

    #[test]
    fn errors_name_the_line_and_no_secret() {
        for text in [
            "7,w3Y2kOWmvLWkpNZ0\ns3cret",
            "7,w3Y2kOWmvLWkpNZ0\nfrodo,s3cret-s3cret-s3cret",
            "7,w3Y2kOWmvLWkpNZ0\n{\"id\": 7}",
            "7,w3Y2kOWmvLWkpNZ0\n8,s3cret",
            "7,w3Y2kOWmvLWkpNZ0\n8,s3cret s3cret s3cret",
        ] {
            let Err(failure) = parse(text) else {
                panic!("{text}");
            };
            let said = failure.error().to_string();
            assert!(said.starts_with("--user-secrets: line 2 "), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
