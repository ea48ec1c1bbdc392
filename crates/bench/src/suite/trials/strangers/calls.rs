//! Calls at random over every route of the server's own document. Each is made twice: once with what belongs to another organization, and
//! once with what nobody has, in the same places.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    super::Dice,
    values::{Cast, Of, Text, Values},
};
use crate::request::{self, BASE};

/// Among so many calls is at most one with an `Idempotency-Key`.
pub(super) const CALLS_FOR_A_KEY: u64 = 20;

/// An operation of the document.
pub(super) struct Route {
    method: String,
    path: String,
    /// Names of the parameters in its query.
    query: Vec<String>,
}

/// Every operation below the base path.
pub(super) fn routes(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        let Some(below) = path.strip_prefix(BASE) else {
            continue;
        };
        for (method, operation) in operations.as_object().into_iter().flatten() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let resolved = parameters.map(|one| match one["$ref"].as_str() {
                Some(place) => document.pointer(&place[1..]).unwrap_or(one),
                None => one,
            });
            let query = resolved.filter(|one| one["in"] == "query");
            routes.push(Route {
                method: method.to_uppercase(),
                path: below.to_owned(),
                query: query
                    .filter_map(|one| one["name"].as_str().map(str::to_owned))
                    .collect(),
            });
        }
    }
    routes
}

impl Route {
    fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// Names of the parameters in its path that belong to somebody.
    fn parameters(&self) -> Vec<&str> {
        let parts = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        parts.filter(|name| *name != "key").collect()
    }

    /// The contract (section 8) answers these by whether an account is of another organization or of nobody: 403 or 404. Whatever key is
    /// new is registered by whoever names it, so a POST with it is no stranger's.
    fn tells_by_contract(&self) -> bool {
        self.path == "/accounts/{account}/roles/{key}"
    }

    fn makes_what_it_names(&self) -> bool {
        self.method == "POST" && self.path == "/elements/{element}/instances"
    }
}

/// One call, without the values.
pub(super) struct Call<'r> {
    pub(super) route: &'r Route,
    path: Text,
    query: Vec<(&'r str, Text)>,
    headers: Vec<(&'static str, Text)>,
    authorization: Text,
    body: Option<Text>,
}

/// The call with this number. Nothing that it asks for may change what the caller's organization has: whatever writes is about something of
/// the other values, or is refused for its body or its credentials.
pub(super) fn call<'r>(routes: &'r [Route], cast: &Cast, number: u64) -> Option<Call<'r>> {
    let mut dice = Dice::new(number);
    let route = dice.pick(routes)?;
    let parameters = route.parameters();
    let harmless = ["/accounts", "/organizations/users", "/instances"]
        .contains(&route.path.as_str())
        && route.method == "POST";
    let entitled =
        route.reads() || harmless || (!parameters.is_empty() && !route.makes_what_it_names());
    let mut call = Call {
        route,
        path: Text::default(),
        query: Vec::new(),
        headers: Vec::new(),
        authorization: Text::fixed(dice.pick(cast.own.of(Of::Credentials))?),
        body: None,
    };
    if !entitled || dice.once_in(12) {
        call.authorization = value(cast, &mut dice, Of::Credentials)?;
    }
    let foreign = fill(&mut call, cast, &mut dice, &parameters)?;
    ask(&mut call, cast, &mut dice)?;
    if foreign && dice.once_in(4) {
        let name = if route.reads() {
            "If-None-Match"
        } else {
            "If-Match"
        };
        call.headers.push((name, value(cast, &mut dice, Of::ETag)?));
    }
    // Each is sent once: what a caller has sent with it before, tells it apart.
    if route.method == "POST" && number.is_multiple_of(CALLS_FOR_A_KEY) {
        let place = usize::try_from(number / CALLS_FOR_A_KEY).ok()?;
        let key = Text::value(Of::IdempotencyKey, place);
        call.headers.push(("Idempotency-Key", key));
    }
    if !route.reads() && route.method != "DELETE" {
        call.body = Some(body(cast, &mut dice, route, parameters.last().copied())?);
    }
    Some(call)
}

/// Puts values into the path; says whether one of them belongs to a stranger.
fn fill(call: &mut Call<'_>, cast: &Cast, dice: &mut Dice, parameters: &[&str]) -> Option<bool> {
    let of_stranger = usize::try_from(dice.roll(parameters.len() as u64)).ok()?;
    let (mut place, mut any) = (0, false);
    for part in call.route.path.split('/').skip(1) {
        call.path.push("/");
        let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        else {
            call.path.push(part);
            continue;
        };
        if name == "key" {
            call.path
                .push(dice.pick(&["org-admin", "admin", "org", "default-user"])?);
            continue;
        }
        let kind = kind(name, dice)?;
        // What writes has a stranger's value at one place at the least.
        let stranger = place == of_stranger && (!call.route.reads() || !dice.once_in(4));
        if stranger || dice.once_in(2) {
            call.path.append(value(cast, dice, kind)?);
            any = true;
        } else {
            call.path.push(dice.pick(cast.own.of(kind))?);
        }
        place += 1;
    }
    Some(any)
}

/// `None`: a parameter that nobody has told this trial of.
fn kind(parameter: &str, dice: &mut Dice) -> Option<Of> {
    let kind = match parameter {
        "account" => Of::Account,
        "organization" => Of::Organization,
        "role" => Of::Role,
        "instance" => Of::Instance,
        "configuration" => Of::Configuration,
        "element" if dice.once_in(2) => Of::ElementId,
        "element" => Of::Element,
        // Only reads take an e-mail; of what writes, it is no number.
        "user" if dice.once_in(4) => Of::Email,
        "user" => Of::User,
        _ => return None,
    };
    Some(kind)
}

/// A value that is a stranger's or nobody's.
fn value(cast: &Cast, dice: &mut Dice, kind: Of) -> Option<Text> {
    let place = dice.roll(cast.foreign.of(kind).len() as u64);
    Some(Text::value(kind, usize::try_from(place).ok()?))
}

/// Puts parameters into the query.
fn ask(call: &mut Call<'_>, cast: &Cast, dice: &mut Dice) -> Option<()> {
    for name in &call.route.query {
        let often = matches!(name.as_str(), "where" | "pageSize");
        if !(often && !dice.once_in(4) || dice.once_in(4)) {
            continue;
        }
        let of = |dice: &mut Dice, kind| value(cast, dice, kind);
        let text = match name.as_str() {
            "where" => filter(cast, dice, &call.route.path)?,
            "pageSize" => Text::fixed(*dice.pick(&["1", "2", "5", "5", "20", "1000"])?),
            "offset" => Text::fixed(*dice.pick(&["0", "1", "3", "300"])?),
            "orderBy" => {
                Text::fixed(*dice.pick(&["id desc", "createdDate", "name", "name desc"])?)
            }
            "fields" => Text::fixed(*dice.pick(&["id", "name", "email"])?),
            "nextPage" => of(dice, Of::PageToken)?,
            "includeInactive" | "includeTotal" | "permanent" => Text::fixed("true"),
            "tags[]" | "searchText" => of(dice, Of::Word)?,
            "userId" => of(dice, Of::User)?,
            "accountId" => of(dice, Of::Account)?,
            "from" | "to" => Text::fixed(*dice.pick(&["2001-01-01", "2199-12-31"])?),
            "overlapHours" => Text::fixed("1"),
            _ => return None,
        };
        call.query.push((name, text));
    }
    Some(())
}

/// A filter with something of a stranger's in it.
fn filter(cast: &Cast, dice: &mut Dice, path: &str) -> Option<Text> {
    let fields: &[(&str, Of)] = if path.ends_with("/instances") {
        &[
            ("id", Of::Instance),
            ("userId", Of::User),
            ("accountId", Of::Account),
            ("elementId", Of::ElementId),
            ("elementKey", Of::Element),
            ("name", Of::Word),
            ("tag", Of::Word),
        ]
    } else if path.ends_with("/users") {
        &[
            ("id", Of::User),
            ("email", Of::Email),
            ("username", Of::Email),
            ("accountId", Of::Account),
            ("instanceId", Of::Instance),
            ("elementKey", Of::Element),
            ("lastName", Of::Word),
            ("fullName", Of::Word),
        ]
    } else if path == "/elements" {
        &[
            ("id", Of::ElementId),
            ("key", Of::Element),
            ("name", Of::Element),
        ]
    } else {
        // Equal numbers alone: whether theirs are greater than one's own is no secret.
        &[
            ("id", Of::Account),
            ("name", Of::Word),
            ("externalId", Of::Word),
        ]
    };
    let mut filter = Text::default();
    for term in 0..=dice.roll(3) {
        if term > 0 {
            filter.push(dice.pick(&[" OR ", " AND ", " OR NOT ", " AND NOT "])?);
        }
        let (field, kind) = *dice.pick(fields)?;
        let quoted = !matches!(kind, Of::User | Of::Account | Of::Instance | Of::ElementId);
        let (begin, end): (&str, &str) = if quoted {
            *dice.pick(&[
                (" = '", "'"),
                (" LIKE '%", "%'"),
                (" LIKE '", "%'"),
                (" NOT LIKE '%", "'"),
                (" IN ('x', '", "')"),
            ])?
        } else {
            *dice.pick(&[(" = ", ""), (" != ", ""), (" IN (1, ", ")")])?
        };
        filter.push(field).push(begin);
        filter.append(value(cast, dice, kind)?);
        filter.push(end);
    }
    Some(filter)
}

/// A body. With it nothing comes about in the caller's own organization.
fn body(cast: &Cast, dice: &mut Dice, route: &Route, last: Option<&str>) -> Option<Text> {
    let mut body = Text::default();
    match (route.method.as_str(), last, route.path.as_str()) {
        // What is missing is the first name.
        ("POST", None, "/organizations/users") => {
            body.push(r#"{"lastName":"S","email":""#);
            body.append(value(cast, dice, Of::Email)?);
            body.push(r#""}"#);
        }
        ("POST", None, "/instances") => {
            body.push(r#"{"name":"S","element":{"id":"#);
            body.append(value(cast, dice, Of::ElementId)?);
            body.push("}}");
        }
        ("POST", None, _) => {
            body.push("{}");
        }
        ("POST", Some("account"), _) => {
            body.push(r#"{"firstName":"S","lastName":"S","email":"new@stranger.example"}"#);
        }
        ("POST", ..) => {
            body.push(r#"{"externalId":"new","name":"new"}"#);
        }
        (_, Some("account"), _) => {
            body.push(dice.pick(&[
                r#"{"name":"S"}"#,
                r#"{"active":false}"#,
                r#"{"externalId":"S"}"#,
            ])?);
        }
        (_, Some("role"), _) => {
            body.push(r#"{"name":"S","privileges":[{"key":"viewUsersOrg"}]}"#);
        }
        (_, Some("configuration"), _) => {
            body.push(r#"{"propertyValue":"S"}"#);
        }
        (_, Some("instance"), _) => {
            body.push(dice.pick(&[
                r#"{"name":"S"}"#,
                r#"{"tags":["S"]}"#,
                r#"{"name":"S","configuration":{"a":"b"}}"#,
            ])?);
        }
        _ => {
            body.push(dice.pick(&[
                r#"{"city":"S"}"#,
                r#"{"active":false}"#,
                r#"{"roles":[{"key":"org-admin"}]}"#,
                r#"{"firstName":"S","lastName":"S","email":"new@stranger.example"}"#,
            ])?);
        }
    }
    Some(body)
}

impl Call<'_> {
    /// The bytes of the request, with these values.
    pub(super) fn write(&self, values: &Values, out: &mut Vec<u8>) {
        out.clear();
        let mut path = format!("{BASE}{}", self.path.render(values));
        let mut sign = '?';
        for (name, text) in &self.query {
            let text = text.render(values);
            let text = utf8_percent_encode(&text, NON_ALPHANUMERIC);
            // Writing to a String cannot fail.
            let _ = write!(path, "{sign}{name}={text}");
            sign = '&';
        }
        let mut headers = String::new();
        for (name, text) in &self.headers {
            let _ = write!(headers, "{name}: {}\r\n", text.render(values));
        }
        let body = self.body.as_ref().map(|body| body.render(values));
        let authorization = self.authorization.render(values);
        request::write(
            out,
            (&self.route.method, &path),
            &authorization,
            &headers,
            body.as_deref(),
        );
    }

    /// A reply to nobody's values as it would be to the foreign ones, if nothing else told them apart.
    pub(super) fn translated(&self, cast: &Cast, reply: &str) -> String {
        let mut reply = reply.to_owned();
        let queries = self.query.iter().map(|(_, text)| text);
        let texts = [&self.path].into_iter().chain(queries).chain(&self.body);
        for (kind, place) in texts.flat_map(Text::values) {
            let (nobody, foreign) = (cast.nobody.get(kind, place), cast.foreign.get(kind, place));
            reply = replaced(&reply, nobody, foreign);
        }
        reply
    }

    /// Whether it comes with credentials that are good: a wrong one with a right checksum is looked for, and others are not.
    pub(super) fn is_entitled(&self) -> bool {
        self.authorization.values().next().is_none()
    }

    /// Whether the contract says that a stranger's things are told from nobody's here.
    pub(super) fn tells_by_contract(&self) -> bool {
        self.route.tells_by_contract()
    }
}

/// Every `old` that is no part of a longer number by `new`.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !old.is_empty()
        && let Some(place) = rest.find(old)
    {
        let (before, behind) = (&rest[..place], &rest[place + old.len()..]);
        let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        let part = digit(before.chars().next_back()) || digit(behind.chars().next());
        out.push_str(before);
        out.push_str(if part { old } else { new });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cast() -> Cast {
        let values = |mark: &str| {
            let mut values = Values::default();
            for kind in [
                Of::User,
                Of::Email,
                Of::Account,
                Of::Organization,
                Of::Role,
                Of::Instance,
                Of::Configuration,
                Of::Element,
                Of::ElementId,
                Of::Word,
                Of::PageToken,
                Of::ETag,
                Of::IdempotencyKey,
                Of::Credentials,
            ] {
                values.add(kind, format!("{mark}-{kind:?}"));
            }
            values
        };
        Cast {
            own: values("own"),
            foreign: values("foreign"),
            nobody: values("nobody"),
        }
    }

    fn document() -> Value {
        json!({"paths": {
            "/healthz": {"get": {}},
            "/elements/api-v2/users": {"get": {"parameters": [{"$ref": "#/components/parameters/where"}]}},
            "/elements/api-v2/users/{user}": {"delete": {}, "parameters": []},
            "/elements/api-v2/organizations/me": {"put": {}}
        }, "components": {"parameters": {"where": {"in": "query", "name": "where"}}}})
    }

    #[test]
    fn routes_are_those_below_the_base_path_with_their_queries() {
        let routes = routes(&document());
        let mut names: Vec<_> = routes
            .iter()
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "DELETE /users/{user}",
                "GET /users",
                "PUT /organizations/me"
            ]
        );
        let list = routes.iter().find(|route| route.path == "/users").unwrap();
        assert_eq!(list.query, ["where"]);
    }

    #[test]
    fn what_writes_is_about_strangers_or_has_wrong_credentials() {
        let (routes, cast) = (routes(&document()), cast());
        let mut out = Vec::new();
        for number in 0..2000 {
            let call = call(&routes, &cast, number).unwrap();
            call.write(&cast.foreign, &mut out);
            let text = String::from_utf8(out.clone()).unwrap();
            if call.route.method != "GET" {
                assert!(text.contains("foreign-"), "{text}");
            }
            call.write(&cast.nobody, &mut out);
            assert!(!String::from_utf8(out.clone()).unwrap().contains("foreign-"));
        }
    }

    #[test]
    fn a_reply_is_translated_where_it_names_the_whole_value() {
        assert_eq!(
            replaced("No user 75, not 175 or 751: 75", "75", "8"),
            "No user 8, not 175 or 751: 8"
        );
        assert_eq!(replaced("text", "", "8"), "text");
    }
}
