//! Requests, as the bytes that go over the wire.

use std::{io::Write as _, sync::Arc};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::load::Requests;

/// What the API's paths begin with.
pub(crate) const BASE: &str = "/elements/api-v2";

/// The `Authorization` headers of those who call; request number n is made by caller n.
pub(crate) type Callers = Arc<[String]>;

fn caller(callers: &Callers, number: u64) -> &str {
    let count = callers.len().max(1) as u64;
    let place = usize::try_from(number % count).unwrap_or_default();
    callers.get(place).map_or("", String::as_str)
}

/// A request with another header and a body, if there are any.
pub(crate) fn write(
    out: &mut Vec<u8>,
    (method, path): (&str, &str),
    authorization: &str,
    header: &str,
    body: Option<&str>,
) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{method} {path} HTTP/1.1\r\nHost: load\r\n");
    if !authorization.is_empty() {
        let _ = write!(out, "Authorization: {authorization}\r\n");
    }
    out.extend_from_slice(header.as_bytes());
    if let Some(body) = body {
        let length = body.len();
        let _ = write!(
            out,
            "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
    } else {
        out.extend_from_slice(b"\r\n");
    }
}

/// Reads of a path.
pub(crate) fn get(
    callers: &Callers,
    path: impl Fn(u64) -> String + Send + Sync + 'static,
) -> Requests {
    let callers = Arc::clone(callers);
    Arc::new(move |number, out| {
        write(
            out,
            ("GET", &path(number)),
            caller(&callers, number),
            "",
            None,
        );
    })
}

/// Reads of one path with one more header.
pub(crate) fn get_with(callers: &Callers, path: String, header: String) -> Requests {
    let callers = Arc::clone(callers);
    Arc::new(move |number, out| {
        write(out, ("GET", &path), caller(&callers, number), &header, None);
    })
}

/// Requests that may have a body.
pub(crate) fn send(
    callers: &Callers,
    method: &'static str,
    request: impl Fn(u64) -> (String, Option<String>) + Send + Sync + 'static,
) -> Requests {
    let callers = Arc::clone(callers);
    Arc::new(move |number, out| {
        let (path, body) = request(number);
        let caller = caller(&callers, number);
        write(out, (method, &path), caller, "", body.as_deref());
    })
}

/// One after the other of requests that were prepared.
pub(crate) fn prepared(requests: Vec<Vec<u8>>) -> Requests {
    Arc::new(move |number, out| {
        let place = number % requests.len().max(1) as u64;
        let request = requests.get(usize::try_from(place).unwrap_or_default());
        out.extend_from_slice(request.map_or(&[], Vec::as_slice));
    })
}

/// A user who did not exist.
pub(crate) fn new_user(mark: &str, number: u64) -> String {
    format!(
        r#"{{"firstName":"New{number}","lastName":"User{number}","email":"{mark}{number}@new.example"}}"#
    )
}

/// A list of users by a filter.
pub(crate) fn search(page_size: u32, filter: &str) -> String {
    let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
    format!("{BASE}/users?pageSize={page_size}&where={filter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_take_turns() {
        let callers: Callers = vec!["User a".to_owned(), "User b".to_owned()].into();
        let requests = get(&callers, |number| format!("/users/{number}"));
        let mut out = Vec::new();
        requests(3, &mut out);
        let expected = "GET /users/3 HTTP/1.1\r\nHost: load\r\nAuthorization: User b\r\n\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_body_says_its_length() {
        let requests = send(&Callers::from([]), "POST", |_| {
            ("/users".to_owned(), Some("{}".to_owned()))
        });
        let mut out = Vec::new();
        requests(0, &mut out);
        let expected = "POST /users HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn filters_are_encoded() {
        assert_eq!(
            search(20, "city = 'Köln'"),
            "/elements/api-v2/users?pageSize=20&where=city%20%3D%20%27K%C3%B6ln%27"
        );
    }
}
