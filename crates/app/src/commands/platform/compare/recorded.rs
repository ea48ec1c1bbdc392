//! Read requests that somebody recorded, to be made of both servers again.

use std::io::BufRead;

use anyhow::{Context as _, anyhow};
use serde_json::Value;
use tenantry_api_client::ApiCall;
use tenantry_wire::{BASE_PATH, query::Query};

/// Longest line, in bytes.
const LONGEST: usize = 64 * 1024;

/// A request, and where it stands.
pub(super) struct Recorded {
    pub(super) line: usize,
    pub(super) call: ApiCall,
}

/// What a line holds.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// A request that can be made again.
    Read(ApiCall),
    /// What changes something, or names a page by a token, which belongs to one server.
    LeftOut,
}

/// Reads the next lines of a file until one of them is a request; what is left out is counted in `left_out`.
///
/// # Errors
/// The line that is neither, and what one looks like.
pub(super) fn next(
    lines: &mut impl Iterator<Item = (usize, std::io::Result<String>)>,
    left_out: &mut u64,
) -> Result<Option<Recorded>, anyhow::Error> {
    for (number, line) in lines {
        let line = line.with_context(|| format!("line {number} cannot be read"))?;
        if line.trim().is_empty() {
            continue;
        }
        match read(&line).with_context(|| format!("line {number}"))? {
            Line::Read(call) => return Ok(Some(Recorded { line: number, call })),
            Line::LeftOut => *left_out += 1,
        }
    }
    Ok(None)
}

/// The lines of a file, counted from 1.
pub(super) fn lines(file: impl BufRead) -> impl Iterator<Item = (usize, std::io::Result<String>)> {
    (1..).zip(file.lines())
}

/// `GET /users?where=…`, with or without the base path, or `{"method": "GET", "path": "/users?where=…"}`.
fn read(line: &str) -> Result<Line, anyhow::Error> {
    if line.len() > LONGEST {
        return Err(anyhow!("is longer than {LONGEST} bytes"));
    }
    let (method, target) = if line.trim_start().starts_with('{') {
        let object: Value = serde_json::from_str(line).context("is no JSON")?;
        let text = |name: &str| {
            let found = object.get(name).and_then(Value::as_str);
            found
                .map(str::to_owned)
                .ok_or_else(|| anyhow!("has no text '{name}'"))
        };
        (text("method")?, text("path")?)
    } else {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some(method), Some(target)) => (method.to_owned(), target.to_owned()),
            _ => {
                return Err(anyhow!(
                    "is no request: write 'GET /users?pageSize=20', or an object with 'method' and 'path'"
                ));
            }
        }
    };
    if !method.eq_ignore_ascii_case("GET") {
        return Ok(Line::LeftOut);
    }
    let target = target.strip_prefix(BASE_PATH).unwrap_or(&target);
    let (path, text) = target.split_once('?').unwrap_or((target, ""));
    if !path.starts_with('/') {
        return Err(anyhow!(
            "has the path '{path}', which does not begin with a slash"
        ));
    }
    let parameters = Query::parse(text);
    if parameters.pairs().any(|(name, _)| name == "nextPage") {
        return Ok(Line::LeftOut);
    }
    let call = parameters
        .pairs()
        .fold(ApiCall::get(path), |call, (name, value)| {
            call.with(name, value)
        });
    Ok(Line::Read(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Option<String> {
        match read(line).unwrap() {
            Line::Read(call) => Some(call.path_and_query()),
            Line::LeftOut => None,
        }
    }

    #[test]
    fn requests_are_read_as_servers_log_them() {
        for (line, expected) in [
            ("GET /users?pageSize=20", Some("/users?pageSize=20")),
            (
                "get /elements/api-v2/users?where=city='Bree'&tags[]=a HTTP/1.1",
                Some("/users?where=city%3D%27Bree%27&tags%5B%5D=a"),
            ),
            (
                r#"{"method": "GET", "path": "/elements/api-v2/accounts/7"}"#,
                Some("/accounts/7"),
            ),
            ("POST /accounts", None),
            ("GET /users?nextPage=abc", None),
        ] {
            assert_eq!(call(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_request_is_told_by_its_line() {
        for (line, expected) in [
            (
                "users",
                "is no request: write 'GET /users?pageSize=20', or an object with 'method' and 'path'",
            ),
            (
                "GET users",
                "has the path 'users', which does not begin with a slash",
            ),
            (r#"{"method": "GET"}"#, "has no text 'path'"),
        ] {
            assert_eq!(read(line).unwrap_err().to_string(), expected);
        }
        let mut left_out = 0;
        let mut file = lines("POST /a\n\nGET /b\n".as_bytes());
        let found = next(&mut file, &mut left_out).unwrap().unwrap();
        assert_eq!((found.line, left_out), (3, 1));
        assert!(next(&mut file, &mut left_out).unwrap().is_none());
    }
}
