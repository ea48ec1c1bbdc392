//! The document as a page to read: one file of HTML, without scripts, and without anything from elsewhere.

mod markup;

use std::fmt::{self, Write as _};

use serde_json::Value;

use self::markup::{Escaped, Paragraphs, Prose};

const STYLE: &str = include_str!("style.css");

/// What the page may load and do: its own style, which is known by its hash, and nothing else.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-vi6zXqSUC2m2BPUnEOiJ16cVVWAZHlyQGh4eehEcugY='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
pub(crate) fn render(document: &Value) -> String {
    let mut html = String::new();
    // Writing into a `String` cannot fail.
    let _ = Page { document }.write(&mut html);
    html
}

struct Page<'d> {
    document: &'d Value,
}

impl<'d> Page<'d> {
    fn write(&self, out: &mut String) -> fmt::Result {
        let info = &self.document["info"];
        let (title, version) = (
            Escaped(text(&info["title"])),
            Escaped(text(&info["version"])),
        );
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} API</title>\n\
             <style>{STYLE}</style>\n<h1>{title} API {version}</h1>\n{}\
             <p>The same as an OpenAPI document: <a href=\"openapi.json\">openapi.json</a>.</p>\n",
            Paragraphs(text(&info["description"])),
        )?;
        self.contents(out)?;
        self.credentials(out)?;
        for tag in items(&self.document["tags"]) {
            let (name, description) = (text(&tag["name"]), Prose(text(&tag["description"])));
            writeln!(
                out,
                "<h2 id=\"{}\">{}</h2>\n<p>{description}</p>",
                anchor(name),
                Escaped(name)
            )?;
            for (path, method, operation) in self.operations() {
                if operation["tags"][0] == tag["name"] {
                    self.operation(out, path, method, operation)?;
                }
            }
        }
        self.schemas(out)
    }

    fn contents(&self, out: &mut String) -> fmt::Result {
        out.write_str("<nav><ul>\n<li><a href=\"#credentials\">credentials</a>\n")?;
        for tag in items(&self.document["tags"]) {
            let name = text(&tag["name"]);
            writeln!(
                out,
                "<li><a href=\"#{}\">{}</a>",
                anchor(name),
                Escaped(name)
            )?;
        }
        out.write_str("<li><a href=\"#schemas\">schemas</a>\n</ul></nav>\n")
    }

    fn credentials(&self, out: &mut String) -> fmt::Result {
        out.write_str("<h2 id=\"credentials\">credentials</h2>\n<table>\n")?;
        for (name, scheme) in fields(&self.document["components"]["securitySchemes"]) {
            let header = match name {
                "token" => "Authorization: Bearer …",
                "instance" => "Authorization: User …, Element …",
                _ => "Authorization: User …, Organization …",
            };
            writeln!(
                out,
                "<tr><td><code>{header}</code><td>{}",
                Prose(text(&scheme["description"]))
            )?;
        }
        out.write_str("</table>\n")
    }

    fn operation(
        &self,
        out: &mut String,
        path: &str,
        method: &str,
        operation: &Value,
    ) -> fmt::Result {
        let verb = method.to_uppercase();
        writeln!(
            out,
            "<details id=\"{}\"><summary><b>{verb}</b> <code>{}</code> <span>{}</span></summary>\n{}",
            Escaped(text(&operation["operationId"])),
            Escaped(path),
            Prose(text(&operation["summary"])),
            Paragraphs(text(&operation["description"])),
        )?;
        self.parameters(out, operation)?;
        let body = operation.pointer("/requestBody/content/application~1json/schema");
        if let Some(schema) = body {
            writeln!(out, "<h4>Body</h4>\n<p>{}</p>", kind(schema))?;
        }
        self.curl(out, path, &verb, operation, body)?;
        self.replies(out, operation)?;
        out.write_str("</details>\n")
    }

    fn parameters(&self, out: &mut String, operation: &Value) -> fmt::Result {
        let parameters = items(&operation["parameters"]);
        if parameters.is_empty() {
            return Ok(());
        }
        out.write_str("<h4>Parameters</h4>\n<table>\n")?;
        for parameter in parameters.iter().map(|parameter| self.resolved(parameter)) {
            writeln!(
                out,
                "<tr><td><code>{}</code><td>{}<td>{}<td>{}",
                Escaped(text(&parameter["name"])),
                Escaped(text(&parameter["in"])),
                kind(&parameter["schema"]),
                Prose(text(&parameter["description"])),
            )?;
        }
        out.write_str("</table>\n")
    }

    /// The call as a line for a shell.
    fn curl(
        &self,
        out: &mut String,
        path: &str,
        verb: &str,
        operation: &Value,
        body: Option<&Value>,
    ) -> fmt::Result {
        let mut line = match verb {
            "GET" => format!("curl \"$URL{path}\""),
            _ => format!("curl -X {verb} \"$URL{path}\""),
        };
        let credentials = match operation.get("security") {
            None => Some("Organization $ORGANIZATION_SECRET"),
            Some(schemes) if !schemes[0]["instance"].is_null() => Some("Element $INSTANCE_TOKEN"),
            Some(_) => None,
        };
        if let Some(second) = credentials {
            write!(
                line,
                " \\\n  -H \"Authorization: User $USER_SECRET, {second}\""
            )?;
        }
        if let Some(schema) = body {
            write!(
                line,
                " \\\n  -H 'Content-Type: application/json' -d '{}'",
                self.example(schema)
            )?;
        }
        writeln!(
            out,
            "<h4>Example</h4>\n<pre><code>{}</code></pre>",
            Escaped(&line)
        )
    }

    fn replies(&self, out: &mut String, operation: &Value) -> fmt::Result {
        out.write_str("<h4>Replies</h4>\n<table>\n")?;
        for (status, response) in fields(&operation["responses"]) {
            let response = self.resolved(response);
            write!(
                out,
                "<tr><td>{}<td>{}",
                Escaped(status),
                Prose(text(&response["description"]))
            )?;
            if status == "200" {
                for (media, content) in fields(&response["content"]) {
                    write!(
                        out,
                        " <code>{}</code>: {}",
                        Escaped(media),
                        kind(&content["schema"])
                    )?;
                }
                out.write_str("<td>")?;
                for (name, _) in fields(&response["headers"]) {
                    write!(out, "<code>{}</code> ", Escaped(name))?;
                }
            } else {
                out.write_str("<td>")?;
            }
            out.write_str("\n")?;
        }
        out.write_str("</table>\n")
    }

    fn schemas(&self, out: &mut String) -> fmt::Result {
        out.write_str("<h2 id=\"schemas\">schemas</h2>\n")?;
        for (name, schema) in fields(&self.document["components"]["schemas"]) {
            let name = Escaped(name);
            writeln!(
                out,
                "<h3 id=\"schema-{name}\">{name}</h3>\n{}<table>\n<tr><th>field<th>type<th>required<th>",
                Paragraphs(text(&schema["description"])),
            )?;
            for (field, property) in fields(&schema["properties"]) {
                let required = items(&schema["required"])
                    .iter()
                    .any(|required| required == field);
                writeln!(
                    out,
                    "<tr><td><code>{}</code><td>{}<td>{}<td>{}",
                    Escaped(field),
                    kind(property),
                    if required { "yes" } else { "" },
                    Prose(text(&property["description"])),
                )?;
            }
            out.write_str("</table>\n")?;
        }
        Ok(())
    }

    fn example(&self, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        if schema["items"].is_object() {
            return Value::Array(vec![self.example(&schema["items"])]);
        }
        schema["example"].clone()
    }

    fn resolved<'v>(&self, value: &'v Value) -> &'v Value
    where
        'd: 'v,
    {
        let pointer = text(&value["$ref"]).strip_prefix('#');
        pointer
            .and_then(|pointer| self.document.pointer(pointer))
            .unwrap_or(value)
    }

    fn operations(&self) -> impl Iterator<Item = (&'d str, &'d str, &'d Value)> {
        fields(&self.document["paths"]).flat_map(|(path, item)| {
            fields(item).map(move |(method, operation)| (path, method, operation))
        })
    }
}

/// What values a schema allows, in words; a schema that has a name, as a link.
fn kind(schema: &Value) -> String {
    if let Some(name) = text(&schema["$ref"])
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
    {
        let name = Escaped(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if schema["items"].is_object() {
        return format!("array of {}", kind(&schema["items"]));
    }
    if schema["additionalProperties"].is_object() {
        return format!("object of {}", kind(&schema["additionalProperties"]));
    }
    if let Value::Array(choices) = &schema["oneOf"] {
        let choices: Vec<_> = choices.iter().map(kind).collect();
        return choices.join(" or ");
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind).to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let object = value.as_object().into_iter().flatten();
    object.map(|(name, value)| (name.as_str(), value))
}

/// A name as the target of a link.
fn anchor(name: &str) -> String {
    name.replace(' ', "-")
}
