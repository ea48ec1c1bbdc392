//! Who is in the trial, and what belongs to whom.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{
    super::call,
    values::{Cast, Of, Values},
};
use crate::{
    load::Connection,
    request::{self, BASE},
    subject::First,
    suite::world::World,
};

const OWN_INSTANCES: usize = 10;
/// Only the other organization has it, and no call names it.
const HIDDEN: &str = "zq1hidden";

/// Everybody, and what must be in no reply.
pub(super) struct Scene {
    pub(super) cast: Cast,
    /// Secrets of the other organization, and words that no call names.
    pub(super) needles: Vec<String>,
    /// Who administers those who call, and the other organization.
    pub(super) administrator: String,
    pub(super) stranger: String,
}

/// Fills both organizations.
pub(super) async fn scene(
    connection: &mut Connection,
    world: &World,
    [other, gone]: [&First; 2],
    keys: u64,
) -> Result<Scene> {
    let mut stranger = stranger(connection, other).await?;
    keep_replies(
        connection,
        &stranger.administrator,
        keys,
        &mut stranger.values,
    )
    .await?;
    let own = own(connection, world).await?;
    counts(connection, world).await?;
    let mut nobody = nobody(connection, gone, &stranger.values).await?;
    for (values, secrets) in [
        (&mut stranger.values, &stranger.secrets),
        (&mut nobody, &stranger.secrets.damaged()),
    ] {
        for mixed in secrets.mixed(world) {
            values.add(Of::Credentials, mixed);
        }
    }
    Ok(Scene {
        cast: Cast {
            own,
            foreign: stranger.values,
            nobody,
        },
        needles: stranger.needles,
        administrator: world.callers.first().context("nobody calls")?.clone(),
        stranger: stranger.administrator,
    })
}

/// The other organization.
struct Stranger {
    administrator: String,
    secrets: Secrets,
    values: Values,
    needles: Vec<String>,
}

/// Each of them is half of what it takes to call.
struct Secrets {
    user: String,
    organization: String,
    instance: String,
}

impl Secrets {
    /// Beside the other half, which is the callers' own.
    fn mixed(&self, world: &World) -> Vec<String> {
        let own = world.callers.first().map_or("", String::as_str);
        let own_user = own.split(',').next().unwrap_or_default();
        vec![
            format!("{own_user}, Organization {}", self.organization),
            format!("{own_user}, Element {}", self.instance),
            format!(
                "User {}, Organization {}",
                self.user, world.organization_secret
            ),
        ]
    }

    /// The same with another letter in each.
    fn damaged(&self) -> Self {
        Self {
            user: damaged(&self.user),
            organization: damaged(&self.organization),
            instance: damaged(&self.instance),
        }
    }
}

fn administrator_of(first: &First) -> String {
    format!(
        "User {}, Organization {}",
        first.user_secret, first.organization_secret
    )
}

/// What has to succeed.
async fn made(
    connection: &mut Connection,
    method: &str,
    path: &str,
    caller: &str,
    body: &Value,
) -> Result<Value> {
    let text = (!body.is_null()).then(|| body.to_string());
    let reply = call(connection, (method, path), caller, text.as_deref()).await?;
    ensure!(
        reply.status == 200,
        "{method} {path} was answered {}: {}",
        reply.status,
        reply.body
    );
    Ok(reply.body)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Fills the other organization with something of everything.
async fn stranger(connection: &mut Connection, first: &First) -> Result<Stranger> {
    let administrator = administrator_of(first);
    let mut values = Values::default();
    let mut needles = vec![
        HIDDEN.to_owned(),
        first.user_secret.clone(),
        first.organization_secret.clone(),
    ];
    values.add(Of::Organization, first.organization.to_string());
    values.add(Of::Account, first.organization.to_string());
    for word in ["Zq1family", "zq1", "Zq1account", "Zq1ticket"] {
        values.add(Of::Word, word);
    }
    let body = json!({"externalId": "zq1-external", "name": "Zq1account", "description": HIDDEN});
    let account = made(connection, "POST", "/accounts", &administrator, &body).await?;
    values.add(Of::Account, text(&account["id"]));
    let mut token = String::new();
    for number in 0..6 {
        let path = if number % 2 == 0 {
            "/organizations/users".to_owned()
        } else {
            format!("/accounts/{}/users", account["id"])
        };
        let email = format!("zq1user{number}@stranger.example");
        let body = json!({"firstName": "Zq1given", "lastName": "Zq1family", "email": email, "city": HIDDEN});
        let user = made(connection, "POST", &path, &administrator, &body).await?;
        let secret = text(&user["secret"]);
        values.add(Of::User, text(&user["id"]));
        values.add(Of::Email, email);
        let owner = format!("User {secret}, Organization {}", first.organization_secret);
        let element = ["zq1element", "zq1other"][number % 2];
        let body = json!({
            "name": "Zq1ticket", "element": {"key": element}, "tags": [HIDDEN],
            "configuration": {"zq.setting": HIDDEN, "zq.password": HIDDEN}
        });
        let instance = made(connection, "POST", "/instances", &owner, &body).await?;
        values.add(Of::Instance, text(&instance["id"]));
        if number < 2 {
            values.add(Of::Element, element);
            values.add(Of::ElementId, text(&instance["elementId"]));
        }
        let path = format!("/instances/{}/configuration", instance["id"]);
        let configuration = made(connection, "GET", &path, &owner, &Value::Null).await?;
        for entry in configuration.as_array().into_iter().flatten() {
            values.add(Of::Configuration, text(&entry["id"]));
        }
        token = text(&instance["token"]);
        needles.extend([token.clone(), secret]);
    }
    remembered(connection, &administrator, &mut values).await?;
    Ok(Stranger {
        administrator,
        secrets: Secrets {
            user: first.user_secret.clone(),
            organization: first.organization_secret.clone(),
            instance: token,
        },
        values,
        needles,
    })
}

/// What the server has told the other organization, to be shown again: ids of roles, tokens of pages, a revision.
async fn remembered(
    connection: &mut Connection,
    administrator: &str,
    values: &mut Values,
) -> Result<()> {
    let roles = made(
        connection,
        "GET",
        "/organizations/roles",
        administrator,
        &Value::Null,
    )
    .await?;
    for role in roles.as_array().into_iter().flatten() {
        values.add(Of::Role, text(&role["id"]));
    }
    for path in [
        "/users?pageSize=1",
        "/accounts?pageSize=1",
        "/audit-logs?pageSize=1",
    ] {
        made(connection, "GET", path, administrator, &Value::Null).await?;
        let token = connection
            .header("elements-next-page-token")
            .context("no page token")?;
        values.add(Of::PageToken, token);
    }
    let user = format!("/users/{}", values.of(Of::User)[0]);
    made(connection, "GET", &user, administrator, &Value::Null).await?;
    values.add(Of::ETag, connection.header("etag").context("no ETag")?);
    Ok(())
}

/// What those who call are told to have in all is what they have, though others have something as well.
async fn counts(connection: &mut Connection, world: &World) -> Result<()> {
    let caller = world.callers.first().context("nobody calls")?;
    // The administrator, those who call, and those who were seeded.
    let users = 1 + world.callers.len() + usize::try_from(world.users)?;
    for (path, count) in [
        ("/users", users),
        ("/organizations/users", users),
        ("/accounts", 1),
        ("/accounts/instances", OWN_INSTANCES),
        ("/elements", 2),
    ] {
        let path = format!("{path}?pageSize=1&includeInactive=true&includeTotal=true");
        made(connection, "GET", &path, caller, &Value::Null).await?;
        let told = connection
            .header("elements-total-count")
            .unwrap_or_default();
        ensure!(
            told == count.to_string(),
            "{path}: {told} in all, and not {count}"
        );
    }
    Ok(())
}

/// Has the server keep so many replies by their keys: one of a creation, the others refusals.
async fn keep_replies(
    connection: &mut Connection,
    administrator: &str,
    keys: u64,
    values: &mut Values,
) -> Result<()> {
    let path = format!("{BASE}/organizations/users");
    let mut bytes = Vec::new();
    for number in 0..keys {
        let key = format!("zq1-key-{number}");
        let header = format!("Idempotency-Key: {key}\r\n");
        let (body, expected) = if number == 0 {
            let body = json!({"firstName": HIDDEN, "lastName": "Zq1family", "email": "zq1replayed@stranger.example"});
            (body.to_string(), 200)
        } else {
            ("{}".to_owned(), 400)
        };
        bytes.clear();
        request::write(
            &mut bytes,
            ("POST", &path),
            administrator,
            &header,
            Some(&body),
        );
        let status = connection.call(&bytes).await?;
        ensure!(
            status == expected,
            "a call with a key was answered {status}"
        );
        values.add(Of::IdempotencyKey, key);
    }
    Ok(())
}

/// What those who call have themselves.
async fn own(connection: &mut Connection, world: &World) -> Result<Values> {
    let mut values = Values::default();
    for caller in world.callers.iter() {
        values.add(Of::Credentials, caller);
    }
    let administrator = world.callers.first().context("nobody calls")?;
    values.add(Of::Organization, world.plan.organization.to_string());
    values.add(Of::Account, world.plan.organization.to_string());
    for user in world.plan.first..world.plan.first + 20 {
        values.add(Of::User, user.to_string());
    }
    for number in 0..20 {
        values.add(Of::Email, format!("caller{number}@load.example"));
    }
    for (number, owner) in (0..OWN_INSTANCES).zip(world.callers.iter()) {
        let element = ["hubspotcrm", "jira"][number % 2];
        let body = json!({"name": format!("Own {number}"), "element": {"key": element}, "configuration": {"site.address": "own"}});
        let instance = made(connection, "POST", "/instances", owner, &body).await?;
        values.add(Of::Instance, text(&instance["id"]));
        if number < 2 {
            values.add(Of::Element, element);
            values.add(Of::ElementId, text(&instance["elementId"]));
        }
        let path = format!("/instances/{}/configuration", instance["id"]);
        let configuration = made(connection, "GET", &path, owner, &Value::Null).await?;
        values.add(Of::Configuration, text(&configuration[0]["id"]));
    }
    let roles = made(
        connection,
        "GET",
        "/organizations/roles",
        administrator,
        &Value::Null,
    )
    .await?;
    for role in roles.as_array().into_iter().flatten() {
        values.add(Of::Role, text(&role["id"]));
    }
    Ok(values)
}

/// What nobody has, in the places of what strangers have. Users are such that a third organization has erased: the contract (section 8) tells
/// a number that somebody had from one that was never assigned.
async fn nobody(connection: &mut Connection, gone: &First, foreign: &Values) -> Result<Values> {
    let mut values = Values::default();
    let administrator = administrator_of(gone);
    for number in 0..foreign.of(Of::User).len() {
        let email = format!("gone{number}@gone.example");
        let body = json!({"firstName": "Gone", "lastName": "Gone", "email": email});
        let path = "/organizations/users";
        let user = made(connection, "POST", path, &administrator, &body).await?;
        let path = format!("/users/{}", user["id"]);
        made(connection, "DELETE", &path, &administrator, &Value::Null).await?;
        values.add(Of::User, text(&user["id"]));
    }
    for kind in [
        Of::Account,
        Of::Organization,
        Of::Role,
        Of::Instance,
        Of::Configuration,
        Of::ElementId,
    ] {
        for number in 0..foreign.of(kind).len() {
            values.add(kind, format!("{}", 7_000_000_000 + number));
        }
    }
    // As long as theirs: errors of filters name columns.
    for kind in [Of::Email, Of::Element, Of::Word, Of::IdempotencyKey] {
        for value in foreign.of(kind) {
            values.add(kind, value.replace("zq1", "xv7").replace("Zq1", "Xv7"));
        }
    }
    for token in foreign.of(Of::PageToken) {
        values.add(Of::PageToken, damaged(token));
    }
    for _ in foreign.of(Of::ETag) {
        values.add(Of::ETag, "\"8999999\"");
    }
    Ok(values)
}

/// The same with another letter in the middle.
fn damaged(text: &str) -> String {
    let middle = text.len() / 2;
    let letters = text.char_indices().map(|(place, letter)| match letter {
        'A' if place == middle => 'B',
        _ if place == middle => 'A',
        _ => letter,
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::damaged;

    #[test]
    fn a_damaged_token_differs_in_one_letter() {
        assert_eq!(damaged("xyz"), "xAz");
        assert_eq!(damaged("xAz"), "xBz");
    }
}
