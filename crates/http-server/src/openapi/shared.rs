//! What operations have in common, described once. `complete.rs` says which operation gets what.

use serde_json::{Value, json};
use tenantry_wire::query::Paging;

/// What stands before the list of operations.
pub(super) const INTRODUCTION: &str = "\
A directory of organizations, their accounts, users and instances, behind the platform API of Cloud Elements (SAP Open \
Connectors).

Success is always exactly 200. An error is `{requestId, message}`, and the message names everything that is wrong; a client \
that accepts `application/problem+json` gets RFC 9457. Fields that a request has and nobody knows are ignored; values that \
are absent are left out of a reply, never `null`.";

/// The tags of operations, in the order in which a reader meets them.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("authentication", "Log in, passwords, secrets."),
    (
        "users",
        "Users, through three doors: everybody the caller may see, the organization, one account.",
    ),
    ("accounts", "Accounts of the organization."),
    ("roles", "What roles allow, and who has them."),
    ("organizations", "The caller's own organization."),
    ("password policies", "What passwords must be like."),
    (
        "instances",
        "Instances of elements, with their configuration.",
    ),
    ("elements", "The catalogue of elements."),
    ("audit logs", "Who changed what."),
    ("sign-up", "New organizations."),
    (
        "server",
        "Outside the base path and without credentials: for load balancers and for readers.",
    ),
];

/// A parameter of the path: its schema, and what it means. The same name means the same in every path; what stands for an
/// unknown one is refused by a test.
pub(super) fn path_parameter(name: &str) -> (Value, &'static str) {
    let id = json!({"type": "integer", "format": "int64"});
    match name {
        "user" => (id, "The id of a user."),
        "account" => (id, "The id of an account."),
        "organization" => (
            id,
            "The id of the caller's organization; any other one is not found.",
        ),
        "role" => (id, "The id of a role of the organization."),
        "key" => (
            json!({"type": "string"}),
            "The key of a role, such as `admin`.",
        ),
        "instance" => (id, "The id of an instance."),
        "element" => (
            json!({"type": "string"}),
            "The key of an element, or its id: an integer.",
        ),
        "configuration" => (id, "The id of an entry of the instance's configuration."),
        _ => (json!({}), ""),
    }
}

/// `{emailOrId}` of the contract: what `{user}` may be where one user is read.
pub(super) fn email_or_id() -> (Value, &'static str) {
    let text = "The id of a user, or the e-mail: whatever is no integer.";
    (json!({"type": "string"}), text)
}

/// The status of each shared response, its name among the components, and what it means.
pub(super) const RESPONSES: &[(&str, &str, &str)] = &[
    (
        "304",
        "NotModified",
        "The caller has this revision already (`If-None-Match`).",
    ),
    (
        "400",
        "Invalid",
        "A parameter or the body is missing or invalid. The message names everything that is wrong.",
    ),
    (
        "401",
        "Unauthenticated",
        "Credentials are missing, malformed, unknown or expired, or whoever they name is inactive.",
    ),
    (
        "403",
        "Forbidden",
        "The caller lacks the privilege, or a rule forbids it.",
    ),
    (
        "404",
        "NotFound",
        "What the path names is not there, or not for this caller; or a list has no hit.",
    ),
    (
        "406",
        "NotAcceptable",
        "`Accept` admits neither `application/json` nor `application/problem+json`.",
    ),
    ("408", "TooSlow", "The body did not arrive in time."),
    (
        "409",
        "Conflict",
        "What must be unique is in use already, the change is made already, or the first call under this \
         `Idempotency-Key` is still running.",
    ),
    (
        "412",
        "Stale",
        "It was changed meanwhile: `If-Match` does not match.",
    ),
    (
        "413",
        "TooLarge",
        "The body is over the limit, 1 MiB by default.",
    ),
    ("415", "NotJson", "The body is not JSON in UTF-8."),
    (
        "422",
        "OtherCall",
        "The `Idempotency-Key` was used for another call.",
    ),
    (
        "429",
        "TooMany",
        "Too many requests or failed attempts. `Retry-After` says when to try again.",
    ),
    (
        "500",
        "Broken",
        "Something went wrong here; the log has more under the request id.",
    ),
    (
        "503",
        "Unavailable",
        "The store is away. `Retry-After` says when to try again; nothing was changed.",
    ),
];

/// The components: parameters, headers, responses, security schemes.
pub(super) fn components() -> Value {
    let responses = RESPONSES
        .iter()
        .map(|(status, name, description)| ((*name).to_owned(), response(status, description)));
    json!({
        "parameters": parameters(),
        "headers": headers(),
        "responses": responses.collect::<serde_json::Map<_, _>>(),
        "securitySchemes": {
            "secrets": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "description": "`User <user secret>, Organization <organization secret>`, in any order. The user must belong to the organization.",
            },
            "token": {
                "type": "http", "scheme": "bearer",
                "description": "The token that a login answered. Lives 12 hours.",
            },
            "instance": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "description": "`User <user secret>, Element <instance token>`, in any order: a call through that instance. `Element <instance token>` may also stand beside the credentials of other calls. The user must be the instance's, or hold `useAccountElementInstances` in its account.",
            },
        },
    })
}

/// A response: every one has the request id, and all but 304 the error body.
pub(super) fn response(status: &str, description: &str) -> Value {
    let mut headers = json!({"Elements-Request-Id": reference("headers", "Elements-Request-Id")});
    match status {
        "304" => headers["ETag"] = reference("headers", "ETag"),
        "429" | "503" => headers["Retry-After"] = reference("headers", "Retry-After"),
        _ => {}
    }
    if status == "304" {
        return json!({"description": description, "headers": headers});
    }
    json!({
        "description": description,
        "headers": headers,
        "content": {
            "application/json": {"schema": reference("schemas", "Error")},
            "application/problem+json": {"schema": reference("schemas", "Problem")},
        },
    })
}

/// The pointer to a component.
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn headers() -> Value {
    let count = json!({"type": "integer"});
    let text = json!({"type": "string"});
    json!({
        "Elements-Request-Id": {
            "required": true,
            "schema": {"type": "string", "pattern": "^[0-9a-f]{24}$"},
            "description": "Names this request, in the log and in an error body.",
        },
        "Elements-Returned-Count": {"required": true, "schema": count, "description": "How many items this page has."},
        "Elements-Total-Count": {
            "schema": count,
            "description": "How many items the whole list has. Left out above 10,000, unless `includeTotal=true` asks for it.",
        },
        "Elements-Next-Page-Token": {"schema": text, "description": "The `nextPage` of the next page. Left out on the last."},
        "Elements-Error": {"schema": text, "description": "A warning on a success, for example that the page size was clipped."},
        "ETag": {"required": true, "schema": text, "description": "The revision, for `If-Match` and `If-None-Match`."},
        "Retry-After": {"schema": count, "description": "Seconds to wait."},
    })
}

fn parameters() -> Value {
    let text = json!({"type": "string"});
    let flag = json!({"type": "boolean", "default": false});
    let number = json!({"type": "integer", "format": "int64"});
    let hours = json!({"type": "integer", "minimum": 0, "maximum": 168, "default": 0});
    let size = json!({"type": "integer", "minimum": 1, "default": Paging::DEFAULT_SIZE});
    let of = |place: &str, name: &str, schema: &Value, description: &str| json!({"name": name, "in": place, "schema": schema, "description": description});
    let query =
        |name: &str, schema: &Value, description: &str| of("query", name, schema, description);
    json!({
        "where": query("where", &text, "A filter in CEQL: `lastName LIKE 'gre%' AND createdDate >= '2026-01-01'`."),
        "orderBy": query("orderBy", &text, "`<field> [asc|desc]`, several separated by commas. Ties are broken by id. Default: `id asc`."),
        "pageSize": query("pageSize", &size, "Items of a page. More than 1000 is clipped to 1000, with a warning in `Elements-Error`."),
        "offset": query("offset", &json!({"type": "integer", "minimum": 0, "default": 0}), "Items to skip. Ignored beside `nextPage`."),
        "nextPage": query("nextPage", &text, "The `Elements-Next-Page-Token` of the page before, with the same filter and order."),
        "includeInactive": query("includeInactive", &flag, "Whether inactive items are listed. They are also if `where` names `active`."),
        "includeTotal": query("includeTotal", &flag, "Whether the total is counted beyond 10,000."),
        "fields": query("fields", &text, "The fields that each item has, beside `id`, separated by commas."),
        "tags[]": query("tags[]", &json!({"type": "array", "items": text}), "Only what has this tag, exactly: `tags[]=emea`. Given several times, all of them."),
        "searchText": query("searchText", &text, "Only what has this in its name or in the key of its element, whatever the case."),
        "from": query("from", &text, "Not before this instant, or this day (UTC): `2026-01-31` or `2026-01-31T12:00:00Z`."),
        "to": query("to", &text, "Before this instant; a day is meant as a whole."),
        "userId": query("userId", &number, "Changes made by this user or to it."),
        "accountId": query("accountId", &number, "Changes in this account."),
        "overlapHours": query("overlapHours", &hours, "For so many hours the secret that is replaced goes on working."),
        "permanent": query("permanent", &flag, "With `active: false`: discards what an inactive one would keep."),
        "Idempotency-Key": of("header", "Idempotency-Key", &json!({"type": "string", "maxLength": 255}), "Names this call: repeated under the same key within 24 hours, it is done once and answered alike."),
        "If-Match": of("header", "If-Match", &text, "Changes only what still has this `ETag`; otherwise 412."),
        "If-None-Match": of("header", "If-None-Match", &text, "Answers 304 if the revision is this `ETag` still."),
        "Elements-User-Password": of("header", "Elements-User-Password", &text, "The password of the user that is read. With the right one the reply has `secret`."),
    })
}
