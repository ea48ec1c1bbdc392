//! Every route with every kind of caller: `docs/route-table.md` is what the server answers, and each answer is one that
//! the OpenAPI document describes, to the last field.
//!
//! The rows come from the document, so a new route has one without more ado. What a request needs is made of the
//! document as well: parameters of the path by their names ([`Target`]), bodies from the examples of their schemas. Run with
//! `TENANTRY_TEST_UPDATE=1` to write the file anew.

use std::fmt::Write as _;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use tenantry_domain::{ConfigurationText, ConfigurationValue, InstanceDraft, UserDraft};
use tenantry_testkit::samples;

use crate::{
    openapi::{document, operations},
    schema::{check, example, resolved},
    support::{BASE, Caller, Reply, World},
};

/// The element in the catalog.
const ELEMENT: &str = "hubspotcrm";
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/route-table.md");

/// The user that calls are about, calling through the instance that they are about.
const THROUGH_INSTANCE: &str = "User tu_pippin@buckland.example, Element ti_pippin";

/// The columns, and who is calling with what.
fn callers() -> Vec<(&'static str, Option<String>)> {
    let wrong = "User tu_nobody, Organization to_Shire".to_owned();
    vec![
        ("no credentials", None),
        ("wrong credentials", Some(wrong)),
        ("`org-admin`", Caller::OrgAdmin.authorization()),
        ("`admin`", Caller::AccountAdmin.authorization()),
        ("`org`", Caller::OrgUser.authorization()),
        ("`default-user`", Caller::DefaultUser.authorization()),
        ("another organization", Caller::Stranger.authorization()),
        ("`sys-admin`", Caller::Operator.authorization()),
        ("through an instance", Some(THROUGH_INSTANCE.to_owned())),
    ]
}

/// A world with something of everything to call about, all of it in the account Buckland.
struct Target {
    world: World,
    user: String,
    role: String,
    instance: String,
    configuration: String,
}

impl Target {
    async fn new() -> Self {
        let world = World::new().await;
        let draft = UserDraft {
            // What the document's example of a login says.
            password: Some(samples::password_hash("Second-breakfast-1")),
            ..samples::user_draft(world.buckland, "pippin@buckland.example")
        };
        let change = samples::change();
        let users = &world.repositories.users;
        let user = users.create(world.shire, &draft, &change).await.unwrap();
        let user = user.id;
        let key = samples::text("site.address");
        let value = ConfigurationText::parse("shire.example").unwrap();
        let draft = InstanceDraft {
            token: samples::secret("ti_pippin"),
            configuration: vec![(key, ConfigurationValue::Clear(value))],
            ..samples::instance_draft(user, ELEMENT, "Sales")
        };
        let instances = &world.repositories.instances;
        let instance = instances.create(world.shire, &draft, &change);
        let instance = instance.await.unwrap();
        let roles = world.call(Caller::OrgAdmin, "GET", "/organizations/roles");
        let roles = roles.await.ok().json();
        let role = roles
            .as_array()
            .unwrap()
            .iter()
            .find(|role| role["key"] == "org");
        let role = role.unwrap()["id"].to_string();
        Self {
            world,
            user: user.to_string(),
            role,
            instance: instance.id.to_string(),
            configuration: instance.configuration[0].id.to_string(),
        }
    }

    /// A new one if the call may have changed something.
    async fn renewed_after(self, route: &Route<'_>, reply: &Reply) -> Self {
        let refused = reply.status.is_client_error() && !route.takes_a_role_away();
        if route.method == "get" || refused {
            return self;
        }
        Self::new().await
    }

    /// The path with its parameters filled in.
    fn fill(&self, path: &str) -> String {
        let mut filled = path.to_owned();
        for (name, value) in [
            ("user", self.user.as_str()),
            ("account", &self.world.buckland.to_string()),
            ("organization", &self.world.shire.to_string()),
            ("role", &self.role),
            ("key", "admin"),
            ("instance", &self.instance),
            ("configuration", &self.configuration),
            ("element", ELEMENT),
        ] {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        assert!(
            !filled.contains('{'),
            "{path}: give its parameter a value in Target::fill"
        );
        filled
    }

    /// Calls the operation with the body that its schema has for an example, unless another one is given.
    async fn call(
        &self,
        authorization: Option<&str>,
        route: &Route<'_>,
        body: Option<&Value>,
    ) -> Reply {
        let path = self.fill(route.path);
        if route.takes_a_role_away() {
            // Only what was granted can be taken away.
            let below = path.strip_prefix(BASE).unwrap();
            self.world.call(Caller::OrgAdmin, "PUT", below).await.ok();
        }
        let example = route.body().map(|schema| example(route.document, schema));
        let body = body.cloned().or(example);
        let mut request = Request::builder()
            .method(route.method.to_uppercase().as_str())
            .uri(path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        self.world.request(request.body(body).unwrap()).await
    }
}

/// An operation of the document.
struct Route<'d> {
    document: &'d Value,
    path: &'d str,
    method: &'d str,
    operation: &'d Value,
}

impl<'d> Route<'d> {
    fn all(document: &'d Value) -> Vec<Self> {
        let routes = operations(document).into_iter();
        routes
            .map(|(path, method, operation)| Self {
                document,
                path,
                method,
                operation,
            })
            .collect()
    }

    fn name(&self) -> String {
        format!(
            "{} {}",
            self.method.to_uppercase(),
            self.path.strip_prefix(BASE).unwrap_or(self.path)
        )
    }

    /// Who may call it: an administrator, the operator, or a caller through the instance.
    fn entitled(&self) -> Option<String> {
        if self.path.ends_with("/signup-partners") {
            return Caller::Operator.authorization();
        }
        if self.operation["security"][0]["instance"].is_null() {
            return Caller::OrgAdmin.authorization();
        }
        Some(THROUGH_INSTANCE.to_owned())
    }

    fn takes_a_role_away(&self) -> bool {
        self.method == "delete" && self.path.ends_with("/roles/{key}")
    }

    /// The schema of the body of a request.
    fn body(&self) -> Option<&'d Value> {
        self.operation
            .pointer("/requestBody/content/application~1json/schema")
    }

    /// Panics unless the document describes this reply: status, headers, and body.
    fn expect(&self, reply: &Reply) {
        let name = format!("{} {}", self.name(), reply.status.as_u16());
        let described = &self.operation["responses"][reply.status.as_str()];
        assert!(
            described.is_object(),
            "{name} is answered and not described: {}",
            reply.text
        );
        let described = resolved(self.document, described);
        let headers = described["headers"].as_object().unwrap();
        for (header, description) in headers {
            let required = resolved(self.document, description)["required"] == true;
            assert!(
                !required || reply.header(header).is_some(),
                "{name} has no {header}"
            );
        }
        for header in ["ETag", "Elements-Returned-Count"] {
            assert!(
                headers.contains_key(header)
                    || reply.header(header).is_none()
                    || reply.status.as_u16() == 404,
                "{name} has an undescribed {header}"
            );
        }
        let content = described["content"].as_object();
        let Some((media, content)) = content.and_then(|content| content.iter().next()) else {
            assert_eq!(reply.text, "", "{name} has an undescribed body");
            return;
        };
        let sent = reply.header("content-type").unwrap_or_default();
        assert!(
            sent.starts_with(media.as_str()),
            "{name} is {sent}, not {media}"
        );
        if media == "application/json" {
            check(self.document, &content["schema"], &reply.json(), &name);
        }
    }
}

fn table(rows: &[(String, Vec<String>)]) -> String {
    let mut out = String::from(
        "# What every route answers to every kind of caller\n\n\
         Generated by `crates/http-server/tests/api/route_table.rs` from what the server answers over the memory store, and \
         compared with it in every test run. Do not edit it; run the test with `TENANTRY_TEST_UPDATE=1` and read the diff.\n\n\
         No call changed anything before another one. It is about a plain user of the account Buckland, an instance of that user, \
         that account, its organization, and the role `admin`, with the example of the [OpenAPI document](openapi.json) for a body. `admin` and \
         `default-user` are users of Buckland, `org-admin` and `org` of the default account; *another organization* is an `org-admin` \
         there, and *through an instance* is that user with the token of that instance and without the organization's secret. Who may reach which target is the matter of [policy-table.md](policy-table.md).\n\n",
    );
    let names: Vec<_> = callers().into_iter().map(|(name, _)| name).collect();
    writeln!(out, "| route | {} |", names.join(" | ")).unwrap();
    writeln!(out, "|---|{}", "---|".repeat(names.len())).unwrap();
    for (name, statuses) in rows {
        writeln!(out, "| `{name}` | {} |", statuses.join(" | ")).unwrap();
    }
    out
}

#[tokio::test]
async fn the_committed_table_is_what_the_server_answers_and_the_document_describes() {
    let document = document(&World::new().await).await;
    let mut rows = Vec::new();
    for route in Route::all(&document) {
        let mut statuses = Vec::new();
        let mut target = Target::new().await;
        for (_, authorization) in callers() {
            let reply = target.call(authorization.as_deref(), &route, None).await;
            target = target.renewed_after(&route, &reply).await;
            route.expect(&reply);
            statuses.push(reply.status.as_u16().to_string());
        }
        rows.push((route.name(), statuses));
    }
    let table = table(&rows);
    if std::env::var_os("TENANTRY_TEST_UPDATE").is_some() {
        std::fs::write(FILE, &table).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == table,
        "docs/route-table.md is out of date; run: TENANTRY_TEST_UPDATE=1 cargo test -p tenantry-http-server --test api"
    );
}

/// The schema of a request is written beside the reader, not made of it: here they are held against each other.
#[tokio::test]
async fn every_described_field_of_a_request_is_read_and_the_required_ones_are_required() {
    let document = document(&World::new().await).await;
    for route in Route::all(&document) {
        let Some(schema) = route.body() else { continue };
        let entitled = route.entitled();
        let whole = example(&document, schema);
        // Of an array, what counts is the item.
        let (schema, item) = match &whole {
            Value::Array(items) => (&schema["items"], &items[0]),
            item => (schema, item),
        };
        let schema = resolved(&document, schema);
        check(&document, schema, item, &route.name());
        let mut target = Target::new().await;
        for field in schema["properties"].as_object().unwrap().keys() {
            for (value, is_refused) in attempts(schema, field) {
                let mut item = item.clone();
                let fields = item.as_object_mut().unwrap();
                fields.remove(field);
                fields.extend(value.clone().map(|value| (field.clone(), value)));
                let body = if whole.is_array() {
                    json!([item])
                } else {
                    item
                };
                let reply = target.call(entitled.as_deref(), &route, Some(&body)).await;
                target = target.renewed_after(&route, &reply).await;
                let is_named =
                    reply.status == 400 && reply.message().contains(&format!("{field} "));
                assert!(
                    is_named == is_refused,
                    "{}: {field} as {value:?} was answered {}: {}",
                    route.name(),
                    reply.status,
                    reply.text
                );
            }
        }
    }
}

/// Values for a field, or none, and whether a 400 that names the field answers them.
fn attempts(schema: &Value, field: &str) -> [(Option<Value>, bool); 3] {
    let has = |texts: &Value, text: &str| {
        texts == text
            || texts
                .as_array()
                .is_some_and(|all| all.contains(&json!(text)))
    };
    let property = &schema["properties"][field];
    let choices = property["oneOf"].as_array().into_iter().flatten();
    let nullable = choices
        .chain([property])
        .any(|choice| has(&choice["type"], "null"));
    let wrong = if has(&property["type"], "array") {
        json!(7)
    } else {
        json!([7])
    };
    [
        (Some(wrong), true),
        (Some(Value::Null), !nullable),
        (None, has(&schema["required"], field)),
    ]
}
