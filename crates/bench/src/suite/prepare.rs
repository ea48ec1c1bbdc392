//! What has to be known of a running server before it can be loaded, and whether the anchor answers the same.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    load::Connection,
    request::{self, BASE},
    subject::Subject,
    suite::world::World,
};

/// What was found out.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// Of the first seeded user.
    pub(crate) etag: String,
    /// An `Authorization` whose secrets have the right shape and a wrong checksum.
    pub(crate) mistyped: String,
    pub(crate) refusal_bytes: usize,
    pub(crate) health_bytes: usize,
    /// Leads to the last full page, or to page 10,000 if there is one.
    pub(crate) token: String,
    /// The number of the user before that page.
    pub(crate) after: u64,
    pub(crate) page: u64,
}

const PAGE: u64 = 200;
const DEEPEST: u64 = 10_000;

/// Asks the server.
pub(crate) async fn prepare(world: &World, server: &Subject, anchor: &Subject) -> Result<Prepared> {
    let mut connection = Connection::open(&server.address).await?;
    let caller = world.callers.first().context("nobody calls")?;
    let user = world.plan.first;
    let user_path = format!("{BASE}/users/{user}");
    expect(&mut connection, &user_path, caller, 200).await?;
    let etag = connection.header("etag").context("no ETag")?.to_owned();
    let ours: Value = serde_json::from_slice(connection.body())?;
    let mut other = Connection::open(&anchor.address).await?;
    expect(&mut other, &format!("/users/{user}"), caller, 200).await?;
    let theirs: Value = serde_json::from_slice(other.body())?;
    ensure!(
        ours == theirs,
        "the anchor answers something else than the server:\n{ours}\n{theirs}"
    );
    let mistyped = mistyped(caller);
    expect(&mut connection, &user_path, &mistyped, 401).await?;
    let refusal_bytes = connection.body().len();
    expect(&mut connection, "/healthz", "", 200).await?;
    let health_bytes = connection.body().len();
    let (token, after, page) = deep_page(world, &mut connection, caller).await?;
    Ok(Prepared {
        etag,
        mistyped,
        refusal_bytes,
        health_bytes,
        token,
        after,
        page,
    })
}

async fn expect(
    connection: &mut Connection,
    path: &str,
    caller: &str,
    expected: u16,
) -> Result<()> {
    let mut bytes = Vec::new();
    request::write(&mut bytes, ("GET", path), caller, "", None);
    let status = connection.call(&bytes).await?;
    ensure!(
        status == expected,
        "GET {path} was answered with {status}: {}",
        String::from_utf8_lossy(connection.body())
    );
    Ok(())
}

/// The last letter of each secret is another one.
fn mistyped(caller: &str) -> String {
    let parts: Vec<_> = caller
        .split(", ")
        .map(|part| {
            let (rest, last) = part.split_at(part.len() - 1);
            format!("{rest}{}", if last == "A" { "B" } else { "A" })
        })
        .collect();
    parts.join(", ")
}

/// Follows tokens as clients do, with pages of 1,000, and at the end of 200.
async fn deep_page(
    world: &World,
    connection: &mut Connection,
    caller: &str,
) -> Result<(String, u64, u64)> {
    // One of fifty is inactive, and in no list.
    let active = world.users * 9 / 10;
    let wanted = (active / PAGE).clamp(2, DEEPEST);
    let mut before = 0;
    let mut token = String::new();
    while before < wanted - 1 {
        let pages = (wanted - 1 - before).min(5);
        let more = if token.is_empty() {
            String::new()
        } else {
            let token =
                percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC);
            format!("&nextPage={token}")
        };
        let path = format!("{BASE}/users?pageSize={}{more}", pages * PAGE);
        expect(connection, &path, caller, 200).await?;
        before += pages;
        let next = connection.header("elements-next-page-token");
        next.context("the list ended early")?.clone_into(&mut token);
    }
    let users: Value = serde_json::from_slice(connection.body())?;
    let last = users
        .as_array()
        .and_then(|users| users.last()?["id"].as_u64());
    Ok((token, last.context("an empty page")?, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_secret_differs_in_its_last_letter() {
        assert_eq!(
            mistyped("User tu_xA, Organization to_yz"),
            "User tu_xB, Organization to_yA"
        );
    }
}
