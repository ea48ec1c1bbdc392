//! Adds to what handlers say about themselves what they have in common, by rules that read like the server's code:
//! whoever takes `If-Match` may answer 412, whoever reads a body may answer 413, and so on.

use serde_json::{Map, Value, json};
use tenantry_wire::error::{ErrorBody, FieldProblem, ProblemBody};
use utoipa::PartialSchema;

use super::shared::{self, reference};

const JSON: &str = "application/json";
const ERRORS_OF_ALL: [&str; 6] = ["400", "401", "406", "429", "500", "503"];
const ERRORS_OF_BODIES: [&str; 3] = ["408", "413", "415"];
const LIST_HEADERS: [&str; 4] = [
    "Elements-Returned-Count",
    "Elements-Total-Count",
    "Elements-Next-Page-Token",
    "Elements-Error",
];

/// `document`, as the handlers describe it, completed. What lies below `base` needs credentials, unless it says otherwise.
pub(super) fn document(mut document: Value, base: &str) -> Value {
    let mut paths = document["paths"].take();
    let mut components = shared::components();
    components["schemas"] = schemas(document["components"]["schemas"].take(), &mut paths);
    let rules = Rules {
        base,
        parameters: &components["parameters"],
        revised: &revised(&mut paths),
    };
    let mut tags = Vec::new();
    for (path, method, operation) in operations(&mut paths) {
        tags.extend(operation["tags"][0].as_str().map(str::to_owned));
        rules.complete(path, method, operation);
    }
    let used = shared::TAGS
        .iter()
        .filter(|(name, _)| tags.iter().any(|tag| tag == name));
    document["tags"] = used
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    document["security"] = json!([{"secrets": []}, {"token": []}]);
    keep_used(&mut components, &paths);
    document["paths"] = paths;
    document["components"] = components;
    document
}

/// What decides about an operation, beside itself.
struct Rules<'a> {
    base: &'a str,
    /// The shared parameters.
    parameters: &'a Value,
    /// The schemas that have a revision.
    revised: &'a [Value],
}

impl Rules<'_> {
    fn complete(&self, path: &str, method: &str, operation: &mut Value) {
        operation["operationId"] =
            operation_id(path.strip_prefix(self.base).unwrap_or(path), method).into();
        let is_list = takes(operation, "nextPage");
        let mut errors = Vec::new();
        if path.starts_with(self.base) {
            errors.extend(ERRORS_OF_ALL);
            if operation.get("security").is_none() {
                errors.push("403");
            }
            if is_list || path.contains('{') {
                errors.push("404");
            }
            if operation.get("requestBody").is_some() {
                errors.extend(ERRORS_OF_BODIES);
            }
            if takes(operation, "If-Match") {
                errors.push("412");
            }
            if takes(operation, "If-None-Match") {
                errors.push("304");
            }
        } else {
            operation["security"] = json!([]);
        }
        self.responses(operation, &errors, is_list);
        self.parameters(path, method, operation);
        if let Some(body) = operation.get_mut("requestBody") {
            body["required"] = true.into();
        }
    }

    fn responses(&self, operation: &mut Value, errors: &[&str], is_list: bool) {
        let mut responses = operation["responses"].take();
        for (status, name, _) in shared::RESPONSES {
            let described = responses[*status]["description"]
                .as_str()
                .unwrap_or_default();
            if !described.is_empty() {
                responses[*status] = shared::response(status, described);
            } else if errors.contains(status)
                || responses
                    .get(*status)
                    .is_some_and(|response| !response.is_null())
            {
                responses[*status] = reference("responses", name);
            }
        }
        let success = &mut responses["200"];
        if success["description"].as_str().is_none_or(str::is_empty) {
            success["description"] = "Done.".into();
        }
        let mut headers = vec!["Elements-Request-Id"];
        if is_list {
            headers.extend(LIST_HEADERS);
        }
        if self.revised.contains(answer(success)) {
            headers.push("ETag");
        }
        for name in headers {
            success["headers"][name] = reference("headers", name);
        }
        let mut sorted: Vec<_> = object(responses)
            .into_iter()
            .filter(|(_, response)| !response.is_null())
            .collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        operation["responses"] = Value::Object(sorted.into_iter().collect());
    }

    /// Those of the path come first; those that are shared become references.
    fn parameters(&self, path: &str, method: &str, operation: &mut Value) {
        let mut all = Vec::new();
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            let one_user = name == "user" && method == "get" && path.ends_with('}');
            let described = if one_user {
                Some(shared::email_or_id())
            } else {
                shared::path_parameter(name)
            };
            let (schema, description) = described.unwrap_or((json!({"type": "string"}), ""));
            all.push(json!({"name": name, "in": "path", "required": true, "schema": schema, "description": description}));
        }
        // Not by index, which would leave a `null` where there are none.
        let own = operation.get_mut("parameters").map(Value::take);
        for own in array(own.unwrap_or_default()) {
            let shared = self
                .parameters
                .get(own["name"].as_str().unwrap_or_default());
            let is_shared = shared.is_some_and(|shared| shared["in"] == own["in"]);
            all.push(match own["name"].as_str() {
                Some(name) if is_shared => reference("parameters", name),
                _ => own,
            });
        }
        if !all.is_empty() {
            operation["parameters"] = all.into();
        }
    }
}

/// `get` and `/accounts/{account}/users` make `getAccountsByAccountUsers`.
fn operation_id(path: &str, method: &str) -> String {
    let words = path.split(['/', '-', '.']).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |mut id, word| {
        let name = word.trim_matches(['{', '}']);
        if name != word {
            id.push_str("By");
        }
        let (first, rest) = name.split_at(name.len().min(1));
        id.push_str(&first.to_uppercase());
        id.push_str(rest);
        id
    })
}

/// The schemas of replies to those who may send `If-None-Match`. Whoever else answers them sends the tag along.
fn revised(paths: &mut Value) -> Vec<Value> {
    operations(paths)
        .into_iter()
        .filter(|(_, _, operation)| takes(operation, "If-None-Match"))
        .map(|(_, _, operation)| answer(&operation["responses"]["200"]).clone())
        .collect()
}

/// All schemas. Those of replies never say `null`: what is absent is left out.
fn schemas(of_handlers: Value, paths: &mut Value) -> Value {
    let requests: Vec<Value> = operations(paths)
        .into_iter()
        .map(|(_, _, operation)| operation["requestBody"]["content"][JSON]["schema"].clone())
        .map(|mut schema| {
            if schema["items"].is_null() {
                schema
            } else {
                schema["items"].take()
            }
        })
        .collect();
    let mut all: Vec<(String, Value)> = object(of_handlers).into_iter().collect();
    for (name, schema) in [
        ("Error", ErrorBody::schema()),
        ("Problem", ProblemBody::schema()),
        ("FieldProblem", FieldProblem::schema()),
    ] {
        all.push((
            name.to_owned(),
            serde_json::to_value(schema).unwrap_or_default(),
        ));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, schema) in &mut all {
        if !requests.contains(&reference("schemas", name)) {
            without_null(schema);
        }
    }
    Value::Object(all.into_iter().collect())
}

/// The schema without the possibility of `null` in its properties.
fn without_null(schema: &mut Value) {
    let Some(properties) = schema["properties"].as_object_mut() else {
        return;
    };
    for property in properties.values_mut() {
        if let Some(kinds) = property.get_mut("type").and_then(Value::as_array_mut) {
            kinds.retain(|kind| kind != "null");
            if let [kind] = kinds.as_slice() {
                property["type"] = kind.clone();
            }
        }
    }
}

/// Drops the shared parameters and responses that no operation has.
fn keep_used(components: &mut Value, paths: &Value) {
    let text = paths.to_string();
    for kind in ["parameters", "responses"] {
        if let Some(all) = components[kind].as_object_mut() {
            all.retain(|name, _| text.contains(&format!("#/components/{kind}/{name}\"")));
        }
    }
}

/// Whether the operation has the parameter.
fn takes(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
}

/// The schema of a reply.
fn answer(response: &Value) -> &Value {
    &response["content"][JSON]["schema"]
}

/// All operations: path, method, operation.
fn operations(paths: &mut Value) -> Vec<(&str, &str, &mut Value)> {
    let paths = paths.as_object_mut().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object_mut().into_iter().flatten();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(array) => array,
        _ => Vec::new(),
    }
}
