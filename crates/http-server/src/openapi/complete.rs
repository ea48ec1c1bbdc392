//! Adds to what handlers say about themselves what they have in common, by rules that read like the server's code:
//! whoever takes `If-Match` may answer 412, whoever reads a body may answer 413, and so on.

use std::collections::BTreeSet;

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
        let own = operation.get("tags").and_then(Value::as_array);
        tags.extend(own.into_iter().flatten().cloned());
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
    fn complete(&self, path: &str, method: &str, operation: &mut Map<String, Value>) {
        let id = operation_id(path.strip_prefix(self.base).unwrap_or(path), method);
        operation.insert("operationId".to_owned(), id.into());
        if method == "post" && !is_open(operation) {
            let key = json!({"name": "Idempotency-Key", "in": "header"});
            let own = operation.remove("parameters").map(array);
            let mut parameters = own.unwrap_or_default();
            parameters.push(key);
            operation.insert("parameters".to_owned(), parameters.into());
        }
        let errors = self.errors(path, operation);
        let is_list = takes(operation, "nextPage");
        let own = operation
            .remove("responses")
            .map(object)
            .unwrap_or_default();
        let responses = self.responses(own, &errors, is_list);
        operation.insert("responses".to_owned(), responses);
        let own = operation
            .remove("parameters")
            .map(array)
            .unwrap_or_default();
        let parameters = self.parameters(path, method, own);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(Value::Object(body)) = operation.get_mut("requestBody") {
            body.insert("required".to_owned(), true.into());
        }
        if !path.starts_with(self.base) {
            operation.insert("security".to_owned(), json!([]));
        }
    }

    /// The statuses that an operation may answer by its nature.
    fn errors(&self, path: &str, operation: &Map<String, Value>) -> Vec<&'static str> {
        if !path.starts_with(self.base) {
            return Vec::new();
        }
        let mut errors = ERRORS_OF_ALL.to_vec();
        if !is_open(operation) {
            errors.push("403");
        }
        // A list of pages alone may be empty; one that is filtered never is.
        if takes(operation, "where") || path.contains('{') {
            errors.push("404");
        }
        if operation.contains_key("requestBody") {
            errors.extend(ERRORS_OF_BODIES);
        }
        if takes(operation, "Idempotency-Key") {
            errors.extend(["409", "422"]);
        }
        if takes(operation, "If-Match") {
            errors.push("412");
        }
        if takes(operation, "If-None-Match") {
            errors.push("304");
        }
        errors
    }

    fn responses(&self, mut own: Map<String, Value>, errors: &[&str], is_list: bool) -> Value {
        let success = own.remove("200").map(object).unwrap_or_default();
        let mut all = Map::new();
        all.insert("200".to_owned(), self.success(success, is_list));
        let statuses: BTreeSet<&str> = errors
            .iter()
            .copied()
            .chain(own.keys().map(String::as_str))
            .collect();
        for status in statuses {
            let described = own
                .get(status)
                .and_then(|own| own["description"].as_str())
                .unwrap_or_default();
            let shared = shared::RESPONSES
                .iter()
                .find(|(known, _, _)| *known == status);
            let response = match shared {
                Some((_, name, _)) if described.is_empty() => reference("responses", name),
                _ => shared::response(status, described),
            };
            all.insert(status.to_owned(), response);
        }
        Value::Object(all)
    }

    fn success(&self, own: Map<String, Value>, is_list: bool) -> Value {
        let mut headers = vec!["Elements-Request-Id"];
        if is_list {
            headers.extend(LIST_HEADERS);
        }
        let mut success = Value::Object(own);
        if body(&success).is_some_and(|schema| self.revised.contains(schema)) {
            headers.push("ETag");
        }
        if success["description"].as_str().is_none_or(str::is_empty) {
            success["description"] = "Done.".into();
        }
        for name in headers {
            success["headers"][name] = reference("headers", name);
        }
        success
    }

    /// Those of the path come first; those that are shared become references.
    fn parameters(&self, path: &str, method: &str, own: Vec<Value>) -> Vec<Value> {
        let mut all = Vec::new();
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            let one_user = name == "user" && method == "get" && path.ends_with('}');
            let (schema, description) = if one_user {
                shared::email_or_id()
            } else {
                shared::path_parameter(name)
            };
            all.push(json!({"name": name, "in": "path", "required": true, "schema": schema, "description": description}));
        }
        for parameter in own {
            let name = parameter["name"].as_str().unwrap_or_default();
            all.push(match self.parameters.get(name) {
                Some(shared) if shared["in"] == parameter["in"] => reference("parameters", name),
                _ => parameter,
            });
        }
        all
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
        .filter_map(|(_, _, operation)| body(&operation["responses"]["200"]).cloned())
        .collect()
}

/// All schemas. Those of replies never say `null`: what is absent is left out.
fn schemas(of_handlers: Value, paths: &mut Value) -> Value {
    let requests: Vec<Value> = operations(paths)
        .into_iter()
        .filter_map(|(_, _, operation)| body(operation.get("requestBody")?).cloned())
        .map(|schema| schema.get("items").cloned().unwrap_or(schema))
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
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(Map::values_mut) {
        if let Some(kinds) = property.get_mut("type").and_then(Value::as_array_mut) {
            kinds.retain(|kind| kind != "null");
            if let [kind] = kinds.as_slice() {
                property["type"] = kind.clone();
            }
        }
        if let Some(choices) = property.get_mut("oneOf").and_then(Value::as_array_mut) {
            choices.retain(|choice| choice["type"] != "null");
            if let [choice] = choices.as_slice() {
                *property = choice.clone();
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

/// Whether the operation is called without credentials.
fn is_open(operation: &Map<String, Value>) -> bool {
    operation.get("security") == Some(&json!([{}]))
}

/// Whether the operation has the parameter.
fn takes(operation: &Map<String, Value>, name: &str) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
}

/// The schema of the body of a request or a response.
fn body(message: &Value) -> Option<&Value> {
    message.get("content")?.get(JSON)?.get("schema")
}

/// All operations: path, method, operation.
fn operations(paths: &mut Value) -> Vec<(&str, &str, &mut Map<String, Value>)> {
    let mut all = Vec::new();
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Value::Object(operation) = operation {
                all.push((path.as_str(), method.as_str(), operation));
            }
        }
    }
    all
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
