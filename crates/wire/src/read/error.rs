//! What a server says when it refuses.

use serde_json::Value;

/// Longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 500;

/// What a server said when it refused, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, in the server's words.
    pub message: Option<String>,
    /// Names the request, for the log of the server.
    pub request_id: Option<String>,
}

/// Reads an error body, of the legacy form or that of RFC 9457. Whatever else it is says nothing.
pub fn refusal(body: &[u8]) -> Refusal {
    let parsed = serde_json::from_slice(body).unwrap_or(Value::Null);
    let object = match &parsed {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        other => other,
    };
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| object.get(name)?.as_str());
        found.map(|text| text.chars().take(LONGEST_MESSAGE).collect())
    };
    Refusal {
        message: text(&["message", "detail", "providerMessage", "error"]),
        request_id: text(&["requestId"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_in_every_form() {
        let said = |message: &str, id: Option<&str>| Refusal {
            message: Some(message.to_owned()),
            request_id: id.map(str::to_owned),
        };
        for (body, expected) in [
            (
                r#"{"requestId": "59", "message": "No users found"}"#,
                said("No users found", Some("59")),
            ),
            (
                r#"{"title": "Conflict", "detail": "In use"}"#,
                said("In use", None),
            ),
            (r#"[{"message": "wrapped"}]"#, said("wrapped", None)),
            (r#"{"message": null}"#, Refusal::default()),
            ("<html>", Refusal::default()),
            ("", Refusal::default()),
        ] {
            assert_eq!(refusal(body.as_bytes()), expected, "{body}");
        }
        let long = format!(r#"{{"message": "{}"}}"#, "ä".repeat(1000));
        let kept = refusal(long.as_bytes()).message.unwrap();
        assert_eq!(kept, "ä".repeat(500));
    }
}
